#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Large packets: c hands the router one of many segments (GSO); "out" cannot
# carry it, it is cut there, and each piece belongs to it.
#
#   c eth0 (tso on) ---- in  r  out (tso, gso off) ---- s
. "$(dirname "$0")/lib.sh"

act()
{
	router
	in_ns r ethtool -K out tso off gso off >/dev/null
	serve s tcp 80
	warm c 10.2.0.2
	bulk() { ask c tcp 10.2.0.2 80 60000; }
	observe bulk 5 'tcp dst port 80' bulk
	in_ns r ethtool -K out tso on gso on >/dev/null
	in_ns s ethtool -K eth0 gro on >/dev/null 2>&1
	OPTIONS="--netns all"
	observe whole 15 'tcp dst port 80' bulk
}

large() { pick "bulk.${SOURCES%% *}" 'select(.packet.len > 3000) | .id'; }
expect()
{
	tells bulk "packets larger than the wire came in" \
		'select(.packet.len > 3000) | .iif' "$(yes in | head -"$(large | wc -l)")"
	holds "there were any" test "$(large | wc -l)" -gt 0
	kmod linked bulk "every large one has its segments" segment \
		'.packet.len > 3000' "$(large | wc -l)"
	kmod tells bulk "and no segment is larger than the wire" \
		'select(any(.events[]; .kind == "send") and .final.len > 1500) | .id' ""
	kmod tells whole "all its bytes are delivered to the socket" \
		"select(.netns == \"${P}s\" and .packet.len > 100 and .ending.kind != \"delivered\") | .id" ""
	whole bulk
	whole whole
}
perform
