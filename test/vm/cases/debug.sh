# SPDX-License-Identifier: GPL-2.0-only
# What the checks of a debug kernel are for (npm run test:debug): allocations that fail
# one by one, damaged requests, and everything that comes and goes under traffic.

suite_reset() {
	clear_connections
}

case_seconds=7200

case_each_allocation_of_a_command_may_fail() {
	on gw python3 -S "$PROJECT/test/vm/tools/failnth.py" commands
	on gw ipvsadm -C
	snat "-F 192.168.40.0/24 -U 1.1.2.100-1.1.2.110"
	from_pool 2 "$(ask_udp in40 8.8.1.1)"
}

case_each_allocation_of_a_namespace_may_fail() {
	python3 -S "$PROJECT/test/vm/tools/failnth.py" namespace
	ip netns add after
	ip netns del after
}

# A million with npm run test:debug -- --whole.
case_damaged_requests_are_refused() {
	local seed
	snat "-F 192.168.40.0/24 -U 1.1.2.100-1.1.2.110"
	for seed in $(seq 1 "$(bulk 1000)"); do
		on gw python3 -S "$raw" fuzz "$seed" 1000
	done
}

# A thousand rounds with --whole.
case_everything_comes_and_goes_under_traffic() {
	local round
	flood_both_families
	for ((round = 1; round <= $(bulk 1000); round++)); do
		use_family $((round % 2 ? 4 : 6))
		snat "-F $net40 -U $pool1 -O random" "-F $net50 -U $pool1"
		ts -A -u "$(if [[ $family == 4 ]]; then echo 0.0.0.0:0; else echo '[::]:0'; fi)" -s rr
		ts -K --zone "$net60"
		ts -P --zone "$net60" -z "$(pool_address 2 105)"
		ip -n gw link add churn type dummy
		ip -n gw addr add 192.0.2.1/24 dev churn
		ip -n gw link set churn up
		ip netns add churn
		on churn ipvsadm -A -f 1 -s snat_sched
		ip netns del churn
		ip -n gw link del churn
		((round % 2)) || ip -n gw link set eth1 down
		ip -n gw link set eth1 up
		restore_uplink
		on gw ipvsadm -C
		((round % 20)) || { eventually 30 unload_module && load_module; }
	done
	kill -9 -- "${pids[@]}"
	pids=()
	no_flows_at_all 240
}

# What a link that was down has lost.
restore_uplink() {
	ip -n gw route replace default via 1.1.2.1
	ip -n gw -6 addr replace 2001:db8:2::2/64 dev eth1 nodad
	ip -n gw -6 route replace default via 2001:db8:2::1
}
