#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Builds the netlink addon, dist/native/netlink.node, when its source is newer.
# Without a C compiler the command line still works, over the netlink package.
set -euo pipefail
cd "$(dirname "$0")/.."

source=native/netlink.c
output=dist/native/netlink.node
compiler=${CC:-gcc}

if [[ $output -nt $source && $output -nt $0 ]]; then
	exit 0
fi
if ! command -v "$compiler" >/dev/null; then
	echo "build-native: no $compiler here; netlink goes over the netlink package, without extended acks" >&2
	exit 0
fi

# The package's headers, or those that came with this node.
headers=$(node -p 'require("node-api-headers").include_dir' 2>/dev/null) ||
	headers=$(node -p 'require("path").join(process.execPath, "../../include/node")')
if [[ ! -e $headers/node_api.h ]]; then
	echo "build-native: no node_api.h here; netlink goes over the netlink package, without extended acks" >&2
	exit 0
fi
mkdir -p "${output%/*}"
"$compiler" -std=gnu11 -O2 -Wall -Wextra -Werror -fPIC -shared -fvisibility=hidden \
	-DNAPI_VERSION=8 -I "$headers" -o "$output.tmp" "$source"
mv "$output.tmp" "$output"
