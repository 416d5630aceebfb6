#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# patch-tree.sh TREE: puts source NAT and FULLNAT into a full kernel tree, for those
# who build their own: the patches of its line, our files, Kconfig and Makefile. All
# of it or nothing. What goes wrong is said in the last line, beginning with "error: ".
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=$1
ipvs=$tree/net/netfilter/ipvs

die() {
	echo "error: $*"
	exit 1
}

[[ -e $tree/Makefile && -e $tree/Kconfig && -d $ipvs ]] || die "\"$tree\" is not a full kernel source tree: Makefile, Kconfig or net/netfilter/ipvs is not there"
[[ -w $tree/net/netfilter ]] || die "$tree/net/netfilter can't be written"
line=$(awk '$1 == "VERSION" { v = $3 } $1 == "PATCHLEVEL" { print v "." $3; exit }' "$tree/Makefile")
new=$tree/net/netfilter/.ipvs.new
trap 'rm -rf "$new" "$new.stage"' EXIT
log=$(bash "$here/prepare.sh" "$line" "$tree" "$new" 2>&1) || die "${log##*$'\n'}"

# In the tree the Makefile and Kconfig do what Kbuild does beside it.
rm "$new/Kbuild"
{
	echo
	echo "# Source NAT and FULLNAT"
	for file in "$new"/ip_vs_fnat*.c; do
		object=${file##*/}
		echo "ip_vs-objs += ${object%.c}.o"
	done
	echo 'obj-$(CONFIG_IP_VS_SNAT_SCHED) += ip_vs_snat_sched.o'
} >>"$new/Makefile" || die "$tree can't be written: is the disk full?"
[[ $(tail -n 1 "$new/Kconfig") == "endif # IP_VS" ]] || die "$ipvs/Kconfig does not end with \"endif # IP_VS\""
{
	sed '$d' "$new/Kconfig"
	sed 1,2d "$here/../Kconfig"
	echo
	echo "endif # IP_VS"
} >"$new/Kconfig.new" || die "$tree can't be written: is the disk full?"
mv "$new/Kconfig.new" "$new/Kconfig"
mv "$ipvs" "$ipvs.old"
mv "$new" "$ipvs"
rm -rf "$ipvs.old"
echo "patched $tree, a kernel $line: IP_VS and IP_VS_SNAT_SCHED are in its configuration"
