# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the stress scenarios share: noise, and a collector that adds up. They need
# no tracerd: tests/tools/collect.c talks to the module itself.

COLLECT=$TOOLS/collect
NOISE=()

# noise: packets as fast as they come, and namespaces that come and go. They take
# what time there is, but none from who loads and arms: rounds are what counts.
noise()
{
	serve s udp 6000
	ip netns exec "${P}c" "$TRAFFIC" flood 10.2.0.2 6000 36000 >/dev/null &
	NOISE+=($!)
	ip netns exec "${P}c" "$TRAFFIC" flood 10.2.0.2 6001 36000 >/dev/null &
	NOISE+=($!)
	churn &
	NOISE+=($!)
	renice -n 19 -p "${NOISE[@]}" >/dev/null
}
churn()
{
	trap - EXIT
	while :; do
		ip netns add "${P}z"
		ip -n "${P}r" link add zz type veth peer name eth0 netns "${P}z"
		ip -n "${P}z" link set eth0 up
		ip -n "${P}r" link set zz up
		ip netns del "${P}z"
	done >/dev/null 2>&1
}
quiet_again()
{
	local job
	for job in "${NOISE[@]}"; do
		kill -9 "$job" 2>/dev/null
		wait "$job" 2>/dev/null
	done
	NOISE=()
	ip netns del "${P}z" 2>/dev/null
	return 0
}

load() { insmod "$TOP/skald.ko"; }
unload() { until_true 5 rmmod skald; }

# collect_start ARGUMENTS...: armed when this returns
collect_start()
{
	"$COLLECT" "$@" >"$DIR/collected" 2>"$DIR/collect.err" &
	COLLECTOR=$!
	until_true 20 grep -q collecting "$DIR/collected"
}
# collect_stop NAME: its sums become $DIR/NAME.json, a line each time
collect_stop()
{
	local status
	kill -TERM "$COLLECTOR" 2>/dev/null
	wait "$COLLECTOR"
	status=$?
	grep '^{' "$DIR/collected" >>"$DIR/$1.json"
	[ $status -eq 0 ] || cat "$DIR/collected" "$DIR/collect.err"
	return $status
}

# adds_up NAME: expectations of every collection
adds_up()
{
	is "$1: received and lost is emitted" \
		"$(pick "$1" 'select(.received + .lost != .emitted)')" ""
	is "$1: no number is unaccounted for" \
		"$(pick "$1" 'select(.gaps + .backwards + .missing_batches > 0)')" ""
	holds "$1: there were records" \
		test "$(pick "$1" .received | awk '{ sum += $1 } END { print sum + 0 }')" -gt 0
}

# rounds SPACE ADDRESS: ROUNDS of them beneath the noise, and what is left when it
# is quiet again, with packets from there to that address
rounds()
{
	# One program: starting others is what would take longest in an emulator.
	"$COLLECT" rounds "$ROUNDS" "$TOP/skald.ko" >"$DIR/rounds.out" ||
		cat "$DIR/rounds.out"
	grep '^{' "$DIR/rounds.out" >"$DIR/rounds.json"
	fact WANTED "$ROUNDS"
	quiet_again
	# Nothing is on its way any more: no packet may be left in the table.
	load
	collect_start idle
	in_ns "$1" "$TRAFFIC" send "$2" 6000 100 >/dev/null
	collect_stop last
	holds "it unloads" unload
}
# expectations of it
rounds_passed()
{
	is "rounds" "$(wc -l <"$DIR/rounds.json")" "$WANTED"
	adds_up rounds
	adds_up last
	is "no packet is left" "$(pick last .known)" 0
}
