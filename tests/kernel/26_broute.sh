#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Frames that a bridge is told not to bridge: ebtables' broute table, and what
# nf_tables has instead since Linux 6.4. They are the port's, and are routed. And
# frames that a rule in the bridge's prerouting hands to user space.
#
#   x eth0 10.3.0.1 ---- p1  b (br0)  p2 ---- 10.3.0.2 eth0 y
#                     10.3.0.9  out 10.4.0.9 ---- 10.4.0.2 eth0 z
. "$(dirname "$0")/lib.sh"

address_of() { ip -n "$P$1" -br link show "$2" | awk '{ print $3 }'; }

# Neighbours are known, as answers to questions about them would be bridged.
topology()
{
	local port
	space x b y z
	wire x eth0 b p1
	wire y eth0 b p2
	wire z eth0 b out
	ip -n "${P}b" link add br0 type bridge forward_delay 0
	for port in p1 p2; do ip -n "${P}b" link set $port master br0; done
	ip -n "${P}b" link set br0 up
	ip -n "${P}b" addr add 10.3.0.9/24 dev p1
	ip -n "${P}b" addr add 10.4.0.9/24 dev out
	ip -n "${P}x" addr add 10.3.0.1/24 dev eth0
	ip -n "${P}y" addr add 10.3.0.2/24 dev eth0
	ip -n "${P}z" addr add 10.4.0.2/24 dev eth0
	ip -n "${P}x" neigh add 10.3.0.9 lladdr "$(address_of b p1)" dev eth0
	ip -n "${P}b" neigh add 10.3.0.1 lladdr "$(address_of x eth0)" dev p1
	ip -n "${P}x" route add default via 10.3.0.9
	ip -n "${P}z" route add default via 10.4.0.9
	forwarding b
	in_ns b nft -f - <<-'RULES'
		table ip fw {
			chain forward {
				type filter hook forward priority filter
				iifname "p1" oifname "out" counter accept comment "routed"
			}
		}
	RULES
}

legacy()
{
	local broute=(ebtables-legacy -t broute)
	command -v ebtables-legacy >/dev/null && modprobe ebtable_broute && modprobe ebt_ip ||
		return
	in_ns b "${broute[@]}" -A BROUTING -p 0x0800 --ip-destination 10.4.0.2 -j DROP || return
	fact LEGACY 1
	warm x 10.4.0.2
	observe legacy 2 icmp routed
	in_ns b "${broute[@]}" -F
}

# The first rule is there to be seen.
modern()
{
	in_ns b nft -f - <<-'RULES'
		table bridge wall {
			chain up { }
			chain pre {
				type filter hook prerouting priority -200
				ip daddr 10.4.0.2 counter jump up comment "to be routed"
			}
			chain behind {
				type filter hook prerouting priority -100
				ip daddr 10.4.0.2 counter comment "never met"
			}
		}
	RULES
	if in_ns b "$TOOLS/broute" wall up; then
		fact MODERN 1
		warm x 10.4.0.2
		observe modern 2 icmp routed
	fi
	in_ns b nft delete table bridge wall
}

asked()
{
	in_ns b nft -f - <<-'RULES'
		table bridge wall {
			chain pre {
				type filter hook prerouting priority -200
				icmp type echo-request counter queue num 8 comment "ask"
			}
			chain behind {
				type filter hook prerouting priority -100
				icmp type echo-request counter accept comment "behind"
			}
		}
	RULES
	background b queue "$TOOLS/reinject" 8 accept
	warm x 10.3.0.2
	observe asked 2 icmp cross
	kill "$BACKGROUND"
}

act()
{
	need_module bridge nft_meta_bridge nfnetlink_queue nft_queue
	topology
	routed() { in_ns x ping -qc1 -W2 10.4.0.2 >/dev/null; }
	cross() { in_ns x ping -qc1 -W2 10.3.0.2 >/dev/null; }
	FOLLOW_IN=b
	legacy
	modern
	asked
}

# goes_up NAME: the request is not bridged, but routed
goes_up()
{
	passes "$1" "$1: the port's, and routed" '.iif == "p1"' <<-'STEPS'
		^mark .*iif=p1
		KMOD ^route origin=observed .*oif=out
		^rule family=ip table=fw chain=forward .*verdict=accept
		^send device=out
	STEPS
	tells "$1" "$1: in and out" 'select(.iif == "p1") | [.oif, .ending.kind] | join(" ")' \
		"out sent"
	kmod tells "$1" "$1: the bridge decides nothing" \
		'select(.iif == "p1") | .events[] | select(.kind == "bridge") | .step' \
		"a port took it"
	same_path "$1"
	whole "$1"
}

expect()
{
	if [ -n "${LEGACY:-}" ]; then
		goes_up legacy
	else
		SKIPPED=$((SKIPPED + 1))
	fi
	if [ -n "${MODERN:-}" ]; then
		goes_up modern
		tells modern "the rules before are met, those behind are not" \
			'select(.iif == "p1") | [.events[] | select(.kind == "rule" and
				.family == "bridge") | .chain] | unique | join(" ")' "pre up"
	else
		SKIPPED=$((SKIPPED + 1))
	fi
	passes asked "user space is asked, and it is bridged" '.iif == "p1"' <<-'STEPS'
		^mark .*iif=p1
		^rule family=bridge table=wall chain=pre .*verdict=queue
		^queue number=8
		KMOD ^reinject .*verdict=accept
		KMOD ^rule family=bridge table=wall chain=behind .*verdict=accept
		KMOD ^send device=p2
	STEPS
	# It stands before the module's function: only that it accepted is known.
	[ -z "${LEGACY:-}" ] ||
		kmod passes asked "broute let it go on" '.iif == "p1"' <<-'STEPS'
			^hook family=bridge hook=prerouting functions=ebt_broute
			^stage name=ebt_broute .*hook=prerouting verdict=accept$
			^stage name=nft_do_chain_bridge .*verdict=queue
		STEPS
	kmod tells asked "and sent" 'select(.iif == "p1") | [.oif, .ending.kind] | join(" ")' \
		"p2 sent"
	kmod whole asked
}
perform
