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

# How large they are depends on how fast the answers come.
came_in()
{
	local source
	for source in $SOURCES; do
		is "packets larger than the wire came in ($source)" \
			"$(pick "bulk.$source" 'select(.packet.len > 1500) | .iif' | sort -u)" in
	done
}
# Each piece is a story that names the large one, which told of as many.
segments()
{
	local pieces
	pieces=$(pick bulk.kmod 'select(.packet.len > 1500) | .events[] | select(.kind == "segment")' | wc -l)
	holds "large ones were cut" test "$pieces" -ge 2
	linked bulk "the pieces name them" segment 'any(.events[]; .kind == "send")' "$pieces"
}
expect()
{
	came_in
	kmod segments
	kmod tells bulk "and no segment is larger than the wire" \
		'select(any(.events[]; .kind == "send") and .final.len > 1500) | .id' ""
	kmod tells whole "all its bytes are delivered to the socket" \
		"select(.netns == \"${P}s\" and .packet.len > 100 and .ending.kind != \"delivered\") | .id" ""
	whole bulk
	reenacted bulk
	whole whole
	reenacted whole
}
perform
