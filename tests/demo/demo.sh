#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
#   client 10.1.0.2 ---- 10.1.0.1 router 10.2.0.1 ---- 10.2.0.2 server
#
# The router translates its port 8080 to the server's port 80, hides the client
# behind its own address, knows a set of bad hosts and drops what nobody asked
# for. skald follows real packets through it.
. "$(dirname "$0")/../live/lib.sh"
trap cleanup EXIT
trap 'exit 130' INT TERM

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] && [ -z "${NO_COLOR:-}" ] || say() { printf '\n%s\n' "$*"; }

if [ "$(id -u)" -ne 0 ]; then
	echo "skald demo: needs root, for network namespaces of its own" >&2
	exit 3
fi
DB=$DIR/demo.db

say "Three namespaces: a client, a router with this ruleset, a server"
router
ip -n "${P}c" addr add 10.1.0.66/24 dev eth0
nat_ruleset
in_ns r nft list ruleset | sed 's/^/  /'
serve_tcp s 80

say "skald follow tcp, while the client asks for 10.1.0.1:8080 and a bad host too"
in_ns r "$SKALD" follow -d "$DB" -t 20 tcp \
	>/dev/null 2>"$DIR/follow.err" &
FOLLOW=$!
until_true 10 grep -q '^following ' "$DIR/follow.err" || {
	cat "$DIR/follow.err" >&2
	exit 1
}
echo hello | in_ns c ncat -w2 10.1.0.1 8080 >/dev/null || :
in_ns c ncat -s 10.1.0.66 -w1 10.1.0.1 8080 </dev/null >/dev/null 2>&1 || :
recorded() { "$SKALD" list -d "$DB" -w 'verdict == drop' --json | grep -q .; }
until_true 5 recorded
kill -TERM $FOLLOW 2>/dev/null
wait $FOLLOW 2>/dev/null || :

# show FILTER: the oldest story that it finds
show()
{
	local id
	id=$("$SKALD" list -d "$DB" -w "$1" --json | head -1 | sed -E 's/^\{"id": ?([0-9]+).*/\1/')
	[ -n "$id" ] && "$SKALD" show -d "$DB" "$id"
}
say "The connection's first packet: translated twice"
show 'ip.src == 10.1.0.2 && dst.port == 8080'
say "The reply, translated back"
show 'ip.src == 10.2.0.2'
say "The bad host's packet"
show 'verdict == drop'

if [ -t 0 ] && [ -t 1 ] && [ -z "${CI:-}" ]; then
	say "Press Enter for the browser (q leaves it)"
	read -r _
	"$SKALD" browse -d "$DB"
else
	say "With a terminal, the browser would open now: skald browse -d FILE"
fi
