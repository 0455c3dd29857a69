# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Helpers of the live tests: namespaces of their own, waiting with a deadline,
# and a tally that the runner prints.
#
# Every test sources this file, makes a topology, follows packets in it and
# compares what skald tells with what somebody else saw.

set -u
TOP=${TOP:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
B=${B:-$TOP/build/release}
case $B in /*) ;; *) B=$TOP/$B ;; esac
SKALD=$B/tui/skald
TOOLS=$B/tests/tools
P=sk$$ # prefix of our namespaces
DIR=$(mktemp -d "${TMPDIR:-/tmp}/skald-live.XXXXXX")
export SKALD_SOCKET=$DIR/tracerd.sock # never the machine's own daemon
PASSED=0
FAILED=0
SPACES=()

cleanup()
{
	local job space
	trap - EXIT
	for job in $(jobs -p); do
		kill "$job" 2>/dev/null
	done
	wait 2>/dev/null
	for space in "${SPACES[@]}"; do
		# Jobs of functions are subshells: their programs outlive them.
		ip netns pids "$space" 2>/dev/null | xargs -r kill -9 2>/dev/null
		ip netns del "$space" 2>/dev/null
	done
	if [ "$FAILED" -gt 0 ] && [ -n "${KEEP:-}" ]; then
		echo "kept: $DIR"
	else
		rm -rf "$DIR"
	fi
}

# A test that did not come to its end, or that looked at nothing, has failed.
finish()
{
	local status=$? failed
	if [ "$FAILED" -eq 0 ] && { [ "$status" -ne 0 ] || [ "$PASSED" -eq 0 ]; }; then
		bad "ended with status $status after $PASSED checks"
	fi
	failed=$FAILED
	cleanup
	echo "$(basename "$0" .sh): $PASSED passed, $failed failed"
	[ "$failed" -eq 0 ] && exit 0
	exit 1
}
trap 'FAILED=$((FAILED + 1)); echo "FAIL interrupted"; finish' INT TERM
trap finish EXIT

skip()
{
	trap - EXIT
	cleanup
	echo "$(basename "$0" .sh): skipped: $*"
	exit 77
}

ok() { PASSED=$((PASSED + 1)); [ -z "${V:-}" ] || echo "ok   $*"; }
bad() { FAILED=$((FAILED + 1)); echo "FAIL $*"; }

# is WHAT GOT WANTED
is()
{
	if [ "$2" = "$3" ]; then ok "$1"; else bad "$1: got '$2', wanted '$3'"; fi
}

# like WHAT TEXT PATTERN (extended regular expression)
like()
{
	if grep -Eq -- "$3" <<<"$2"; then
		ok "$1"
	else
		bad "$1: '$3' is not in:"
		head -c 2000 <<<"$2"
	fi
}

unlike()
{
	if grep -Eq -- "$3" <<<"$2"; then
		bad "$1: '$3' is in:"
		head -c 2000 <<<"$2"
	else
		ok "$1"
	fi
}

# holds WHAT COMMAND...
holds()
{
	local what=$1
	shift
	if "$@"; then ok "$what"; else bad "$what: $*"; fi
}

# until_true SECONDS COMMAND...: wait for a condition
until_true()
{
	local deadline=$(($(date +%s%N) + $1 * 1000000000))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s%N)" -lt "$deadline" ] || return 1
		sleep 0.02
	done
}

need_root() { [ "$(id -u)" -eq 0 ] || skip "needs root"; }
need_tun() { [ -c /dev/net/tun ] || skip "needs /dev/net/tun"; }
need() { command -v "$1" >/dev/null || skip "needs $1"; }

# space NAME...: namespaces; the name is prefixed, "in_ns NAME" runs inside
space()
{
	local name
	for name; do
		ip netns add "$P$name" || skip "cannot make namespaces"
		SPACES+=("$P$name")
		ip -n "$P$name" link set lo up
	done
}

in_ns()
{
	local name=$P$1
	shift
	ip netns exec "$name" "$@"
}

# wire A DEVA B DEVB: a veth pair between two namespaces, up
wire()
{
	ip -n "$P$1" link add "$2" type veth peer name "$4" netns "$P$3"
	ip -n "$P$1" link set "$2" up
	ip -n "$P$3" link set "$4" up
}

forwarding()
{
	in_ns "$1" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward
		echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
}

# router: c (client) -- r (router) -- s (server)
#
#   c eth0 10.1.0.2 ---- 10.1.0.1 in  r  out 10.2.0.1 ---- 10.2.0.2 eth0 s
#     2001:db8:1::2      2001:db8:1::1  2001:db8:2::1      2001:db8:2::2
router()
{
	space c r s
	wire c eth0 r in
	wire s eth0 r out
	ip -n "${P}c" addr add 10.1.0.2/24 dev eth0
	ip -n "${P}r" addr add 10.1.0.1/24 dev in
	ip -n "${P}r" addr add 10.2.0.1/24 dev out
	ip -n "${P}s" addr add 10.2.0.2/24 dev eth0
	ip -n "${P}c" addr add 2001:db8:1::2/64 dev eth0 nodad
	ip -n "${P}r" addr add 2001:db8:1::1/64 dev in nodad
	ip -n "${P}r" addr add 2001:db8:2::1/64 dev out nodad
	ip -n "${P}s" addr add 2001:db8:2::2/64 dev eth0 nodad
	ip -n "${P}c" route add default via 10.1.0.1
	ip -n "${P}s" route add default via 10.2.0.1
	ip -n "${P}c" -6 route add default via 2001:db8:1::1
	ip -n "${P}s" -6 route add default via 2001:db8:2::1
	forwarding r
}

# nat_ruleset: DNAT 10.1.0.1:8080 to the server's port 80, masquerade, a set of
# bad hosts, and a policy that drops.
nat_ruleset()
{
	in_ns r nft -f - <<-'RULES'
	table inet fw {
		set bad {
			type ipv4_addr
			elements = { 10.1.0.66 }
		}
		chain pre {
			type nat hook prerouting priority dstnat
			ip daddr 10.1.0.1 tcp dport 8080 dnat ip to 10.2.0.2:80 comment "web"
		}
		chain forward {
			type filter hook forward priority filter; policy drop
			ct state established,related accept
			ip saddr @bad counter drop comment "bad host"
			tcp dport 80 accept
			meta l4proto { icmp, ipv6-icmp } accept
			udp dport 53 jump dns
			tcp dport 25 counter reject with tcp reset comment "no mail"
		}
		chain dns {
			udp length > 100 return
			accept
		}
		chain post {
			type nat hook postrouting priority srcnat
			oifname "out" ip saddr 10.1.0.0/24 masquerade
		}
	}
	RULES
}

# follow NAME ARGUMENTS...: starts "skald follow --json" in namespace r in the
# background and waits until its rules are in the kernel. Stories go to
# $DIR/NAME.json, messages to $DIR/NAME.err; its pid is in FOLLOW.
follow()
{
	local name=$1
	shift
	rm -f "$DIR/$name.json" "$DIR/$name.err" # of an earlier one of that name
	# Not in_ns: $! would be the subshell that runs the function.
	ip netns exec "$P${FOLLOW_IN:-r}" "$SKALD" follow --json "$@" \
		>"$DIR/$name.json" 2>"$DIR/$name.err" &
	FOLLOW=$!
	until_true 10 grep -q '^following ' "$DIR/$name.err" || {
		bad "skald follow did not start"
		cat "$DIR/$name.err"
		return 1
	}
}

# told NAME: how many stories have been told
told() { wc -l <"$DIR/$1.json"; }
has_told() { [ "$(told "$1")" -ge "$2" ]; }

# end_follow NAME: ask it to stop, and wait (bash makes jobs deaf to SIGINT)
end_follow()
{
	kill -TERM "$FOLLOW" 2>/dev/null
	wait "$FOLLOW" 2>/dev/null
}

# pick NAME FILTER: query the stories with jq; strings come out raw
pick() { jq -cr "$2" "$DIR/$1.json"; }

serve_tcp()
{
	ip netns exec "$P$1" ncat -lk "$2" --sh-exec 'cat >/dev/null; echo bye' &
	until_true 5 listening "$1" "$2"
}
listening() { in_ns "$1" ss -Hltn "sport = :$2" | grep -q .; }
