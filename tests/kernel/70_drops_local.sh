#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Dropped at the socket or before the stack: a closed port, a socket whose buffer
# is full, a wrong checksum; XDP and tc.
#
#   c ---- in  r  udp 3002: a socket that nobody reads
. "$(dirname "$0")/lib.sh"

act()
{
	router
	warm c 10.1.0.1
	background r holding "$TRAFFIC" hold 3002
	serve r udp 3003
	local_drops()
	{
		in_ns c "$TRAFFIC" send 10.1.0.1 3001 1
		in_ns c "$TRAFFIC" send 10.1.0.1 3002 8 1000
		in_ns c "$TRAFFIC" raw 10.1.0.2 10.1.0.1 3003 badsum
	} >/dev/null
	observe sockets 10 'dst host 10.1.0.1 and udp portrange 3001-3003' local_drops
	one() { in_ns c "$TRAFFIC" send 10.1.0.1 3004 1 >/dev/null; }
	early()
	{
		local SOURCES=kmod
		! has_module_source || observe "$1" 1 'udp port 3004' one
	}
	if in_ns r "$TOOLS/xdp_drop" in; then
		fact XDP 1
		early xdp
		ip -n "${P}r" link set in xdpgeneric off
	fi
	if modprobe -a sch_ingress cls_matchall act_gact 2>/dev/null &&
		in_ns r tc qdisc add dev in ingress; then
		fact TC 1
		in_ns r tc filter add dev in parent ffff: protocol ip matchall action drop
		early tc
	fi
}
has_module_source() { [ -d /sys/module/skald ]; }

expect()
{
	dropped sockets "closed port" '.packet.dport == 3001' NO_SOCKET udp
	dropped sockets "wrong checksum" '.packet.dport == 3003' UDP_CSUM udp
	# Some fit, the rest has no room.
	kmod tells sockets "full buffer: delivered or dropped" \
		'select(.packet.dport == 3002) | .ending | select(.kind != "delivered" and
			(.kind != "dropped" or .reason != "SOCKET_RCVBUFF"))' ""
	dropped sockets "full buffer" '.packet.dport == 3002 and .ending.kind == "dropped"' \
		SOCKET_RCVBUFF udp
	nft_source tells sockets "nobody claims that they were delivered" \
		'select(.ending.kind == "delivered") | .packet.dport' ""
	kmod whole sockets
	[ -z "${XDP:-}" ] || dropped xdp "XDP" '.packet.dport == 3004' 'XDP|NOT_SPECIFIED' xdp
	[ -z "${TC:-}" ] || dropped tc "tc" '.packet.dport == 3004' 'TC_INGRESS|NOT_SPECIFIED' \
		'netif_receive_skb|sch_handle_ingress'
}
perform
