#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What a router sends back to whom it refuses, by its routes, by forwarding, by
# rules and where nobody listens: the kernel's answers, and the engine's to the same packets.
. "$(dirname "$0")/lib.sh"
need_root
need jq
need tcpdump
need iptables-nft
need python3
need sqlite3
router
ip -n "${P}r" link set out mtu 1400
for way in unreachable prohibit blackhole; do
	ip -n "${P}r" route add $way 10.7.${#way}.0/24
	ip -n "${P}r" -6 route add $way "fd07:${#way}::/64"
done
# Each is answered, whenever it comes.
in_ns r sh -c 'echo 0 >/proc/sys/net/ipv4/icmp_ratelimit
	echo 0 >/proc/sys/net/ipv6/icmp/ratelimit'
in_ns r nft -f - <<-'EOR'
	table inet fw {
		chain in { type filter hook input priority filter;
			tcp dport 30 reject with tcp reset
			udp dport 31 reject; }
		chain forward { type filter hook forward priority filter;
			ct state established,related accept
			tcp dport 20 reject with tcp reset
			tcp dport 21 reject
			udp dport 22 reject with icmpx admin-prohibited
			udp dport 23 reject with icmp host-unreachable
			udp dport 24 reject with icmpv6 no-route; }
	}
	table netdev dev {
		chain ingress { type filter hook ingress device "in" priority 0;
			tcp dport 50 reject with tcp reset
			udp dport 51 reject; }
	}
	table ip raw {
		chain pre { type filter hook prerouting priority raw;
			udp dport 25 reject with icmp net-prohibited; }
	}
EOR
in_ns r iptables-nft -A FORWARD -p tcp --dport 26 -j REJECT --reject-with tcp-reset
in_ns r iptables-nft -A FORWARD -p udp --dport 27 -j REJECT --reject-with icmp-proto-unreachable
in_ns r iptables-nft -A FORWARD -p udp --dport 28 -j REJECT
in_ns r ip6tables-nft -A FORWARD -p tcp --dport 26 -j REJECT --reject-with tcp-reset
in_ns r ip6tables-nft -A FORWARD -p udp --dport 28 -j REJECT --reject-with icmp6-adm-prohibited
cat >"$DIR/probes" <<-'EOP'
	udp 10.9.0.1 1000
	udp 10.7.11.1 1000
	udp 10.7.8.1 1000
	udp 10.7.9.1 1000
	udp 10.2.0.2 1000 ttl 1
	udp 10.2.0.2 1000 1450
	udp fd09::1 1000
	udp fd07:11::1 1000
	udp fd07:8::1 1000
	udp fd07:9::1 1000
	udp 2001:db8:2::2 1000 ttl 1
	udp 2001:db8:2::2 1000 1450
	tcp 10.2.0.2 20
	tcp 10.2.0.2 21
	udp 10.2.0.2 22
	udp 10.2.0.2 23
	udp 10.2.0.2 25
	tcp 10.2.0.2 26
	udp 10.2.0.2 27
	udp 10.2.0.2 28
	tcp 10.1.0.1 30
	udp 10.1.0.1 31
	tcp 2001:db8:2::2 20
	tcp 2001:db8:2::2 21
	udp 2001:db8:2::2 22
	udp 2001:db8:2::2 24
	tcp 2001:db8:2::2 26
	udp 2001:db8:2::2 28
	tcp 2001:db8:1::1 30
	udp 2001:db8:1::1 31
	tcp 10.1.0.1 40
	udp 10.1.0.1 41
	tcp 10.1.0.1 42
	udp 10.1.0.1 43
	tcp 2001:db8:1::1 40
	udp 2001:db8:1::1 41
	tcp 2001:db8:1::1 42
	udp 2001:db8:1::1 43
	tcp 10.2.0.1 44
	udp 10.2.0.1 45
	tcp 10.2.0.2 50
	udp 10.2.0.2 51 1000
	tcp 2001:db8:2::2 50
	udp 2001:db8:2::2 51 1000
EOP
# 42 and 43 of both families have a socket, 44 and 45 of IPv4 elsewhere.
ip netns exec "${P}r" python3 -c 'import signal, socket
tcp = socket.create_server(("::", 42), family=socket.AF_INET6, dualstack_ipv6=True)
udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
udp.bind(("::", 43))
bound = socket.create_server(("10.1.0.1", 44))
other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
other.bind(("10.1.0.1", 45))
signal.pause()' &
until_true 5 listening r 44
in_ns c ping -qc1 -W2 10.2.0.2 >/dev/null
in_ns c ping -qc1 -W2 2001:db8:2::2 >/dev/null
in_ns r "$SKALD" snapshot -o "$DIR/r.skw" || bad "no snapshot"
dumps=()
for way in in out; do
	ip netns exec "${P}r" tcpdump --immediate-mode -s 2048 -B 4096 -U -Q $way -i in \
		-w "$DIR/$way.pcap" 'tcp or udp or icmp or icmp6' >/dev/null 2>&1 &
	dumps+=($!)
	until_true 5 test -s "$DIR/$way.pcap"
done
in_ns c python3 "$TOP/tests/tools/answers.py" probe "$DIR/probes" || bad "not all was sent"
answers() { python3 "$TOP/tests/tools/answers.py" read "$DIR/out.pcap"; }
# Two blackholes are silent, and four sockets.
frames() { tcpdump -r "$DIR/in.pcap" 2>/dev/null | wc -l; }
has_all() { [ "$(answers | wc -l)" -ge 38 ] && [ "$(frames)" -ge 44 ]; }
until_true 5 has_all
kill "${dumps[@]}"
wait "${dumps[@]}" 2>/dev/null
answers | sort >"$DIR/kernel"
replay() { "$SKALD" replay --world "$DIR/r.skw" --iif in "$@" "$DIR/in.pcap"; }
replay --json >"$DIR/stories"
jq -r '.answers[].final | if .proto == "tcp"
	then "tcp \(.saddr) \(.daddr) \(.sport) \(.dport) \(.flags) \(.ack) \(.len)"
	else "\(.proto) \(.saddr) \(.daddr) \(.icmp_type) \(.icmp_code) \(.len)"
	end' "$DIR/stories" | sort >"$DIR/engine"
is "the kernel answers all but six" "$(wc -l <"$DIR/kernel")" 38
is "the engine sends the same" "$(diff "$DIR/kernel" "$DIR/engine")" ""
is "answers are no lines of their own" "$(wc -l <"$DIR/stories")" \
	"$(frames)"
is "each names the story that it answers" \
	"$(jq -r '. as $s | .answers[] | .journey[0] | select(.kind != "clone" or .story != $s.id)' "$DIR/stories")" ""
is "all of them leave" \
	"$(jq -r '.answers[] | "\(.ending.kind) \(.oif)"' "$DIR/stories" | sort -u)" "sent in"
is "in text they are below what they answer" "$(replay | grep -c '^  answer: ')" 38
like "the sum names them" "$(replay -q)" ', 38 of them of answers'
replay -q -d "$DIR/e.db" >/dev/null
is "recorded, each still names its story" \
	"$("$SKALD" list -d "$DIR/e.db" --json | jq -s '(map({(.id | tostring): .}) | add) as $all
		| [.[] | select(.journey[0].kind == "clone") | $all[.journey[0].story | tostring].ending.kind] | group_by(.)
		| map("\(.[0]) \(length)") | join(" ")' -r)" "dropped 38"
"$SKALD" export -d "$DIR/e.db" --format pcapng -o "$DIR/e.pcapng" >/dev/null
packets() { python3 -c 'import struct, sys
data, at, n = open(sys.argv[1], "rb").read(), 0, 0
while at < len(data):
    kind, length = struct.unpack_from("<II", data, at)
    at, n = at + length, n + (kind == 6)
print(n)' "$1"; }
holds "and is exported with the others" \
	test "$(packets "$DIR/e.pcapng")" -ge "$("$SKALD" list -d "$DIR/e.db" --json -n 1000 | wc -l)"
ask=$("$SKALD" ask --world "$DIR/r.skw" --iif in --json "tcp 10.1.0.2:1000 > 10.2.0.2:20 seq 7")
is "asked, the exit status is the packet's" $? 1
is "and its answer is in the one line" \
	"$(jq -r '"\(.ending.kind) \(.answers[0].packet | "\(.flags) \(.ack)")"' <<<"$ask")" "dropped R. 8"
to_socket() { "$SKALD" ask --world "$DIR/r.skw" --iif in --json "$1" | jq -r '"\(.ending.kind) \(.ending.reason) \(.complete) \(.answers | length)"'; }
is "who listens gets it" "$(to_socket "tcp 10.1.0.2:1000 > 10.1.0.1:42")" "delivered to a socket true 0"
is "where nobody listens it is dropped, and answered" \
	"$(to_socket "udp 10.1.0.2:1000 > 10.1.0.1:46")" "dropped NO_SOCKET true 1"
is "a reset is not answered" "$(to_socket "tcp 10.1.0.2:1000 > 10.1.0.1:46 flags R")" "dropped NO_SOCKET true 0"
sqlite3 "$DIR/r.skw" "DELETE FROM section WHERE name LIKE '%_sockets'"
is "a world without sockets does not know" \
	"$(to_socket "udp 10.1.0.2:1000 > 10.1.0.1:46")" "delivered to the local stack false 0"
