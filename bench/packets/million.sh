#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# In User-Mode Linux: million.sh [FLOWS]
# Memory for each flow, of ours and of others; then a million flows of ours opened,
# listed and swept, and how long a softirq ever waited meanwhile. Prints lines
# "memory MODE CACHE BYTES", BYTES for each flow, and "stall WHAT NANOSECONDS" of CPU
# time. The kernel has to run with slab_nomerge.
set -uo pipefail
tsipvsadm=$PROJECT/bin/tsipvsadm
. "$PROJECT/bench/packets/modes.sh"
flows=${1-1000000} some=100000

use_ip_vs() {
	:
}

# Slab caches that grew by more than 8 bytes a flow.
memory() { # MODE
	local mode=$1
	make_scene 0
	begin "$mode" 0 $some
	awk 'NR > 2 { print $1, $3 * $4 }' /proc/slabinfo >/run/before
	open 0 $some || echo "broken $mode 4 $some $broken"
	awk -v mode="$mode" -v flows=$some '
		NR == FNR { before[$1] = $2; next }
		FNR > 2 && $3 * $4 - before[$1] > 8 * flows { printf "memory %s %s %.1f\n", mode, $1, ($3 * $4 - before[$1]) / flows }
	' /run/before /proc/slabinfo
	end_scene 0
}

# watched WHAT COMMAND…
watched() {
	local what=$1 name now stall
	shift
	echo "monitor 1" >$packets
	"$@" || echo "failed: $what"
	{
		read -r _
		read -r name now name stall
	} <$packets
	echo "monitor 0" >$packets
	echo "stall $what $stall"
}

# held: flows of ours that are there, by their cache.
held() {
	awk '$1 == "ip_vs_fnat_flow" { print $2 }' /proc/slabinfo
}

listed() {
	(($(on g0 "$tsipvsadm" -Lnc | grep -c 10.2.4.) == flows))
}

# Everything of it is past its time in a second, and the sweeper finds it. Caches
# keep a few objects at hand.
swept() {
	local end=$((SECONDS + 120))
	on g0 ipvsadm --set 0 0 1
	until (($(held) < 1000)); do
		((SECONDS < end)) || return 1
		read -rt 0.5 <>/dev/tty0
	done
	return 0
}

use_packets_family 4
for mode in iptables flowtable ipvs snat fullnat; do
	memory "$mode"
done
# Towards one server an address carries some 60,000 flows.
pool_max=10.2.4.31
make_scene 0
begin snat 0 "$flows"
watched open run request 0 "$flows" "$flows"
echo "held $(held)"
watched list listed
watched sweep swept
end_scene 0
