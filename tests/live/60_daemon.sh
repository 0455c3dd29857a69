#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A tracerd that runs for long: classifiers that stay, followers side by side,
# limits, hostile peers, ends by signals of every kind, and a second daemon.
. "$(dirname "$0")/lib.sh"
need_root
need jq
need socat
need sqlite3
need setpriv

TRACERD=$B/tracerd/tracerd
DB=$DIR/daemon.db
chmod 711 "$DIR" # others may reach the socket

router
nat_ruleset
in_ns r nft insert rule inet fw forward udp dport 5000-5999 accept

# daemon NAME: start one; its messages go to $DIR/NAME.log
daemon()
{
	ip netns exec "${P}r" "$TRACERD" --socket "$SKALD_SOCKET" --db "$DB" \
		>"$DIR/$1.log" 2>&1 </dev/null &
	DAEMON=$!
	until_true 10 answers || {
		bad "tracerd did not start"
		cat "$DIR/$1.log"
	}
}
skald() { in_ns r "$SKALD" "$@"; }
answers() { [ "$(skald status --json -d "$DB" | jq .daemon.pid)" = "$DAEMON" ]; }
status() { skald status --json -d "$DB" | jq -r "$1"; }
tables() { in_ns r nft list tables | grep -c skald; }
no_tables() { [ "$(tables)" -eq 0 ]; }
classifiers() { skald debug list --json | jq -r "$1"; }
stories() { "$SKALD" list -d "$DB" --json 2>/dev/null | jq -r "select($1) | .id"; }
has_stories() { [ "$(stories "$1" | wc -l)" -ge "$2" ]; }
check() { sqlite3 -readonly "$DB" 'PRAGMA integrity_check' 2>&1; }
# udp PORT COUNT [RATE]
MAC=$(in_ns r cat /sys/class/net/in/address)
udp()
{
	in_ns c "$TOOLS/blast" eth0 "$MAC" 10.1.0.2 10.2.0.2 "$1" "${3:-2000}" "$2" >/dev/null
}

daemon first

# ---- the debug table ----
is "a daemon without classifiers has no tables" "$(tables)" 0
skald debug list >/dev/null
is "an empty debug table is nothing found" $? 1
id=$(skald debug add 'udp port 5000' | cut -d' ' -f2)
like "a classifier gets a number" "$id" '^[0-9]+$'
holds "its tables are there" test "$(tables)" -gt 0
is "it is listed" "$(classifiers '[.expression, .rate, .temporary] | @csv')" \
	'"udp port 5000",1000,false'
udp 5000 20
until_true 5 has_stories '.packet.dport == 5000' 20
is "it records" "$(stories '.packet.dport == 5000' | wc -l)" 20
is "what it saw and marked is counted" "$(classifiers '[.seen, .marked, .stories] | @csv')" 20,20,20
output=$(skald debug add 'udp port' 2>&1)
is "a bad expression is a usage error" $? 2
like "with a caret" "$output" '\^'
skald debug delete 4711 2>"$DIR/stderr"
is "no such classifier" $? 1
like "is said" "$(cat "$DIR/stderr")" 'no classifier 4711'
skald debug delete "$id"
is "delete ends well" $? 0
is "nothing is listed then" "$(classifiers .id)" ""
until_true 5 no_tables
is "and its tables are gone" "$(tables)" 0

# ---- status ----
is "status tells pid and store" "$(status '[.daemon.pid, .daemon.db] | @csv')" "$DAEMON,\"$DB\""
is "status counts stories" "$(status '[.daemon.writer.stories, .store.stories] | @csv')" 20,20
is "nothing was lost" "$(status '[.daemon.writer.lost, .daemon.reader.lost] | @csv')" 0,0

# ---- two followers ----
follow one 'udp port 5001'
ONE=$FOLLOW
follow two 'udp port 5001 or udp port 5002'
TWO=$FOLLOW
is "both are clients of the daemon" "$(status .daemon.clients)" 3
udp 5001 30
udp 5002 30
until_true 5 has_told one 30
until_true 5 has_told two 60
is "the first gets its own" "$(pick one .packet.dport | sort | uniq -c | xargs)" "30 5001"
is "the second gets both" "$(pick two .packet.dport | sort | uniq -c | xargs)" "30 5001 30 5002"
is "a packet of both is one story" "$(comm -12 <(pick one .id | sort) <(pick two .id | sort) | wc -l)" 30
kill -TERM "$ONE"
wait "$ONE"
is "a follower that ends" $? 0
like "says what came" "$(cat "$DIR/one.err")" '^skald: 30 stories, 0 incomplete, 0 events lost'
udp 5002 5
until_true 5 has_told two 65
is "does not end the other" "$(told two)" 65
kill -9 "$TWO"
wait "$TWO" 2>/dev/null
until_true 5 no_tables
is "the classifier of a killed follower goes" "$(tables)" 0

# ---- limits ----
listed_no_more() { [ -z "$(classifiers "select(.expression == \"$1\") | .id")" ]; }
skald debug add --first 7 'udp port 5010' >/dev/null
udp 5010 50 100
until_true 5 listed_no_more 'udp port 5010'
is "--first takes so many and no more" "$(stories '.packet.dport == 5010' | wc -l)" 7
like "and says why it went" "$(cat "$DIR/first.log")" 'taken away: it has its number of stories'
skald debug add --ttl 1 'udp port 5011' >/dev/null
udp 5011 3
until_true 5 listed_no_more 'udp port 5011'
udp 5011 3
is "--ttl ends it" "$(stories '.packet.dport == 5011' | wc -l)" 3
like "and says so" "$(cat "$DIR/first.log")" 'taken away: its time is over'
skald debug add -r 10 'udp port 5012' >/dev/null
udp 5012 200 0
until_true 5 has_stories '.packet.dport == 5012' 1
counts=$(classifiers '[.seen, .marked] | @csv')
is "all were seen" "${counts%,*}" 200
holds "the rate limit held" test "${counts#*,}" -lt 60
marked_are_told() { [ "$(stories '.packet.dport == 5012' | wc -l)" -eq "${counts#*,}" ]; }
holds "what was marked is told" until_true 5 marked_are_told
skald debug delete "$(classifiers .id)"
skald debug add --sample 10 -r 0 'udp port 5013' >/dev/null
udp 5013 4000
counts=$(classifiers '[.seen, .marked] | @csv')
is "sampling sees all" "${counts%,*}" 4000
holds "and marks one in ten, about" test "${counts#*,}" -gt 250 -a "${counts#*,}" -lt 600
sampled_are_told() { [ "$(stories '.packet.dport == 5013' | wc -l)" -eq "${counts#*,}" ]; }
holds "those are told" until_true 5 sampled_are_told
skald debug delete "$(classifiers .id)"

# ---- a follower that does not read ----
mkfifo "$DIR/fifo"
ip netns exec "${P}r" "$SKALD" follow --json -r 0 'udp port 5020' \
	>"$DIR/fifo" 2>"$DIR/stopped.err" &
STOPPED=$!
exec 7<"$DIR/fifo" # nobody reads from it
until_true 10 grep -q '^following ' "$DIR/stopped.err"
follow reading -r 0 'udp port 5020'
udp 5020 20000 10000
until_true 60 has_told reading 20000
is "the others get all that is recorded" \
	"$(($(told reading) + $(status .daemon.reader.shed_stories)))" 20000
end_follow reading
is "the stopped one is still there" "$(kill -0 $STOPPED && echo yes)" yes
kill -9 $STOPPED
wait $STOPPED 2>/dev/null
exec 7<&-

# ---- hostile peers ----
tell() { timeout 10 socat -t5 - UNIX-CONNECT:"$SKALD_SOCKET" 2>/dev/null; }
refused()
{
	local answer
	answer=$(tell)
	like "$1: refused" "$answer" '^\{"ok":false,"error":"[^"]'
	is "$1: one answer, then the end" "$(wc -l <<<"$answer")" 1
}
deep() { printf '[%.0s' $(seq 5000); }
head -c 10000 /dev/urandom | refused "10000 random bytes"
head -c 10000 /dev/zero | refused "10000 NULs"
{ head -c 10000 /dev/urandom | tr '\n' x; echo; } | refused "a line of random bytes"
{ head -c 10000 /dev/zero | tr '\0' a; echo; } | refused "a line of letters"
head -c 2000000 /dev/zero | tr '\0' ' ' | refused "a line that is too long"
printf '{"cmd":"sta' | refused "half a line"
{ deep; echo; } | refused "JSON that is deep"
{ printf '{"cmd":'; deep; printf '}\n'; } | refused "a deep member"
printf '{"cmd":"status","cmd":"list"}\n' | refused "a key twice"
printf '"status"\n' | refused "no object"
for request in '{}' '{"cmd":7}' '{"cmd":"explode"}' '{"cmd":"delete"}' \
	'{"cmd":"delete","id":-1}' '{"cmd":"delete","id":1e99}' '{"cmd":"follow","id":99999999999}' \
	'{"cmd":"add","expression":7}' '{"cmd":"add","rate":-5}' '{"cmd":"add","iif":"a\u0000b"}' \
	'{"cmd":"add","hook":"nowhere"}' '{"cmd":"add","netns":"../../etc/passwd"}' \
	'{"cmd":"add","netns":"no-such"}' '{"cmd":"add","follow":"loudly"}' \
	'{"cmd":"add","iif":"a name longer than an interface can have"}'; do
	like "$request is refused" "$(echo "$request" | tell)" '^\{"ok":false,"error":"[^"]'
done
is "lines before a bad one are answered" \
	"$(printf '{"cmd":"status"}\nnonsense\n{"cmd":"status"}\n' | tell | jq -c .ok | xargs)" "true false"
for _ in $(seq 200); do
	head -c 10000 /dev/urandom | timeout 5 socat -u - UNIX-CONNECT:"$SKALD_SOCKET" 2>/dev/null
done
holds "the daemon goes on" answers
is "and nothing is armed" "$(classifiers .id)" ""

# ---- somebody else ----
cp "$SKALD" "$DIR/skald"
nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
is "others may ask for the status" "$(echo '{"cmd":"status"}' | nobody socat -t5 - UNIX-CONNECT:"$SKALD_SOCKET" | jq -c '[.ok, .classifiers]')" "[true,null]"
for request in '{"cmd":"list"}' '{"cmd":"add"}' '{"cmd":"delete","id":1}' '{"cmd":"follow","id":1}'; do
	is "others may not $request" \
		"$(echo "$request" | nobody socat -t5 - UNIX-CONNECT:"$SKALD_SOCKET" | jq -c '[.ok, .code]')" "[false,3]"
done
nobody "$DIR/skald" debug add icmp >"$DIR/stdout" 2>"$DIR/stderr"
is "skald of somebody else cannot" $? 3
like "and says who may" "$(cat "$DIR/stderr")" 'only root'

# ---- a second daemon ----
ip netns exec "${P}r" timeout 10 "$TRACERD" --socket "$SKALD_SOCKET" --db "$DIR/other.db" \
	>"$DIR/second.log" 2>&1
is "a second daemon is refused" $? 3
like "with words" "$(cat "$DIR/second.log")" "another tracerd serves $SKALD_SOCKET"
ip netns exec "${P}r" timeout 10 "$TRACERD" --socket "$DIR/other.sock" --db "$DB" \
	>"$DIR/second.log" 2>&1
is "and one that would write the same store" $? 3
like "with words too" "$(cat "$DIR/second.log")" "$DB"
holds "the first goes on" answers

# ---- flush ruleset ----
skald debug add 'udp port 5030' >/dev/null
udp 5030 5
in_ns r nft flush ruleset
udp 5030 5
until_true 5 has_stories '.packet.dport == 5030' 10
is "it survives flush ruleset" "$(stories '.packet.dport == 5030' | wc -l)" 10
is "tables that are ours stay" "$(in_ns r nft list tables | grep -vc skald)" 0

# ---- killed while it records ----
skald debug add -r 0 'udp port 5040' >/dev/null
udp 5040 40000 4000 &
until_true 10 has_stories '.packet.dport == 5040' 3000
before=$(status .daemon.writer.stories)
kill -9 "$DAEMON"
wait "$DAEMON" 2>/dev/null
is "its tables go at once" "$(tables)" 0
kept=$(stories true | wc -l)
newest=$(stories true | sort -n | tail -1)
is "the store is whole" "$(check)" ok
holds "every committed story is there" test "$kept" -ge "$before"
"$SKALD" show -d "$DB" "$newest" >/dev/null
is "and the newest can be read" $? 0
skald debug list >/dev/null 2>"$DIR/stderr"
is "without a daemon there is no debug table" $? 3
like "says how to have one" "$(cat "$DIR/stderr")" 'tracerd'
kill %% 2>/dev/null
wait %% 2>/dev/null
daemon again
skald debug add 'udp port 5050' >/dev/null
udp 5050 10
until_true 5 has_stories '.packet.dport == 5050' 10
is "started again it goes on" "$(stories '.packet.dport == 5050' | wc -l)" 10
holds "with higher numbers" test "$(stories '.packet.dport == 5050' | sort -n | head -1)" -gt "$newest"
is "and nothing of before is lost" "$(stories '.packet.dport != 5050' | wc -l)" "$kept"

# ---- SIGTERM ----
skald debug add -r 0 'udp port 5060' >/dev/null
udp 5060 3000 10000
kill -TERM "$DAEMON"
wait "$DAEMON"
is "SIGTERM ends it well" $? 0
is "the journal of the store is closed" "$(ls "$DB"-wal 2>/dev/null)" ""
is "all that came is committed" "$(stories '.packet.dport == 5060' | wc -l)" 3000
is "no story of it has a gap" "$(stories '.packet.dport == 5060 and (.complete | not)' | wc -l)" 0
is "the tables are gone" "$(tables)" 0
holds "the socket too" test ! -e "$SKALD_SOCKET"

# ---- a private one ----
follow private -d "$DIR/private.db" 'udp port 5070'
udp 5070 10
until_true 5 has_told private 10
child=$(pgrep -P "$FOLLOW")
is "a private tracerd is a child" "$(cat "/proc/$child/comm")" tracerd
kill -9 "$FOLLOW"
wait "$FOLLOW" 2>/dev/null
gone() { [ ! -d "/proc/$child" ]; }
holds "it ends with its skald" until_true 5 gone
is "and leaves no tables" "$(tables)" 0
is "its store is whole" "$("$SKALD" list -d "$DIR/private.db" --json | wc -l)" 10

# ---- its temporary store ----
export TMPDIR=$DIR/tmp
mkdir -p "$TMPDIR/skald-others" "$TMPDIR/skald-abcdef"
folders() { find "$TMPDIR" -mindepth 1 -maxdepth 1 -name 'skald-*' -printf '%f\n' | sort | xargs; }
follow one 'udp port 5071'
one=$FOLLOW
kept=$(folders | tr ' ' '\n' | grep -Ev 'others|abcdef')
holds "a store of its own is in the temporary folder" test -f "$TMPDIR/$kept/skald.db"
follow two 'udp port 5072'
is "who lives keeps its store" "$(folders | wc -w)" 4
kill -9 "$(pgrep -P "$FOLLOW")"
wait "$FOLLOW" 2>/dev/null
is "who is killed leaves it" "$(folders | wc -w)" 4
follow three 'udp port 5073'
is "the next one removes it" "$(folders | wc -w)" 4
holds "and not that of the living" test -f "$TMPDIR/$kept/skald.db"
end_follow three
FOLLOW=$one
end_follow one
is "who ends well leaves nothing, and others' folders stay" "$(folders)" "skald-abcdef skald-others"
unset TMPDIR
