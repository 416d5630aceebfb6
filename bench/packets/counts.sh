#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Instructions for each packet, in a guest whose clock counts them. Prints lines
# "sample MODE FAMILY FLOWS WAY INSTRUCTIONS" (see count.sh).
# usage: counts.sh [--modes A,B…] [--families 4,6] [--flows 1,1000…] [--repeats N] [--name GUEST]
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/common.sh"

usage="usage: counts.sh [--modes A,B…] [--families 4,6] [--flows 1,1000…] [--repeats N] [--name GUEST]"
modes=drop,forward,redirect,iptables,nft,flowtable,ipvs,snat,fullnat
families=4,6 flows=1000 repeats=3 name=bench-counts
while (($#)); do
	case $1 in
	--modes) modes=$2 ;;
	--families) families=$2 ;;
	--flows) flows=$2 ;;
	--repeats) repeats=$2 ;;
	--name) name=$2 ;;
	*) die "unknown argument \"$1\"; $usage" ;;
	esac
	shift 2 || die "$usage"
done

release=$(guest_kernel 6.1)
need_packages "${packages_guest[@]}"
{
	bash "$root/scripts/build.sh"
	bash "$root/scripts/build-module.sh" --kernel "$release"
	bash "$root/bench/packets/module.sh" "$release"
} >&2
bash "$root/test/vm/guest.sh" --kernel "$release" --icount --name "$name" --timeout 3000 -- \
	bash bench/packets/count.sh "$modes" "$families" "$flows" "$repeats"
