# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What rules, sets and changes cost in the engine, beside the kernel's.

# ns a rule in the kernel: packets over loopback through N rules that do not
# match, less packets through none.
rules_kernel_walk()
{
	local n=$1 empty full
	ip netns exec "$RULES_NS" nft -f - <<-EOT
		flush ruleset
		table ip t { chain c { type filter hook input priority 0; } }
	EOT
	empty=$(rules_kernel_packet)
	{
		echo "table ip t { chain c {"
		seq "$n" | awk '{ printf "ip saddr 10.%d.%d.%d drop\n", $1 / 65536, $1 / 256 % 256, $1 % 256 }'
		echo "} }"
	} | ip netns exec "$RULES_NS" nft -f -
	full=$(rules_kernel_packet)
	awk -v a="$full" -v b="$empty" -v n="$n" 'BEGIN { printf "%.2f", (a - b) / n }'
}

# CPU ns of one UDP packet over loopback, the least of several rounds.
rules_kernel_packet()
{
	ip netns exec "$RULES_NS" python3 - <<-'EOT'
		import resource, socket
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		best = None
		for _ in range(7):
		    n = 300
		    a = resource.getrusage(resource.RUSAGE_SELF)
		    for _ in range(n):
		        s.sendto(b"x", ("127.0.0.1", 9))
		    b = resource.getrusage(resource.RUSAGE_SELF)
		    t = (b.ru_utime + b.ru_stime - a.ru_utime - a.ru_stime) / n * 1e9
		    best = t if best is None or t < best else best
		print(round(best))
	EOT
}

section_rules()
{
	local n kind
	RULES_NS=${P}rules
	ip netns add "$RULES_NS"
	ip -n "$RULES_NS" link set lo up
	echo
	echo "rules: ns a rule that does not match, ns a look-up, us a rule added"
	printf '%-34s %10s %10s\n' what engine kernel
	for n in 1000 10000 100000; do
		printf '%-34s %10s %10s\n' "walk, $n rules" "$("$BENCH/rules" walk "$n")" \
			"$([ "$n" -gt 10000 ] && echo - || rules_kernel_walk "$n")"
		printf '%-34s %10s %10s\n' "walk, $n rules, scrambled" \
			"$("$BENCH/rules" walk "$n" scrambled)" -
	done
	for kind in hash interval concat; do
		for n in 10000 1000000; do
			printf '%-34s %10s %10s\n' "look-up, $kind, $n" "$("$BENCH/rules" set "$kind" "$n")" -
		done
	done
	for n in 1000 10000 100000; do
		printf '%-34s %10s %10s\n' "add one rule, $n rules" \
			"$("$BENCH/rules" add "$n" | awk '{ printf "%.1f", $1 / 1000 }')" -
	done
	ip netns del "$RULES_NS"
}
