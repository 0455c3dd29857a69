# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Bytes and CPU time an event in the store. The peer is plain SQLite with a row
# for each event, given the same stories.

# fill KIND EVENTS: the file is $DIR/KIND.db; its counters are in FILLED
fill()
{
	[ -f "$DIR/$1.filled" ] && [ "$(cat "$DIR/$1.asked")" = "$2" ] || {
		"$BENCH/fill" "$1" "$DIR/$1.db" "$2" >"$DIR/$1.filled" 2>"$DIR/fill.err" || {
			cat "$DIR/fill.err" >&2
			return 1
		}
		echo "$2" >"$DIR/$1.asked"
	}
	FILLED=$(cat "$DIR/$1.filled")
}
filled() { sed -n "s/.*$1 \([0-9]*\).*/\1/p" <<<"$FILLED"; }

section_store()
{
	local bytes cpu peer_bytes peer_cpu
	heading "The store, $(quick 10 2) million events"
	progress "filling the peer"
	fill rows "$(quick 2000000 1000000)" || return 1
	peer_bytes=$(calc "$(filled bytes) / $(filled events)" 1)
	peer_cpu=$(calc "$(filled cpu_ns) / $(filled events)")
	progress "filling skald's"
	fill skald "$(quick 10000000 2000000)" || return 1
	bytes=$(calc "$(filled bytes) / $(filled events)" 1)
	cpu=$(calc "$(filled cpu_ns) / $(filled events)")
	row "bytes an event, indexed" "$bytes" "$peer_bytes" \
		"$(calc "$peer_bytes / $bytes" 1)x" "<= 14" "$bytes <= 14"
	row "CPU an event, made, packed and stored" "$cpu ns" "$peer_cpu ns" \
		"$(calc "$peer_cpu / $cpu" 1)x"
	note "$(filled stories) stories of $(calc "$(filled events) / $(filled stories)" 1) events; peer: a row for each event"
}
