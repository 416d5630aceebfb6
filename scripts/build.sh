#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Makes bin/tsipvsadm runnable: packages, the netlink addon, the bundle.
# Does nothing that is done already.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

# Times say nothing: a fresh copy of the sources is newer than packages that fit.
stamp=node_modules/.package-lock.sum
if ! sha256sum --check --status "$stamp" 2>/dev/null; then
	npm ci
	sha256sum package-lock.json >"$stamp"
fi

if [[ -e scripts/build-native.sh ]]; then
	bash scripts/build-native.sh
fi

# The kernel takes no blanks, and no more than 255 bytes, behind #!.
launcher=bin/tsipvsadm
node=$(command -v node)
[[ $node =~ ^/[^[:space:]]{1,200}$ ]] || node="/usr/bin/env node"
if [[ scripts/launcher.cjs -nt $launcher || $(head -n 1 "$launcher") != "#!$node" ]]; then
	cat <(echo "#!$node") scripts/launcher.cjs >"$launcher.$$"
	chmod 755 "$launcher.$$"
	mv "$launcher.$$" "$launcher"
fi

bundle=dist/tsipvsadm.js
inputs=(src package.json package-lock.json scripts/bundle.mjs)
if [[ ! -e $bundle || ! -e dist/cache || -n $(find "${inputs[@]}" -newer "$bundle" -print -quit) ]]; then
	node scripts/bundle.mjs
fi
