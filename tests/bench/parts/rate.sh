# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Packets a second that are recorded without loss; and at any load delivered and
# reported lost are what was emitted.

# What blast says it did: "sent N in S s"
sent_rate() { awk '{ printf "%d", $2 / $4 }' <<<"$1"; }

# Return: 0 nothing was lost at RATE; the rate that was reached is in REACHED
skald_holds()
{
	local rate=$1 seconds=$2 before lost said
	status
	before=$(counter writer.stories)
	lost=$(($(counter reader.lost) + $(counter writer.lost) + $(counter reader.shed_events)))
	said=$(send "$rate" $((rate * seconds)))
	until_true 60 is_settled
	REACHED=$(sent_rate "$said")
	[ $(($(counter writer.stories) - before)) -eq $((rate * seconds)) ] &&
		[ $(($(counter reader.lost) + $(counter writer.lost) + $(counter reader.shed_events))) -eq "$lost" ]
}

# The same for nft monitor trace: every packet has the same number of lines.
# A lost message leaves no trace in its output.
nft_holds()
{
	local rate=$1 seconds=$2 said lines count
	count=$((rate * seconds))
	monitor
	said=$(send "$rate" "$count")
	until_true 20 nft_is_quiet
	kill "$PEER"
	wait "$PEER" 2>/dev/null
	[ -n "$said" ] || return 1
	REACHED=$(sent_rate "$said")
	lines=$(grep -c '^trace id' "$DIR/nft.out")
	[ -n "${NFT_LINES:-}" ] || NFT_LINES=$((lines / count))
	[ "$lines" -eq $((NFT_LINES * count)) ]
}
nft_is_quiet()
{
	[ -s "$DIR/nft.out" ] && is_delivered && grep -q '^State:.S' "/proc/$PEER/status"
}

# highest COMMAND SECONDS RATE...: the rate reached in the best step that lost
# nothing, trying each twice; WHY says what stood in the way
highest()
{
	local command=$1 seconds=$2 rate
	shift 2
	HIGHEST=0
	WHY="no faster rate was tried"
	for rate; do
		progress "$command: $rate packets/s"
		"$command" "$rate" "$seconds" || "$command" "$rate" "$seconds" || {
			WHY="lost something at $REACHED"
			break
		}
		[ "$REACHED" -le "$HIGHEST" ] || HIGHEST=$REACHED
		[ "$REACHED" -ge $((rate * 8 / 10)) ] || {
			WHY="the sender could send no faster"
			break
		}
	done
}

# Unpaced flood, with an independent counter beside.
flood_adds_up()
{
	local count=$1
	in_ns r "$TOOLS/trace_count" 256 >"$DIR/oracle" &
	until_true 5 grep -q counting "$DIR/oracle"
	status
	TOLD=$(($(counter reader.traces) + $(counter reader.lost)))
	SHED=$(counter writer.lost)
	STORIES=$(counter writer.messages)
	FLOOD=$(sent_rate "$(send 0 "$count")")
	until_true 60 is_settled
	pkill -TERM -P $! trace_count
	wait %% 2>/dev/null
	EMITTED=$(sed -n 's/^emitted \([0-9]*\) .*/\1/p' "$DIR/oracle")
	TOLD=$(($(counter reader.traces) + $(counter reader.lost) - TOLD))
	STORED=$(($(counter writer.messages) - STORIES))
	LOST=$(($(counter writer.lost) - SHED))
}

section_rate()
{
	local seconds=3 mine theirs why mine_why
	bench_router
	heading "Traced packets a second, every packet marked"
	start_daemon || return 1
	arm udp || return 1
	send 500 64 >/dev/null # the flows are known from here on
	until_true 10 is_settled
	NFT_LINES=
	nft_holds 100 1 || :
	# shellcheck disable=SC2046 # lists of numbers
	highest nft_holds "$seconds" $(quick "500 1000 1500 2000 2500 3000 4000" "1000 2000 3000")
	theirs=$HIGHEST
	why=$WHY
	# shellcheck disable=SC2046
	highest skald_holds "$seconds" $(quick "10000 15000 20000 30000 40000 50000 70000 100000" "20000 40000 80000")
	mine=$HIGHEST
	mine_why=$WHY
	row "recorded without loss" "$mine pkt/s" "$theirs pkt/s" \
		"$(calc "$mine / $theirs" 1)x" ">= 50000" "$mine >= 50000"
	progress "a flood"
	flood_adds_up "$(quick 200000 60000)"
	row "flood, as fast as it can be sent" "$FLOOD pkt/s"
	row "  events the kernel emitted" "$EMITTED"
	row "  recorded in stories" "$STORED"
	row "  reported lost" "$LOST"
	row "  recorded + lost - emitted" "$((STORED + LOST - EMITTED))" "" "" "0" \
		"$STORED + $LOST == $EMITTED"
	end_daemon
	note "skald: $mine_why; peer: $why"
	note "The sender runs the whole path on its CPU; each event costs it half a microsecond"
	note "and more: what the kernel can emit is the ceiling (docs/bench.md)."
}
