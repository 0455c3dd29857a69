# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# CPU time an event, from the kernel's socket to the indexed store.

# round of skald: prints CPU ns a message
collector_round()
{
	local rate=$1 count=$2 cpu traces
	start_daemon || return 1
	arm udp || return 1
	send 1000 100 >/dev/null # routes, names, shapes: once
	until_true 10 is_settled
	traces=$(counter reader.traces)
	cpu=$(cpu_ns "$DAEMON")
	send "$rate" "$count" >/dev/null
	until_true 30 is_settled
	cpu=$(($(cpu_ns "$DAEMON") - cpu))
	traces=$(($(counter reader.traces) - traces))
	COLLECTOR_EACH=$(calc "$traces / $count" 1)
	COLLECTOR_LOST=$(($(counter reader.lost) + $(counter writer.lost)))
	COLLECTOR_NS=$(calc "$cpu / $traces")
	end_daemon
}

# round of the peer: every packet that skald's classifier marks
collector_peer()
{
	local rate=$1 count=$2 cpu traces
	start_daemon || return 1
	arm udp || return 1
	monitor
	send 200 20 >/dev/null
	until_true 10 is_settled
	traces=$(counter reader.traces)
	cpu=$(cpu_ns "$PEER")
	send "$rate" "$count" >/dev/null
	until_true 30 is_settled
	cpu=$(($(cpu_ns "$PEER") - cpu))
	traces=$(($(counter reader.traces) - traces))
	kill "$PEER"
	wait "$PEER" 2>/dev/null
	PEER_NS=$(calc "$cpu / $traces")
	end_daemon
}

# Where it goes: each stage alone, undisturbed
collector_stages()
{
	local messages stage
	messages=$(quick 300000 100000)
	in_ns r "$BENCH/stages" "$DIR/stages.db" "$messages" "$(quick 9 4)" udp >"$DIR/stages" &
	until_true 10 grep -q ready "$DIR/stages" || return 1
	send 20000 $((messages / 8)) >/dev/null
	wait %%
	for stage in receive assemble tell store; do
		row "  $stage" "$(sed -n "s/^$stage //p" "$DIR/stages") ns"
	done
}

section_collector()
{
	local i rounds=() ns
	bench_router
	heading "CPU time an event, kernel to indexed store"
	for i in $(seq "$(quick 5 3)"); do
		progress "round $i of skald"
		collector_round 20000 "$(quick 100000 60000)" || return 1
		[ "$COLLECTOR_LOST" -ne 0 ] || rounds+=("$COLLECTOR_NS")
	done
	progress "nft monitor trace"
	collector_peer 500 "$(quick 1500 600)" || return 1
	ns=$(median "${rounds[@]}")
	row "CPU an event, 20 000 packets/s" "$ns ns" "$PEER_NS ns" \
		"$(calc "$PEER_NS / $ns" 1)x" "<= 1300 ns" "$ns <= 1300"
	row "  least of ${#rounds[@]} rounds" "$(least "${rounds[@]}") ns"
	progress "the stages, one by one"
	collector_stages || return 1
	note "$COLLECTOR_EACH messages a packet; receive is the kernel's own part, recvmmsg(2);"
	note "the stages are the least of several rounds in one thread, undisturbed."
}
