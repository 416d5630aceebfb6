#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# image.sh LINE: makes build/host/LINE.img, the disk of a bare Debian with a kernel of
# LINE, unless it is there: what debootstrap installs, the kernel, and the tools of the
# test (tcpdump, netcat). And build/host/repository-DEBIAN, the packages that hosts fetch,
# since they have no network: "release" has what a host begins with, "updates" a newer
# kernel of that Debian's own line. All of it comes from where the apt of a machine of that
# Debian fetches: to be run on one (with_line).
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/common.sh"
line=$1
# These kernels are booted.
unset INITRD
here=$root/build/host
debian=$(debian_of "$line")
first=$(kernel_line "$(kernel_lines | sed -n 1p)")
base=$here/base-$debian repository=$here/repository-$debian
mkdir -p "$here"
exec 8>"$here/lock"
flock 8

# Versions of this Debian's own kernel that apt offers, oldest first. A host begins with
# the last but one, so that there is one to upgrade to.
versions() {
	apt-cache madison "linux-source-$first" | awk '{ print $3 }' | sort -Vu
}

# The package of the kernel of a version: linux-image-6.1.0-55-amd64.
image_of() {
	local name
	for name in $(apt-cache pkgnames "linux-image-$first." | grep -E '^linux-image-[0-9.]+([+]deb[0-9]+|-[0-9]+)-amd64$'); do
		[[ $(apt-cache madison "$name" | awk '{ print $3 }') != "$1" ]] || echo "$name"
	done
}

base() {
	local mirror
	[[ ! -e $base.done ]] || return 0
	mirror=$(debian_mirror)
	need_packages debootstrap qemu-system-x86 e2fsprogs dpkg-dev
	echo "installing Debian" >&2
	rm -rf "$base"
	debootstrap --include=sudo,dbus "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$base" "$mirror" >"$here/debootstrap.log" 2>&1 || die "debootstrap failed, see build/host/debootstrap.log"
	rm -rf "$base"/var/cache/apt/archives/*.deb "$base"/etc/apt/sources.list "$base"/var/lib/apt/lists/*
	touch "$base.done"
}

# What a bare host would fetch for these, by this machine's apt.
fetch() { # DIRECTORY PACKAGE…
	local directory=$repository/$1
	mkdir -p "$directory/partial"
	apt-get -q -y --no-install-recommends -o Dir::State::status="$base/var/lib/dpkg/status" \
		-o Dir::Cache::archives="$directory" -o APT::Sandbox::User=root --download-only install "${@:2}" >>"$here/apt.log" 2>&1 ||
		die "${*:2} can't be fetched: $(grep '^E:' "$here/apt.log" | tail -n 1)"
}

repository() {
	local old new image directory other
	[[ ! -e $repository.done ]] || return 0
	echo "fetching packages" >&2
	old=$(versions | tail -n 2 | sed -n 1p) new=$(versions | tail -n 1)
	[[ $old != "$new" ]] || die "apt offers one version of linux-source-$first alone: there is nothing to upgrade to"
	image=$(image_of "$old")
	[[ $image ]] || die "apt offers no kernel $old"
	rm -rf "$repository"
	: >"$here/apt.log"
	fetch release tcpdump netcat-openbsd initramfs-tools nodejs dkms gcc make patch xz-utils kmod \
		{"$image","${image/image/headers}","linux-source-$first"}="$old"
	echo "$image" >"$repository/first-image"
	for other in $(kernel_lines | sed 1d); do
		image=$(image_package "$other")
		fetch release "$image" "${image/image/headers}" "linux-source-$(kernel_line "$other")"
	done
	fetch updates {linux-image-amd64,linux-headers-amd64,"linux-source-$first"}="$new"
	for directory in release updates; do
		(cd "$repository" && dpkg-scanpackages -m "$directory" 2>/dev/null >"$directory/Packages")
	done
	touch "$repository.done"
}

# Its own namespace: what is mounted is gone with it, however it ends.
kernel_into() { # ROOT PACKAGE…
	unshare --mount bash -c '
		set -e
		root=$1 repository=$2
		shift 2
		mkdir -p "$root"/media/{host,repository}
		mount --bind "$repository" "$root/media/repository"
		mount -t proc proc "$root/proc"
		mount -t sysfs sys "$root/sys"
		mount --bind /dev "$root/dev"
		echo "deb [trusted=yes] file:/media/repository release/" >"$root/etc/apt/sources.list"
		export DEBIAN_FRONTEND=noninteractive LC_ALL=C
		chroot "$root" apt-get -q update
		chroot "$root" apt-get -q install -y --no-install-recommends "$@"
	' bash "$1" "$repository" "${@:2}" >"$here/kernel.log" 2>&1 || die "the kernel can't be installed, see build/host/kernel.log"
}

# A serial console, a disk, and the test's unit, which runs what the share holds.
configure() { # ROOT
	echo host >"$1/etc/hostname"
	echo '127.0.0.1 localhost host' >"$1/etc/hosts"
	{
		echo '/dev/vda / ext4 defaults,noatime 0 1'
		printf '%s /media/%s 9p trans=virtio,version=9p2000.L,msize=1048576,ro 0 0\n' host{,} repository{,}
	} >"$1/etc/fstab"
	cp "$root"/test/host/guest/*.service "$1/etc/systemd/system/"
	install -D -m 755 -t "$1/opt/host-test" "$root/test/host/guest/network.sh"
	ln -s ../host-test.service "$1/etc/systemd/system/multi-user.target.wants/"
	ln -s ../host-network.service "$1/etc/systemd/system/multi-user.target.wants/"
	printf '%s\n' 9pnet_virtio >"$1/etc/modules-load.d/host-test.conf"
	# Nothing that runs by the clock.
	ln -sf /dev/null "$1/etc/systemd/system/apt-daily.timer"
	ln -sf /dev/null "$1/etc/systemd/system/apt-daily-upgrade.timer"
}

base
repository
inputs=$(cat "$root"/test/host/guest/{network.sh,*.service} "$0" "$repository/release/Packages" | sha256sum | cut -d ' ' -f 1)
[[ $(cat "$here/$line.stamp" 2>/dev/null) != "$inputs" ]] || exit 0
echo "making the disk with kernel $line" >&2
rm -rf "$here/$line.root" "$here/$line.img"
cp -a "$base" "$here/$line.root"
if [[ $line == "$(kernel_lines | sed -n 1p)" ]]; then
	package=$(<"$repository/first-image") upgrade=yes
else
	package=$(image_package "$line") upgrade=
fi
# What a host installs besides for its kernel, and whether there is one to upgrade to.
echo "UPGRADE=$upgrade HEADERS='${package/image/headers}$([[ $upgrade ]] || echo " linux-source-$(kernel_line "$line")")'" >"$here/$line.settings"
kernel_into "$here/$line.root" initramfs-tools tcpdump netcat-openbsd "$package"
configure "$here/$line.root"
truncate -s 6G "$here/$line.img"
mke2fs -q -t ext4 -d "$here/$line.root" -E lazy_itable_init=0 "$here/$line.img"
rm -rf "$here/$line.root"
echo "$inputs" >"$here/$line.stamp"
