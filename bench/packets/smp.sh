#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# How much more two processors translate than one, in one boot of a guest whose
# processors work at the same time on two of this machine. Prints for each mode and
# family what two do as a multiple of what one does: the median of the rounds, the
# least and the most. While it runs, lines "sample MODE FAMILY PROCESSORS
# PACKETS-A-SECOND" go to standard error; "broken MODE FAMILY WHY" comes at the end.
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
samples=$root/build/bench/smp.samples
mkdir -p "${samples%/*}"
bash "$root/test/vm/guest.sh" --kernel "$release" --cpus 2 --parallel --name bench-smp --timeout 1200 -- \
	bash bench/packets/smp-guest.sh "$modes" "$families" "$rounds" | tee "$samples" >&2

# One processor's rate comes before that of two.
awk '$1 == "sample" { if ($4 == 1) one = $5; else print $2, $3, $5 / one }' "$samples" | sort -k1,2 -k3n |
	awk 'function say() {
			if (n) printf "%s, IPv%s: %.2f (%.2f to %.2f, %d rounds)\n", mode, family, \
				(ratio[int((n + 1) / 2)] + ratio[int(n / 2) + 1]) / 2, ratio[1], ratio[n], n
		}
		$1 != mode || $2 != family { say(); n = 0; mode = $1; family = $2 }
		{ ratio[++n] = $3 }
		END { say() }'
! grep '^broken' "$samples"
