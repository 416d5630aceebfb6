#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Build toa.ko, the module of real servers behind FULLNAT, for a kernel of the
# distribution; leaves it in build/modules/RELEASE. It needs the kernel's
# headers, and neither IPVS nor our patches.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$root/scripts/ipvs-source.sh"

usage="usage: build-toa.sh [--kernel RELEASE]
  --kernel RELEASE  kernel to build for; default: the running kernel where it can
                    load modules, otherwise the newest one installed"

release=''
while (($#)); do
	case $1 in
	--kernel) release=${2:?"--kernel needs a release"} && shift 2 ;;
	-h | --help) echo "$usage" && exit ;;
	*) die "unknown argument \"$1\"; --kernel is known" ;;
	esac
done

need_packages "${packages_module[@]}"
[[ $release ]] || release=$(default_kernel)
need_headers "$release"
headers=/lib/modules/$release/build
work=$root/build/kbuild/$release-toa
out=$root/build/modules/$release
mkdir -p "$work" "$out"
exec 8>"$work.lock"
flock 8

inputs() {
	stat -L -c '%n %s %Y' "$headers/Module.symvers" "$headers/Makefile"
	cd "$root"
	sha256sum scripts/build-toa.sh kernel/toa/*
}
stamp=$(inputs | sha256sum | cut -d ' ' -f 1)
if [[ -e $out/toa.ko && $(cat "$out/.stamp-toa" 2>/dev/null) == "$stamp" ]]; then
	echo "build/modules/$release/toa.ko is up to date"
	exit
fi

started=$SECONDS
rm -f "$out/.stamp-toa"
sync_tree "$root/kernel/toa" "$work"
make -C "$headers" M="$work" -j"$(nproc)" modules >"$work.log" 2>&1 || {
	grep -E 'error|Error|undefined' "$work.log" >&2 || tail -n5 "$work.log" >&2
	die "toa.ko does not build for $release, see build/kbuild/$release-toa.log"
}
cp "$work/toa.ko" "$out/"
echo "$stamp" >"$out/.stamp-toa"
echo "built build/modules/$release/toa.ko ($((SECONDS - started)) s)"
