#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What leaves skald: pcapng as tshark reads it, CSV and JSON, reports, the
# doctor's findings, completion; on a full disk nothing half is left.
. "$(dirname "$0")/lib.sh"
need_root
need tshark
need jq

router
nat_ruleset
serve_tcp s 80
ip -n "${P}c" addr add 10.1.0.66/24 dev eth0
DB=$DIR/export.db
in_ns r "$SKALD" snapshot -o "$DIR/before.skw"
follow record -d "$DB" 'tcp or icmp'
echo hello | in_ns c ncat -w2 10.1.0.1 8080 >/dev/null
in_ns c ping -qc2 -i0.2 -I 10.1.0.66 10.2.0.2 >/dev/null
in_ns c ping -qc2 -i0.2 10.2.0.2 >/dev/null
dropped() { pick record 'select(.ending.kind == "dropped")' | grep -q .; }
until_true 5 dropped
until_true 5 has_told record 14
end_follow record

skald() { "$SKALD" "$@" 2>"$DIR/stderr"; }
fields()
{
	local file=$1 field args=()
	shift
	for field; do args+=(-e "$field"); done
	tshark -r "$file" -T fields -E separator=, "${args[@]}" 2>/dev/null
}

# --- pcapng: frames against the stories they were made from
stories=$(told record)
skald export -d "$DB" -o "$DIR/all.pcapng"
is "export ends well" $? 0
is "every story is a frame at least" \
	"$(fields "$DIR/all.pcapng" frame.packet_id | sort -un | wc -l)" "$stories"
is "no frame is malformed" \
	"$(tshark -r "$DIR/all.pcapng" -Y _ws.malformed 2>/dev/null)" ""
pairs()
{
	pick record "select(.packet.proto == \"tcp\") | \"\\(.id),\\(.$1.saddr),\\(.$1.daddr),\\(.$1.ttl),\\(.$1.sport),\\(.$1.dport)\""
}
frames()
{
	tshark -r "$DIR/all.pcapng" -Y "tcp && frame.p2p_dir == $1" -T fields \
		-E separator=, -e frame.packet_id -e ip.src -e ip.dst -e ip.ttl \
		-e tcp.srcport -e tcp.dstport 2>/dev/null
}
is "frames that came in are the packets" "$(frames 1)" "$(pairs packet)"
is "frames that left are the packets' last form" "$(frames 0)" "$(pairs final)"
is "interfaces have their names" \
	"$(fields "$DIR/all.pcapng" frame.interface_name | sort -u | xargs)" "in out"
like "the comment tells the story" \
	"$(fields "$DIR/all.pcapng" frame.comment)" 'dnat .*10\.1\.0\.1:8080 .*10\.2\.0\.2:80'
is "lengths are the wire's" \
	"$(tshark -r "$DIR/all.pcapng" -Y ip -T fields -e frame.len -e ip.len 2>/dev/null |
		awk '$1 != $2 + 14')" ""
is "libpcap reads it, too" \
	"$("$SKALD" conntrack check --cut --json "$DIR/all.pcapng" | jq .packets)" \
	"$(tshark -r "$DIR/all.pcapng" -Y ip -T fields -e frame.number 2>/dev/null | wc -l)"

# --- and back: the packets again, each once, in the world before them
endings() { jq -c '[.packet.saddr, .packet.daddr, .ending.kind, .ending.handle, .final.daddr]'; }
is "a replay of an export has the recorded packets and endings" \
	"$(skald replay --world "$DIR/before.skw" --json "$DIR/all.pcapng" | endings)" \
	"$(skald show -d "$DB" --json 1-9999 | endings)"
like "the second frame of a packet is not another" \
	"$(skald replay -q --world "$DIR/before.skw" "$DIR/all.pcapng" | tail -1)" \
	"frames, $stories stories, .* of the same packet again"

skald export -d "$DB" -w 'verdict == drop' -o "$DIR/drop.pcapng"
is "dropped packets have TC_ACT_SHOT" \
	"$(fields "$DIR/drop.pcapng" frame.verdict.ebpf_tc | grep -v '^$' | sort -u)" 2
is "dropped packets did not leave" \
	"$(tshark -r "$DIR/drop.pcapng" -Y 'frame.packet_flags_direction == 2' 2>/dev/null)" ""

# --- CSV and JSON
is "CSV has a line a story and one more" \
	"$(skald export -d "$DB" --format csv -o - | tr -d '\r' | grep -c '^[0-9]*,nft,\|^id,')" \
	$((stories + 1))
is "JSON is what was told while it was recorded" \
	"$(skald export -d "$DB" --format json -o - | jq -cS '[.id, .packet, .final]')" \
	"$(jq -cS '[.id, .packet, .final]' "$DIR/record.json")"

# --- nothing half
skald export -d "$DB" -w 'id == 999999' -o "$DIR/none.csv"
is "nothing found" $? 1
holds "no file then" test ! -e "$DIR/none.csv"
skald export -d "$DB" -w 'nonsense ==' -o "$DIR/none.csv"
is "a bad filter is a usage error" $? 2
mkdir "$DIR/small"
if mount -t tmpfs -o size=4k none "$DIR/small" 2>/dev/null; then
	skald export -d "$DB" -o "$DIR/small/all.pcapng"
	is "a full disk is an error" $? 3
	like "and named" "$(cat "$DIR/stderr")" 'No space left'
	is "nothing half is left" "$(ls -A "$DIR/small")" ""
	umount "$DIR/small"
fi

# --- report
id=$(pick record 'select(.ending.kind == "dropped") | .id' | head -1)
skald report -d "$DB" "$id" -o "$DIR/report.md"
is "report ends well" $? 0
report=$(cat "$DIR/report.md")
like "report begins with the answer" "$(head -1 "$DIR/report.md")" '^# .*DROPPED in inet fw forward by rule'
like "report has the rule" "$report" 'ip saddr @bad counter .*drop comment "bad host"'
like "report has the ruleset of that moment" "$report" 'type nat hook prerouting priority dstnat'
unlike "but not our own tables" "$report" 'table ip skald'
like "report says that it is whole" "$report" '^- COMPLETE'
like "report has versions" "$report" 'nftables v'
like "report has settings" "$report" 'net/ipv4/ip_forward = 1'
like "report says how to see it again" "$report" 'skald follow -n 1 .*tcp or icmp'
skald report -d "$DB" 999999 -o "$DIR/none.md"
is "no such story" $? 1
holds "no file then" test ! -e "$DIR/none.md"

# --- doctor
ip netns exec "${P}c" ping -qi0.1 10.2.0.2 >/dev/null &
PING=$!
state() { jq -r ".checks[] | select(.name == \"$1\") | .state" "$DIR/doctor.json"; }
skald doctor --netns "${P}r" --json icmp >"$DIR/doctor.json"
is "doctor finds nothing bad" $? 0
is "doctor sees the traffic" "$(state traffic)" ok
is "doctor has nothing likely" "$(jq -r .likely "$DIR/doctor.json")" null
in_ns r sh -c 'echo 0 >/proc/sys/net/ipv4/ip_forward'
skald doctor --netns "${P}r" --json icmp >"$DIR/doctor.json"
is "doctor finds that nothing is forwarded" "$?,$(state ip)" 1,bad
in_ns r sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward
	echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter'
in_ns r ip route change 10.1.0.0/24 dev out
skald doctor --netns "${P}r" --json icmp >"$DIR/doctor.json"
is "doctor finds the reverse path filter" "$?,$(state rp_filter)" 1,bad
kill $PING
in_ns r ip link set in down
skald doctor --netns "${P}r" --json -i in icmp >"$DIR/doctor.json"
is "doctor finds the interface down" "$?,$(state interfaces)" 1,bad
is "doctor leaves no table behind" "$(in_ns r nft list tables | grep -c skald)" 0
skald doctor --netns no-such-namespace
is "no such namespace" $? 3

# --- completion
complete_words()
{
	PATH=$(dirname "$SKALD"):$PATH bash -c '
		. "$0/tui/skald.bash"
		COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
		_skald; echo "${COMPREPLY[*]}"' "$TOP" "$@"
}
is "commands are completed" "$(complete_words skald fol)" follow
is "stories are completed" "$(complete_words skald show -d "$DB" 1 | cut -d' ' -f1)" 1
like "namespaces are completed" "$(complete_words skald doctor --netns "$P")" "${P}r"
for command in $("$SKALD" --commands); do
	for option in $(complete_words skald "$command" --); do
		like "$command knows $option" "$("$SKALD" help "$command") --help" \
			"(^|[ ,])$option( |$)"
	done
done
