#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What the module is asked for: limits of classifiers, what it leaves alone, and
# what it refuses, whom, and with which words.
#
#   c ---- r ---- s: udp from c, classified where c sends it
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/stress.sh"

sends() { in_ns c "$TRAFFIC" send 10.2.0.2 "$1" "$2" >/dev/null; }
none_listed() { "$COLLECT" stats | grep -q '"listed":0'; }

# limited NAME LIMIT...: a hundred packets under these limits
limited()
{
	local name=$1
	shift
	holds "$name" collect_start points 2 "$@"
	fact "BEGAN_$name" "$SECONDS"
	sends 6000 100
	fact "ENDED_$name" "$SECONDS"
	collect_stop "$name"
}

# A monitor of netlink shows our own messages as frames: those are not to be
# marked, or each batch of records would make another.
seen_by_monitor()
{
	"$COLLECT" stats >/dev/null
	[ "$(cat /sys/class/net/mon0/statistics/rx_packets)" -gt 20 ]
}
monitored()
{
	modprobe nlmon 2>/dev/null && ip link add mon0 type nlmon && ip link set mon0 up ||
		return
	fact MONITOR 1
	holds "beside a monitor of netlink" collect_start all points 4 oif mon0
	holds "it sees our messages" until_true 20 seen_by_monitor
	collect_stop monitor
	ip link del mon0
}

act()
{
	local who
	need_kmod
	router
	warm c 10.2.0.2
	limited all
	limited first first 5
	limited sample sample 10
	limited rate rate 1 burst 3
	holds "for a while" collect_start points 2 ttl 1
	holds "past its time it is gone" until_true 20 none_listed
	sends 6000 100
	collect_stop ttl
	monitored
	for who in machine user container; do
		"$TOOLS/refuse" ${who#machine} >"$DIR/$who"
	done
}

# says WHO NAME ERRNO [TEXT]
says() { is "$1: $2" "$(grep "^$2 " "$DIR/$1" | head -1 | xargs)" "$(xargs <<<"$2 $3 ${4:-}")"; }

limits()
{
	local marked
	is "without limits all are marked" "$(pick all .marked)" 100
	is "the first five, and no more" "$(pick first .marked)" 5
	is "one of ten" "$(pick sample .marked)" 10
	marked=$(pick rate .marked)
	# A second more than measured: it is measured in whole ones.
	holds "a burst of three, then one a second: $marked" test "$marked" -ge 3
	holds "no more than that: $marked" \
		test "$marked" -le $((3 + ENDED_rate - BEGAN_rate + 2))
	is "past its time it marks nothing" "$(pick ttl .marked)" 0
	is "until then it is in the table" "$(pick all .listed)" 1
	[ -z "${MONITOR:-}" ] ||
		is "our own messages are not marked" "$(pick monitor .marked)" 0
	adds_up all
}

classifiers()
{
	says machine add-no-program EINVAL "a classifier needs a program"
	says machine add-unsound EINVAL "not a sound program of classic BPF"
	says machine add-no-netns ENOENT "no such network namespace"
	says machine add-points EINVAL "reserved bit set"
	says machine add-no-burst ERANGE "integer out of range"
	says machine add-no-sample ERANGE "integer out of range"
	says machine add-long-name EINVAL "Attribute failed policy validation"
	says machine add-unknown EINVAL "Unknown attribute type"
	says machine del-which EINVAL "which classifier?"
	says machine del-none ENOENT "there is no such classifier"
	says machine add-64 OK
	says machine add-65 ENOSPC "the debug table is full"
	says machine flush OK
}

collections()
{
	local range="not a power of two in the allowed range"
	says machine start-ring-odd ERANGE "$range"
	says machine start-ring-small ERANGE "$range"
	says machine start-packets-many ERANGE "$range"
	says machine start-essential EINVAL "an essential feature cannot be left out"
	says machine start-unknown EINVAL "reserved bit set"
	says machine stop-none ENOENT "this socket does not collect"
	says machine start OK
	says machine start-second EBUSY "another socket collects already"
	says machine stop-other ENOENT "this socket does not collect"
	says machine stop OK
}

# Whoever owns a namespace may classify what is in it; records are for root of
# the machine.
strangers()
{
	local who here
	for who in user container; do
		here=EPERM
		[ "$who" = user ] || here=OK
		says $who info OK
		is "$who: start" "$(grep -c '^start EPERM records show packets of every namespace' "$DIR/$who")" 1
		is "$who: add-here" "$(grep -o '^add-here [A-Z]*' "$DIR/$who")" "add-here $here"
		is "$who: add-theirs" "$(grep -c '^add-theirs EPERM CAP_NET_ADMIN is needed' "$DIR/$who")" 1
		is "$who: add-everywhere" "$(grep -c '^add-everywhere EPERM CAP_NET_ADMIN is needed' "$DIR/$who")" 1
		says $who list "$here"
		says $who stats "$here"
	done
}

expect()
{
	limits
	classifiers
	collections
	strangers
}
perform
