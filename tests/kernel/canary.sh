#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The canary: may this emulator be trusted? Without any module of ours, code of
# the kernel is patched while two processors run it: trace points of its own are
# switched on and off under a flood while namespaces come and go. An emulator
# that keeps translations of old code does not survive it.
#
#   c ---- r ---- s, a flood from c to s
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/stress.sh"

act()
{
	local event turns=0 end=$((SECONDS + ${CANARY_SECONDS:-90}))
	local trace=/sys/kernel/tracing/events
	router
	noise
	while [ $SECONDS -lt $end ] && [ $turns -lt 60 ]; do
		for event in skb/kfree_skb skb/consume_skb net/netif_receive_skb \
			net/net_dev_queue net/net_dev_xmit fib/fib_table_lookup; do
			echo 1 >$trace/$event/enable
		done 2>/dev/null
		echo 0 >$trace/enable
		turns=$((turns + 1))
	done
	echo "canary: $turns turns"
	# On a busy machine a turn takes seconds.
	holds "turns were made" test $turns -ge 10
	quiet_again
}
expect() { :; }
perform
