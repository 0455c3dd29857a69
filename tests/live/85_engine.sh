#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The engine against the kernel: packets directed at the rules of a ruleset go
# through the kernel, which tells the path of each; the engine must take the same,
# rule by rule, with the same bytecode. A ruleset of our own, and those beside
# the tree where they are.
#   PACKETS=N for each ruleset (300), SEED=N, ONLY=WORD: rulesets with that word
#   MOST=SECONDS: no ruleset is begun later, and how many were left out is told
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/agree/lib.sh"
need_root
need_tun
need iptables-nft-restore
RULESETS=${SKALD_MATERIAL:-$TOP/../shared/material}/rulesets
PACKETS=${PACKETS:-300}
SEED=${SEED:-$$}
AGREE=0 UNKNOWN=0 DISAGREE=0 REFUSED=0 SENT=0 CLOCK=0 LEFT=0

# trace_devices: from the device on, before anything else
trace_devices()
{
	local name n=0
	in_ns e nft add table netdev skald
	for name in "${TAPS[@]}"; do
		in_ns e nft "add chain netdev skald in$n { type filter hook ingress device \"$name\" priority -450; }
			add rule netdev skald in$n meta nftrace set 1"
		n=$((n + 1))
	done
}

# compare FILE TOOL...: the tool loads the file; false: it does not load here
compare()
{
	local file=$1 out sent agree unknown disagree clock
	shift
	if [ "$SECONDS" -ge "${MOST:-$((SECONDS + 1))}" ]; then
		LEFT=$((LEFT + 1))
		return
	fi
	# shellcheck disable=SC2046 # a list of names
	stage $(interfaces "$file" 12)
	if ! in_ns e timeout 60 "$@" <"$file" >/dev/null 2>&1; then
		REFUSED=$((REFUSED + 1))
		leave
		return
	fi
	in_ns e nft 'add table inet skald
		add chain inet skald first { type filter hook prerouting priority -450; }
		add rule inet skald first meta nftrace set 1'
	if grep -q 'hook ingress' "$file"; then
		trace_devices
	fi
	out=$(in_ns e timeout 300 "$TOOLS/engine_agree" "$PACKETS" "$SEED" "${TAPS[@]}")
	read -r sent agree unknown disagree clock < <(sed -nE \
		's/^([0-9]+) packets.*: ([0-9]+) agree, ([0-9]+) unknown, ([0-9]+) disagree, ([0-9]+) .*/\1 \2 \3 \4 \5/p' <<<"$out")
	is "$(basename "$file"): chains that disagree" "${disagree:-none told}" 0
	[ "${disagree:-1}" = 0 ] || head -20 <<<"$out"
	SENT=$((SENT + ${sent:-0}))
	CLOCK=$((CLOCK + ${clock:-0}))
	AGREE=$((AGREE + ${agree:-0}))
	UNKNOWN=$((UNKNOWN + ${unknown:-0}))
	DISAGREE=$((DISAGREE + ${disagree:-0}))
	leave
}

cat >"$DIR/own.nft" <<'EOT'
table inet t {
	set hosts {
		type ipv4_addr; flags interval
		elements = { 10.77.0.0/24, 10.9.0.1-10.9.0.77 }
	}
	set pairs {
		type ipv4_addr . inet_service; flags interval
		elements = { 10.77.1.0/24 . 1000-2000, 10.77.0.0/16 . 53 }
	}
	chain end {
		ip ttl < 64 counter
		ip6 hoplimit >= 64 counter accept
	}
	chain inner {
		ct state invalid counter drop
		tcp flags & (syn | ack) == syn counter return
		meta l4proto udp goto end
	}
	map ways {
		type inet_service : verdict
		elements = { 22 : jump inner, 80 : accept, 443 : drop }
	}
	chain pre {
		type filter hook prerouting priority -300
		meta length > 60 counter
		ip dscp != cs0 meta mark set 0x7
		tcp option maxseg exists counter
		@th,16,16 { 53, 67 } counter
		icmp type { echo-request, echo-reply } counter
	}
	chain through {
		type filter hook forward priority 0; policy drop
		ct state established,related accept
		ip saddr @hosts counter
		ip daddr . th dport @pairs accept
		meta mark and 0x3 == 0x3 counter
		tcp dport vmap @ways
		udp dport 1000-2000 accept
		ip6 saddr fd77::/16 ip6 nexthdr { tcp, udp } counter jump inner
		iifname "tap*" oifname != "tap0" counter
		ct direction reply accept
		meta nfproto ipv6 reject
	}
	chain in {
		type filter hook input priority 0
		fib daddr type local counter jump inner
		tcp dport { 22, 80, 443 } ct state new accept
		icmpv6 type != echo-request drop
	}
}
table ip n {
	chain d {
		type nat hook prerouting priority -100
		tcp dport 80 dnat to 10.77.1.9:8080
	}
	chain s {
		type nat hook postrouting priority 100
		ip daddr 10.77.1.0/24 masquerade
	}
}
EOT
PACKETS=$((PACKETS * 10)) compare "$DIR/own.nft" nft -f -
PACKETS=$((PACKETS * 3)) compare "$TOP/tests/agree/devices/ingress.nft" nft -f -
is "a ruleset of our own was refused" "$REFUSED" 0

if [ -d "$RULESETS" ]; then
	for file in "$RULESETS"/nft/*"${ONLY:-}"*; do
		[ -e "$file" ] || continue
		compare "$file" nft -f -
	done
	for file in "$RULESETS"/iptables-save/*"${ONLY:-}"*; do
		[ -e "$file" ] || continue
		tool=iptables-nft-restore
		grep -qE '::|icmp6' "$file" && tool=ip6tables-nft-restore
		compare "$file" $tool
	done
else
	echo "no rulesets in $RULESETS: only our own (SKALD_MATERIAL)"
fi
echo "packets: $SENT sent; chains: $AGREE agree, $CLOCK of them by a moment of the clock's window, $UNKNOWN unknown," \
	"$DISAGREE disagree; $REFUSED rulesets do not load here, $LEFT left out; $((SENT / (SECONDS + 1))) packets/s; seed $SEED"
