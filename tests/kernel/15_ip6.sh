#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The same way for IPv6: DNAT, a policy route, a user's chain, masquerade.
#
#   c eth0 2001:db8:1::2 ---- 2001:db8:1::1 in  r  out 2001:db8:2::1 ---- ::2 s
#     [2001:db8:1::1]:5000 > [2001:db8:2::2]:6000     table 46: dev out
. "$(dirname "$0")/lib.sh"

act()
{
	router
	ip -n "${P}r" -6 rule add pref 106 from 2001:db8:1::/64 lookup 46
	ip -n "${P}r" -6 route add 2001:db8:2::/64 dev out table 46
	in_ns r nft -f - <<-'RULES'
		table ip6 nat {
			chain pre {
				type nat hook prerouting priority dstnat
				meta l4proto { tcp, udp } th dport 5000 dnat to [2001:db8:2::2]:6000
			}
			chain post {
				type nat hook postrouting priority srcnat
				oifname "out" masquerade
			}
		}
		table ip6 fw {
			chain svc {
				meta l4proto { tcp, udp } th dport 6000 accept
			}
			chain forward {
				type filter hook forward priority filter; policy drop
				ct state established accept
				meta l4proto ipv6-icmp accept
				jump svc
			}
		}
	RULES
	serve s udp 6000
	serve s tcp 6000
	warm c 2001:db8:2::2
	OPTIONS="--netns all"
	both() { ask c udp 2001:db8:1::1 5000; ask c tcp 2001:db8:1::1 5000 3000; }
	observe six 16 'udp port 5000 or udp port 6000 or tcp port 5000 or tcp port 6000' both
}

expect()
{
	local proto first
	for proto in udp tcp; do
		first=".packet.family == \"ip6\" and .packet.proto == \"$proto\" and (.packet.flags // \"S\") == \"S\""
		passes six "$proto: through the router" \
			"$first and .netns == \"${P}r\" and .packet.dport == 5000" <<-STEPS
			^mark .*hook=prerouting .*iif=in
			^conntrack .*state=new
			^rule family=ip6 table=nat chain=pre
			^nat type=dnat old=\[?2001:db8:1::1\]?:5000 new=\[?2001:db8:2::2\]?:6000
			KMOD ^route origin=observed rule=106 table=46 prefix=2001:db8:2::/64 .*oif=out
			^rule family=ip6 table=fw chain=forward .*verdict=jump target=svc
			^rule family=ip6 table=fw chain=svc .*verdict=accept
			^rule family=ip6 table=nat chain=post
			^nat type=masquerade .*new=\[?2001:db8:2::1
			KMOD ^neigh device=out address=2001:db8:2::2
			^send device=out
		STEPS
		passes six "$proto: to the socket" \
			"$first and .netns == \"${P}s\" and .packet.dport == 6000" <<-STEPS
			^mark .*iif=eth0
			KMOD ^deliver protocol=$proto port=6000
		STEPS
		tells six "$proto: what changed" \
			"select($first and .netns == \"${P}r\" and .packet.dport == 5000) | .final | [.saddr, .daddr, .dport, .hop_limit // .ttl]" \
			'["2001:db8:2::1","2001:db8:2::2",6000,63]'
	done
	same_path six ".netns == \"${P}r\""
	whole six
	reenacted six
}
perform
