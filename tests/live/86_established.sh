#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Connections of a world: packets of theirs are known, and translated both ways.
. "$(dirname "$0")/lib.sh"
need_root
need jq
router
nat_ruleset
in_ns s python3 -c 'import socket, sys
l = socket.socket()
l.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
l.bind(("10.2.0.2", 80))
l.listen(1)
s, _ = l.accept()
s.recv(10)
sys.stdin.read()' </dev/null >/dev/null 2>&1 &
until_true 5 sh -c "ip netns exec ${P}s ss -ltn | grep -q :80"
in_ns c python3 -c 'import signal, socket
s = socket.socket()
s.bind(("10.1.0.2", 40000))
s.connect(("10.1.0.1", 8080))
open("'"$DIR"'/connected", "w").close()
signal.pause()' >/dev/null 2>&1 &
until_true 5 test -e "$DIR/connected"
in_ns r "$SKALD" snapshot -o "$DIR/r.skw" || bad "no snapshot"
ask() { "$SKALD" ask --world "$DIR/r.skw" --json "$@"; }
there=$(ask --iif in 'tcp 10.1.0.2:40000 > 10.1.0.1:8080 flags PA')
is "a packet of the connection is known" \
	"$(jq -r '.events[] | select(.kind == "conntrack") | "\(.state) \(.direction)"' <<<"$there")" "established original"
is "it is translated as the first was" \
	"$(jq -r '.final | "\(.saddr) \(.daddr) \(.dport)"' <<<"$there")" "10.2.0.1 10.2.0.2 80"
is "and accepted by its state" \
	"$(jq -r '.events[] | select(.kind == "rule" and .chain == "forward") | .text' <<<"$there")" "ct state established,related accept"
back=$(ask --iif out 'tcp 10.2.0.2:80 > 10.2.0.1:40000 flags A')
is "so is an answer" "$(jq -r '.final | "\(.saddr) \(.sport) \(.daddr)"' <<<"$back")" "10.1.0.1 8080 10.1.0.2"
is "another connection is new" \
	"$(ask --iif in 'tcp 10.1.0.2:40001 > 10.1.0.1:8080' | jq -r '.events[] | select(.kind == "conntrack") | .state')" new
