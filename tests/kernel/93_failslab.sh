#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Memory that cannot be had: every allocation of whoever loads and arms may fail,
# then those of the packets' path. It says no, or it works; it never stays half
# armed. Needs a kernel with fault injection.
#
#   c ---- r ---- s, a flood from c to s
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/stress.sh"
FAIL=/sys/kernel/debug/failslab

# fails PROBABILITY TASKS(Y|N): switch it on, without a trace for each
fails()
{
	echo "$2" >$FAIL/task-filter
	echo 0 >$FAIL/verbose
	echo -1 >$FAIL/times
	echo 1 >$FAIL/interval
	echo N >$FAIL/ignore-gfp-wait
	echo "$1" >$FAIL/probability
}
doomed() { sh -c 'echo 1 >/proc/self/make-it-fail; exec "$@"' sh "$@"; }

act()
{
	local round yes=0 no=0 rounds=${ROUNDS:-60}
	need_kmod
	[ -w $FAIL/probability ] || skip "this kernel cannot fail allocations"
	rmmod skald 2>/dev/null
	router
	warm c 10.2.0.2
	noise
	for ((round = 1; round <= rounds; round++)); do
		fails $((1 + round % 12)) Y
		doomed insmod "$TOP/skald.ko" 2>/dev/null
		fails 0 Y
		[ -d /sys/module/skald ] || { no=$((no + 1)); load; }
		fails $((1 + round % 12)) Y
		if doomed "$COLLECT" seconds 0 >/dev/null 2>&1; then yes=$((yes + 1)); else no=$((no + 1)); fi
		fails 0 Y
		holds "round $round: it can still be armed" "$COLLECT" seconds 0
		unload || { bad "round $round: it does not unload"; break; }
	done >"$DIR/rounds.log"
	fact YES $yes
	fact NO $no
	load
	fails 2 N
	echo Y >$FAIL/ignore-gfp-wait
	collect_start
	until_true 2 false
	fails 0 N
	collect_stop poor
	quiet_again
	holds "packets still get through" in_ns c ping -qc1 -W2 10.2.0.2
	holds "it unloads" unload
}

expect()
{
	holds "some allocations failed" test "$NO" -gt 0
	adds_up poor
}
perform
