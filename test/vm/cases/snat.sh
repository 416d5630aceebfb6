# SPDX-License-Identifier: GPL-2.0-only
# SNAT rules and the command line that makes them.

case_lvs_snat_s_session_works() {
	local output
	output=$(on gw bash -euc "
		PATH=$PROJECT/bin:\$PATH
		tsipvsadm -A -f 1 -s snat_sched
		tsipvsadm -K -f 1 -F 192.168.40.0/24 -W 1.1.2.1 --oif eth1 -U 1.1.2.100-1.1.2.110 -O random
		tsipvsadm -K -f 1 -F 192.168.40.0/24 -W 1.1.3.1 --oif eth2 -U 1.1.3.100-1.1.3.110 -O sdh
		tsipvsadm -K -f 1 -F 192.168.50.0/24 -W 1.1.2.1 -N 1.1.3.1 -U 1.1.3.100-1.1.3.110 -O sh
		tsipvsadm -K -f 1 -F 192.168.0.0/16 -N 1.1.3.1 -U 1.1.3.100-1.1.3.110
		tsipvsadm -K -f 1 -F 192.168.40.0/24 -U 1.1.2.100-1.1.2.110 -O sdh
	" 2>&1) || fail "exit status $?"
	equal "$output" "" "what the session prints"
	from_pool 2 "$(ask_tcp in40 $srv1)"
	from_pool 3 "$(ask_tcp in40 $srv2)"
	from_pool 2 "$(ask_tcp in40 $srv3)"
	# Routed through 1.1.2.1, sent through 1.1.3.1.
	capture isp2 gw udp
	from_pool 3 "$(ask_udp in50 $srv3)"
	from_pool 3 "$(ask_tcp in60 $srv3)"
	from_pool 3 "$(ask_tcp in60 $srv2)"
	captured isp2 gw "$(pool_regex 3)\.[0-9]+ > $srv3.7"
	output=$(ts -L -n)
	matches "$output" $'\n''FWM +1 snat_sched'
	matches "$output" "-> 192.168.40.0/24 +0.0.0.0/0 +1.1.2.1 +eth1 +1.1.2.100-1.1.2.110 +random +- "
	matches "$(ts -Lcn)" "TCP +[0-9:]+ +[A-Z_]+ +192.168.60.2:[0-9]+ .*8.8.2.1:7"
}

both_an_edit_holds_for_the_next_flow_only() {
	local seen
	snat "-F $net40 -U $(pool_address 2 100)"
	converse in40 udp $srv1 -p 5001
	matches "$seen" "^$(pool_address 2 100) "
	ts -k -f 1 $six -F $net40 -U "$(pool_address 2 101)" -O sh
	equal "$(ask_udp in40 $srv1 -p 5002 | cut -d ' ' -f 1)" "$(pool_address 2 101)" "source of the next flow"
	# The echo of UDP tells the source again.
	echo once more >&5
	eventually 10 heard_from "$(pool_address 2 100)"
	refused 255 "No such" ts -k -f 1 $six -F $net50 -U "$(pool_address 2 101)"
}

# heard_from ADDRESS: the second answer names the source as well.
heard_from() {
	[[ $(sed -n 2p "$scratch/heard") == "$1 "* ]]
}

both_a_deleted_rule_opens_no_flow_and_keeps_those_it_has() {
	snat "-F $net40 -U $pool1" "-F $net50 -U $pool1"
	converse in40 tcp $srv1
	ts -H -f 1 $six -F $net40
	lacks "$(ts -Sn)" "$net40"
	ask_tcp in40 $srv1 && fail "the deleted rule opened a flow"
	from_pool 2 "$(ask_tcp in50 $srv1)"
	say "still there"
	refused 255 "No such" ts -H -f 1 $six -F $net40
}

both_the_longest_source_then_destination_prefix_matches() {
	local n=100 address
	snat "-F $any -U $(pool_address 2 100)" \
		"-F $inner -T $srv1/$host -U $(pool_address 2 101)" \
		"-F $net40 -U $(pool_address 2 102)" \
		"-F $net40 -T $srv1/$host -U $(pool_address 2 103)" \
		"-F $in40/$host -U $(pool_address 2 104)"
	while read -r ns address n; do
		equal "$(ask_udp "$ns" "$address" | cut -d ' ' -f 1)" "$(pool_address 2 "$n")" "source of $ns to $address"
	done <<-END
		in40 $srv1 104
		in40 $srv3 104
		in41 $srv1 103
		in41 $srv3 102
		in50 $srv1 101
		in50 $srv3 100
	END
}

both_a_rule_with_both_keys_precedes_oif_then_gw_then_none() {
	local step
	snat "-F $net40 -U $(pool_address 2 100)" \
		"-F $net40 -W $hop1 -U $(pool_address 2 101)" \
		"-F $net40 --oif eth1 -U $(pool_address 2 102)" \
		"-F $net40 -W $hop1 --oif eth1 -U $(pool_address 2 103)" \
		"-F $net40 -W $hop2 --oif eth1 -U $(pool_address 2 104)" \
		"-F $net40 -W $hop1 --oif eth2 -U $(pool_address 2 105)"
	for step in "103 -W $hop1 --oif eth1" "102 --oif eth1" "101 -W $hop1" "100 "; do
		equal "$(ask_udp in40 $srv1 | cut -d ' ' -f 1)" "$(pool_address 2 "${step%% *}")" "source"
		ts -H -f 1 $six -F $net40 ${step#* }
	done
}

both_sh_keeps_one_address_for_a_host_and_sdh_for_a_pair() {
	local i a b seen
	snat "-F $net40 -U $pool1 -O sh" "-F $net50 -U $pool1 -O sdh" "-F $net60 -U $pool1 -O random"
	a=$(ask_udp in40 $srv1 | cut -d ' ' -f 1)
	for i in 1 2 3; do
		equal "$(ask_udp in40 "$(many $i)" | cut -d ' ' -f 1)" "$a" "sh towards another host"
	done
	a=$(ask_udp in50 $srv1 | cut -d ' ' -f 1)
	equal "$(ask_udp in50 $srv1 | cut -d ' ' -f 1)" "$a" "sdh towards one host"
	seen=$(for i in {1..12}; do ask_udp in50 "$(many $i)"; done | cut -d ' ' -f 1 | sort -u | wc -l)
	((seen > 2)) || fail "sdh towards 12 hosts used $seen addresses"
	seen=$(for i in {1..12}; do ask_udp in60 $srv1; done | cut -d ' ' -f 1 | sort -u | wc -l)
	((seen > 2)) || fail "random towards one host used $seen addresses"
}

# many N: an address that srv1 answers for.
many() {
	[[ $family == 4 ]] && echo "8.16.0.$1" || echo "2001:db8:b::$1"
}

both_a_new_next_hop_is_followed() {
	snat "-F $net40 -N $hop2 -U $pool2"
	capture isp1 gw "udp port 7"
	capture isp2 gw "udp port 7"
	converse in40 udp $srv3 -p 5003
	from_pool 3 "$seen"
	captured isp2 gw "> $srv3.7"
	not_captured isp1 gw "> $srv3.7"
	# An edited next hop holds for flows that run.
	ts -k -f 1 $six -F $net40 -N $hop1 -U $pool2
	echo once more >&5
	captured isp1 gw "$(pool_regex 3)\.[0-9]+ > $srv3.7"
}

both_without_a_rule_packets_are_dropped_answered_and_counted() {
	local before message="No route to host"
	[[ $family == 6 ]] && message="Permission denied"
	snat "-F $net50 -U $pool1"
	before=$(counter drop_no_rule)
	capture srv1 eth0 "ip or ip6"
	refused 1 "$message" ask_tcp in40 $srv1
	refused 1 "$message" ask_udp in40 $srv1 -t 1
	from_pool 2 "$(ask_udp in50 $srv1)"
	not_captured srv1 eth0 "$in40"
	# A SYN may have been sent twice.
	matches "$(($(counter drop_no_rule) - before))" "^[234]$" "what drop_no_rule grew by"
	lacks "$(dmesg | tail -n 3)" "IPVS.*$in40" "the kernel log"
}

both_the_client_of_an_unknown_connection_is_reset() {
	snat "-F $net40 -U $pool1"
	capture in40 eth0 "tcp or icmp[0] = 3 or icmp6[0] = 1"
	packet in40 $in40 $srv1 tcp --sport 3012 --flags A
	captured in40 eth0 "$srv1.7 > $in40.3012: Flags \[R\]"
	set_sysctl net.ipv4.vs.snat_reset_midstream=0
	packet in40 $in40 $srv1 tcp --sport 3013 --flags A
	captured in40 eth0 "$inner_gw > $in40: .*(prohibited|administratively)"
	not_captured in40 eth0 "$srv1.7 > $in40.3013: Flags \[R"
}

both_a_sysctl_lets_unmatched_packets_pass() {
	local before
	snat "-F $net50 -U $pool1"
	before=$(counter pass_unmatched)
	set_sysctl net.ipv4.vs.snat_pass_unmatched=1
	capture srv1 eth0 udp
	packet in40 $in40 $srv1 udp --sport 3100
	captured srv1 eth0 "$in40.3100 > $srv1.7"
	from_pool 2 "$(ask_udp in50 $srv1)"
	equal "$(counter pass_unmatched)" $((before + 1)) pass_unmatched
}

both_an_exhausted_address_gives_way_to_the_next_then_drops() {
	local before seen i
	snat "-F $net40 -U $(pool_address 2 100)-$(pool_address 2 101) -O sh"
	set_sysctl net.ipv4.vs.fullnat_lport_min=20000 net.ipv4.vs.fullnat_lport_max=20003
	before=$(counter drop_pool_exhausted)
	for i in 1 2 3 4 5 6 7 8; do
		ask_udp in40 $srv1 -p $((6000 + i))
	done >"$scratch/seen"
	equal "$(sort -u "$scratch/seen" | wc -l)" 8 "sources of 8 flows"
	equal "$(cut -d ' ' -f 2 "$scratch/seen" | sort -u | tr '\n' ' ')" "20000 20001 20002 20003 " ports
	equal "$(cut -d ' ' -f 1 "$scratch/seen" | sort | uniq -c | awk '{ printf "%s ", $1 }')" "4 4 " "flows of each address"
	capture srv1 eth0 "ip or ip6"
	ask_udp in40 $srv1 -p 6009 -t 1 && fail "a ninth flow of an exhausted pool"
	equal "$(counter drop_pool_exhausted)" $((before + 1)) drop_pool_exhausted
	# Another remote has all the ports.
	from_pool 2 "$(ask_udp in40 $srv3 -p 6009)"
	not_captured srv1 eth0 "$in40"
}

both_local_ports_are_unpredictable() {
	local i ports
	snat "-F $net40 -U $(pool_address 2 100)"
	set_sysctl net.ipv4.vs.fullnat_lport_min=10000 net.ipv4.vs.fullnat_lport_max=60000
	for i in {1..12}; do
		ask_udp in40 $srv1 -p $((7000 + i))
	done | cut -d ' ' -f 2 >"$scratch/ports"
	equal "$(sort -u "$scratch/ports" | wc -l)" 12 "different ports"
	python3 - "$scratch/ports" <<-'END' || fail "ports follow a pattern: $(tr '\n' ' ' <"$scratch/ports")"
		import sys
		ports = [int(line) for line in open(sys.argv[1])]
		steps = [b - a for a, b in zip(ports, ports[1:])]
		assert all(10000 <= port <= 60000 for port in ports)
		assert len(set(steps)) >= 10, "steps repeat"
		assert max(ports) - min(ports) > 10000, "all in one corner"
		assert sum(abs(step) < 100 for step in steps) < 4, "neighbours"
	END
}

both_listing_save_and_restore_lose_nothing() {
	local saved
	snat "-F $net40 -W $hop1 --oif eth1 -U $pool1 -O random" \
		"-F $net40 -W $hop2 --oif eth2 -U $pool2 -O sdh" \
		"-F $net50 -W $hop1 -N $hop2 -U $pool2 -O sh" \
		"-F $inner -T $srv3/$host -N $hop2 -U $pool2" \
		"-F $any -U $(pool_address 2 100)"
	on gw ipvsadm -A -t 1.1.2.2:80 -s rr
	on gw ipvsadm -a -t 1.1.2.2:80 -r 192.168.40.2:80 -m
	saved=$(ts -S -n)
	equal "$(grep -c '^-K -f 1 ' <<<"$saved")" 5 "rules saved"
	ts -C
	equal "$(ts -S -n)" "" "saved after -C"
	ts -R <<<"$saved"
	equal "$(ts -S -n)" "$saved" "saved after -R"
	ts -R <<<"$saved" 2>"$scratch/errors" && fail "rules were restored over themselves"
	equal "$(ts -S -n)" "$saved" "saved after a refused -R"
}

both_statistics_count_and_are_zeroed() {
	snat "-F $net40 -U $pool1"
	from_pool 2 "$(ask_tcp in40 $srv1 -b 50000)"
	eventually 6 row_matches --stats "-> ${net40//./\\.} .* 1 +[1-9][0-9]+ +[1-9][0-9]+ +[0-9.]+K? +[0-9.]+K?"
	ts -L -n --rate | grep -F -- "$net40"
	ts -Z -f 1 $six
	eventually 6 row_matches --stats "-> ${net40//./\\.} .* 0 +0 +0 +0 +0"
}

row_matches() { # OPTION REGEX
	ts -L -n "$1" | tee "$scratch/listing" | grep -E -- "$2" >/dev/null
}

both_deleting_the_service_ends_rules_and_flows() {
	snat "-F $net40 -U $pool1"
	converse in40 udp $srv1
	ts -D -f 1 $six
	equal "$(ts -S -n)" ""
	equal "$(flows)" 0 flows
	# With SNAT off the gateway only routes, and nobody outside has a way back.
	capture srv1 eth0 udp
	packet in40 $in40 $srv1 udp --sport 3101
	captured srv1 eth0 "$in40.3101 > $srv1.7"
}

both_any_firewall_mark_names_the_service() {
	ts -A -f 77 $six -s snat_sched
	ts -K -f 77 $six -F $net40 -U $pool1
	from_pool 2 "$(ask_udp in40 $srv1)"
	refused 255 "." ts -A -f 78 $six -s snat_sched
	matches "$(ts -S -n)" "-K -f 77 "
}

both_C_ipvsadm_makes_and_deletes_the_service() {
	on gw ipvsadm -A -f 1 $six -s snat_sched
	ts -K -f 1 $six -F $net40 -U $pool1
	from_pool 2 "$(ask_udp in40 $srv1)"
	matches "$(on gw ipvsadm -Ln)" "FWM +1 .*snat_sched"
	on gw ipvsadm -D -f 1 $six
	equal "$(ts -S -n)" ""
}

both_bad_rules_are_refused_and_nothing_changes() {
	local before other=2001:db8:9::/64 i=0
	[[ $family == 6 ]] && other=10.9.0.0/16
	snat "-F $net40 -U $pool1"
	before=$(ts -S -n)
	while read -r text rule; do
		status=0
		output=$(ts -K -f 1 $six $rule 2>&1) || status=$?
		((status != 0)) || fail "\"-K -f 1 $rule\" was taken"
		equal "$(wc -l <<<"$output")" 1 "lines of error of $rule: $output"
		[[ $output == *"$text"* ]] || fail "error of \"$rule\" does not quote \"$text\": $output"
	done <<-END
		bogus -F bogus -U $pool1
		999 -F $in40/999 -U $pool1
		${pool1#*-} -F $net50 -U ${pool1#*-}-${pool1%-*}
		lottery -F $net50 -U $pool1 -O lottery
		nodev7 -F $net50 -U $pool1 --oif nodev7
		averyveryverylongdevicename -F $net50 -U $pool1 --oif averyveryverylongdevicename
		$other -F $other -U $pool1
		exist -F $net40 -U $pool1
	END
	equal "$(ts -S -n)" "$before" "rules after bad ones"
	status=0
	output=$(ts -K -f 2 $six -F $net50 -U $pool1 2>&1) || status=$?
	((status != 0)) || fail "a rule without its service was taken"
}

case_a_pool_over_65536_addresses_is_refused() {
	snat "-F 192.168.40.0/24 -U 1.1.2.100"
	refused 2 "10.0.0.0-10.1.0.0" ts -K -f 1 -F 192.168.50.0/24 -U 10.0.0.0-10.1.0.0
	ts -K -f 1 -F 192.168.50.0/24 -U 10.0.0.0-10.0.255.255
}

case_extended_ack_text_is_printed() {
	snat "-F 192.168.40.0/24 -U 1.1.2.100"
	matches "$(ts -K -f 1 -F 192.168.40.0/24 -U 1.1.2.101 2>&1 || :)" "192\.168\.40\.0/24|rule" "error of a duplicate rule"
	matches "$(ts -K -f 1 -F 192.168.50.0/24 -U 1.1.2.101 --oif nodev7 2>&1 || :)" "nodev7" "error of an unknown device"
}

case_without_CAP_NET_ADMIN_everything_is_refused() {
	local output
	snat "-F 192.168.40.0/24 -U 1.1.2.100"
	for arguments in "-Ln" "-K -f 1 -F 192.168.50.0/24 -U 1.1.2.101" "-C"; do
		output=$(on gw setpriv --bounding-set -net_admin --inh-caps -net_admin --reuid 65534 --clear-groups \
			"$tsipvsadm" $arguments 2>&1) && fail "$arguments was let pass: $output"
		matches "$output" "permission|Permission|permitted|root"
	done
	matches "$(ts -S -n)" "-K -f 1 "
}

case_large_restores_are_quick() {
	local started=$SECONDS
	python3 - >"$scratch/rules" <<-'END'
		print("-A -f 1 -s snat_sched")
		for i in range(10000):
		    print(f"-K -f 1 -F 10.{i >> 8}.{i & 255}.0/24 -U 1.1.2.{100 + i % 11} -O sh")
	END
	ts -R <"$scratch/rules"
	ts -S -n >"$scratch/saved"
	equal "$(grep -c '^-K' "$scratch/saved")" 10000 "rules saved"
	ts -D -f 1
	[[ ${DEBUG_MODULES-} ]] || ((SECONDS - started < 60)) || fail "10,000 rules took $((SECONDS - started)) s"
}
