#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Captures of other people, and what a kernel said of each packet: the engine
# says the same but for what docs/conntrack-differences.md explains.
. "$(dirname "$0")/lib.sh"
need python3
MATERIAL=${SKALD_MATERIAL:-$TOP/../shared/material}
[ -d "$MATERIAL/oracle" ] || skip "no captures in $MATERIAL (SKALD_MATERIAL)"

for setting in ck0_strict ck0_liberal ck1_strict; do
	"$TOP/tests/conntrack/agree" --skald "$SKALD" -s $setting "$MATERIAL" >"$DIR/agree" 2>&1
	is "engine and kernel agree, $setting" $? 0
	tail -2 "$DIR/agree"
	[ "$FAILED" -eq 0 ] || head -60 "$DIR/agree"
done
