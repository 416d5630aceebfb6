#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# install.sh VERSION [RELEASE]: has dkms build and install the modules for kernel
# RELEASE, and for later ones by itself; without RELEASE for those alone whose headers
# are installed later. All of it or nothing: on failure what was installed before still
# is. Run by "tsipvsadm module install" and by the Debian package, under a lock.
# What goes wrong is said in the last line, beginning with "error: ".
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version=$1 release=${2-}
tree=/usr/src/tsipvsadm-$version
name=tsipvsadm/$version
state=/var/lib/dkms/tsipvsadm
stage=/usr/src/.tsipvsadm-$version.new

die() {
	echo "error: $*"
	exit 1
}

# Why dkms failed: our own build's word for it, else its own first.
said() {
	if [[ $1 == *'No space left on device'* ]]; then
		echo "the disk is full"
	elif grep -qs '^error: ' "$state/$version/build/make.log"; then
		sed -n 's/^error: //p' "$state/$version/build/make.log" | tail -n 1
	else
		sed -nE "/error|cannot|denied|read-only/I{p;q}" <<<"$1" | grep . || sed -n "\$p" <<<"$1"
	fi
}

writable() {
	local directory=$1
	while [[ ! -d $directory ]]; do directory=${directory%/*}; done
	(: >"$directory/.tsipvsadm.$$") 2>/dev/null || die "$directory can't be written: it is read-only, or the disk is full"
	rm -f "$directory/.tsipvsadm.$$"
}

registered() {
	dkms status -m tsipvsadm 2>/dev/null | sed -n 's|^tsipvsadm/\([^,:]*\).*|\1|p' | sort -u
}

# Also what an interrupted run left.
cleanup() {
	rm -rf /usr/src/.tsipvsadm-*.new
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP

for directory in /usr/src /var/lib/dkms ${release:+"/lib/modules/$release/updates/dkms"} /etc/modules-load.d; do
	writable "$directory"
done
log=$(bash "$here/source-tree.sh" "$version" "$stage" 2>&1) || die "$stage can't be made: $(said "$log")"

# The same version again: a tree that builds replaces it, another leaves it alone.
forget=''
if [[ -e $state/$version || -e $tree ]]; then
	if diff -rq "$tree" "$stage" >/dev/null 2>&1 && dkms status -m tsipvsadm -v "$version" -k "$release" | grep ': installed' >/dev/null; then
		echo "$name is installed for $release already"
		exit 0
	fi
	if [[ -z $release ]]; then
		forget=1
	elif ! diff -rq "$tree" "$stage" >/dev/null 2>&1; then
		echo "trying the build"
		work=$(mktemp -d /var/tmp/tsipvsadm-build.XXXXXX)
		trap 'rm -rf "$work"; cleanup' EXIT
		(cd "$stage" && bash kernel/dkms/build.sh "$release" '' "$work/ipvs") || exit 1
		rm -rf "$work"
		forget=1
	fi
fi
if [[ $forget ]]; then
	dkms remove "$name" --all >/dev/null 2>&1 || :
	rm -rf "${state:?}/$version" "$tree"
fi
if [[ ! -e $tree ]]; then
	mv "$stage" "$tree"
	fresh=1
fi

undo() {
	[[ ${fresh-} ]] || return 0
	dkms remove "$name" --all >/dev/null 2>&1 || :
	rm -rf "${state:?}/$version" "$tree"
	rmdir "$state" 2>/dev/null || :
	# An older version that was there goes on.
	for other in $(registered); do
		[[ -z $release ]] || dkms install "tsipvsadm/$other" -k "$release" --force >/dev/null 2>&1 || :
	done
}
trap 'undo; cleanup' EXIT

[[ -e $state/$version/source ]] || log=$(dkms add "$name" 2>&1) || die "dkms add: $(said "$log")"
if [[ $release ]]; then
	echo "building by dkms"
	log=$(dkms build "$name" -k "$release" --force 2>&1) || die "$(said "$log")"
	echo "installing by dkms"
	log=$(dkms install "$name" -k "$release" --force 2>&1) || die "dkms install: $(said "$log")"
fi
log=$( (echo ip_vs_snat_sched >/etc/modules-load.d/tsipvsadm.conf) 2>&1) || die "/etc/modules-load.d/tsipvsadm.conf can't be written"
fresh=''
for other in $(registered); do
	[[ $other == "$version" ]] && continue
	dkms remove "tsipvsadm/$other" --all >/dev/null 2>&1 || :
	rm -rf "/usr/src/tsipvsadm-$other"
done
echo "installed $name for ${release:-kernels whose headers come later}"
