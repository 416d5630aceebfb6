#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# npm run lab: a shell in the gateway of the test network.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
[[ -t 0 ]] || die "the lab is a shell; it needs a terminal"
bash "$root/scripts/setup.sh"
exec bash "$root/test/vm/guest.sh" --name lab --interactive -- bash test/vm/lab.sh
