#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# NFQUEUE: user space gives the packet back, and it goes on where it was; user
# space says drop, and it ends there.
#
#   c ---- in  r (queue 7 in forward)  out ---- s
. "$(dirname "$0")/lib.sh"

act()
{
	router
	need_module nfnetlink_queue nft_queue
	in_ns r nft -f - <<-'RULES'
		table inet fw {
			chain forward {
				type filter hook forward priority filter
				icmp type echo-request counter queue num 7 comment "ask"
			}
			chain after {
				type filter hook forward priority filter + 10
				icmp type echo-request counter accept comment "after"
			}
		}
	RULES
	background r queue "$TOOLS/reinject" 7 accept
	warm c 10.2.0.2
	request() { in_ns c ping -qc1 -W2 10.2.0.2 >/dev/null; }
	observe accept 2 icmp request
	kill "$BACKGROUND"
	wait "$BACKGROUND" 2>/dev/null
	background r queue "$TOOLS/reinject" 7 drop
	observe drop kmod:1 'icmp[icmptype] == icmp-echo' request
	kill "$BACKGROUND"
}

expect()
{
	local request='.iif == "in"'
	passes accept "it goes to the queue and comes back" "$request" <<-'STEPS'
		^rule family=inet table=fw chain=forward .*verdict=queue
		^queue number=7
		KMOD ^reinject .*verdict=accept
		KMOD ^rule family=inet table=fw chain=after .*verdict=accept
		KMOD ^send device=out
	STEPS
	kmod tells accept "and leaves" "select($request) | .ending.kind" sent
	kmod passes drop "the queue says no" "$request" <<-'STEPS'
		^queue number=7
		^reinject .*verdict=drop
		^drop
	STEPS
	kmod tells drop "and that is its end" "select($request) | .ending.kind" dropped
	kmod whole accept
	kmod whole drop
}
perform
