#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# prepare.sh RELEASE SOURCE DIRECTORY: makes DIRECTORY the ipvs directory to build
# for kernel RELEASE: that of SOURCE, a kernel tree or a tar archive of one, with
# the patches, those of its line behind those of all, and our files. Patches have to
# apply without fuzz, and to land where patches/placement says. On failure it says why
# in a line, and DIRECTORY is not there.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
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
patches=$root/patches
known=$(cd "$patches" && ls -v */series | sed 's|/series||')
# The newest tested line that is not newer than this one: others are tried.
like=''
for tested in $known; do
	[[ $(printf '%s\n' "$tested" "$line" | sort -V | head -n 1) != "$tested" ]] || like=$tested
done
[[ $like ]] || die "there are no patches for kernel $line (release $release); there are some for $(paste -sd ' ' <<<"$known")"

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

lines_of() {
	sed 's/#.*//; /^[[:space:]]*$/d; s/[[:space:]]*$//' "$@"
}

while IFS= read -r patch; do
	log=$(patch -d "$stage" -p1 --fuzz=0 --no-backup-if-mismatch -s -N <"$patches/$patch" 2>&1) ||
		die "patches/$patch does not apply to $source: $(said "$log")"
done < <(lines_of "$patches/series" "$patches/$like/series")

# A place that differs, as "WORD stands N times in FUNCTION() of FILE, not M".
astray() {
	awk '{ place = $1 " " $2 " " $3 }
		FILENAME == ARGV[1] { want[place] = $4 }
		FILENAME != ARGV[1] { have[place] = $4 }
		END {
			for (place in have) if (have[place] != want[place]) odd[place] = 1
			for (place in want) if (have[place] != want[place]) odd[place] = 1
			for (place in odd) {
				split(place, part)
				printf "%s stands %d times in %s() of %s, not %d\n", part[3], have[place], part[2], part[1], want[place]
			}
		}' <(lines_of "$patches/placement") <(awk -f "$here/placement.awk" "$stage/$ipvs"/*.c) | LC_ALL=C sort -k 3,3nr
}

places=$(astray)
[[ ! $places ]] || die "a patch went astray in $source: $(said "$places")"
# What the kernel has by its headers: those that it is built with, or the tree's own.
probe() {
	local capability header regex file directory
	echo "/* Made by prepare.sh, of kernel/dkms/probes. */"
	while read -r capability header regex; do
		for directory in "${includes[@]}"; do
			file=$directory/$header
			[[ -e $file ]] || continue
			! grep -qE -- "$regex" <(tr -s ' \t\n' ' ' <"$file") || echo "#define IP_VS_FNAT_$capability"
			break
		done
	done < <(lines_of "$here/probes")
}

includes=("/lib/modules/$release"/{build,source}/include)
[[ -e ${includes[0]} ]] || includes=("$source/include")
[[ -e ${includes[0]}/linux || -e ${includes[1]-}/linux ]] || die "the headers of kernel $release are not there"
log=$(probe 2>&1 >"$stage/$ipvs/ip_vs_fnat_probes.h") || die "ip_vs_fnat_probes.h can't be written: $(said "$log")"
log=$(cp "$root"/kernel/Kbuild "$root"/kernel/*.[ch] "$stage/$ipvs/" 2>&1) || die "our files can't be copied: $(said "$log")"

rm -rf "$directory"
mv "$stage/$ipvs" "$directory"
