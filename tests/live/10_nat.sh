#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# DNAT and masquerade through a router: for SYN, reply and RST what skald tells
# of every field equals what tcpdump saw on the two wires.
. "$(dirname "$0")/lib.sh"
need_root
need tcpdump
need jq

router
nat_ruleset
serve_tcp s 80

# wire_capture NAME SPACE DEV: tcpdump that is listening when this returns
wire_capture()
{
	in_ns "$2" tcpdump -Uni "$3" -w "$DIR/$1.pcap" tcp 2>"$DIR/$1.log" &
	until_true 5 grep -q 'listening on' "$DIR/$1.log"
}
wire_capture in r in
wire_capture out r out
follow nat 'tcp'

echo hello | in_ns c ncat -w2 10.1.0.1 8080 >/dev/null
in_ns c ncat -w1 10.1.0.1 8081 </dev/null 2>/dev/null # closed: RST from r
until_true 5 has_told nat 10
end_follow nat
pkill -P $$ tcpdump
until_true 5 grep -q 'packets captured' "$DIR/in.log"
until_true 5 grep -q 'packets captured' "$DIR/out.log"

# What tshark reads from a wire, as skald's packet{} has it.
wire_fields()
{
	tshark -r "$DIR/$1.pcap" -T fields -E separator=, -e ip.src -e ip.dst \
		-e tcp.srcport -e tcp.dstport -e ip.id -e ip.ttl -e ip.len \
		-e tcp.seq_raw -e tcp.ack_raw -e tcp.flags 2>/dev/null |
		sort -u
}
# first|last packet of a story, in the same columns
story_fields()
{
	pick nat "select($2) | .$1 | \"\\(.saddr),\\(.daddr),\\(.sport),\\(.dport),\\(.id),\\(.ttl),\\(.len),\\(.seq),\\(.ack),\\(.tcp_flags)\"" |
		while IFS=, read -r a b c d id ttl len seq ack flags; do
			printf '%s,%s,%s,%s,0x%04x,%s,%s,%s,%s,0x%04x\n' "$a" "$b" "$c" \
				"$d" "$id" "$ttl" "$len" "$seq" "$ack" "$flags"
		done | sort -u
}

towards='.packet.dport == 8080'
back='.packet.sport == 80'
like "the client's wire saw packets" "$(wire_fields in)" ',8080,'
is "packets towards the server, as they came in" \
	"$(story_fields packet "$towards")" "$(wire_fields in | grep ',8080,0x')"
is "packets towards the server, as they left" \
	"$(story_fields final "$towards")" "$(wire_fields out | grep ',80,0x')"
is "replies, as they came in" \
	"$(story_fields packet "$back")" "$(wire_fields out | grep -E '^10.2.0.2,')"
is "replies, as they left" \
	"$(story_fields final "$back")" "$(wire_fields in | grep -E '^10.1.0.1,10.1.0.2,8080,')"

syn='.packet.flags == "S" and .packet.dport == 8080'
# one line a change: field old new
changes() { pick nat "select($1) | [.events[] | select(.kind == \"mangle\") | \"\\(.field) \\(.old) \\(.new)\"] | join(\";\")" | head -1; }
is "the SYN's changes" "$(changes "$syn" | tr ';' '\n' | sort)" "$(sort <<-'END'
	daddr 10.1.0.1 10.2.0.2
	dport 8080 80
	ttl 64 63
	saddr 10.1.0.2 10.2.0.1
	END
)"
is "the reply's changes" "$(changes '.packet.flags == "S." and .packet.sport == 80' |
	tr ';' '\n' | sort)" "$(sort <<-'END'
	daddr 10.2.0.1 10.1.0.2
	ttl 64 63
	saddr 10.2.0.2 10.1.0.1
	sport 80 8080
	END
)"

like "the SYN's rule" "$(pick nat "select($syn) | .events[] | select(.kind == \"rule\") | .text")" \
	'dnat ip to 10.2.0.2:80 comment "web"'
is "NAT events of the SYN" "$(pick nat "select($syn) | .events[] | select(.kind == \"nat\") | \"\\(.type) \\(.old) > \\(.new)\"" | sed 's/:[0-9]*$/:P/; s/10.1.0.2:[0-9]*/10.1.0.2:P/')" \
	"dnat 10.1.0.1:8080 > 10.2.0.2:P
masquerade 10.1.0.2:P > 10.2.0.1:P"
is "NAT events of the reply" "$(pick nat 'select(.packet.flags == "S." and .packet.sport == 80) | .events[] | select(.kind == "nat") | .type' | sort | xargs)" \
	"reverse_dnat reverse_snat"
is "every story is complete" "$(pick nat 'select(.complete | not) | .id' | wc -l)" 0
is "endings of forwarded packets" "$(pick nat "select($towards) | .ending.kind" | sort -u)" sent
rst='.packet.flags == "R." and .packet.sport == 8081'
like "the router's own RST is told" "$(pick nat "select($rst) | .events[0].hook")" output
is "and it left" "$(pick nat "select($rst) | .oif")" in
