#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# --netns all: namespaces that come and go are joined and left; a namespace
# deleted while it is followed loses nothing that was told.
. "$(dirname "$0")/lib.sh"
need_root
need jq

router
nat_ruleset
"$SKALD" follow --json --netns "${P}r" -r 0 icmp >"$DIR/named.json" 2>"$DIR/named.err" &
FOLLOW=$!
until_true 10 grep -q '^following ' "$DIR/named.err"
in_ns c ping -qc 2 -i 0.1 10.2.0.2 >/dev/null
until_true 5 has_told named 4
is "stories of a named namespace" "$(pick named .netns | sort -u)" "${P}r"
end_follow named

"$SKALD" follow --json --netns all -r 0 'icmp and host 10.2.0.2' >"$DIR/all.json" 2>"$DIR/all.err" &
FOLLOW=$!
until_true 20 grep -q '^following ' "$DIR/all.err"
in_ns c ping -qc 1 10.2.0.2 >/dev/null
# c: out, in; r: twice forward; s: in, out
until_true 5 has_told all 6
is "each namespace on the way tells its own" \
	"$(pick all .netns | sort | uniq -c | awk '{ print $2, $1 }' | xargs)" \
	"${P}c 2 ${P}r 2 ${P}s 2"

# one that comes while we follow
space late
wire late eth0 r late
ip -n "${P}late" addr add 10.3.0.2/24 dev eth0
ip -n "${P}r" addr add 10.3.0.1/24 dev late
ip -n "${P}late" route add default via 10.3.0.1
ping_late() { in_ns late ping -qc 1 -W 1 10.2.0.2 && pick all .netns | grep -q "${P}late"; }
holds "a new namespace is joined" until_true 10 ping_late

# one that goes while it is followed
before=$(told all)
ip netns del "${P}s"
in_ns c ping -qc 1 -W 1 10.2.0.2 >/dev/null
until_true 5 has_told all $((before + 2))
holds "the others go on" [ "$(told all)" -gt "$before" ]
holds "skald still runs" kill -0 $FOLLOW
end_follow all
is "what was told of it stays" "$(pick all "select(.netns == \"${P}s\") | .id" | wc -l | awk '$1 >= 2 { print "yes" }')" yes
