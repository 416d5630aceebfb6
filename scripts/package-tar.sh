#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Builds build/tsipvsadm-VERSION.tar.gz: what install.sh needs, with the program
# built, so that the host needs no npm. The same bytes from the same commit.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$root"
bash scripts/build.sh
version=$(node -p 'require("./package.json").version')
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
find install.sh LICENSE README.md package.json packaging scripts/{launcher,code-cache}.cjs bin/tsipvsadm-{save,restore} \
	dist/tsipvsadm.js dist/native dist/packages kernel patches docs completion -type f | LC_ALL=C sort |
	tar -c --mtime="@$epoch" --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX --transform "s|^|tsipvsadm-$version/|" -T - |
	gzip -9n >"build/tsipvsadm-$version.tar.gz"
echo "built build/tsipvsadm-$version.tar.gz"
