#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Packet sockets look at frames: the clone that they get is linked to the story,
# which goes on and ends as it would without them.
#
#   c ---- in  r (two taps at "in", one at "out")  out ---- s
. "$(dirname "$0")/lib.sh"

act()
{
	router
	warm c 10.2.0.2
	background r tapping "$TRAFFIC" tap in
	background r tapping "$TRAFFIC" tap in
	background r tapping "$TRAFFIC" tap out
	request() { in_ns c ping -qc1 -W2 10.2.0.2 >/dev/null; }
	observe taps 1 'icmp and dst host 10.2.0.2' request
}

expect()
{
	local request='.iif == "in" and .ending.kind == "sent"'
	tells taps "the packet itself is sent" "select($request) | .oif" out
	kmod tells taps "it was cloned, or seen, for each tap" \
		"select($request) | [.events[] | select(.kind == \"clone\")] | length >= 2" true
	kmod tells taps "nothing of it was dropped" 'select(.ending.kind == "dropped") | .id' ""
	whole taps
	reenacted taps
}
perform
