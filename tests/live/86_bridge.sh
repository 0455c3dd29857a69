#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Frames through a bridge, without br_netfilter and with it: what the kernel
# did, and what the engine says it would do, hook by hook.
#
#   x eth0 10.3.0.1 ---- p1  b (br0 10.3.0.9)  p2 ---- 10.3.0.2 eth0 y
#                            |             \   p3 ---- 10.3.0.3 eth0 z
#                           wan 10.4.0.1 ---- 10.4.0.2 eth0 w
. "$(dirname "$0")/lib.sh"
need_root
need jq
need tcpdump
need iptables-nft
need python3
FOLLOW_IN=b
space x y z w b
n=1
for host in x y z; do
	wire $host eth0 b p$n
	n=$((n + 1))
done
wire w eth0 b wan
ip -n "${P}b" link add br0 type bridge forward_delay 0 mcast_snooping 0
for port in p1 p2 p3; do ip -n "${P}b" link set $port master br0; done
ip -n "${P}b" link set br0 up
n=1
for host in x y z; do
	ip -n "$P$host" addr add 10.3.0.$n/24 dev eth0
	ip -n "$P$host" addr add fd03::$n/64 dev eth0 nodad
	ip -n "$P$host" route add default via 10.3.0.9
	n=$((n + 1))
done
ip -n "${P}b" addr add 10.3.0.9/24 dev br0
ip -n "${P}b" addr add 10.4.0.1/24 dev wan
ip -n "${P}w" addr add 10.4.0.2/24 dev eth0
ip -n "${P}w" route add default via 10.4.0.1
forwarding b
mac_of() { ip -n "$P$1" -j link show dev "$2" | jq -r '.[0].address'; }
ip -n "${P}x" neigh add 10.3.0.100 lladdr "$(mac_of y eth0)" dev eth0
[ -e "/proc/sys/net/bridge" ] || in_ns b test -e /proc/sys/net/bridge ||
	skip "needs br_netfilter"
netfilter()
{
	in_ns b sh -c "cd /proc/sys/net/bridge
		for it in bridge-nf-call-iptables bridge-nf-call-ip6tables; do echo $1 >\$it; done"
}
in_ns b nft -f - <<-'EOR'
	table bridge wall {
		chain pre { type filter hook prerouting priority dstnat
			ether type arp accept
			ip protocol icmp counter; }
		chain late { type filter hook prerouting priority 100
			ip daddr 10.3.0.3 counter; }
		chain forward { type filter hook forward priority filter
			oifname "p3" ip protocol udp udp dport 7 drop
			ip protocol icmp counter accept; }
		chain input { type filter hook input priority filter
			iifname "p1" counter; }
		chain out { type filter hook output priority filter
			oifname "p2" counter; }
		chain post { type filter hook postrouting priority srcnat
			oifname "p2" counter; }
	}
	table ip fw {
		chain pre { type nat hook prerouting priority dstnat
			ip daddr 10.3.0.100 dnat to 10.3.0.3
			ip daddr 10.3.0.2 udp dport 81 dnat to 10.4.0.2
			ip daddr 10.3.0.2 udp dport 82 redirect to 9; }
		chain forward { type filter hook forward priority filter
			ct state new iifname "br0" oifname "br0" counter
			ip daddr 10.3.0.2 udp dport 53 drop
			tcp dport 90 reject with tcp reset
			udp dport 91 reject; }
		chain post { type nat hook postrouting priority srcnat
			oifname "br0" udp dport 83 snat to 10.3.0.9; }
	}
	table ip6 fw {
		chain forward { type filter hook forward priority filter
			iifname "br0" icmpv6 type echo-request counter; }
	}
EOR
in_ns b iptables-nft -A FORWARD -m physdev --physdev-in p1 --physdev-out p2 -p udp --dport 54 -j DROP
in_ns b iptables-nft -A FORWARD -m physdev --physdev-is-bridged -p icmp -j ACCEPT
for to in 10.3.0.2 10.3.0.3 10.3.0.9 10.4.0.2 fd03::2; do
	until_true 5 in_ns x ping -qc1 -W1 $to || bad "no way to $to"
done
for to in 2 3; do in_ns b ping -qc1 -W1 10.3.0.$to >/dev/null; done

udp() { in_ns x python3 -c 'import socket, sys
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", (sys.argv[1], int(sys.argv[2])))' "$1" "$2"; }
probe()
{
	in_ns x ping -qc1 -W1 10.3.0.2
	in_ns x ping -qc1 -W1 10.3.0.9
	in_ns x ping -qc1 -W1 10.4.0.2
	in_ns x ping -qc1 -W1 fd03::2
	in_ns x ping -qc1 -W1 10.3.0.100
	in_ns w ping -qc1 -W1 10.3.0.2
	in_ns w ping -qc1 -W1 10.3.0.3
	in_ns x python3 -c 'import socket
socket.socket().connect_ex(("10.3.0.2", 90))'
	for port in 53 54 81 82 83 91; do udp 10.3.0.2 $port; done
	udp 10.3.0.3 7
} >/dev/null 2>&1

# What a frame met, and how it ended; the kernel does not see deliveries. In the
# kernel, what goes up to the bridge begins another story there.
WAY='def step: if .kind == "chain" then "\(.family) \(.table) \(.chain)"
	elif .kind == "rule" then " \(.handle) \(.verdict)"
	elif .kind == "policy" then " policy \(.verdict)"
	elif .kind == "nat" then " \(.type) \(.new)" else empty end;
	map(select((.iif == "p1" or .iif == "br0" or .iif == "wan" or .oif == "p2" or .oif == "p3") and .packet.dport != 5353
		and (.packet.proto == "udp" or .packet.flags == "S" or .packet.icmp_type == 8 or .packet.icmp_type == 128)))
	| group_by(.packet | [.proto, .saddr, .sport, .icmp_id, .icmp_seq])
	| map(sort_by(if .iif == "br0" then 1 elif .iif then 0 else 2 end) | "\(.[0].packet | "\(.proto) \(.daddr) \(.dport // "-")"): \([.[].events[] | step] | join(","))" +
		" -> \(.[-1].final.daddr) \(if .[-1].ending.kind == "dropped" and .[-1].ending.reason != "NO_SOCKET" then "dropped" else "on" end)")[]'
ways() { jq -rs "$WAY" "$1" | sort; }

# capture NAME WAY DEVICE FILTER: in the background
capture()
{
	ip netns exec "${P}b" tcpdump --immediate-mode -s 2048 -B 4096 -U -Q "$2" -i "$3" \
		-w "$DIR/$1.$3.$2" "$4" >/dev/null 2>&1 &
	dumps+=($!)
	until_true 5 test -s "$DIR/$1.$3.$2"
}
replay() { "$SKALD" replay --json --world "$DIR/$1.skw" --iif "$2" "$DIR/$1.$2.in"; }

# compare NAME: the probes through the kernel and through the engine
compare()
{
	in_ns b conntrack -F >/dev/null 2>&1
	in_ns b "$SKALD" snapshot -o "$DIR/$1.skw" || bad "no snapshot"
	dumps=()
	capture "$1" in p1 'tcp or udp or icmp or icmp6'
	capture "$1" in wan icmp
	capture "$1" out p1 'tcp port 90 or (icmp[0] == 3 and src 10.3.0.9)'
	follow "$1" -d "$DIR/$1.db" 'tcp or udp or icmp or icmp6'
	probe
	until_true 5 sh -c "grep -q '\"dport\":7,' $DIR/$1.json"
	end_follow "$1"
	kill "${dumps[@]}"
	wait "${dumps[@]}" 2>/dev/null
	{ replay "$1" p1; replay "$1" wan; } >"$DIR/$1.engine"
	ways "$DIR/$1.json" >"$DIR/$1.kernel.ways"
	ways "$DIR/$1.engine" >"$DIR/$1.engine.ways"
	is "$1: the kernel told of all" "$(wc -l <"$DIR/$1.kernel.ways")" 15
	is "$1: the engine takes the same ways" \
		"$(diff "$DIR/$1.kernel.ways" "$DIR/$1.engine.ways")" ""
	[ "$1" = plain ] || is "$1: what is sent back is the same" \
		"$(jq -r 'select(.packet.dport == 90 or .packet.dport == 91) | .answers[].final | if .proto == "tcp"
			then "tcp \(.saddr) \(.daddr) \(.sport) \(.dport) \(.flags) \(.ack) \(.len)"
			else "icmp \(.saddr) \(.daddr) \(.icmp_type) \(.icmp_code) \(.len)" end' "$DIR/$1.engine" | sort)" \
		"$(python3 "$TOP/tests/tools/answers.py" read "$DIR/$1.p1.out" | grep -v '^tcp 10.3.0.1' | sort)"
	is "$1: recorded stories agree" "$("$SKALD" verify -d "$DIR/$1.db" --json | jq -c '[.disagree, .stories > 20]')" "[0,true]"
}
netfilter 0
compare plain
netfilter 1
compare brnf
is "a reset leaves by the port, past the rules" \
	"$(jq -r 'select(.packet.dport == 90) | .answers[0] | "\(.oif) \([.events[].kind] | join(" "))"' "$DIR/brnf.engine")" \
	"p1 mark clone conntrack send"
