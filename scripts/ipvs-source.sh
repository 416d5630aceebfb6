# SPDX-License-Identifier: GPL-2.0-only
# The IPVS source of a kernel line, patched and with our files added; sourced.

# Headers that modules for release $1 are built against.
need_headers() {
	[[ -e /lib/modules/$1/build/Makefile ]] || need_packages "linux-headers-$1"
	[[ -e /lib/modules/$1/build/Module.symvers ]] ||
		die "/lib/modules/$1/build is not there although linux-headers-$1 is installed"
}

# Unpack what is needed of the kernel source for release $1, once; prints the
# directory. $2 is a kernel source tree to take instead of the distribution's.
upstream_source() {
	local release=$1 tree=${2-} line tarball id dir
	line=$(kernel_line "$release")
	if [[ $tree ]]; then
		[[ -e $tree/net/netfilter/ipvs/ip_vs_core.c ]] || die "\"$tree\" is not a kernel source tree: it has no net/netfilter/ipvs"
		(cd "$tree" && pwd)
		return
	fi
	tarball=/usr/src/linux-source-$line.tar.xz
	[[ -e $tarball ]] || need_packages "linux-source-$line"
	[[ -e $tarball ]] || die "linux-source-$line is installed but brought no $tarball"
	warn_of_mismatch "linux-headers-$release" "linux-source-$line"
	id=$(stat -c %s-%Y "$tarball")-3
	dir=$root/build/source/$line-$id
	mkdir -p "$root/build/source"
	(
		flock 9
		[[ -d $dir ]] || unpack_source "$line" "$tarball" "$dir"
	) 9>"$root/build/source/lock" || exit 1
	echo "$dir"
}

unpack_source() { # LINE TARBALL DIRECTORY
	local line=$1 tarball=$2 dir=$3
	echo "unpacking net/netfilter/ipvs of $tarball" >&2
	rm -rf "$dir.new"
	mkdir -p "$dir.new"
	# It has many blocks, which xz can decompress at the same time.
	xz -dcT0 "$tarball" | tar -C "$dir.new" --strip-components=1 -x \
		"linux-source-$line/Makefile" \
		"linux-source-$line/net/netfilter/ipvs" \
		"linux-source-$line/include/net/ip_vs.h" \
		"linux-source-$line/include/uapi/linux/ip_vs.h" \
		"linux-source-$line/scripts/checkpatch.pl" \
		"linux-source-$line/scripts/spelling.txt" \
		"linux-source-$line/scripts/const_structs.checkpatch" ||
		die "cannot unpack $tarball"
	mv "$dir.new" "$dir"
}

warn_of_mismatch() {
	local headers source
	headers=$(dpkg-query -W -f '${Version}' "$1" 2>/dev/null) || return 0
	source=$(dpkg-query -W -f '${source:Version}' "$2" 2>/dev/null) || return 0
	[[ $headers == "$source" ]] || echo "warning: $1 is $headers but $2 is $source" >&2
}

# Make $2 hold what $1 holds, leaving equal files and their times alone, so
# that make rebuilds no more than it has to. Build products in $2 stay.
sync_tree() {
	local from=$1 to=$2 file
	mkdir -p "$to"
	while IFS= read -r file; do
		cmp -s "$from/$file" "$to/$file" || cp -f "$from/$file" "$to/$file"
	done < <(cd "$from" && find . -type f -printf '%P\n')
	while IFS= read -r file; do
		[[ -e $from/$file ]] || rm -f "$to/$file" "$to/${file%.c}.o"
	done < <(cd "$to" && find . -maxdepth 1 -type f ! -name '*.mod.c' \( -name '*.[ch]' -o -name Kbuild -o -name Makefile \) -printf '%P\n')
}

# Directory $3 becomes the ipvs directory to build, of upstream source $2 for
# release $1, with the patches and the files of kernel/.
prepare_work() {
	bash "$root/kernel/dkms/prepare.sh" "$1" "$2" "$3.new" || exit 1
	sync_tree "$3.new" "$3"
	rm -rf "$3.new"
}

# Where dkms builds the module.
dkms_place=/var/lib/dkms/tsipvsadm/$(sed -n 's/^  "version": "\(.*\)",$/\1/p' "$root/package.json")/build/ipvs

# What changes warnings alone (W=1), as ccache is told. Not -Wp,-MMD and -Wa: what it is
# to ignore, later versions do not even read.
not_of_code="$(printf -- '-W%s* ' a{d,l,r,s,t} {b..o} p{a,e,o} {q..z})-DKBUILD_EXTRA_WARN1"

# module_make RELEASE DIRECTORY ARGUMENT…: make, by the kernel's headers. Where ccache is
# installed, what was compiled once comes out of a cache, in every clone and in the tests of
# dkms: that goes by the paths of sources, so this build sees the directory where dkms builds.
# Only what asks for all warnings (W=1) fills it, since they come out of it too.
module_make() {
	local headers=/lib/modules/$1/build work=$2
	shift 2
	if [[ $EUID != 0 || ! -x /usr/bin/ccache || $work == /var/lib/* ]]; then
		make -C "$headers" -j"$(nproc)" M="$work" "$@"
		return
	fi
	mkdir -p "$shared_cache/ccache"
	unshare --mount bash -ec '
		mount -t tmpfs none /var/lib
		mkdir -p "$1"
		mount --bind "$2" "$1"
		exec "${@:3}"' bash "$dkms_place" "$work" \
		env PATH="/usr/lib/ccache:$PATH" CCACHE_DIR="$shared_cache/ccache" CCACHE_MAXSIZE=1G CCACHE_IGNOREOPTIONS="$not_of_code" \
		make -C "$headers" -j"$(nproc)" M="$dkms_place" "$@"
}

# Leave nothing that make would not do again in a directory of sources.
forget_objects() { # DIRECTORY
	find "$1" \( -name '*.o' -o -name '.*.cmd' -o -name '*.mod*' \) -delete
}

# Symbols that upstream's ip_vs.ko exports keep their checksums in Module.symvers
# $2, compared with the headers of release $1.
check_symvers() {
	bash "$root/kernel/dkms/check-symvers.sh" "/lib/modules/$1/build" "$2" || exit 1
}
