# SPDX-License-Identifier: GPL-2.0-only
# Two gateways, one flow table: gw and gw2 beside it, with a link of their own.
#
#  inner hosts ── sw ── gw  ── eth1 ── isp1 ── servers
#                 │     │ sync          │
#                 └──── gw2 ── eth1 ────┘

suite_setup() {
	have_network && second_gateway
}

# The inner hosts' second next hop is .254 and ::fe of their networks.
second_gateway() {
	local net
	ip netns add gw2
	on gw2 sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.icmp_ratelimit=0
	ip -n gw2 link set lo up
	link gw2 eth0 sw gw2
	ip -n sw link set gw2 master br0
	link gw2 eth1 isp1 gw2
	link gw sync gw2 sync
	{
		for net in 40 50 60; do
			echo "addr add 192.168.$net.254/24 dev eth0"
			echo "addr add 2001:db8:$net::fe/64 dev eth0 nodad"
		done
		cat <<-END
			addr add 1.1.4.2/24 dev eth1
			addr add 2001:db8:4::2/64 dev eth1 nodad
			addr add 10.9.0.2/24 dev sync
			addr add fd09::2/64 dev sync nodad
			route add default via 1.1.4.1
			route add default via 2001:db8:4::1
		END
	} | batch gw2
	batch gw <<-END
		addr add 10.9.0.1/24 dev sync
		addr add fd09::1/64 dev sync nodad
	END
	stay gw2
	batch isp1 <<-END
		addr add 1.1.4.1/24 dev gw2
		addr add 2001:db8:4::1/64 dev gw2 nodad
	END
}

suite_reset() {
	local ns daemon
	for ns in gw gw2; do
		for daemon in master backup; do
			on $ns ipvsadm --stop-daemon $daemon 2>/dev/null || :
		done
		clear_connections $ns
	done
}

ts2() {
	ts_in gw2 8 "$@"
}

# on_both LINE…: commands for both.
on_both() {
	printf '%s\n' "$@" | ts -R
	printf '%s\n' "$@" | ts2 -R
}

daemon() { # NS master|backup
	on "$1" ipvsadm --start-daemon "$2" --mcast-interface sync --syncid 7
}

flows2() {
	flows gw2
}

has_flows2() { # NUMBER
	[[ $(flows2) == "$1" ]]
}

counter2() {
	counter_in gw2 "$1"
}

# Client, local and remote of all flows, and real server of FULLNAT's.
table_of() { # ts|ts2
	"$1" -Lcn | awk '/^(TCP|UDP|ICMP)/ { print $1, $4, $6, $5, $7 }' | sort
}

# cut_off NS DEVICE: nothing comes or leaves there any more, and everything else stays.
cut_off() {
	local way
	tc -n "$1" qdisc add dev "$2" clsact
	undo tc -n "$1" qdisc del dev "$2" clsact
	for way in ingress egress; do
		tc -n "$1" filter add dev "$2" $way matchall action drop
	done
}

# gw is gone, with all of its links; gw2 has its addresses.
fail_over() {
	local device
	for device in eth0 eth1 sync; do
		cut_off gw $device
	done
	take_over
}

take_over() {
	local ns i
	for ns in in40 in50 in60; do
		ip -n $ns $six route replace default via "$(second_hop $ns)"
		undo ip -n $ns $six route replace default via "$(first_hop $ns)"
	done
	for i in {100..110}; do
		ip -n isp1 $six route add "$(pool_address 2 $i)/$host" via "$(uplink2)"
		undo ip -n isp1 $six route del "$(pool_address 2 $i)/$host"
	done
}

first_hop() { # NS
	if [[ $family == 4 ]]; then echo "192.168.${1#in}.1"; else echo "2001:db8:${1#in}::1"; fi
}

second_hop() { # NS
	if [[ $family == 4 ]]; then echo "192.168.${1#in}.254"; else echo "2001:db8:${1#in}::fe"; fi
}

uplink2() {
	if [[ $family == 4 ]]; then echo 1.1.4.2; else echo 2001:db8:4::2; fi
}

rule() {
	on_both "-A -f 1 $six -s snat_sched" "-K -f 1 $six -F $inner -U $pool1"
}

both_a_flow_of_a_rule_goes_on_at_the_other_gateway() {
	rule
	goes_on
}

both_a_flow_of_a_zone_goes_on_at_the_other_gateway() {
	local everything='[::]:0'
	[[ $six ]] || everything=0.0.0.0:0
	on_both "-A -t $everything -s rr" "-A -u $everything -s rr" "-K --zone $net40" \
		"-P --zone $net40 -z $pool1"
	goes_on
}

# TCP, UDP and an echo, each seen on the far side with its address and port of before.
goes_on() {
	local udp echo
	daemon gw2 backup
	daemon gw master
	capture srv1 eth0 "udp or $icmp"
	converse in40 tcp $srv1
	from_pool 2 "$seen"
	say "here"
	packet in40 $in40 $srv1 udp --sport 5001 --dport 9
	packet in40 $in40 $srv1 icmp --sport 77
	captured srv1 eth0 "> $srv1.9: .*UDP"
	captured srv1 eth0 "> $srv1: .*echo request"
	udp=$(source_in "> $srv1.9: .*UDP")
	echo=$(id_in "> $srv1: .*echo request")
	eventually 10 has_flows2 3
	equal "$(table_of ts2)" "$(table_of ts)" "flows there"
	fail_over
	capture srv1 eth0 "tcp or udp or $icmp"
	say "still there"
	packet in40 $in40 $srv1 udp --sport 5001 --dport 9
	packet in40 $in40 $srv1 icmp --sport 77
	captured srv1 eth0 "${seen% *}.${seen#* } > $srv1.7: Flags \[P"
	captured srv1 eth0 "$udp > $srv1.9: .*UDP"
	captured srv1 eth0 "> $srv1: .*echo request, id $echo"
	equal "$(counter2 drop_midstream)" 0 "packets without a flow"
	hang_up
}

# ADDRESS.PORT that the capture at srv1 shows before a regex.
source_in() {
	packets "$scratch/srv1-eth0" | sed -nE "s/.* ([0-9a-f.:]+) $1.*/\1/p" | head -1
}

id_in() {
	packets "$scratch/srv1-eth0" | sed -nE "s/.*$1, id ([0-9]+).*/\1/p" | head -1
}

# fullnat [OPTIONS of the service of TCP]: FULLNAT of the virtual address to in40, from an
# inner address that moves too.
fullnat() {
	local kind
	vip=$(pool_address 2 109) moving=192.168.40.200
	[[ ! $six ]] || moving=2001:db8:40::200
	vip_=$vip
	[[ ! $six ]] || vip_="[$vip]"
	server=$in40
	[[ ! $six ]] || server="[$in40]"
	background on in40 "$tools/peer" serve 7
	ip -n gw addr add "$moving/$host" dev eth0
	undo ip -n gw addr del "$moving/$host" dev eth0
	ip -n gw2 addr add "$vip/$host" dev eth1
	undo ip -n gw2 addr del "$vip/$host" dev eth1
	for kind in t u; do
		[[ $kind == t ]] || set --
		on_both "-A -$kind $vip_:70 -s rr $*" "-a -$kind $vip_:70 -r $server:7 -b" "-P -$kind $vip_:70 -z $moving"
	done
}

fail_over_inside() {
	fail_over
	ip -n gw2 addr add "$moving/$host" dev eth0 nodad
	undo ip -n gw2 addr del "$moving/$host" dev eth0
	ip -n in40 neigh flush dev eth0
}

both_a_connection_of_fullnat_goes_on_at_the_other_gateway() {
	local port=70 udp
	fullnat
	daemon gw2 backup
	daemon gw master
	capture in40 eth0 udp
	converse srv1 tcp "$vip"
	matches "$seen" "^$moving [0-9]+\$"
	say "here"
	packet srv1 "$srv1" "$vip" udp --sport 5001 --dport 70
	captured in40 eth0 "$moving.[0-9]+ > $in40.7: .*UDP"
	udp=$(packets "$scratch/in40-eth0" | sed -nE "s/.* ([0-9a-f.:]+) > $in40.7: .*UDP.*/\1/p" | head -1)
	eventually 10 has_flows2 2
	equal "$(table_of ts2)" "$(table_of ts)" "connections there"
	matches "$(ts2 -Ln -t "$vip_:70")" "FullNat 1 +1 +0"
	fail_over_inside
	capture in40 eth0 "tcp or udp"
	say "still there"
	packet srv1 "$srv1" "$vip" udp --sport 5001 --dport 70
	captured in40 eth0 "${seen/ /.} > $in40.7: Flags \[P"
	captured in40 eth0 "$udp > $in40.7: .*UDP"
	# The server speaks first at the new gateway, and the client ends it.
	hang_up
	eventually 10 closing
}

closing() {
	[[ $(ts2 -Lcn) != *ESTABLISHED* ]]
}

both_what_a_connection_of_fullnat_becomes_is_known_there() {
	local port=70
	fullnat
	daemon gw2 backup
	daemon gw master
	converse srv1 tcp "$vip"
	eventually 10 has_flows2 1
	matches "$(ts2 -Lcn)" "ESTABLISHED"
	hang_up
	eventually 10 closing
	matches "$(ts2 -Ln -t "$vip_:70")" "FullNat 1 +0 +1"
	equal "$(counter2 sync_no_owner)" 0 "connections that nobody has"
}

# The server's numbers are not those that the client knows, and the director is not there
# any more that made the difference.
both_a_connection_of_synproxy_goes_on_at_the_other_gateway() {
	local port=70 before
	before=$(counter synproxy_opened)
	fullnat -j enable
	daemon gw2 backup
	daemon gw master
	converse srv1 tcp "$vip"
	say "here"
	eventually 10 has_flows2 1
	equal "$(counter synproxy_opened)" $((before + 1)) "connections by a cookie"
	fail_over_inside
	say "still there"
	say "and once more"
	equal "$(counter2 synproxy_syn_ack)" 0 "handshakes at the other gateway"
	hang_up
	eventually 10 closing
}

both_without_the_service_a_connection_is_counted_and_not_opened() {
	local port=70 before
	fullnat
	ts2 -D -t "$vip_:70"
	before=$(counter2 sync_no_owner)
	daemon gw2 backup
	daemon gw master
	converse srv1 tcp "$vip"
	eventually 10 more_no_owner "$before"
	ts2 -R <<<"-A -t $vip_:70 -s rr"
	ts2 -R <<<"-a -t $vip_:70 -r $server:7 -m"
	before=$(counter2 sync_no_owner)
	say "is told of again"
	ts sync handover
	equal "$(flows2)" 0 "connections by another method"
	hang_up
}

more_no_owner() { # BEFORE
	(($(counter2 sync_no_owner) > $1))
}

both_the_server_hears_of_a_client_that_had_said_nothing_before() {
	fullnat
	daemon gw2 backup
	daemon gw master
	mkfifo "$scratch/go"
	# shellcheck disable=SC2016
	background on srv1 bash -c 'exec 3<>"/dev/tcp/$1/70"; read -r word <"$2"; echo "$word" >&3; read -r -t 20 word <&3' bash "$vip" "$scratch/go"
	eventually 10 has_flows2 1
	fail_over_inside
	capture in40 eth0 tcp
	echo word >"$scratch/go"
	captured in40 eth0 "$moving.[0-9]+ > $in40.7: Flags \[P.*options \[.*(exp-|unknown-)"
}

both_a_flow_that_ends_ends_there() {
	local before
	before=$(counter2 flow_flushed)
	rule
	daemon gw2 backup
	daemon gw master
	converse in40 tcp $srv1
	eventually 10 has_flows2 1
	ts -D -f 1 $six
	eventually 10 has_flows2 0
	equal "$(counter2 flow_flushed)" $((before + 1)) "flows ended there"
}

both_who_comes_later_gets_everything() {
	rule
	daemon gw master
	converse in40 tcp $srv1
	on in40 "$tools/flood" -p 5000 -a 128 $many 7 300
	eventually 10 at_least flows 301
	daemon gw2 backup
	eventually 20 same_tables
}

at_least() { # COMMAND NUMBER
	[[ $($1) -ge $2 ]]
}

same_tables() {
	[[ $(table_of ts2) == "$(table_of ts)" ]]
}

both_on_a_bad_link_both_tables_become_the_same() {
	rule
	tc -n gw qdisc add dev sync root netem loss 20% delay 5ms 4ms duplicate 5% reorder 20%
	undo tc -n gw qdisc del dev sync root
	daemon gw2 backup
	daemon gw master
	on in40 "$tools/flood" -p 5000 -a 128 $many 7 500
	converse in50 tcp $srv1
	say "and one that stays"
	eventually 30 same_tables
	matches "$(table_of ts2 | wc -l)" "^5[0-9][0-9]$" "flows there"
	[[ $(counter sync_again) -gt 0 ]] || fail "nothing was sent again"
	eventually 20 ts2 sync wait
}

key() { # FILE CHARACTER
	printf '%64s' '' | tr ' ' "$2" >"$scratch/$1"
	chmod 600 "$scratch/$1"
}

case_messages_without_the_right_key_are_dropped() {
	rule
	key one 1
	key two 2
	ts sync set --key-file "$scratch/one"
	ts2 sync set --key-file "$scratch/two"
	undo ts sync set
	undo ts2 sync set
	daemon gw2 backup
	daemon gw master
	converse in40 tcp $srv1
	eventually 10 at_least "counter2 drop_sync_key" 10
	equal "$(flows2)" 0 "flows by the wrong key"
	matches "$(ts2 sync status)" "with a key.*no peer has answered"
	# The right one, and then none where one is wanted.
	ts2 sync set --key-file "$scratch/one"
	eventually 10 has_flows2 1
	ts2 sync wait
	matches "$(ts2 sync status)" "with a key, complete.*peer 10.9.0.1: master, 1 flows, all of them here"
	lacks "$(ts2 sync status --json)" 11111111
	ts sync set
	say "goes on"
	hang_up
	equal "$(flows2)" 1 "flows without a message"
}

case_named_peers_are_sent_to_and_no_others_heard() {
	rule
	ts sync set --peer 10.9.0.2
	ts2 sync set --peer 10.9.0.1
	undo ts sync set
	undo ts2 sync set
	capture gw2 sync "udp port 8849"
	daemon gw2 backup
	daemon gw master
	converse in40 tcp $srv1
	eventually 10 has_flows2 1
	captured gw2 sync "10.9.0.1.8849 > 10.9.0.2.8849: .*UDP"
	not_captured gw2 sync "10.9.0.1.8849 > 224"
	ts2 sync set --peer 10.9.0.3
	eventually 10 at_least "counter2 drop_sync_stranger" 10
	matches "$(ts2 sync status)" "no peer has answered"
}

both_a_handover_has_the_youngest_flows_too() {
	rule
	set_sysctl net.ipv4.vs.sync_flow_age=60000
	daemon gw2 backup
	refused 255 "There is nothing to hand over" ts sync handover
	daemon gw master
	eventually 10 ts2 sync wait
	converse in40 tcp $srv1
	equal "$(flows2)" 0 "flows before the handover"
	ts sync handover
	equal "$(flows2)" 1 "flows after it"
	# From here on each is told of at once.
	from_pool 2 "$(ask_udp in40 $srv1)"
	eventually 2 has_flows2 2
	take_over
	say "moved"
	hang_up
}

both_who_was_away_gets_everything_again_and_takes_over_again() {
	rule
	daemon gw2 backup
	daemon gw master
	converse in40 tcp $srv1
	eventually 10 has_flows2 1
	# gw dies and comes back with an empty table; gw2 is the master meanwhile.
	fail_over
	on gw2 ipvsadm --stop-daemon backup
	daemon gw2 master
	say "at the second"
	on gw ipvsadm --stop-daemon master
	ts -C
	rule_on_gw
	comes_back
	daemon gw backup
	eventually 10 ts sync wait
	equal "$(table_of ts)" "$(table_of ts2)" "flows of who came back"
	say "still at the second"
	take_back
	say "at the first again"
	hang_up
}

rule_on_gw() {
	printf '%s\n' "-A -f 1 $six -s snat_sched" "-K -f 1 $six -F $inner -U $pool1" | ts -R
}

comes_back() {
	local device
	for device in eth0 eth1 sync; do
		tc -n gw qdisc del dev $device clsact
	done
}

take_back() {
	local ns i
	for ns in in40 in50 in60; do
		ip -n $ns $six route replace default via "$(first_hop $ns)"
	done
	for i in {100..110}; do
		ip -n isp1 $six route del "$(pool_address 2 $i)/$host"
	done
}
