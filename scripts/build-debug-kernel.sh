#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Build the distribution's kernel with our IPVS in its tree and the checks of
# test/debug/kernel.config, for npm run test:debug: a quarter of an hour or more, 3 GB.
# Leaves build/debug/bzImage, build/debug/root/lib/modules/RELEASE and, for the guests,
# build/modules/RELEASE; prints RELEASE. What changes in kernel/ or patches/ alone is
# built anew in a minute.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$root/scripts/ipvs-source.sh"

line=$(kernel_lines | sed -n 1p)
debug=$root/build/debug
tree=$debug/linux-$line
out=$debug/root
mkdir -p "$debug"
exec 8>"$debug/lock"
flock 8

need_packages "${packages_module[@]}" "linux-source-$line" flex bison libelf-dev bc
tarball=/usr/src/linux-source-$line.tar.xz

# What compiles no kernel here stays packed.
if [[ ! -e $tree/.unpacked || $tarball -nt $tree/.unpacked ]]; then
	echo "unpacking $tarball" >&2
	rm -rf "$tree"
	mkdir -p "$tree"
	xz -dcT0 "$tarball" | tar -C "$tree" --strip-components=1 --exclude='*/tools/testing' --exclude='*/Documentation/*.rst' \
		--exclude='*/drivers/gpu/*.[ch]' --exclude='*/drivers/staging/*.[ch]' --exclude='*/sound/*.[ch]' -x
	rm -rf "$debug/ipvs-$line" "$debug/configured"
	cp -r "$tree/net/netfilter/ipvs" "$debug/ipvs-$line"
	touch "$tree/.unpacked"
fi

# Our files over upstream's, and no time of what is alike is changed.
rm -rf "$tree.small"
mkdir -p "$tree.small/net/netfilter"
cp "$tree/Makefile" "$tree/Kconfig" "$tree.small/"
ln -s "$tree/include" "$tree.small/include"
cp -r "$debug/ipvs-$line" "$tree.small/net/netfilter/ipvs"
bash "$root/kernel/dkms/patch-tree.sh" "$tree.small" >&2
sync_tree "$tree.small/net/netfilter/ipvs" "$tree/net/netfilter/ipvs"
rm -rf "$tree.small"

if ! cmp -s "$root/test/debug/kernel.config" "$debug/configured"; then
	make -C "$tree" KCONFIG_ALLCONFIG="$root/test/debug/kernel.config" allnoconfig >"$debug/config.log" 2>&1 ||
		die "the kernel can't be configured, see build/debug/config.log"
	cp "$root/test/debug/kernel.config" "$debug/configured"
fi
started=$SECONDS
make -C "$tree" -j"$(nproc)" bzImage modules >"$debug/build.log" 2>&1 || {
	grep -E 'error|undefined' "$debug/build.log" >&2 || tail -n5 "$debug/build.log" >&2
	die "the kernel does not build, see build/debug/build.log"
}
rm -rf "$out"
make -C "$tree" INSTALL_MOD_PATH="$out" DEPMOD=true modules_install >>"$debug/build.log" 2>&1 || die "the modules are not installed, see build/debug/build.log"
release=$(make -s -C "$tree" kernelrelease)
depmod -b "$out" "$release"
cp "$tree/arch/x86/boot/bzImage" "$debug/bzImage"
modules=$root/build/modules/$release
mkdir -p "$modules"
cp "$out/lib/modules/$release/kernel/net/netfilter/ipvs"/ip_vs{,_snat_sched}.ko "$modules/"
echo "built build/debug ($((SECONDS - started)) s)" >&2
echo "$release"
