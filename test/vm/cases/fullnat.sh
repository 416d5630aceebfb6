# SPDX-License-Identifier: GPL-2.0-only
# FULLNAT: services whose real servers see a local address. The director is gw,
# the clients are srv1 and those behind it, the servers are behind the other
# uplink, where they know no way but to 1.1.3.0/24 and 2001:db8:3::/64.

suite_setup() {
	have_network && more_servers && on gw sysctl -qw net.ipv4.ip_forward=0
}

# Addresses 11 to 15 of srv2's network, and clients' ones in srv1's.
more_servers() {
	local i
	for i in 11 12 13 14 15; do
		ip -n srv2 addr add 8.8.2.$i/24 dev eth0
		ip -n srv2 addr add 2001:db8:a2::$i/64 dev eth0 nodad preferred_lft 0
	done
	ip -n srv1 addr add 8.8.1.2/24 dev eth0
	ip -n srv1 addr add 2001:db8:a1::2/64 dev eth0 nodad preferred_lft 0
	# They know that network only.
	equal "$(ip -n srv2 route get 8.8.1.1 2>&1 | grep -c unreachable)" 1
}

suite_reset() {
	clear_connections
}

# ---- names of the family under test ----

# names: the virtual address, as it stands alone and before a port; -f's -6.
names() {
	if [[ $family == 4 ]]; then
		vip=1.1.2.2 vip_=1.1.2.2 client2=8.8.1.2
	else
		vip=2001:db8:2::2 vip_='[2001:db8:2::2]' client2=2001:db8:a1::2
	fi
	vip_re=$(regex "$vip_")
}

# real N: a real server, ready for a port.
real() {
	[[ $family == 4 ]] && echo "8.8.2.$1" || echo "[2001:db8:a2::$1]"
}

# regex TEXT: that matches it.
regex() {
	sed 's/[].[]/\\&/g' <<<"$1"
}

# fullnat [OPTIONS of -A]: the virtual address's port 70, TCP and UDP, with all
# of pool2 for local addresses and port 7 of srv2 behind it.
fullnat() {
	names
	ts -R <<-END
		-A -t $vip_:70 -s rr $*
		-P -t $vip_:70 -z $pool2
		-a -t $vip_:70 -r $(real 1):7 -b
		-A -u $vip_:70 -s rr $*
		-P -u $vip_:70 -z $pool2
		-a -u $vip_:70 -r $(real 1):7 -b
	END
}

# ask tcp|udp NS [OPTIONS of peer]: of the service; prints what the server saw.
ask() {
	on "$2" "$tools/peer" "$1" "${@:3}" "$vip" 70
}

# talk NS tcp|udp [OPTIONS of peer]: a conversation that stays open, as converse.
talk() {
	local ns=$1 kind=$2
	shift 2
	rm -f "$scratch/said" "$scratch/heard"
	mkfifo "$scratch/said"
	exec 5<>"$scratch/said"
	background on "$ns" "$tools/peer" "$kind" -k "$@" "$vip" 70 <&5 >"$scratch/heard"
	eventually 10 test -s "$scratch/heard"
	seen=$(head -n 1 "$scratch/heard")
}

# listed REGEX: a connection or server of the listing is like this.
listed() {
	grep -Eq -- "$1" <<<"$(ts -Lcn)" || fail "no connection like \"$1\" in $(ts -Lcn)"
}

server_row() {
	matches "$(ts -Ln)" "-> $(regex "$(real "$1")"):7 +$2"
}

# conns N: connections that the real server N has in all services, closing ones too.
conns() {
	ts -Ln | awk -v server="$(real "$1"):7" '$2 == server { n += $5 + $6 } END { print n }'
}

# ---- TCP, UDP, SCTP ----

both_a_server_without_a_way_to_the_client_answers() {
	local kind
	fullnat
	capture srv2 eth0 "tcp or udp"
	for kind in tcp udp; do
		from_pool 3 "$(ask $kind srv1)"
		from_pool 3 "$(ask $kind srv1 -b 1000)"
	done
	captured srv2 eth0 "$(pool_regex 3)\.[0-9]+ > $(real 1 | tr -d '[]').7: Flags \[S\]"
	not_captured srv2 eth0 "$srv1"
	server_row 1 "FullNat +1 "
	equal "$(conns 1)" 4 "connections of both services"
	listed "TCP +[0-9:]+ +(TIME_WAIT|FIN_WAIT) .*$vip_re:70"
	listed "UDP +[0-9:]+ +UDP .*$vip_re:70"
	equal "$(flows)" 4 flows
}

both_the_listing_of_connections_has_the_local_address() {
	fullnat
	seen=$(ask udp srv1 -p 4400)
	listed "UDP +0[45]:[0-9]+ +UDP +$(regex "$(bracketed $srv1)"):4400 +$vip_re:70 +$(regex "$(bracketed "${seen% *}")"):${seen#* } +$(regex "$(real 1)"):7"
	matches "$(ts -Lc --json)" '"localPort": *[0-9]+'
	# The stock listing is as ever.
	lacks "$(on gw cat /proc/net/ip_vs_conn)" fullnat
	matches "$(on gw ipvsadm -Lcn)" "4400 +$vip_re:70 +$(regex "$(real 1)"):7"
}

both_bulk_passes_both_ways_with_offloads() {
	fullnat
	matches "$(on gw ethtool -k eth1)" "tcp-segmentation-offload: on"
	from_pool 3 "$(ask tcp srv1 -b 24000000)"
	from_pool 3 "$(ask udp srv1 -b 60000)"
}

both_bulk_passes_without_offloads() {
	local ns dev
	fullnat
	while read -r ns dev; do
		undo on "$ns" ethtool -K "$dev" tso on gso on gro on tx on
		on "$ns" ethtool -K "$dev" tso off gso off gro off tx off >/dev/null
	done <<-END
		srv1 eth0
		gw eth1
		gw eth2
		srv2 eth0
	END
	from_pool 3 "$(ask tcp srv1 -b 2000000)"
}

# Of a server without a past: IPVS finds those of earlier cases in its trash and
# zeroes them by what was summed up so far, so that a late sum would count here.
both_states_and_counters_are_those_of_ipvs() {
	fullnat
	ts -a -t "$vip_:70" -r "$(real 15):7" -b
	ts -d -t "$vip_:70" -r "$(real 1):7"
	talk srv1 tcp -p 4401
	say hello
	server_row 15 "FullNat +1 +1 +0"
	listed "TCP +14:[0-9]+ +ESTABLISHED .*4401"
	hang_up
	eventually 10 row_is 15 "FullNat +1 +0 +1"
	listed "TCP +01:[0-9]+ +(TIME_WAIT|FIN_WAIT) .*4401"
	# Summed up every two seconds: a conn, and packets both ways.
	eventually 10 stats_like "$(regex "$(real 15)"):7 +1 +[1-9][0-9]* +[1-9][0-9]* +[1-9][0-9]* +[1-9]"
}

row_is() {
	grep -Eq -- "-> $(regex "$(real "$1")"):7 +$2" <<<"$(ts -Ln)"
}

stats_like() {
	grep -Eq -- "$1" <<<"$(ts -Ln --stats)"
}

both_checksums_are_right_on_the_wire() {
	fullnat
	capture srv2 eth0 "udp or tcp"
	packet srv1 $srv1 $vip udp --sport 4402 --dport 70 --payload 33
	packet srv1 $srv1 $vip tcp --sport 4403 --dport 70
	captured srv2 eth0 "$(pool_regex 3)\.[0-9]+ > .*\.7: .*\[udp sum ok\]"
	captured srv2 eth0 "$(pool_regex 3)\.[0-9]+ > .*\.7: Flags \[S\], cksum 0x[0-9a-f]+ \(correct\)"
	not_captured srv2 eth0 "\.7: (\[bad udp|Flags \[S\], cksum 0x[0-9a-f]+ \(incorrect)"
}

case_udp_without_checksum_stays_without() {
	fullnat
	capture srv2 eth0 udp
	from_pool 3 "$(ask udp srv1 -z -p 4404)"
	# The second of the flow, by the fast way.
	from_pool 3 "$(ask udp srv1 -z -p 4404)"
	captured srv2 eth0 "$(pool_regex 3)\.[0-9]+ > 8.8.2.1.7: .*\[no cksum\]"
	not_captured srv2 eth0 "> 8.8.2.1.7: .*(bad udp cksum|udp sum ok)"
}

both_the_time_to_live_counts_the_director() {
	fullnat
	capture srv2 eth0 udp
	packet srv1 $srv1 $vip udp --sport 4405 --dport 70 --ttl 33
	captured srv2 eth0 "(ttl|hlim) 30.*\.7: "
	from_pool 3 "$(ask udp srv1 -p 4405)"
	packet srv1 $srv1 $vip udp --sport 4405 --dport 70 --ttl 23
	captured srv2 eth0 "(ttl|hlim) 20.*\.7: "
}

both_sctp_passes() {
	names
	modprobe sctp
	background on srv2 python3 "$PROJECT/test/vm/tools/sctp.py" serve "$(real 1 | tr -d '[]')" 7
	ts -R <<-END
		-A --sctp-service $vip_:70 -s rr
		-P --sctp-service $vip_:70 -z $pool2
		-a --sctp-service $vip_:70 -r $(real 1):7 -b
	END
	capture srv2 eth0 "ip proto 132 or ip6 proto 132"
	eventually 15 on srv1 python3 "$PROJECT/test/vm/tools/sctp.py" ask $vip 70 "$scratch/seen"
	matches "$(cat "$scratch/seen")" "^$(pool_regex 3) "
	captured srv2 eth0 "$(pool_regex 3).* sctp .*INIT"
	listed "SCTP +[0-9:]+ +[A-Z-]+ .*$vip_re:70"
}

both_a_port_is_used_again_by_the_client() {
	fullnat
	# The SYN of the second finds the first in TIME_WAIT; IPVS schedules it anew.
	from_pool 3 "$(ask tcp srv1 -p 4406)"
	from_pool 3 "$(ask tcp srv1 -p 4406 -b 100000)"
	from_pool 3 "$(ask tcp srv1 -p 4406)"
}

# ---- services ----

both_a_service_of_a_firewall_mark() {
	local tables=iptables
	names
	[[ $family == 4 ]] || tables=ip6tables
	undo on gw $tables -t mangle -F PREROUTING
	on gw $tables -t mangle -A PREROUTING -i eth1 -p tcp --dport 71:72 -j MARK --set-mark 9
	on gw $tables -t mangle -A PREROUTING -i eth1 -p udp --dport 71:72 -j MARK --set-mark 9
	ts -R <<-END
		-A -f 9 $six -s rr
		-P -f 9 $six -z $pool2
		-a -f 9 $six -r $(real 1):7 -b
	END
	from_pool 3 "$(on srv1 "$tools/peer" tcp -b 100000 $vip 71)"
	from_pool 3 "$(on srv1 "$tools/peer" tcp $vip 72)"
	from_pool 3 "$(on srv1 "$tools/peer" udp $vip 72)"
	listed "TCP .*$vip_re:71 +[^ ]+ +$(regex "$(real 1)"):7"
}

both_several_services_share_one_local_address() {
	local port i seen
	names
	for port in 70 71 72; do
		echo "-A -u $vip_:$port -s rr"
		echo "-P -u $vip_:$port -z $(pool_address 3 100)"
		echo "-a -u $vip_:$port -r $(real 1):7 -b"
	done | ts -R
	# 60 flows, three of each client port, to one and the same remote.
	set_sysctl net.ipv4.vs.fullnat_lport_min=20000 net.ipv4.vs.fullnat_lport_max=20059
	for port in 70 71 72; do
		for i in {1..20}; do
			echo "$((6000 + i)) $port"
		done
	done >"$scratch/wanted"
	while read -r i port; do
		on srv1 "$tools/peer" udp -p "$i" $vip "$port"
	done <"$scratch/wanted" >"$scratch/seen"
	equal "$(sort -u "$scratch/seen" | wc -l)" 60 "different sources"
	equal "$(cut -d ' ' -f 1 "$scratch/seen" | sort -u)" "$(pool_address 3 100)" "addresses seen"
	# Not one is left for the next.
	on srv1 "$tools/peer" udp -t 1 -p 7001 $vip 70 && fail "port 61 of 60"
	matches "$(counter drop_laddr_exhausted)" "^[1-9]" drop_laddr_exhausted
}

both_local_addresses_take_turns_and_the_next_follows_a_full_one() {
	local i
	names
	set_sysctl net.ipv4.vs.fullnat_lport_min=20000 net.ipv4.vs.fullnat_lport_max=20003
	ts -R <<-END
		-A -u $vip_:70 -s rr
		-P -u $vip_:70 -z $(pool_address 3 100)-$(pool_address 3 102)
		-a -u $vip_:70 -r $(real 1):7 -b
	END
	for i in 1 2 3; do
		ask udp srv1 -p $((6000 + i))
	done | cut -d ' ' -f 1 | sort -u >"$scratch/first"
	equal "$(wc -l <"$scratch/first")" 3 "addresses of three flows"
	# Nine more fill all three, whichever has the turn.
	for i in {4..12}; do
		ask udp srv1 -p $((6000 + i))
	done | sort >"$scratch/rest"
	equal "$(sort -u "$scratch/rest" | wc -l)" 9 "sources of nine flows"
	ask udp srv1 -t 1 -p 6013 && fail "a thirteenth flow of twelve"
	equal "$(ts -G -u $vip_:70 | awk 'NR > 2 { print $3, $4, $5 }' | sort -u)" "4 4 0" "connections, used and free"
	matches "$(ts -G --json)" '"conflicts": [1-9]'
}

both_every_scheduler_schedules() {
	local scheduler
	fullnat
	for scheduler in rr wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh; do
		ts -E -t $vip_:70 -s $scheduler
		from_pool 3 "$(ask tcp srv1)"
	done
}

both_rr_goes_round_and_weight_0_drains() {
	fullnat
	ts -a -t $vip_:70 -r "$(real 11)":7 -b
	talk srv1 tcp -p 4410
	ask tcp srv1
	equal "$(conns 1) $(conns 11)" "1 1" "connections of the two servers"
	# The one that the conversation is with.
	ts -Lcn >"$scratch/listing"
	if grep 4410 "$scratch/listing" | grep -F "$(real 11):7" >/dev/null; then with=11 other=1; else with=1 other=11; fi
	ts -e -t $vip_:70 -r "$(real $with)":7 -b -w 0
	ask tcp srv1
	ask tcp srv1
	equal "$(conns $with) $(conns $other)" "1 3" "connections after the weight went to 0"
	say "still there"
}

both_persistence_keeps_a_client_with_its_server() {
	local i
	fullnat -p 300
	ts -a -t $vip_:70 -r "$(real 11)":7 -b
	for i in 1 2 3 4; do
		from_pool 3 "$(ask tcp srv1)"
	done
	matches "$(conns 1) $(conns 11)" "^(4 0|0 4)$" "connections of the two servers"
	ask tcp srv1 -s $client2
	matches "$(conns 1) $(conns 11)" "^(4 1|1 4)$" "connections when another client came"
	matches "$(ts -Lcn)" "TCP +0[45]:[0-9]+ +(NONE|ASSURED) +$(regex "$(bracketed $srv1)"):0 "
}

both_weights_share_out_connections() {
	local i
	fullnat
	ts -E -t $vip_:70 -s wrr
	ts -e -t $vip_:70 -r "$(real 1)":7 -b -w 3
	ts -a -t $vip_:70 -r "$(real 11)":7 -b -w 1
	for i in {1..8}; do
		ask tcp srv1
	done
	equal "$(conns 1) $(conns 11)" "6 2" "connections of the servers of weight 3 and 1"
}

both_a_lower_threshold_opens_a_server_again() {
	fullnat
	undo on gw ipvsadm --set 900 120 300
	on gw ipvsadm --set 900 120 6
	ts -e -u $vip_:70 -r "$(real 1)":7 -b -x 2 -y 1
	from_pool 3 "$(ask udp srv1 -p 4411)"
	from_pool 3 "$(ask udp srv1 -p 4412)"
	ask udp srv1 -p 4413 -t 1 && fail "a third connection to a server of two"
	eventually 30 ask udp srv1 -p 4413 -t 1
}

both_an_upper_threshold_closes_a_server() {
	fullnat
	ts -e -t $vip_:70 -r "$(real 1)":7 -b -x 1
	ts -a -t $vip_:70 -r "$(real 11)":7 -b
	talk srv1 tcp -p 4411
	ask tcp srv1
	ask tcp srv1
	equal "$(conns 1)" 1 "connections of the server of one"
	equal "$(conns 11)" 2 "connections of the other"
}

both_one_packet_scheduling_sends_each_datagram_on_its_own() {
	local seen
	names
	ts -R <<-END
		-A -u $vip_:70 -s rr -o
		-P -u $vip_:70 -z $(pool_address 3 100)
		-a -u $vip_:70 -r $(real 1):7 -b
		-a -u $vip_:70 -r $(real 11):7 -b
	END
	capture srv2 eth0 udp
	for seen in 1 2 3 4; do
		from_pool 3 "$(ask udp srv1 -p 4412)"
	done
	captured srv2 eth0 "> $(real 1 | tr -d '[]').7: "
	captured srv2 eth0 "> $(real 11 | tr -d '[]').7: "
	# No connection is kept, only the way back for the answers.
	lacks "$(ts -Lcn)" ":4412 "
	equal "$(flows)" 4 "flows that wait for answers"
	no_flows 120
}

# ---- where server and client are ----

both_the_server_is_the_director_itself() {
	local kind own
	names
	own=$(pool_address 3 110)
	background on gw "$tools/peer" serve 7
	for kind in t u; do
		echo "-A -$kind $vip_:70 -s rr"
		echo "-P -$kind $vip_:70 -z $(pool_address 3 100)-$(pool_address 3 101)"
		echo "-a -$kind $vip_:70 -r $(bracketed "$own"):7 -b"
	done | ts -R
	from_pool 3 "$(ask tcp srv1 -b 3000000)"
	from_pool 3 "$(ask udp srv1 -b 3000)"
	# Nobody listens on port 8: the client is told by the virtual address.
	ts -a -u $vip_:70 -r "$(bracketed "$own")":8 -b
	ts -d -u $vip_:70 -r "$(bracketed "$own")":7
	capture srv1 eth0 $icmp
	ask udp srv1 -p 4420 -t 1 && fail "answered from port 8"
	captured srv1 eth0 "$vip > $srv1: .*$vip udp port 70 unreachable|$vip > $srv1: .*unreachable port.*$vip udp port 70"
}

both_the_client_is_the_director_itself() {
	fullnat
	from_pool 3 "$(ask tcp gw -b 1000000)"
	from_pool 3 "$(ask udp gw -b 3000)"
}

both_the_client_is_in_the_servers_subnet() {
	names
	background on in40 "$tools/peer" serve 7
	eventually 10 ask_udp in40 $in40
	ts -R <<-END
		-A -t $vip_:70 -s rr
		-P -t $vip_:70 -z $inner_gw
		-a -t $vip_:70 -r $(bracketed $in40):7 -b
	END
	matches "$(ask tcp in41 -b 1000000)" "^$inner_gw "
	# The server's host as its own client.
	matches "$(ask tcp in40)" "^$inner_gw "
}

both_local_addresses_that_nobody_has_serve() {
	undo pools_answered address
	fullnat
	pools_answered routed
	from_pool 3 "$(ask tcp srv1 -b 100000)"
	from_pool 3 "$(ask udp srv1)"
	pools_answered local
	from_pool 3 "$(ask tcp srv1)"
}

both_a_changed_route_takes_running_connections_along() {
	fullnat
	talk srv1 tcp -p 4421
	say before
	ip -n isp2 link set gw address 02:00:00:00:99:02
	ip -n gw neigh flush dev eth2
	say "a new next hop address"
	ip -n gw route flush cache
	ip -n gw route add unreachable 203.0.113.0/24
	ip -n gw route del unreachable 203.0.113.0/24
	say "a route that went stale"
}

# ---- errors and path MTU ----

both_port_unreachable_of_a_server_comes_from_the_virtual_address() {
	fullnat
	ts -a -u $vip_:70 -r "$(real 1)":9 -b
	ts -d -u $vip_:70 -r "$(real 1)":7
	capture srv1 eth0 $icmp
	ask udp srv1 -p 4430 -t 1 && fail "nothing answers on port 9"
	captured srv1 eth0 "$vip > $srv1: .*$vip udp port 70"
	not_captured srv1 eth0 "$(pool_regex 3)|$(real 1 | tr -d '[]')"
}

both_port_unreachable_of_a_client_reaches_the_server() {
	local address port
	fullnat
	capture srv2 eth0 $icmp
	read -r address port <<<"$(ask udp srv1 -p 4431)"
	# The server speaks once more, to a client that has gone.
	packet srv2 "$(real 1 | tr -d '[]')" "$address" udp --sport 7 --dport "$port"
	captured srv2 eth0 "$address > $(real 1 | tr -d '[]'): .*$address udp port $port"
	not_captured srv2 eth0 "$srv1|$vip"
}

both_a_router_s_time_exceeded_reaches_the_client() {
	fullnat
	capture srv1 eth0 $icmp
	from_pool 3 "$(ask udp srv1 -p 4432)"
	# Enough for the director, not for the router behind it.
	packet srv1 $srv1 $vip udp --sport 4432 --dport 70 --ttl 3
	captured srv1 eth0 "$vip > $srv1: .*time exceeded"
	not_captured srv1 eth0 "$(pool_regex 3)|$hop2 >"
}

both_path_mtu_towards_the_server_is_found() {
	names
	learns_path_mtu
	# deep is behind a link of 1400, and knows the way back to isp1's side.
	ts -R <<-END
		-A -u $vip_:70 -s rr
		-P -u $vip_:70 -z $pool1
		-a -u $vip_:70 -r $(bracketed $deep):7 -b
	END
	capture in40 eth0 $icmp
	from_pool 2 "$(ask udp in40 -b 1450)"
	captured in40 eth0 "$vip > $in40: .*(need to frag|too big).*1400"
}

both_path_mtu_towards_the_client_is_found() {
	fullnat
	learns_path_mtu
	capture srv2 eth0 $icmp
	from_pool 3 "$(ask udp deep -b 1450)"
	captured srv2 eth0 "$(pool_regex 3) > $(real 1 | tr -d '[]'): .*(need to frag|too big).*1400"
	not_captured srv2 eth0 "$deep"
}

both_path_mtu_of_the_director_s_own_links_is_found() {
	fullnat
	learns_path_mtu
	undo ip -n gw link set eth2 mtu 1500
	undo ip -n isp2 link set gw mtu 1500
	ip -n gw link set eth2 mtu 1300
	ip -n isp2 link set gw mtu 1300
	capture srv1 eth0 $icmp
	from_pool 3 "$(ask tcp srv1 -b 2000000)"
	captured srv1 eth0 "$vip > $srv1: .*(need to frag|too big).*1300"
}

both_the_input_chain_has_the_first_word() {
	local tables=iptables
	fullnat
	[[ $family == 4 ]] || tables=ip6tables
	undo on gw $tables -F INPUT
	on gw $tables -A INPUT -p tcp --dport 70 -j REJECT
	refused 1 refused ask tcp srv1
	equal "$(flows)" 0 flows
	on gw $tables -F INPUT
	from_pool 3 "$(ask tcp srv1)"
}

# ---- edits ----

# edited METHOD OPTION PORT: a new connection, by a server that has changed to
# the method, and the one from before.
edited() {
	ts -e -t $vip_:7 -r "$(real 1)":7 "$2"
	server_row 1 "$1 +1 +[1-4] "
	packet srv1 $srv1 $vip tcp --sport "$3" --dport 7
	say "still there, with $1"
}

both_a_server_changes_its_method_and_connections_keep_theirs() {
	local server
	names
	server=$(real 1 | tr -d '[]')
	ts -R <<-END
		-A -t $vip_:7 -s rr
		-P -t $vip_:7 -z $pool2
		-a -t $vip_:7 -r $(real 1):7 -b
	END
	capture isp2 gw "tcp port 7 or ip proto 4 or ip6 proto 41"
	converse srv1 tcp $vip -p 4440
	from_pool 3 "$seen"
	edited Masq -m 4441
	edited Route -g 4442
	edited Tunnel -i 4443
	edited FullNat -b 4444
	captured isp2 gw "$srv1\.4441 > $server\.7: Flags \[S\]"
	captured isp2 gw "$srv1\.4442 > $vip\.7: Flags \[S\]"
	captured isp2 gw "> $server: .*$srv1\.4443 > $vip\.7: Flags \[S\]"
	captured isp2 gw "$(pool_regex 3)\.[0-9]+ > $server\.7: Flags \[S\]"
	not_captured isp2 gw "$srv1\.444[04] >"
	# The service changes as well, and keeps its local addresses.
	ts -E -t $vip_:7 -s wlc -p 300
	from_pool 3 "$(on srv1 "$tools/peer" tcp $vip 7)"
	equal "$(ts -G -t $vip_:7 | wc -l)" "$([[ $family == 4 ]] && echo 13 || echo 19)" "lines of -G"
	say "and again"
}

both_a_service_without_local_addresses_drops_and_counts() {
	local before
	names
	before=$(counter drop_no_laddr)
	ts -A -u $vip_:70 -s rr
	matches "$(ts -a -u $vip_:70 -r "$(real 1)":7 -b 2>&1)" "no local address.*-P -u"
	capture srv2 eth0 udp
	ask udp srv1 -t 2 && fail "answered without a local address"
	equal "$(counter drop_no_laddr)" $((before + 2)) drop_no_laddr
	ts -P -u $vip_:70 -z "$(pool_address 3 105)"
	equal "$(ask udp srv1 | cut -d ' ' -f 1)" "$(pool_address 3 105)" "source seen"
	not_captured srv2 eth0 "$srv1"
	equal "$(ts -a -u $vip_:70 -r "$(real 11)":7 -b 2>&1)" "" "what -a says now"
}

both_a_deleted_local_address_serves_those_that_have_it() {
	fullnat
	ts -Q -t $vip_:70 -z $pool2
	ts -P -t $vip_:70 -z "$(pool_address 3 100)"
	talk srv1 tcp -p 4443
	matches "$seen" "^$(pool_address 3 100) "
	ts -Q -t $vip_:70 -z "$(pool_address 3 100)"
	ts -P -t $vip_:70 -z "$(pool_address 3 101)"
	say "still there"
	equal "$(ask tcp srv1 | cut -d ' ' -f 1)" "$(pool_address 3 101)" "source of the next"
	ts -Q -t $vip_:70 -z "$(pool_address 3 101)"
	on srv1 timeout 3 "$tools/peer" tcp $vip 70 && fail "a connection without a local address"
	say "and still"
}

# unchanged STATUS REGEX COMMAND…: refused, and the table is as before.
unchanged() {
	local before
	before=$(ts -Sn)
	refused "$@"
	equal "$(ts -Sn)" "$before" "the table after $3"
}

both_a_local_address_twice_is_refused() {
	fullnat
	unchanged 255 "Local address already exists" ts -P -t $vip_:70 -z "$(pool_address 3 105)"
	refused 255 "Local address already exists" ts -P -t $vip_:70 -z $pool2
	# Other services may have it.
	ts -A -t $vip_:71 -s rr
	ts -P -t $vip_:71 -z "$(pool_address 3 105)"
}

both_a_local_address_of_the_other_family_is_refused() {
	local other=10.0.0.1 range=10.0.0.1-10.0.0.9
	[[ $family == 6 ]] || other=2001:db8::1 range=2001:db8::1-2001:db8::9
	fullnat
	ts -A -f 9 $six -s rr
	unchanged 2 "$other.*IPv[46]|IPv[46].*$other" ts -P -t $vip_:70 -z $other
	refused 2 "IPv[46]" ts -P -t $vip_:70 -z $range
	refused 2 "IPv[46]" ts -P -f 9 $six -z $other
	unchanged 2 "family" ts -a -t $vip_:70 -r "$(bracketed $other)":7 -b
}

both_a_range_over_65536_is_refused() {
	local first=10.0.0.0 last=10.1.0.0 most=10.0.255.255
	[[ $family == 4 ]] || first=2001:db8:: last=2001:db8::1:0 most=2001:db8::ffff
	fullnat
	unchanged 2 "65537 addresses" ts -P -t $vip_:70 -z $first-$last
	refused 2 "$last" ts -P -t $vip_:70 -z $last-$first
	ts -P -t $vip_:70 -z $first-$most
	ts -Q -t $vip_:70 -z $first-$most
	equal "$(ts -Sn | grep -c -- -P)" 2 "ranges in the end"
}

both_what_is_not_there_is_named() {
	fullnat
	unchanged 255 "No such Local address" ts -Q -t $vip_:70 -z "$(pool_address 3 111)"
	refused 255 "Service not defined" ts -P -t $vip_:71 -z "$(pool_address 3 105)"
	refused 255 "Service not defined" ts -Q -t $vip_:71 -z "$(pool_address 3 105)"
	refused 1 "Service not defined" ts -G -t $vip_:71
	unchanged 2 "conflicts" ts -a -t $vip_:70 -r "$(real 11)":7 -m -b
}

both_the_table_is_saved_and_restored() {
	local saved
	fullnat
	ts -P -t $vip_:70 -z "$(pool_address 2 105)"
	saved=$(ts -Sn)
	matches "$saved" "-P -t .*:70 -z $pool2"$'\n'
	matches "$saved" "-a -t .*:70 -r .*:7 -b -w 1"
	ts -C
	equal "$(ts -Sn)" ""
	lacks "$(ts -G)" "$(pool_address 3 100)"
	ts -R <<<"$saved"
	equal "$(ts -Sn)" "$saved"
	from_pool 3 "$(ask tcp srv1)"
}

# ---- going away; what follows leaves no topology behind ----

# A steady stream of new connections and running ones, until the case ends.
traffic() {
	local ns
	for ns in srv1 in40; do
		background bash -c "while :; do nsenter --net=/run/netns/$ns $tools/peer udp -t 1 1.1.2.2 70; nsenter --net=/run/netns/$ns $tools/peer tcp -b 100000 1.1.2.2 70; done" >/dev/null 2>&1
	done
	background bash -c "while :; do nsenter --net=/run/netns/srv1 $tools/peer tcp -b 1000000 2001:db8:2::2 70; nsenter --net=/run/netns/srv1 $tools/peer udp -t 1 2001:db8:2::2 70; done" >/dev/null 2>&1
}

# In one go, since every command takes long under traffic.
fullnat_both() {
	ts -R <<-END
		-A -t 1.1.2.2:70 -s rr
		-P -t 1.1.2.2:70 -z 1.1.3.100-1.1.3.110
		-a -t 1.1.2.2:70 -r 8.8.2.1:7 -b
		-A -u 1.1.2.2:70 -s rr -o
		-P -u 1.1.2.2:70 -z 1.1.3.100-1.1.3.110
		-a -u 1.1.2.2:70 -r 8.8.2.1:7 -b
		-A -t [2001:db8:2::2]:70 -s rr
		-P -t [2001:db8:2::2]:70 -z 2001:db8:3::100-2001:db8:3::110
		-a -t [2001:db8:2::2]:70 -r [2001:db8:a2::1]:7 -b
		-A -u [2001:db8:2::2]:70 -s rr
		-P -u [2001:db8:2::2]:70 -z 2001:db8:3::100-2001:db8:3::110
		-a -u [2001:db8:2::2]:70 -r [2001:db8:a2::1]:7 -b
	END
	names
}

flowing() {
	(($(flows) > 20))
}

case_services_and_servers_go_and_come_under_traffic() {
	local i
	fullnat_both
	traffic
	for i in 1 2 3; do
		eventually 30 flowing
		ts -R <<-END
			-d -t 1.1.2.2:70 -r 8.8.2.1:7
			-a -t 1.1.2.2:70 -r 8.8.2.1:7 -b
			-Q -u 1.1.2.2:70 -z 1.1.3.100-1.1.3.104
			-P -u 1.1.2.2:70 -z 1.1.3.100-1.1.3.104
			-e -t 1.1.2.2:70 -r 8.8.2.1:7 -m
			-e -t 1.1.2.2:70 -r 8.8.2.1:7 -b
		END
		on gw ipvsadm -C
		fullnat_both
	done
	eventually 30 ask udp in50 -t 1
}

case_the_director_s_namespace_is_destroyed_under_traffic() {
	fullnat_both
	traffic
	eventually 30 flowing
	destroy_gateway
	ip netns add gw
	no_flows_at_all 240
}

case_the_module_is_unloaded_with_connections_alive_and_loaded_again() {
	make_topology_anew
	more_servers
	fullnat_both
	traffic
	eventually 30 flowing
	ts -C
	unload_module
	grep ip_vs /proc/slabinfo /proc/modules && fail "something is left"
	load_module
	fullnat_both
	eventually 30 ask tcp srv1
	ts -C
	unload_module
}
