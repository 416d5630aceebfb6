#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# In User-Mode Linux: time.sh MODES FAMILIES FLOWS ROUNDS
# All modes at once, each in a scene of its own, and in every round each of them in
# turn, beginning with another one; so that what the machine does besides meets all
# of them alike. Prints the lines of count.sh, in nanoseconds of CPU time.
set -uo pipefail
tsipvsadm=$PROJECT/bin/tsipvsadm
. "$PROJECT/bench/packets/modes.sh"
. "$PROJECT/bench/packets/special.sh"

# IPVS is a part of this kernel, with our series in it.
use_ip_vs() {
	:
}

read -ra chosen <<<"${1//,/ }"
read -ra families <<<"${2//,/ }"
read -ra sizes <<<"${3//,/ }"
rounds=$4
fresh=5000

# timed WAY NAME FIRST FLOWS PACKETS
timed() {
	run "$1" "$3" "$4" "$5" || return 1
	awk -v units="$units" -v packets="$5" -v what="$mode $family $flows $2" \
		'BEGIN { printf "sample %s %.1f\n", what, units / packets }'
}

# round NUMBER SCENE
round() {
	local turns=50000 next=$((flows + $1 * fresh))
	((flows < turns)) || turns=$flows
	echo "use $2" >$packets
	timed request request 0 "$flows" $turns && timed reply reply 0 "$flows" $turns || return 1
	[[ $mode == drop || $mode == redirect ]] || timed request new $next $fresh $fresh
}

declare -A dead
for family in "${families[@]}"; do
	for flows in "${sizes[@]}"; do
		dead=()
		for scene in "${!chosen[@]}"; do
			mode=${chosen[scene]}
			use_packets_family "$family"
			make_scene "$scene"
			begin "$mode" "$scene" $((flows + rounds * fresh))
			open 0 "$flows" || {
				dead[$mode]=1
				echo "broken $mode $family $flows $broken"
			}
		done
		for ((number = 0; number < rounds; number++)); do
			for index in "${!chosen[@]}"; do
				scene=$(((index + number) % ${#chosen[@]})) mode=${chosen[scene]}
				[[ ! ${dead[$mode]-} ]] || continue
				round $number $scene || {
					dead[$mode]=1
					echo "broken $mode $family $flows $broken"
				}
			done
		done
		for scene in "${!chosen[@]}"; do
			end_scene "$scene"
		done
	done
done
