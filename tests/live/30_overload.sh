#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# More than can be recorded: every packet of an unpaced flood is marked while
# the writer is slow, then while the socket is small. What is delivered and what
# is reported lost add up to what an independent oracle counted, and no story
# that says COMPLETE misses an event.
. "$(dirname "$0")/lib.sh"
need_root
need jq

TRACERD=$B/tracerd/tracerd
PACKETS=${PACKETS:-40000}

router
in_ns r nft -f - <<-'RULES'
	table inet fw {
		chain pre {
			type filter hook prerouting priority mangle
			udp dport 7000 counter
		}
		chain forward {
			type filter hook forward priority filter; policy drop
			ct state established accept
			udp dport 7000 jump known
		}
		chain known {
			ip ttl set 50
			accept
		}
		chain post {
			type filter hook postrouting priority filter
		}
	}
RULES
MAC=$(in_ns r cat /sys/class/net/in/address)
flood() { in_ns c "$TOOLS/blast" eth0 "$MAC" 10.1.0.2 10.2.0.2 7000 "$@"; }

oracle()
{
	ip netns exec "${P}r" "$TOOLS/trace_count" 256 >"$DIR/$1.oracle" &
	ORACLE=$!
	until_true 5 grep -q counting "$DIR/$1.oracle"
}
end_oracle()
{
	kill -TERM $ORACLE
	wait $ORACLE
	EMITTED=$(sed -n 's/^emitted \([0-9]*\) .*/\1/p' "$DIR/$1.oracle")
	CHANGES=$(sed -n 's/.* changes \([0-9]*\)$/\1/p' "$DIR/$1.oracle")
}
# A path without what belongs to one packet.
paths() { jq -c 'select(.complete) | [.ending.kind, (.events[] | del(.t_ns, .id))]' | sort | uniq -c; }

# ---- calm: what one packet's story is ----
# The first packet of a flow is special: it waits for its ARP answer, and its
# connection is not confirmed yet. It stays the only one.
in_ns r sysctl -qw net.netfilter.nf_conntrack_udp_timeout=3600
flood 100 2 >/dev/null
oracle calm
follow calm -d "$DIR/calm.db" -r 0 'udp port 7000'
flood 100 20 >/dev/null
until_true 5 has_told calm 20
end_follow calm
end_oracle calm
is "calm: every packet is told" "$(told calm)" 20
calm=$(paths <"$DIR/calm.json" | sed 's/^ *//')
is "calm: all took one path" "$(wc -l <<<"$calm"),${calm%% *}" 1,20
EACH=$((EMITTED / 20))
is "calm: so many messages a packet" $((EACH * 20)) "$EMITTED"
calm=${calm#* }

# A rule here changes packets: soon every witness stands. Until then changes of
# the ruleset are under way on the socket whose losses are counted.
placed() { in_ns r nft list chain ip skald fwd_last && in_ns r nft list chain ip6 skald fwd_last; }

# All that was emitted was read or is known as lost: what the end of following
# changes in the ruleset is not lost among it.
caught_up()
{
	in_ns r "$SKALD" status --json -d "$DB" |
		jq -e ".daemon.reader | .traces + .lost >= $1" >/dev/null
}

# overload NAME DELAY OPTION...: a flood through a daemon of its own
overload()
{
	local name=$1 delay=$2 id
	shift 2
	DB=$DIR/$name.db
	SKALD_TEST_WRITER_DELAY_US=$delay ip netns exec "${P}r" "$TRACERD" \
		--db "$DB" "$@" >"$DIR/$name.log" 2>&1 </dev/null &
	DAEMON=$!
	until_true 10 test -S "$SKALD_SOCKET"
	oracle "$name"
	id=$(in_ns r "$SKALD" debug add -r 0 'udp port 7000' | cut -d' ' -f2)
	holds "$name: every witness stands" until_true 10 placed
	flood 0 "$PACKETS" >/dev/null
	until_true 30 caught_up $((PACKETS * EACH))
	# Ends when every story of it is committed.
	in_ns r "$SKALD" debug delete "$id"
	end_oracle "$name"
	in_ns r "$SKALD" status --json -d "$DB" >"$DIR/$name.status"
	kill -TERM $DAEMON
	wait $DAEMON
	"$SKALD" list -d "$DB" --json >"$DIR/$name.list"
}
count() { jq -r "$2" "$DIR/$1.status"; }
check()
{
	local name=$1 stories incomplete lost stored sum
	stories=$(wc -l <"$DIR/$name.list")
	incomplete=$(jq -c 'select(.complete | not)' "$DIR/$name.list" | wc -l)
	lost=$(count "$name" .store.lost)
	stored=$(count "$name" .daemon.writer.messages)
	echo "$name: $PACKETS packets, $EMITTED messages, $stories stories, $incomplete with a gap," \
		"$lost lost, $(count "$name" .daemon.reader.shed_stories) stories shed"
	holds "$name: something was lost" test "$lost" -gt 0
	holds "$name: something was told" test "$stories" -gt 0
	# The socket hears of changes of the ruleset, too, and may lose those.
	sum=$((stored + lost + $(count "$name" .daemon.reader.foreign)))
	holds "$name: delivered + lost = emitted, $sum = $EMITTED, and $CHANGES changes at most" \
		test $sum -ge "$EMITTED" -a $sum -le $((EMITTED + CHANGES))
	is "$name: the daemon and the store agree" \
		"$(count "$name" '[.daemon.writer.lost, .daemon.writer.stories] | @csv')" "$lost,$stories"
	"$SKALD" export -d "$DIR/$name.db" --format json -w 'complete == true' -o "$DIR/$name.json"
	is "$name: every complete story has every event" \
		"$(paths <"$DIR/$name.json" | sed 's/^ *//')" "$((stories - incomplete)) $calm"
	is "$name: complete stories are packets, each once" \
		"$(jq -r .packet.id "$DIR/$name.json" | sort | uniq -d | wc -l)" 0
}

# ---- a slow writer: whole stories are shed ----
overload slow 200 --queue 1M
check slow
holds "slow: whole stories were shed" test "$(count slow .daemon.reader.shed_stories)" -gt 0
like "slow: the log says so" "$(cat "$DIR/slow.log")" 'events lost: writer too slow'
# Where the socket never overran, that is the sum without our own counters.
if [ "$(count slow .daemon.reader.overruns)" -eq 0 ]; then
	is "slow: stories have all messages of their packets" \
		$(($(wc -l <"$DIR/slow.list") * EACH + $(count slow .store.lost))) "$EMITTED"
fi

# ---- a small socket: messages are lost anywhere ----
overload small 0 --buffer 128K
check small
holds "small: the socket overran" test "$(count small .daemon.reader.overruns)" -gt 0
holds "small: stories that may miss something say so" \
	test "$(jq -c 'select(.complete | not)' "$DIR/small.list" | wc -l)" -gt 0
is "small: and each names its gap" \
	"$("$SKALD" export -d "$DIR/small.db" --format json -w 'complete == false' -o - | jq -c 'select(.gaps == [])' | wc -l)" 0
like "small: the log says so" "$(cat "$DIR/small.log")" 'events lost: netlink socket'

# ---- both ----
overload both 100 --queue 512K --buffer 256K
check both

# ---- what a follower is told ----
oracle told
SKALD_TEST_WRITER_DELAY_US=200 follow told -d "$DIR/told.db" -r 0 'udp port 7000'
flood 0 "$PACKETS" >/dev/null
end_follow told
end_oracle told
summary=$(grep '^skald: [0-9]* stories' "$DIR/told.err")
is "follow: the summary counts the stories" \
	"$(grep -oP '^skald: \K[0-9]+' <<<"$summary")" "$(told told)"
is "follow: and the loss that the store has" \
	"$(grep -oP '[0-9]+(?= events lost)' <<<"$summary")" \
	"$("$SKALD" status --json -d "$DIR/told.db" | jq .store.lost)"
