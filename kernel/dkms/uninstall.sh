#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# uninstall.sh: takes away what install.sh brought, for all kernels; what is left of
# an interrupted run as well. Run by "tsipvsadm module uninstall", under its lock.
# What goes wrong is said in the last line, beginning with "error: ".
set -euo pipefail
state=/var/lib/dkms/tsipvsadm
removed=''

for version in $({ dkms status -m tsipvsadm 2>/dev/null | sed -n 's|^tsipvsadm/\([^,:]*\).*|\1|p'; ls "$state" 2>/dev/null | grep -v '^kernel-'; } | sort -u); do
	log=$(dkms remove "tsipvsadm/$version" --all 2>&1) || {
		if grep -qE 'Read-only|denied' <<<"$log"; then
			echo "error: tsipvsadm/$version can't be removed: $(grep -m1 -E 'Read-only|denied' <<<"$log")"
			exit 1
		fi
	}
	echo "removed tsipvsadm/$version"
	removed=1
done
rm -rf "$state" /usr/src/tsipvsadm-* /usr/src/.tsipvsadm-*.new /etc/modules-load.d/tsipvsadm.conf || {
	echo "error: what dkms built from can't be deleted"
	exit 1
}
# Files that dkms lost track of would still be preferred to the stock ones.
for file in /lib/modules/*/updates/dkms/ip_vs{,_snat_sched}.ko*; do
	[[ -e $file ]] || continue
	release=${file#/lib/modules/}
	release=${release%%/*}
	rm -f "$file" && depmod "$release"
	removed=1
done
[[ $removed ]] || echo "there was nothing to remove"
