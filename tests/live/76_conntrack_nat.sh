#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# NAT of the engine beside this kernel's: conversations that are made up go
# through the same rules, and the same bytes come out. SEED and TALKS say which.
. "$(dirname "$0")/lib.sh"
need_root
need nft
SEED=${SEED:-$(date +%s)}
TALKS=${TALKS:-60}

for kind in tcp udp icmp sctp; do
	"$TOOLS/ct_generate" --seed "$SEED" --kind $kind "$TALKS" "$DIR/talks.pcap" >/dev/null
	"$TOOLS/ct_nat_oracle" "$DIR/talks.pcap" >"$DIR/compared" 2>&1
	status=$?
	[ $status -ne 3 ] || skip "$(tail -1 "$DIR/compared")"
	is "NAT of $TALKS conversations ($kind, seed $SEED)" $status 0
	[ $status -eq 0 ] || head -60 "$DIR/compared"
	while IFS=: read -r rules sum; do
		# rules that never apply would not tell anything
		case $rules in nothing | *ports) continue ;; esac
		unlike "$kind: $rules changes packets" "$sum" ' 0 changed'
	done < <(grep ' changed, ' "$DIR/compared")
done
