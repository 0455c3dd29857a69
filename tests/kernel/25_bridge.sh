#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A bridge, without br_netfilter and with it: a frame is one story, which meets
# the bridge's rules and, in the second case, those of ip.
#
#   x eth0 10.3.0.1 ---- p1  b (br0)  p2 ---- 10.3.0.2 eth0 y
. "$(dirname "$0")/lib.sh"

act()
{
	local port
	need_module bridge nft_meta_bridge
	space x b y
	wire x eth0 b p1
	wire y eth0 b p2
	ip -n "${P}b" link add br0 type bridge forward_delay 0
	for port in p1 p2; do ip -n "${P}b" link set $port master br0; done
	ip -n "${P}b" link set br0 up
	ip -n "${P}b" addr add 10.3.0.9/24 dev br0
	ip -n "${P}x" addr add 10.3.0.1/24 dev eth0
	ip -n "${P}y" addr add 10.3.0.2/24 dev eth0
	in_ns b nft -f - <<-'RULES'
		table bridge wall {
			chain forward {
				type filter hook forward priority filter
				ip protocol icmp counter accept comment "bridged"
			}
		}
		table ip fw {
			chain forward {
				type filter hook forward priority filter
				icmp type echo-request counter comment "routed"
			}
		}
	RULES
	warm x 10.3.0.2
	warm x 10.3.0.9
	cross() { in_ns x ping -qc1 -W2 10.3.0.2 >/dev/null; }
	up() { in_ns x ping -qc1 -W2 10.3.0.9 >/dev/null; }
	netfilter() { in_ns b sh -c "echo $1 >/proc/sys/net/bridge/bridge-nf-call-iptables"; }
	FOLLOW_IN=b
	modprobe br_netfilter 2>/dev/null
	netfilter 0
	observe plain 2 icmp cross
	observe local 2 icmp up
	if netfilter 1; then
		fact BR_NETFILTER 1
		observe brnf 2 icmp cross
		netfilter 0
	fi
}

expect()
{
	tells plain "a frame that is bridged is one story" \
		'[.iif, .oif, .ending.kind] | join(" ")' $'p1 p2 sent\np2 p1 sent'
	passes plain "its steps" '.iif == "p1"' <<-'STEPS'
		^mark .*iif=p1
		^chain family=bridge table=wall chain=forward hook=forward
		^rule family=bridge table=wall chain=forward .*verdict=accept
		^send device=p2
	STEPS
	passes local "a frame for the bridge itself" '.iif == "br0" or .iif == "p1"' <<-'STEPS'
		^mark .*iif=(br0|p1)
		KMOD ^route origin=observed .*type=local
		KMOD ^(deliver|consume)
	STEPS
	same_path plain
	whole plain
	reenacted plain
	whole local
	reenacted local
	[ -n "${BR_NETFILTER:-}" ] || return 0
	# The hooks of ip are told the bridge as the way out.
	passes brnf "with br_netfilter it meets both" '.iif == "p1"' <<-'STEPS'
		^mark .*iif=p1
		^rule family=bridge table=wall chain=forward
		^rule family=ip table=fw chain=forward .*verdict=continue
		NFT ^send device=(br0|p2)
		KMOD ^send device=p2
	STEPS
	tells brnf "with br_netfilter: rules of two families" \
		'[.events[] | select(.kind == "rule") | .family] | unique | join("+")' \
		$'bridge\nbridge+ip'
	same_path brnf
	whole brnf
	reenacted brnf
}
perform
