#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Why rules did not match, by the generation of the packet's own time; and the
# engine's path of everything recorded against the kernel's.
. "$(dirname "$0")/lib.sh"
need_root
need jq
router
nat_ruleset
follow k -d "$DIR/k.db" -r 0
say()
{
	in_ns c python3 - "$@" <<-'EOP' 2>/dev/null
		import socket, sys
		for to in sys.argv[1:]:
		    kind, host, port = to.split(",")
		    s = socket.socket(socket.AF_INET,
		        socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
		    s.settimeout(0.3)
		    try:
		        s.connect((host, int(port)))
		        s.send(b"x" * 8)
		    except OSError:
		        pass
	EOP
}
port() { jq -es "any(.packet.dport == $1)" "$DIR/k.json" >/dev/null; }

say udp,10.2.0.2,4000 tcp,10.1.0.1,8080 tcp,10.2.0.2,25 udp,10.2.0.2,53
in_ns c ping -c2 -i0.1 -W1 10.2.0.2 >/dev/null
until_true 5 port 4000 || bad "the packet was not seen"
# another generation, in which the rule would have matched
in_ns r nft insert rule inet fw forward udp dport 4001 accept
say udp,10.2.0.2,4001
until_true 5 port 4001 || bad "the second packet was not seen"
in_ns r nft flush chain inet fw forward
say udp,10.2.0.2,4002
until_true 5 port 4002 || bad "the third packet was not seen"
end_follow k

of() { jq -r "select(.packet.dport == $1 and .packet.proto == \"$2\") | .id" "$DIR/k.json" | head -1; }
why() { "$SKALD" why -d "$DIR/k.db" "$@"; }
dropped=$(of 4000 udp)
told=$(why --json "$dropped")
is "six rules above the policy did not match" "$(jq '[.why[] | select(.chain == "forward")] | length' <<<"$told")" 6
is "the state is told in words" \
	"$(jq -r '.why[] | select(.field == "ct state") | "\(.expected) \(.actual)"' <<<"$told")" \
	"established,related new"
is "the nearest member of a set is told" \
	"$(jq -r '.why[] | select(.field == "ip saddr") | "\(.expected), \(.actual)"' <<<"$told")" \
	"in @bad (nearest 10.1.0.66), 10.1.0.2"
is "a port is told" \
	"$(jq -r '.why[] | select(.text | test("^tcp dport 80 ")) | "\(.field) \(.expected) \(.actual)"' <<<"$told")" \
	"meta l4proto tcp udp"
is "the nearest misses come first" "$(jq -r '.why[0, 1].field' <<<"$told" | tr '\n' ' ')" "ip saddr udp dport "
is "the path is the kernel's" "$(jq -r .agreement <<<"$told")" agrees
like "people can read it" "$(why "$dropped")" 'ct state should be established,related, was new'
like "the whole path" "$(why -v "$dropped")" 'no match: udp dport is not 53 but 4000'
handle=$(jq -r '.why[] | select(.field == "udp dport") | .handle' <<<"$told")
is "one rule alone" "$(why --json --rule "$handle" "$dropped" | jq -r '.why[].field')" "udp dport"
why --rule 99999 "$dropped" >/dev/null
is "a rule that was not tried" $? 1
why 999999 >/dev/null 2>&1
is "a story that is not there" $? 1
like "rules that are gone still explain" "$(why "$dropped")" 'bad host'
like "a story of the next generation has its rules" "$(why -v "$(of 4001 udp)")" 'udp dport 4001 accept'
is "a story behind that has none" "$(why --json "$(of 4002 udp)" | jq '[.why[] | select(.chain == "forward")] | length')" 0

verified=$("$SKALD" verify -d "$DIR/k.db" --json)
is "every story was looked at" "$(jq .stories <<<"$verified")" "$("$SKALD" list -d "$DIR/k.db" --json | wc -l)"
is "none disagrees" "$(jq -c '.disagree, .cases' <<<"$verified" | tr '\n' ' ')" '0 [] '
is "nothing is unknown" "$(jq -c '.unknown' <<<"$verified")" 0
is "a filter" "$("$SKALD" verify -d "$DIR/k.db" -w 'proto == icmp' --json | jq .stories)" \
	"$("$SKALD" list -d "$DIR/k.db" -w 'proto == icmp' --json | wc -l)"
like "people can read that, too" "$("$SKALD" verify -d "$DIR/k.db")" '0 disagree, 0 unknown \(100 %'
