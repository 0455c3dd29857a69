#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A connection between two programs that was half closed, recorded while it
# happened: how long it was, out of the database.
. "$(dirname "$0")/lib.sh"
need_root
need jq
need python3

router
in_ns r nft -f - <<'RULES'
table ip pass {
	chain forward {
		type filter hook forward priority filter
		ct state established,related,new accept
	}
}
RULES
# the server reads to the end, and says goodbye when it is told to
mkfifo "$DIR/go"
cat >"$DIR/server.py" <<'PYTHON'
import socket, sys
listener = socket.create_server(("10.2.0.2", 80))
peer, _ = listener.accept()
while peer.recv(100):
    pass
open(sys.argv[1]).read()
peer.sendall(b"bye")
peer.close()
PYTHON
cat >"$DIR/client.py" <<'PYTHON'
import socket
peer = socket.create_connection(("10.2.0.2", 80))
peer.sendall(b"hello")
peer.shutdown(socket.SHUT_WR)
while peer.recv(100):
    pass
PYTHON
in_ns s python3 "$DIR/server.py" "$DIR/go" &
until_true 5 listening s 80
follow half -d "$DIR/half.db" 'tcp port 80'
in_ns c timeout 20 python3 "$DIR/client.py" &
CLIENT=$!

# the FIN was heard, and its acknowledgement
fins() { jq -r 'select(.packet.flags // "" | contains("F")) | .id' "$DIR/half.json" | wc -l; }
has_fins() { [ "$(fins)" -ge "$1" ]; }
holds "the client closed its side" until_true 10 has_fins 1
n=$(told half)
holds "and was acknowledged" until_true 10 has_told half "$((n > 5 ? n : 5))"
echo go >"$DIR/go"
holds "the server closed as well" until_true 10 has_fins 2
wait "$CLIENT"
end_follow half

"$SKALD" conntrack halfclose --json "$DIR/half.db" >"$DIR/told.json"
is "one connection was half closed, until the other side closed" \
	"$(jq -c '[.connections[].end]' "$DIR/told.json")" '["closed"]'
is "by the client" "$(jq -r '.connections[0].tuple.saddr' "$DIR/told.json")" 10.1.0.2
# jq's numbers are too short for nanoseconds since the epoch
between=$(python3 - "$DIR/half.json" <<'PYTHON'
import json, sys
times = sorted(story["start_ns"] for story in map(json.loads, open(sys.argv[1]))
               if "F" in story["packet"].get("flags", ""))
print(times[1] - times[0])
PYTHON
)
is "for as long as between both FINs" \
	"$(jq '.connections[0].lasted_ns' "$DIR/told.json")" "$between"
