# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# How long it takes to find something.

us() { calc "$1 / 1000" "${2:-1}"; }

# answer KIND QUESTION: median nanoseconds
answer() { sed -n "s/^$2 //p" "$DIR/$1.answers"; }

# first_screen STORE: milliseconds from exec to the last character of the
# browser's first screen, all loading done
first_screen()
{
	local before rounds=()
	printf ':save %s\nq\n' "$DIR/first.screen" >"$DIR/first.keys"
	for _ in $(seq "$(quick 9 5)"); do
		before=$(date +%s%N)
		"$SKALD" browse -d "$1" --script "$DIR/first.keys" >/dev/null || return 1
		rounds+=($((($(date +%s%N) - before) / 1000)))
	done
	[ -s "$DIR/first.screen" ] || return 1
	calc "$(median "${rounds[@]}") / 1000" 1
}

section_query()
{
	local screen
	heading "Finding something, $(quick 10 2) million events"
	progress "filling stores"
	fill rows "$(quick 2000000 1000000)" || return 1
	fill skald "$(quick 10000000 2000000)" || return 1
	progress "asking"
	"$BENCH/query" skald "$DIR/skald.db" >"$DIR/skald.answers" || return 1
	"$BENCH/query" rows "$DIR/rows.db" >"$DIR/rows.answers" || return 1
	screen=$(first_screen "$DIR/skald.db") || return 1
	for question in "open:open a story" "drops:newest 100 drops"; do
		local mine theirs
		mine=$(us "$(answer skald "${question%%:*}")")
		theirs=$(us "$(answer rows "${question%%:*}")")
		row "${question#*:}" "$mine us" "$theirs us" "$(calc "$theirs / $mine" 1)x" \
			"<= 100 us" "$mine <= 100"
	done
	row "newest 100 from one address" "$(us "$(answer skald flow)") us" \
		"$(us "$(answer rows flow)") us"
	row "browser: first screen" "$screen ms" "" "" "<= 100 ms" "$screen <= 100"
	note "skald's answers are stories with all their texts; the peer's are rows of numbers"
	note "from a store of a $(quick fifth half) of the size. All files are in the page cache."
}
