# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What a guest boots into: the host's own programs with the libraries they need,
# a kernel's modules with those that they need, the tree's programs and tests.
# An archive each, laid one after the other: the kernel reads them all.

PROGRAMS="bash nft ip tc bridge ss ethtool kmod ping xtables-legacy-multi
xtables-nft-multi"
# A scenario is skipped where these are not.
MORE_PROGRAMS="ebtables-legacy"
# Without these nothing could be tested.
MODULES="nf_tables nft_chain_nat nft_ct nft_nat nft_masq nft_compat nft_limit
nft_reject_inet nf_conntrack_netlink xt_bpf xt_tcpudp iptable_raw iptable_filter
veth bridge br_netfilter vxlan"
# A scenario asks for these by name and is skipped where there are none.
MORE_MODULES="nft_redir nft_reject_bridge nft_log nft_fib_inet nft_queue
nft_numgen nft_hash nft_quota nft_flow_offload nf_flow_table_inet nft_meta_bridge
nf_conntrack_bridge nfnetlink_queue nfnetlink_hook nfnetlink_log nf_log_syslog
iptable_nat iptable_mangle ip6table_raw ip6table_filter ip6table_mangle xt_TRACE
xt_conntrack xt_MASQUERADE xt_comment xt_limit xt_multiport xt_mark xt_NFQUEUE
xt_nat xt_addrtype ipt_REJECT ip6t_REJECT ip_gre ip6_gre dummy tun 8021q macvlan
sch_ingress cls_matchall cls_u32 act_gact act_bpf cls_bpf sch_netem af_packet
nfnetlink_cttimeout ebtable_broute ebt_ip nlmon nf_conntrack_ftp
nft_objref"

# archive DIRECTORY FILE
archive() { (cd "$1" && find . -print0 | cpio -0 -o -H newc -R 0:0 --quiet) >"$2"; }

# with_libraries ROOT FILE...: copies programs and what they are linked to, but
# for what BASE, a directory or nothing, has already
with_libraries()
{
	local root=$1 file library
	shift
	for file; do
		install -D -m 755 "$file" "$root$file"
		while read -r library; do
			[ -e "$root$library" ] || [ -e "${BASE:-/nonexistent}$library" ] ||
				install -D -m 755 "$library" "$root$library"
		done < <(ldd "$file" 2>/dev/null | grep -oE '/[^ ]+' | sort -u)
	done
}

# place_program ROOT NAME: of the host, under /bin whatever the host calls it
place_program()
{
	local path
	path=$(PATH=$PATH:/usr/sbin:/sbin command -v "$2") || gripe "no $2 here" || return
	with_libraries "$1" "$(readlink -f "$path")"
	ln -sf "$(readlink -f "$path")" "$1/bin/$2"
}

# base_archive FILE: busybox, and the programs that it does not replace; sets BASE
# to a directory in WORK with the same
base_archive()
{
	local root=$WORK/base name
	mkdir -p "$root"/{bin,sbin,proc,sys,dev,run,tmp,etc,var/run,usr/lib/x86_64-linux-gnu}
	cp /bin/busybox "$root/bin/" || gripe "no busybox here (busybox-static)" || return
	for name in $PROGRAMS; do
		place_program "$root" "$name" || return
	done
	for name in $MORE_PROGRAMS; do
		place_program "$root" "$name" 2>/dev/null
	done
	for name in iptables ip6tables; do
		ln -s xtables-legacy-multi "$root/bin/$name-legacy"
		ln -s xtables-nft-multi "$root/bin/$name-nft"
	done
	for name in sbin/modprobe sbin/insmod sbin/rmmod bin/modprobe bin/insmod bin/rmmod; do
		ln -s /bin/kmod "$root/$name"
	done
	cp -r /usr/lib/x86_64-linux-gnu/xtables "$root/usr/lib/x86_64-linux-gnu/"
	cp /etc/protocols /etc/services "$root/etc/"
	mkdir -p "$root/etc/iproute2"
	echo 'root:x:0:0:root:/:/bin/bash' >"$root/etc/passwd"
	echo 'root:x:0:' >"$root/etc/group"
	archive "$root" "$1"
	BASE=$root
}

# closure RELEASE MODULE...: lines "builtin NAME" or "insmod PATH", in order
closure()
{
	local root=$CACHE/$1 release=$1 module
	[ -s "$root/lib/modules/$release/modules.dep" ] || depmod -b "$root" "$release"
	shift
	for module; do
		modprobe -d "$root" -S "$release" --show-depends "$module" 2>/dev/null ||
			echo "absent $module"
	done
}

# modules_archive RELEASE FILE: fails where a module that must be is not
modules_archive()
{
	local release=$1 root from=$CACHE/$1 to kind path lines
	root=$(mktemp -d)
	to=$root/lib/modules/$release
	mkdir -p "$to"
	# shellcheck disable=SC2086 # lists of words
	lines=$(closure "$release" $MODULES)
	grep -q '^insmod' <<<"$lines" || gripe "$release: no module was found" || return
	! grep '^absent' <<<"$lines" >&2 || gripe "$release: modules are missing" || return
	# shellcheck disable=SC2086
	lines+=$'\n'$(closure "$release" $MORE_MODULES)
	while read -r kind path _; do
		[ "$kind" = insmod ] || continue
		path=${path#"$from"}
		[ ! -e "$root/${path%.xz}" ] || continue
		mkdir -p "$root/$(dirname "$path")"
		case $path in
		*.xz) xz -dc "$from/$path" >"$root/${path%.xz}" ;;
		*) cp "$from/$path" "$root/$path" ;;
		esac
	done <<<"$lines"
	cp "$from/lib/modules/$release"/modules.{builtin,order} "$to/"
	cp "$from/lib/modules/$release/modules.builtin.modinfo" "$to/" 2>/dev/null
	grep '^absent' <<<"$lines" | cut -d' ' -f2 >"$to/modules.absent"
	depmod -b "$root" "$release"
	archive "$root" "$2"
	rm -rf "$root"
}

# tests_archive DIRECTORY [MODULE]: our programs, the scenarios, what to run
tests_archive()
{
	local root tool
	root=$(mktemp -d)
	mkdir -p "$root/skald/tests" "$root/skald/build/release/tests/tools"
	cp -r "$TOP/tests/kernel" "$TOP/tests/live" "$root/skald/tests/"
	install -m 755 "$TOP/tests/kernel/init" "$root/init"
	with_libraries "$root" "$B/tui/skald" "$B/tracerd/tracerd"
	for tool in tui/skald tracerd/tracerd; do
		mkdir -p "$root/skald/build/release/${tool%/*}"
		strip -g -o "$root/skald/build/release/$tool" "$root$B/$tool"
		rm "$root$B/$tool"
	done
	for tool in traffic collect refuse reinject xdp_drop broute; do
		cp "$B/tests/tools/$tool" "$root/skald/build/release/tests/tools/" ||
			gripe "no $tool: make tools" || return
	done
	[ -z "${2:-}" ] || strip --strip-debug -o "$root/skald/skald.ko" "$2"
	cp "$1/plan" "$root/skald/plan"
	xargs -n1 <<<"$MODULES" >"$root/skald/preload"
	archive "$root" "$1/tests.cpio"
	rm -rf "$root"
}
