#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Rulesets of other people: each is loaded into a router, packets are aimed at
# its rules from all sides and from the router itself, IPv4 and IPv6. Every
# rule that is told has the words that nft or iptables-save has for it, was met
# as often as its counter says, and every story is complete.
. "$(dirname "$0")/lib.sh"
need_root
need jq
need python3
need iptables-nft-restore
RULESETS=${SKALD_MATERIAL:-$TOP/../shared/material}/rulesets
[ -d "$RULESETS" ] || skip "no rulesets in $RULESETS (SKALD_MATERIAL)"
PACKETS=${PACKETS:-300} # for each ruleset
# ONLY=WORD: just the rulesets with that word in their name
# ALL=1: every file; those that this machine cannot load are only said

# stage DEVICE[=ADDRESS]...: r is the router, w the world at the other ends of
# its interfaces, which have the same names there. Nobody asks for addresses.
stage()
{
	local n=0 device address
	space r w
	in_ns w sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
	in_ns r sh -c 'echo 0 >/proc/sys/net/ipv6/conf/default/router_solicitations'
	for device; do
		address=
		case $device in *=*) address=${device#*=} device=${device%%=*} ;; esac
		n=$((n + 1))
		ip -n "${P}r" link add "$device" type veth peer name "$device" netns "${P}w"
		ip -n "${P}r" addr add "${address:-198.18.$n.1/24}" dev "$device"
		ip -n "${P}r" addr add "2001:db8:f:$n::1/64" dev "$device" nodad
		ip -n "${P}r" link set "$device" arp off up
		ip -n "${P}w" link set "$device" arp off up
	done
	ip -n "${P}r" route add default dev out
	ip -n "${P}r" -6 route add default dev out
	forwarding r
}

leave()
{
	local name
	for name in r w; do
		ip netns del "$P$name"
	done
	# shellcheck disable=SC2034 # lib.sh deletes those that are left
	SPACES=()
}

snapshot() { in_ns r python3 "$TOP/tests/tools/confirm.py" snapshot >"$DIR/$1.json"; }
# Stories whose end nothing shows are told when nothing was heard of them for
# half a second.
all_ended() { "$SKALD" status --json | jq -e '.daemon.reader.open == 0'; }
last_told() { grep -q '"sport":65535,"dport":65534' "$DIR/stories.json"; }

# material NAME FILE LOADER [DEVICE=ADDRESS...]: FILE is a path below
# the rulesets, or one that we made
material()
{
	local name=$1 file=$2 loader=$3 found daemon
	shift 3
	[[ $name == *${ONLY:-}* ]] || return
	case $file in /*) ;; *) file=$RULESETS/$file ;; esac
	if [ ! -f "$file" ]; then
		bad "$name: no file $file"
		return
	fi
	local devices=(in out "$@") device
	for device in $(python3 "$TOP/tests/tools/aim.py" interfaces "$file"); do
		case " ${devices[*]} " in *" $device "* | *" $device="*) continue ;; esac
		devices+=("$device")
	done
	stage "${devices[@]}"
	# shellcheck disable=SC2086 # a command and its options
	if ! in_ns r $loader "$file" 2>"$DIR/load.err"; then
		[ -z "${ALL:-}" ] || echo "$name: $(head -1 "$DIR/load.err")"
		[ -n "${ALL:-}" ] || bad "$name: not loaded: $(head -2 "$DIR/load.err")"
		leave
		return
	fi
	ip netns exec "${P}r" "$B/tracerd/tracerd" --db "$DIR/stories.db" \
		>"$DIR/tracerd.log" 2>&1 </dev/null &
	daemon=$!
	until_true 10 test -S "$SKALD_SOCKET"
	follow stories -r 0
	snapshot before
	in_ns w python3 "$TOP/tests/tools/aim.py" shoot "${P}r" "$PACKETS" \
		>"$DIR/sent" 2>"$DIR/shoot.err" || bad "$name: $(tail -3 "$DIR/shoot.err")"
	until_true 20 last_told || bad "$name: the last packet was not told"
	until_true 10 all_ended
	snapshot after
	end_follow stories
	kill -TERM "$daemon"
	wait "$daemon"
	rm -f "$DIR"/stories.db*
	found=$(python3 "$TOP/tests/tools/confirm.py" check "$DIR/before.json" \
		"$DIR/after.json" "$DIR/stories.json" 2>&1)
	is "$name: rules told are rules listed" $? 0
	echo "$name: $(cat "$DIR/sent") sent, ${#devices[@]} interfaces, $found"
	# Of all files some have no base chain.
	[ -n "${ALL:-}" ] || unlike "$name: rules were met" "$found" ' 0 rules met'
	like "$name: nothing was lost" "$(tail -1 "$DIR/stories.err")" ', 0 incomplete, 0 events lost'
	leave
}

if [ -n "${ALL:-}" ]; then
	for file in "$RULESETS"/nft/* "$RULESETS"/iptables-save/*; do
		case $file in
		*.nft) loader='nft -f' ;;
		*ip6tables* | *v6) loader=ip6tables-nft-restore ;;
		*) loader=iptables-nft-restore ;;
		esac
		material "$(basename "$file")" "$file" "$loader"
	done
	exit
fi

material "docker nft" nft/docker-doc_usernet-portmap-noicc.nft 'nft -f' \
	docker0=172.17.0.1/16 bridge1=192.0.2.1/24
material "docker iptables" \
	'iptables-save/docker_hairpin=true_internal=false_icc=true_masq=true_snat=false_gwm=nat_bindlh=true__iptables.golden' \
	iptables-nft-restore docker0=172.17.0.1/16 bridge1=192.0.2.1/24
material "docker ip6tables" \
	'iptables-save/docker_hairpin=true_internal=false_icc=false_masq=true_snat=false_gwm=nat_bindlh=false__ip6tables.golden' \
	ip6tables-nft-restore
material "fw4 masquerading" nft/openwrt-fw4_02_zones_02_masq.nft 'nft -f'
material "fw4 families" nft/openwrt-fw4_02_zones_01_policies.nft 'nft -f'
material "fw4 notrack" nft/openwrt-fw4_03_rules_10_notrack.nft 'nft -f'
material firewalld nft/firewalld-live_default.nft 'nft -f'
material ufw iptables-save/real_IPPartEval_configs_srvs_ufw_server2-iptables-save iptables-nft-restore
material "libvirt nft" nft/libvirt_nat-many-ips-linux.nft 'nft -f' virbr0=192.168.122.1/24
material "libvirt iptables" iptables-save/libvirt_nat-default-linux.iptables-save \
	iptables-nft-restore virbr0=192.168.122.1/24
# nft 1.0.6 takes no names that begin with a sign and no dup in a table inet;
# secmarks and flow tables are not in every kernel.
sed '/ dup to \|secmark\|flow add/d; /flowtable .*{/,/}$/d; s/+nfset/nfset/g' "$RULESETS/nft/shorewall-nft_complex.nft" >"$DIR/shorewall.nft"
material "shorewall complex" "$DIR/shorewall.nft" 'nft -f'
material "shorewall nat" nft/shorewall-nft_nat_dnat.nft 'nft -f'
python3 "$RULESETS/gen_kubeproxy.py" nft 1000 3 >"$DIR/kube.nft"
material "kube-proxy nft, 1000 services" "$DIR/kube.nft" 'nft -f'
python3 "$RULESETS/gen_kubeproxy.py" iptables 1000 3 >"$DIR/kube.save"
material "kube-proxy iptables, 1000 services" "$DIR/kube.save" iptables-nft-restore
material "a university" \
	iptables-save/real_TUM_Net_Firewall_iptables-save-2015-05-15_15-23-41_cheating \
	iptables-nft-restore
material "a company" iptables-save/real_IPPartEval_medium-sized-company_iptables-save \
	iptables-nft-restore ppp0=203.0.113.7/24
material "a proxy" iptables-save/real_IPPartEval_gopherproxy.meulie.net_iptables-save \
	iptables-nft-restore
