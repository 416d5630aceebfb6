#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Put the patch series and the files of kernel/ into a full kernel source tree, so
# that they are built as a part of it.
# usage: patch-tree.sh TREE
# A tree that has an older series has it taken back first; files that do not
# change keep their times, so that make rebuilds no more than it has to.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$root/scripts/ipvs-source.sh"

[[ $# == 1 && $1 != -* ]] || die "usage: patch-tree.sh TREE"
tree=$1
[[ -e $tree/Makefile && -e $tree/net/netfilter/ipvs/Kconfig ]] ||
	die "\"$tree\" is not a kernel source tree: it has no net/netfilter/ipvs"
need_packages patch
line=$(awk '$1 == "VERSION" { v = $3 } $1 == "PATCHLEVEL" { print v "." $3; exit }' "$tree/Makefile")

# What the tree had before anything of ours stays beside it.
directory=$tree/net/netfilter/ipvs
pristine=$tree/.ipvs-upstream
if [[ ! -d $pristine ]]; then
	rm -rf "$pristine.new"
	mkdir -p "$pristine.new/net/netfilter/ipvs"
	cp -p "$directory"/*.[ch] "$directory"/Kconfig "$directory"/Makefile "$pristine.new/net/netfilter/ipvs/"
	mv "$pristine.new" "$pristine"
fi

patched=$(mktemp -d)
trap 'rm -rf "$patched"' EXIT
prepare_work "$line" "$pristine" "$patched/ipvs"
# Beside upstream's entries, which end with "endif".
cat "$root/kernel/Kconfig" >>"$patched/ipvs/Kconfig"
sync_tree "$patched/ipvs" "$directory"
cmp -s "$patched/ipvs/Kconfig" "$directory/Kconfig" || cp "$patched/ipvs/Kconfig" "$directory/Kconfig"
echo "patches/$line and kernel/ are in $tree"
