#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# npm run test:debug: guest suites in the debug kernel (scripts/build-debug-kernel.sh),
# where KASAN, lockdep, RCU's and objects' checks and the leak detector watch. Not in
# npm test: it takes hours. The last line is "N passed, N failed".
#   test-debug.sh [--whole] [SUITE…]
#   --whole  a million damaged requests, a thousand rounds of everything that comes and goes
set -uo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$root/scripts/result.sh"
cd "$root"

[[ ${1-} != --whole ]] || { export WHOLE=1 && shift; }
(($#)) || set -- snat zones fullnat synproxy together host live sync debug
passed=0 failed=0
results=$root/build/test-debug
mkdir -p "$results"
rm -f "$results"/*
bash scripts/setup.sh tests >"$results/setup.log" 2>&1 || die "set-up failed, see build/test-debug/setup.log"
release=$(bash scripts/build-debug-kernel.sh) || exit
echo "kernel $release; suites: $*"
for suite; do
	started=$SECONDS
	bash test/vm/guest.sh --debug --name "debug-$suite" --cpus 2 --memory 3000 --timeout 14400 -- bash test/vm/run.sh "$suite" |
		tee "$results/$suite.result" | sed '/^[0-9]* passed, [0-9]* failed$/d'
	add_counts "debug/$suite" "$results/$suite.result"
	echo "$suite took $((SECONDS - started)) s"
done
echo "$passed passed, $failed failed"
((failed == 0))
