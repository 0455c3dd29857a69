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
	need_kmod
	rmmod skald 2>/dev/null
	router
	warm c 10.2.0.2
	noise
	# One program: starting others is what would take longest in an emulator.
	"$COLLECT" rounds "$ROUNDS" "$TOP/skald.ko" >"$DIR/rounds.out" ||
		cat "$DIR/rounds.out"
	grep '^{' "$DIR/rounds.out" >"$DIR/rounds.json"
	fact WANTED "$ROUNDS"
	quiet_again
	# Nothing is on its way any more: no packet may be left in the table.
	load
	collect_start idle
	in_ns c "$TRAFFIC" send 10.2.0.2 6000 100 >/dev/null
	collect_stop last
	holds "it unloads" unload
}

expect()
{
	is "rounds" "$(wc -l <"$DIR/rounds.json")" "$WANTED"
	adds_up rounds
	adds_up last
	is "no packet is left" "$(pick last .known)" 0
}
perform
