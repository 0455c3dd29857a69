# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What rules, sets and changes cost in the engine, and what it takes to ask a
# saved world, to replay packets and to try other rules, beside the kernel's.

RULES_LOOKUPS=50 # rules with a look-up each, so that one can be seen

# CPU ns of one UDP packet over loopback, the least of several rounds.
rules_kernel_packet()
{
	ip netns exec "$RULES_NS" python3 - "${1:-300}" <<-'EOT'
		import resource, socket, sys
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		best = None
		for _ in range(7):
		    n = int(sys.argv[1])
		    a = resource.getrusage(resource.RUSAGE_SELF)
		    for _ in range(n):
		        s.sendto(b"x", ("127.0.0.1", 9))
		    b = resource.getrusage(resource.RUSAGE_SELF)
		    t = (b.ru_utime + b.ru_stime - a.ru_utime - a.ru_stime) / n * 1e9
		    best = t if best is None or t < best else best
		print(round(best))
	EOT
}

# rules_kernel DIVISOR PACKETS: ns of what the chain on standard input, the last
# in its table, holds, less a packet through an empty one
rules_kernel()
{
	local empty full
	ip netns exec "$RULES_NS" nft -f - <<-EOT
		flush ruleset
		table ip t {
			chain c {
				type filter hook input priority 0
			}
		}
	EOT
	empty=$(rules_kernel_packet)
	{
		printf 'table ip t {\n'
		cat
		printf '}\n}\n'
	} | ip netns exec "$RULES_NS" nft -f - || return
	full=$(rules_kernel_packet "$2")
	ip netns exec "$RULES_NS" nft flush ruleset
	calc "($full - $empty) / $1" 2
}

# N rules that do not match
rules_kernel_walk()
{
	{
		echo "chain c {"
		seq "$1" | awk '{ printf "ip saddr 10.%d.%d.%d drop\n", $1 / 65536, $1 / 256 % 256, $1 % 256 }'
	} | rules_kernel "$1" $((200000 / $1 + 5))
}

# KIND N: look-ups among N keys
rules_kernel_set()
{
	local key='ip saddr' type='ipv4_addr' element='%s' flags=
	case $1 in
	interval)
		element='%s/31'
		flags='flags interval;'
		;;
	concat)
		key='ip saddr . udp sport'
		type='ipv4_addr . inet_service'
		element='%s/31 . 5-6'
		flags='flags interval;'
		;;
	esac
	{
		echo "set s { type $type; $flags elements = {"
		seq "$2" | awk -v e="$element" '{ i = $1 * 2; if (NR > 1) printf ",";
			printf e, sprintf("10.%d.%d.%d", i / 65536, i / 256 % 256, i % 256) }'
		printf '} ; }\nchain c {\n'
		seq $RULES_LOOKUPS | sed "s/.*/$key @s drop/"
	} | rules_kernel $RULES_LOOKUPS 300
}

rules_sets()
{
	local kind n kernel
	for kind in hash interval concat; do
		for n in 10000 1000000; do
			kernel=-
			# more would take the kernel minutes to load
			[ "$n" -gt 10000 ] && [ "$kind$QUICK" != hash ] || kernel=$(rules_kernel_set $kind $n)
			row "look-up, $kind, $n" "$("$BENCH/rules" set "$kind" "$n") ns" "$kernel ns"
		done
	done
}

rules_replay()
{
	local told decided kernel
	bench_router
	in_ns r "$SKALD" snapshot -o "$DIR/router.skw" 2>/dev/null
	send 0 5000 >/dev/null
	kernel=$(send 0 30000 | sed -n 's/.*, \([0-9]*\) ns a packet.*/\1/p')
	read -r decided told < <("$BENCH/replay" "$DIR/router.skw" in | awk '{ print $2 }' | xargs)
	row "packet, 20 rules and conntrack" "$decided ns" "$kernel ns" \
		"$(calc "$kernel / $decided" 1)x" "<= 550 ns" "$decided <= 550"
	row "the same with routes, and told as a story" "$told ns" "$kernel ns" "$(calc "$kernel / $told" 1)x"
	note "the kernel's is the whole path from the client's send(2) to the server's ingress"
}

# rules_world NAME FILE: CPU seconds of a question to a saved world
rules_world()
{
	local cpu
	"$SKALD" snapshot --rules "$2" -o "$DIR/ask.skw" 2>/dev/null || return
	cpu=$(for _ in 1 2 3 4 5; do
		{ TIMEFORMAT='%U %S'; time "$SKALD" ask --world "$DIR/ask.skw" --iif eth0 \
			'tcp 192.0.2.7:40000 > 10.96.0.77:80' >/dev/null 2>&1; } 2>&1 | awk '{ print $1 + $2 }'
	done | sort -n | head -1)
	row "ask a saved world: $1" "$cpu s" - - "<= 0.1 s" "$cpu <= 0.1"
}

rules_worlds()
{
	local material=${SKALD_MATERIAL:-$TOP/../shared/material}/rulesets file
	for file in "$material"/nft/docker-doc_usernet-portmap-noproxy.nft \
		"$material"/nft/openwrt-fw4_01_configuration_02_rule_order.nft; do
		[ -e "$file" ] && rules_world "$(basename "$file" .nft)" "$file"
	done
	[ -e "$material/gen_kubeproxy.py" ] || return 0
	python3 "$material/gen_kubeproxy.py" nft 1000 5 >"$DIR/kube.nft"
	rules_world "kube-proxy, 1000 services, nft" "$DIR/kube.nft"
	python3 "$material/gen_kubeproxy.py" iptables 1000 5 >"$DIR/kube.save"
	rules_world "kube-proxy, 1000 services, iptables" "$DIR/kube.save"
}

rules_whatif()
{
	local n cpu
	n=$(quick 100000 10000)
	{
		printf 'table inet f {\nchain c {\ntype filter hook forward priority 0; policy drop\n'
		seq 299 | awk '{ printf "ip saddr 10.9.%d.%d udp dport %d accept\n", $1 / 250, $1 % 250, 1000 + $1 }'
		printf 'udp dport 1-65535 accept\n}\n}\n'
	} >"$DIR/300.nft"
	python3 "$HERE/parts/packets.py" "$n" >"$DIR/packets.pcap"
	"$SKALD" replay --world "$DIR/router.skw" --iif in -q -d "$DIR/whatif.db" "$DIR/packets.pcap" >/dev/null 2>&1
	cpu=$({ TIMEFORMAT='%U %S'; time "$SKALD" whatif -d "$DIR/whatif.db" --rules "$DIR/300.nft" \
		>/dev/null 2>&1; } 2>&1 | awk '{ print $1 + $2 }')
	row "whatif: $n stories, 300 rules" "$cpu s" - - "<= 2 s" "$cpu <= 2"
}

section_rules()
{
	local n walk add
	RULES_NS=${P}rules
	ip netns add "$RULES_NS"
	SPACES+=("$RULES_NS")
	ip -n "$RULES_NS" link set lo up
	heading "Rules in the engine, beside the kernel's"
	for n in 1000 10000 100000; do
		walk=$("$BENCH/rules" walk "$n")
		row "a rule that does not match, of $n" "$walk ns" "$(rules_kernel_walk "$n") ns" - "<= 3 ns" "$walk <= 3"
		row "the same, inserted in no order" "$("$BENCH/rules" walk "$n" scrambled) ns"
	done
	rules_sets
	for n in 1000 10000 100000; do
		add=$("$BENCH/rules" add "$n" | awk '{ printf "%.2f", $1 / 1000 }')
		row "one rule added to $n" "$add us" \
			"$(ip netns exec "$RULES_NS" "$BENCH/rules" kernel-add "$n" | awk '{ printf "%.1f", $1 / 1000 }') us" \
			- "<= 50 us" "$add <= 50"
	done
	rules_replay
	rules_worlds
	rules_whatif
}
