# SPDX-License-Identifier: GPL-2.0-only
# SYNPROXY. The director is gw and the clients are srv1 and those behind it.
# Servers of NAT are in40 and in50, whose way to everybody is gw; those of
# FULLNAT are behind the other uplink, where they know local addresses only.

suite_setup() {
	have_network && more_servers
}

more_servers() {
	local ns
	for ns in in40 in50; do
		on "$ns" "$tools/peer" serve 7 </dev/null >/dev/null 2>&1 &
		disown
	done
	# What is forged comes from where nobody answers.
	ip -n isp1 route add blackhole 8.32.0.0/11
	ip -n isp1 -6 route add blackhole 2001:db8:f::/48
	# They know that network only.
	equal "$(ip -n srv2 route get 8.8.1.1 2>&1 | grep -c unreachable)" 1
}

suite_reset() {
	clear_connections
}

no_connections() {
	[[ $(connections) == 0 ]]
}

# connections: those of IPVS, whatever their state.
connections() {
	on gw awk 'END { print NR - 1 }' /proc/net/ip_vs_conn
}

# ---- names of the family under test ----

# names: the virtual address, as it stands alone and before a port; who forges.
names() {
	if [[ $family == 4 ]]; then
		vip=1.1.2.2 vip_=1.1.2.2 nat=192.168.40.2 nat_=$nat fnat=8.8.2.1 fnat_=$fnat mss=1452
		forged=8.32.0.1
	else
		vip=2001:db8:2::2 vip_='[2001:db8:2::2]' nat=2001:db8:40::2 nat_="[$nat]"
		fnat=2001:db8:a2::1 fnat_="[$fnat]" mss=1420 forged=2001:db8:f::1
	fi
}

# proxied -m|-b [OPTIONS of -A]: the virtual address's port 70.
proxied() {
	local method=$1
	names
	if [[ $method == -m ]]; then
		server=$nat server_=$nat_ far=in40
	else
		server=$fnat server_=$fnat_ far=srv2
	fi
	ts -R <<-END
		-A -t $vip_:70 -s rr -j enable ${*:2}
		$([[ $method == -m ]] || echo "-P -t $vip_:70 -z $pool2")
		-a -t $vip_:70 -r $server_:7 $method
	END
}

# ask NS [OPTIONS of peer]: of the service; prints what the server saw.
ask() {
	on "$1" "$tools/peer" tcp "${@:2}" "$vip" 70
}

# seen_source METHOD "ADDRESS PORT": it is the client's, or of the pool.
seen_source() {
	if [[ $1 == -m ]]; then
		equal "${2% *}" "$srv1" "source seen by the server"
	else
		from_pool 3 "$2"
	fi
}

# counted NAME N
counted() {
	equal "$(($(counter "$1") - $(cat "$scratch/count-$1")))" "$2" "counter $1"
}

# count NAME…: from here on.
count() {
	local name
	for name; do
		counter "$name" >"$scratch/count-$name"
	done
}

# ---- the handshake ----

both_a_handshake_by_nat() {
	handshake -m
}

both_a_handshake_by_fullnat() {
	handshake -b
}

handshake() {
	proxied "$1"
	count synproxy_syn_ack synproxy_opened synproxy_stored drop_synproxy_cookie
	capture "$far" eth0 tcp
	capture srv1 eth0 tcp
	seen_source "$1" "$(ask srv1 -b 1000)"
	# The SYN-ACK is the director's, the server's SYN too.
	captured srv1 eth0 "(ttl|hlim) (63|62).* $vip.70 > $srv1.[0-9]+: Flags \[S.\].* win $((3 * mss)), options \[mss $mss,nop,nop,sackOK\]"
	captured "$far" eth0 "> $server.7: Flags \[S\].*options \[mss 14[46]0,nop,nop,sackOK\]"
	not_captured "$far" eth0 "Flags \[S\].*wscale"
	counted synproxy_syn_ack 1
	counted synproxy_opened 1
	counted drop_synproxy_cookie 0
	[[ $1 == -m ]] || captured "$far" eth0 "Flags \[\.\].*([Uu]nknown-253|exp-)"
	matches "$(ts -Ln)" "TCP +$(sed 's/[].[]/\\&/g' <<<"$vip_"):70 rr synproxy"
	matches "$(ts -Lcn)" "TCP +[0-9:]+ +(FIN_WAIT|TIME_WAIT|CLOSE)"
}


both_two_servers_take_turns_and_an_address_may_be_a_mark() {
	local tables=iptables
	[[ $family == 4 ]] || tables=ip6tables
	names
	undo on gw $tables -t mangle -F PREROUTING
	on gw $tables -t mangle -A PREROUTING -d $vip -p tcp --dport 70 -j MARK --set-mark 9
	ts -R <<-END
		-A -f 9 $six -s rr -j enable
		-a -f 9 $six -r $nat_:7 -m
		-a -f 9 $six -r $(bracketed $in50):7 -m
	END
	count synproxy_opened
	capture in40 eth0 "tcp[13] = 2 or ip6"
	capture in50 eth0 "tcp[13] = 2 or ip6"
	# A mark has no port of its own: the servers are asked for 7.
	on srv1 "$tools/peer" tcp $vip 70
	on srv1 "$tools/peer" tcp $vip 70
	counted synproxy_opened 2
	captured in40 eth0 "> $nat.7: Flags \[S\]"
	captured in50 eth0 "> $in50.7: Flags \[S\]"
	matches "$(ts -Sn)" "-A -f 9 ${six:+-6 }-s rr -j enable"
}

both_a_persistent_client_keeps_its_server() {
	proxied -m -p 100
	ts -a -t $vip_:70 -r "$(bracketed $in50):7" -m
	seen_source -m "$(ask srv1)"
	seen_source -m "$(ask srv1)"
	equal "$(ts -Lcn | grep -cE "NONE|ASSURED")" 1 templates
	equal "$(ts -Ln | awk '/->/ && $5 + $6 > 1' | wc -l)" 1 "servers in use"
}

both_a_server_on_the_director_itself() {
	names
	background on gw "$tools/peer" serve 7 </dev/null
	ts -A -t $vip_:70 -s rr -j enable
	ts -a -t $vip_:70 -r "$(bracketed $inner_gw):7" -m
	seen_source -m "$(ask srv1 -b 100000)"
}

# ---- data ----

both_bulk_by_nat_with_offloads() {
	proxied -m
	matches "$(on gw ethtool -k eth1)" "tcp-segmentation-offload: on"
	seen_source -m "$(ask srv1 -b 24000000)"
}

both_bulk_by_fullnat_with_offloads() {
	proxied -b
	matches "$(on gw ethtool -k eth1)" "tcp-segmentation-offload: on"
	seen_source -b "$(ask srv1 -b 24000000)"
}

# without_offloads COMMAND…: no device makes or needs a checksum.
without_offloads() {
	local ns dev
	while read -r ns dev; do
		undo on "$ns" ethtool -K "$dev" tx on rx on tso on gso on gro on
		on "$ns" ethtool -K "$dev" tx off rx off tso off gso off gro off
	done <<-END
		srv1 eth0
		isp1 srv1
		isp1 gw
		gw eth1
		gw eth0
		gw eth2
		$far eth0
	END
}

both_bulk_without_offloads() {
	local method
	for method in -m -b; do
		on gw ipvsadm -C
		proxied $method
		without_offloads >/dev/null 2>&1
		seen_source $method "$(ask srv1 -b 2000000)"
	done
}

# Blocks of SACK, and retransmissions, both ways.
both_what_is_lost_comes_again() {
	local method tables=iptables
	[[ $family == 4 ]] || tables=ip6tables
	undo on isp1 $tables -F FORWARD
	on isp1 $tables -A FORWARD -p tcp -m statistic --mode nth --every 30 --packet 0 -j DROP
	for method in -m -b; do
		on gw ipvsadm -C
		proxied $method
		capture "$far" eth0 "tcp"
		seen_source $method "$(ask srv1 -b 2000000)"
		captured "$far" eth0 "> $server.7: .*sack [12]"
	done
}

both_timestamps_carry_the_window_scale() {
	local method
	set_sysctl net.ipv4.vs.synproxy_timestamp=1 net.ipv4.vs.synproxy_wscale=9
	for method in -m -b; do
		on gw ipvsadm -C
		proxied $method
		capture srv1 eth0 tcp
		capture "$far" eth0 tcp
		seen_source $method "$(ask srv1 -b 8000000)"
		captured srv1 eth0 "$vip.70 > .*Flags \[S.\].*sackOK,.*TS val [0-9]+ ecr [1-9][0-9]*,nop,wscale 9"
		captured "$far" eth0 "> $server.7: Flags \[S\].*TS val [0-9]+ ecr 0,nop,wscale [0-9]+"
		# What the server's clock says is the client's view of it, and the other way round.
		lacks "$(packets "$scratch/srv1-eth0" | grep -c 'Flags \[R')" '[1-9]'
	done
}

both_a_server_without_scale_sack_and_timestamps() {
	local name
	proxied -m
	set_sysctl net.ipv4.vs.synproxy_timestamp=1 net.ipv4.vs.synproxy_wscale=4
	for name in tcp_window_scaling tcp_sack tcp_timestamps; do
		undo on "$far" sysctl -qw net.ipv4.$name=1
		on "$far" sysctl -qw net.ipv4.$name=0
	done
	seen_source -m "$(ask srv1 -b 1000000)"
}

both_sack_may_be_kept_from_clients() {
	proxied -m
	set_sysctl net.ipv4.vs.synproxy_sack=0 net.ipv4.vs.synproxy_init_mss=1000 net.ipv4.vs.synproxy_synack_ttl=77
	capture srv1 eth0 tcp
	capture "$far" eth0 tcp
	seen_source -m "$(ask srv1 -b 100000)"
	captured srv1 eth0 "(ttl|hlim) (77|76).* $vip.70 > .*Flags \[S.\].*options \[mss $((mss - 452))\]"
	captured "$far" eth0 "> $server.7: Flags \[S\].*options \[mss 14[46]0\]"
	seen_source -m "$(ask srv1 -b 100000)"
}

both_path_mtu_towards_the_client_is_found() {
	local method route
	learns_path_mtu
	# deep offers what the link before it does not take.
	route="default via 8.8.5.254" && [[ $family == 4 ]] || route="default via 2001:db8:a5::254"
	undo ip -n deep $six route change $route
	ip -n deep $six route change $route advmss 1460
	for method in -m -b; do
		on gw ipvsadm -C
		proxied $method
		capture "$far" eth0 $icmp
		ask deep -b 500000
		captured "$far" eth0 "> $(if [[ $method == -m ]]; then echo "$server"; else echo "$fnat"; fi): .*(need to frag|too big).*1400"
	done
}

# ---- the server's side ----

# at_server RULE…: a first rule of the server's INPUT chain; server_open ends it.
at_server() {
	local tables=iptables
	[[ $family == 4 ]] || tables=ip6tables
	undo on "$far" $tables -F INPUT
	on "$far" $tables -I INPUT -p tcp --dport 7 "$@"
}

server_open() {
	on "$far" iptables -F INPUT
	on "$far" ip6tables -F INPUT
}

# line TEXT: say it to the service at once, and hear it come back.
line() {
	on srv1 bash -c "exec 3<>/dev/tcp/$vip/70; echo $1 >&3; head -n 2 <&3"
}

both_a_silent_server_costs_the_client_its_connection() {
	local method
	set_sysctl net.ipv4.vs.synproxy_syn_retry=1
	for method in -m -b; do
		on gw ipvsadm -C
		proxied $method
		at_server -j DROP
		count synproxy_syn_repeated synproxy_server_silent
		capture srv1 eth0 tcp
		capture "$far" eth0 tcp
		ask srv1 && fail "the server was silent"
		captured srv1 eth0 "$vip.70 > $srv1.[0-9]+: Flags \[R.\]"
		counted synproxy_syn_repeated 1
		counted synproxy_server_silent 1
		equal "$(packets "$scratch/$far-eth0" | grep -c 'Flags \[S\]')" 2 "SYNs to the server"
		eventually 10 no_connections
		server_open
	done
}

both_a_server_that_refuses_costs_the_client_its_connection() {
	local method
	for method in -m -b; do
		on gw ipvsadm -C
		proxied $method
		ts -d -t $vip_:70 -r $server_:7
		ts -a -t $vip_:70 -r $server_:9 $method
		count synproxy_server_reset
		capture srv1 eth0 tcp
		ask srv1 && fail "nothing answers on port 9"
		captured srv1 eth0 "$vip.70 > $srv1.[0-9]+: Flags \[R.\]"
		counted synproxy_server_reset 1
	done
}

both_a_service_without_a_server_refuses_after_the_handshake() {
	proxied -m
	ts -d -t $vip_:70 -r $server_:7
	count synproxy_no_server
	ask srv1 && fail "there is no server"
	counted synproxy_no_server 1
	equal "$(connections)" 0 connections
}

both_data_waits_for_the_server() {
	local method
	for method in -m -b; do
		on gw ipvsadm -C
		proxied $method
		at_server -j DROP
		count synproxy_stored
		background line early >"$scratch/heard"
		eventually 10 counted_some synproxy_stored
		server_open
		eventually 20 has "$scratch/heard" early
	done
}

counted_some() {
	(($(counter "$1") > $(cat "$scratch/count-$1")))
}

both_no_more_data_waits_than_is_allowed() {
	proxied -m
	set_sysctl net.ipv4.vs.synproxy_ack_skb_store_thresh=1
	at_server -j DROP
	count synproxy_stored drop_synproxy_store
	capture srv1 eth0 tcp
	background line early >"$scratch/heard"
	eventually 20 counted_some drop_synproxy_store
	counted synproxy_stored 1
	server_open
	eventually 20 has "$scratch/heard" early
	captured srv1 eth0 "Flags \[S.\].* win $mss,"
}

both_a_client_may_have_to_wait_with_its_data() {
	proxied -m
	set_sysctl net.ipv4.vs.synproxy_ack_skb_store_thresh=0
	count synproxy_stored
	capture srv1 eth0 tcp
	matches "$(line late)" late
	captured srv1 eth0 "Flags \[S.\].* win 0,"
	counted synproxy_stored 0
}

both_a_deferred_connection_waits_for_data() {
	proxied -m
	set_sysctl net.ipv4.vs.synproxy_defer=1
	count synproxy_deferred synproxy_opened
	mkfifo "$scratch/go"
	background on srv1 bash -c "exec 3<>/dev/tcp/$vip/70; head -n 1 $scratch/go >&3; head -n 2 <&3" >"$scratch/heard"
	eventually 10 counted_some synproxy_deferred
	equal "$(connections)" 0 connections
	counted synproxy_opened 0
	echo now >"$scratch/go"
	eventually 20 has "$scratch/heard" now
	counted synproxy_opened 1
}

both_a_repeated_syn_ack_is_the_director_s_to_answer() {
	proxied -m
	at_server ! --syn -j DROP
	capture "$far" eth0 tcp
	capture srv1 eth0 tcp
	background line patient >"$scratch/heard"
	eventually 20 repeated
	server_open
	eventually 20 has "$scratch/heard" patient
	equal "$(packets "$scratch/srv1-eth0" | grep -c 'Flags \[S.\]')" 1 "SYN-ACKs to the client"
}

repeated() {
	(($(packets "$scratch/$far-eth0" | grep -c 'Flags \[S.\]') > 1))
}

# ---- who means no good ----

# synack N: the sequence and acknowledgement numbers of the last SYN-ACK to port N.
synack() {
	packets "$scratch/srv1-eth0" | sed -nE "s/.*> $srv1.$1: Flags \[S.\].* seq ([0-9]+), ack ([0-9]+),.*/\1 \2/p" | tail -n 1
}

both_the_same_ack_over_and_over_is_dropped() {
	local method cookie next
	for method in -m -b; do
		on gw ipvsadm -C
		proxied $method
		set_sysctl net.ipv4.vs.synproxy_ack_storm_thresh=5
		capture srv1 eth0 tcp
		count drop_synproxy_storm
		background on srv1 bash -c "exec 3<>/dev/tcp/$vip/70; read -r line <&3; echo \$line; read -r line <&3" >"$scratch/heard"
		eventually 10 test -s "$scratch/heard"
		read -r cookie next <<<"$(synack '[0-9]+')"
		port=$(packets "$scratch/srv1-eth0" | sed -nE "s/.*> $srv1.([0-9]+): Flags \[S.\].*/\1/p" | tail -n 1)
		packet srv1 $srv1 $vip tcp --flags A --payload 0 --sport "$port" --dport 70 \
			--seq "$next" --ack $(((cookie + 1) % 4294967296)) --count 30
		counted drop_synproxy_storm 24
		kill -- "${pids[-1]}"
	done
}

both_a_closed_connection_s_port_opens_a_new_one_with_a_cookie() {
	local tables=iptables cookie next
	[[ $family == 4 ]] || tables=ip6tables
	proxied -m
	set_sysctl net.ipv4.vs.conn_reuse_mode=0
	# What srv1 has not asked for, it would refuse.
	undo on srv1 $tables -F OUTPUT
	on srv1 $tables -A OUTPUT -p tcp --tcp-flags RST RST -j DROP
	seen_source -m "$(ask srv1 -p 4440)"
	capture srv1 eth0 tcp
	capture "$far" eth0 tcp
	count synproxy_syn_ack
	packet srv1 $srv1 $vip tcp --flags S --payload 0 --sport 4440 --dport 70 --seq 123456
	captured srv1 eth0 "> $srv1.4440: Flags \[S.\].*ack 123457,"
	counted synproxy_syn_ack 1
	not_captured "$far" eth0 "seq 123456"
	read -r cookie next <<<"$(synack 4440)"
	packet srv1 $srv1 $vip tcp --flags A --payload 0 --sport 4440 --dport 70 \
		--seq "$next" --ack $(((cookie + 1) % 4294967296))
	captured "$far" eth0 "Flags \[S\].*seq 123456"
}

both_without_reuse_a_closed_connection_s_port_stays_its() {
	proxied -m
	set_sysctl net.ipv4.vs.conn_reuse_mode=0 net.ipv4.vs.synproxy_conn_reuse=0
	seen_source -m "$(ask srv1 -p 4441)"
	capture "$far" eth0 tcp
	count synproxy_syn_ack
	packet srv1 $srv1 $vip tcp --flags S --payload 0 --sport 4441 --dport 70 --seq 223456
	captured "$far" eth0 "Flags \[S\].*seq 223456"
	counted synproxy_syn_ack 0
}

both_forged_acks_are_dropped_and_counted() {
	proxied -m
	count drop_synproxy_cookie synproxy_syn_ack
	capture "$far" eth0 tcp
	on srv1 "$tools/forge" ack $forged $vip 70 5000
	eventually 30 reached drop_synproxy_cookie 5000
	on srv1 "$tools/forge" syn-ack $forged $vip 70 5000
	eventually 30 reached drop_synproxy_cookie 10000
	counted synproxy_syn_ack 0
	equal "$(connections)" 0 connections
	seen_source -m "$(ask srv1)"
	equal "$(packets "$scratch/$far-eth0" | grep -c 'Flags \[S\]')" 1 "SYNs to the server"
}

# IPVS itself would schedule what says SYN, and with sloppy_tcp anything.
both_what_is_neither_a_syn_nor_an_ack_opens_nothing() {
	proxied -m
	set_sysctl net.ipv4.vs.sloppy_tcp=1
	count drop_malformed drop_synproxy_cookie synproxy_syn_ack
	capture "$far" eth0 tcp
	on srv1 "$tools/forge" short $forged $vip 70 100
	on srv1 "$tools/forge" none $forged $vip 70 100
	eventually 10 reached drop_malformed 100
	eventually 10 reached drop_synproxy_cookie 100
	counted synproxy_syn_ack 0
	equal "$(connections)" 0 connections
	seen_source -m "$(ask srv1)"
	equal "$(packets "$scratch/$far-eth0" | grep -c 'Flags \[S\]')" 1 "SYNs to the server"
}

# reached NAME N: it was counted as often, or more.
reached() {
	(($(counter "$1") - $(cat "$scratch/count-$1") >= $2))
}

both_forged_syns_open_nothing_and_an_honest_client_gets_through() {
	local i n
	n=$(bulk 200000)
	proxied -b
	count synproxy_syn_ack synproxy_opened drop_synproxy_cookie
	background on srv1 "$tools/forge" syn $forged $vip 70 "$n" >"$scratch/forge"
	for i in 1 2 3; do
		eventually 60 reached synproxy_syn_ack $((i * n / 10))
		seen_source -b "$(ask srv1 -b 10000)"
		(($(connections) <= i && $(flows) <= i)) || fail "$(connections) connections, $(flows) flows"
	done
	eventually 200 reached synproxy_syn_ack $((n + 3))
	eventually 10 has "$scratch/forge" "sent $n"
	counted synproxy_syn_ack $((n + 3))
	counted synproxy_opened 3
	equal "$(connections)" 3 connections
	equal "$(flows)" 3 flows
}

# ---- the command line ----

both_other_methods_and_protocols_are_refused() {
	names
	ts -A -t $vip_:70 -s rr -j enable
	refused 255 'SYNPROXY .-j enable.*-m or -b' ts -a -t $vip_:70 -r $nat_:7 -g
	refused 255 'SYNPROXY .-j enable.*-m or -b' ts -a -t $vip_:70 -r $nat_:7 -i
	on gw ipvsadm -a -t $vip_:70 -r $nat_:70 -g && fail "C ipvsadm may not either"
	ts -a -t $vip_:70 -r $nat_:70 -m
	refused 255 'SYNPROXY .-j enable.*-m or -b' ts -e -t $vip_:70 -r $nat_:70 -g
	ts -E -t $vip_:70 -s rr -j disable
	lacks "$(ts -Ln)" synproxy
	ts -e -t $vip_:70 -r $nat_:70 -g
	refused 255 'and the service has others' ts -E -t $vip_:70 -s rr -j enable
	refused 2 'only for TCP' ts -A -u $vip_:70 -s rr -j enable
	refused 2 'it is enable or disable' ts -A -t $vip_:71 -j on
}

both_switched_off_connections_go_on() {
	proxied -b
	talk "$tools/peer" tcp -k $vip 70
	say "with it"
	ts -E -t $vip_:70 -s rr
	lacks "$(ts -Sn)" "-j enable"
	say "and without"
	count synproxy_syn_ack
	seen_source -b "$(ask srv1)"
	counted synproxy_syn_ack 0
	hang_up
}

# talk COMMAND…: a conversation of srv1's that stays open.
talk() {
	rm -f "$scratch/said" "$scratch/heard"
	mkfifo "$scratch/said"
	exec 5<>"$scratch/said"
	background on srv1 "$@" <&5 >"$scratch/heard"
	eventually 10 test -s "$scratch/heard"
}

both_it_is_listed_saved_and_restored() {
	local file
	proxied -b
	ts -Sn >"$scratch/saved"
	matches "$(cat "$scratch/saved")" "-s rr -j enable"
	matches "$(ts -L --json)" '"synproxy": *true'
	ts -C
	ts -R <"$scratch/saved"
	equal "$(ts -Sn)" "$(cat "$scratch/saved")" "what was restored"
	ts -E -t $vip_:70 -s rr
	ts apply "$scratch/saved"
	equal "$(ts -Sn)" "$(cat "$scratch/saved")" "what was applied"
	# Its servers become others before it comes on, and after it goes off.
	printf '%s\n' "-A -t $vip_:70 -s rr" "-a -t $vip_:70 -r $nat_:70 -g -w 1" >"$scratch/without"
	printf '%s\n' "-A -t $vip_:70 -s rr -j enable" "-a -t $vip_:70 -r $nat_:70 -m -w 1" >"$scratch/with"
	for file in without with without with; do
		ts apply "$scratch/$file"
		equal "$(ts -Sn)" "$(cat "$scratch/$file")" "what was applied"
	done
	# C ipvsadm shows the service as ever.
	matches "$(on gw ipvsadm -Ln | grep ^TCP)" ' rr *$'
}

# ---- the end ----

# Connections open and close, one waits for its server with data, SYNs pour in.
busy() {
	local tables=iptables
	[[ $family == 4 ]] || tables=ip6tables
	proxied -b
	ts -R <<-END
		-A -t $vip_:71 -s rr -j enable
		-a -t $vip_:71 -r $nat_:9 -m
	END
	on in40 $tables -I INPUT -p tcp --dport 9 -j DROP
	count synproxy_stored synproxy_opened synproxy_syn_ack
	background on srv1 bash -c "exec 3<>/dev/tcp/$vip/71; echo lost >&3; read -r line <&3" >/dev/null 2>&1
	eventually 20 counted_some synproxy_stored
	background bash -c "while :; do nsenter --net=/run/netns/srv1 $tools/peer tcp -b 100000 $vip 70; done" >/dev/null 2>&1
	eventually 30 counted_some synproxy_opened
	background on srv1 "$tools/forge" syn $forged $vip 70 100000000
	eventually 30 reached synproxy_syn_ack 1000
}

case_a_namespace_that_ends_waits_for_no_server() {
	use_family 6
	busy
	destroy_gateway
	ip netns add gw
	no_flows_at_all 240
}

case_the_module_is_unloaded_while_a_server_is_waited_for_and_loaded_again() {
	make_topology_anew
	more_servers
	use_family 4
	busy
	ts -C
	unload_module
	grep ip_vs /proc/slabinfo /proc/modules && fail "something is left"
	load_module
	proxied -m
	eventually 30 ask srv1
	ts -C
	unload_module
}
