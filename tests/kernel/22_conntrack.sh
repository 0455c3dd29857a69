#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What only the tracker knows: which connection a helper expects, and why a packet
# belongs to none.
#
#   c ---- in  r (ftp helper, invalid is dropped)  out ---- s (tcp 21)
. "$(dirname "$0")/lib.sh"

act()
{
	router
	need_module nf_conntrack_ftp nft_ct
	in_ns r nft -f - <<-'RULES'
		table ip fw {
			ct helper ftp { type "ftp" protocol tcp; }
			chain pre {
				type filter hook prerouting priority filter
				tcp dport 21 ct helper set "ftp"
			}
			chain forward {
				type filter hook forward priority filter
				ct state invalid counter drop comment "of no connection"
			}
		}
	RULES
	serve s tcp 21
	warm c 10.2.0.2
	# An FTP client that wants its data at port 4 * 256 + 1. The helper reads a
	# line only where it saw the end of another before: never the first.
	# shellcheck disable=SC2016 # the other bash's
	port()
	{
		in_ns c bash -c 'exec 3<>/dev/tcp/10.2.0.2/21
			printf "USER me\r\n" >&3
			printf "PORT 10,1,0,2,4,1\r\n" >&3'
	}
	broken() { in_ns c "$TRAFFIC" raw 10.1.0.2 10.2.0.2 2010 badsum; }
	observe expected kmod:8 'tcp dst port 21' port
	observe invalid 1 'udp dst port 2010' broken
}

expect()
{
	kmod passes expected "the helper expects a connection" \
		'any(.events[]; .kind == "expect")' <<-'STEPS'
		^mark .*iif=in
		^conntrack .*state=established
		^expect helper=ftp tuple=.*10.1.0.2:1025
		^send device=out
	STEPS
	passes invalid "it is of no connection" '.packet.dport == 2010' <<-'STEPS'
		^mark .*iif=in
		^conntrack .*state=invalid
		^rule family=ip table=fw chain=forward .*verdict=drop
	STEPS
	kmod passes invalid "and why" '.packet.dport == 2010' <<-'STEPS'
		^conntrack .*state=invalid .*reason=.*checksum
		^drop
	STEPS
	same_path invalid
	kmod whole expected
	whole invalid
}
perform
