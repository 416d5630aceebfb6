#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What has to hold for kernel/ and patches/: no compiler warning with W=1, no
# word from sparse (endian checks on), checkpatch --strict, and the checksums
# of upstream's exported symbols. Upstream's own warnings are not ours: those
# that the unpatched source gives as well do not count.
#   check-kernel.sh                                   all of it, for a kernel of each line
#   check-kernel.sh --kernel RELEASE [--source TREE]  what a kernel's build tells
#   check-kernel.sh --style                           checkpatch alone
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$root/scripts/ipvs-source.sh"
. "$root/scripts/result.sh"

release='' tree='' style=''
while (($#)); do
	case $1 in
	--kernel) release=${2:?"--kernel needs a release"} && shift 2 ;;
	--source) tree=${2:?"--source needs a directory"} && shift 2 ;;
	--style) style=1 && shift ;;
	*) die "unknown argument \"$1\"; --kernel, --source and --style are known" ;;
	esac
done

need_packages "${packages_module[@]}" "${packages_check[@]}"
[[ $release || ! $tree ]] || die "--source needs --kernel: which kernel is it the source of?"
releases=()
if [[ $release ]]; then
	releases=("$(guest_kernel "$release")")
elif [[ ! $style ]]; then
	style=1
	for line in $(kernel_lines); do
		releases+=("$(guest_kernel "$line")")
	done
fi
passed=0 failed=0

# What the checks below are about from here on.
use_release() { # RELEASE
	release=$1
	need_headers "$release"
	source=$(upstream_source "$release" "$tree")
	check=$root/build/check/$release
	mkdir -p "$check"
}

# Words of later kernels' headers that an older sparse does not know. Without the first it
# takes reads of constants for constants ("different modifiers"); gcc looks at those.
older_sparse() {
	[[ ! $(sparse - <<<'static int a; static __typeof_unqual__(a) b;' 2>&1) ]] || echo " -D__typeof_unqual__=__typeof__"
	[[ ! $(sparse - <<<'_Static_assert(__builtin_strlen("a") == 1, "");' 2>&1) ]] || echo " '-D__builtin_strlen(s)=(sizeof(s) - 1)'"
}

# For make: with the compiler's and sparse's warnings.
# What it says of SCTP's own structures, which lie in a header, is not ours.
# C=2 would be taken back where the headers lack what tries sparse out.
checks=(W=1 KBUILD_CHECKSRC=2 CHECK=sparse CF="-D__CHECK_ENDIAN__ -Wno-flexible-array-array$(older_sparse | tr -d '\n')")

# What logs have of them for a directory, without that and the line, sorted.
warnings_in() { # DIRECTORY LOG…
	grep -hE '(warning|error):' "${@:2}" | { [[ ! $(older_sparse) ]] && cat || grep -v '(different modifiers)$'; } | sed -E "s#^($1|$dkms_place)/##; s/^([^:]+):[0-9]+:([0-9]+:)?/\1:/" | sort || true
}

# warnings_of DIRECTORY [OBJECT…]: build it, or these of it, from scratch.
warnings_of() {
	forget_objects "$1"
	make -C "/lib/modules/$release/build" M="$1" -j"$(nproc)" "${checks[@]}" "${@:2}" >"$1.log" 2>&1 || return 1
	warnings_in "$1" "$1.log"
}

# What upstream gives where file $1 has warnings: of these objects, or of all when one is
# in a header.
upstream_warnings() {
	local name objects=()
	while IFS= read -r name; do
		[[ $name == */* || $name == *.h ]] && objects=() && break
		[[ ! -e $source/net/netfilter/ipvs/$name ]] || objects+=("${name/%.c/.o}")
	done < <(cut -d : -f 1 "$1" | sort -u)
	((${#objects[@]})) || [[ ${name-} ]] || return 0
	sync_tree "$source/net/netfilter/ipvs" "$check/upstream"
	((${#objects[@]})) || objects=(modules)
	warnings_of "$check/upstream" "${objects[@]}" || die "upstream's ipvs does not build, see build/check/$release/upstream.log"
}

look_with_sparse() { # DIRECTORY
	(
		flock 8
		module_make "$release" "$1" "${checks[@]}" modules
	) 8>"$1.lock"
}

# The module as it is built for guests, whose compiler has said all that it has to say;
# sparse looks at the sources of what is built.
build_checks() {
	local work=$root/build/kbuild/$release new
	if [[ -e $work.partial ]]; then
		forget_objects "$work"
		rm -f "$root/build/modules/$release/.stamp"
	fi
	if ! new=$(bash "$root/scripts/build-module.sh" --kernel "$release" ${tree:+--source "$tree"} 2>&1) ||
		! look_with_sparse "$work" >"$check/sparse.log" 2>&1; then
		result 1 "kernel $release/build" "$new$(grep -m20 -E 'error|undefined' "$check/sparse.log")"
		return
	fi
	# Where a helper of its is missing, make leaves sparse out without a word.
	if (($(grep -cE '^  CHECK +(.*/)?ip_vs_[^/]*[.]c$' "$check/sparse.log") < $(ls "$work"/ip_vs_fnat*.c | wc -l))); then
		result 1 "kernel $release/sparse" "sparse was not run on all of our files, see build/check/$release/sparse.log"
		return
	fi
	warnings_in "$work" "$work.log" "$check/sparse.log" >"$check/patched.warnings"
	upstream_warnings "$check/patched.warnings" >"$check/upstream.warnings"
	new=$(comm -13 "$check/upstream.warnings" "$check/patched.warnings")
	report_new_warnings "$new"
	if new=$(check_symvers "$release" "$work/Module.symvers" 2>&1); then
		result 0 "kernel $release/checksums of upstream's exports${new:+: $new}"
	else
		result 1 "kernel $release/checksums of upstream's exports" "$new"
	fi
}

# The real servers' module has nothing of upstream's.
toa_checks() {
	sync_tree "$root/kernel/toa" "$check/toa"
	if warnings_of "$check/toa" modules >"$check/toa.warnings"; then
		result "$([[ ! -s $check/toa.warnings ]]; echo $?)" "kernel $release/toa without a warning, from sparse either" \
			"$(cat "$check/toa.warnings")"
	else
		result 1 "kernel $release/toa build" "$(grep -m20 -E 'error|undefined' "$check/toa.log")"
	fi
}

# Those with a [-W…] are the compiler's, the others sparse's.
report_new_warnings() {
	local compiler sparse
	compiler=$(grep -E '\[-W[^]]*\]$' <<<"$1" || true)
	sparse=$(grep -vE '\[-W[^]]*\]$|^$' <<<"$1" || true)
	result "$([[ -z $compiler ]]; echo $?)" "kernel $release/no compiler warning with W=1" "$compiler"
	result "$([[ -z $sparse ]]; echo $?)" "kernel $release/no word from sparse" "$sparse"
}

# Patches carry upstream's context and ours, so what checkpatch says about
# a missing MAINTAINERS entry does not apply to either. compat.h is the one
# place that may ask for the kernel's version, and not every version uses all
# that is passed to its macros.
checkpatch() { # NAME ARGUMENTS… FILES…
	local name=$1 output ignore=FILE_PATH_CHANGES
	[[ $name == *compat.h ]] && ignore+=,LINUX_VERSION_CODE,CONSTANT_COMPARISON,MACRO_ARG_UNUSED
	shift
	if output=$(perl "$script" --strict --no-tree --terse --no-summary --show-types \
		--ignore "$ignore" "$@" 2>&1); then
		result 0 "$name"
	else
		result 1 "$name" "${output//$root\//}"
	fi
}

style_checks() {
	local script patch file
	script=$(upstream_source "$(guest_kernel)" "$tree")/scripts/checkpatch.pl
	for file in "$root"/kernel/*.[ch] "$root"/kernel/toa/*.[ch]; do
		[[ -e $file ]] && checkpatch "kernel/checkpatch ${file#"$root"/}" -f "$file"
	done
	while IFS= read -r patch; do
		checkpatch "kernel/checkpatch ${patch#"$root"/}" "$patch"
	done < <(find "$root/patches" -name '*.patch' | sort)
}

for release in ${releases[@]+"${releases[@]}"}; do
	use_release "$release"
	build_checks
	toa_checks
done
[[ ! $style ]] || style_checks
echo "$passed passed, $failed failed"
((failed == 0))
