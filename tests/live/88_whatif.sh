#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Other rules for what was recorded: what they would flip, and that the kernel
# agrees when the same packets meet them.
. "$(dirname "$0")/lib.sh"
need_root
need jq
router
nat_ruleset
follow k -d "$DIR/k.db" -r 0
say()
{
	in_ns c python3 - <<-'EOP'
		import socket
		for port in [4000] * 3 + [53] * 2:
		    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		    s.sendto(b"x" * 8, ("10.2.0.2", port))
		s = socket.socket()
		s.settimeout(0.5)
		try:
		    s.connect(("10.1.0.1", 8080))
		except OSError:
		    pass
	EOP
	in_ns c ping -c2 -i0.1 -W1 10.2.0.2 >/dev/null
}
say
until_true 5 sh -c "jq -es 'any(.packet.proto == \"icmp\" and .packet.icmp_type == 0)' $DIR/k.json"
end_follow k
cat >"$DIR/new.nft" <<'EOR'
table inet fw {
	chain pre {
		type nat hook prerouting priority dstnat
		ip daddr 10.1.0.1 tcp dport 8080 dnat ip to 10.2.0.3:80
	}
	chain forward {
		type filter hook forward priority filter; policy drop
		ct state established,related accept
		tcp dport 80 accept
		meta l4proto { icmp, ipv6-icmp } accept
		udp dport 4000 accept
	}
	chain post {
		type nat hook postrouting priority srcnat
		oifname "out" ip saddr 10.1.0.0/24 masquerade
	}
}
EOR
whatif() { "$SKALD" whatif -d "$DIR/k.db" "$@"; }
told=$(whatif --rules "$DIR/new.nft" --json)
of() { jq -r "[.groups[] | select(.packet | test(\"$1\"))] | map(.$2) | add" <<<"$told"; }
is "what was dropped would pass" "$(of ':4000 ' stories)" 3
is "what passed would be dropped" "$(of ':53 ' stories)" 2
like "by the policy" "$(of ':53 ' now)" 'dropped in inet fw forward by its policy'
is "another translation" "$(jq -c '[.groups[] | select(.packet | test(":8080 "))][0].flips' <<<"$told")" '["nat","route"]'
is "pings are none of it" "$(of 'echo-' stories)" null
is "nothing is unknown" "$(jq .unknown <<<"$told")" 0
is "every story was looked at" "$(jq .stories <<<"$told")" "$("$SKALD" list -d "$DIR/k.db" --json | wc -l)"
in_ns r nft list table inet fw >"$DIR/same.nft"
whatif --rules "$DIR/same.nft" >/dev/null
is "the same rules flip nothing" $? 1
like "people can read it" "$(whatif --rules "$DIR/new.nft")" 'would be: dropped in inet fw forward by its policy'
whatif >/dev/null 2>&1
is "without rules" $? 2

# and now the kernel
in_ns r nft flush ruleset
in_ns r nft -f "$DIR/new.nft"
follow n -d "$DIR/n.db" -r 0
say
until_true 5 sh -c "jq -es 'any(.packet.proto == \"icmp\" and .packet.icmp_type == 0)' $DIR/n.json"
end_follow n
fate() { jq -r "select(.iif == \"in\" and .packet.dport == $2) | .ending.kind" "$DIR/$1.json" | sort -u; }
is "the kernel lets the first pass" "$(fate n 4000)" sent
is "and drops the second" "$(fate n 53)" dropped
