#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# prepare.sh RELEASE SOURCE DIRECTORY: makes DIRECTORY the ipvs directory to build
# for kernel RELEASE: that of SOURCE, a kernel tree or a tar archive of one, with
# the patches of its line, which have to apply without fuzz, and our files. On
# failure it says why in a line, and DIRECTORY is not there.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
release=$1 source=$2 directory=$3
ipvs=net/netfilter/ipvs

die() {
	echo "$*" >&2
	exit 1
}

# What a tool said, on one line; a full disk is said plainly. It must not need a
# temporary file itself, as a long here-string does.
said() {
	if [[ $1 == *'No space left on device'* ]]; then
		echo "the disk is full"
	else
		echo "${1%%$'\n'*}"
	fi
}

[[ $release =~ ^([0-9]+\.[0-9]+)([.-]|$) ]] || die "\"$release\" is not a kernel release such as 6.1.0-56-amd64"
line=${BASH_REMATCH[1]}
patches=$root/patches/$line
[[ -e $patches/series ]] || die "there are no patches for kernel $line (release $release); there are some for$(printf ' %s' $(cd "$root/patches" && ls -v))"

stage=$directory.stage
trap 'rm -rf "$stage"' EXIT
rm -rf "$stage"
mkdir -p "$stage/$ipvs" || die "$stage can't be made"

# The archive's one top directory has any name.
unpack() {
	local log
	log=$(tar -C "$stage" --strip-components=1 --wildcards --no-wildcards-match-slash -xf "$source" "*/$ipvs" '*/Makefile' 2>&1) ||
		die "$source can't be unpacked: $(said "$log")"
}

if [[ -d $source ]]; then
	[[ -e $source/$ipvs/ip_vs_core.c ]] || die "\"$source\" is not a kernel source tree: it has no $ipvs/ip_vs_core.c"
	log=$(cp -r "$source/$ipvs" "$stage/net/netfilter/" 2>&1) || die "$source can't be copied: $(said "$log")"
	makefile=$source/Makefile
elif [[ -e $source ]]; then
	unpack
	makefile=$stage/Makefile
else
	die "there is no kernel source \"$source\""
fi

# A tree that is cut down to this directory has no version to compare.
if [[ -e $makefile ]]; then
	version=$(awk '$1 == "VERSION" { v = $3 } $1 == "PATCHLEVEL" { print v "." $3; exit }' "$makefile")
	[[ $version == "$line" ]] || die "$source is the source of kernel $version, and $release needs that of $line"
fi
[[ -e $stage/$ipvs/Makefile ]] || die "$source is not whole: $ipvs/Makefile is not there"
for object in $(grep -oE '\bip_vs_[a-z0-9_]+\.o' "$stage/$ipvs/Makefile" | sort -u); do
	[[ -e $stage/$ipvs/${object%.o}.c ]] || die "$source is not whole: $ipvs/${object%.o}.c is not there"
done
[[ ! -e $stage/$ipvs/ip_vs_fnat.h ]] || die "$source has the patches already"

while IFS= read -r patch; do
	log=$(patch -d "$stage" -p1 --fuzz=0 --no-backup-if-mismatch -s -N <"$patches/$patch" 2>&1) ||
		die "patches/$line/$patch does not apply to $source: $(said "$log")"
done < <(sed 's/#.*//; /^[[:space:]]*$/d; s/[[:space:]]*$//' "$patches/series")
log=$(cp "$root"/kernel/Kbuild "$root"/kernel/*.[ch] "$stage/$ipvs/" 2>&1) || die "our files can't be copied: $(said "$log")"

rm -rf "$directory"
mv "$stage/$ipvs" "$directory"
