# SPDX-License-Identifier: GPL-2.0-only
# Functions that the scripts here share; sourced, never run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

# What each part needs from the distribution. The one place that lists it.
packages_module=(build-essential kmod patch perl python3 xz-utils)
packages_check=(sparse)
packages_native=(build-essential)
packages_guest=(
	linux-image-amd64 qemu-system-x86 busybox-static cpio kmod
	build-essential libc6-dev iproute2 iputils-ping
	procps ethtool ipvsadm iptables nftables conntrack tcpdump
	traceroute mtr-tiny python3 python3-yaml python3-jsonschema xz-utils
	linux-source-6.12 curl libpcre2-8-0
)

installed() {
	[[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# Install what is missing of the named packages; says nothing when all are there.
need_packages() {
	local package missing=()
	for package; do
		installed "$package" || missing+=("$package")
	done
	((${#missing[@]})) || return 0
	command -v apt-get >/dev/null || die "needs the packages ${missing[*]}, and there is no apt-get to install them"
	[[ $EUID == 0 ]] || die "needs the packages ${missing[*]}: install them, or run as root"
	mkdir -p "$root/build"
	echo "installing ${missing[*]}" >&2
	(
		# One apt-get at a time, however many scripts ask.
		flock 9
		export DEBIAN_FRONTEND=noninteractive
		apt-get -q install -y --no-install-recommends "${missing[@]}" ||
			{ apt-get -q update && apt-get -q install -y --no-install-recommends "${missing[@]}"; }
	) 9>"$root/build/apt.lock" >"$root/build/apt.log" 2>&1 ||
		die "cannot install ${missing[*]}: $(grep -m1 '^E:' "$root/build/apt.log" || echo "see build/apt.log")"
}

# Releases that are installed with an image, newest first.
installed_kernels() {
	local dir
	for dir in /lib/modules/*/kernel; do
		[[ -d $dir ]] || continue
		dir=${dir%/kernel}
		[[ -e /boot/vmlinuz-${dir##*/} ]] && echo "${dir##*/}"
	done | sort -rV
}

# The release to build for: the running kernel where it can load modules,
# otherwise the newest one installed (installed now if there is none).
default_kernel() {
	local running release
	running=$(uname -r)
	if [[ -e /proc/modules && -d /lib/modules/$running/kernel && -e /boot/vmlinuz-$running ]]; then
		echo "$running"
		return
	fi
	release=$(installed_kernels | head -n1)
	if [[ -z $release ]]; then
		need_packages linux-image-amd64
		release=$(installed_kernels | head -n1)
	fi
	[[ $release ]] || die "no kernel under /lib/modules and /boot, and linux-image-amd64 brought none"
	echo "$release"
}

# The release that test guests boot: the newest one with 9p and overlay as modules.
guest_kernel() {
	local release pass
	for pass in 1 2; do
		for release in $(installed_kernels); do
			[[ -e /lib/modules/$release/kernel/fs/9p/9p.ko ]] && [[ -d $root/patches/$(kernel_line "$release") ]] && {
				echo "$release"
				return
			}
		done
		need_packages linux-image-amd64
	done
	die "no installed kernel has patches here and a 9p file system for the guest"
}

# 6.1.0-56-amd64 -> 6.1
kernel_line() {
	[[ $1 =~ ^([0-9]+\.[0-9]+)([.-]|$) ]] || die "\"$1\" is not a kernel release such as 6.1.0-56-amd64"
	echo "${BASH_REMATCH[1]}"
}
