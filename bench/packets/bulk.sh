#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# In User-Mode Linux: bulk.sh MODES FAMILIES ROUNDS
# A TCP connection through the gateway sends as much as it can, its packets as long as
# segmentation offload makes them (tso); or as single segments, of which the gateway's
# device makes long ones again (gro). All modes are there at once and take turns,
# as in time.sh. Prints lines "sample MODE FAMILY 1 WAY NANOSECONDS", for each KiB
# that arrived: CPU time of the whole kernel, with both ends' TCP. The way is
# tso-request, gro-reply and so on, by which end sends.
set -uo pipefail
tsipvsadm=$PROJECT/bin/tsipvsadm
. "$PROJECT/bench/packets/modes.sh"

use_ip_vs() {
	:
}

read -ra chosen <<<"${1//,/ }"
read -ra families <<<"${2//,/ }"
rounds=$3
mib=300

# Both ends get addresses, and the server the way to the pool.
furnish() { # N
	local address
	ip -n "c$1" -batch - <<-END
		addr add 10.1.0.2/24 dev c
		addr add fd00:1::2/112 dev c nodad
		addr add $client/$host dev lo
		neigh add 10.1.0.1 lladdr 02:00:00:00:00:11 nud permanent dev c
		neigh add fd00:1::1 lladdr 02:00:00:00:00:11 nud permanent dev c
		$([[ $six ]] && echo "route add default via fd00:1::1 src $client" || echo "route add default via 10.1.0.1 src $client")
	END
	ip -n "s$1" -batch - <<-END
		addr add 10.2.0.2/16 dev s
		addr add fd00:2::2/64 dev s nodad
		neigh add 10.2.0.1 lladdr 02:00:00:00:00:21 nud permanent dev s
		neigh add fd00:2::1 lladdr 02:00:00:00:00:21 nud permanent dev s
		route add 10.1.0.0/16 via 10.2.0.1
		route add fd00:1::/64 via fd00:2::1
	END
	for address in {0..7}; do
		ip -n "s$1" neigh add "${pool_min%0}$address" lladdr 02:00:00:00:00:21 nud permanent dev s
	done
	on "s$1" iperf3 -s -D >/dev/null
}

# cpu: nanoseconds of CPU time that this kernel has taken.
cpu() {
	local _ now
	{
		read -r _
		read -r _ now _
	} <$packets
	echo "$now"
}

# transfer SCENE WAY
transfer() {
	local before after options=(-4)
	[[ ! $six ]] || options=(-6)
	[[ $2 == request ]] || options+=(-R)
	before=$(cpu)
	on "c$1" iperf3 -c "$server" "${options[@]}" -n "${mib}M" >/run/iperf 2>&1 || {
		broken=$(tail -n 1 /run/iperf)
		return 1
	}
	after=$(cpu)
	awk -v units=$((after - before)) -v kib=$((mib * 1024)) -v what="$mode $family 1 $offload-$2" \
		'BEGIN { printf "sample %s %.1f\n", what, units / kib }'
}

# The flow table knows an established connection; the first of a mode's
# transfers is not counted.
for family in "${families[@]}"; do
	for scene in "${!chosen[@]}"; do
		mode=${chosen[scene]}
		use_packets_family "$family"
		make_scene "$scene"
		begin "$mode" "$scene" 1
		furnish "$scene"
	done
	for offload in tso gro; do
		if [[ $offload == gro ]]; then
			for scene in "${!chosen[@]}"; do
				on "c$scene" ethtool -K c tso off gso off
				on "s$scene" ethtool -K s tso off gso off
				on "g$scene" ethtool -K in gro on
				on "g$scene" ethtool -K out gro on
			done
		fi
		for ((number = 0; number <= rounds; number++)); do
			for index in "${!chosen[@]}"; do
				scene=$(((index + number) % ${#chosen[@]})) mode=${chosen[scene]}
				for way in request reply; do
					transfer "$scene" $way >/run/sample || echo "broken $mode $family 1 $offload-$way: $broken"
					((number == 0)) || cat /run/sample
				done
			done
		done
	done
	pkill -x iperf3
	for scene in "${!chosen[@]}"; do
		end_scene "$scene"
	done
done
