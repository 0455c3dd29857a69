#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# As 90, through a bridge, whose prerouting hook has a function of ours while the
# module is armed: load, arm, disarm, unload while frames are bridged and while
# ports, and rules of that hook, come and go. ROUNDS (20).
#
#   x eth0 10.3.0.1 ---- p1  b (br0)  p2 ---- 10.3.0.2 eth0 y, a flood from x to y
#                            p3 ---- p4: comes and goes
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/stress.sh"
ROUNDS=${ROUNDS:-20}

topology()
{
	local port
	space x b y
	wire x eth0 b p1
	wire y eth0 b p2
	ip -n "${P}b" link add br0 type bridge forward_delay 0
	for port in p1 p2; do ip -n "${P}b" link set $port master br0; done
	ip -n "${P}b" link set br0 up
	ip -n "${P}x" addr add 10.3.0.1/24 dev eth0
	ip -n "${P}y" addr add 10.3.0.2/24 dev eth0
	in_ns b nft -f - <<-'RULES'
		table bridge wall {
			chain pre { type filter hook prerouting priority -200; counter; }
			chain forward { type filter hook forward priority filter; counter; }
		}
	RULES
}

change()
{
	trap - EXIT
	while :; do
		ip -n "${P}b" link add p3 type veth peer name p4
		ip -n "${P}b" link set p3 master br0 up
		in_ns b nft 'table bridge more { chain pre {
			type filter hook prerouting priority -100; counter; }; }'
		in_ns b nft delete table bridge more
		ip -n "${P}b" link del p3
	done >/dev/null 2>&1
}

bridged_noise()
{
	serve y udp 6000
	ip netns exec "${P}x" "$TRAFFIC" flood 10.3.0.2 6000 36000 >/dev/null &
	NOISE+=($!)
	change &
	NOISE+=($!)
	renice -n 19 -p "${NOISE[@]}" >/dev/null
}

act()
{
	need_kmod
	need_module bridge
	rmmod skald 2>/dev/null
	topology
	warm x 10.3.0.2
	bridged_noise
	rounds x 10.3.0.2
}

expect()
{
	rounds_passed
}
perform
