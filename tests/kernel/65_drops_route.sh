#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Dropped on the way: no route, a sender that cannot be there (rp_filter), a TTL
# that ran out, too large to be sent and not to be cut, a neighbour that does not
# answer.
#
#   c ---- in  r  out (mtu 1200 for 10.2.0.2) ---- s, and no 10.2.0.77
. "$(dirname "$0")/lib.sh"

act()
{
	router
	ip -n "${P}c" route add 192.0.2.0/24 via 10.1.0.1
	in_ns r sh -c 'echo 1 >/proc/sys/net/ipv4/conf/in/rp_filter'
	warm c 10.2.0.2
	ip -n "${P}r" route add 10.2.0.3/32 dev out mtu 1200
	raw() { in_ns c "$TRAFFIC" raw "$@"; }
	bad_ways()
	{
		# What c has learnt from the answers before: it would not send.
		ip -n "${P}c" route flush cache
		raw 10.1.0.2 192.0.2.1 2001
		raw 10.2.0.9 10.2.0.2 2002
		raw 10.1.0.2 10.2.0.2 2003 ttl 1
		raw 10.1.0.2 10.2.0.3 2004 len 1300 df
		raw 10.1.0.2 10.2.0.77 2005
	}
	# The neighbour is given up on after three requests, a second each.
	observe ways 5 'udp portrange 2001-2005' bad_ways
}

expect()
{
	dropped ways "no route" '.packet.dport == 2001' 'IP_INNOROUTES|IP_INADDRERRORS' ip_error
	dropped ways "rp_filter" '.packet.dport == 2002' IP_RPFILTER 'ip_rcv_finish|ip_rcv'
	dropped ways "TTL" '.packet.dport == 2003' IP_INHDR ip_forward
	dropped ways "too large" '.packet.dport == 2004' PKT_TOO_BIG ip_forward
	dropped ways "neighbour" '.packet.dport == 2005' NEIGH_FAILED 'neigh|arp'
	kmod passes ways "no route: what was looked for" '.packet.dport == 2001' <<-'STEPS'
		^mark .*iif=in
		^route origin=observed .*error=
		^drop
	STEPS
	kmod passes ways "neighbour: asked for" '.packet.dport == 2005' <<-'STEPS'
		^route origin=observed .*oif=out
		^neigh device=out address=10.2.0.77
		^drop
	STEPS
	# Who sees netfilter only must not say that it was sent.
	nft_source tells ways "nobody claims that they were sent" \
		'select(.packet.dport != 2005 and .ending.kind == "sent") | .packet.dport' ""
	kmod whole ways
}
perform
