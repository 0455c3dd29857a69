#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Dropped by netfilter: a policy, a rule, a rule of iptables-legacy, and a
# tracker that has no room.
#
#   c ---- in  r  out ---- s
#     udp 1001 rule, 1002 legacy rule, 1003 policy, 1004 no room
. "$(dirname "$0")/lib.sh"

act()
{
	router
	in_ns r nft -f - <<-'RULES'
		table inet fw {
			chain forward {
				type filter hook forward priority filter; policy drop
				udp dport 1001 counter drop comment "not this"
				udp dport { 1002, 1004 } counter accept
				meta l4proto { tcp, icmp } accept
			}
		}
	RULES
	in_ns r iptables-legacy -A FORWARD -p udp --dport 1002 -j DROP
	serve s tcp 80
	warm c 10.2.0.2
	three()
	{
		in_ns c "$TRAFFIC" send 10.2.0.2 1001 1
		in_ns c "$TRAFFIC" send 10.2.0.2 1002 1
		in_ns c "$TRAFFIC" send 10.2.0.2 1003 1
	} >/dev/null
	observe drops 3 'udp portrange 1001-1003' three
	[ "$PHASE" = act ] || return 0
	# An assured connection cannot be put out; there is one for the whole guest.
	ask c tcp 10.2.0.2 80
	no_room()
	{
		local max=/proc/sys/net/netfilter/nf_conntrack_max had
		had=$(cat "$max")
		echo 1 >"$max"
		in_ns c "$TRAFFIC" send 10.2.0.2 1004 1 >/dev/null
		echo "$had" >"$max"
	}
	observe full 1 'udp port 1004' no_room
	fact FULL 1
}

expect()
{
	local by='[.ending | .kind, .hook, .family, .table, .chain]'
	tells drops "a rule" "select(.packet.dport == 1001) | $by" \
		'["dropped","forward","inet","fw","forward"]'
	tells drops "it has its text" 'select(.packet.dport == 1001) | .ending.text' \
		'udp dport 1001 counter drop comment "not this"'
	tells drops "the policy" "select(.packet.dport == 1003) | $by" \
		'["dropped","forward","inet","fw","forward"]'
	tells drops "no rule but the policy" \
		'select(.packet.dport == 1003) | [.events[] | select(.kind == "policy") | .verdict]' '["drop"]'
	dropped drops "rule" '.packet.dport == 1001' NETFILTER_DROP 'nf_hook_slow|nft_do_chain'
	dropped drops "policy" '.packet.dport == 1003' NETFILTER_DROP 'nf_hook_slow|nft_do_chain'
	dropped drops "legacy rule" '.packet.dport == 1002' NETFILTER_DROP 'nf_hook_slow|ipt_do_table'
	kmod passes drops "legacy: which rule" '.packet.dport == 1002' <<-'STEPS'
		^rule family=ip table=filter chain=FORWARD .*handle=1
		^drop
	STEPS
	same_path drops '.packet.dport != 1002'
	whole drops
	[ -n "${FULL:-}" ] || return 0
	dropped full "no room for a connection" '.packet.dport == 1004' NETFILTER_DROP 'nf_hook_slow'
	kmod passes full "no room: the tracker did it" '.packet.dport == 1004' <<-'STEPS'
		^stage name=.*conntrack_in .*verdict=drop
		^drop
	STEPS
}
perform
