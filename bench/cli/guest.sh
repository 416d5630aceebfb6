#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: guest.sh MEASURE TABLE ROUNDS. Prints lines "NAME PROGRAM wall user
# system maxrss status", programs in turn and the first of them changing. Every
# round has network namespaces of its own: what a table leaves behind when it is
# deleted (IPVS keeps servers for two minutes) would slow the next one down.
set -euo pipefail
. "$PROJECT/test/vm/lib.sh"

measure=$1 table=$2 rounds=$3
starts=5
output=/tmp/bench.out
declare -A listing

namespace() { # NAME: with a route for every address, which makes them unicast
	ip netns add "$1"
	nsenter --net="/run/netns/$1" -- ip link set lo up
	nsenter --net="/run/netns/$1" -- ip route add default dev lo
}

# measured NAMESPACE NAME PROGRAM INPUT OUTPUT COMMAND…
measured() {
	local ns=$1 name=$2 program=$3 result
	shift 3
	result=$(nsenter --net="/run/netns/$ns" -- "$measure" "$@")
	[[ $result == *" 0" ]] || {
		echo "$name $program failed: $result" >&2
		exit 1
	}
	echo "$name $program $result"
}

command_of() { # PROGRAM
	[[ $1 == C ]] && echo ipvsadm || echo "$tsipvsadm"
}

bulk() { # ROUND PROGRAM
	local ns=$2-$1 tool
	tool=$(command_of "$2")
	namespace "$ns"
	measured "$ns" restore "$2" "$table" /dev/null "$tool" -R
	measured "$ns" list "$2" /dev/null "$output" "$tool" -Ln
	listing[$2]=$(sha256sum <"$output")
	ip netns del "$ns"
}

unset NODE_EXTRA_CA_CERTS NODE_OPTIONS
load_module
modprobe ip_vs_wlc
namespace empty
# Once for the page cache.
for program in C tsipvsadm; do
	bulk warm $program >/dev/null
done
nsenter --net=/run/netns/empty -- "$tsipvsadm" -Ln >/dev/null
for ((round = 1; round <= rounds; round++)); do
	for ((start = 0; start < starts; start++)); do
		measured empty start node /dev/null /dev/null node -e 0
		measured empty start tsipvsadm /dev/null /dev/null "$tsipvsadm" -Ln
		measured empty start C /dev/null /dev/null ipvsadm -Ln
	done
	order=(C tsipvsadm)
	((round % 2)) || order=(tsipvsadm C)
	for program in "${order[@]}"; do
		bulk $round $program
	done
	[[ ${listing[C]} == "${listing[tsipvsadm]}" ]] || {
		echo "the listings differ" >&2
		exit 1
	}
done
