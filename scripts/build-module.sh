#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Build ip_vs.ko, ip_vs_snat_sched.ko, and the real servers' toa.ko, for a kernel
# of the distribution; leaves them in build/modules/RELEASE. Warnings are in
# build/kbuild/RELEASE.log, all of them unless there is a RELEASE.partial.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$root/scripts/ipvs-source.sh"

usage="usage: build-module.sh [--kernel RELEASE] [--source TREE] [--check]
  --kernel RELEASE  kernel to build for, or its name in test/kernels; default: the
                    running kernel where it can load modules, otherwise the newest one
                    installed
  --source TREE     kernel source tree to take net/netfilter/ipvs from;
                    default: the distribution's linux-source package
  --check           run the kernel coding checks as well (scripts/check-kernel.sh)"

release='' tree='' check=''
while (($#)); do
	case $1 in
	--kernel) release=${2:?"--kernel needs a release"} && shift 2 ;;
	--source) tree=${2:?"--source needs a directory"} && shift 2 ;;
	--check) check=1 && shift ;;
	-h | --help) echo "$usage" && exit ;;
	*) die "unknown argument \"$1\"; --kernel, --source and --check are known" ;;
	esac
done

need_packages "${packages_module[@]}"
[[ $release ]] && release=$(guest_kernel "$release") || release=$(default_kernel)
kernel_line "$release" >/dev/null
need_headers "$release"
headers=/lib/modules/$release/build
source=$(upstream_source "$release" "$tree")

work=$root/build/kbuild/$release
out=$root/build/modules/$release
mkdir -p "$work" "$out"
exec 8>"$work.lock"
flock 8

inputs() {
	local line
	line=$(kernel_line "$release")
	stat -L -c '%n %s %Y' "$headers/Module.symvers" "$headers/Makefile"
	cd "$root"
	sha256sum scripts/build-module.sh scripts/ipvs-source.sh kernel/Kbuild kernel/dkms/{*.sh,placement.awk,probes} \
		$(find kernel -maxdepth 1 -name '*.[ch]' | sort) $(find patches -type f | sort)
	echo "$source"
	[[ -z $tree ]] || find "$source/net/netfilter/ipvs" -type f -exec sha256sum {} + | sort
}
stamp=$(inputs | sha256sum | cut -d ' ' -f 1)

if [[ $(cat "$out/.stamp" 2>/dev/null) == "$stamp" ]]; then
	echo "build/modules/$release is up to date"
else
	started=$SECONDS
	rm -f "$out/.stamp"
	prepare_work "$release" "$source" "$work"
	rm -f "$work"/*.ko "$work.partial"
	[[ -z $(find "$work" -name '*.o' -print -quit) ]] || touch "$work.partial"
	module_make "$release" "$work" W=1 modules >"$work.log" 2>&1 || {
		{ grep -E 'error|Error|undefined' "$work.log" || tail -n5 "$work.log"; } | sed "s|$dkms_place/||g" >&2
		die "the module does not build for $release, see build/kbuild/$release.log"
	}
	check_symvers "$release" "$work/Module.symvers"
	rm -f "$out"/*.ko
	cp "$work"/*.ko "$work/Module.symvers" "$out/"
	echo "$stamp" >"$out/.stamp"
	echo "built build/modules/$release ($(find "$out" -name '*.ko' | wc -l) modules, $((SECONDS - started)) s)"
fi

bash "$root/scripts/build-toa.sh" --kernel "$release"

[[ -z $check ]] || exec bash "$root/scripts/check-kernel.sh" --kernel "$release" ${tree:+--source "$tree"}
