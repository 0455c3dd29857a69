#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# FTP between real programs through a router made of the engine: active and
# passive, under SNAT and DNAT, with the command cut at every byte. What came in
# is replayed: the data connections are related.
. "$(dirname "$0")/lib.sh"
need_root
need vsftpd
need curl
need lftp
need tcpdump
need_tun

space c s
PUBLIC4=198.51.100.5 PUBLIC6=2001:db8:9::5

# vsftpd serves one anonymous folder; it refuses a PORT that is not its peer's
mkdir -p "$DIR/pub" "$DIR/empty"
echo "a file of many words" >"$DIR/pub/file"
chmod 755 "$DIR" "$DIR/pub"
cat >"$DIR/vsftpd.conf" <<CONF
listen=NO
listen_ipv6=YES
background=NO
anonymous_enable=YES
local_enable=NO
no_anon_password=YES
anon_root=$DIR/pub
secure_chroot_dir=$DIR/empty
seccomp_sandbox=NO
xferlog_enable=NO
CONF
ip netns exec "${P}s" vsftpd "$DIR/vsftpd.conf" 2>"$DIR/vsftpd.err" &
until_true 5 listening s 21 || skip "vsftpd does not listen: $(cat "$DIR/vsftpd.err")"

# route OPTIONS...: the router, and addresses on its devices
route()
{
	"$TOOLS/ct_router" -w "$DIR/router.pcap" "$@" "${P}c" "${P}s" >"$DIR/router.out" 2>&1 &
	ROUTER=$!
	until_true 5 grep -q ready "$DIR/router.out" || {
		bad "no router"
		cat "$DIR/router.out"
		return 1
	}
	local side addr
	for side in c:1 s:2; do
		addr=${side#*:}
		ip -n "$P${side%:*}" addr add "10.$addr.0.2/24" dev tun
		ip -n "$P${side%:*}" addr add "2001:db8:$addr::2/64" dev tun nodad
		ip -n "$P${side%:*}" link set tun up
		ip -n "$P${side%:*}" route add default dev tun
		ip -n "$P${side%:*}" -6 route add default dev tun
	done
}

end_route()
{
	kill "$ROUTER"
	wait "$ROUTER"
}

# fetch NAME URL CURL-OPTIONS...: the file comes through
fetch()
{
	local name=$1 url=$2 text
	shift 2
	text=$(in_ns c curl -sS --max-time 10 "$@" "ftp://$url/file" 2>&1)
	[ "$text" = "a file of many words" ] && return 0
	bad "$name: $text"
	return 1
}

# every_cut NAME WORD URL CURL-OPTIONS...: again and again, until the router has
# cut the command everywhere
every_cut()
{
	local name=$1 word=$2 n=0 last len
	shift 2
	while :; do
		fetch "$name, cut $((n + 1))" "$@" || return
		n=$((n + 1))
		last=$(grep "^cut $word" "$DIR/router.out" | tail -1)
		len=${last##* }
		if [ "$(grep -c "^cut $word" "$DIR/router.out")" -ne "$n" ]; then
			# too short to be cut any further; the last one was whole
			n=$((n - 1))
			break
		fi
		[ "$n" -lt 200 ] || break
	done
	# an address may have a digit less from one time to the next
	holds "$name, cut everywhere ($n of $len bytes)" [ $((len - n)) -le 3 ]
	is "$name, nothing was told" "$(grep -c partial "$DIR/router.out")" 0
}

active4=(--ftp-port - --disable-eprt)
active=(--ftp-port -)
passive4=(--disable-epsv --no-ftp-skip-pasv-ip)

route --snat "$PUBLIC4" --cut PORT --cut EPRT --cut 227 --cut 229
every_cut "PORT under SNAT" PORT 10.2.0.2 "${active4[@]}"
every_cut "EPRT under SNAT" EPRT 10.2.0.2 "${active[@]}"
every_cut "PASV under SNAT" 227 10.2.0.2 "${passive4[@]}"
every_cut "EPSV under SNAT" 229 10.2.0.2
end_route

route --dnat 10.2.0.2 --cut PORT --cut EPRT --cut 227 --cut 229
every_cut "PORT under DNAT" PORT "$PUBLIC4" "${active4[@]}"
every_cut "EPRT under DNAT" EPRT "$PUBLIC4" "${active[@]}"
every_cut "PASV under DNAT" 227 "$PUBLIC4" "${passive4[@]}"
every_cut "EPSV under DNAT" 229 "$PUBLIC4"
end_route

route --snat "$PUBLIC6" --cut EPRT --cut 229
every_cut "EPRT over IPv6 under SNAT" EPRT '[2001:db8:2::2]' "${active[@]}"
every_cut "EPSV over IPv6 under SNAT" 229 '[2001:db8:2::2]'
end_route

# another client, nothing cut; then the same packets from the capture
route
for passive in yes no; do
	text=$(in_ns c timeout 20 lftp -c "set net:max-retries 1; set net:timeout 5;
		set ftp:passive-mode $passive; open 10.2.0.2; cat file" 2>&1)
	is "lftp, passive: $passive" "$text" "a file of many words"
done
end_route
states=$("$SKALD" conntrack replay --states --helpers-by-port "$DIR/router.pcap" | cut -f2)
is "both data connections are related" "$(tr -cd R <<<"$states" | wc -c)" 2
is "nothing is invalid" "$(tr -cd I <<<"$states" | wc -c)" 0
