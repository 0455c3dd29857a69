#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Fragments both ways: c cuts its datagram in three, the router puts it together
# to track it and cuts it again; the answer comes back the same way. IPv6 too.
#
#   c ---- in  r (conntrack)  out ---- s
. "$(dirname "$0")/lib.sh"

act()
{
	router
	in_ns r nft -f - <<-'RULES'
		table inet fw {
			chain forward {
				type filter hook forward priority filter
				ct state new,established meta l4proto { icmp, ipv6-icmp } counter
			}
		}
	RULES
	warm c 10.2.0.2
	warm c 2001:db8:2::2
	big() { in_ns c ping -qc1 -W3 -s 4000 10.2.0.2 >/dev/null; }
	big6() { in_ns c ping -6 -qc1 -W3 -s 4000 2001:db8:2::2 >/dev/null; }
	observe four 6 icmp big
	observe six 6 'ip6 proto 44 or icmp6' big6
}

expect()
{
	whole_ones four
	same_path four
	# What nf_tables shows of IPv6 fragments does not say which they are.
	kmod whole_ones six
}

# The datagram is the fragment that completed it (nft) or a story of its own
# (kmod); it names where it comes from.
whole_ones()
{
	local name=$1 whole='any(.events[]; .kind == "reassemble" and .story)'
	# The router may ask for its neighbours' addresses meanwhile.
	local own='any(.events[]; .kind == "mark" and .hook == "output")'
	tells "$name" "$name: both datagrams became whole in the router" \
		"select($whole) | .iif" $'in\nout'
	tells "$name" "$name: those before went into them" \
		"select((.packet.frag_more == 1 or .packet.proto == \"ipv6-frag\") and
			.packet.len > 1200 and .iif and ($whole | not)) | .ending.kind" \
		$'consumed\nconsumed\nconsumed\nconsumed'
	tells "$name" "$name: the whole meets the rules" \
		"select($whole) | [.events[] | select(.kind == \"rule\") | .chain] | unique | join(\" \")" \
		$'forward\nforward'
	# The first piece is what is left of the whole.
	kmod tells "$name" "$name: three pieces leave, each way" \
		"select($own | not) | .events[] | select(.kind == \"send\") | .device" "$(xargs -n1 <<<'in in in out out out')"
	kmod linked "$name" "$name: the pieces name the whole" fragment \
		'any(.events[]; .kind == "send")' 4
	kmod tells "$name" "$name: no piece is larger than the wire" \
		'select(any(.events[]; .kind == "send") and .final.len > 1500) | .id' ""
	whole "$name"
	reenacted "$name"
}
perform
