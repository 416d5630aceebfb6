#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Build the distribution's kernel with our series in it as a program of this
# machine (User-Mode Linux), and the packet generator for it, in build/uml.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/common.sh"
. "$root/scripts/ipvs-source.sh"

line=6.1
need_packages build-essential flex bison bc "linux-source-$line" xz-utils iproute2 iptables nftables ipvsadm
tarball=/usr/src/linux-source-$line.tar.xz
work=$root/build/uml
tree=$work/linux-$(stat -c %s-%Y "$tarball")
mkdir -p "$work"
exec 8>"$work.lock"
flock 8

if [[ ! -d $tree ]]; then
	echo "unpacking $tarball"
	rm -rf "$tree.new"
	mkdir "$tree.new"
	tar -C "$tree.new" --strip-components=1 -xJf "$tarball"
	mv "$tree.new" "$tree"
fi
ln -sfn "${tree##*/}" "$work/linux"

# The series goes into what the tree had before anything of ours, which is kept beside
# it; files that do not change keep their times, so that make rebuilds no more than
# it has to.
upstream=$tree/.ipvs-upstream
if [[ ! -d $upstream ]]; then
	rm -rf "$upstream.new"
	mkdir -p "$upstream.new/net/netfilter"
	cp -rp "$tree/net/netfilter/ipvs" "$upstream.new/net/netfilter/"
	mv "$upstream.new" "$upstream"
fi
patched=$(mktemp -d)
trap 'rm -rf "$patched"' EXIT
cp -r "$upstream/net" "$tree/Makefile" "$tree/Kconfig" "$patched/"
bash "$root/kernel/dkms/patch-tree.sh" "$patched" | sed '/^error: /!d' >&2 || die "the series does not go into $tree"
sync_tree "$patched/net/netfilter/ipvs" "$tree/net/netfilter/ipvs"

log=$work/build.log
make=(make -C "$tree" ARCH=um -j"$(nproc)")
build() {
	"${make[@]}" "$@" >>"$log" 2>&1 || {
		grep -E 'error|undefined' "$log" | head >&2 || tail -n 5 "$log" >&2
		die "the kernel does not build as a program, see build/uml/build.log"
	}
}
: >"$log"
config=$root/bench/packets/uml.config
if [[ ! -e $tree/.config || $config -nt $tree/.config || $tree/net/netfilter/ipvs/Kconfig -nt $tree/.config ]]; then
	"${make[@]}" defconfig >>"$log" 2>&1
	(cd "$tree" && ARCH=um scripts/kconfig/merge_config.sh -m .config "$config") >>"$log" 2>&1
	build olddefconfig
	while IFS= read -r option; do
		grep -qx "$option" "$tree/.config" || die "the kernel can't be configured with $option"
	done < <(grep '^CONFIG' "$config")
fi
echo "building the kernel as a program (some ten minutes the first time)"
build linux modules_prepare
[[ ! -d $root/bench/packets/module ]] || {
	mkdir -p "$work/module"
	cp -u "$root"/bench/packets/module/* "$work/module/"
	build M="$work/module" modules
}
echo "build/uml/linux/linux is built"
