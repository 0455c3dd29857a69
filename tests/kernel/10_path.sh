#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The long way of a UDP and a TCP packet: a rule of iptables-legacy, DNAT, policy
# routing, a chain of the user's, masquerade, another namespace, and a socket.
#
#   c eth0 10.1.0.2 ---- 10.1.0.1 in  r  out 10.2.0.1 ---- 10.2.0.2 eth0 s
#                                     |                              udp 6000
#     10.1.0.1:5000 > 10.2.0.2:6000   table 42: 10.2.0.0/24 dev out  tcp 6000
. "$(dirname "$0")/lib.sh"

act()
{
	router
	ip -n "${P}r" rule add pref 100 from 10.1.0.0/24 lookup 42
	ip -n "${P}r" route add 10.2.0.0/24 dev out table 42
	in_ns r nft -f - <<-'RULES'
		table ip nat {
			chain pre {
				type nat hook prerouting priority dstnat
				meta l4proto { tcp, udp } th dport 5000 dnat to 10.2.0.2:6000
			}
			chain post {
				type nat hook postrouting priority srcnat
				oifname "out" masquerade
			}
		}
		table inet fw {
			chain svc {
				tcp dport 6000 counter accept
				udp dport 6000 counter accept
			}
			chain forward {
				type filter hook forward priority filter; policy drop
				ct state established accept
				icmp type echo-request accept
				meta l4proto { tcp, udp } jump svc
			}
		}
	RULES
	in_ns r iptables-legacy -t raw -N mine
	in_ns r iptables-legacy -t raw -A mine -p udp -j RETURN
	in_ns r iptables-legacy -t raw -A PREROUTING -p udp -j mine
	serve s udp 6000
	serve s tcp 6000
	warm c 10.2.0.2

	OPTIONS="--netns all"
	both() { ask c udp 10.1.0.1 5000; ask c tcp 10.1.0.1 5000 3000; }
	observe path 16 'udp port 5000 or udp port 6000 or tcp port 5000 or tcp port 6000' both
}

expect()
{
	local proto first sender router server
	for proto in udp tcp; do
		# The first packet of each connection, in each namespace that it crosses.
		first=".packet.proto == \"$proto\" and (.packet.flags // \"S\") == \"S\""
		sender="$first and .netns == \"${P}c\" and .packet.dport == 5000"
		router="$first and .netns == \"${P}r\" and .packet.dport == 5000"
		server="$first and .netns == \"${P}s\" and .packet.dport == 6000"
		passes path "$proto: the sender's side" "$sender" <<-'STEPS'
			^mark .*hook=output
			KMOD ^route origin=observed .*oif=eth0 type=unicast
			KMOD ^neigh device=eth0 address=10.1.0.1
			^send device=eth0
		STEPS
		passes path "$proto: the router's side" "$router" <<-STEPS
			^mark .*hook=prerouting .*iif=in
			$([ $proto = tcp ] || echo 'KMOD ^rule family=ip table=raw chain=PREROUTING handle=1
				KMOD ^rule family=ip table=raw chain=mine handle=1
				KMOD ^policy family=ip table=raw chain=PREROUTING verdict=accept')
			KMOD ^stage name=.*conntrack
			^conntrack .*state=new
			^chain family=ip table=nat chain=pre hook=prerouting
			^rule family=ip table=nat chain=pre
			^nat type=dnat old=10.1.0.1:5000 new=10.2.0.2:6000
			KMOD ^route origin=observed rule=100 table=42 prefix=10.2.0.0/24 .*oif=out type=unicast
			^chain family=inet table=fw chain=forward hook=forward
			^rule family=inet table=fw chain=forward .*verdict=jump target=svc
			^rule family=inet table=fw chain=svc .*verdict=accept
			^chain family=ip table=nat chain=post hook=postrouting
			^rule family=ip table=nat chain=post
			^nat type=masquerade old=10.1.0.2:[0-9]+ new=10.2.0.1:
			KMOD ^neigh device=out address=10.2.0.2
			^send device=out
		STEPS
		passes path "$proto: the server's side" "$server" <<-STEPS
			^mark .*hook=prerouting .*iif=eth0
			KMOD ^route origin=observed .*prefix=10.2.0.2/32 .*type=local
			KMOD ^deliver protocol=$proto port=6000 socket=[0-9]+
		STEPS
		tells path "$proto: what changed on the way" \
			"select($router) | .final | [.daddr, .dport, .ttl]" '["10.2.0.2",6000,63]'
		kmod tells path "$proto: delivered" "select($server) | .ending.kind" delivered
		kmod tells path "$proto: one journey through three namespaces" \
			"select($server) | .journey | length >= 2" true
	done
	kmod passes path "tcp: its data is delivered too" \
		".netns == \"${P}s\" and .packet.dport == 6000 and .packet.len > 1000" <<-'STEPS'
			^deliver protocol=tcp port=6000
	STEPS
	kmod passes path "udp: to whose socket" \
		".netns == \"${P}s\" and .packet.proto == \"udp\" and .packet.dport == 6000" <<-'STEPS'
		^deliver protocol=udp port=6000 socket=[0-9]+ pid=[0-9]+ command=traffic
	STEPS
	tells path "the router dropped nothing" \
		"select(.netns == \"${P}r\" and .ending.kind == \"dropped\") | .id" ""
	same_path path ".netns == \"${P}r\""
	whole path
	reenacted path
}
perform
