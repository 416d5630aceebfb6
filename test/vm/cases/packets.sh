# SPDX-License-Identifier: GPL-2.0-only
# What happens to packets of every kind on their way through the gateway. Runs
# once without connection tracking in the gateway, once with it, and once without
# the fast path.

suite_setup() {
	have_network && on gw ipvsadm -C || return
	on gw sysctl -qw net.ipv4.vs.fast_response_xmit=1 net.ipv4.vs.fast_response_xmit_inside=1
	ts -R <<-END
		-A -f 1 -s snat_sched
		-K -f 1 -F 192.168.0.0/16 --oif eth1 -U 1.1.2.100-1.1.2.110 -O random
		-K -f 1 -F 192.168.0.0/16 --oif eth2 -U 1.1.3.100-1.1.3.110 -O random
		-A -f 1 -6 -s snat_sched
		-K -f 1 -6 -F 2001:db8::/40 --oif eth1 -U [2001:db8:2::100]-[2001:db8:2::110] -O random
		-K -f 1 -6 -F 2001:db8::/40 --oif eth2 -U [2001:db8:3::100]-[2001:db8:3::110] -O random
	END
}

# The rules stay; what connections left behind does not matter to the next case.
suite_reset() {
	:
}

# The gateway tracks connections, and lets through only what is tracked well.
# What the variants add is alike in both families: with both in npm run test:all.
variant_conntrack() {
	local tables
	[[ ${WHOLE-} ]] || families=4
	for tables in iptables ip6tables; do
		on gw "$tables" -A FORWARD -m conntrack --ctstate INVALID -j DROP
		on gw "$tables" -A FORWARD -m conntrack --ctstate NEW,ESTABLISHED,RELATED -j ACCEPT
	done
}

variant_slow() {
	[[ ${WHOLE-} ]] || families=6
	on gw sysctl -qw net.ipv4.vs.fast_response_xmit=0 net.ipv4.vs.fast_response_xmit_inside=0
}

both_tcp_goes_out_with_a_pool_address() {
	from_pool 2 "$(ask_tcp in40 $srv1)"
	from_pool 3 "$(ask_tcp in40 $srv2)"
	from_pool 2 "$(ask_tcp in50 $srv1 -b 100000)"
}

both_udp_goes_out_with_a_pool_address() {
	from_pool 2 "$(ask_udp in40 $srv1)"
	from_pool 3 "$(ask_udp in40 $srv2)"
	from_pool 2 "$(ask_udp in50 $srv1 -b 1000)"
}

both_a_bulk_transfer_with_offloads_arrives_intact() {
	matches "$(on gw ethtool -k eth0)" "tcp-segmentation-offload: on"
	matches "$(on gw ethtool -k eth1)" "tcp-segmentation-offload: on"
	from_pool 2 "$(ask_tcp in40 $srv1 -b 24000000)"
}

both_a_bulk_transfer_without_offloads_arrives_intact() {
	local ns
	for ns in in40 gw srv1; do
		on "$ns" ethtool -K eth0 tso off gso off gro off tx off >/dev/null
	done
	on gw ethtool -K eth1 tso off gso off gro off tx off >/dev/null
	from_pool 2 "$(ask_tcp in40 $srv1 -b 2000000)"
	for ns in in40 gw srv1; do
		on "$ns" ethtool -K eth0 tso on gso on gro on tx on >/dev/null
	done
	on gw ethtool -K eth1 tso on gso on gro on tx on >/dev/null
}

both_two_pings_with_one_id_get_their_own_replies() {
	local host pings=()
	capture srv1 eth0 $icmp
	for host in in40 in41; do
		on $host $ping -n -q -e 77 -c 10 -i 0.2 $srv1 >"$scratch/$host.out" &
		pings+=($!)
	done
	wait "${pings[@]}"
	for host in in40 in41; do
		matches "$(cat "$scratch/$host.out")" "10 packets transmitted, 10 received, 0% packet loss"
	done
	captured srv1 eth0 "$(pool_regex 2) > $srv1: .*echo request"
	not_captured srv1 eth0 "> $in40|$in40 >"
}

both_a_large_ping_is_fragmented_and_comes_back() {
	matches "$(on in40 $ping -n -c 2 -i 0.2 -s 4000 $srv1)" "2 received"
	matches "$(on in40 $ping -n -c 2 -i 0.2 -s 4000 -M dont $deep)" "[12] received"
}

both_udp_of_8000_bytes_passes_both_ways() {
	from_pool 2 "$(ask_udp in40 $srv1 -b 8000)"
	from_pool 2 "$(ask_udp in50 $srv1 -b 60000)"
}

both_port_unreachable_reaches_the_client() {
	local output
	capture in40 eth0 $icmp
	output=$(on in40 "$tools/peer" udp -p 3333 $srv1 9 2>&1) && fail "nothing answers on port 9"
	matches "$output" "refused"
	captured in40 eth0 "$srv1 > $in40: .*$srv1 udp port 9"
	not_captured in40 eth0 "$(pool_regex 2)"
}

both_port_unreachable_of_a_client_reaches_the_server() {
	local seen address port
	capture srv1 eth0 $icmp
	seen=$(ask_udp in40 $srv1)
	read -r address port <<<"$seen"
	packet srv1 $srv1 "$address" udp --sport 7 --dport "$port"
	captured srv1 eth0 "$address > $srv1: .*$address udp port $port"
	not_captured srv1 eth0 "$in40"
}

both_traceroute_shows_the_true_hops() {
	local kind
	for kind in -I -U -T; do
		equal "$(hops traceroute -n -q 1 -w 3 $kind $deep)" "$inner_gw $hop1 $hop $deep " "hops of traceroute $kind"
	done
	equal "$(hops traceroute -n -q 1 -w 3 $deep)" "$inner_gw $hop1 $hop $deep " "hops of traceroute"
}

hops() {
	on in40 "$@" | awk 'NR > 1 { printf "%s ", $2 }'
}

both_mtr_shows_the_true_hops() {
	local kind
	for kind in '' -u '-T -P 7'; do
		equal "$(on in40 mtr -n -r -c 2 -i 0.3 -G 1 -Z 2 $kind $deep | awk '/\|--/ { printf "%s ", $2 }')" \
			"$inner_gw $hop1 $hop $deep " "hops of mtr $kind"
	done
}

both_path_mtu_of_a_far_link_is_found() {
	learns_path_mtu
	from_pool 2 "$(ask_tcp in40 $deep -b 2000000)"
	from_pool 2 "$(ask_udp in40 $deep -b 1450)"
	matches "$(ip -n in40 route get $deep)" "mtu 1400"
}

both_path_mtu_of_the_gateway_s_own_uplink_is_found() {
	learns_path_mtu
	undo ip -n gw link set eth1 mtu 1500
	undo ip -n isp1 link set gw mtu 1500
	ip -n gw link set eth1 mtu 1300
	ip -n isp1 link set gw mtu 1300
	capture in40 eth0 $icmp
	from_pool 2 "$(ask_tcp in40 $srv1 -b 2000000)"
	captured in40 eth0 "$inner_gw > $in40: .*(need to frag|too big).*1300"
	matches "$(ip -n in40 route get $srv1)" "mtu 1300"
}

both_path_mtu_towards_a_client_is_found() {
	learns_path_mtu
	capture srv1 eth0 $icmp
	from_pool 2 "$(ask_tcp in70 $srv1 -b 2000000)"
	captured srv1 eth0 "> $srv1: .*(need to frag|too big).*1400"
	not_captured srv1 eth0 "$in70"
	# A datagram that may be cut is cut (by the server in IPv6).
	from_pool 2 "$(ask_udp in70 $srv1 -b 4000)"
}

both_the_time_to_live_counts_the_gateway() {
	capture srv1 eth0 udp
	packet in40 $in40 $srv1 udp --sport 3001 --ttl 33
	captured srv1 eth0 "(ttl|hlim) 31.* > $srv1.7: "
	packet in40 $in40 $srv1 udp --sport 3001 --ttl 32
	captured srv1 eth0 "(ttl|hlim) 30.* > $srv1.7: "
}

both_a_flow_whose_hops_run_out_at_the_gateway_hears_of_it() {
	capture in40 eth0 $icmp
	from_pool 2 "$(ask_udp in40 $srv1 -p 3002)"
	packet in40 $in40 $srv1 udp --sport 3002 --ttl 1
	captured in40 eth0 "$inner_gw > $in40: .*time exceeded"
	not_captured in40 eth0 "$(pool_regex 2)"
}

both_ip_options_pass() {
	capture srv1 eth0 "ip proto 17 or ip6"
	capture in40 eth0 "udp port 7"
	packet in40 $in40 $srv1 udp --sport 3003 --option timestamp
	captured srv1 eth0 "(timestamp|DSTOPT).*$(pool_regex 2).* > $srv1.7: .*|$(pool_regex 2) > $srv1: DSTOPT"
	captured in40 eth0 "$srv1.7 > $in40.3003: "
}

case_record_route_pings_pass() {
	local output
	output=$(on in40 ping -n -R -c 1 8.8.1.1)
	matches "$output" "1 received"
	matches "$output" "1.1.2.2"
}

case_udp_without_checksum_stays_without() {
	capture srv1 eth0 udp
	capture in40 eth0 udp
	from_pool 2 "$(ask_udp in40 $srv1 -z)"
	captured srv1 eth0 "$(pool_regex 2)\.[0-9]+ > $srv1.7: .*\[no cksum\]"
}

both_checksums_are_right_on_the_wire() {
	# Packets of a raw socket carry a full checksum, which nothing fills in later.
	capture srv1 eth0 "udp or tcp or $icmp"
	packet in40 $in40 $srv1 udp --sport 3004 --payload 33
	packet in40 $in40 $srv1 tcp --sport 3005
	packet in40 $in40 $srv1 icmp --sport 3006 --payload 21
	captured srv1 eth0 "$(pool_regex 2)\.[0-9]+ > $srv1.7: .*\[udp sum ok\]"
	captured srv1 eth0 "$(pool_regex 2)\.[0-9]+ > $srv1.7: Flags \[S\], cksum 0x[0-9a-f]+ \(correct\)"
	captured srv1 eth0 "$(pool_regex 2) > $srv1: .*echo request"
	not_captured srv1 eth0 "> $srv1.7: (\[bad udp|Flags \[S\], cksum 0x[0-9a-f]+ \(incorrect)|(wrong|bad) icmp6? cksum"
}

both_small_fragments_are_gathered() {
	capture srv1 eth0 "ip or ip6"
	if [[ $family == 4 ]]; then
		# 24 bytes of UDP in two fragments, the second one first.
		packet in40 $in40 $srv1 17 --payload 8 --id 9 --fragment 2
		packet in40 $in40 $srv1 udp --sport 3007 --payload 16 --no-checksum --cut 16 --id 9 --fragment $((0x2000))
		captured srv1 eth0 "$(pool_regex 2)\.[0-9]+ > $srv1.7: |$(pool_regex 2) > $srv1: "
	else
		from_pool 2 "$(ask_udp in40 $srv1 -p 3007 -b 3000)"
	fi
	not_captured srv1 eth0 "$in40"
}

both_the_filter_table_has_the_first_word() {
	local before
	before=$(counter flow_new)
	capture srv1 eth0 "ip or ip6"
	filter -s $in40 -p tcp -j REJECT
	filter -s $in40 -p udp -j DROP
	ask_udp in40 $srv1 -t 1 && fail "a dropped datagram was answered"
	refused 1 refused ask_tcp in40 $srv1
	from_pool 2 "$(ask_udp in41 $srv1)"
	equal "$(counter flow_new)" $((before + 1)) flow_new
	not_captured srv1 eth0 "$in40"
	on gw "$([[ $family == 4 ]] && echo iptables || echo ip6tables)" -D FORWARD -s $in40 -p udp -j DROP
	from_pool 2 "$(ask_udp in40 $srv1)"
}

both_the_middle_of_an_unknown_connection_is_dropped() {
	local before
	before=$(counter drop_midstream)
	capture srv1 eth0 tcp
	packet in40 $in40 $srv1 tcp --sport 3008 --flags A --ttl 99
	packet in40 $in40 $srv1 tcp --sport 3009 --flags SA --ttl 99
	packet in40 $in40 $srv1 tcp --sport 3010 --flags R --ttl 99
	packet in40 $in40 $srv1 tcp --sport 3011
	captured srv1 eth0 "> $srv1.7: Flags \[S\]"
	not_captured srv1 eth0 "(ttl|hlim) 9[0-9]"
	# Connection tracking may have called them invalid before.
	[[ $label == *conntrack* ]] || equal "$(counter drop_midstream)" $((before + 3)) drop_midstream
}

both_the_outside_gets_no_answer_from_a_pool_address() {
	local before
	undo pools_answered address
	pools_answered routed
	before=$(counter drop_unsolicited)
	capture isp1 gw "udp or tcp or icmp[0] = 3 or icmp6[0] = 1"
	packet srv1 $srv1 "$(pool_address 2 105)" udp --sport 4000 --dport 4001
	packet srv1 $srv1 "$(pool_address 2 105)" tcp --sport 4000 --dport 4001
	captured isp1 gw "$srv1.4000 > $(pool_address 2 105).4001: Flags \[S\]"
	eventually 5 counter_is drop_unsolicited $((before + 2))
	not_captured isp1 gw "$(pool_address 2 105)(\.4001)? > $srv1"
}

counter_is() {
	[[ $(counter "$1") == "$2" ]]
}

both_the_outside_cannot_open_a_flow_inwards() {
	capture in40 eth0 "ip or ip6"
	local next_hop=8.8.1.254 gateway=1.1.2.2
	[[ $family == 6 ]] && next_hop=2001:db8:a1::254 gateway=2001:db8:2::2
	ip -n srv1 route replace "$net40" via $next_hop
	ip -n isp1 route replace "$net40" via $gateway
	packet srv1 $srv1 $in40 udp --sport 4002 --dport 4003
	from_pool 2 "$(ask_udp in40 $srv1)"
	captured in40 eth0 "$srv1.7 > $in40"
	not_captured in40 eth0 "\.4002 > "
	ip -n isp1 route del "$net40"
	ip -n srv1 route del "$net40"
}

both_pools_as_local_routes_serve() {
	undo pools_answered address
	pools_answered local
	from_pool 2 "$(ask_tcp in40 $srv1)"
	from_pool 3 "$(ask_udp in40 $srv2)"
	matches "$(on in40 $ping -n -c 1 $srv1)" "1 received"
}

both_pools_that_are_only_routed_to_the_gateway_serve() {
	undo pools_answered address
	pools_answered routed
	from_pool 2 "$(ask_tcp in40 $srv1)"
	from_pool 3 "$(ask_udp in40 $srv2)"
	matches "$(on in40 $ping -n -c 1 $srv1)" "1 received"
}

both_a_changed_route_takes_running_flows_along() {
	# The next hop's hardware address changes under a running connection.
	converse in40 tcp $srv1
	ip -n isp1 link set gw address 02:00:00:00:99:01
	ip -n gw neigh flush dev eth1
	say "still there"
}

both_other_protocols_are_dropped_and_counted() {
	local before
	before=$(counter drop_protocol)
	capture srv1 eth0 "ip or ip6"
	packet in40 $in40 $srv1 253 --payload 20
	from_pool 2 "$(ask_udp in40 $srv1)"
	not_captured srv1 eth0 "$in40"
	equal "$(counter drop_protocol)" $((before + 1)) drop_protocol
}

both_truncated_packets_are_dropped() {
	local cut
	capture srv1 eth0 "ip or ip6"
	for cut in 0 4 7; do
		packet in40 $in40 $srv1 udp --sport 3012 --cut $cut
		packet in40 $in40 $srv1 tcp --sport 3012 --cut $((cut + 8))
		packet in40 $in40 $srv1 icmp --sport 3012 --cut $cut
	done
	from_pool 2 "$(ask_udp in40 $srv1)"
	not_captured srv1 eth0 "$in40"
}

both_a_forged_error_about_no_flow_is_dropped() {
	local type=3
	[[ $family == 6 ]] && type=1
	capture srv1 eth0 $icmp
	packet in40 $in40 $srv1 icmp --type $type --code 1 --quote $srv1,$in40,udp,7,3013
	matches "$(on in40 $ping -n -c 1 $srv1)" "1 received"
	not_captured srv1 eth0 "unreachable"
}
