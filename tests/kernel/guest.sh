# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Starting a guest, and seeing to it that it ends.

GUEST=

# Two threads want an emulator without stale translations.
choose_thread()
{
	if [ -z "$THREAD" ]; then
		THREAD=single
		[ "$SMP" -le 1 ] || ! version_at_least "$QEMU_VERSION" "$QEMU_WANTED" ||
			THREAD=multi
	fi
}

# kernel_module RELEASE: skald.ko for it, or nothing where there is no source
kernel_module()
{
	local headers release=$1
	[ -e "$TOP/kmod/Kbuild" ] && [ "$SOURCES" != nft ] || return 0
	headers=$(kernel_headers "$release") || return
	make -s -C "$TOP" kmod KDIR="$headers" >"$WORK/kmod-$release.log" 2>&1 || {
		tail -20 "$WORK/kmod-$release.log" >&2
		return 1
	}
	find "$TOP/build/kmod-$release" -name skald.ko | grep .
}

# The sources a guest may use: what was asked for, if it can be had.
usable_sources()
{
	local module=$1 source
	for source in ${SOURCES:-kmod,nft}; do
		echo "${source//,/ }"
	done | xargs -n1 | while read -r source; do
		[ "$source" = kmod ] && [ -z "$module" ] || echo "$source"
	done | xargs
}

# make_initrd RELEASE MODULE DIRECTORY: its initrd, for the scenarios in PLAN
make_initrd()
{
	local release=$1 module=$2 to=$3 seconds=${SCENARIO_SECONDS:-}
	[[ $release == *debug ]] && : "${seconds:=1500}"
	cat >"$to/plan" <<-END
		SCENARIOS="$PLAN"
		SOURCES="$(usable_sources "$module")"
		SCENARIO_SECONDS=${seconds:-400}
		KERNEL="$KERNEL"
		SMP=$SMP
		V="${V:-}"
		KEEP=${KEEP:+1}
		TRACE="${TRACE:-}"
		LEAKS=$([[ $release == *debug ]] && echo 1)
		$(for name in ROUNDS PACKETS REPEATS; do
			[ -z "${!name:-}" ] || echo "$name=${!name}"
		done)
	END
	modules_archive "$release" "$to/modules.cpio" || return
	tests_archive "$to" "$module" || return
	cat "$WORK/base.cpio" "$to/modules.cpio" "$to/tests.cpio" >"$to/initrd"
	rm "$to"/*.cpio
}

# guest_command RELEASE DIRECTORY: fills COMMAND; ICOUNT counts instructions
guest_command()
{
	local cpu=max append="console=ttyS0 panic=-1 oops=panic nokaslr loglevel=7"
	append+=" rcupdate.rcu_cpu_stall_timeout=60"
	# An emulator that does not get to run misses the ticks that are waited for.
	append+=" no_timer_check"
	[[ $1 == *debug ]] && cpu=max,la57=off
	COMMAND=(nice -n 10 "${QEMU[@]}" -nodefaults -no-user-config -display none -no-reboot
		-m "${MEMORY:-1024}" -smp "$SMP" -cpu "$cpu"
		-serial "file:$2/console" -serial "file:$2/report" -serial "file:$2/files.tar"
		-monitor "unix:$2/monitor,server,nowait"
		-kernel "$CACHE/$1/boot/vmlinuz-$1" -initrd "$2/initrd"
		-append "$append ${APPEND:-}")
	if [ -n "${ICOUNT:-}" ]; then
		COMMAND+=(-accel tcg -icount "$ICOUNT")
	else
		COMMAND+=(-accel "tcg,thread=$THREAD")
	fi
}

stop_guest()
{
	[ -n "$GUEST" ] || return 0
	kill -9 "$GUEST" 2>/dev/null
	wait "$GUEST" 2>/dev/null
	GUEST=
}

written() { cat "$1/console" "$1/report" 2>/dev/null | wc -c; }
# Seconds of processor time that the emulator has had: on a busy machine a guest
# may be silent for long without being stuck.
worked() { awk '{ print int(($14 + $15) / 100) }' "/proc/$GUEST/stat" 2>/dev/null; }

# What both processors are at, for whoever looks into it (--keep).
where_it_hangs()
{
	command -v socat >/dev/null || return 0
	# shellcheck disable=SC2016 # the monitor's
	printf '%s\n' 'info registers -a' 'x /8xb $pc' | timeout 5 socat - \
		"unix-connect:$1/monitor" >"$1/hangs" 2>/dev/null
}

# ended SECONDS: it has, or does so within them
ended() { timeout "$1" tail --pid="$GUEST" -s 0.1 -f /dev/null; }

# boot_guest RELEASE DIRECTORY: waits until it is over, or until it has worked for
# QUIET seconds without a word, or done nothing at all for ten times as long
boot_guest()
{
	local before=-1 now since heard limit=${QUIET:-150}
	[[ $1 == *debug ]] && limit=${QUIET:-400}
	mkdir -p "$2"
	guest_command "$1" "$2"
	echo "${COMMAND[*]}" >"$2/command"
	"${COMMAND[@]}" >"$2/emulator" 2>&1 </dev/null &
	GUEST=$!
	until ended 1; do
		now=$(written "$2")
		if [ "$now" != "$before" ]; then
			before=$now since=$(worked) heard=$SECONDS
		elif [ $(($(worked) - since)) -ge "$limit" ] ||
			[ $((SECONDS - heard)) -ge $((limit * 10)) ]; then
			echo "$KERNEL: nothing heard for $((SECONDS - heard)) s" >>"$2/console"
			where_it_hangs "$2"
			stop_guest
			return 1
		fi
	done
	wait $GUEST
	GUEST=
	rm -f "$2/initrd"
	cat "$2/emulator"
}
