#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# NAT of the engine beside this kernel's: conversations that are made up go
# through the same rules, whole and in fragments, and the same bytes come out, or
# are delivered. SEED and TALKS say which.
. "$(dirname "$0")/lib.sh"
need_root
need nft
need iptables-nft
SEED=${SEED:-$(date +%s)}
TALKS=${TALKS:-60}


# same NAME CAPTURE OPTION...: no packet differs, and no ruleset is idle
same()
{
	local name=$1 capture=$2 status
	shift 2
	"$TOOLS/ct_nat_oracle" "$@" "$capture" >"$DIR/compared" 2>&1
	status=$?
	[ $status -ne 3 ] || skip "$(tail -1 "$DIR/compared")"
	is "NAT of $name" $status 0
	[ $status -eq 0 ] || head -60 "$DIR/compared"
	while IFS=: read -r rules sum; do
		# rules that never apply would not tell anything
		case $rules in nothing | *ports) continue ;; esac
		unlike "$name: $rules changes packets" "$sum" ' 0 changed'
	done < <(grep ' changed, ' "$DIR/compared")
}

for kind in tcp udp icmp sctp; do
	"$TOOLS/ct_generate" --seed "$SEED" --kind $kind "$TALKS" "$DIR/talks.pcap" >/dev/null
	same "$TALKS conversations ($kind, seed $SEED)" "$DIR/talks.pcap"
done
"$TOOLS/ct_generate" --seed "$SEED" --kind tcp $((TALKS / 3)) "$DIR/talks.pcap" >/dev/null
same "$((TALKS / 3)) conversations in fragments (tcp, seed $SEED)" "$DIR/talks.pcap" --fragment 24
"$TOOLS/ct_generate" --seed "$SEED" --kind udp $((TALKS / 3)) "$DIR/talks.pcap" >/dev/null
same "$((TALKS / 3)) conversations in fragments (udp, seed $SEED)" "$DIR/talks.pcap" --fragment 24
