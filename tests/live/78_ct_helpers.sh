#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Helpers beside this machine's kernel: the same conversations, and each packet
# is the same to both.
. "$(dirname "$0")/lib.sh"
need_root

cd "$DIR" || exit 1
"$TOOLS/ct_talks" . || bad "ct_talks"
for file in *.pcap; do
	kernel=$("$TOOLS/ct_oracle" --helpers-by-port "$file" 2>"$DIR/error") ||
		skip "no conntrack helpers here: $(cat "$DIR/error")"
	engine=$("$SKALD" conntrack replay --states --no-time --helpers-by-port "$file")
	is "${file%.pcap}" "${engine#*$'\t'}" "${kernel#*$'\t'}"
	case $file in
	sip-refused.pcap) ;;
	*) like "${file%.pcap}: something is related" "$engine" R ;;
	esac
done
