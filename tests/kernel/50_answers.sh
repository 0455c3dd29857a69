#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What the router says itself: REJECT's answers, a TTL that ran out, and an
# error of a router behind it, whose insides are translated back.
#
#   c ---- in  r (masquerade)  out ---- s (forwards to 10.9.0.0/24, nobody there)
#              tcp 25: reset   udp 53: port unreachable
. "$(dirname "$0")/lib.sh"

act()
{
	router
	in_ns r nft -f - <<-'RULES'
		table inet fw {
			chain forward {
				type filter hook forward priority filter
				tcp dport 25 reject with tcp reset comment "no mail"
				udp dport 53 reject with icmpx port-unreachable comment "no names"
			}
		}
		table ip nat {
			chain post {
				type nat hook postrouting priority srcnat
				oifname "out" masquerade
			}
		}
	RULES
	ip -n "${P}r" route add 10.9.0.0/24 via 10.2.0.2
	forwarding s
	ip -n "${P}s" route add prohibit 10.9.0.0/24
	warm c 10.2.0.2
	rejected() { ask c tcp 10.2.0.2 25; ask c udp 10.2.0.2 53; }
	observe reject 4 'tcp port 25 or udp port 53 or icmp' rejected
	prohibited() { ask c udp 10.9.0.7 4000; }
	observe error 2 'icmp or host 10.9.0.7' prohibited
}

expect()
{
	passes reject "a SYN is rejected by its rule" '.packet.dport == 25 and .iif == "in"' <<-'STEPS'
		^mark .*iif=in
		^rule family=inet table=fw chain=forward .*verdict=(drop|none)
	STEPS
	tells reject "it ends there" 'select(.packet.dport == 25 and .iif == "in") | .ending.kind' dropped
	passes reject "the reset is the router's own" '.packet.sport == 25' <<-'STEPS'
		^mark .*hook=output
		^send device=in
	STEPS
	tells reject "it bears the server's name" \
		'select(.packet.sport == 25) | [.packet.saddr, .packet.daddr, .packet.flags]' \
		'["10.2.0.2","10.1.0.2","R."]'
	passes reject "so is the ICMP error" '.packet.proto == "icmp" and .iif == null' <<-'STEPS'
		^mark .*hook=output
		^send device=in
	STEPS
	tells error "the way there is masqueraded" \
		'select(.packet.daddr == "10.9.0.7") | .final.saddr' 10.2.0.1
	tells error "the error finds its way back" \
		'select(.packet.proto == "icmp") | [.packet.daddr, .final.daddr, .ending.kind]' \
		'["10.2.0.1","10.1.0.2","sent"]'
	passes error "as related, translated back" '.packet.proto == "icmp"' <<-'STEPS'
		^mark .*iif=out
		^conntrack .*state=related
		^(nat|mangle) .*old=10.2.0.1 new=10.1.0.2
		^send device=in
	STEPS
	same_path reject
	same_path error
	whole reject
	reenacted reject
	whole error
	reenacted error
}
perform
