#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# "skald conntrack" as people and scripts meet it: why packets are invalid, with
# all numbers; verdicts in a capture; half-closed connections; exit codes.
. "$(dirname "$0")/lib.sh"
need python3
need jq
need tshark

# talk NAME: the scenario on standard input as a capture; a packet a second
talk()
{
	cat >"$DIR/$1.talk"
	python3 "$TOP/tests/tools/ct_scenario.py" "$DIR/$1.talk" 4 "$DIR/$1.pcap" >/dev/null
}
ct() { "$SKALD" conntrack "$@"; }
# event FILTER: of the last "check --json"
event() { jq -c "$1" "$DIR/check.json"; }

# ---- check ----
talk window <<'TALK'
> S  100  win 1000 = N
< S. 500  ack 101 win 1000 = E
> .  101  ack 501 win 1000 = E
< .  5501 ack 101 win 1000 len 7 = I
> .  101  ack 9000 win 1000 = I
TALK
is "states" "$(ct replay --states "$DIR/window.pcap")" "$DIR/window.pcap	NEEII"
ct check --json "$DIR/window.pcap" >"$DIR/check.json"
is "two are invalid" "$(event .invalid)" 2
is "the check that failed" "$(event '[.events[].reason]')" '["seq_over","ack_over"]'
is "frame and time" "$(event '.events[0] | [.frame, .t_ns]')" '[4,1700000003000000000]'
is "numbers of the packet" \
	"$(event '.events[0].window | [.seq, .end, .ack, .payload, .bound, .off]')" \
	'[5501,5508,101,7,1502,4000]'
is "numbers of both sides" \
	"$(event '.events[0].window | [.sender.end, .sender.maxend, .receiver.end, .receiver.maxwin]')" \
	'[501,1501,101,1000]'
like "in words" "$(ct check "$DIR/window.pcap")" 'seq must be below 1502, off by 4000'
is "liberal" "$(ct replay --liberal --states "$DIR/window.pcap" | cut -f2)" NEEEE

ct check --pcapng "$DIR/verdicts.pcapng" "$DIR/window.pcap" >/dev/null
is "every frame is in the copy" \
	"$(tshark -r "$DIR/verdicts.pcapng" -T fields -e frame.number 2>/dev/null | wc -l)" 5
like "a comment says why" \
	"$(tshark -r "$DIR/verdicts.pcapng" -Y 'frame.number == 4' -T fields -e frame.comment 2>/dev/null)" \
	'seq_over'
is "the copy is the capture" "$(ct replay --states - <"$DIR/verdicts.pcapng" | cut -f2)" NEEII

# ---- replay ----
ct replay --json "$DIR/window.pcap" >"$DIR/replay.json"
is "one entry is left" \
	"$(jq -c '[.entries[] | [.proto, .state, .original.packets, .reply.packets]]' "$DIR/replay.json")" \
	'[["tcp","ESTABLISHED",2,1]]'
is "events in order" "$(jq -c '[.events[].kind]' "$DIR/replay.json")" \
	'["new","update","update","update","invalid","invalid"]'
like "timeouts are named" "$(ct replay --timeout list)" '^tcp_established +432000$'
is "timeouts can be set" \
	"$(ct replay --timeout tcp_syn_recv=1 --states "$DIR/window.pcap" | cut -f2 | cut -c1-3)" NEN

# ---- captures with a snap length, as exports of stories are ----
if command -v editcap >/dev/null; then
	editcap -s 44 "$DIR/window.pcap" "$DIR/short.pcap" # the headers
	like "a frame that is cut short is no packet" "$(ct replay "$DIR/short.pcap")" \
		'2 established 1 new 1 invalid, 1 frame cut short \(--cut trusts'
	is "and is counted" "$(ct replay --json "$DIR/short.pcap" | jq .cut)" 1
	like "in a check too" "$(ct check "$DIR/short.pcap")" '^4 packets, .*, 1 frame cut short'
	editcap -s 30 "$DIR/window.pcap" "$DIR/barely.pcap"
	like "or all of them" "$(ct replay "$DIR/barely.pcap")" ': no packet, 5 frames cut short'
	is "with --cut they are packets" \
		"$(ct replay --cut --states "$DIR/short.pcap" | cut -f2)" NEEII
fi
is "a file that cannot be read has no sum" "$(ct replay "$DIR/missing.pcap" 2>/dev/null)" ""

# ---- half-closed ----
talk half <<'TALK'
> S  0 win 1000 = N
< S. 0 ack 1 win 1000 = E
> .  1 ack 1 win 1000 = E
> F. 1 ack 1 win 1000 = E
< .  1 ack 2 win 1000 = E
< .  1 ack 2 win 1000 len 10 = E
> .  2 ack 11 win 1000 = E
< F. 11 ack 2 win 1000 = E
> .  2 ack 12 win 1000 = E
TALK
ct halfclose --json "$DIR/half.pcap" >"$DIR/half.json"
is "it was half closed for four seconds" \
	"$(jq -c '[.connections[] | [.lasted_ns, .gap_ns, .left_ns, .end]]' "$DIR/half.json")" \
	'[[4000000000,1000000000,59000000000,"closed"]]'
is "nothing would have been cut" "$(jq -c '[.timeouts[].cut]' "$DIR/half.json")" '[0,0,0,0]'
like "in words" "$(ct halfclose "$DIR/half.pcap")" '^1 half-closed connections: 1 closed by the other'

# the same packets as stories
printf 'table inet t {\n chain c {\n type filter hook forward priority 0; accept;\n }\n}\n' >"$DIR/all.nft"
"$SKALD" replay --rules "$DIR/all.nft" --iif eth0 -d "$DIR/half.db" "$DIR/half.pcap" >/dev/null 2>&1
is "stories were recorded" "$("$SKALD" list -d "$DIR/half.db" --json | wc -l)" 9
ct halfclose --json "$DIR/half.db" >"$DIR/stories.json"
is "of stories as of their capture" \
	"$(jq -c '[.connections[] | [.lasted_ns, .gap_ns, .left_ns, .end]]' "$DIR/stories.json")" \
	'[[4000000000,1000000000,59000000000,"closed"]]'
is "capture and stories together" \
	"$(ct halfclose --json "$DIR/half.db" "$DIR/half.pcap" | jq '.connections | length')" 2

# ---- exit codes ----
ct halfclose "$DIR/window.pcap" >/dev/null
is "nothing half closed ends with 1" $? 1
for arguments in "" "frobnicate" "replay" "check --states $DIR/half.pcap" \
	"replay --timeout x=1 $DIR/half.pcap" "check $DIR/half.pcap $DIR/half.pcap"; do
	# shellcheck disable=SC2086 # a list of words
	ct $arguments >/dev/null 2>&1
	is "\"conntrack $arguments\" ends with 2" $? 2
done
ct replay --states "$DIR/none.pcap" >/dev/null 2>&1
is "no such file ends with 3" $? 3
head -c 100 "$DIR/half.pcap" >"$DIR/cut.pcap"
ct replay --states "$DIR/cut.pcap" >/dev/null 2>&1
is "a damaged file ends with 3" $? 3
