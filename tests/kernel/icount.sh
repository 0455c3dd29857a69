#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What the module costs, in instructions: the guest's clock counts them
# (ICOUNT=shift=0), so that every run of the same kernel gives the same number.
# Long floods, many of them; what is deferred is waited for in between.
#
#   c ---- in  r (conntrack, 20 rules)  out ---- s (dropped at the first hook)
#   hooks a packet passes: output, postrouting; prerouting, forward,
#   postrouting; prerouting
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/stress.sh"
PACKETS=${PACKETS:-4000}
REPEATS=${REPEATS:-9}
# What can be left out (enum skald_feature), to see what its records cost.
FEATURES="nft=0x4 route=0x40 neigh=0x100"

rules()
{
	local port
	echo 'table inet fw {
		chain forward {
			type filter hook forward priority filter; policy drop
			ct state invalid drop'
	for port in $(seq 2001 2018); do echo "udp dport $port drop"; done
	echo 'udp dport 9 accept
		}
	}'
}

# What was deferred is done: nothing wants to run but who asks.
calm()
{
	local running
	read -r _ _ _ running _ </proc/loadavg
	[ "${running%%/*}" = 1 ]
}

# measure WHAT [PACKETS]: instructions a packet, REPEATS times
measure()
{
	local count=${2:-$PACKETS} i ns
	in_ns c "$TRAFFIC" send 10.2.0.2 9 "$count" >/dev/null
	for ((i = 0; i < REPEATS; i++)); do
		until_true 2 calm
		ns=$(in_ns c "$TRAFFIC" send 10.2.0.2 9 "$count")
		ns=${ns% ns}
		printf '{"what":"%s","instructions":%d}\n' "$1" $((${ns##* } / count))
	done >>"$DIR/costs.json"
	echo "$1: $(tail -1 "$DIR/costs.json")"
}

# writes WHAT [ARGUMENT...]: every packet is marked and nobody reads: its socket
# is full soon, and what is measured is the writing alone
writes()
{
	holds "it marks: $1" collect_start ring 67108864 socket 65536 udp "${@:2}"
	kill -STOP "$COLLECTOR"
	measure "$1" 500
	kill -CONT "$COLLECTOR"
	collect_stop "${1// /_}"
}

act()
{
	local feature
	router
	in_ns r nft -f - <<<"$(rules)"
	in_ns s nft -f - <<-'RULES'
		table ip end {
			chain pre {
				type filter hook prerouting priority raw
				udp dport 9 drop
			}
		}
	RULES
	warm c 10.2.0.2
	rmmod skald 2>/dev/null
	measure unloaded
	has_source kmod || return 0
	holds "it loads" load
	measure idle
	holds "it arms" collect_start none
	measure armed
	collect_stop armed
	holds "it marks" collect_start ring 67108864 udp
	measure marked 500
	collect_stop marked
	writes written
	for feature in $FEATURES; do
		writes "without ${feature%=*}" without "${feature#*=}"
	done
	measure disarmed
	holds "it unloads" unload
	measure "unloaded again"
}
expect() { :; }
perform
