#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What the kernel did to packets, and what the engine says it would do: a router
# is followed and captured at once, then the capture is replayed in its world.
. "$(dirname "$0")/lib.sh"
need_root
need jq
need tcpdump
router
in_ns r nft -f - <<-EOR
	table inet fw {
		chain pre { type nat hook prerouting priority dstnat;
			tcp dport 8080 dnat ip to 10.2.0.2:80; }
		chain forward { type filter hook forward priority filter; policy drop;
			ct state established,related accept
			icmp type echo-request accept
			tcp dport 80 accept; }
		chain post { type nat hook postrouting priority srcnat;
			oifname "out" masquerade; }
	}
EOR
in_ns r "$SKALD" snapshot -o "$DIR/r.skw" || bad "no snapshot"
ip netns exec "${P}r" tcpdump -U -Q in -i in -w "$DIR/in.pcap" ip >/dev/null 2>&1 &
tcpdump=$!
until_true 5 test -s "$DIR/in.pcap"
in_ns s python3 -c 'import http.server as h
h.HTTPServer(("10.2.0.2", 80), h.BaseHTTPRequestHandler).serve_forever()' 2>/dev/null &
until_true 5 in_ns s python3 -c 'import socket; socket.create_connection(("10.2.0.2", 80))'
in_ns c ping -c2 -i0.2 -W1 10.2.0.2 >/dev/null
in_ns c python3 -c 'import socket
s = socket.create_connection(("10.1.0.1", 8080), 2)
s.send(b"GET / HTTP/1.0\r\n\r\n")
s.recv(100)' 2>/dev/null
in_ns c python3 -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(b"x", ("10.2.0.2", 53))'
until_true 5 sh -c "tcpdump -r $DIR/in.pcap 'udp port 53' 2>/dev/null | grep -q ."
kill $tcpdump
wait $tcpdump

replay() { "$SKALD" replay --world "$DIR/r.skw" "$@"; }
stories=$(replay --json --iif in "$DIR/in.pcap")
is "every frame has a story" "$(wc -l <<<"$stories")" \
	"$(tcpdump -r "$DIR/in.pcap" 2>/dev/null | wc -l)"
is "a SYN to the router goes to the server" \
	"$(jq -rs 'map(select(.packet.flags == "S" and .packet.dport == 8080))[0].final.daddr' <<<"$stories")" 10.2.0.2
is "and leaves with the router's address" \
	"$(jq -rs 'map(select(.packet.flags == "S" and .packet.dport == 8080))[0].final.saddr' <<<"$stories")" 10.2.0.1
is "what the policy drops is dropped" \
	"$(jq -rs 'map(select(.packet.dport == 53))[0].ending | "\(.kind) \(.text)"' <<<"$stories")" "dropped policy drop"
is "with checksums counted, what hardware was to fill in is invalid" \
	"$(replay --json --checksum --iif in "$DIR/in.pcap" | jq -r 'select(.packet.flags == "S" and .packet.dport == 8080) | .events[] | select(.kind == "conntrack") | .state')" invalid
like "the sum counts endings" "$(replay -q --iif in "$DIR/in.pcap")" '1 x  DROPPED in inet fw forward by policy drop'
like "the world needs no privilege" \
	"$(chmod 755 "$DIR"; chmod 644 "$DIR/r.skw" "$DIR/in.pcap"
		setpriv --reuid=65534 --clear-groups "$SKALD" replay --world "$DIR/r.skw" -q --iif in "$DIR/in.pcap" 2>&1)" stories
replay -q -d "$DIR/e.db" --iif in "$DIR/in.pcap" >/dev/null
is "stories are recorded" "$("$SKALD" list -d "$DIR/e.db" --json | wc -l)" "$(wc -l <<<"$stories")"
is "their source is the engine" "$("$SKALD" list -d "$DIR/e.db" --json | jq -r .source | sort -u)" engine
unlike "the way back tells where frames came in" \
	"$(replay --json "$DIR/in.pcap" | jq -r 'select(.packet.saddr == "10.1.0.2") | .iif')" 'null|out'
is "no packet, no story" "$(
	head -c 24 "$DIR/in.pcap" >"$DIR/empty.pcap"
	replay "$DIR/empty.pcap" >/dev/null 2>&1
	echo $?
)" 1
replay --iif nowhere "$DIR/in.pcap" >/dev/null 2>&1
is "an interface that is not there" $? 3
