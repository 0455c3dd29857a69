# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The router that the benches send packets through: 20 rules of everyday life,
# client and server silent. Everything a packet meets runs on the sender's CPU.

PORT=4010 # matches no single rule: it walks to the end of its chain

bench_router()
{
	[ -z "${MAC:-}" ] || return 0
	router
	in_ns s nft -f - <<-'RULES'
		table netdev sink {
			chain in {
				type filter hook ingress device eth0 priority 0; policy drop;
			}
		}
	RULES
	in_ns r nft -f - <<-'RULES'
		table inet fw {
			set bad {
				type ipv4_addr
				elements = { 10.1.0.66, 10.1.0.67 }
			}
			chain pre {
				type nat hook prerouting priority dstnat
				ip daddr 10.9.0.1 tcp dport 8080 dnat ip to 10.2.0.2:80
				ip daddr 10.9.0.1 tcp dport 8443 dnat ip to 10.2.0.2:443
			}
			chain forward {
				type filter hook forward priority filter; policy drop
				ct state invalid drop
				ip saddr @bad drop
				ip protocol icmp accept
				tcp dport 22 accept
				tcp dport { 80, 443 } accept
				tcp dport 25 drop
				udp dport 53 accept
				udp dport 123 accept
				udp dport 4000-4100 jump services
				accept
			}
			chain services {
				udp dport 4001 drop
				udp dport 4002 drop
				udp dport 4003 drop
				udp dport 4004 drop
				ct state established,related accept
				ct state new accept
			}
			chain post {
				type nat hook postrouting priority srcnat
				oifname "ppp0" masquerade
				ip saddr 10.77.0.0/24 masquerade
			}
		}
	RULES
	MAC=$(in_ns r cat /sys/class/net/in/address)
	ip -n "${P}r" neigh add 10.2.0.2 dev out nud permanent \
		lladdr "$(in_ns s cat /sys/class/net/eth0/address)"
}

# send RATE COUNT [FLOWS]: prints what blast prints
send() { in_ns c "$TOOLS/blast" eth0 "$MAC" 10.1.0.2 10.2.0.2 $PORT "$1" "$2" "${3:-64}"; }

# start_daemon [OPTION...]: tracerd in r; its pid is in DAEMON
start_daemon()
{
	rm -f "$DIR/bench.db"*
	ip netns exec "${P}r" "$B/tracerd/tracerd" -d "$DIR/bench.db" "$@" \
		</dev/null >"$DIR/tracerd.log" 2>&1 &
	DAEMON=$!
	until_true 10 test -S "$SKALD_SOCKET" || {
		cat "$DIR/tracerd.log" >&2
		return 1
	}
}
end_daemon()
{
	kill -TERM "$DAEMON" 2>/dev/null
	wait "$DAEMON" 2>/dev/null
	rm -f "$SKALD_SOCKET"
}
# arm EXPRESSION: its id is in CLASSIFIER
arm()
{
	CLASSIFIER=$(in_ns r "$SKALD" debug add -r 0 --iif in "$1" | cut -d' ' -f2)
	[ -n "$CLASSIFIER" ]
}
status() { in_ns r "$SKALD" status --json >"$DIR/status"; }
counter() { jq -r ".daemon.$1" "$DIR/status"; }

# No packet waits for a processor, and no message in r for a reader.
# shellcheck disable=SC2016 # fields of awk
is_delivered()
{
	awk '$12 !~ /^0*$/ { exit 1 }' /proc/net/softnet_stat &&
		in_ns r awk '$2 == 12 && $5 != 0 { exit 1 }' /proc/net/netlink
}
# ... and every story has ended and is written
is_settled()
{
	is_delivered && status && [ "$(counter reader.open)" = 0 ] && [ "$(counter queue.bytes)" = 0 ]
}
# listens PID: it is subscribed to something of netfilter's
# shellcheck disable=SC2016 # fields of awk
listens()
{
	in_ns r awk -v pid="$1" '$2 == 12 && $3 == pid && $4 !~ /^0*$/ { found = 1 }
		END { exit !found }' /proc/net/netlink
}
# monitor: nft monitor trace in r, into $DIR/nft.out; its pid is in PEER
monitor()
{
	ip netns exec "${P}r" nft monitor trace >"$DIR/nft.out" 2>&1 &
	PEER=$!
	until_true 5 listens "$PEER"
}
