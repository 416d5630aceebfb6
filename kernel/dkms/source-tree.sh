#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# source-tree.sh VERSION DIRECTORY: makes DIRECTORY the source that dkms builds from.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
version=$1 directory=$2
mkdir -p "$directory/kernel/dkms"
cp "$root"/kernel/K{build,config} "$root"/kernel/*.[ch] "$directory/kernel/"
cp "$root"/kernel/dkms/{*.sh,placement.awk,probes} "$directory/kernel/dkms/"
cp -r "$root/patches" "$directory/"
lines=$(cd "$root/patches" && for series in */series; do echo "${series%/series}"; done | sed 's/[.]/[.]/g' | paste -sd '|')
sed "s/@VERSION@/$version/; s/@KERNELS@/^($lines)[.-]/" "$root/kernel/dkms/dkms.conf" >"$directory/dkms.conf"
chmod -R u=rwX,go=rX "$directory"
