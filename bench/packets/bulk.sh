#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# In User-Mode Linux: bulk.sh MODES ROUNDS
# One TCP connection through each gateway, modes in turn as in time.sh. The client
# sends segments of its own making, and the gateway gathers them (GRO). Prints
# "sample MODE 4 1 bulk NANOSECONDS", CPU time of client, gateway and server together
# for each 1448 bytes, and "broken MODE 4 1 WHY".
set -uo pipefail
tsipvsadm=$PROJECT/bin/tsipvsadm
. "$PROJECT/bench/packets/modes.sh"
megabytes=200

use_ip_vs() {
	:
}

now() {
	local name
	{
		read -r _
		read -r name clock name
	} <$packets
}

# What only sockets need: addresses, a way back, and segments for GRO to gather.
begin_sockets() { # N
	ip -n "c$1" addr add 10.1.1.1/16 dev c
	ip -n "c$1" route add default via 10.1.0.1
	ip -n "s$1" addr add 10.2.0.2/16 dev s
	ip -n "s$1" route add 10.2.4.0/24 via 10.2.0.1
	[[ $2 != forward ]] || ip -n "s$1" route add 10.1.0.0/16 via 10.2.0.1
	on "c$1" ethtool -K c tso off gso off
	on "g$1" ethtool -K in gro on
	on "s$1" iperf3 -s -D --pidfile "/run/iperf-$1.pid" >/dev/null
}

# bulk N: a connection with so many megabytes.
bulk() { # N
	local begun result
	now
	begun=$clock
	result=$(on "c$1" iperf3 -c 10.2.0.2 -n ${megabytes}M -l 128K -f k 2>&1) || {
		broken=${result##*$'\n'}
		return 1
	}
	now
	awk -v units=$((clock - begun)) -v bytes=$((megabytes * 1048576)) -v mode="$mode" \
		'BEGIN { printf "sample %s 4 1 bulk %.1f\n", mode, units / (bytes / 1448) }'
}

# seen N: the server hears from the pool, or from the client where nothing is translated.
seen() {
	local want=10.1.1.1
	[[ $expected == '- -' ]] || want=10.2.4.
	on "c$1" iperf3 -c 10.2.0.2 -t 2 >/dev/null 2>&1 &
	local other=$! tries status=1
	for ((tries = 0; tries < 40 && status; tries++)); do
		[[ $(on "s$1" ss -Htn state established) != *"$want"* ]] || status=0
		read -rt 0.05 -u "$nothing" _
	done
	wait "$other"
	return $status
}

exec {nothing}<> <(:)
read -ra chosen <<<"${1//,/ }"
use_packets_family 4
declare -A dead
for scene in "${!chosen[@]}"; do
	mode=${chosen[scene]}
	make_scene "$scene"
	begin "$mode" "$scene" 1
	begin_sockets "$scene" "$mode"
	seen "$scene" || {
		dead[$mode]=1
		echo "broken $mode 4 1 the server does not see $expected"
	}
done
for ((number = 0; number < $2; number++)); do
	for index in "${!chosen[@]}"; do
		scene=$(((index + number) % ${#chosen[@]})) mode=${chosen[scene]}
		[[ ! ${dead[$mode]-} ]] || continue
		bulk "$scene" || {
			dead[$mode]=1
			echo "broken $mode 4 1 $broken"
		}
	done
done
