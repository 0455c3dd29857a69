#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The ruleset changes while packets are followed: every rule event has the text
# that was in force, also of rules deleted since; flushing the ruleset does not
# stop us; rules of iptables-nft are told in iptables' words.
. "$(dirname "$0")/lib.sh"
need_root
need jq
need iptables-nft

router
nat_ruleset
follow change -d "$DIR/change.db" -r 0 'icmp'

# ping N: one ping from the client, and wait for its two stories
pings=0
ping_once()
{
	in_ns c ping -qc 1 -W 1 10.2.0.2 >/dev/null 2>&1
	pings=$((pings + 1))
}
texts() { pick change ".events[] | select(.kind == \"rule\") | .text // \"none\"" | sort -u; }
newest_texts() { pick change '[.events[] | select(.kind == "rule") | .text] | join("|")' | tail -"$1"; }

ping_once
until_true 5 has_told change 2
like "a rule that was there before" "$(texts)" 'meta l4proto \{ icmp, ipv6-icmp \} accept|icmp'

in_ns r nft insert rule inet fw forward icmp type echo-request counter comment '"new one"'
ping_once
until_true 5 has_told change 4
like "a rule added while following" "$(newest_texts 2)" 'icmp type echo-request counter comment "new one"'

handle=$(in_ns r nft -a list chain inet fw forward | sed -n 's/.*new one.*# handle //p')
in_ns r nft replace rule inet fw forward handle "$handle" icmp type echo-request counter comment '"replaced"'
ping_once
until_true 5 has_told change 6
like "a rule replaced while following" "$(newest_texts 2)" 'comment "replaced"'
unlike "and not the old text" "$(newest_texts 2)" 'new one'

handle=$(in_ns r nft -a list chain inet fw forward | sed -n 's/.*replaced.*# handle //p')
in_ns r nft delete rule inet fw forward handle "$handle"
ping_once
until_true 5 has_told change 8
unlike "a rule that was deleted is not met" "$(newest_texts 2)" 'replaced'
like "but the earlier story still has its text" "$(texts)" 'comment "replaced"'

in_ns r nft flush ruleset
ping_once
until_true 5 has_told change 10
is "flush ruleset does not stop us" "$(told change)" 10
is "and leaves no rule to meet" "$(newest_texts 2 | tr -d '\n|')" ''

# The same table again: handles come again and mean other rules.
in_ns r nft -f - <<-'RULES'
table inet fw {
	chain forward {
		type filter hook forward priority filter; policy accept
		icmp type echo-request counter comment "second life"
		icmp type echo-reply counter comment "answer"
	}
}
RULES
ping_once
until_true 5 has_told change 12
like "a table made anew" "$(newest_texts 2)" 'second life'
like "reply too" "$(newest_texts 2)" 'comment "answer"'

in_ns r nft flush ruleset
in_ns r iptables-nft -A FORWARD -p icmp --icmp-type echo-request -m conntrack --ctstate NEW -m comment --comment "by iptables" -j ACCEPT
in_ns r iptables-nft -t mangle -A FORWARD -p icmp -j TTL --ttl-set 33
ping_once
until_true 5 has_told change 14
like "iptables' words" "$(newest_texts 2)" '-p icmp -m icmp --icmp-type 8 -m conntrack --ctstate NEW -m comment --comment "by iptables" -j ACCEPT'
like "a change by an iptables rule has its author" \
	"$(pick change '.events[] | select(.kind == "mangle" and .field == "ttl" and .new == 33) | .by')" \
	'ip mangle FORWARD rule [0-9]+'
in_ns r nft -f - <<-'RULES'
table inet fw {
	chain forward {
		type filter hook forward priority filter - 5; policy accept
		icmp type echo-request drop comment "enough"
	}
}
RULES
ping_once
until_true 5 has_told change 15
end_follow change

is "no story has a gap" "$(pick change 'select(.complete | not) | .id' | wc -l)" 0
is "no rule event without a text" "$(texts | grep -c '^none$')" 0
"$SKALD" show -d "$DIR/change.db" "$(pick change 'select(.ending.kind == "dropped") | .id')" >"$DIR/show.txt"
like "show says which rule dropped it" "$(head -3 "$DIR/show.txt")" 'DROPPED in inet fw forward by rule [0-9]+'
like "with its text" "$(tr '\n' ' ' <"$DIR/show.txt")" 'drop comment "enough"'
like "and who loaded the rule" "$(tr '\n' ' ' <"$DIR/show.txt")" 'loaded [0-9:]+ +by pid [0-9]+ nft'
