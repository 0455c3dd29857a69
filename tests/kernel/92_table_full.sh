#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# More marked packets alive at one time than there is room for: those that find
# none are counted, the others' stories are whole.
#
#   c ---- in  r  udp 7000: a socket with room for a thousand, which nobody reads
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/stress.sh"

act()
{
	need_kmod
	router
	warm c 10.1.0.1
	background r holding "$TRAFFIC" hold 7000 4000000
	holds "a small table" collect_start packets 256
	in_ns c "$TRAFFIC" send 10.1.0.1 7000 1000 >/dev/null
	kill "$BACKGROUND"
	wait "$BACKGROUND" 2>/dev/null
	in_ns c "$TRAFFIC" send 10.1.0.1 7001 10 >/dev/null
	collect_stop full
}

expect()
{
	adds_up full
	holds "some found no room" test "$(pick full .full)" -gt 0
	holds "some did" test "$(pick full .marked)" -ge 256
	is "none is left" "$(pick full .known)" 0
}
perform
