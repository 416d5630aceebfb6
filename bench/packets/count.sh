#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# In a guest whose clock counts instructions:
#   count.sh MODES FAMILIES FLOWS REPEATS [PROFILE]
# MODES, FAMILIES (4, 6) and FLOWS (1, 1000…) with commas between.
# A sample is the difference between a run of 2N packets and one of N, for each
# packet. Prints lines "sample MODE FAMILY FLOWS WAY INSTRUCTIONS", WAY being
# request, reply or new, and "broken MODE FAMILY FLOWS WHY". With PROFILE, request,
# reply or new, a profile by function instead.
set -uo pipefail
modules=$PROJECT/build/modules/$RELEASE
tsipvsadm=$PROJECT/bin/tsipvsadm
. "$PROJECT/bench/packets/modes.sh"
. "$PROJECT/bench/packets/special.sh"

unset NODE_EXTRA_CA_CERTS NODE_OPTIONS
loaded=''

use_ip_vs() { # stock|ours
	local module
	[[ $loaded != "$1" ]] || return 0
	for module in $(awk '$1 ~ /^ip_vs_/ { print $1 }' /proc/modules) ip_vs; do
		[[ ! -d /sys/module/$module ]] || rmmod "$module" || exit 1
	done
	# A table of 2^18 for each of them, so that none is slow for want of room.
	if [[ $1 == stock ]]; then
		modprobe ip_vs conn_tab_bits=18
	else
		modprobe -a nf_conntrack nf_defrag_ipv6 libcrc32c
		insmod "$modules/ip_vs.ko" conn_tab_bits=18
		insmod "$modules/ip_vs_snat_sched.ko"
	fi || exit 1
	modprobe ip_vs_rr
	loaded=$1
}

# sample NAME WAY FIRST FLOWS PACKETS FIRST2 FLOWS2 PACKETS2: two runs, the second
# with twice the packets.
sample() {
	local once
	run "$2" "$3" "$4" "$5" && once=$units && run "$2" "$6" "$7" "$8" || return 1
	awk -v units=$((units - once)) -v packets=$(($8 - $5)) -v what="$mode $family $flows $1" \
		'BEGIN { printf "sample %s %.1f\n", what, units / packets }'
}

# Established flows both ways. A connection of FULLNAT takes the full path once a
# second, which is 240,000 packets here, and all of them do so together: in fewer
# packets they would count too much, or not at all.
measure_known() {
	local turns=20000 repeat
	[[ $mode != fullnat* ]] || turns=120000
	((flows < turns)) || turns=$flows
	for ((repeat = 0; repeat < repeats; repeat++)); do
		sample request request 0 "$flows" $turns 0 "$flows" $((2 * turns)) &&
			sample reply reply 0 "$flows" $turns 0 "$flows" $((2 * turns)) || return 1
	done
}

# Flows that are new, each time other ones.
measure_new() {
	local fresh=2000 repeat next=$flows
	for ((repeat = 0; repeat < repeats; repeat++)); do
		sample new request $next $fresh $fresh $((next + fresh)) $((2 * fresh)) $((2 * fresh)) || return 1
		next=$((next + 3 * fresh))
	done
}

measure() {
	case $mode in
	snat-*-pool) measure_pool ;;
	snat-*-rules | snat-filtered) open 0 "$flows" && measure_new ;;
	drop | redirect) open 0 "$flows" && measure_known ;;
	*) open 0 "$flows" && measure_known && measure_new ;;
	esac
}

# profile WAY: where the instructions go, by function, of established flows or of
# those that are new. The clock being instructions, a sample every 5000 of them is
# one by the clock.
profile() {
	local what="$1 0 $flows 100000"
	[[ $1 != new ]] || what="request $flows 60000 60000"
	open 0 "$flows" || return 1
	perf record -q -e cpu-clock -c 5000 -a -o /tmp/profile -- \
		bash -c "echo run $what >$packets"
	echo "profile $mode $family $flows $1"
	perf report -i /tmp/profile --stdio -q --sort symbol 2>/dev/null | sed -n '/%/p' | head -n 90
	run "${what%% *}" 0 "$flows" 10000
}

read -ra chosen <<<"${1//,/ }"
read -ra families <<<"${2//,/ }"
read -ra sizes <<<"${3//,/ }"
repeats=$4 work=(measure)
[[ ! ${5-} ]] || work=(profile "$5")

modprobe -a veth nf_conntrack
echo 262144 >/sys/module/nf_conntrack/parameters/hashsize
sysctl -qw net.netfilter.nf_conntrack_max=2000000
insmod "$PROJECT/build/packets/$RELEASE/fnat_packets.ko" || exit 1
for mode in "${chosen[@]}"; do
	for family in "${families[@]}"; do
		for flows in "${sizes[@]}"; do
			use_packets_family "$family"
			make_scene 0
			begin "$mode" 0 $((flows + 6000 * repeats + 70000))
			"${work[@]}" || echo "broken $mode $family $flows $broken"
			end_scene 0
		done
	done
done
