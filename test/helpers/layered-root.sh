# SPDX-License-Identifier: GPL-2.0-only
# A root for tests that install things: this machine's, under a layer of memory, without
# a network. Sourced.
. "$root/scripts/result.sh"
. "$root/scripts/ipvs-source.sh"

# The distribution's sources as they are, inside.
full_sources=/media/src

# enter_layered_root NAME SCRIPT ARGUMENT…: runs the script in one, in the place of the
# calling script, unless that is there already. IN_ROOT then says where it is seen from
# outside. build/in-tree is on disk, for what memory has no room for, and is /mnt inside.
# The source packages there hold no more than is built, and kernels few other modules,
# which depmod reads each time; what was compiled once comes out of a cache, and apt gives
# up at once: the tests install many times.
enter_layered_root() {
	[[ -z ${IN_ROOT-} ]] || { use_quick_builds && return; }
	local layers=$root/build/$1 line release
	shift
	need_packages ccache
	mkdir -p "$layers" "$shared_cache/ccache"
	for line in $(kernel_lines); do
		release=$(guest_kernel "$line")
		need_headers "$release"
		upstream_source "$release" >"$layers/source-$line" || exit
	done
	export IN_ROOT=$layers/root
	exec unshare --mount --net --pid --fork --kill-child bash -c '
		set -e
		mount -t tmpfs -o mode=755 layers "$1"
		mkdir "$1"/{root,upper,work}
		mount -t overlay -o lowerdir=/,upperdir="$1/upper",workdir="$1/work" root "$IN_ROOT"
		mount -t proc proc "$IN_ROOT/proc"
		mount --rbind /dev "$IN_ROOT/dev"
		mount -t tmpfs run "$IN_ROOT/run"
		mkdir -p "$IN_ROOT/run/lock" "$1/../in-tree"
		mount --bind "$1/../in-tree" "$IN_ROOT/mnt"
		mkdir -p "$IN_ROOT/media/src" "$IN_ROOT/media/ccache"
		mount --bind /usr/src "$IN_ROOT/media/src"
		mount --bind "$2" "$IN_ROOT/media/ccache"
		exec chroot "$IN_ROOT" bash "${@:3}"' bash "$layers" "$shared_cache/ccache" "$@"
}

use_quick_builds() {
	local line release tree compiler
	export CCACHE_DIR=/media/ccache CCACHE_READONLY=1 CCACHE_IGNOREOPTIONS=$not_of_code
	# There is no network, however often apt tries.
	echo 'Acquire::Retries "0";' >/etc/apt/apt.conf.d/99-no-network
	# First in the path of everybody that compiles.
	for compiler in /usr/lib/ccache/*gcc*; do
		ln -sf /usr/bin/ccache "/usr/local/bin/${compiler##*/}"
	done
	for line in $(kernel_lines); do
		release=$(guest_kernel "$line")
		find "/lib/modules/$release/kernel" -name '*.ko*' ! -path '*/kernel/net/*' ! -path '*/kernel/fs/9p/*' ! -path '*/kernel/lib/*' -delete
		tree=$(<"$(dirname "$IN_ROOT")/source-$line")
		tar -C "$tree" --transform "s,^,linux-source-$line/," -cf - Makefile net | xz -0 >/media/small
		cp --remove-destination /media/small "/usr/src/linux-source-$line.tar.xz"
	done
}

# run_cases SUITE DIRECTORY…: each case_… of the script that calls, and each whole_case_…
# where the whole is wanted (npm run test:all), if it matches $pattern, in $scratch,
# which is new each time and has these directories.
run_cases() {
	local suite=$1 function name started output
	shift
	for function in $(sed -nE "s/^(${WHOLE:+(whole_)?}case_[a-z0-9_]+)\(\).*/\1/p" "${BASH_SOURCE[1]}"); do
		name=${function#*case_}
		name=$suite/${name//_/ }
		[[ $name =~ $pattern ]] || continue
		rm -rf "$scratch"
		mkdir -p "$scratch" "${@/#/$scratch/}"
		started=$SECONDS
		if output=$(cd "$scratch" && set -eu && "$function" 2>&1); then
			result 0 "$name ($((SECONDS - started)) s)"
		else
			result 1 "$name" "$output"
		fi
	done
}
