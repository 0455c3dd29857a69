# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Helpers of the scenarios: those of the live tests, and what it takes to write
# a scenario once for every source of events.
#
# A scenario has two functions. act() makes a topology and has its traffic
# observed, once with each source of SOURCES; it runs in a guest, as root.
# expect() says what the stories must be; it runs outside, where jq takes no
# time. "perform" at the end does what PHASE asks for: act, expect, or both, on
# a machine that is no guest. What only the module can know is asked of kmod
# alone, and counted as skipped where there is none.

. "$(dirname "${BASH_SOURCE[0]}")/../live/lib.sh"
SOURCES=${SOURCES:-nft}
PHASE=${PHASE:-both}
TRAFFIC=$TOOLS/traffic
NAME=$(basename "$0" .sh)
HERE=$TOP/tests/kernel
SKIPPED=0
# TRACE=1: every command with its time, to see what takes long
[ -z "${TRACE:-}" ] || { PS4='+$EPOCHREALTIME '; set -x; }

# fact NAME VALUE: something that expect() will want to know
fact() { printf '%s=%q\n' "$1" "$2" >>"$DIR/facts"; }

case $PHASE in
expect)
	rm -rf "$DIR"
	DIR=$STORIES
	. "$DIR/facts"
	;;
*)
	need_root
	fact P "$P"
	fact SOURCES "$SOURCES"
	;;
esac

# shellcheck disable=SC2153 # lib.sh of the live tests counts
finish()
{
	local failed=$FAILED
	trap - EXIT
	if [ "$PHASE" = act ]; then
		[ "$PASSED$FAILED" = 00 ] || sum
		rm -rf "/tmp/$NAME"
		cp -r "$DIR" "/tmp/$NAME"
	else
		sum
	fi
	[ "$PHASE" = expect ] || cleanup
	[ "$failed" -eq 0 ] && exit 0
	exit 1
}
sum() { echo "$NAME: $PASSED passed, $FAILED failed, $SKIPPED skipped"; }

perform()
{
	[ "$PHASE" = expect ] || act
	[ "$PHASE" = act ] || expect
}

# Emulated machines are slow, and start no program that they need not.
until_true()
{
	local deadline=$((${EPOCHREALTIME/./} + 6 * $1 * 1000000))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "${EPOCHREALTIME/./}" -lt $deadline ] || return 1
		sleep 0.05
	done
}

has_source() { [[ " $SOURCES " == *" $1 "* ]]; }
need_kmod() { has_source kmod || skip "needs skald.ko"; }
# need_module NAME...: of the kernel under test, loaded or built in
need_module()
{
	local module
	[ -d "/lib/modules/$(uname -r)" ] || return 0 # no guest: all is built in
	for module; do
		modprobe "$module" 2>/dev/null || skip "this kernel has no $module"
	done
}

# In the guest skald.ko lies beside the tests; elsewhere it is loaded or not.
load_module()
{
	[ -e /sys/module/skald ] || insmod "$TOP/skald.ko"
}
[ "$PHASE" = expect ] || ! has_source kmod || load_module ||
	bad "skald.ko does not load: $(dmesg | tail -3)"

# observe NAME COUNT EXPRESSION TRAFFIC...: stories of EXPRESSION while TRAFFIC
# runs, with every source in turn, until there are COUNT (kmod:COUNT: only the
# module sees them end). OPTIONS are further ones of "skald follow". What the
# module sent is kept beside them, in NAME.records.
observe()
{
	local name=$1 count expression=$3 source wanted=$2
	shift 3
	[[ ${OPTIONS:-} == *--netns* ]] || fact "WHERE_$name" "$P${FOLLOW_IN:-r}"
	for source in $SOURCES; do
		count=${wanted#kmod:}
		[ "$source" = kmod ] || [ "$count" = "$wanted" ] || count=0
		unset SKALD_TEST_KMOD_RECORD
		[ "$source" = nft ] || export SKALD_TEST_KMOD_RECORD=$DIR/$name.records
		# shellcheck disable=SC2086 # a list of words
		follow "$name.$source" -d "$DIR/$name.$source.db" \
			--source "$source" -r 0 ${OPTIONS:-} "$expression" || continue
		"$@"
		until_true 5 has_told "$name.$source" "$count" ||
			bad "$name: $source told $(told "$name.$source") of $count stories"
		end_follow
	done
}

# here NAME.SOURCE: jq's condition for stories of the namespace that was observed;
# the module follows packets out of it
here()
{
	local where=WHERE_${1%%.*}
	[ -z "${!where:-}" ] || echo "select(.netns == null or .netns == \"${!where}\") |"
}
pick() { jq -cr "$(here "$1") $2" "$DIR/$1.json"; }

# tells NAME WHAT FILTER WANTED: what jq makes of the stories, sorted, of every
# source
tells()
{
	local source
	for source in ${ONLY_SOURCE:-$SOURCES}; do
		is "$2 ($source)" "$(pick "$1.$source" "$3" | sort)" "$4"
	done
}
# only SOURCE tells|passes ...: what not every source can know
only()
{
	if has_source "$1"; then
		ONLY_SOURCE=$1 "${@:2}"
	else
		SKIPPED=$((SKIPPED + 1))
	fi
}
kmod() { only kmod "$@"; }
nft_source() { only nft "$@"; }

# events NAME.SOURCE FILTER: of such stories, a line each: "kind key=value ..."
events()
{
	pick "$1" "select($2) | .events[] | [.kind, (del(.kind, .t_ns) | to_entries[] |
		\"\\(.key)=\\(.value)\")] | join(\" \")"
}

# passes NAME WHAT FILTER: such a story has these steps in this order; steps are
# extended regular expressions on stdin, a line each. # begins a comment; a step
# that begins with KMOD or NFT is asked of that source alone.
passes()
{
	local name=$1 what=$2 filter=$3 source wanted told missing
	wanted=$(sed -E 's/^[[:space:]]*//; /^(#|$)/d')
	for source in ${ONLY_SOURCE:-$SOURCES}; do
		told=$(events "$name.$source" "$filter")
		missing=$(follow_steps "$source" "$wanted" "$told")
		if [ -z "$missing" ]; then
			ok "$what ($source)"
		else
			bad "$what ($source): no '$missing' at its place in:"
			echo "${told:-no such story}"
		fi
	done
	has_source kmod || ! grep -q '^KMOD ' <<<"$wanted" || SKIPPED=$((SKIPPED + 1))
}
# follow_steps SOURCE WANTED TOLD: prints the first step that does not come
follow_steps()
{
	local step line other=NFT
	[ "$1" = kmod ] || other=KMOD
	exec 3<<<"$3"
	while read -r step; do
		[[ $step != "$other "* ]] || continue
		step=${step#KMOD }
		step=${step#NFT }
		while :; do
			read -r line <&3 || { echo "$step"; return; }
			[[ $line =~ $step ]] && break
		done
	done <<<"$2"
	exec 3<&-
}

# same_path NAME [FILTER]: every source says the same rules for the same packets.
# Source ports differ from run to run, and nf_tables does not see legacy tables.
PATH_OF='[.packet.proto, ([.packet.sport, .packet.dport] | min), .netns,
	[.events[] | select((.kind == "rule" or .kind == "policy") and
		(.table | IN("raw", "mangle", "filter") | not)) |
		[.family, .table, .chain, .handle, .verdict, .target]]]'
same_path()
{
	if has_source kmod && has_source nft; then
		is "$1: nft and kmod tell the same rules" \
			"$(pick "$1.kmod" "select(${2:-true}) | $PATH_OF" | sort -u)" \
			"$(pick "$1.nft" "select(${2:-true}) | $PATH_OF" | sort -u)"
	else
		SKIPPED=$((SKIPPED + 1))
	fi
}

# whole NAME: no story has a gap, and none tells backwards
whole()
{
	tells "$1" "$1: every story is complete" 'select(.complete | not) | [.id, .gaps]' ""
	tells "$1" "$1: events are in order" \
		'select([.events[].t_ns] != ([.events[].t_ns] | sort)) | .id' ""
}

# reenacted NAME: the engine, with the ruleset of that moment, takes the path that
# was recorded; what it cannot know is no disagreement
reenacted()
{
	local source
	for source in ${ONLY_SOURCE:-$SOURCES}; do
		is "$1: the engine agrees ($source)" \
			"$("$SKALD" verify -d "$DIR/$1.$source.db" --json | jq '.disagree == 0 and .stories > 0')" true
	done
}

# background SPACE LINE PROGRAM...: runs it there, and waits until it says LINE
background()
{
	local space=$1 line=$2 log
	shift 2
	log=$(mktemp "$DIR/background.XXXXXX")
	ip netns exec "$P$space" "$@" >"$log" 2>&1 &
	BACKGROUND=$!
	until_true 5 grep -q "$line" "$log" || bad "$*: $(cat "$log")"
}
serve() { background "$1" serving "$TRAFFIC" serve "$2" "$3"; }
ask() { in_ns "$1" "$TRAFFIC" ask "${@:2}" >/dev/null 2>&1; }
# Neighbours are asked for once, before anything is observed.
warm() { until_true 10 in_ns "$1" ping -qc1 -W1 "$2"; }

# links NAME KIND FILTER: how many stories of FILTER name, in an event of KIND,
# another story that was told as well
links()
{
	jq -sr "(map({key: (.id | tostring), value: true}) | from_entries) as \$told |
		[.[] | $(here "$1") select($3) | . as \$s | select(any(.events[]; .kind == \"$2\" and
			.story != \$s.id and \$told[.story | tostring]))] | length" "$DIR/$1.json"
}
# linked NAME WHAT KIND FILTER WANTED: of every source
linked()
{
	local source
	for source in ${ONLY_SOURCE:-$SOURCES}; do
		is "$2 ($source)" "$(links "$1.$source" "$3" "$4")" "$5"
	done
}

# dropped NAME WHAT FILTER REASON PLACE: what ended such a story, both extended
# regular expressions; asked of the module, nobody else sees drops outside nft
dropped()
{
	if ! has_source kmod; then
		SKIPPED=$((SKIPPED + 1))
		return
	fi
	like "$2: dropped" "$(pick "$1.kmod" "select($3) | .ending.kind")" '^dropped$'
	like "$2: with its reason" "$(pick "$1.kmod" "select($3) | .ending.reason")" "^($4)\$"
	like "$2: and place" "$(pick "$1.kmod" \
		"select($3) | .events[] | select(.kind == \"drop\") | .place")" "$5"
}
