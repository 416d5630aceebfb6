#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# npm run demo: all set-up, then the gateway at work in a guest.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
bash "$root/scripts/setup.sh"
echo "starting a guest with kernel $(guest_kernel)"
exec bash "$root/test/vm/guest.sh" --name demo --timeout 240 -- bash test/vm/demo.sh
