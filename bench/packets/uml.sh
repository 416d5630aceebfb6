#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Boot the kernel that uml-kernel.sh built, and run a command in it as root.
# The command's output comes out here, its exit status is ours; the kernel's
# console goes to build/uml/console.log.
# usage: uml.sh [--memory MIB] [--timeout S] COMMAND…
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/common.sh"

memory=2500 limit=1800
while (($#)); do
	case $1 in
	--memory) memory=$2 && shift 2 ;;
	--timeout) limit=$2 && shift 2 ;;
	*) break ;;
	esac
done
(($#)) || die "usage: uml.sh [--memory MIB] [--timeout S] COMMAND…"
work=$root/build/uml
[[ -x $work/linux/linux ]] || die "build/uml/linux/linux is not built: bench/packets/uml-kernel.sh builds it"
# Its command line is short: the command comes in a file.
printf '%q ' "$@" >"$work/command"
# Its memory is a file: of large pages, as those are in which a kernel on hardware
# maps its own. In a namespace of mounts, which takes it along when it ends.
mkdir -p "$work/memory"
unshare -m sh -c 'mount -t tmpfs -o "huge=always,size=$1m" memory "$2" || echo "no large pages: misses of the TLB count" >&2
	shift 2; exec "$@"' sh $((memory + 64)) "$work/memory" \
	env TMPDIR="$work/memory" timeout --foreground -k 5 "$limit" "$work/linux/linux" "mem=${memory}M" root=/dev/root rootfstype=hostfs \
	rootflags=/ ro quiet slab_nomerge panic=-1 nf_conntrack.hashsize=262144 \
	"init=$root/bench/packets/uml-init.sh" "PROJECT=$root" \
	con=null con0=null,fd:2 ssl0=null,fd:1 2>"$work/console.log" </dev/null | sed -u 's/\r$//' | tee "$work/out" |
	grep --line-buffered -v '^@@exit ' || true
stty sane 2>/dev/null || true
exit_as_guest "the kernel" "$limit" "$work/out" "$work/console.log"
