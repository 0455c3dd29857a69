# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The engine's connection tracking beside the kernel's: what a packet of a known
# flow costs, and a new flow. The kernel's cost is the difference between a path
# with conntrack and the same one where packets are exempt.

CT_FLOWS=40000
CT_MANY=1000000
# Known flows are asked for in another order than they came in.
CT_STRIDE=7919
CT_MAX=/proc/sys/net/netfilter/nf_conntrack_max
CT_BUCKETS=/sys/module/nf_conntrack/parameters/hashsize

# kernel_cost COUNT FLOWS [STRIDE]: CPU nanoseconds a packet, whole path
kernel_cost()
{
	in_ns c "$TOOLS/blast" eth0 "$MAC" 10.1.0.2 10.2.0.2 "$PORT" 0 "$1" "$2" "${3:-1}" |
		sed -n 's/.*, \([0-9]*\) ns a packet.*/\1/p'
}

# ct_room: the kernel's table takes a million, with as many buckets as the
# engine's; ct_room_back: as it was. Both are the whole machine's.
ct_room()
{
	CT_WAS="$(cat "$CT_MAX") $(cat "$CT_BUCKETS")"
	trap 'ct_room_back; cleanup' EXIT
	{ echo 1200000 >"$CT_MAX" && echo 1048576 >"$CT_BUCKETS"; } 2>/dev/null
}
ct_room_back()
{
	[ -n "${CT_WAS:-}" ] || return 0
	echo "${CT_WAS#* }" >"$CT_BUCKETS"
	echo "${CT_WAS% *}" >"$CT_MAX"
	CT_WAS=
}

# ct_million: the kernel's new and known flows when there are a million
ct_million()
{
	local i
	ct_room || return 0
	for i in $(seq "$(quick 3 1)"); do
		progress "a million, round $i"
		ct_forget
		million_fresh+=("$(kernel_cost $CT_MANY $CT_MANY)")
		million_known+=("$(kernel_cost $CT_MANY $CT_MANY $CT_STRIDE)")
	done
	ct_forget
	ct_room_back
}

exempt()
{
	in_ns r nft -f - <<-'RULES'
		table ip exempt {
			chain first {
				type filter hook prerouting priority raw
				notrack
			}
		}
	RULES
}

# ct_value NAME: of the engine's lines
ct_value() { sed -n "s/^$1 //p" "$DIR/conntrack.bench" | sort -n | head -1; }

# ct_forget: the kernel's table is empty
ct_forget() { in_ns r conntrack -F >/dev/null 2>&1; }

section_conntrack()
{
	local i known=() many=() fresh=() none=() million_fresh=() million_known=()
	local base begun
	need conntrack
	bench_router
	heading "Connection tracking"
	: >"$DIR/conntrack.bench"
	# forwarding is by accept alone, so that exempt packets go the same way
	in_ns r nft -f - <<-'RULES'
		flush ruleset
		table ip pass {
			chain forward {
				type filter hook forward priority filter
				ct state established,related counter accept
				counter accept
			}
		}
	RULES
	for i in $(seq "$(quick 9 3)"); do
		progress "round $i"
		[ "$i" -gt "$(quick 5 1)" ] || "$BENCH/conntrack" $CT_MANY >>"$DIR/conntrack.bench"
		ct_forget
		fresh+=("$(kernel_cost $CT_FLOWS $CT_FLOWS)")
		ct_forget
		kernel_cost $CT_FLOWS $CT_FLOWS >/dev/null
		many+=("$(kernel_cost $CT_FLOWS $CT_FLOWS $CT_STRIDE)")
		known+=("$(kernel_cost 30000 64)")
		exempt
		none+=("$(kernel_cost 30000 64)")
		in_ns r nft delete table ip exempt
	done
	ct_million
	base=$(least "${none[@]}")
	begun=$(calc "$(least "${fresh[@]}") - $base")
	ct_row "UDP packet, 64 known flows" known_udp_few \
		"$(calc "$(least "${known[@]}") - $base")" 550
	ct_row "TCP packet, 64 known flows" known_tcp_few - 550
	ct_row "UDP packet, $CT_FLOWS known flows" known_udp_fair \
		"$(calc "$(least "${many[@]}") - $base")" ""
	ct_row "TCP packet, $CT_FLOWS known flows" known_tcp_fair - ""
	ct_row "UDP packet, a million known flows" known_udp_many \
		"$(ct_less "$base" "${million_known[@]}")" ""
	ct_row "TCP packet, a million known flows" known_tcp_many - ""
	ct_row "new UDP flow, $CT_FLOWS in all" new_udp_fair "$begun" ""
	ct_row "new UDP flow, a million in all" new_udp_many \
		"$(ct_less "$base" "${million_fresh[@]}")" ""
	ct_rate "new UDP flows/s, $CT_FLOWS in all" new_udp_fair "$begun"
	ct_rate "new UDP flows/s, a million in all" new_udp_many \
		"$(ct_less "$base" "${million_fresh[@]}")"
	ct_rate "lookups/s, a million flows" known_udp_many \
		"$(ct_less "$base" "${million_known[@]}")"
	row "bytes an entry, $(ct_value helpers) helpers compiled in" "$(ct_value entry_heap)" \
		"$(kernel_entry)"
	row "bytes an entry, none compiled in" "$("$BENCH/entries" | sed -n 's/^entry_heap //p')" -
	note "ns of CPU; the kernel's with less the path without conntrack ($base ns), least of ${#none[@]} rounds"
	note "an entry of a conversation with a helper has $(ct_value help_bytes) bytes more"
}

# ct_less BASE [COST...]: the least of them without the path; "-": there is none
ct_less()
{
	[ $# -gt 1 ] && calc "$(least "${@:2}") - $1" || echo -
}

# ct_rate WHAT NAME KERNEL: in a second, of nanoseconds
ct_rate()
{
	local kernel=-
	[ "$3" = - ] || kernel=$(calc "1e9 / $3")
	row "$1" "$(calc "1e9 / $(ct_value "$2")")" "$kernel"
}

# Bytes of the kernel's entry without its extensions, as its slab has it.
kernel_entry() { awk '$1 == "nf_conntrack" { print $4 }' /proc/slabinfo 2>/dev/null; }

# ct_row WHAT NAME KERNEL BAR
ct_row()
{
	local mine
	mine=$(ct_value "$2")
	if [ "$3" = - ]; then
		row "$1" "$(calc "$mine") ns" - - "${4:+<= $4 ns}" "${4:+$mine <= $4}"
	else
		row "$1" "$(calc "$mine") ns" "$3 ns" "$(calc "$3 / $mine" 1)x" \
			"${4:+<= $4 ns}" "${4:+$mine <= $4}"
	fi
}
