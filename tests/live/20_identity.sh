#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Every packet has one story with its own bytes, however often the kernel uses
# a trace id again: 20 TCP connections and 50 pings at low rate, then one UDP
# flow at 20 000 packets/s.
. "$(dirname "$0")/lib.sh"
need_root
need tcpdump
need jq

router
nat_ruleset
in_ns r nft add rule inet fw forward udp dport 7000 accept
serve_tcp s 80

# count_wire NAME FILTER: libpcap counts what comes in by both wires
count_wire()
{
	local dev
	for dev in in out; do
		in_ns r tcpdump -Z root --immediate-mode -B 65536 -Qin -Uni $dev -s 64 -w "$DIR/$1.$dev.pcap" "$2" \
			2>"$DIR/$1.$dev.log" &
		until_true 5 grep -q 'listening on' "$DIR/$1.$dev.log"
	done
}
stop_wire()
{
	pkill -TERM -P $$ tcpdump
	pkill -TERM -f "$DIR/$1" || :
	until_true 10 grep -q 'packets captured' "$DIR/$1.in.log"
	until_true 10 grep -q 'packets captured' "$DIR/$1.out.log"
}
wire_packets()
{
	local dev
	for dev in in out; do
		tcpdump -r "$DIR/$1.$dev.pcap" 2>/dev/null | wc -l
	done | paste -sd+ | { read -r sum; echo $((sum)); }
}

# ---- low rate, many flows ----
in_ns r nft monitor trace >"$DIR/nft.trace" 2>/dev/null &
count_wire low 'tcp or icmp'
follow low -r 0 'tcp or icmp'
in_ns c ping -qi 0.02 -c 50 10.2.0.2 >/dev/null &
PING=$!
for i in $(seq 20); do
	echo "hello $i" | in_ns c ncat -w2 10.1.0.1 8080 >/dev/null
done
wait $PING
# what the router itself sent (RSTs and the like) is not on a wire coming in
forwarded='select(.events[0].hook == "prerouting")'
all_told() { [ "$(pick low "$forwarded | .id" | wc -l)" -eq "$(wire_packets low)" ]; }
until_true 10 all_told
end_follow low
stop_wire low
pkill -P $$ nft
is "a story for each packet on the wires" "$(pick low "$forwarded | .id" | wc -l)" "$(wire_packets low)"
is "each with an id of its own" "$(pick low .id | sort -u | wc -l)" "$(told low)"

# A packet's own bytes: addresses, IPv4 id, sequence numbers.
wire_bytes()
{
	local dev
	for dev in in out; do
		tshark -r "$DIR/$1.$dev.pcap" -T fields -E separator=, -e ip.src -e ip.dst \
			-e ip.id -e tcp.seq_raw -e icmp.seq -e icmp.ident 2>/dev/null
	done | sed -E 's/,([0-9]+),([0-9]+)$/,\1/' | sort
}
is "each with its own bytes" "$(pick low "$forwarded | .packet | [.saddr, .daddr, .id, .seq, .icmp_seq] | @csv" |
	tr -d '"' | while IFS=, read -r s d id seq icmp; do
		printf '%s,%s,0x%04x,%s,%s\n' "$s" "$d" "$id" "$seq" "$icmp"
	done | sort | md5sum)" "$(wire_bytes low | sed -E 's/,$/,/' | cut -d, -f1-5 | sort | md5sum)"
is "all complete" "$(pick low 'select(.complete | not) | .id' | wc -l)" 0

ids=$(grep -o 'trace id [0-9a-f]*' "$DIR/nft.trace" | sort -u | wc -l)
packets=$(told low)
echo "nft monitor trace: $ids ids for $packets packets; skald: $packets ids"
holds "plain trace ids collide in the same run" [ "$ids" -lt "$packets" ]

# ---- one flow, at 20 000 packets a second or as fast as nothing is lost ----
count=40000
mac=$(ip -n "${P}r" -br link show in | awk '{ print $3 }')
fast_run()
{
	count_wire fast 'udp port 7000'
	follow fast -r 0 'udp port 7000'
	in_ns c "$TOOLS/blast" eth0 "$mac" 10.1.0.2 10.2.0.2 7000 "$1" $count
	until_true 20 has_told fast $count
	end_follow fast
	stop_wire fast
	grep -q ' 0 events lost$' "$DIR/fast.err"
}
for rate in 20000 10000 5000 2000; do
	fast_run $rate && break
	echo "at $rate packets/s: $(tail -1 "$DIR/fast.err")"
done
echo "one flow at $rate packets/s: nothing lost"
is "libpcap counted them" "$(wire_packets fast)" $count
is "a story for each of $count packets of one flow" "$(told fast)" $count
is "no two with the same IPv4 id" "$(pick fast .packet.id | sort -u | wc -l)" $count
is "all of them complete" "$(pick fast 'select(.complete | not) | .id' | wc -l)" 0
is "and all of them left" "$(pick fast '.ending.kind' | sort -u)" sent
