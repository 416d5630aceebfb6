#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# C ipvsadm and tsipvsadm side by side, in one guest: start-up, -R of 10,000
# services with 2 servers each, -Ln of that table, and memory. Prints a table and
# leaves it with every sample in bench/results/cli.json.
# usage: bench/cli/run.sh [--rounds N]
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/common.sh"

rounds=5
if [[ ${1-} == --rounds ]]; then
	rounds=$2
elif (($#)); then
	die "unknown argument \"$1\"; usage: bench/cli/run.sh [--rounds N]"
fi

bash "$root/scripts/build.sh"
bash "$root/scripts/build-module.sh" --kernel "$(guest_kernel)"
need_packages "${packages_native[@]}" ipvsadm

work=$root/build/bench
mkdir -p "$work"
gcc -std=gnu17 -O2 -Wall -Wextra -Werror -o "$work/measure" "$root/bench/cli/measure.c"
node "$root/bench/cli/table.mjs" >"$work/table"

# On this machine itself: no IPVS is asked for here, so a version is all there is to print.
(
	unset NODE_EXTRA_CA_CERTS NODE_OPTIONS
	for ((i = 0; i < 4 * rounds; i++)); do
		echo "version node $("$work/measure" /dev/null /dev/null node -e 0)"
		echo "version tsipvsadm $("$work/measure" /dev/null /dev/null "$root/bin/tsipvsadm" --version)"
	done
) >"$work/samples"
bash "$root/test/vm/guest.sh" --name bench-cli --timeout $((600 + 180 * rounds)) -- \
	bash bench/cli/guest.sh "$work/measure" "$work/table" "$rounds" | tee -a "$work/samples" | sed -n '/failed\|differ\|did not/p'
mkdir -p "$root/bench/results"
node "$root/bench/cli/report.mjs" "$work/samples" "$root/bench/results/cli.json"
