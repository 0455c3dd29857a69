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
	rounds c 10.2.0.2
}

expect()
{
	rounds_passed
}
perform
