# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What a guest's console and report say about it.

# Lines of the kernel that are never right, whoever caused them.
SPLAT='BUG:|WARNING:|KASAN|UBSAN|KCSAN|Oops|suspicious RCU|possible (circular|recursive|irq|deadlock|unsafe)|INFO: (task|rcu|trying)|unregister_netdevice: waiting|refcount_t:|general protection|Kernel panic|kernel BUG|stack segment|double fault|soft lockup|hard LOCKUP|ODEBUG:|list_(add|del) corruption|sleeping function|scheduling while atomic|detected stall'
# What a distribution's kernel says of any module that it did not build: an
# out-of-tree one (4096), and not signed (8192).
TAINT_ALLOWED=$((4096 | 8192))

# splats CONSOLE: those lines, but for what is known not to be one
splats()
{
	tr -d '\r' <"$1" | grep -aE "$SPLAT" |
		grep -avE 'not a bug|CPU bug present|skald: (begin|end)|Spectre|mitigation'
}

# report_marks REPORT WORD: the rest of the lines "@@ WORD ..."
report_marks() { sed -n "s/^@@ $2 //p" "$1"; }

# emulator_at_fault CONSOLE: a breakpoint that is not in memory any more was
# executed, or a call through nothing with interrupts off: translations that
# outlived the code they were made of, see docs/kernel-tests.md.
emulator_at_fault()
{
	local code before
	grep -aq 'Oops: int3' "$1" || return 1
	code=$(tr -d '\r' <"$1" | sed -nE '/Oops: int3/,$ s/.*Code: (.*)/\1/p' | head -1)
	before=$(sed -nE 's/.* ([0-9a-f]{2}) <.*/\1/p' <<<"$code")
	[ -n "$before" ] && [ "$before" != cc ]
}

# judge CONSOLE REPORT: prints FAIL lines for everything but the checks of the
# scenarios, which speak for themselves; sets JUDGED to how many
judge()
{
	local console=$1 report=$2 line name taint before
	JUDGED=0
	convict() { echo "FAIL $*"; JUDGED=$((JUDGED + 1)); }
	if ! grep -q '^@@ boot' "$report"; then
		convict "$KERNEL: the guest did not get to its first process"
		tail -5 "$console"
		return
	fi
	while read -r line; do convict "$KERNEL: $line"; done < <(sed -n 's/^@@ broken: //p' "$report")
	if ! grep -qE '^@@ (done|broken)' "$report"; then
		convict "$KERNEL: the guest stopped in $(report_marks "$report" begin | tail -1 | cut -d' ' -f1)"
	fi
	while read -r line; do
		convict "$KERNEL: the kernel says: $line"
	done < <(splats "$console" | head -20)
	before=$(report_marks "$report" 'taint boot')
	while read -r name taint; do
		[ $((taint & ~TAINT_ALLOWED & ~${before:-0})) -eq 0 ] ||
			convict "$KERNEL: $name tainted the kernel: ${before:-0} > $taint"
	done < <(report_marks "$report" taint)
	line=$(report_marks "$report" refcount)
	[ "${line:-0}" = 0 ] || convict "$KERNEL: skald.ko is still held $line times"
	! grep -q '^@@ stuck' "$report" || convict "$KERNEL: skald.ko cannot be unloaded"
	while read -r line; do convict "$KERNEL: kmemleak: $line"; done < <(report_marks "$report" leak)
}

# expectations DIRECTORY: runs expect() of each scenario that was acted, on the
# files that came out of the guest
expectations()
{
	local name status
	mkdir -p "$1/files"
	tar -xif "$1/files.tar" -C "$1/files" 2>/dev/null
	while read -r name status _; do
		[ "$status" -ne 77 ] && [ -d "$1/files/$name" ] || continue
		PHASE=expect STORIES=$1/files/$name timeout 120 bash "$HERE/$name.sh"
	done < <(report_marks "$1/report" end) >"$1/expectations" 2>&1
}

# tally DIRECTORY: sets PASSED, FAILED and SKIPPED from what the scenarios said
tally()
{
	local line status name p f s
	PASSED=0 FAILED=0 SKIPPED=0
	while read -r line; do
		read -r p f s < <(sed -E 's/.*: ([0-9]+) passed, ([0-9]+) failed(, ([0-9]+) skipped)?$/\1 \2 \4/' <<<"$line")
		PASSED=$((PASSED + p)) FAILED=$((FAILED + f)) SKIPPED=$((SKIPPED + ${s:-0}))
	done < <(cat "$1/report" "$1/expectations" 2>/dev/null |
		grep -E '^[0-9a-z_]+: [0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$')
	while read -r name status _; do
		case $status in
		77) SKIPPED=$((SKIPPED + 1)) ;;
		124 | 137 | 143) FAILED=$((FAILED + 1)); echo "FAIL $name: took too long" ;;
		*) cat "$1/report" "$1/expectations" | grep -qE "^$name: [0-9]+ passed" ||
			{ FAILED=$((FAILED + 1)); echo "FAIL $name: status $status"; } ;;
		esac
	done < <(report_marks "$1/report" end)
}
