# SPDX-License-Identifier: GPL-2.0-only
# The flow table, its own netlink family, and how all of it goes away.

case_the_kernel_s_ynl_client_adds_dumps_and_deletes_a_rule() {
	local ynl=$PROJECT/build/ynl spec=$PROJECT/kernel/netlink/ip_vs_fnat.yaml
	on gw ipvsadm -A -f 1 -s snat_sched
	on gw python3 "$ynl/tools/net/ynl/cli.py" --spec "$spec" --schema "$ynl/Documentation/netlink/genetlink-legacy.yaml" \
		--do rule-new --json '{
			"service": {"af": 2, "fwmark": 1},
			"rule": {"from": "c0a82800", "from-len": 24, "oif": "eth1",
				"pool-min": "01010264", "pool-max": "0101026e", "algo": "random"}}'
	from_pool 2 "$(ask_udp in40 $srv1)"
	on gw python3 "$PROJECT/test/vm/tools/ynl_session.py" "$ynl/tools/net/ynl" "$spec"
	equal "$(ts -S -n)" "-A -f 1 -s snat_sched"
}

both_one_port_talks_to_many_destinations() {
	local few=$(($(bulk 100000) / 10)) many_of=$(bulk 100000) few_took started took
	snat "-F $inner -U $(pool_address 2 100) -O sh"
	started=${EPOCHREALTIME/./}
	on in40 "$tools/flood" -p 5000 -a 128 $many 7 "$few"
	few_took=$((${EPOCHREALTIME/./} - started))
	equal "$(flows)" "$few" flows
	started=${EPOCHREALTIME/./}
	matches "$(on in40 "$tools/flood" -p 5000 -a 128 $many 7 "$many_of")" "answered $many_of"
	took=$((${EPOCHREALTIME/./} - started))
	equal "$(flows)" "$many_of" flows
	# A chain that grew with the flows would take a hundred times as long.
	((took <= 30 * few_took)) || fail "$few took $few_took us, $many_of took $took us"
	equal "$(counter drop_pool_exhausted)" 0 drop_pool_exhausted
	equal "$(ts -L -c -n | grep -c '^UDP ')" "$many_of" "flows listed"
	ts -D -f 1 $six
	equal "$(flows)" 0 "flows after the service is gone"
	(($(counter flow_flushed) >= many_of)) || fail "flow_flushed is $(counter flow_flushed)"
}

both_states_and_timeouts_are_those_of_ipvs() {
	snat "-F $net40 -U $pool1"
	on gw ipvsadm --set 800 90 200
	converse in40 tcp $srv1 -p 5101
	ask_udp in40 $srv1 -p 5102
	on in40 $ping -n -q -c 1 -e 5103 $srv1
	packet in40 $in40 "$(many 200)" tcp --sport 5104 --dport 9999
	ts -Lcn >"$scratch/listing"
	listed "TCP +1[23]:[0-9]+ +ESTABLISHED .*5101"
	listed "UDP +03:[0-9]+ +UDP .*5102"
	listed "ICMP(v6)? +0[01]:[0-9]+ +ICMP .*5103"
	hang_up
	eventually 5 became "TCP +01:[0-9]+ +(TIME_WAIT|FIN_WAIT) .*5101"
	# The filter's verdict has a SYN wait for its answer.
	on srv1 iptables -A INPUT -p tcp --dport 9998 -j DROP
	on srv1 ip6tables -A INPUT -p tcp --dport 9998 -j DROP
	packet in40 $in40 $srv1 tcp --sport 5105 --dport 9998
	eventually 5 became "TCP +0[01]:[0-9]+ +SYN_(SENT|RECV) .*5105"
	on gw ipvsadm --set 900 120 300
}

many() {
	[[ $family == 4 ]] && echo "8.16.0.$1" || echo "2001:db8:b::$1"
}

listed() {
	grep -Eq -- "$1" "$scratch/listing" || fail "no flow like \"$1\" in $(cat "$scratch/listing")"
}

became() {
	ts -Lcn >"$scratch/listing"
	grep -Eq -- "$1" "$scratch/listing"
}

both_a_flow_ends_after_its_timeout() {
	local before
	snat "-F $net40 -U $pool1"
	on gw ipvsadm --set 900 120 2
	before=$(counter flow_expired)
	from_pool 2 "$(ask_udp in40 $srv1)"
	equal "$(flows)" 1 flows
	no_flows 120
	equal "$(counter flow_expired)" $((before + 1)) flow_expired
	on gw ipvsadm --set 900 120 300
}

both_a_port_is_used_again_after_its_flow() {
	local i
	snat "-F $net40 -U $(pool_address 2 100)"
	set_sysctl net.ipv4.vs.fullnat_lport_min=30000 net.ipv4.vs.fullnat_lport_max=30001
	on gw ipvsadm --set 900 120 1
	for i in 1 2 3 4 5 6; do
		eventually 20 ask_udp in40 $srv1 -p $((5200 + i)) -t 1
	done
	on gw ipvsadm --set 900 120 300
}

case_counters_are_in_the_listing_too() {
	local name value
	snat "-F 192.168.50.0/24 -U 1.1.2.100"
	ask_udp in40 8.8.1.1 -t 1 && fail "answered without a rule"
	ts -L --ext-stats >"$scratch/listing"
	while read -r name _ value; do
		grep -Eq "^ *$name[ :]+$value\$|^ *${name//_/-}[ :]+$value\$" "$scratch/listing" || fail "$name $value is not in $(cat "$scratch/listing")"
	done < <(on gw cat /proc/net/ip_vs_ext_stats)
	grep -Eq "drop.no.rule[ :]+[1-9]" "$scratch/listing" || fail "drop_no_rule did not count"
}

case_a_full_table_refuses_and_counts() {
	snat "-F 192.168.0.0/16 -U 1.1.2.100"
	flow_max 100
	on in40 "$tools/flood" -p 5000 8.16.0.0 7 200
	# Those whose answer was still on its way made room for others, several at a time.
	equal "$(($(flows) <= 100))" 1 "no more flows than may be"
	equal "$(($(flows) + $(counter drop_table_full) + $(counter flow_early_drop)))" 200 "flows there, refused and ended"
}

case_malformed_netlink_is_refused() {
	local seed
	snat "-F 192.168.40.0/24 -U 1.1.2.100-1.1.2.110"
	for seed in 1 2 3; do
		on gw python3 -S "$raw" fuzz $seed 3000
	done
	# Whatever rules the noise made go with their service.
	on gw ipvsadm -C
	equal "$(ts -S -n)" ""
	snat "-F 192.168.40.0/24 -U 1.1.2.100-1.1.2.110"
	from_pool 2 "$(ask_udp in40 8.8.1.1)"
}

case_namespaces_are_apart() {
	snat "-F 192.168.40.0/24 -U 1.1.2.100"
	on in60 ipvsadm -A -f 1 -s snat_sched
	equal "$(on in60 "$tsipvsadm" -S -n)" "-A -f 1 -s snat_sched" "rules in another namespace"
	from_pool 2 "$(ask_udp in40 8.8.1.1)"
	equal "$(on in60 "$tsipvsadm" -L -c -n | wc -l)" 2 "flows in another namespace"
	on in60 ipvsadm -C
	matches "$(ts -S -n)" "-K -f 1 "
}

# ---- going away; what follows leaves no topology behind ----

# A steady stream of new flows and running ones, until the case ends.
snat_both() {
	use_family 6
	snat "-F $inner -U $pool1 -O random"
	use_family 4
	snat "-F $inner -U $pool1 -O random"
}

flowing() {
	(($(flows) > 2000))
}

case_a_service_is_flushed_under_traffic() {
	local i
	snat_both
	flood_both_families
	for i in 1 2 3; do
		eventually 20 flowing
		on gw ipvsadm -C
		snat_both
	done
}

case_rules_change_under_traffic() {
	local i
	snat_both
	flood_both_families
	eventually 20 flowing
	for i in {1..40}; do
		echo "-H -f 1 -F 192.168.0.0/16"
		echo "-K -f 1 -F 192.168.0.0/16 -U 1.1.2.100-1.1.2.110 -O random"
		echo "-k -f 1 -F 192.168.0.0/16 -U 1.1.3.100-1.1.3.110 -N 1.1.3.1"
		echo "-k -f 1 -F 192.168.0.0/16 -U 1.1.2.100-1.1.2.105 -O sh"
	done >"$scratch/lines"
	ts -R <"$scratch/lines"
	equal "$(ts -S -n | grep -c '^-K -f 1 -F 192.168.0.0/16 .*-U 1.1.2.100-1.1.2.105')" 1 "rules at the end"
}

case_links_go_and_come_under_traffic() {
	local i
	snat_both
	flood_both_families
	eventually 20 flowing
	on gw sysctl -qw net.ipv6.conf.all.keep_addr_on_down=1 net.ipv6.conf.eth1.keep_addr_on_down=1
	for i in 1 2 3; do
		ip -n gw link set eth1 down
		ip -n gw link set eth1 up
		ip -n gw route replace default via 1.1.2.1
		ip -n gw route replace default via 2001:db8:2::1
		ip -n gw route replace default via 1.1.3.1
		ip -n gw route replace default via 1.1.2.1
	done
	eventually 20 ask_udp in60 8.8.1.1 -t 1
}

case_the_gateway_s_namespace_is_destroyed_under_traffic() {
	snat_both
	flood_both_families
	eventually 20 flowing
	destroy_gateway
	# The namespace's flows are gone with it.
	ip netns add gw
	no_flows_at_all 120
}

case_the_module_is_unloaded_with_flows_alive() {
	make_topology_anew
	snat_both
	flood_both_families
	eventually 30 flowing
	# The rules hold the scheduler; with them gone its flows are being ended.
	on gw ipvsadm -C
	unload_module
	# Not a flow, not a cache is left of the module that went.
	grep ip_vs /proc/slabinfo /proc/modules && fail "something is left"
	load_module flow_tab_bits=8
	equal "$(flows)" 0 flows
	unload_module
}
