#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A route changes while no rule does: stories are explained by the routes of
# their own time.
. "$(dirname "$0")/lib.sh"
need_root
need jq
router
in_ns r nft -f - <<-'RULES'
	table inet fw {
		chain forward {
			type filter hook forward priority filter; policy drop
			fib daddr oifname "out" counter accept
		}
	}
RULES
follow k -d "$DIR/k.db" -r 0
say()
{
	in_ns c python3 -c 'import socket, sys
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("10.2.0.2", int(sys.argv[1])))' "$1"
	until_true 5 sh -c "jq -es 'any(.packet.dport == $1)' $DIR/k.json" ||
		bad "no story of port $1"
}
rows() { python3 -c 'import sqlite3, sys
print(sqlite3.connect("file:%s?mode=ro" % sys.argv[1], uri=True).execute(
    "SELECT count(*) FROM rulesets").fetchone()[0])' "$DIR/k.db"; }
say 4001
before=$(rows)
# another way, which the rule does not let pass
ip -n "${P}r" route add 10.2.0.2/32 via 10.1.0.2 dev in
say 4002
# changes are recorded at most once a second, when there is a story to tell
port=4003
until [ "$(rows)" -gt "$before" ] || [ $port -gt 4100 ]; do
	say $port
	port=$((port + 1))
done
is "the ruleset is there once more, with other routes" "$([ "$(rows)" -gt "$before" ] && echo yes)" yes
end_follow k
fate() { jq -r "select(.packet.dport == $1) | .ending.kind" "$DIR/k.json"; }
is "before, it is let pass" "$(fate 4001)" sent
is "then it is not" "$(fate 4002)" dropped
told=$("$SKALD" verify -d "$DIR/k.db" --json)
is "the engine agrees by the routes of the time" "$(jq -r '"\(.disagree) \(.unknown)"' <<<"$told")" "0 0"
is "of all stories" "$(jq .agree <<<"$told")" "$("$SKALD" list -d "$DIR/k.db" --json | wc -l)"
is "the ruleset is one" "$("$SKALD" list -d "$DIR/k.db" --json | jq .generation | sort -u | wc -l)" 1
