#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# debian.sh DEBIAN COMMAND…: run a command in a root directory of that Debian (12, 13, sid)
# with this repository at its place, so that scripts here find its kernels, compiler and
# tools as they would on such a host. The root directory is made once, for all clones, in
# ~/.cache/tsipvsadm (XDG_CACHE_HOME); to have it made anew, remove it. Needs root.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

(($# > 1)) || die "usage: debian.sh DEBIAN COMMAND…"
debian=$1
shift
case $debian in
12) suite=bookworm ;;
13) suite=trixie ;;
sid) suite=sid ;;
*) die "unknown Debian \"$debian\"; there are 12, 13 and sid" ;;
esac
[[ $EUID == 0 ]] || die "a root directory of Debian $debian needs root"
dir=$shared_cache/debian-$debian

make_directory() {
	local mirror suites=("$suite") name
	mirror=$(debian_mirror)
	need_packages debootstrap
	echo "installing Debian $debian in ${dir/#"${HOME-}"/\~}" >&2
	rm -rf "$dir.new"
	debootstrap --variant=minbase "$suite" "$dir.new" "$mirror" >"$shared_cache/debian-$debian.log" 2>&1 ||
		die "debootstrap failed, see $shared_cache/debian-$debian.log"
	[[ $suite == sid ]] || suites+=("$suite-updates" "$suite-backports")
	for name in "${suites[@]}"; do
		echo "deb $mirror $name main"
	done >"$dir.new/etc/apt/sources.list"
	apt-config dump | grep -E '^Acquire::(http|https)::' >"$dir.new/etc/apt/apt.conf.d/90mirror" || :
	# A mirror that follows sid late is one all the same: this is no host.
	echo 'Acquire::Check-Valid-Until "false";' >"$dir.new/etc/apt/apt.conf.d/90late"
	echo 'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb"; };' >"$dir.new/etc/apt/apt.conf.d/90clean"
	# What the kernels of backports need newer than the release has it.
	printf '%s\n' "Package: linux-base" "Pin: release n=$suite-backports" "Pin-Priority: 500" >"$dir.new/etc/apt/preferences.d/kernels"
	rm -rf "$dir"
	mv "$dir.new" "$dir"
}

mkdir -p "$shared_cache/ccache"
(
	flock 9
	[[ -d $dir ]] || make_directory
) 9>"$dir.lock"

# Its own namespace: what is mounted is gone with the command, however that ends.
# shellcheck disable=SC2016
exec unshare --mount bash -ec '
	dir=$1 project=$2 cache=$3
	shift 3
	# A mount point, so that namespaces can be made in it in turn.
	mount --bind "$dir" "$dir"
	mount --rbind /dev "$dir/dev"
	mount --rbind /proc "$dir/proc"
	mount --rbind /sys "$dir/sys"
	mount -t tmpfs tmp "$dir/tmp"
	mount -t tmpfs run "$dir/run"
	chmod 1777 "$dir/tmp"
	mkdir -p "$dir/run/lock" "$dir$project" "$dir$cache/ccache"
	mount --rbind "$project" "$dir$project"
	mount --bind "$cache/ccache" "$dir$cache/ccache"
	export XDG_CACHE_HOME="${cache%/*}"
	cp -L /etc/resolv.conf "$dir/etc/resolv.conf" 2>/dev/null || :
	# INITRD: that of a kernel is made for this machine, which none of them boots.
	export LC_ALL=C.UTF-8 TMPDIR=/tmp INITRD=No
	exec chroot "$dir" /usr/bin/env -C "$project" "$@"
' bash "$dir" "$root" "$shared_cache" "$@"
