#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# How much more two processors translate than one, in one boot of a guest whose
# processors work at the same time on two of this machine. Prints lines
# "sample MODE FAMILY PROCESSORS PACKETS-A-SECOND", and "broken MODE FAMILY WHY".
# usage: smp.sh [--modes A,B…] [--families 4,6] [--rounds N]
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/common.sh"

usage="usage: smp.sh [--modes forward,iptables,snat] [--families 4,6] [--rounds N]"
modes=forward,iptables,snat families=4 rounds=5
while (($#)); do
	case $1 in
	--modes) modes=$2 ;;
	--families) families=$2 ;;
	--rounds) rounds=$2 ;;
	*) die "unknown argument \"$1\"; $usage" ;;
	esac
	shift 2 || die "$usage"
done
(($(nproc) > 1)) || die "this machine has one processor, and two at the same time are to be measured"

release=$(guest_kernel 6.1)
need_packages "${packages_guest[@]}"
{
	bash "$root/scripts/build.sh"
	bash "$root/scripts/build-module.sh" --kernel "$release"
} >&2
bash "$root/test/vm/guest.sh" --kernel "$release" --cpus 2 --parallel --name bench-smp --timeout 1200 -- \
	bash bench/packets/smp-guest.sh "$modes" "$families" "$rounds"
