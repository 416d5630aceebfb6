#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Build the packet generator for a kernel of the distribution, in build/packets/RELEASE.
# usage: module.sh RELEASE
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/common.sh"
. "$root/scripts/ipvs-source.sh"

release=${1:?"usage: module.sh RELEASE"}
need_packages "${packages_module[@]}"
need_headers "$release"
work=$root/build/packets/$release
mkdir -p "$work"
exec 8>"$work.lock"
flock 8
sync_tree "$root/bench/packets/module" "$work"
make -C "/lib/modules/$release/build" M="$work" modules >"$work.log" 2>&1 || {
	grep -E 'error|undefined' "$work.log" >&2 || tail -n5 "$work.log" >&2
	die "the packet generator does not build for $release, see ${work#"$root"/}.log"
}
