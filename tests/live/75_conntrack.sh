#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The engine's conntrack beside this kernel's: scenarios whose letters are
# known, then conversations that are made up. SEED and TALKS say which.
. "$(dirname "$0")/lib.sh"
need_root
need python3
need tcpdump
SEED=${SEED:-$(date +%s)}
TALKS=${TALKS:-1500}
talks=("$TOP"/tests/scenarios/conntrack/*.talk)
python3 "$TOP/tests/tools/ct_scenario.py" "${talks[0]}" 4 "$DIR/talk.pcap" >/dev/null
"$TOOLS/ct_oracle" "$DIR/talk.pcap" >/dev/null 2>"$DIR/oracle.err"
[ $? -ne 3 ] || skip "$(cat "$DIR/oracle.err")"

letters() { cut -f2; }

for talk in "${talks[@]}"; do
	name=$(basename "$talk" .talk)
	for family in 4 6; do
		wanted=$(python3 "$TOP/tests/tools/ct_scenario.py" "$talk" $family "$DIR/talk.pcap")
		is "$name over IPv$family, the kernel" \
			"$("$TOOLS/ct_oracle" "$DIR/talk.pcap" | letters)" "$wanted"
		is "$name over IPv$family, the engine" \
			"$("$SKALD" conntrack replay --no-time --states "$DIR/talk.pcap" | letters)" "$wanted"
	done
done

B=$B "$TOP/tests/conntrack/compare" --seed "$SEED" --number "$TALKS" >"$DIR/compared" 2>&1
is "engine and kernel agree on $TALKS conversations of seed $SEED" $? 0
tail -3 "$DIR/compared"
[ "$FAILED" -eq 0 ] || head -60 "$DIR/compared"
