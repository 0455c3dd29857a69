# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The engine in a world against the kernel in it: what the harness, its
# scenarios and the one who makes them small have in common. Sourced behind
# tests/live/lib.sh.

# interfaces FILE [MOST]: that a ruleset names, and two more
interfaces()
{
	{
		grep -oE '(iifname|oifname|iif|oif|-i|-o)( !=)? "?[A-Za-z][A-Za-z0-9_.-]*' "$1" |
			awk '{ print $NF }' | tr -d '"' |
			grep -vxE 'lo|iif|oif|type|exists|missing' | sort -u |
			awk 'length($0) < 16' | head -"${2:-60}"
		echo tap0
		echo tap1
	} | sort -u
}

# stage NAME...: taps with addresses of their own; packets come in by them
stage()
{
	local n=0 name
	space e
	in_ns e sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
		net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 \
		net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.default.disable_ipv6=0
	TAPS=()
	for name; do
		in_ns e ip tuntap add dev "$name" mode tap 2>/dev/null || continue
		in_ns e ip link set "$name" arp off addrgenmode none up
		in_ns e ip addr add "10.77.$n.1/24" dev "$name"
		in_ns e ip -6 addr add "fd77:$n::1/64" dev "$name" nodad
		TAPS+=("$name")
		n=$((n + 1))
	done
	in_ns e ip route add default via 10.77.0.2 dev "${TAPS[0]}"
	in_ns e ip -6 route add default via fd77::2 dev "${TAPS[0]}"
}

leave()
{
	ip netns del "${P}e"
	# shellcheck disable=SC2034 # lib.sh deletes those that are left
	SPACES=()
}

# What the kernel itself sends would begin connections that no capture has. What
# it answers (rules that say "# answers" in a comment) belongs to the connection
# of the packet that it answers.
quiet()
{
	local answers=
	! grep -q '^# answers' "$1" ||
		answers='add rule inet skald-1 quiet ct state related accept'
	# rules that flush take it with them, and then it comes back
	in_ns e nft "add table inet skald-1
		delete table inet skald-1
		add table inet skald-1
		add chain inet skald-1 quiet { type filter hook output priority -2000; policy drop; }
		add rule inet skald-1 quiet meta skuid 0 accept
		$answers"
}

# The last packet that is sent has a mark of its own; what came before is told.
settled() { "$SKALD" list -d "$DIR/e.db" --json 2>/dev/null | grep -q '"id":57005[,}]'; }

# loader FILE: the tool that loads a file of rules
loader()
{
	case $1 in
	*.nft | */nft/*) echo nft -f - ;;
	*) if grep -qE '::|icmp6' "$1"; then echo ip6tables-nft-restore; else echo iptables-nft-restore; fi ;;
	esac
}

# routes: those by which the rules are met; of a file that was kept, or new ones
routes()
{
	local family
	if [ -n "${ROUTES:-}" ]; then
		cp "$ROUTES" "$DIR/e.routes"
	else
		in_ns e "$SKALD" snapshot -o "$DIR/e.skw" || bad "no snapshot"
		"$TOOLS/world_send" -r "$DIR/e.skw" "${TAPS[@]}" | sort -u >"$DIR/e.routes"
	fi
	# a destination may have several: the first stays
	for family in 4 6; do
		sed -n "s/^-$family //p" "$DIR/e.routes" |
			in_ns e ip -force -$family -batch - >/dev/null 2>&1
	done
}

# meet FILE SENT...: a namespace with the rules of the file; the kernel's
# stories of what world_send sends, in $DIR/e.*; 2: the rules do not load here.
# A word @WORLD stands for the snapshot.
meet()
{
	local file=$1 tool
	shift
	ANSWERS=$(! grep -q '^# answers' "$file" || echo -a)
	tool=$(loader "$file")
	# shellcheck disable=SC2046 # a list of names
	stage $(interfaces "$file")
	quiet "$file"
	# shellcheck disable=SC2086 # a command
	if ! in_ns e timeout 60 $tool <"$file" >/dev/null 2>&1; then
		leave
		return 2
	fi
	rm -f "$DIR"/e.*
	quiet "$file"
	routes
	in_ns e "$SKALD" snapshot -o "$DIR/e.skw" || bad "no snapshot"
	FOLLOW_IN=e follow e -d "$DIR/e.db" -r 0 || return 1
	in_ns e timeout 300 "$TOOLS/world_send" "${@/#@WORLD/$DIR/e.skw}" "$DIR/e.pcapng" "${TAPS[@]}" ||
		bad "$(basename "$file"): packets cannot be sent"
	until_true 30 settled
	end_follow e
	leave
}

# judge OPTION...: what the engine says of them
# shellcheck disable=SC2086 # an option, or none
judge() { "$TOOLS/world_agree" $ANSWERS "$@" "$DIR/e.skw" "$DIR/e.db" "$DIR/e.pcapng" 2>&1; }
