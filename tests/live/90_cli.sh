#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The command line as people and scripts meet it: exit codes and words, help,
# JSON and its keys, colours, character sets, a newcomer's mistakes, completion.
. "$(dirname "$0")/lib.sh"
need_root
need jq
need setpriv
need script

chmod 711 "$DIR"
cd "$DIR" || exit 1
cp "$SKALD" "$B/tracerd/tracerd" "$DIR" # where others may run them
COMMANDS=$("$SKALD" --commands)

# says STATUS STREAM WORDS ARGUMENT...: the status, and words on a stream
says()
{
	local status=$1 stream=$2 words=$3 got
	shift 3
	timeout 30 "$SKALD" "$@" >"$DIR/stdout" 2>"$DIR/stderr" </dev/null
	got=$?
	is "$* ends with $status" $got "$status"
	like "$* says so" "$(cat "$DIR/$stream")" "$words"
}
# refuses STATUS WORDS ARGUMENT...: and nothing on standard output
refuses()
{
	says "$1" stderr "$2" "${@:3}"
	is "${*:3} prints nothing else" "$(cat "$DIR/stdout")" ""
}

# ---- help and versions ----
says 0 stdout '^usage: skald COMMAND' help
says 0 stdout '^usage: skald COMMAND' --help
says 0 stdout '^skald [0-9]+\.[0-9]+' --version
says 2 stderr '^usage: skald COMMAND'
for command in $COMMANDS; do
	says 0 stdout "^usage: skald $command " help "$command"
	like "help names what $command does" "$("$SKALD" help)" "^  $command +[a-z]"
	is "help of $command fits 80 columns" \
		"$("$SKALD" "$command" --help | awk 'length > 80')" ""
	is "help and --help of $command agree" "$("$SKALD" "$command" --help)" \
		"$("$SKALD" help "$command")"
	refuses 2 "^skald $command: there is no option --frobnicate\$" "$command" --frobnicate
	like "$command says where help is" "$(cat "$DIR/stderr")" "\"skald help $command\""
	[ -f "$TOP/docs/man/skald-$command.1" ] || bad "no manual page for $command"
done
refuses 2 'did you mean "skald follow"' folow
refuses 2 'did you mean "skald report"' rep
refuses 2 '"skald help" lists them' frobnicate
refuses 2 'no command "frobnicate"' help frobnicate

# ---- mistakes ----
refuses 2 '^skald follow: -n needs a value' follow -n
refuses 2 '^skald follow: -n many: ' follow -n many
refuses 2 '^skald follow: --rate=-5: ' follow --rate=-5
refuses 2 'no option -y' follow -y
refuses 2 'it takes no value' follow --json=yes
refuses 2 'nowhere' follow --hook nowhere
refuses 2 'source magic: that is no value' follow --source magic
refuses 3 '--source nft works without' follow --source kmod
refuses 3 'namespace no-such' follow --netns no-such
refuses 2 'unexpected "more"' status more
refuses 2 'add, list or delete' debug
refuses 3 '"skald follow" works by itself' debug add icmp
refuses 2 'an ID is missing' show
refuses 2 'netns is for the live world' ask --world a.skw --netns host 'icmp 10.0.0.1 > 10.0.0.2'
refuses 2 'netns is for the live world' replay --world a.skw --netns host a.pcap
refuses 2 'netns is for the live world' snapshot --world a.skw --rules a.nft --netns host -o b.skw
refuses 2 'help is missing' filter
refuses 1 'nothing is called "oracle"' filter help oracle
says 0 stdout '^hashlimit \(match\)' filter help hashlimit
says 0 stdout '^\[\{"kind":"expression","name":"bitwise"' filter help --json
# The caret stands below column N of the expression.
caret() { sed -n 's/^  \( *\)^$/\1/p' "$DIR/stderr" | tail -1 | tr -d '\n' | wc -c; }
refuses 2 'syntax error' follow 'tcp and and port 80'
is "the caret of an expression is below the error" "$(caret)" 8
like "the expression stands above it" "$(cat "$DIR/stderr")" '^  tcp and and port 80$'

# ---- stores that are not there, not ours, or empty ----
echo "no database" >text.db
for command in "list" "show 1" "export --format csv -o -" "report 1 -o x.md"; do
	# shellcheck disable=SC2086 # words
	refuses 3 'missing\.db: No such file' $command -d missing.db
	# shellcheck disable=SC2086
	refuses 3 'text\.db is not a skald store' $command -d text.db
	like "and says what helps" "$(cat stderr)" 'skald follow -d FILE'
done
holds "reading makes no store" test ! -e missing.db
holds "no report without a store" test ! -e x.md
refuses 3 'not a skald store' browse -d text.db
refuses 3 'not a skald store' follow -d text.db -t 1 icmp
is "what is not ours is left alone" "$(cat text.db)" "no database"
says 1 stdout 'missing.db is not there' status -d missing.db

router
nat_ruleset
ip -n "${P}c" addr add 10.1.0.66/24 dev eth0
serve_tcp s 80
follow nothing -t 1 -d empty.db 'udp port 9'
wait "$FOLLOW"
is "follow that saw nothing ends with 1" $? 1
like "and says who may know why" "$(cat nothing.err)" 'skald doctor'
for command in "list" "list --json" "list --shapes" "show 1" "export --format json -o -" \
	"export --format csv -o -"; do
	# shellcheck disable=SC2086 # words
	timeout 20 "$SKALD" $command -d empty.db >stdout 2>stderr
	is "$command of an empty store" "$?,$(wc -l <stdout)" 1,0
done
refuses 2 '"seven" is no story' show -d empty.db seven
refuses 3 'needs a terminal' browse -d empty.db
says 1 stderr 'no story 7' report -d empty.db 7 -o x.md
holds "no report of nothing" test ! -e x.md
says 0 stdout 'stories 0' status -d empty.db

# ---- -n and -t ----
in_ns r nft insert rule inet fw forward udp dport 6000-6010 accept
MAC=$(in_ns r cat /sys/class/net/in/address)
in_ns c "$TOOLS/blast" eth0 "$MAC" 10.1.0.2 10.2.0.2 6000 50 5000 >/dev/null &
BLAST=$!
SECONDS=0
timeout 30 ip netns exec "${P}r" "$SKALD" follow -n 5 --json 'udp port 6000' >five.json 2>five.err
is "follow -n 5 ends well with 5" "$?,$(wc -l <five.json)" 0,5
holds "and does not wait" test $SECONDS -lt 10
timeout 30 ip netns exec "${P}r" "$SKALD" follow -t 2 --json 'udp port 6000' >two.json 2>two.err
is "follow -t 2 ends well" $? 0
span=$(jq -s '((.[-1].start_ns - .[0].start_ns) / 1e9 * 10) | floor' two.json)
holds "after two seconds of packets: $span tenths" test "$span" -ge 12 -a "$span" -le 30
kill $BLAST
like "the last line is a sum" "$(tail -1 two.err)" '^skald: [0-9]+ stories, 0 incomplete, 0 events lost$'

# ---- a store with stories ----
DB=$DIR/cli.db
follow record -d "$DB" 'tcp or icmp'
echo hello | in_ns c ncat -w2 10.1.0.1 8080 >/dev/null
in_ns c ping -qc1 -W1 -I 10.1.0.66 10.2.0.2 >/dev/null
in_ns r ping -qc1 127.0.0.1 >/dev/null
dropped() { pick record 'select(.ending.kind == "dropped")' | grep -q .; }
until_true 5 dropped
until_true 5 has_told record 8
end_follow record
stories=$(told record)

# Keys, in the words of the contract (docs/json.md): never fewer, never others.
KEYS='["complete","end_ns","ending","events","final","gaps","generation","host","id","iif","journey","netns","oif","packet","shape","source","start_ns"]'
json() { "$SKALD" "$@" --json -d "$DB"; }
ids=$(json list | jq .id | xargs)
is "list has every story once" "$(wc -w <<<"$ids")" "$stories"
# shellcheck disable=SC2086 # numbers
json show $ids >show.json
is "show --json is a story a line" "$(jq -c .id <show.json | xargs)" "$ids"
is "keys of show --json" "$(jq -c keys <show.json | sort -u)" "$KEYS"
is "keys of follow --json" "$(jq -c keys <record.json | sort -u)" "$KEYS"
is "keys of list --json" "$(json list | jq -c keys | sort -u)" "${KEYS/\"events\",/}"
is "list --json tells what show tells, but the events" \
	"$(json list | jq -cS .)" "$(jq -cS 'del(.events)' <show.json)"
is "keys of an ending" "$(jq -c '.ending | keys' <show.json | sort -u)" \
	'["chain","family","handle","hook","kind","reason","table","text"]'
is "every event has a time and a kind" \
	"$(jq -c '.events[] | select((.t_ns | type) != "number" or (.kind | type) != "string")' <show.json)" ""
is "events are in order of time" "$(jq -c 'select([.events[].t_ns] != ([.events[].t_ns] | sort)) | .id' <show.json)" ""
is "enumerations are words" \
	"$(jq -r '.. | objects | .verdict?, .hook?, .state?' <show.json | grep -E '^[0-9?]' | sort -u)" ""
for key in saddr daddr sport dport proto family len ttl; do
	is "packets of TCP have $key" \
		"$(jq -c "select(.packet.proto == \"tcp\" and (.packet | has(\"$key\") | not)) | .id" <show.json)" ""
done
for command in "list --shapes" "status"; do
	# shellcheck disable=SC2086 # words
	json $command >out.json
	holds "$command --json is JSON" jq -e . out.json
done
in_ns r "$SKALD" doctor --json -i in >out.json
holds "doctor --json is JSON" jq -e '.checks | length > 5' out.json
is "shapes have their stories" "$(json list --shapes | jq -s 'map(.stories) | add')" "$stories"
id=$(jq 'select(.ending.kind == "dropped") | .id' <show.json | head -1)
is "a range of stories" "$(json show "$id-$id" last | jq .id | xargs)" "$id ${ids##* }"
is "a range ends with the newest" "$(json show "$id-999999" | jq .id | xargs)" \
	"$(seq -s ' ' "$id" "${ids##* }")"
says 1 stderr 'list" shows those' show -d "$DB" 4711-4720
refuses 2 'one story at a time' why -d "$DB" 1-2
says 1 stderr 'no story 4711' show -d "$DB" "$id" 4711
like "but those that are there are shown" "$(cat stdout)" 'DROPPED in inet fw forward by rule'

# ---- filters ----
says 1 stdout '^$' list -d "$DB" -w 'id == 4711'
refuses 2 '"colour" is not a field' list -d "$DB" -w 'verdict == drop && colour == 7'
is "the caret of a filter is below the word" "$(caret)" 19
refuses 2 'is no value for ip.dst' list -d "$DB" -w 'ip.dst == 10.0.0'
is "the caret of a value too" "$(caret)" 10
for command in "export --format csv -o x.csv" "list --shapes"; do
	# shellcheck disable=SC2086 # words
	refuses 2 'skald (export|list): ' $command -d "$DB" -w '((('
done
holds "no file of a bad filter" test ! -e x.csv
refuses 2 'pcapng, json or csv' export -d "$DB" -o x.doc
is "a filter with list is a filter with export" \
	"$("$SKALD" export -d "$DB" -w 'verdict == drop' --format json -o - | jq .id)" \
	"$(json list -w 'verdict == drop' | jq .id)"
is "-n takes the newest" "$(json list -n 2 | jq .id | xargs)" "$(cut -d' ' -f$((stories - 1))- <<<"$ids")"

# ---- what a list looks like ----
like "a line begins with how it ended" "$("$SKALD" list -d "$DB" -w "id == $id")" \
	"^#$id +[0-9:.]{12} DROPPED +icmp 10\.1\.0\.66 > 10\.2\.0\.2 .* in inet fw forward by rule [0-9]+ \""
like "a story begins with the answer" "$("$SKALD" show -d "$DB" "$id" | head -1)" \
	'^DROPPED in inet fw forward by rule [0-9]+ "ip saddr @bad counter drop comment "bad host""'

# on_terminal COLUMNS COMMAND...: as it would look there, and in colour
on_terminal()
{
	local columns=$1
	shift
	TERM=${TERM_IS:-xterm-256color} script -qec "stty cols $columns rows 40; $*" \
		/dev/null </dev/null | tr -d '\r'
}
widest() { plain | wc -L; }
plain() { sed 's/\x1b\[[0-9;]*m//g'; }
export LC_ALL=C.UTF-8
for width in 80 132; do
	for command in list "list --shapes" "show $id" "show -v $id" status; do
		holds "$command fits $width columns" \
			test "$(on_terminal $width "$SKALD $command -d $DB" | widest)" -le "$width"
	done
done
holds "doctor fits 80 columns" \
	test "$(on_terminal 80 "ip netns exec ${P}r $SKALD doctor icmp" | widest)" -le 80

# ---- colours and characters ----
colour=$'\x1b\\['
like "colours on a terminal" "$(on_terminal 80 "$SKALD show -d $DB $id")" "$colour"
unlike "none in a pipe" "$("$SKALD" show -d "$DB" "$id")" "$colour"
unlike "none with NO_COLOR" "$(NO_COLOR=1 on_terminal 80 "$SKALD show -d $DB $id")" "$colour"
like "NO_COLOR that is empty does not count" "$(NO_COLOR='' on_terminal 80 "$SKALD show -d $DB $id")" "$colour"
unlike "none on a dumb terminal" "$(TERM_IS=dumb on_terminal 80 "$SKALD show -d $DB $id")" "$colour"
is "the same words with and without" "$(on_terminal 300 "$SKALD show -d $DB $id" | plain)" \
	"$("$SKALD" show -d "$DB" "$id")"
forwarded=$(jq 'select(.packet.dport == 8080) | .id' <show.json | head -1)
like "arrows in UTF-8" "$("$SKALD" show -d "$DB" "$forwarded")" '64 → 63'
is "nothing but ASCII elsewhere" "$(LC_ALL=C "$SKALD" show -v -d "$DB" "$forwarded" | LC_ALL=C grep -c '[^ -~]')" 0
like "with an arrow all the same" "$(LC_ALL=C "$SKALD" show -d "$DB" "$forwarded")" '64 -> 63'
is "lists in ASCII too" "$(LC_ALL=C on_terminal 60 "$SKALD list -d $DB" | plain | LC_ALL=C grep -c '[^ -~]')" 0

# ---- without privilege ----
nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
nobody ./skald follow icmp >stdout 2>stderr
is "nobody cannot follow" $? 3
like "is told what is missing" "$(cat stderr)" 'root|CAP_NET_ADMIN|privilege'
is "and what helps" "$(grep -c '^skald: ' stderr)" 2
nobody ./skald snapshot -o nobody.skw >stdout 2>stderr
is "nobody cannot take the live rules" $? 3
like "is told that other worlds are free" "$(cat stderr)" 'for root; a saved world'
nobody ./skald --version >stdout
is "but may ask for the version" $? 0
chmod 600 "$DB"
nobody ./skald list -d "$DB" >stdout 2>stderr
is "nobody cannot read a store of root" $? 3
like "and is told why" "$(cat stderr)" 'Permission denied'

# ---- writing fails ----
for command in "list --json" "show $id" "status"; do
	# shellcheck disable=SC2086 # words
	"$SKALD" $command -d "$DB" >/dev/full 2>stderr
	is "$command to a full disk" $? 3
	like "and says so" "$(cat stderr)" '^skald: cannot write: '
done
"$SKALD" list -d "$DB" --json | head -1 >/dev/null
holds "a reader that goes is no crash" test "${PIPESTATUS[0]}" -ne 139

# ---- exports are read by others ----
if command -v tshark >/dev/null; then
	"$SKALD" export -d "$DB" -w "id == $id" -o one.pcapng
	fields=$(tshark -r one.pcapng -T fields -e frame.packet_id -e ip.src \
		-e frame.interface_name -e frame.comment 2>/dev/null | head -1)
	like "tshark reads id, address and interface" "$fields" "^$id	10\.1\.0\.66	in	"
	like "and the story as a comment" "$fields" 'DROPPED in inet fw forward by rule'
fi
"$SKALD" export -d "$DB" -o all.csv
is "CSV has a line a story" "$(python3 -c 'import csv, sys
rows = list(csv.DictReader(open("all.csv", newline="")))
print(" ".join(row["id"] for row in rows))')" "$ids"
"$SKALD" export -d "$DB" -o all.json
is "JSON has the stories" "$(jq -cS . all.json)" "$(jq -cS . show.json)"
"$SKALD" report -d "$DB" "$id" -o one.md
like "a report begins with the answer" "$(head -1 one.md)" "DROPPED in inet fw forward by rule"
like "and has the rule" "$(cat one.md)" 'ip saddr @bad counter drop comment "bad host"'
says 0 stderr '' report -d "$DB" 1-2 last -o three.md
is "a report of a range and the last" "$(grep -oE '^## Story [0-9]+' three.md | xargs)" \
	"## Story 1 ## Story 2 ## Story ${ids##* }"
rm three.md
says 1 stderr 'no story 4711' report -d "$DB" 4711-4720 -o three.md
holds "no report of a range that is not there" test ! -e three.md

# ---- the doctor ----
check() { jq -r ".checks[] | select(.name == \"$1\") | .state" doctor.json; }
examine() { timeout 60 "$SKALD" doctor --json "$@" >doctor.json 2>stderr; }
examine --netns "${P}r"
is "a healthy namespace" "$?,$(jq -c .likely doctor.json)" "0,null"
examine --netns "${P}s" -i eth0 'host 10.1.0.2 and tcp port 8081'
is "traffic that is elsewhere" "$?,$(check traffic)" 1,bad
ip -n "${P}c" link set eth0 down
examine --netns "${P}c" -i eth0
is "an interface that is down" "$?,$(check interfaces)" 1,bad
ip -n "${P}c" link set eth0 up
ip -n "${P}c" route replace default via 10.1.0.1
examine --netns "${P}c" -i eth7
is "an interface that is not there" "$?,$(check interfaces)" 1,bad
like "is called likely" "$(jq -r .likely doctor.json)" 'eth7'
examine --netns "${P}r" 'tcp and and'
is "an expression that is wrong" "$?,$(check expression)" 1,bad
if command -v tc >/dev/null && in_ns r tc qdisc add dev in ingress 2>/dev/null &&
	in_ns r tc filter add dev in parent ffff: protocol ip matchall action drop 2>/dev/null; then
	ip netns exec "${P}c" ping -qi0.1 10.2.0.2 >/dev/null 2>&1 &
	PING=$!
	examine --netns "${P}r" -i in icmp
	is "a filter of tc that drops" "$?,$(check tc)" 1,bad
	kill $PING
	in_ns r tc qdisc del dev in ingress
fi
is "the doctor leaves nothing behind" "$(in_ns r nft list tables | grep -c skald)" 0

# ---- completion ----
words()
{
	PATH=$(dirname "$SKALD"):$PATH bash -c '
		. "$0/tui/skald.bash"
		COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
		_skald; echo "${COMPREPLY[*]}"' "$TOP" "$@"
}
is "completion knows every command" "$(words skald '' | tr ' ' '\n' | grep -vxE 'help|--version' | xargs)" \
	"$(xargs <<<"$COMMANDS")"
is "completes one" "$(words skald sho)" show
is "after help too" "$(words skald help sta)" status
is "stories of the store" "$(words skald show -d "$DB" '' | tr ' ' '\n' | grep -v last | sort -n | xargs)" "$ids"
for command in $COMMANDS; do
	is "completion has the long options of $command" \
		"$(words skald "$command" -- | tr ' ' '\n' | grep -vx -- --help | sort | xargs)" \
		"$("$SKALD" help "$command" | grep -oE '^ +(-[a-z], )?--[a-z-]+' | grep -oE -- '--[a-z-]+' | sort | xargs)"
done
