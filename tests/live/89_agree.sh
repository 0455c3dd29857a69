#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The engine in a world against the kernel in it, the short form of
# tests/agree/run: the scenarios, which the kernel and the engine once told
# otherwise, then packets directed at the rulesets of our own.
#   PACKETS=N for each ruleset (400), SEED=N (7)
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/agree/lib.sh"
need_root
need_tun
need iptables-nft-restore
PACKETS=${PACKETS:-400}
SEED=${SEED:-7}

# agrees FILE SENT...
agrees()
{
	local file=$1 name out
	name=$(basename "$file")
	shift
	meet "$file" "$@"
	case $? in
	1) return ;;
	2)
		bad "$name does not load"
		return
		;;
	esac
	out=$(judge -v)
	like "$name: packets were told" "$out" '[1-9][0-9]* agree'
	like "$name: kernel and engine agree" "$out" ' 0 disagree, 0 without a story, 0 of the kernel alone'
}

for file in "$TOP"/tests/agree/scenarios/*.frames; do
	[ -e "$file" ] || continue
	for rules in "${file%.frames}".nft "${file%.frames}".save; do
		[ -e "$rules" ] && agrees "$rules" -f "$file"
	done
done
for file in "$TOP"/tests/agree/rulesets/*; do
	agrees "$file" @WORLD "$PACKETS" "$SEED"
done
