#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Compile the guest tests' own tools into build/tools, and bundle the comparison
# with C ipvsadm there.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

need_packages build-essential
mkdir -p "$root/build/tools"
for source in "$root"/test/vm/tools/*.c "$root"/test/parity/driver.c; do
	name=$(basename "$source" .c)
	tool=$root/build/tools/$name
	# Static: half of what an emulated guest needs to start a program is its linking.
	[[ $tool -nt $source && $tool -nt ${BASH_SOURCE[0]} ]] || gcc -std=gnu17 -O2 -Wall -Wextra -Werror -Wno-missing-field-initializers \
		-Wno-declaration-after-statement -static -o "$tool" "$source" 2>"$tool.log" || die "${source#"$root"/} does not compile: $(grep -m1 error "$tool.log")"
done

bundle=$root/build/tools/parity.js
if [[ ! -e $bundle || -n $(find "$root/src" "$root/test/parity" "$root/test/helpers/random.ts" -newer "$bundle" -print -quit) ]]; then
	(cd "$root" && npx --no-install esbuild test/parity/main.ts --bundle --platform=node --target=node18 \
		--supported:dynamic-import=false --log-level=warning --outfile="$bundle")
fi
