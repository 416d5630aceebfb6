# SPDX-License-Identifier: GPL-2.0-only
# The first packet of a flow. Where nobody but IPVS sees what is forwarded, it is taken
# at its device; where somebody does, it goes the full path, and they are heard. Which
# of the two it was, the counter flow_new_early tells.

suite_setup() {
	modprobe -a nf_tables nft_ct && have_network
}

suite_reset() {
	on gw ipvsadm -C
	on gw nft flush ruleset
}

# opens FLOWS EARLY COMMAND…: so many flows, so many of them at the device.
opens() {
	local want="$1 $2" flows early
	shift 2
	flows=$(counter flow_new) early=$(counter flow_new_early)
	"$@"
	equal "$(($(counter flow_new) - flows)) $(($(counter flow_new_early) - early))" "$want" \
		"flows opened, and those of them opened early, by $*"
}

# begin RULE…: turn SNAT on, and wait until devices have the hook and neighbours are known.
begin() {
	snat "$@"
	eventually 10 takes_early in40 $srv1
	eventually 10 takes_early in40 $srv2
}

takes_early() { # NS ADDRESS
	local was
	was=$(counter flow_new_early)
	ask_udp "$1" "$2" >/dev/null
	(($(counter flow_new_early) > was))
}

two_rules() {
	begin "-F $net40 -U $pool1" "-F $net40 --oif eth2 -U $pool2"
}

by_udp() {
	from_pool 2 "$(ask_udp in40 $srv1)"
}

by_tcp() {
	from_pool 2 "$(ask_tcp in40 $srv1 -b 20000)"
}

by_the_other_uplink() {
	from_pool 3 "$(ask_udp in40 $srv2)"
}

# send PROTOCOL DESTINATION OPTION…: a packet that nobody answers, or is to answer.
send() {
	local kind=$1 to=$2
	shift 2
	packet in40 "$in40" "$to" "$kind" "$@"
}

# refuses COUNTER REGEX COMMAND…: no flow, but the counter; and the client hears REGEX.
refuses() {
	local counter=$1 regex=$2 was
	shift 2
	was=$(counter "$counter")
	capture in40 eth0 "$icmp or tcp"
	opens 0 0 "$@"
	captured in40 eth0 "$regex"
	equal "$(counter "$counter")" $((was + 1)) "$counter by $*"
	rm "$scratch/in40-eth0"
}

rule_flows() {
	ts -Ln --stats --exact | awk -v net="$net40" '$2 == net && !/oif/ { print $3 }'
}

both_it_is_taken_at_its_device() {
	two_rules
	ts -Z
	capture srv1 eth0 "port 7"
	opens 1 1 by_udp
	opens 1 1 by_tcp
	opens 1 1 by_the_other_uplink
	# Sums that no device is to finish.
	opens 1 1 send udp $srv1 --sport 3001
	opens 1 1 send tcp $srv1 --sport 3002
	captured srv1 eth0 "$(pool_regex 2)\.[0-9]+ > $srv1.7: \[udp sum ok\]"
	captured srv1 eth0 "$(pool_regex 2)\.[0-9]+ > $srv1.7: Flags \[S\], cksum 0x[0-9a-f]+ \(correct\)"
	not_captured srv1 eth0 "$in40"
	equal "$(rule_flows)" 4 "flows of the rule without a device"
}

both_zones_take_it_too() {
	local everything='[::]:0'
	[[ $family == 6 ]] || everything=0.0.0.0:0
	ts -R <<-END
		-A -t $everything -s rr
		-A -u $everything -s rr
		-K --zone $net40
		-P --zone $net40 -z $pool1
	END
	eventually 10 takes_early in40 $srv1
	opens 1 1 by_udp
	opens 1 1 by_tcp
}

both_a_filter_table_is_asked() {
	two_rules
	on gw nft add table inet guard
	on gw nft add chain inet guard forward '{ type filter hook forward priority 0; }'
	opens 1 0 by_udp
	opens 1 0 by_tcp
	on gw nft add rule inet guard forward meta l4proto '{ tcp, udp }' th dport 7 drop
	capture isp1 gw "port 7"
	opens 0 0 send udp $srv1
	opens 0 0 send tcp $srv1
	on gw nft delete table inet guard
	opens 1 1 by_udp
	equal "$(grep -c " > $srv1.7" "$scratch/isp1-gw")" 1 "packets behind the gateway"
}

# A chain at HOOK sees each first packet: once, and before or after it is translated.
chain_sees() { # HOOK PRIORITY
	on gw nft add table inet see
	on gw nft add chain inet see "$1" "{ type filter hook $1 priority $2; }"
	on gw nft add rule inet see "$1" meta l4proto udp th dport 7 counter
	opens 1 0 by_udp
	matches "$(on gw nft list table inet see)" "packets 1 " "what a chain at $1 counted"
	on gw nft delete table inet see
	opens 1 1 by_udp
}

both_chains_before_and_behind_see_it() {
	two_rules
	chain_sees prerouting -300
	chain_sees postrouting 100
}

both_a_chain_behind_may_change_it() {
	two_rules
	on gw nft add table inet clamp
	on gw nft add chain inet clamp postrouting '{ type filter hook postrouting priority -150; }'
	on gw nft add rule inet clamp postrouting tcp flags syn tcp option maxseg size set 1000
	capture srv1 eth0 "tcp port 7"
	opens 1 0 by_tcp
	captured srv1 eth0 "$(pool_regex 2).* > $srv1.7: Flags \[S\].*mss 1000,"
}

both_connection_tracking_is_asked() {
	two_rules
	on gw nft add table inet track
	on gw nft add chain inet track forward '{ type filter hook forward priority 0; }'
	on gw nft add rule inet track forward ct state new udp dport 7 drop
	opens 0 0 send udp $srv1
	on gw nft delete table inet track
	opens 1 1 by_udp
}

both_the_switch_is_that_of_clients() {
	two_rules
	set_sysctl net.ipv4.vs.fast_response_xmit_inside=0
	opens 1 0 by_udp
	opens 1 0 by_tcp
	set_sysctl net.ipv4.vs.fast_response_xmit_inside=1 net.ipv4.vs.fast_response_xmit=0
	opens 1 1 by_udp
	opens 1 1 by_tcp
}

both_who_is_refused_hears_of_it() {
	begin "-F $net40 -T $([[ $family == 4 ]] && echo 8.8.0.0/16 || echo 2001:db8:a0::/44) -U $pool1"
	refuses drop_no_rule "$inner_gw > $in40: .*(prohibited|administratively)" send udp "$many"
	refuses drop_midstream "$srv1.7 > $in40.[0-9]+: Flags \[R\]" send tcp $srv1 --flags A
}

both_hops_that_run_out_are_told() {
	two_rules
	capture in40 eth0 $icmp
	opens 0 0 send udp $srv1 --ttl 1
	captured in40 eth0 "$inner_gw > $in40: .*time exceeded"
}

both_what_is_too_long_is_told() {
	two_rules
	learns_path_mtu
	undo ip -n gw link set eth1 mtu 1500
	ip -n gw link set eth1 mtu 1300
	capture in40 eth0 $icmp
	opens 0 0 send udp $srv1 --payload 1290 --fragment $((0x4000))
	captured in40 eth0 "$inner_gw > $in40: .*(need to frag|too big).*1300"
}

both_a_pool_address_is_nobody_s_from_inside() {
	local was
	two_rules
	was=$(counter drop_unsolicited)
	opens 0 0 send udp "${pool1%-*}"
	equal "$(counter drop_unsolicited)" $((was + 1)) drop_unsolicited
}

both_a_rule_s_own_next_hop_is_used() {
	begin "-F $net40 -U $pool1"
	ts -k -f 1 $six -F $net40 -U $pool1 -N $hop2
	capture isp2 gw "udp port 7"
	opens 1 0 by_next_hop
	captured isp2 gw "$(pool_regex 2)\.[0-9]+ > $srv3.7"
}

by_next_hop() {
	from_pool 2 "$(ask_udp in40 $srv3)"
}

both_an_unknown_neighbour_is_asked_for() {
	two_rules
	ip -n gw neigh flush dev eth1
	opens 1 0 by_udp
	opens 1 1 by_udp
}

# What a real server sends is IPVS's to translate, though a rule would take it.
both_answers_of_real_servers_are_not_flows() {
	local virtual=${pool1%-*}
	begin "-F $net40 -U $pool2"
	undo ip -n gw addr del "$virtual/$host" dev lo
	ip -n gw addr add "$virtual/$host" dev lo
	background on in40 "$tools/peer" serve 77
	ts -R <<-END
		-A -u $(bracketed "$virtual"):77 -s rr
		-a -u $(bracketed "$virtual"):77 -r $(bracketed $in40):77 -m
	END
	capture srv1 eth0 "udp port 77"
	eventually 10 answers_to_srv1
	opens 0 0 answers_to_srv1
	not_captured srv1 eth0 "$(pool_regex 3)"
	opens 1 1 by_udp_at_pool2
}

answers_to_srv1() {
	[[ $(on srv1 "$tools/peer" udp -t 2 "$virtual" 77) == "$srv1 "* ]]
}

by_udp_at_pool2() {
	from_pool 3 "$(ask_udp in40 $srv3)"
}

case_a_forged_source_opens_none_with_rp_filter() {
	use_family 4
	begin "-F 192.168.0.0/16 -U $pool1"
	opens 1 1 forged 1
	set_sysctl net.ipv4.conf.eth0.rp_filter=1
	opens 0 0 forged 2
	opens 1 1 by_udp
}

forged() { # N
	packet in40 192.168.99.$1 $srv1 udp
	eventually 10 packets_came_in
}

# Packets are handed over at once, but for what waits for a softirq.
packets_came_in() {
	on in40 $ping -n -q -c 1 192.168.40.1 >/dev/null
}

case_a_wrong_sum_of_the_header_opens_none() {
	use_family 4
	two_rules
	undo on in40 tc qdisc del dev eth0 clsact
	on in40 tc qdisc add dev eth0 clsact
	on in40 tc filter add dev eth0 egress protocol ip flower ip_proto udp dst_port 7 \
		action pedit ex munge ip ttl set 63
	capture isp1 gw "udp port 7"
	opens 0 0 send udp $srv1
	on in40 tc filter del dev eth0 egress
	opens 1 1 by_udp
	equal "$(grep -c " > $srv1.7" "$scratch/isp1-gw")" 1 "packets behind the gateway"
}

case_redirects_are_sent_and_forwarding_can_be_off() {
	use_family 4
	begin "-F $net40 -U $pool1"
	# The way out is the way in.
	undo ip -n gw route del 8.8.77.0/24
	ip -n gw route add 8.8.77.0/24 via $in41
	capture in40 eth0 icmp
	opens 1 0 send udp 8.8.77.1
	captured in40 eth0 "$inner_gw > $in40: ICMP redirect"
	set_sysctl net.ipv4.conf.eth0.forwarding=0
	opens 0 0 send udp $srv1
}
