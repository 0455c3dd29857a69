#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Packets that go to user space: with nobody there, given back as they were,
# changed, or to the same chain again.
. "$(dirname "$0")/lib.sh"
need_root
need jq
need iptables-nft

ping4() { in_ns c ping -qc1 -W1 "$@" >/dev/null 2>&1; }
clean() { in_ns r nft flush ruleset; }
# queue ARGUMENTS...: a rule that sends echo requests to queue 7
queue() { in_ns r iptables-nft -t mangle -A FORWARD -p icmp --icmp-type echo-request "$@"; }
# with FIELDS: of the events that tell of user space, one story a line
events() { pick "$1" '[.events[] | select(.kind == "queue" or .kind == "reinject") | [.kind, .number, .hook // .verdict, .bypass // empty] | join(" ")] | join(", ") | select(. != "")'; }
# listen ACTION...: who gives the packets of queue 7 back
listen()
{
	ip netns exec "${P}r" "$TOOLS/queue_back" 7 "$@" >"$DIR/queue" &
	LISTENER=$!
	until_true 5 grep -q listening "$DIR/queue"
}
stop_listening()
{
	kill "$LISTENER"
	wait "$LISTENER" 2>/dev/null
}

router
ping4 10.2.0.2 # ARP is done

# ---- nobody is there ----
queue -j NFQUEUE --queue-num 7
follow queue icmp
ping4 10.2.0.2
end_follow queue
is "nobody: it went, and did not come back" "$(events queue)" "queue 7 forward"
like "nobody: the rule is told" "$(pick queue '.events[].text | select(.)')" 'NFQUEUE'
unlike "nobody: nobody claims that it was sent" "$(pick queue .ending.kind)" 'sent|delivered'
clean

queue -j NFQUEUE --queue-num 7 --queue-bypass
follow bypass icmp
ping4 10.2.0.2
until_true 5 has_told bypass 2
end_follow bypass
is "bypass: it goes on without a listener" "$(pick bypass .ending.kind | xargs)" "sent sent"
is "bypass: nobody claims that it was there" "$(events bypass)" "queue 7 forward, reinject 7 accept true"
clean

# ---- it comes back ----
queue -j NFQUEUE --queue-num 7
listen accept
follow accept icmp
holds "accept: the ping is answered" ping4 10.2.0.2
until_true 5 has_told accept 2
end_follow accept
stop_listening
is "accept: there and back" "$(events accept)" "queue 7 forward, reinject 7 accept"
is "accept: one story to the end" "$(pick accept '[.ending.kind, .complete] | @csv' | xargs)" "sent,true sent,true"
# messages that one call reads have one time
is "accept: the way back is not before the way there" \
	"$(pick accept '[.events[] | select(.kind == "queue" or .kind == "reinject") | .t_ns] | select(length == 2) | .[0] <= .[1]')" true

listen ttl 9
follow ttl icmp
holds "ttl: the ping is answered" ping4 10.2.0.2
until_true 5 has_told ttl 2
end_follow ttl
stop_listening
is "ttl: user space is named" \
	"$(pick ttl '.events[] | select(.kind == "mangle" and (.by // "" | test("user"))) | [.field, .old, .new, .by] | @csv')" \
	'"ttl",63,9,"user space (queue 7)"'
is "ttl: the packet that left has it" "$(pick ttl 'select(.packet.saddr == "10.1.0.2") | .final.ttl')" 9
clean

# ---- to the same chain again ----
queue -m mark ! --mark 5 -j NFQUEUE --queue-num 7
listen repeat 5
follow repeat icmp
holds "repeat: the ping is answered" ping4 10.2.0.2
until_true 5 has_told repeat 2
end_follow repeat
stop_listening
is "repeat: there and back" "$(events repeat)" "queue 7 forward, reinject 7 repeat"
is "repeat: the mark came from there" \
	"$(pick repeat '.events[] | select(.kind == "mangle" and .field == "mark") | [.new, .by] | @csv')" '5,"user space (queue 7)"'
is "repeat: the chain is entered twice" \
	"$(pick repeat 'select(.packet.saddr == "10.1.0.2") | [.events[] | select(.kind == "chain" and .table == "mangle")] | length')" 2

for name in bypass accept ttl repeat; do
	is "$name: no story has a gap" "$(pick $name 'select(.complete | not) | .gaps')" ""
done
