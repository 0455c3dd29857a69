#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Every family and every odd way of a packet: IPv6 with NAT, ARP, bridges with
# and without br_netfilter, ingress chains, the loopback device, fragments,
# rejects, changes of mark, DSCP and TTL, policy routing, interfaces,
# expressions of all sizes.
. "$(dirname "$0")/lib.sh"
need_root
need jq
need iptables-nft

skald() { in_ns r "$SKALD" "$@"; }
ping4() { in_ns c ping -qc1 -W1 "$@" >/dev/null 2>&1; }
rules() { in_ns r nft -f -; }
clean() { in_ns r nft flush ruleset; }
# texts NAME CONDITION: of the rules that such stories met
texts() { pick "$1" "select($2) | .events[] | select(.kind == \"rule\") | .text"; }
loss_free() { is "$1: no story has a gap" "$(pick "$1" 'select(.complete | not) | .gaps')" ""; }

router
ping4 10.2.0.2 # ARP is done

# ---- IPv6, NAT66, inet ----
rules <<-'RULES'
	table ip6 nat {
		chain pre {
			type nat hook prerouting priority dstnat
			tcp dport 8080 dnat to [2001:db8:2::2]:80
		}
		chain post {
			type nat hook postrouting priority srcnat
			oifname "out" masquerade
		}
	}
	table inet both {
		chain forward {
			type filter hook forward priority filter; policy drop
			ct state established accept
			ip6 nexthdr tcp tcp dport 80 accept comment "web six"
			ip daddr 10.2.0.2 icmp type echo-request accept comment "ping four"
		}
	}
RULES
serve_tcp s 80
follow six 'tcp or icmp'
echo hello | in_ns c ncat -6 -w2 2001:db8:1::1 8080 >/dev/null
ping4 10.2.0.2
answered() { [ "$(pick six 'select(.packet.proto == "icmp") | .id' | wc -l)" -ge 2 ]; }
until_true 5 answered
end_follow six
first=$(pick six 'select(.packet.family == "ip6" and .packet.dport == 8080)' | head -1)
is "NAT66: the SYN before and after" \
	"$(jq -c '[.packet.daddr, .packet.dport, .final.saddr, .final.daddr, .final.dport]' <<<"$first")" \
	'["2001:db8:1::1",8080,"2001:db8:2::1","2001:db8:2::2",80]'
nat_rule() { in_ns r nft -a list chain ip6 nat "$1" | sed -n "s/.*$2.*# handle //p"; }
is "NAT66: by its rules" \
	"$(jq -r '.events[] | select(.kind == "nat") | "\(.type) \(.family) \(.table) \(.chain) \(.handle)"' <<<"$first")" \
	"dnat ip6 nat pre $(nat_rule pre dnat)
masquerade ip6 nat post $(nat_rule post masquerade)"
is "NAT66: the reply is turned back" \
	"$(pick six 'select(.packet.family == "ip6" and .packet.sport == 80) | [.final.saddr, .final.sport, .final.daddr] | @csv' | sort -u)" \
	'"2001:db8:1::1",8080,"2001:db8:1::2"'
like "inet: an IPv6 packet meets its rules" "$(jq -r '.events[] | select(.kind == "rule") | .text' <<<"$first")" 'web six'
like "inet: an IPv4 packet too" "$(texts six '.packet.proto == "icmp"')" 'ping four'
loss_free six
clean

# ---- ARP ----
rules <<-'RULES'
	table arp guard {
		chain input {
			type filter hook input priority filter
			arp saddr ip 10.1.0.66 drop comment "liar"
			arp operation request accept comment "who has"
		}
	}
RULES
follow arp arp
in_ns c ip neigh flush all
ping4 10.1.0.1
ip -n "${P}c" addr add 10.1.0.66/24 dev eth0
in_ns c ip neigh flush all
in_ns c ping -qc1 -W1 -I 10.1.0.66 10.1.0.1 >/dev/null 2>&1
ip -n "${P}c" addr del 10.1.0.66/24 dev eth0
dropped() { [ -n "$(pick "$1" 'select(.ending.kind == "dropped") | .id')" ]; }
until_true 5 dropped arp
end_follow arp
is "arp: the family" "$(pick arp .packet.family | sort -u)" arp
like "arp: rules have texts" "$(texts arp true)" 'arp operation request accept comment "who has"'
like "arp: drops name their rule" "$(pick arp '.ending.text // empty')" 'drop comment "liar"'
clean
in_ns c ip neigh flush all

# ---- bridges ----
space x b y
wire x eth0 b p1
wire y eth0 b p2
ip -n "${P}b" link add br0 type bridge
for port in p1 p2; do ip -n "${P}b" link set $port master br0; done
ip -n "${P}b" link set br0 up
ip -n "${P}x" addr add 10.3.0.1/24 dev eth0
ip -n "${P}y" addr add 10.3.0.2/24 dev eth0
crosses() { in_ns x ping -qc1 -W1 10.3.0.2; }
until_true 10 crosses
in_ns b nft -f - <<-'RULES'
	table bridge wall {
		chain forward {
			type filter hook forward priority filter; policy accept
			ip protocol icmp counter accept comment "bridged"
		}
	}
	table ip fw {
		chain forward {
			type filter hook forward priority filter; policy accept
			icmp type echo-request counter comment "routed"
		}
	}
RULES
call=/proc/sys/net/bridge/bridge-nf-call-iptables
in_ns b sh -c "[ ! -e $call ] || echo 0 >$call"
FOLLOW_IN=b follow bridge icmp
in_ns x ping -qc2 -i0.2 10.3.0.2 >/dev/null
until_true 5 has_told bridge 4
end_follow bridge
is "bridge: a frame is a story" "$(told bridge)" 4
is "bridge: by its ports" "$(pick bridge '[.iif, .oif, .ending.kind] | @csv' | sort -u | xargs)" 'p1,p2,sent p2,p1,sent'
is "bridge: rules have texts" "$(texts bridge true | sort -u)" 'ip protocol icmp counter accept comment "bridged"'
loss_free bridge
if in_ns b test -e $call; then
	in_ns b sh -c "echo 1 >$call"
	FOLLOW_IN=b follow brnf icmp
	in_ns x ping -qc2 -i0.2 10.3.0.2 >/dev/null
	until_true 5 has_told brnf 4
	end_follow brnf
	is "br_netfilter: a frame is one story still" "$(told brnf)" 4
	like "br_netfilter: it meets the bridge's rules" "$(texts brnf true)" bridged
	like "br_netfilter: and those of ip" "$(texts brnf true)" routed
	is "br_netfilter: in one story" \
		"$(pick brnf '[.events[] | select(.kind == "rule") | .family] | unique | join("+")' | sort | uniq -c | xargs)" '2 bridge 2 bridge+ip'
	loss_free brnf
	in_ns b sh -c "echo 0 >$call"
fi

# ---- ingress: before anything of ours ----
rules <<-'RULES'
	table netdev early {
		chain ingress {
			type filter hook ingress device "in" priority 0; policy accept
			icmp type echo-request drop comment "too early"
		}
	}
RULES
skald doctor --json icmp >"$DIR/doctor.json"
like "netdev: the doctor tells of ingress chains" "$(cat "$DIR/doctor.json")" 'ingress'
follow early icmp
ping4 10.2.0.2
end_follow early
is "netdev: what is dropped there does not arrive" "$(told early)" 0
clean
rules <<-'RULES'
	table netdev early {
		chain ingress {
			type filter hook ingress device "in" priority 0; policy accept
			icmp type echo-request counter comment "too early"
		}
	}
RULES
follow early2 icmp
ping4 10.2.0.2
until_true 5 has_told early2 2
end_follow early2
is "netdev: what passes is followed" "$(told early2)" 2
loss_free early2
clean

# ---- local: output, lo, input ----
rules <<-'RULES'
	table inet local {
		chain output {
			type filter hook output priority filter
			icmp type echo-request counter comment "out it goes"
		}
		chain input {
			type filter hook input priority filter
			icmp type echo-request counter comment "in it comes"
		}
	}
RULES
follow lo icmp
in_ns r ping -qc1 127.0.0.1 >/dev/null
until_true 5 has_told lo 4
end_follow lo
is "lo: each way out and in is a story" "$(told lo)" 4
is "lo: the second half names the first" \
	"$(pick lo 'select(.events[].kind == "loop") | [.id, (.events[] | select(.kind == "loop") | .story)] | @csv' | sort -u | wc -l)" 2
links=$(jq -s '(map({key: (.id | tostring), value: .}) | from_entries) as $all | [.[] | . as $s | .events[] | select(.kind == "loop") | $all[.story | tostring] | select(.packet.id == $s.packet.id and .packet.saddr == $s.packet.saddr) | .id] | length' "$DIR/lo.json")
is "lo: and it is the same packet" "$links" 2
like "lo: rules on the way out" "$(texts lo true)" 'out it goes'
like "lo: and in" "$(texts lo true)" 'in it comes'
loss_free lo
clean

# ---- fragments ----
rules <<-'RULES'
	table ip fw {
		chain forward {
			type filter hook forward priority filter
			ct state new,established icmp type echo-request counter comment "whole"
		}
	}
RULES
follow frag icmp
in_ns c ping -qc1 -W1 -s 4000 10.2.0.2 >/dev/null
whole() { [ "$(pick frag 'select(.events[].kind == "reassemble") | .id' | sort -u | wc -l)" -ge 2 ]; }
until_true 5 whole
end_follow frag
is "fragments: the datagram names its fragment" "$(pick frag 'select(.events[].kind == "reassemble") | .id' | sort -u | wc -l)" 2
# Each datagram came in three; the one that completes it goes on as the whole.
is "fragments: those before it went into it" \
	"$(pick frag 'select(.packet.frag_more == 1) | [.ending.kind, .ending.reason] | @csv' | sort | uniq -c | xargs)" \
	'4 consumed,joined its datagram'
is "fragments: the last one is the datagram" \
	"$(pick frag 'select(.packet.frag_offset > 0 and .packet.frag_more == 0) | [.ending.kind, (.events | any(.kind == "reassemble"))] | @csv' | sort | uniq -c | xargs)" \
	'2 sent,true'
loss_free frag
like "fragments: the whole meets the rules" "$(texts frag '.events[].kind == "reassemble"')" whole
clean

# ---- reject ----
rules <<-'RULES'
	table inet fw {
		chain forward {
			type filter hook forward priority filter
			tcp dport 25 reject with tcp reset comment "no mail"
		}
	}
RULES
follow reject 'tcp port 25'
echo | in_ns c ncat -w1 10.2.0.2 25 >/dev/null 2>&1
until_true 5 has_told reject 2
end_follow reject
is "reject: the packet was dropped" "$(pick reject 'select(.packet.dport == 25) | [.ending.kind, .ending.text] | @csv')" \
	'"dropped","tcp dport 25 reject with tcp reset comment ""no mail"""'
is "reject: the answer is followed, too" "$(pick reject 'select(.packet.sport == 25) | [.packet.saddr, .ending.kind, .oif] | @csv')" '"10.2.0.2","sent","in"'
clean

# ---- changes, and the route they lead to ----
ip -n "${P}r" route add 10.2.0.0/24 dev out table 100
ip -n "${P}r" rule add fwmark 7 table 100 priority 500
rules <<-'RULES'
	table ip fw {
		chain pre {
			type filter hook prerouting priority mangle
			icmp type echo-request meta mark set 7 comment "marks"
			icmp type echo-request ip dscp set cs1 comment "classes"
			icmp type echo-request ip ttl set 33 comment "ages"
		}
	}
RULES
handle() { in_ns r nft -a list chain ip fw pre | sed -n "s/.*$1.*# handle //p"; }
follow mangle icmp
ping4 10.2.0.2
until_true 5 has_told mangle 2
end_follow mangle
change() { pick mangle ".events[] | select(.kind == \"mangle\" and .field == \"$1\" and (.by | startswith(\"ip fw\"))) | [.old, .new, .by] | map(tostring) | join(\" \")"; }
is "mangle: mark" "$(change mark)" "0 7 ip fw pre rule $(handle marks)"
is "mangle: dscp" "$(change dscp)" "0 8 ip fw pre rule $(handle classes)"
is "mangle: ttl" "$(change ttl)" "64 33 ip fw pre rule $(handle ages)"
is "route: by policy" "$(pick mangle 'select(.packet.daddr == "10.2.0.2") | .events[] | select(.kind == "route") | [.rule, .table, .oif, .agrees] | map(tostring) | join(" ")')" "500 100 out true"
is "route: the reply by the main table" "$(pick mangle 'select(.packet.daddr == "10.1.0.2") | .events[] | select(.kind == "route") | [.rule, .table, .oif, .agrees] | map(tostring) | join(" ")')" "32766 main in true"
clean

# ---- interfaces and expressions ----
follow side -i in icmp
ping4 10.2.0.2
until_true 5 has_told side 1
end_follow side
is "-i: what comes in there, and nothing else" "$(pick side '[.iif, .oif] | @csv')" '"in","out"'
skald follow -i none-such -t 1 icmp >"$DIR/stdout" 2>"$DIR/stderr"
status=$?
holds "-i: an interface that is not there" test $status -ne 0
skald follow -t 1 'vlan 5' >"$DIR/stdout" 2>"$DIR/stderr"
is "vlan is refused" $? 3
like "with a reason" "$(cat "$DIR/stderr")" '"vlan" cannot be seen at a hook'
like "with help" "$(cat "$DIR/stderr")" "follow the VLAN's own interface"
hosts=$(seq -s ' or ' -f 'host 192.0.2.%g' 1 60)
follow long "icmp and ($hosts or host 10.2.0.2)"
ping4 10.2.0.2
until_true 5 has_told long 2
end_follow long
is "an expression of hundreds of instructions" "$(told long)" 2
mac=$(in_ns c cat /sys/class/net/eth0/address)
follow ether "icmp and ether host $mac"
ping4 10.2.0.2
until_true 5 has_told ether 1
end_follow ether
is "ether host: where the link layer is known" "$(pick ether .iif | sort -u)" in
for name in side long ether mangle reject; do loss_free $name; done
