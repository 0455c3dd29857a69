#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The harness that takes nftables' and iptables' own tests as input, on a tree of
# the same form: what the kernel loads comes into the engine, what the kernel
# refuses is not counted.
. "$(dirname "$0")/lib.sh"
need_root
need_tun
need python3

mkdir -p "$DIR/nft/tests/py/ip" "$DIR/nft/tests/shell/testcases/sets/dumps" "$DIR/ipt/extensions"
cat >"$DIR/nft/tests/py/ip/sample.t" <<'END'
:input;type filter hook input priority 0
:ingress;type filter hook ingress device lo priority 0
*ip;test-ip4;input
*inet;test-inet;input
*netdev;test-netdev;ingress
!set1 type ipv4_addr . inet_service;ok
?set1 192.0.2.1 . 22;ok
%cnt1 type counter;ok
# a comment
ip saddr . tcp dport @set1 accept;ok
- tcp dport { 22, 80-90 } counter name "cnt1";ok
add @set1 { ip saddr . tcp dport };ok
ip saddr 192.0.2.300;fail
END
cat >"$DIR/nft/tests/shell/testcases/sets/dumps/sample.nft" <<'END'
table ip t {
	set s {
		type ipv4_addr
		limit rate 1/second counter
		elements = { 192.0.2.1 limit rate 1/second counter packets 0 bytes 0 }
	}
	chain c {
		type filter hook output priority filter; policy accept;
		oif "eth9" ip daddr @s
	}
}
END
cat >"$DIR/nft/tests/shell/testcases/sets/sample_0" <<'END'
#!/bin/bash
set -e
RULESET="table ip x {
	chain y {
		tcp dport vmap { 22 : accept }
	}
}"
$NFT -f - <<< "$RULESET"
$NFT add table ip z
$NFT 'add chain ip z c { type filter hook input priority 0; }'
$NFT add rule ip z c frobnicate 2>/dev/null && exit 1
END
cat >"$DIR/ipt/extensions/libxt_sample.t" <<'END'
:INPUT,FORWARD
-m hashlimit --hashlimit-upto 10mb/s --hashlimit-name sample;=;OK
-m limit --limit 1/sec;=;OK
-m no-such-match;;FAIL
END

out=$("$TOP/tests/nftables/run" "$DIR/nft")
is "nothing of nftables' is refused" $? 0
like "lines" "$out" '^lines of tests/py: 4 found, 3 loaded by the kernel, 3 by the engine, 0 refused by name, 0 failed$'
like "dumps" "$out" '^rulesets in dumps of tests/shell: 1 found, 1 loaded by the kernel, 1 by the engine'
like "scripts" "$out" '^rulesets in scripts of tests/shell: 1 found, 1 loaded by the kernel, 1 by the engine'
like "calls" "$out" '^scripts of tests/shell, call by call: 1 found, 1 loaded by the kernel, 1 by the engine'
out=$("$TOP/tests/nftables/run" "$DIR/ipt")
is "nothing of iptables' is refused" $? 0
like "rules" "$out" "^rules of iptables' extensions: 3 found, 2 loaded by the kernel, 2 by the engine"
out=$("$TOP/tests/nftables/run" "$DIR")
is "a tree of something else is told" $? 2
