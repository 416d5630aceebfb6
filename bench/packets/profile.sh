#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Instructions by function of one mode, from samples by an instruction clock.
# usage: profile.sh [MODE [FAMILY [FLOWS [request|reply|new]]]]; default: snat 4 1000 request
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/common.sh"

release=$(guest_kernel 6.1)
need_packages "${packages_guest[@]}" linux-perf
bash "$root/scripts/build.sh"
bash "$root/scripts/build-module.sh" --kernel "$release"
bash "$root/bench/packets/module.sh" "$release"
bash "$root/test/vm/guest.sh" --kernel "$release" --icount --name bench-profile --timeout 600 -- \
	bash bench/packets/count.sh "${1-snat}" "${2-4}" "${3-1000}" 1 "${4-request}"
