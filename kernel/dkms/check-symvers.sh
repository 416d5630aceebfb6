#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check-symvers.sh HEADERS SYMVERS: every symbol that the stock ip_vs.ko exports to
# the distribution's modules has to keep its checksum, or ip_vs_rr.ko and its like
# would not load on ours. HEADERS is the directory of the kernel's headers, SYMVERS
# the Module.symvers of the build. A kernel without MODVERSIONS has no checksums: then it
# says that nothing was compared.
set -euo pipefail
if awk -F '\t' '$3 == "net/netfilter/ipvs/ip_vs" { total++; none += $1 == "0x00000000" }
	END { exit !(total && none == total) }' "$1/Module.symvers"; then
	echo "not compared, since the kernel is built without MODVERSIONS"
	exit 0
fi
changed=$(awk -F '\t' '
	$3 == "net/netfilter/ipvs/ip_vs" && FILENAME == ARGV[1] { want[$2] = $1 }
	FILENAME == ARGV[2] { have[$2] = $1 }
	END {
		for (symbol in want) {
			total++
			if (have[symbol] != want[symbol])
				print symbol
		}
		if (!total)
			print "(no ip_vs symbol in the headers)"
	}' "$1/Module.symvers" "$2")
[[ -z $changed ]] || {
	echo "ip_vs.ko is no drop-in for this kernel: checksum changed of $(tr '\n' ' ' <<<"$changed")" >&2
	exit 1
}
