#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Helpers beside this machine's kernel: the same conversations, and each packet
# is the same to both; under NAT the same bytes come out of it.
. "$(dirname "$0")/lib.sh"
need_root
need jq

cd "$DIR" || exit 1
"$TOOLS/ct_talks" . || bad "ct_talks"
# ports that are still expected at the end
kernel_left()
{
	"$TOOLS/ct_oracle" --helpers-by-port --expects "$1" | sed -n 's/.* dport=\([0-9]*\).*/\1/p' | sort -n
}
engine_left()
{
	"$SKALD" conntrack replay --json --no-time --helpers-by-port "$1" |
		jq '.expectations[].tuple | .dport // .dst_key' | sort -n
}

for file in *.pcap; do
	is "${file%.pcap}: what is left to expect" "$(engine_left "$file")" "$(kernel_left "$file")"
	kernel=$("$TOOLS/ct_oracle" --helpers-by-port "$file" 2>"$DIR/error") ||
		skip "no conntrack helpers here: $(cat "$DIR/error")"
	engine=$("$SKALD" conntrack replay --states --no-time --helpers-by-port "$file")
	is "${file%.pcap}" "${engine#*$'\t'}" "${kernel#*$'\t'}"
	unlike "${file%.pcap}: no rule, no helper" \
		"$("$TOOLS/ct_oracle" "$file")$("$SKALD" conntrack replay --states --no-time "$file")" R
	case $file in
	sip-refused.pcap) ;;
	*) like "${file%.pcap}: something is related" "$engine" R ;;
	esac
done

# nat RULES OPTION...: the conversations as they are when NAT is between
nat()
{
	local rules=$1 file
	shift
	rm -f "$DIR"/*.pcap
	"$TOOLS/ct_talks" "$@" . || bad "ct_talks $*"
	for file in *.pcap; do
		"$TOOLS/ct_nat_oracle" --helpers-by-port --only "$rules" "$file" >"$DIR/compared" 2>&1
		is "${file%.pcap}, NAT: $rules" $? 0
		like "${file%.pcap}, NAT: packets were compared" "$(tail -1 "$DIR/compared")" \
			' [1-9][0-9]* packets, '
		grep -q ' 0 differ' "$DIR/compared" || head -20 "$DIR/compared"
	done
}
nat "one address" --translated 192.0.2.7
nat masquerade --translated 192.0.2.254
nat public --public 198.51.100.20

# "ct helper NAME" looks at whose connection it belongs to and assigns nothing;
# "ct helper set" does.
space r
in_ns r "$SKALD" snapshot -o world.skw
rm -f "$DIR"/*.pcap
"$TOOLS/ct_talks" . || bad "ct_talks"
# states RULE...: of the packets that the server sends to the client's ports
states()
{
	printf '%s\n' 'table ip t {' 'ct helper h { type "ftp" protocol tcp; }' 'chain c {' \
		'type filter hook prerouting priority filter' "$@" '}' '}' >rules.nft
	"$SKALD" replay --world world.skw --rules rules.nft --json ftp-active.pcap 2>"$DIR/error" |
		jq -r 'select(.packet.sport == 20) | .events[] |
			select(.kind == "conntrack").state, select(.kind == "rule").text' | tr '\n' ' '
}
is "ct helper: a match assigns nothing" "$(states 'ct helper "ftp" accept')" 'new new new '
is "ct helper set assigns, and the match sees it" \
	"$(states 'tcp dport 21 ct helper set "h"' 'ct helper "ftp" accept')" \
	'related ct helper "ftp" accept related ct helper "ftp" accept new '
