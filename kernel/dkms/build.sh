#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# build.sh RELEASE SOURCE DIRECTORY: builds ip_vs.ko and ip_vs_snat_sched.ko in
# DIRECTORY, which it makes; see prepare.sh. Without a SOURCE ("") it is that of the
# distribution's package linux-source. dkms runs it, and so does "tsipvsadm module".
# What goes wrong is said in the last line, beginning with "error: ".
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
release=$1 source=$2 directory=$(realpath -m "$3")
headers=/lib/modules/$release/build

die() {
	echo "error: $*"
	exit 1
}

# One with the number that built the kernel, where there is one: another's code
# may not fit, and its options differ.
find_compiler() {
	local text name wanted have candidate
	text=$(sed -n 's/^CONFIG_CC_VERSION_TEXT="\(.*\)"$/\1/p' "$headers/.config" 2>/dev/null) || :
	name=${text%% *}
	wanted=$(grep -oE '[0-9]+\.[0-9]+\.[0-9]+' <<<"$text" | tail -n 1) || :
	compiler=${CC-}
	# Headers may bring a compiler with its whole name alone: x86_64-linux-gnu-gcc-14.
	for candidate in "$name" "gcc-${name##*gcc-}" gcc; do
		[[ ! $compiler && $candidate ]] && command -v "$candidate" >/dev/null && compiler=$candidate
	done
	[[ $name == *gcc-[0-9]* ]] && name=gcc-${name##*gcc-}
	[[ $compiler ]] && command -v "$compiler" >/dev/null || die "there is no compiler ${compiler:-gcc}: install ${name:-gcc}"
	have=$("$compiler" -dumpfullversion 2>/dev/null) || die "$compiler does not run"
	[[ -z $wanted || ${have%%.*} == "${wanted%%.*}" ]] ||
		die "kernel $release was built by gcc ${wanted%%.*}, and $compiler is gcc $have: install gcc-${wanted%%.*}"
}

# The first thing that the compiler or make found wrong, without directories.
first_error() {
	grep -q 'No space left on device' "$1" && echo "the disk is full" && return
	grep -m1 -E '(error|undefined!|Error [0-9]+|No rule to make)' "$1" | sed "s|$directory/||g" || tail -n 1 "$1"
}

[[ -e $headers/Makefile ]] || die "the headers of kernel $release are not there: install linux-headers-$release"
[[ -e $headers/Module.symvers ]] || die "$headers is not whole: Module.symvers is not there"
for tool in make patch tar xz; do
	command -v $tool >/dev/null || die "there is no program $tool: install ${tool/%xz/xz-utils}"
done
find_compiler
line=$(grep -oE '^[0-9]+\.[0-9]+' <<<"$release" || :)

# IPVS changed within the lines; what our files name is there from 6.1.187 on.
for header in {"$headers","/lib/modules/$release/source"}/include/net/ip_vs.h; do
	[[ ! -e $header ]] || grep -q IP_VS_DEST_CF_AVAILABLE "$header" ||
		die "the IPVS of kernel $release is older than the patches are for: upgrade to the latest kernel $line, and boot it"
done

# Headers and source of two versions of the distribution's seldom fit.
fitting() {
	local kernel package
	[[ ! ${named-} ]] || return 0
	kernel=$(dpkg-query -W -f '${Version}' "linux-headers-$release" 2>/dev/null) || return 0
	package=$(dpkg-query -W -f '${Version}' "linux-source-$line" 2>/dev/null) || return 0
	[[ $kernel == "$package" ]] ||
		die "$1; the kernel is $kernel, and linux-source-$line is $package: install linux-source-$line=$kernel, or boot the later kernel"
}

named=$source
if [[ -z $source ]]; then
	source=/usr/src/linux-source-$line.tar.xz
	[[ -e $source ]] || source=/usr/src/linux-source-$line
	[[ -e $source ]] || die "there is no source of kernel $line: install linux-source-$line, or name a tree"
fi

echo "patching IPVS of $source"
log=$(bash "$here/prepare.sh" "$release" "$source" "$directory" 2>&1) || {
	fitting "${log##*$'\n'}"
	die "${log##*$'\n'}"
}

echo "compiling"
if ! make -C "$headers" M="$directory" CC="$compiler" -j"$(nproc)" modules 2>&1 |
	tee "$directory/build.log" | sed -unE 's|^  CC \[M\] +.*/([a-z_]+)\.o$|  \1.c|p'; then
	log="ip_vs does not build for $release: $(first_error "$directory/build.log")"
	fitting "$log"
	die "$log"
fi
log=$(bash "$here/check-symvers.sh" "$headers" "$directory/Module.symvers" 2>&1) || die "$log"
[[ ! $log ]] || echo "checksums of exported symbols: $log"
echo "built ip_vs.ko and ip_vs_snat_sched.ko for $release"
