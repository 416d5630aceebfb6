#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# npm run watch:kernel: what the newest kernels that Debian has, in the backports of its
# release and in sid, mean for us: whether the patches apply and land where they should,
# whether the module builds without a warning, what the short suites say; and what of IPVS
# has changed, for a person to read. Kernels are fetched anew. The last line is
# "N passed, N failed".
#   watch-kernel.sh [SUITE…]   suites of test/vm/cases; stock, snat, zones, fullnat and
#                              synproxy where none is named
set -uo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$root/scripts/ipvs-source.sh"
. "$root/scripts/result.sh"
cd "$root"

watch=$root/build/watch
passed=0 failed=0

# The newest line that apt offers the source of, and its packages as they are now.
fetch_newest() {
	local log=$watch/apt.log image
	apt-get -q update >"$log" 2>&1 || die "apt-get update failed, see build/watch/apt.log"
	line=$(apt-cache pkgnames linux-source- | sed -nE 's/^linux-source-([0-9]+[.][0-9]+)$/\1/p' | sort -V | tail -n 1)
	[[ $line ]] || die "apt offers no linux-source"
	apt-get -q install -y --no-install-recommends "linux-source-$line" >>"$log" 2>&1 || die "linux-source-$line can't be installed, see build/watch/apt.log"
	image=$(image_package "$line") || exit
	release=${image#linux-image-}
	need_packages "$image" "${image/image/headers}"
}

# version_of SOURCE: 7.3.4
version_of() {
	awk '$1 == "VERSION" || $1 == "PATCHLEVEL" || $1 == "SUBLEVEL" { printf "%s%s", dot, $3; dot = "." } $1 == "SUBLEVEL" { exit }' "$1/Makefile"
}

# The newest source unpacked here that is older than a version.
older_source() { # VERSION
	local source version
	for source in "$root"/build/source/*/; do
		version=$(version_of "$source")
		[[ $version != "$1" && $(printf '%s\n' "$version" "$1" | sort -V | tail -n 1) == "$1" ]] && echo "$version $source"
	done | sort -V | tail -n 1
}

# What of IPVS changed since the source before this one.
tell_changes() {
	local source version old old_source diff part
	source=$(upstream_source "$release" 2>/dev/null) || return
	version=$(version_of "$source")
	read -r old old_source <<<"$(older_source "$version")"
	[[ $old ]] || { echo "no older source is unpacked here to compare $version with" && return; }
	diff=$watch/$old-$version.diff
	for part in net include; do
		diff -urN "$old_source/$part" "$source/$part"
	done >"$diff"
	echo "IPVS from $old to $version: $(grep -c '^[+][^+]' "$diff") lines more, $(grep -c '^-[^-]' "$diff") lines less, in build/watch/${diff##*/}"
	awk '/^[+][+][+] / { file = substr($2, match($2, /(net\/netfilter|include\/(net|uapi))/)) } /^[+-]/ && !/^([+][+][+]|---)/ { lines[file]++ } END { for (file in lines) printf "%8d  %s\n", lines[file], file }' "$diff" | sort -rn
}

# attempt WHAT COMMAND…: one line of its own, and what it said where it fails.
attempt() {
	local what=$1 log
	shift
	log=$watch/${what//[^a-z]/-}.log
	if "$@" >"$log" 2>&1; then
		result 0 "watch $release/$what"
	else
		result 1 "watch $release/$what" "$(tail -n 20 "$log")"
		return 1
	fi
}

run_suite() { # SUITE
	local file=$watch/$1.result
	bash test/vm/guest.sh --name "watch-$1" --kernel "$release" --cpus 2 --memory 1024 --timeout 2400 -- bash test/vm/run.sh "$1" >"$file" 2>&1
	sed -E '/^[0-9]+ passed, [0-9]+ failed$/d; s/^((not )?ok )/\1watch '"$release"', /' "$file"
	add_counts "watch $release/$1" "$file"
}

# In a root directory of the Debian whose kernel it is.
look() { # SUITE…
	local suite
	fetch_newest
	if [[ -e patches/$line/series ]]; then
		echo "kernel $release: of a line that is known"
	else
		echo "kernel $release: of no line that is known"
	fi
	tell_changes
	attempt "the patches apply and land where they should" bash kernel/dkms/prepare.sh "$release" "$(upstream_source "$release")" "$watch/ipvs" || return
	attempt "the module builds" bash scripts/build-module.sh --kernel "$release" || return
	attempt "the kernel's checks pass" bash scripts/check-kernel.sh --kernel "$release"
	for suite; do
		run_suite "$suite"
	done
}

mkdir -p "$watch"
if [[ ${1-} == --inside ]]; then
	look "${@:2}"
	echo "$passed passed, $failed failed"
	exit
fi
(($#)) || set -- stock snat zones fullnat synproxy
bash scripts/setup.sh tests >"$watch/setup.log" 2>&1 || die "set-up failed, see build/watch/setup.log"
for debian in 13 sid; do
	bash scripts/debian.sh "$debian" bash scripts/watch-kernel.sh --inside "$@" | tee "$watch/$debian.result" | sed -u '/^[0-9]* passed, [0-9]* failed$/d'
	add_counts "watch Debian $debian" "$watch/$debian.result"
done
echo "$passed passed, $failed failed"
((failed == 0))
