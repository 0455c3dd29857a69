# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What armed classifiers cost packets that they do not match. The peer is the
# least that can be had: one base chain with one rule that marks.

# cost: CPU nanoseconds a packet, sender and whole path; rulesets that were just
# replaced are gone by then
cost()
{
	send 0 5000 >/dev/null
	send 0 30000 | sed -n 's/.*, \([0-9]*\) ns a packet.*/\1/p'
}

peer_chain()
{
	in_ns r nft -f - <<-'RULES'
		table ip peer {
			chain first {
				type filter hook prerouting priority raw - 10
				ip saddr 192.0.2.99 meta nftrace set 1
			}
		}
	RULES
}

section_forward()
{
	local i off=() armed=() ten=() peer=() base
	bench_router
	heading "Forwarding with classifiers armed, nothing matches"
	for i in $(seq "$(quick 25 9)"); do
		progress "round $i"
		off+=("$(cost)")
		peer_chain
		peer+=("$(cost)")
		in_ns r nft delete table ip peer
		start_daemon || return 1
		arm 'host 192.0.2.99' || return 1
		armed+=("$(cost)")
		for port in $(seq 9); do
			arm "udp port $port and host 192.0.2.99"
		done
		ten+=("$(cost)")
		end_daemon
	done
	base=$(least "${off[@]}")
	row "20 rules, nothing armed" "$base ns"
	forward_row "one classifier" 10 "${armed[@]}"
	forward_row "ten classifiers" "" "${ten[@]}"
	note "ns a packet from the client's send(2) to the server's ingress; least of ${#off[@]} rounds each"
}

# forward_row WHAT BAR NUMBER...
forward_row()
{
	local what=$1 bar=$2 mine theirs percent
	shift 2
	mine=$(least "$@")
	theirs=$(least "${peer[@]}")
	percent=$(calc "($mine - $base) * 100 / $base" 1)
	row "$what" "$mine ns" "$theirs ns" \
		"+$percent%" "${bar:+<= +$bar%}" "${bar:+$percent <= $bar}"
}
