#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# npm run test:parity: every case of the comparison with C ipvsadm, in as many
# guests as there are processors. The last line is "N passed, N failed".
#   parity.sh [PATTERN]   only the cases whose group matches; no blanks in it
set -uo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$root"

bash scripts/setup.sh || die "cannot set up the guest"
release=$(guest_kernel)
mkdir -p build/vm
parts=$(nproc)
processes=()
for ((part = 1; part <= parts; part++)); do
	bash test/vm/guest.sh --name "parity-$part" --kernel "$release" --timeout 5400 -- \
		env PARITY="all $part/$parts ${1-}" bash test/vm/run.sh parity 2>&1 |
		tee "build/vm/parity-$part.result" | sed -u -e '/^[0-9]* passed, /d' -e "s/^parity:/part $part of $parts:/" &
	processes+=($!)
done
wait "${processes[@]}"

# A part without its last line did not run to its end.
for ((part = 1; part <= parts; part++)); do
	tail -n 1 "build/vm/parity-$part.result" | grep -E '^[0-9]+ passed, [0-9]+ failed$' >/dev/null ||
		echo "0 passed, 1 failed" >>"build/vm/parity-$part.result"
done
for ((part = 1; part <= parts; part++)); do
	cat "build/vm/parity-$part.result"
done | awk '
	/^parity: [0-9]+ cases, / { cases += $2; equal += $4; differ += $6 }
	END { printf "parity: %d cases, %d equal, %d differ as docs/differences.md says\n", cases, equal, differ }'
for ((part = 1; part <= parts; part++)); do
	tail -n 1 "build/vm/parity-$part.result"
done | awk '
	{ passed += $1; failed += $3 }
	END { print passed " passed, " failed " failed"; exit failed != 0 }'
