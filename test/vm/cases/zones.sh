# SPDX-License-Identifier: GPL-2.0-only
# Ordered zones with local addresses, and the command line that makes them.

# zones PROTOCOLS LINE…: turn zones on for the protocols (t, u or both) of the
# family under test, with these zones; each line is ZONE [LOCAL…].
zones() {
	local protocols=$1 line local words
	shift
	{
		while [[ $protocols ]]; do
			echo "-A -${protocols:0:1} $everything -s rr"
			protocols=${protocols:1}
		done
		for line; do
			read -ra words <<<"$line"
			echo "-K --zone ${words[0]}"
			for local in "${words[@]:1}"; do
				echo "-P --zone ${words[0]} -z $local"
			done
		done
	} | ts -R
}

# What names the catch-all services in the family under test.
zone_names() {
	if [[ $family == 4 ]]; then everything=0.0.0.0:0; else everything='[::]:0'; fi
}

# source_of COMMAND…: the address of the "ADDRESS PORT" that it prints.
source_of() {
	"$@" | cut -d ' ' -f 1
}

many() {
	[[ $family == 4 ]] && echo "8.16.0.$1" || echo "2001:db8:b::$1"
}

# ---- dsnat's own session ----

# client 1.1.1.1/16 — eth0 1.1.100.1/16 gateway eth1 1.2.100.1-4/16 — server 1.2.1.4/16
make_dsnat_network() {
	local ns
	for ns in zc zg zs; do
		ip netns add $ns
		undo ip netns del $ns
		ip -n $ns link set lo up
	done
	link zc eth0 zg eth0
	link zg eth1 zs eth0
	ip -n zc addr add 1.1.1.1/16 dev eth0
	ip -n zc route add 1.2.0.0/16 via 1.1.100.1
	ip -n zg addr add 1.1.100.1/16 dev eth0
	for ns in 1 2 3 4; do
		ip -n zg addr add 1.2.100.$ns/16 dev eth1
	done
	ip -n zs addr add 1.2.1.4/16 dev eth0
	on zg sysctl -qw net.ipv4.ip_forward=1
	background on zs "$tools/peer" serve 7
	eventually 10 on zs "$tools/peer" tcp 1.2.1.4 7
}

case_dsnat_s_session_works_as_written() {
	local output
	make_dsnat_network
	output=$(on zg bash -euc "
		PATH=$PROJECT/bin:\$PATH
		tsipvsadm -A -t 0.0.0.0:0 -s rr
		tsipvsadm -K --zone 1.1.0.0/16
		tsipvsadm -P --zone 1.1.0.0/16 -z 1.2.100.1
		tsipvsadm -P --zone 1.1.0.0/16 -z 1.2.100.2
		tsipvsadm -K --zone 0.0.0.0/0
		tsipvsadm -P --zone 0.0.0.0/0 -z 1.2.100.3
		tsipvsadm -ln
		tsipvsadm -G
	" 2>&1) || fail "exit status $?: $output"
	equal "$output" "IP Virtual Server version 1.2.1 (size=$(conn_buckets zg))
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
TCP  0.0.0.0:0 rr
NET/MASK                       TOTAL    SNAT_IP              CONFLICTS  CONNS      USED       FREE
1.1.0.0/255.255.0.0            2
                                        1.2.100.1            0          0          0          60536
                                        1.2.100.2            0          0          0          60536
0.0.0.0/0.0.0.0                1
                                        1.2.100.3            0          0          0          60536" "what the session prints"
	capture zs eth0 tcp
	equal "$(source_of ask_tcp zc 1.2.1.4)" 1.2.100.1 "source of the first"
	equal "$(source_of ask_tcp zc 1.2.1.4)" 1.2.100.2 "source of the second"
	equal "$(source_of ask_tcp zc 1.2.1.4)" 1.2.100.1 "source of the third"
	captured zs eth0 "1\.2\.100\.2\.[0-9]+ > 1\.2\.1\.4\.7: Flags \[S\]"
	not_captured zs eth0 "1\.1\.1\.1\."
	ip -n zc addr add 1.3.1.1/32 dev lo
	ip -n zg route add 1.3.1.1 via 1.1.1.1
	equal "$(source_of ask_tcp zc 1.2.1.4 -s 1.3.1.1)" 1.2.100.3 "source from beyond the first zone"
	matches "$(on zg "$tsipvsadm" -Lcn)" "TCP +[0-9:]+ +[A-Z_]+ +1.1.1.1:[0-9]+ +1.2.1.4:7 +1.2.100.1:[0-9]+ +1.2.1.4:7"
	matches "$(on zg "$tsipvsadm" -G --zone 0.0.0.0/0)" "1.2.100.3 +0 +1 +1 +60535"
	on zg "$tsipvsadm" -Q --zone 1.1.0.0/16 -z 1.2.100.1
	on zg "$tsipvsadm" -V --zone 0.0.0.0/0
	equal "$(on zg "$tsipvsadm" -Sn)" "-A -t 0.0.0.0:0 -s rr
-K --zone 1.1.0.0/16
-P --zone 1.1.0.0/16 -z 1.2.100.2"
	on zg "$tsipvsadm" -C
	equal "$(on zg "$tsipvsadm" -Sn)" "" "what -C leaves"
}

# ---- which zone, which address ----

both_the_first_zone_that_holds_the_source_has_it() {
	zone_names
	zones u "$net40 $(pool_address 2 100)" "$inner $(pool_address 2 101)" "$any $(pool_address 2 102)" \
		"$in40/$host $(pool_address 2 103)"
	equal "$(source_of ask_udp in40 $srv1)" "$(pool_address 2 100)" "source of in40"
	equal "$(source_of ask_udp in50 $srv1)" "$(pool_address 2 101)" "source of in50"
	# A zone put before another is asked before it, whatever its length.
	ts -K --zone $in50/$host --before $inner
	ts -P --zone $in50/$host -z "$(pool_address 2 104)"
	equal "$(source_of ask_udp in50 $srv1)" "$(pool_address 2 104)" "source of in50, in a zone before"
	equal "$(source_of ask_udp in60 $srv1)" "$(pool_address 2 101)" "source of in60"
	ts -V --zone $net40
	equal "$(source_of ask_udp in40 $srv1)" "$(pool_address 2 101)" "source of in40, its zone gone"
	ts -V --zone $inner
	equal "$(source_of ask_udp in60 $srv1)" "$(pool_address 2 102)" "source of in60, its zone gone"
	equal "$(ts -G | grep -c /)" 4 "lines with a slash: the title's and three zones'"
}

both_zones_stay_in_order_however_many_go_before_one() {
	local i
	zone_names
	zones u "$net50 $(pool_address 2 100)" "$any $(pool_address 2 101)"
	for i in {1..200}; do
		echo "-K --zone $(many $i)/$host --before $any"
	done | ts -R
	echo "-P --zone $(many 7)/$host -z $(pool_address 2 102)" | ts -R
	equal "$(ts -Sn | grep -c '^-K')" 202 "zones"
	equal "$(ts -Sn | sed -n '/^-K/p' | sed -n 2p)" "-K --zone $(many 1)/$host" "second zone"
	equal "$(ts -Sn | sed -n '/^-K/p' | tail -n 1)" "-K --zone $any" "last zone"
	equal "$(source_of ask_udp in50 $srv1)" "$(pool_address 2 100)" "source of in50"
	equal "$(source_of ask_udp in60 $srv1)" "$(pool_address 2 101)" "source of in60"
}

both_local_addresses_take_turns() {
	local i
	zone_names
	zones tu "$net40 $(pool_address 2 100)-$(pool_address 2 102)"
	for i in {1..9}; do
		source_of ask_udp in40 $srv1
	done | sort | uniq -c | awk '{ print $1 }' >"$scratch/turns"
	equal "$(tr '\n' ' ' <"$scratch/turns")" "3 3 3 " "flows of each address"
}

both_an_exhausted_address_gives_way_to_the_next_then_drops() {
	local before i
	zone_names
	zones u "$net40 $(pool_address 2 100) $(pool_address 2 101)" "$any $(pool_address 2 102)"
	set_sysctl net.ipv4.vs.fullnat_lport_min=20000 net.ipv4.vs.fullnat_lport_max=20003
	before=$(counter drop_zone_exhausted)
	for i in 1 2 3 4 5 6 7 8; do
		ask_udp in40 $srv1 -p $((6000 + i))
	done >"$scratch/seen"
	equal "$(sort -u "$scratch/seen" | wc -l)" 8 "sources of 8 flows"
	equal "$(cut -d ' ' -f 1 "$scratch/seen" | sort | uniq -c | awk '{ printf "%s ", $1 }')" "4 4 " "flows of each address"
	capture srv1 eth0 "ip or ip6"
	ask_udp in40 $srv1 -p 6009 -t 1 && fail "a ninth flow of an exhausted zone"
	equal "$(counter drop_zone_exhausted)" $((before + 1)) drop_zone_exhausted
	matches "$(ts -G --zone $net40)" "$(pool_address 2 100) +[0-9]+ +4 +4 +0"
	# Another remote has all the ports.
	matches "$(ask_udp in40 $srv3 -p 6009)" "^$(pool_address 2 10[01]) 2000[0-3]$"
	not_captured srv1 eth0 "$in40"
	not_captured srv1 eth0 "$(pool_address 2 102)"
	matches "$(ts -G --json)" '"used": 4,'
	matches "$(ts -G --json)" '"free": 0'
}

both_without_a_zone_or_an_address_packets_are_dropped_answered_and_counted() {
	local before empty message="No route to host"
	[[ $family == 6 ]] && message="Permission denied"
	zone_names
	zones tu "$net50 $(pool_address 2 100)" "$net60" "$in60/$host $(pool_address 2 101)"
	before=$(counter drop_no_zone) empty=$(counter drop_zone_empty)
	capture srv1 eth0 "ip or ip6"
	refused 1 "$message" ask_tcp in40 $srv1
	refused 1 "$message" ask_udp in40 $srv1 -t 1
	# A zone without addresses has its packets all the same.
	refused 1 "$message" ask_udp in60 $srv1 -t 1
	from_pool 2 "$(ask_udp in50 $srv1)"
	not_captured srv1 eth0 "$in40"
	not_captured srv1 eth0 "$in60|$(pool_address 2 101)"
	matches "$(($(counter drop_no_zone) - before))" "^[234]$" "what drop_no_zone grew by"
	equal "$(counter drop_zone_empty)" $((empty + 1)) drop_zone_empty
	lacks "$(dmesg | tail -n 3)" "IPVS.*($in40|$in60)" "the kernel log"
	set_sysctl net.ipv4.vs.snat_pass_unmatched=1
	capture srv1 eth0 udp
	packet in40 $in40 $srv1 udp --sport 3100
	captured srv1 eth0 "$in40.3100 > $srv1.7"
	ask_udp in60 $srv1 -t 1 && fail "an empty zone let a packet pass"
	not_captured srv1 eth0 "$in60"
}

# ---- what zones act on ----

both_a_protocol_without_its_service_is_routed_as_without_zones() {
	zone_names
	zones t "$any $(pool_address 2 100)"
	capture srv1 eth0 "udp or $icmp"
	from_pool 2 "$(ask_tcp in40 $srv1)"
	on in40 $ping -q -c 1 -W 2 $srv1
	packet in40 $in40 $srv1 udp --sport 3101
	captured srv1 eth0 "$in40.3101 > $srv1.7"
	captured srv1 eth0 "$(pool_address 2 100) > $srv1: .*echo request"
	not_captured srv1 eth0 "$in40 > $srv1: .*echo request"
	ts -A -u $everything -s rr
	equal "$(source_of ask_udp in40 $srv1)" "$(pool_address 2 100)" "source with UDP's service"
	ts -D -t $everything
	on in40 $ping -q -c 1 -W 2 $srv1
	capture srv1 eth0 tcp
	packet in40 $in40 $srv1 tcp --sport 3102
	captured srv1 eth0 "$in40.3102 > $srv1.7"
}

both_the_middle_of_a_connection_opens_no_flow() {
	local before
	zone_names
	zones tu "$any $(pool_address 2 100)"
	before=$(counter drop_midstream)
	capture srv1 eth0 "ip or ip6"
	packet in40 $in40 $srv1 tcp --sport 3103 --flags A
	packet in40 $in40 $srv1 tcp --sport 3104 --flags SA
	from_pool 2 "$(ask_tcp in40 $srv1)"
	not_captured srv1 eth0 "\.310[34] >"
	equal "$(counter drop_midstream)" $((before + 2)) drop_midstream
}

both_rules_come_before_zones() {
	zone_names
	snat "-F $net40 -U $(pool_address 2 100)"
	zones u "$any $(pool_address 2 101)"
	equal "$(source_of ask_udp in40 $srv1)" "$(pool_address 2 100)" "source by the rule"
	equal "$(source_of ask_udp in50 $srv1)" "$(pool_address 2 101)" "source by the zone"
	equal "$(source_of ask_tcp in40 $srv1)" "$(pool_address 2 100)" "source of TCP, by the rule"
	ask_tcp in50 $srv1 && fail "TCP left by a zone for UDP"
	# The service of the rules ends with its own flows, and no others.
	converse in60 udp $srv1
	ts -D -f 1 $six
	say "the zone's flow goes on"
	equal "$(source_of ask_udp in40 $srv1)" "$(pool_address 2 101)" "source without the rules"
}

both_what_comes_from_outside_opens_no_flow() {
	local before
	zone_names
	zones tu "$any $(pool_address 2 100)"
	before=$(counter drop_unsolicited)
	capture isp1 gw "udp or tcp or $icmp"
	ip -n isp1 route add $in40/$host via "$(gw_address)"
	undo ip -n isp1 route del $in40/$host
	packet isp1 $hop1 "$(pool_address 2 100)" udp --sport 3105 --dport 9
	packet isp1 $hop1 "$(pool_address 2 100)" tcp --sport 3106 --dport 9
	from_pool 2 "$(ask_udp in40 $srv1)"
	not_captured isp1 gw "unreachable|Flags \[R"
	equal "$(counter drop_unsolicited)" $((before + 2)) drop_unsolicited
	equal "$(flows)" 1 flows
	# The same where no device has the address: the gateway would forward it.
	pools_answered routed
	undo pools_answered address
	packet isp1 $hop1 "$(pool_address 2 100)" udp --sport 3107 --dport 9
	eventually 5 unsolicited $((before + 3))
	equal "$(flows)" 1 flows
}

unsolicited() {
	[[ $(counter drop_unsolicited) == "$1" ]]
}

gw_address() {
	[[ $family == 4 ]] && echo 1.1.2.2 || echo 2001:db8:2::2
}

# ---- deleting ----

both_a_deleted_address_takes_no_new_flow_and_keeps_its_own() {
	local i
	zone_names
	zones t "$net40 $(pool_address 2 100) $(pool_address 2 101)"
	converse in40 tcp $srv1
	matches "$seen" "^$(pool_address 2 100) "
	ts -Q --zone $net40 -z "$(pool_address 2 100)"
	for i in 1 2 3; do
		equal "$(source_of ask_tcp in40 $srv1)" "$(pool_address 2 101)" "source of the next"
	done
	ts -V --zone $net40
	ask_tcp in40 $srv1 && fail "the deleted zone opened a flow"
	say "still there"
	matches "$(ts -Lcn)" "ESTABLISHED .*$(pool_address 2 100)"
	# An address that is added again begins anew.
	ts -K --zone $net40
	ts -P --zone $net40 -z "$(pool_address 2 100)"
	matches "$(ts -G)" "$(pool_address 2 100) +0 +0 +0"
	say "and still"
	hang_up
}

both_deleting_a_catch_all_service_ends_its_flows_and_keeps_zones() {
	zone_names
	zones tu "$net40 $(pool_address 2 100)"
	ask_udp in40 $srv1
	on in40 $ping -q -c 1 -W 2 $srv1
	converse in40 tcp $srv1
	equal "$(flows)" 3 flows
	ts -D -u $everything
	equal "$(flows)" 2 "flows without UDP's service"
	say "TCP goes on"
	ts -D -t $everything
	equal "$(flows)" 0 "flows without a service"
	equal "$(ts -Sn)" "-K --zone $net40
-P --zone $net40 -z $(pool_address 2 100)"
	capture srv1 eth0 udp
	packet in40 $in40 $srv1 udp --sport 3107
	captured srv1 eth0 "$in40.3107 > $srv1.7"
	ts -A -u $everything -s rr
	equal "$(source_of ask_udp in40 $srv1)" "$(pool_address 2 100)" "source with the service again"
}

# ---- the command line ----

both_save_and_restore_lose_nothing() {
	local saved
	zone_names
	snat "-F $net50 -U $pool2"
	zones tu "$net40 $(pool_address 2 105) $(pool_address 2 100)-$(pool_address 2 103) $(pool_address 2 104)" "$net60" \
		"$any $(pool_address 2 105)"
	ts -K --zone $net70 --before $net60
	saved=$(ts -Sn)
	equal "$(grep -E -- '--zone' <<<"$saved")" "-K --zone $net40
-P --zone $net40 -z $(pool_address 2 105)
-P --zone $net40 -z $(pool_address 2 100)-$(pool_address 2 104)
-K --zone $net70
-K --zone $net60
-K --zone $any
-P --zone $any -z $(pool_address 2 105)"
	ts -C
	equal "$(ts -Sn)" "" "saved after -C"
	ts -R <<<"$saved"
	equal "$(ts -Sn)" "$saved" "saved after -R"
	# dsnat has no -S of its own; a stock -C clears zones as well.
	on gw ipvsadm -C
	equal "$(ts -Sn)" "" "saved after C's -C"
}

both_bad_zones_and_addresses_are_refused_and_nothing_changes() {
	local before other=2001:db8:9::/64 foreign=2001:db8:2::1 text line
	[[ $family == 6 ]] && other=10.9.0.0/16 foreign=1.1.2.1
	zone_names
	zones t "$net40 $(pool_address 2 100)"
	before=$(ts -Sn)
	refused 255 "Zone already exists" ts -K --zone $net40
	refused 255 "No such zone" ts -V --zone $net50
	refused 255 "No such zone" ts -K --zone $net50 --before $net60
	refused 255 "No such zone" ts -P --zone $net50 -z "$(pool_address 2 100)"
	refused 255 "Local address already exists" ts -P --zone $net40 -z "$(pool_address 2 100)"
	refused 255 "Local address already exists" ts -P --zone $net40 -z $pool1
	refused 255 "No such Local address" ts -Q --zone $net40 -z "$(pool_address 2 101)"
	refused 255 "No such Local address" ts -Q --zone $net40 -z $pool1
	refused 1 "No such zone" ts -G --zone $net50
	refused 2 "$foreign" ts -P --zone $net40 -z $foreign
	refused 2 "$other" ts -K --zone $net50 --before $other
	refused 2 "bogus" ts -K --zone bogus
	refused 2 "999" ts -K --zone $in40/999
	refused 2 "en dash" ts –K --zone $net50
	refused 2 "both" ts -K --zone $net50 -F $net50
	refused 255 "Service not defined" ts -P -t $srv1:80 -z "$(pool_address 2 101)"
	equal "$(ts -Sn)" "$before" "zones after bad ones"
	# Host bits are cleared, and it says so.
	matches "$(ts -K --zone $in50/${net50#*/} 2>&1)" "$in50/${net50#*/}.* $net50"
	matches "$(ts -Sn)" "-K --zone $net50"
}

case_masks_and_ranges() {
	local last=11.0.255 n
	zone_names
	refused 2 "255.0.255.0" ts -K --zone 10.0.0.0/255.0.255.0
	ts -K --zone 10.0.0.0/255.255.0.0
	refused 2 "65537 addresses" ts -P --zone 10.0.0.0/16 -z 11.0.0.0-11.1.0.0
	ts -P --zone 10.0.0.0/16 -z 11.0.0.0-11.0.255.255
	refused 255 "Too many local addresses" ts -P --zone 10.0.0.0/16 -z 12.0.0.1
	# Lists of 65,536 addresses are for npm run test:all.
	[[ ${WHOLE-} ]] || {
		last=11.0.15
		ts -Q --zone 10.0.0.0/16 -z 11.0.16.0-11.0.255.255
	}
	n=$(($(ts -G | wc -l) - 2))
	equal "$n" "$((256 * (${last##*.} + 1)))" "addresses of -G"
	equal "$(ts -Sn)" "-K --zone 10.0.0.0/16
-P --zone 10.0.0.0/16 -z 11.0.0.0-$last.255"
	ts -Q --zone 10.0.0.0/16 -z 11.0.0.0-$last.254
	ts -P --zone 10.0.0.0/16 -z 12.0.0.1-${last/11/12}.255
	equal "$(ts -Sn | tail -n 2)" "-P --zone 10.0.0.0/16 -z $last.255
-P --zone 10.0.0.0/16 -z 12.0.0.1-${last/11/12}.255"
}

both_C_ipvsadm_lists_and_deletes_a_catch_all_service() {
	zone_names
	zones u "$net40 $(pool_address 2 100)"
	on gw ipvsadm -Ln | grep -F "UDP  $everything rr"
	# Its -A wants persistence with port 0.
	on gw ipvsadm -A -t $everything -s wlc -p 60
	from_pool 2 "$(ask_tcp in40 $srv1)"
	on gw ipvsadm -D -t $everything
	on gw ipvsadm -D -u $everything
	equal "$(ts -Sn | grep -c -- '^-A')" 0 "services"
	equal "$(flows)" 0 flows
}

both_a_service_that_could_not_be_added_leaves_zones_off() {
	zone_names
	ts -K --zone $any
	refused 255 . ts -A -t $everything -s snat_sched
	capture srv1 eth0 tcp
	packet in40 $in40 $srv1 tcp --sport 3108
	captured srv1 eth0 "$in40.3108 > $srv1.7"
	equal "$(ts -Sn)" "-K --zone $any"
}

case_counters_are_zeroed_with_the_service() {
	local i
	zone_names
	zones u "192.168.40.0/24 1.1.2.100 1.1.2.101"
	set_sysctl net.ipv4.vs.fullnat_lport_min=20000 net.ipv4.vs.fullnat_lport_max=20001
	for i in 1 2 3 4; do
		ask_udp in40 $srv1 -p $((6100 + i))
	done
	ask_udp in40 $srv1 -p 6105 -t 1 && fail "a fifth flow"
	# Whose turn the fifth was, has tried its ports.
	matches "$(ts -G)" "1.1.2.10[01] +[1-9][0-9]* +2 +2 +0"
	eventually 6 counted 4
	ts -Z
	matches "$(ts -G)" "1.1.2.100 +0 +2 +2 +0.*1.1.2.101 +0 +2 +2 +0"
	eventually 6 counted 0
}

counted() { # FLOWS OPENED
	ts -Ln --stats | grep -E "^UDP +0.0.0.0:0 +$1 " >/dev/null
}

case_zones_of_namespaces_are_apart() {
	zone_names
	zones u "192.168.40.0/24 1.1.2.100"
	on in60 "$tsipvsadm" -K --zone 10.0.0.0/8
	undo on in60 ipvsadm -C
	equal "$(on in60 "$tsipvsadm" -Sn)" "-K --zone 10.0.0.0/8" "zones in another namespace"
	lacks "$(ts -Sn)" "10.0.0.0/8"
	on in60 ipvsadm -C
	matches "$(ts -Sn)" "-K --zone 192.168.40.0/24"
}

case_without_CAP_NET_ADMIN_zones_are_refused() {
	local output arguments
	zone_names
	zones u "192.168.40.0/24 1.1.2.100"
	for arguments in "-G" "-K --zone 10.0.0.0/8" "-P --zone 192.168.40.0/24 -z 1.1.2.101" "-V --zone 192.168.40.0/24"; do
		output=$(on gw setpriv --bounding-set -net_admin --inh-caps -net_admin --reuid 65534 --clear-groups \
			"$tsipvsadm" $arguments 2>&1) && fail "$arguments was let pass: $output"
		matches "$output" "permission|Permission|permitted|root"
	done
	equal "$(ts -Sn | grep -c zone)" 2 "lines of zones"
}

# ---- under traffic; the last leaves no topology behind ----

zones_of_both_families() {
	use_family 6
	zone_names
	zones tu "$inner $pool1"
	use_family 4
	zone_names
	zones tu "$inner $pool1"
}

flowing() {
	(($(flows) > 1000))
}

case_zones_change_under_traffic() {
	local i
	zones_of_both_families
	flood_both_families
	eventually 30 flowing
	for i in {1..40}; do
		echo "-Q --zone 192.168.0.0/16 -z 1.1.2.100-1.1.2.105"
		echo "-K --zone 192.168.40.0/24 --before 192.168.0.0/16"
		echo "-P --zone 192.168.40.0/24 -z 1.1.2.100-1.1.2.110"
		echo "-V --zone 192.168.0.0/16"
		echo "-K --zone 192.168.0.0/16 --before 192.168.40.0/24"
		echo "-P --zone 192.168.0.0/16 -z 1.1.2.100-1.1.2.110"
		echo "-V --zone 192.168.40.0/24"
	done >"$scratch/lines"
	ts -R <"$scratch/lines"
	equal "$(ts -Sn | grep zone.*192)" "-K --zone 192.168.0.0/16
-P --zone 192.168.0.0/16 -z 1.1.2.100-1.1.2.110" "zones at the end"
	for i in 1 2 3; do
		eventually 30 flowing
		on gw ipvsadm -C
		equal "$(flows)" 0 "flows after -C"
		zones_of_both_families
	done
}

case_the_gateway_s_namespace_is_destroyed_under_traffic() {
	zones_of_both_families
	flood_both_families
	eventually 30 flowing
	destroy_gateway
	# The namespace's flows are gone with it, and its zones.
	ip netns add gw
	no_flows_at_all 120
	equal "$(ts -Sn)" "" "what a new namespace has"
}

case_the_module_is_unloaded_with_zones_and_flows() {
	make_topology_anew
	zones_of_both_families
	flood_both_families
	eventually 30 flowing
	on gw ipvsadm -D -t 0.0.0.0:0
	on gw ipvsadm -D -u 0.0.0.0:0
	on gw ipvsadm -D -t '[::]:0'
	on gw ipvsadm -D -u '[::]:0'
	equal "$(ts -Sn | grep -c '^-K')" 2 "zones without a service"
	# Zones hold no module.
	unload_module
	grep ip_vs /proc/slabinfo /proc/modules && fail "something is left"
	load_module
	equal "$(ts -Sn)" "" "zones of the module loaded anew"
}
