# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Helpers of the benches: CPU time of processes, arithmetic, tables.

MET=0
MISSED=0

# quick A B: B with QUICK=1, else A
quick() { if [ -n "$QUICK" ]; then echo "$2"; else echo "$1"; fi; }

# progress WORDS...: one line that the next one replaces
progress() { [ ! -t 2 ] || printf '\r\033[K  %s' "$*" >&2; }

# calc EXPRESSION [DECIMALS]; "-" when there is nothing to divide by
calc() { awk "BEGIN { d = ${2:-0}; printf \"%.*f\", d, $1 }" 2>/dev/null || echo -; }

# median NUMBER...; least NUMBER...
median() { printf '%s\n' "$@" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
least() { printf '%s\n' "$@" | sort -n | head -1; }

# cpu_ns PID: CPU time of all threads so far, the kernel's on their behalf
# included. Threads that have ended are not in it: ask while all live.
cpu_ns() { cat /proc/"$1"/task/*/schedstat | awk '{ s += $1 } END { printf "%d", s }'; }

# heading WORDS...; row WHAT SKALD PEER RATIO BAR IS_MET
# IS_MET: an awk condition, or "" where there is no bar
heading()
{
	progress ""
	[ ! -t 2 ] || printf '\r' >&2
	printf '\n%s\n' "$*"
	printf '  %-44s %12s %12s %8s  %-12s %s\n' '' skald peer ratio bar ''
}
row()
{
	local verdict=
	if [ -n "${6:-}" ]; then
		if awk "BEGIN { exit !($6) }"; then
			verdict=met
			MET=$((MET + 1))
		else
			verdict=missed
			MISSED=$((MISSED + 1))
		fi
	fi
	[ ! -t 2 ] || printf '\r\033[K' >&2
	printf '  %-44s %12s %12s %8s  %-12s %s\n' "$1" "$2" "${3:--}" "${4:--}" "${5:--}" "$verdict"
}
note() { printf '    %s\n' "$*"; }
