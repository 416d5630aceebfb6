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
	dies
	take_over
}

# gw is gone, and nobody has its addresses.
dies() {
	local device
	for device in eth0 eth1 sync; do
		cut_off gw $device
	done
}

take_over() {
	local ns
	for ns in in40 in50 in60; do
		ip -n $ns $six route replace default via "$(second_hop $ns)"
		undo ip -n $ns $six route replace default via "$(first_hop $ns)"
	done
	pool_routes add
	undo pool_routes_of $family del
}

# Of the whole pool, by the other gateway: in IPv6 its last numbers are hexadecimal.
pool_routes() { # add|del
	local i way
	local -a numbers=({100..110})
	[[ $family == 4 ]] || numbers=(10{{0..9},{a..f}} 110)
	way=$(uplink2)
	for i in "${numbers[@]}"; do
		echo "route $1 $(pool_address 2 "$i")/$host via $way"
	done | batch isp1
}

# A case's end may be of another family.
pool_routes_of() { # FAMILY add|del
	use_family "$1"
	pool_routes "$2"
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

# source_in REGEX [NS]: ADDRESS.PORT that the capture at srv1, or there, shows before it.
source_in() {
	packets "$scratch/${2-srv1}-eth0" | sed -nE "s/.* ([0-9a-f.:]+) $1.*/\1/p" | head -1
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
	vip_=$(bracketed "$vip") server=$(bracketed "$in40")
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
	udp=$(source_in "> $in40.7: .*UDP" in40)
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

# What does not fit into a case of one conversation: a transfer in its middle, and many flows
# of which none has anything to say at the moment.
both_a_transfer_and_idle_connections_go_on() {
	local number rate transfer idle
	number=$(bulk 1000)
	rate=$(bulk 40)
	rule
	daemon gw2 backup
	daemon gw master
	tc -n srv1 qdisc add dev eth0 root netem rate "${rate}mbit"
	undo tc -n srv1 qdisc del dev eth0 root
	mkfifo "$scratch/go"
	# Not by background, as converse() says.
	set -m
	on in50 python3 -S "$PROJECT/test/vm/tools/many.py" idle "$number" "$srv1" 7 <>"$scratch/go" >"$scratch/idle" &
	set +m
	idle=$!
	pids+=("-$idle")
	eventually 60 has "$scratch/idle" open
	background on in40 "$tools/peer" tcp -b "$(bulk 50000000)" "$srv1" 7 >"$scratch/transfer"
	transfer=$!
	eventually 20 at_least flows2 $((number + 1))
	fail_over
	[[ -e /proc/$transfer ]] || fail "the transfer was over before"
	echo go >"$scratch/go"
	wait $idle
	equal "$(tail -n 1 "$scratch/idle")" "$number" "connections that go on"
	wait $transfer
	from_pool 2 "$(<"$scratch/transfer")"
	equal "$(counter2 drop_midstream)" 0 "packets without a flow"
}

# What IPVS's own daemon sends of a masqueraded connection, with flows synchronised and without.
case_the_messages_of_IPVS_itself_stay_as_they_are() {
	local flows i
	fullnat
	undo ts sync set
	for flows in off on; do
		ts sync set --flows $flows
		ts -R <<-END
			-A -u 1.1.2.109:80 -s rr
			-a -u 1.1.2.109:80 -r 192.168.40.2:7 -m
		END
		background on gw2 tcpdump -l --immediate-mode -nx -i sync udp port 8848 >"$scratch/$flows" 2>"$scratch/$flows.err"
		eventually 10 has "$scratch/$flows.err" "listening on"
		daemon gw master
		# The third packet of a connection is what it is told for; this one of FULLNAT is not.
		for i in 1 2 3; do
			packet srv1 8.8.1.1 1.1.2.109 udp --sport 4000 --dport 70
			packet srv1 8.8.1.1 1.1.2.109 udp --sport 4000 --dport 80
		done
		eventually 10 has "$scratch/$flows" 0x0030
		on gw ipvsadm --stop-daemon master
		"$tools/setting" gw net.ipv4.vs.expire_nodest_conn=1
		ts -D -u 1.1.2.109:80
	done
	"$tools/setting" gw net.ipv4.vs.expire_nodest_conn=0
	for flows in off on; do
		# Behind the headers of IP and UDP.
		awk '!/^\t/ { packet++ } packet == 1 && sub(/^\t0x[0-9a-f]+: +/, "")' "$scratch/$flows" | tr -d ' \n' | cut -c 57- >"$scratch/$flows.hex"
	done
	equal "$(<"$scratch/on.hex")" "$(<"$scratch/off.hex")" "what IPVS sends"
	(($(wc -c <"$scratch/off.hex") > 80)) || fail "it sends nothing"
}

# A million in a debug kernel with npm run test:debug -- --whole.
case_a_peer_that_sends_anything_does_no_harm() {
	local count=3000 seed=$RANDOM before moving vip vip_ server
	[[ ! ${WHOLE-} ]] || count=100000
	[[ ! ${WHOLE-} || ! -e /sys/kernel/debug/kmemleak ]] || count=1000000
	for family in 6 4; do
		use_family $family
		rule
		fullnat -j enable
	done
	on_both "-A -u 0.0.0.0:0 -s rr" "-K --zone 192.168.50.0/24" "-P --zone 192.168.50.0/24 -z 1.1.2.98"
	daemon gw2 backup
	take_over
	converse in50 tcp "$srv1"
	before=$(counter2 sync_learned)
	echo "seed $seed"
	python3 -S "$PROJECT/test/vm/tools/syncfuzz.py" "$seed" "$((200 + count / 1000))" >"$scratch/messages"
	on gw "$tools/badpeer" 10.9.0.1 10.9.0.2 "$seed" "$count" <"$scratch/messages" >"$scratch/fuzz"
	matches "$(<"$scratch/fuzz")" "^$count messages, [1-9][0-9]* heard"
	(($(counter2 drop_sync_malformed) > 0)) || fail "nothing was malformed"
	(($(counter2 sync_learned) > before)) || fail "nothing was so good that it was learned"
	say "the gateway's own flow goes on"
	hang_up
	# And an honest peer is heard.
	daemon gw master
	packet in41 "$in41" "$srv1" udp --sport 5002 --dport 9
	eventually 10 knows2 "$in41:5002"
}

knows2() { # TEXT
	[[ $(ts2 -Lcn) == *"$1"* ]]
}

# ---- keepalived ----

# The document's, for gateway 1 or 2, with its own files and no mail.
keepalived_conf() { # NUMBER
	sed -n '/^## keepalived.conf/,/^- /s/^    //p' "$PROJECT/docs/pair.md" |
		sed "s/gateway1/gateway$1/; s/priority 150/priority $((200 - 50 * $1))/"
}

# One uplink for both, whose addresses are nobody's to begin with. IPv4.
one_uplink() {
	local device
	# The router's MAC address becomes the bridge's, which may be that of either port.
	for device in gw gw2; do
		undo ip -n $device neigh flush dev eth1
	done
	pools_answered none
	undo pools_answered address
	ip -n isp1 link add both type bridge
	undo ip -n isp1 link del both
	for device in gw gw2; do
		ip -n isp1 link set $device master both
	done
	ip -n isp1 addr del 1.1.2.1/24 dev gw
	undo ip -n isp1 addr add 1.1.2.1/24 dev gw
	ip -n isp1 addr add 1.1.2.1/24 dev both
	ip -n isp1 link set both up
	for device in gw gw2; do
		ip -n $device neigh flush dev eth1
	done
	ip -n gw2 addr add 1.1.2.3/24 dev eth1
	undo ip -n gw2 addr del 1.1.2.3/24 dev eth1
	ip -n gw2 route replace default via 1.1.2.1
	undo ip -n gw2 route replace default via 1.1.4.1
	ip -n in40 route replace default via 192.168.40.250
	undo ip -n in40 route replace default via 192.168.40.1
	for device in gw gw2; do
		undo no_addresses $device
	done
}

# What keepalived gave it, and leaves when it is killed.
no_addresses() { # NS
	ip -n "$1" addr flush dev eth0 to 192.168.40.250
	ip -n "$1" addr flush dev eth1 to 1.1.2.96/28
}

keepalived() { # NS NUMBER
	keepalived_conf "$2" >"$scratch/keepalived$2.conf"
	background on "$1" "$PROJECT/build/keepalived/usr/sbin/keepalived" --dont-fork --log-console --vrrp \
		--use-file "$scratch/keepalived$2.conf" --pid "$scratch/keepalived$2.pid" \
		--vrrp_pid "$scratch/vrrp$2.pid" >"$scratch/keepalived-$2" 2>&1
	undo keepalived_ends "$2"
}

# Both of its processes at once: either would do without the other, or give up its addresses.
keepalived_ends() { # NUMBER
	local parent child
	read -r parent <"$scratch/keepalived$1.pid"
	read -r child <"$scratch/vrrp$1.pid"
	kill -9 "$parent" "$child" || :
	# In a shell of its own, which may trace.
	(eventually 5 ended "$parent" && eventually 5 ended "$child")
}

is_daemon() { # NS STATE
	[[ $(on "$1" ipvsadm -L --daemon) == *"$2 sync daemon"* ]]
}

has_address() { # NS
	[[ $(ip -n "$1" addr show dev eth0) == *192.168.40.250* && $(ip -n "$1" addr show dev eth1) == *1.1.2.110/* ]]
}

# A pair as in docs/pair.md: the master dies, and later the other one is stopped.
case_a_pair_of_keepalived_moves_flows() {
	on_both "-A -f 1 -s snat_sched" "-K -f 1 -F 192.168.40.0/24 -U 1.1.2.100-1.1.2.110"
	one_uplink
	keepalived gw 1
	eventually 20 has_address gw
	keepalived gw2 2
	eventually 20 is_daemon gw2 backup
	is_daemon gw master
	converse in40 tcp 8.8.1.1
	from_pool 2 "$seen"
	say "at the first"
	eventually 10 has_flows2 1
	dies
	capture srv1 eth0 tcp
	eventually 20 has_address gw2
	eventually 20 is_daemon gw2 master
	say "at the second"
	captured srv1 eth0 "${seen% *}.${seen#* } > 8.8.1.1.7: Flags \[P"
	# The first is back, and has to wait.
	keepalived_ends 1
	no_addresses gw
	on gw ipvsadm --stop-daemon master
	ts -C
	snat "-F 192.168.40.0/24 -U 1.1.2.100-1.1.2.110"
	comes_back
	keepalived gw 1
	eventually 20 is_daemon gw backup
	eventually 20 ts sync wait
	has_address gw2
	equal "$(table_of ts)" "$(table_of ts2)" "flows of who came back"
	# As tsipvsadm-handover.service and then keepalived.service stop.
	ts2 sync handover
	kill "$(<"$scratch/keepalived2.pid")"
	eventually 20 has_address gw
	say "at the first again"
	is_daemon gw master
	hang_up
}

both_a_planned_move_loses_no_packet() {
	local stream pings
	rule
	daemon gw2 backup
	daemon gw master
	eventually 10 ts2 sync wait
	background on in40 python3 -S "$PROJECT/test/vm/tools/many.py" stream 400 "$srv1" 7 >"$scratch/stream"
	stream=$!
	background on in50 $ping -n -q -i 0.05 -c 80 "$srv1" >"$scratch/pings"
	pings=$!
	eventually 10 has "$scratch/stream" open
	ts sync handover
	take_over
	wait $stream
	wait $pings
	equal "$(tail -n 1 "$scratch/stream")" 400 "datagrams answered, of 400"
	matches "$(<"$scratch/pings")" "80 received"
	(($(counter2 sync_learned) > 0)) || fail "the other gateway has learned nothing"
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
	snat "-F $inner -U $pool1"
	comes_back
	daemon gw backup
	eventually 10 ts sync wait
	equal "$(table_of ts)" "$(table_of ts2)" "flows of who came back"
	say "still at the second"
	take_back
	say "at the first again"
	hang_up
}

comes_back() {
	local device
	for device in eth0 eth1 sync; do
		tc -n gw qdisc del dev $device clsact
	done
}

take_back() {
	local ns
	for ns in in40 in50 in60; do
		ip -n $ns $six route replace default via "$(first_hop $ns)"
	done
	pool_routes del
}
