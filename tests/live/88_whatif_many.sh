#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Stories of many shapes under three hundred rules and under others: which flip,
# from what to what, is what a replay under the others says.
#   STORIES=N (4000), SEED=N
. "$(dirname "$0")/lib.sh"
need_root
STORIES=${STORIES:-4000}
SEED=${SEED:-$$}
echo "# seed $SEED"
router
in_ns r "$SKALD" snapshot -o "$DIR/r.skw" || bad "no snapshot"
python3 "$TOP/tests/tools/many_shapes.py" "$SEED" "$STORIES" "$DIR"
replay() { "$SKALD" replay --world "$DIR/r.skw" --rules "$DIR/$1.nft" --iif in "${@:2}" "$DIR/many.pcap"; }
# What is sent back is a story of its own in a store.
replay old -q -d "$DIR/old.db" >/dev/null
"$SKALD" list -d "$DIR/old.db" --json -w 'iif == "in"' | sort -t: -k2 -n >"$DIR/old.json"
replay new --json >"$DIR/new.json"
is "every frame has a story" "$(wc -l <"$DIR/old.json") $(wc -l <"$DIR/new.json")" "$STORIES $STORIES"
TIMEFORMAT='%U + %S s of CPU'
echo "# whatif: $({ time "$SKALD" whatif -d "$DIR/old.db" -w 'iif == "in"' --world "$DIR/r.skw" \
	--rules "$DIR/new.nft" --json >"$DIR/told.json"; } 2>&1)"
out=$(python3 "$TOP/tests/tools/whatif_check.py" "$DIR/old.json" "$DIR/new.json" "$DIR/told.json")
is "whatif says what happens" $? 0
echo "# $out"
# what is not JSON groups alike
is "as text, the same sum" \
	"$("$SKALD" whatif -d "$DIR/old.db" -w 'iif == "in"' --world "$DIR/r.skw" --rules "$DIR/new.nft" | sed -nE 's/.*: ([0-9]+) flip, .*/\1/p')" \
	"$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["flips"])' "$DIR/told.json")"
