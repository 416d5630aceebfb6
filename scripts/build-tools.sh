#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Compile the guest tests' own tools into build/tools.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

need_packages build-essential
mkdir -p "$root/build/tools"
for source in "$root"/test/vm/tools/*.c; do
	name=$(basename "$source" .c)
	tool=$root/build/tools/$name
	[[ $tool -nt $source ]] || gcc -std=gnu17 -O2 -Wall -Wextra -Werror -Wno-missing-field-initializers \
		-Wno-declaration-after-statement -o "$tool" "$source" 2>"$tool.log" || die "test/vm/tools/$name.c does not compile: $(grep -m1 error "$tool.log")"
done
