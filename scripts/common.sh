# SPDX-License-Identifier: GPL-2.0-only
# Functions that the scripts here share; sourced, never run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# What all clones have together: root directories of other Debians, compiled modules.
shared_cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/tsipvsadm

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

# What each part needs from the distribution. The one place that lists it.
packages_module=(build-essential kmod patch perl python3 xz-utils)
packages_check=(sparse dkms flex bison bc ccache)
packages_native=(build-essential)
packages_guest=(
	linux-image-amd64 qemu-system-x86 busybox-static cpio kmod
	build-essential libc6-dev iproute2 iputils-ping
	procps ethtool ipvsadm iptables ipset nftables conntrack tcpdump
	traceroute mtr-tiny python3 python3-yaml python3-jsonschema xz-utils zstd
	curl libpcre2-8-0
)
# Libraries of keepalived, which is not installed itself: see setup.sh.
packages_keepalived=(libnl-3-200 libnl-genl-3-200 libnftnl11 libsnmp40 libglib2.0-0 libmnl0)

installed() {
	[[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

package_version() {
	dpkg-query -W -f '${Version}' "$1"
}

# Install what is missing of the named packages, or of "NAME=VERSION"; says nothing when all are there.
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
		# Old lists name old kernels. Where there is no network, they may do all the same.
		[[ ${lists_read-} == "$(this_debian)" ]] || apt-get -q update || :
		apt-get -q -o DPkg::Lock::Timeout=600 install -y --no-install-recommends "${missing[@]}"
	) 9>"$root/build/apt.lock" >"$root/build/apt.log" 2>&1 ||
		die "cannot install ${missing[*]}: $(grep -m1 '^E:' "$root/build/apt.log" || echo "see build/apt.log")"
	# Of which Debian, since what is called from here may run in the root directory of another.
	lists_read=$(this_debian)
	export lists_read
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

# "12", "13", or what has no number yet, "sid"; on other distributions something else.
this_debian() {
	(. /etc/os-release && [[ $ID == debian ]] && echo "${VERSION_ID:-sid}") || echo none
}

# Where this machine's apt fetches Debian from.
debian_mirror() {
	local lists
	lists=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null) || :
	[[ $lists =~ (URIs:|deb)[[:space:]]+(\[[^]]*\][[:space:]]+)?(https?://[^[:space:]]+/debian/?)[[:space:]] ]] ||
		die "no Debian mirror is among apt's sources"
	echo "${BASH_REMATCH[3]}"
}

# kernel_lines [DEBIAN]: the kernels of test/kernels that are this Debian's, or that one's,
# or all of them. Guests run the first where nothing else is said.
kernel_lines() {
	awk -v debian="${1-$(this_debian)}" '$1 !~ /^(#|$)/ && (debian == "all" || $2 == debian) { print $1 }' "$root/test/kernels"
}

# The Debian that has the kernel of line $1.
debian_of() {
	awk -v name="$1" '$1 == name { print $2; found = 1 } END { exit !found }' "$root/test/kernels" ||
		die "there is no kernel \"$1\" in test/kernels; there are $(kernel_lines all | paste -sd ' ')"
}

# with_line LINE COMMAND…: runs it where the kernel of a line is.
with_line() {
	local debian
	debian=$(debian_of "$1") || exit
	shift
	if [[ $debian == "$(this_debian)" ]]; then
		"$@"
	else
		bash "$root/scripts/debian.sh" "$debian" "$@"
	fi
}

# The releases installed of lines that have patches, newest first.
patched_kernels() {
	local release
	while IFS= read -r release; do
		[[ ! -e $root/patches/$(kernel_line "$release")/series ]] || echo "$release"
	done < <(installed_kernels)
}

# The release to build for: the running kernel where it can load modules,
# otherwise the newest one installed that has patches (installed now if there
# is none).
default_kernel() {
	local running release
	running=$(uname -r)
	if [[ -e /proc/modules && -d /lib/modules/$running/kernel && -e /boot/vmlinuz-$running ]]; then
		echo "$running"
		return
	fi
	release=$(patched_kernels | sed -n 1p)
	if [[ -z $release ]]; then
		need_packages linux-image-amd64
		release=$(patched_kernels | sed -n 1p)
	fi
	[[ $release ]] || die "no kernel with patches here is under /lib/modules and /boot, and linux-image-amd64 brought none"
	echo "$release"
}

# The image package of line $1. 6.1 has a package that follows it; otherwise the image is
# that of the installed linux-source, which the patches are for.
image_package() {
	local version name
	[[ $1 != 6.1 ]] || { echo linux-image-amd64 && return; }
	need_packages "linux-source-$1"
	version=$(dpkg-query -W -f '${source:Version}' "linux-source-$1")
	name=linux-image-${version%%-*}
	apt-cache pkgnames "$name+deb" | grep -xE "${name//./[.]}[+]deb[0-9]+-amd64" || die "apt offers no $name for linux-source-$1"
}

# The release that test guests of line $1 boot (the first where none is given): the
# newest one with 9p and overlay as modules. What is a release already stays one.
guest_kernel() {
	local line=${1-} release pass
	[[ $line ]] || line=$(kernel_lines | sed -n 1p)
	[[ $line ]] || die "no kernel of this machine's distribution is in test/kernels"
	[[ $line != *.*.* ]] || { echo "$line" && return; }
	line=$(kernel_line "$line")
	for pass in 1 2; do
		for release in $(patched_kernels); do
			[[ $(kernel_line "$release") == "$line" ]] && modinfo -k "$release" 9p >/dev/null 2>&1 && {
				echo "$release"
				return
			}
		done
		need_packages "$(image_package "$line")"
	done
	die "no installed kernel $line has patches here and a 9p file system for the guest"
}

# 6.1.0-56-amd64 -> 6.1
kernel_line() {
	[[ $1 =~ ^([0-9]+\.[0-9]+)([.-]|$) ]] || die "\"$1\" is not a kernel release such as 6.1.0-56-amd64"
	echo "${BASH_REMATCH[1]}"
}

# exit_as_guest WHAT SECONDS OUT LOG: with the status that a guest's init wrote at the
# end of OUT; where there is none, with 1, and the end of its console's LOG is shown.
exit_as_guest() {
	local status
	status=$(sed -n 's/^@@exit \([0-9]*\)$/\1/p' "$3" | tail -n1)
	[[ -z $status ]] || exit "$status"
	echo "$1 did not finish within $2 s or crashed; the end of ${4#"$root/"}:"
	tail -n 60 "$4"
	exit 1
}
