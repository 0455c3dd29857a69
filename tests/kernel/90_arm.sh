#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Load, arm, disarm, unload, again and again, under a flood and while namespaces
# come and go. Judged by the rounds that were completed: ROUNDS (200).
#
#   c ---- r ---- s, a flood from c to s; z comes and goes at r
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/stress.sh"
ROUNDS=${ROUNDS:-200}

act()
{
	local round bad=0
	need_kmod
	rmmod skald 2>/dev/null
	router
	warm c 10.2.0.2
	noise
	for ((round = 1; round <= ROUNDS; round++)); do
		load && collect_start && sleep 0.$((round % 5)) &&
			collect_stop rounds && unload || {
			bad=$((bad + 1))
			break
		}
		echo "skald: round $round" >/dev/kmsg
		[ $((round % 10)) -ne 0 ] || echo "round $round of $ROUNDS"
	done
	fact DONE $((round - 1))
	quiet_again
	# Nothing is on its way any more: no packet may be left in the table.
	load
	collect_start
	in_ns c "$TRAFFIC" send 10.2.0.2 6000 100 >/dev/null
	until_true 2 false
	collect_stop last
	holds "it unloads" unload
	fact WANTED "$ROUNDS"
}

expect()
{
	is "rounds" "$DONE" "$WANTED"
	adds_up rounds
	adds_up last
	is "no packet is left" "$(pick last .known)" 0
}
perform
