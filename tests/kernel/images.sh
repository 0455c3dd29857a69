# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Where the emulator and the kernels come from: Debian packages, unpacked in a
# cache outside the tree and never installed. Nothing here needs root.
#
#   $CACHE/debs/               packages as they were downloaded
#   $CACHE/<release>/          boot/ and lib/modules/ of a kernel
#   $CACHE/<release>/usr/src/  its headers, where a module is to be built
#   $CACHE/qemu/               an emulator that is new enough for two threads
#
# Functions print what they found, and fail with a reason on stderr.

CACHE=${SKALD_KERNELS:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/skald/kernels}
# A kernel with every checker, as "make debug-kernel" makes it.
DEBUG_KERNEL=${DEBUG_KERNEL:-$TOP/../shared/debug-kernel}
DEBUG_SUFFIX=-skald-debug
# 9.1 is the first without stale translations (see docs/kernel-tests.md).
QEMU_WANTED=9.1
QEMU_PACKAGES="qemu-system-x86 qemu-system-common qemu-system-data seabios"

gripe() { echo "$*" >&2; return 1; }

# fetch_debs PACKAGE...: into the cache, once; APT holds further options
fetch_debs()
{
	local package
	mkdir -p "$CACHE/debs"
	for package; do
		compgen -G "$CACHE/debs/${package}_*.deb" >/dev/null && continue
		(cd "$CACHE/debs" && timeout 300 apt-get "${APT[@]}" download -q "$package" \
			>/dev/null 2>&1) || gripe "cannot download $package" || return
	done
}

# unpack_debs DIRECTORY PACKAGE...: of the cache, all or nothing
unpack_debs()
{
	local into=$1 package half=$1.half$$
	shift
	rm -rf "$half"
	mkdir -p "$half"
	for package; do
		dpkg -x "$(compgen -G "$CACHE/debs/${package}_*.deb" | sort -V | tail -1)" "$half" ||
			{ rm -rf "$half"; return 1; }
	done
	mkdir -p "$into"
	cp -a "$half/." "$into/"
	rm -rf "$half"
}

# The newest kernel package of a series: signed, or else unsigned.
image_package()
{
	local series=${1//./\\.} flavour='[0-9.+a-z-]*-amd64'
	[ "$1" = 6.1 ] && flavour='\.0-[0-9]+-amd64'
	[ "$1" = 6.1 ] || flavour='\.[0-9]+\+deb[0-9]+-amd64'
	apt-cache pkgnames "linux-image-$1" |
		grep -E "^linux-image-$series$flavour(-unsigned)?$" |
		sed 's/-unsigned$/ &/' | sort -k1,1V -k2,2r | tail -1 | tr -d ' '
}

# The release of a series that is in the cache already.
cached_release()
{
	find "$CACHE" -maxdepth 3 -path "$CACHE/$1*/boot/vmlinuz-$1*-amd64" 2>/dev/null |
		sed 's|.*/vmlinuz-||' | grep -E "^${1//./\\.}(\.|\+|-)" | sort -V | tail -1
}

# kernel_release SERIES|debug: makes sure it is in the cache, prints its release
kernel_release()
{
	local release package
	if [ "$1" = debug ]; then
		debug_release
		return
	fi
	release=$(cached_release "$1")
	if [ -z "$release" ]; then
		package=$(image_package "$1")
		[ -n "$package" ] || gripe "no package of Linux $1 is known here" || return
		fetch_debs "$package" || return
		release=${package#linux-image-}
		release=${release%-unsigned}
		unpack_debs "$CACHE/$release" "$package" || return
	fi
	echo "$release"
}

# What "make debug-kernel" built, or what lies ready beside the tree.
debug_release()
{
	local release
	release=$(find "$CACHE" -maxdepth 3 -path "*/boot/vmlinuz-*$DEBUG_SUFFIX" 2>/dev/null |
		sed 's|.*/vmlinuz-||' | sort -V | tail -1)
	if [ -z "$release" ] && [ -r "$DEBUG_KERNEL/linux-image.deb" ]; then
		release=$(dpkg -c "$DEBUG_KERNEL/linux-image.deb" |
			sed -n 's|.*/boot/vmlinuz-||p' | head -1)
		mkdir -p "$CACHE/$release"
		dpkg -x "$DEBUG_KERNEL/linux-image.deb" "$CACHE/$release" || return
	fi
	[ -n "$release" ] ||
		gripe "no debug kernel: \"make debug-kernel\" builds one" || return
	echo "$release"
}

# kernel_headers RELEASE: a directory a module of that kernel can be built in
kernel_headers()
{
	local release=$1 root=$CACHE/$1 common
	if [ ! -e "$root/usr/src/linux-headers-$release/Makefile" ]; then
		if [[ $release == *$DEBUG_SUFFIX ]]; then
			[ -r "$DEBUG_KERNEL/linux-headers.deb" ] || gripe "no headers of $release" || return
			dpkg -x "$DEBUG_KERNEL/linux-headers.deb" "$root" || return
		else
			common=${release%-amd64}-common
			fetch_debs "linux-headers-$release" "linux-headers-$common" \
				"linux-kbuild-$(kbuild_version "$release")" || return
			unpack_debs "$root" "linux-headers-$release" "linux-headers-$common" \
				"linux-kbuild-$(kbuild_version "$release")" || return
			root_headers "$root" "$release" || return
		fi
	fi
	echo "$root/usr/src/linux-headers-$release"
}
kbuild_version() { case $1 in 6.1.0-*) echo 6.1 ;; *) echo "${1%-amd64}" ;; esac; }

# Debian's headers include each other by absolute paths: make them ours.
root_headers()
{
	# shellcheck disable=SC2016 # make's
	sed -i 's|^include /usr/|include $(dir $(lastword $(MAKEFILE_LIST)))../../../usr/|' \
		"$1/usr/src/linux-headers-$2/Makefile"
}

# version_at_least HAVE WANTED
version_at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -1)" = "$2" ]; }
qemu_version() { "$@" --version 2>/dev/null | sed -nE 's/^QEMU emulator version ([0-9.]+).*/\1/p'; }

# A private set of apt lists that knows the backports of this machine's Debian.
# Where it comes from is what the machine itself uses.
backports_apt()
{
	local codename site apt=$CACHE/apt
	codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	# shellcheck disable=SC2016 # apt's
	site=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' \
		"Codename: $codename" 'Component: main' 2>/dev/null | head -1)
	[ -n "$codename" ] && [ -n "$site" ] || gripe "no Debian sources here" || return
	mkdir -p "$apt/lists/partial" "$apt/archives/partial"
	cat >"$apt/backports.sources" <<-END
		Types: deb
		URIs: $site
		Suites: $codename-backports
		Components: main
	END
	APT=(-o "Dir::Etc::SourceList=$apt/backports.sources" -o Dir::Etc::SourceParts=/dev/null
		-o "Dir::State::Lists=$apt/lists" -o "Dir::Cache=$apt" -o "Dir::Cache::archives=archives"
		-o APT::Sandbox::User=root)
	timeout 300 apt-get "${APT[@]}" update -q >/dev/null 2>&1 ||
		gripe "cannot read the backports of $codename"
}

# A new emulator beside the machine's own, unless that is new enough.
unpack_qemu()
{
	local APT=() package
	[ ! -x "$CACHE/qemu/usr/bin/qemu-system-x86_64" ] || return 0
	backports_apt || return
	for package in $QEMU_PACKAGES; do
		fetch_debs "$package" || return
	done
	# shellcheck disable=SC2086 # a list of words
	unpack_debs "$CACHE/qemu" $QEMU_PACKAGES
}

# find_qemu: sets QEMU to the words that start the best emulator there is, and
# QEMU_VERSION; without backports an older one has to do, with one thread.
find_qemu()
{
	local new=$CACHE/qemu/usr
	QEMU=(qemu-system-x86_64)
	QEMU_VERSION=$(qemu_version "${QEMU[@]}")
	if [ -n "$QEMU_VERSION" ] && version_at_least "$QEMU_VERSION" $QEMU_WANTED; then
		return 0
	fi
	if unpack_qemu && [ -n "$(qemu_version "$new/bin/qemu-system-x86_64")" ]; then
		QEMU=("$new/bin/qemu-system-x86_64" -L "$new/share/qemu" -L "$new/share/seabios")
		QEMU_VERSION=$(qemu_version "${QEMU[0]}")
	fi
	[ -n "$QEMU_VERSION" ]
}
