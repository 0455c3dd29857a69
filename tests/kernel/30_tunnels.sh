#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# VXLAN and GRE: the packet inside and the packet outside are one journey.
#
#   c vx0 172.16.0.1 ==(10.1.0.2 > r > 10.2.0.2)== 172.16.0.2 vx0 s
#   c gr0 172.17.0.1 ==(the same way)============= 172.17.0.2 gr0 s
. "$(dirname "$0")/lib.sh"

# tunnel SPACE DEVICE ADDRESS LOCAL REMOTE TYPE...
tunnel()
{
	local space=$1 device=$2 address=$3 near=$4 far=$5
	shift 5
	ip -n "$P$space" link add "$device" type "$@" local "$near" remote "$far"
	ip -n "$P$space" addr add "$address/24" dev "$device"
	ip -n "$P$space" link set "$device" up
}

act()
{
	router
	need_module vxlan
	tunnel c vx0 172.16.0.1 10.1.0.2 10.2.0.2 vxlan id 7 dstport 4789
	tunnel s vx0 172.16.0.2 10.2.0.2 10.1.0.2 vxlan id 7 dstport 4789
	warm c 172.16.0.2
	inside() { in_ns c ping -qc1 -W2 "172.1$1.0.2" >/dev/null; }
	OPTIONS="--netns all"
	observe vxlan 8 'icmp or udp port 4789' inside 6
	if modprobe ip_gre 2>/dev/null; then
		fact GRE 1
		tunnel c gr0 172.17.0.1 10.1.0.2 10.2.0.2 gre
		tunnel s gr0 172.17.0.2 10.2.0.2 10.1.0.2 gre
		warm c 172.17.0.2
		observe gre 8 'icmp or ip proto 47' inside 7
	fi
}

# through NAME DEVICE ADDRESS: what is expected of a tunnel
through()
{
	# Its last copy, for a socket that pings, is not on the way any more.
	local inside='.packet.proto == "icmp" and (.iif or .oif)'
	tells "$1" "$1: the packet inside is told where it is outside of the tunnel" \
		"select($inside) | .netns[-1:]" $'c\nc\ns\ns'
	tells "$1" "$1: the router sees the outside only" \
		"select(.netns == \"${P}r\" and $inside) | .id" ""
	kmod passes "$1" "$1: the packet inside is sent to the tunnel" \
		".netns == \"${P}c\" and $inside and .oif == \"$2\"" <<-STEPS
		^mark .*hook=output
		^route origin=observed .*oif=$2
		^send device=$2
	STEPS
	kmod linked "$1" "$1: the packet outside comes from it" encap '.oif == "eth0"' 2
	kmod linked "$1" "$1: out again, from the packet outside" decap "$inside" 2
	kmod tells "$1" "$1: one journey" \
		"select(.netns == \"${P}s\" and $inside and .packet.daddr == \"$3\") | .journey | length >= 3" true
	whole "$1"
	reenacted "$1"
}

expect()
{
	through vxlan vx0 172.16.0.2
	[ -z "${GRE:-}" ] || through gre gr0 172.17.0.2
}
perform
