#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Everything that speaks JSON keeps to docs/json.md: keys, types, words. And what
# a story says of itself adds up.
. "$(dirname "$0")/lib.sh"
need_root
need python3
need jq

CONTRACT=$TOP/tests/tools/json_contract.py
# keeps FORM FILE: one object at least, and each in that form
keeps()
{
	local said
	if said=$(python3 "$CONTRACT" "$1" "$2"); then
		ok "$(basename "$2"): $said"
	else
		bad "$(basename "$2"): $said"
	fi
}
# prints FORM ARGUMENT...: the command's output does
prints()
{
	local form=$1 file=$DIR/$2.out
	shift
	"$SKALD" "$@" >"$file" 2>"$DIR/stderr" </dev/null
	keeps "$form" "$file"
}
# A checker that is content with everything would be, too.
altered() { python3 "$CONTRACT" story <<<"$1" | head -1; }

router
nat_ruleset
serve_tcp s 80
DB=$DIR/json.db
ip -n "${P}c" addr add 10.1.0.66/24 dev eth0
follow record -d "$DB" 'ip or ip6 or arp'
echo hello | in_ns c ncat -w2 10.1.0.1 8080 >/dev/null
in_ns c ncat -w1 10.2.0.2 25 </dev/null 2>/dev/null
in_ns c ping -qc1 -W1 -I 10.1.0.66 10.2.0.2 >/dev/null
in_ns c ping -6 -qc1 -W1 2001:db8:2::2 >/dev/null
in_ns c ping -qc1 -W1 -s 4000 10.2.0.2 >/dev/null
in_ns r ping -qc1 127.0.0.1 >/dev/null
rejected() { pick record 'select(.ending.text // "" | test("reject"))' | grep -q .; }
until_true 5 rejected
until_true 5 has_told record 20
in_ns r nft -s list table inet fw >"$DIR/rules.nft"
sed 's/policy drop/policy accept/; /counter drop/d' "$DIR/rules.nft" >"$DIR/open.nft"
in_ns r "$SKALD" snapshot -o "$DIR/json.skw"
end_follow record

one=$("$SKALD" show -d "$DB" --json 1)
is "the checker is content with a story" "$(altered "$one")" "1 objects"
is "not with one key more" "$(altered "${one/\"shape\"/\"form\":1,\"shape\"}")" "story: key form is not documented"
is "not with one less" "$(altered "$(jq -c 'del(.iif)' <<<"$one")")" "story: no key iif"
is "not with another type" "$(altered "$(jq -c '.netns = 7' <<<"$one")")" "story.netns: 7 is no text"
is "not with a word of its own" "$(altered "$(jq -c '.events[0].hook = "here"' <<<"$one")")" \
	"event 0.hook: 'here' is no hook"

dropped=$(pick record 'select(.ending.kind == "dropped") | .id' | head -1)
keeps story "$DIR/record.json"
prints story show -d "$DB" --json 1-9999
prints story export -d "$DB" --format json -o -
prints list list -d "$DB" --json
prints "list --shapes" list -d "$DB" --shapes --json
prints why why -d "$DB" "$dropped" --json
prints verify verify -d "$DB" --json
prints whatif whatif -d "$DB" --rules "$DIR/open.nft" --world "$DIR/json.skw" --json
is "something flips" "$(jq ".flips > 0" "$DIR/whatif.out")" true
prints status status -d "$DB" --json
prints doctor doctor --netns "${P}r" -i in --json
prints filter filter help --json
prints ask ask --world "$DIR/json.skw" --iif in --json 'tcp 10.1.0.2:40000 > 10.1.0.1:8080'
prints ask ask --world "$DIR/json.skw" --iif in --json 'udp 10.1.0.2:40000 > 10.1.0.1:9'
is "an answer is held against it, too" "$(jq '.answers | length' "$DIR/ask.out")" 1
"$SKALD" export -d "$DB" -w 'iif == "in"' -o "$DIR/json.pcapng"
prints ask replay --world "$DIR/json.skw" --json "$DIR/json.pcapng"
prints conntrack conntrack replay --json --cut "$DIR/json.pcapng"
prints conntrack conntrack check --json --cut "$DIR/json.pcapng"
# The module's, as recorded.
keeps story "$TOP/tests/unit/records/fragments.stories"
