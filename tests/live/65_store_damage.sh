#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The store when things go wrong: a full disk pauses recording, counts what is
# missing, and recording goes on when there is room; what is no store, or a
# damaged one, is refused with words and not touched; readers read while the
# writer writes.
if [ -z "${SKALD_TEST_MOUNTS:-}" ]; then
	# What is mounted here ends with the test, however that ends.
	SKALD_TEST_MOUNTS=1 exec unshare -m bash "$0" "$@"
fi
. "$(dirname "$0")/lib.sh"
need_root
need jq
need sqlite3
need setpriv

TRACERD=$B/tracerd/tracerd
chmod 711 "$DIR"
router
nat_ruleset
in_ns r nft insert rule inet fw forward udp dport 5000-5999 accept
MAC=$(in_ns r cat /sys/class/net/in/address)
# udp PORT COUNT [RATE [FLOWS]]
udp()
{
	in_ns c "$TOOLS/blast" eth0 "$MAC" 10.1.0.2 10.2.0.2 "$1" "${3:-2000}" "$2" "${4:-1}" >/dev/null
}
status() { in_ns r "$SKALD" status --json -d "$DB" | jq -r "$1"; }
stories() { "$SKALD" list -d "$DB" --json 2>/dev/null | wc -l; }

# ---- a full disk ----
mkdir "$DIR/small"
mount -t tmpfs -o size=3m none "$DIR/small" || skip "cannot mount"
DB=$DIR/small/full.db
ip netns exec "${P}r" "$TRACERD" --db "$DB" >"$DIR/full.log" 2>&1 </dev/null &
DAEMON=$!
until_true 10 test -S "$SKALD_SOCKET"
ip netns exec "${P}r" "$TOOLS/trace_count" 64 >"$DIR/oracle" &
ORACLE=$!
until_true 5 grep -q counting "$DIR/oracle"
follow full -r 0 'udp port 5000'
udp 5000 50
until_true 5 has_told full 50
is "with room it records" "$(stories)" 50
dd if=/dev/zero of="$DIR/small/ballast" bs=4k 2>/dev/null # until nothing fits
paused() { [ "$(status .daemon.writer.paused)" = true ]; }
fill() { udp 5000 500 0 499; paused; }
holds "a full disk pauses recording" until_true 20 fill
like "the log says why" "$(cat "$DIR/full.log")" "recording paused: .*$DB.*(full|space)"
until_true 5 grep -q paused "$DIR/full.err"
like "the follower hears it" "$(cat "$DIR/full.err")" 'skald: recording paused: .*(full|space)'
like "skald status shows it" "$(in_ns r "$SKALD" status -d "$DB")" 'PAUSED'
committed=$(told full)
is "what was told is readable" "$(stories)" "$committed"
udp 5000 100
is "while paused nothing is recorded" "$(stories)" "$committed"
rm "$DIR/small/ballast"
mount -o remount,size=64m "$DIR/small"
resumed() { [ "$(status .daemon.writer.paused)" = false ]; }
holds "with room it goes on" until_true 10 resumed
udp 5000 40
more() { [ "$(stories)" -ge $((committed + 40)) ]; }
holds "and records again" until_true 10 more
like "the log says that" "$(cat "$DIR/full.log")" 'recording goes on'
like "the follower hears that" "$(cat "$DIR/full.err")" 'skald: recording goes on'
end_follow full
kill -TERM $ORACLE
wait $ORACLE
emitted=$(sed -n 's/^emitted \([0-9]*\) .*/\1/p' "$DIR/oracle")
is "the gap is counted: delivered + lost = emitted" \
	$(($(status .daemon.writer.messages) + $(status .store.lost) + $(status .daemon.reader.foreign))) "$emitted"
like "the store knows the cause" "$(sqlite3 -readonly "$DB" 'SELECT * FROM loss')" '\|recording paused: .*the disk is full'
like "so does the summary" "$(cat "$DIR/full.err")" "skald: $(told full) stories, 0 incomplete, $(status .store.lost) events lost"
is "all that was told is there" \
	"$(comm -23 <(pick full .id | sort) <("$SKALD" list -d "$DB" --json | jq .id | sort) | wc -l)" 0
kill -TERM $DAEMON
wait $DAEMON
is "the daemon ends well" $? 0
is "the store is whole" "$(sqlite3 -readonly "$DB" 'PRAGMA integrity_check')" ok
umount "$DIR/small"

# ---- readers while the writer writes ----
DB=$DIR/good.db
follow busy -d "$DB" -r 0 'udp port 5001'
udp 5001 20000 8000 100 &
WRITES=$!
until_true 5 has_told busy 10
last=0
failures=0
backwards=0
reads=0
while kill -0 $WRITES 2>/dev/null; do
	n=$("$SKALD" list -d "$DB" -w 'dst.port == 5001' --json 2>"$DIR/stderr" | wc -l) || failures=$((failures + 1))
	[ -s "$DIR/stderr" ] && failures=$((failures + 1))
	[ "$n" -ge "$last" ] || backwards=$((backwards + 1))
	last=$n
	reads=$((reads + 1))
done
holds "readers read while it is written" test "$reads" -gt 1 -a "$last" -gt 100
is "no reader was refused, none saw less than before" "$failures,$backwards" 0,0
until_true 20 has_told busy 20000
end_follow busy
is "the writer was not disturbed" "$(stories)" 20000
is "and lost nothing" "$(status .store.lost)" 0

# ---- what is not a store ----
cp "$SKALD" "$DIR/skald"
sqlite3 "$DB" 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
rm -f "$DB"-wal "$DB"-shm
# bad NAME WORDS: skald refuses $DIR/bad/NAME in every way, and leaves it
bad_store()
{
	local file=$DIR/bad/$1 words=$2 before
	before=$(md5sum "$file"; stat -c '%s %Y' "$file")
	"$SKALD" list -d "$file" >"$DIR/stdout" 2>"$DIR/stderr"
	is "$1: list" $? 3
	like "$1: list says why" "$(cat "$DIR/stderr")" "$1.*($words)"
	"$SKALD" show -d "$file" 1 >"$DIR/stdout" 2>"$DIR/stderr"
	is "$1: show" $? 3
	"$SKALD" export -d "$file" -o "$DIR/bad.pcapng" >"$DIR/stdout" 2>"$DIR/stderr"
	is "$1: export" $? 3
	holds "$1: export leaves nothing" test ! -e "$DIR/bad.pcapng"
	"$SKALD" status -d "$file" >"$DIR/stdout" 2>"$DIR/stderr"
	is "$1: status" $? 3
	[ "${3:-}" = reading ] || {
		in_ns r timeout 10 "$SKALD" follow -d "$file" -t 1 icmp >"$DIR/stdout" 2>"$DIR/stderr"
		is "$1: follow" $? 3
		like "$1: follow says why" "$(cat "$DIR/stderr")" "$1.*($words)"
		in_ns r timeout 10 "$TRACERD" --db "$file" >"$DIR/stdout" 2>"$DIR/stderr"
		is "$1: tracerd" $? 3
		like "$1: tracerd says why" "$(cat "$DIR/stderr")" "$1.*($words)"
	}
	is "$1: the file is as it was" "$(md5sum "$file"; stat -c '%s %Y' "$file")" "$before"
	is "$1: nothing was put beside it" "$(find "$DIR/bad" -name "$1-*" ! -name '*.lock' | wc -l)" 0
}
size=$(stat -c %s "$DB")
mkdir "$DIR/bad"
head -c $((size / 2)) "$DB" >"$DIR/bad/half.db"
bad_store half.db 'cut off at [0-9]+ of [0-9]+ bytes'
head -c 50 "$DB" >"$DIR/bad/stump.db"
bad_store stump.db 'not a skald store'
head -c 100000 /dev/urandom >"$DIR/bad/noise.db"
bad_store noise.db 'not a skald store: not an SQLite file'
sqlite3 "$DIR/bad/foreign.db" 'create table story(id); insert into story values(1)'
bad_store foreign.db 'not a skald store: an SQLite file of another'
cp "$DB" "$DIR/bad/newer.db"
sqlite3 "$DIR/bad/newer.db" 'PRAGMA journal_mode = DELETE; PRAGMA user_version = 999' >/dev/null
bad_store newer.db 'schema version 999, this skald knows [0-9]+'
cp "$DB" "$DIR/bad/schema.db"
sqlite3 "$DIR/bad/schema.db" 'PRAGMA journal_mode = DELETE; PRAGMA foreign_keys = 0; DROP TABLE story' >/dev/null 2>&1
bad_store schema.db 'damaged: the table "story" is missing'
mkdir "$DIR/bad/folder.db"
"$SKALD" list -d "$DIR/bad/folder.db" >"$DIR/stdout" 2>"$DIR/stderr"
is "a folder is refused" $? 3
like "with words" "$(cat "$DIR/stderr")" 'folder.db is not a skald store: not a file'
in_ns r timeout 10 "$SKALD" follow -d "$DIR/bad/folder.db" -t 1 >"$DIR/stdout" 2>"$DIR/stderr"
is "not recorded to either" $? 3
"$SKALD" list -d "$DIR/bad/none.db" >"$DIR/stdout" 2>"$DIR/stderr"
is "a file that is not there" $? 3
like "is named" "$(cat "$DIR/stderr")" 'none.db.*No such file'
holds "and not made" test ! -e "$DIR/bad/none.db"
cp "$DB" "$DIR/bad/secret.db"
chmod 600 "$DIR/bad/secret.db"
setpriv --reuid 65534 --regid 65534 --clear-groups "$DIR/skald" list -d "$DIR/bad/secret.db" >"$DIR/stdout" 2>"$DIR/stderr"
is "a file one may not read" $? 3
like "with words" "$(cat "$DIR/stderr")" 'secret.db: Permission denied'

# Pages in the middle that are noise: found where they are read.
cp "$DB" "$DIR/bad/middle.db"
page=$(sqlite3 "$DB" 'PRAGMA page_size')
dd if=/dev/urandom of="$DIR/bad/middle.db" bs="$page" seek=20 count=$((size / page - 21)) conv=notrunc 2>/dev/null
sum=$(md5sum <"$DIR/bad/middle.db")
"$SKALD" list -d "$DIR/bad/middle.db" --json >"$DIR/stdout" 2>"$DIR/stderr"
is "a store with noise in it" $? 3
like "is called damaged" "$(cat "$DIR/stderr")" 'middle.db.*(damaged|malformed)'
"$SKALD" export -d "$DIR/bad/middle.db" -o "$DIR/bad.pcapng" >"$DIR/stdout" 2>"$DIR/stderr"
is "its export" $? 3
is "is not repaired behind one's back" "$(md5sum <"$DIR/bad/middle.db")" "$sum"
is "the good one is as good as before" "$(stories)" 20000
