#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A collector that is too slow for its small ring, one that is stopped for a
# while, one that is killed: what is lost is said, in its place, and the machine
# goes on.
#
#   c ---- r ---- s, a flood from c to s
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/stress.sh"

armed() { "$COLLECT" seconds 0 none >/dev/null 2>&1; }
# counts NAME: it is not 0
counts() { "$COLLECT" stats | grep -q "\"$1\":[1-9]"; }

act()
{
	need_kmod
	router
	warm c 10.2.0.2
	noise

	holds "a slow one starts" collect_start ring 16384 slow 100 all
	holds "it is too slow" until_true 20 counts ring_lost
	collect_stop slow

	holds "one with a small ring starts" collect_start ring 16384 socket 1048576 all
	kill -STOP "$COLLECTOR"
	holds "its socket fills, then its ring" until_true 60 counts congested
	holds "records are lost" until_true 20 counts ring_lost
	kill -CONT "$COLLECTOR"
	collect_stop stopped

	holds "one starts" collect_start all
	kill -9 "$COLLECTOR"
	wait "$COLLECTOR" 2>/dev/null
	holds "its death disarms: another may collect" until_true 5 armed

	quiet_again
	holds "packets still get through" warm c 10.2.0.2
	holds "it unloads" unload
	load_module
}

expect()
{
	adds_up slow
	holds "slow: records were lost" test "$(pick slow .lost)" -gt 0
	is "slow: as many as the rings say" "$(pick slow .lost)" "$(pick slow .ring_lost)"
	adds_up stopped
	holds "stopped: records were lost" test "$(pick stopped .lost)" -gt 0
}
perform
