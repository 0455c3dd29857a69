# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the kernel module costs, counted in instructions of an emulated machine:
# no other load disturbs that, and a difference is a difference of the code.
# The peer is the throw-away prototype that came first (+53 % armed).

PROTOTYPE_ARMED=53
HOOKS=6 # a packet's way in tests/kernel/icount.sh

# of_costs KERNEL WHAT: the least, as everything else is somebody's deferred work
of_costs()
{
	jq -r "select(.what == \"$2\") | .instructions" \
		"$DIR/$1/icount/costs.json" 2>/dev/null | sort -n | head -1
}
of_sums() { jq -r "$3" "$DIR/$1/icount/$2.json" 2>/dev/null | tail -1; }
percent() { calc "($1 - $2) * 100 / $2" 1; }

# cost_row KERNEL WHAT WORDS [BAR]
cost_row()
{
	local base cost more
	base=$(of_costs "$1" unloaded)
	cost=$(of_costs "$1" "$2")
	[ -n "$cost" ] || return
	more=$(percent "$cost" "$base")
	row "$1: $3" "$cost" "$base" "$more %" "${4:+<= $4 %}" "${4:+$more <= $4}"
}

kernel_costs()
{
	local base armed marked records feature
	[ -n "$(of_costs "$1" unloaded)" ] || {
		note "$1: nothing was measured"
		return
	}
	row "$1: not loaded" "$(of_costs "$1" unloaded)"
	[ -n "$(of_costs "$1" idle)" ] || {
		note "$1: there is no skald.ko"
		return
	}
	cost_row "$1" idle "loaded, nobody collects" 0.1
	cost_row "$1" armed "armed, not marked" "$(calc "$PROTOTYPE_ARMED / 2" 1)"
	cost_row "$1" marked "every packet marked"
	cost_row "$1" "unloaded again" "unloaded again" 0.1
	base=$(of_costs "$1" unloaded)
	armed=$(of_costs "$1" armed)
	marked=$(of_costs "$1" marked)
	records=$(of_sums "$1" marked '.emitted / .marked')
	note "$1: armed, a hook: $(calc "($armed - $base) / $HOOKS"); marked, a record: $(calc \
		"($marked - $armed) / $records") with its way to the collector, $(calc "$records" 1) records a packet"
	cost_row "$1" written "every packet marked, nobody reads"
	for feature in nft route neigh; do
		feature_costs "$1" "$feature"
	done
}

# feature_costs KERNEL NAME: what writing its records costs a packet, and each
feature_costs()
{
	local written left records
	written=$(of_costs "$1" written)
	left=$(of_costs "$1" "without $2")
	[ -n "$left" ] || return
	records=$(calc "$(of_sums "$1" written '.emitted / .marked') - $(of_sums "$1" \
		"without_$2" '.emitted / .marked')" 1)
	note "$1: of which $2: $((written - left)) a packet, $(calc \
		"($written - $left) / $records") a record, $records of them"
}

section_kmod()
{
	local kernel log=$DIR/kmod.log
	heading "Instructions a packet through three namespaces (peer: not loaded)"
	progress "two kernels, emulated"
	PACKETS=$(quick 4000 1000) REPEATS=$(quick 9 5) ICOUNT=shift=0,sleep=off QUIET=600 \
		"$TOP/tests/kernel/run" --smp 1 --files "$DIR" icount >"$log" 2>&1
	for kernel in 6.1 6.12; do
		kernel_costs "$kernel"
	done
	grep -E 'skipped:|^FAIL' "$log"
	return 0
}
