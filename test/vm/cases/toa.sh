# SPDX-License-Identifier: GPL-2.0-only
# The client's address for real servers behind FULLNAT, in a TCP option that the
# director adds and toa.ko on the server reads. nginx is in srv2, clients are
# srv1, the director is gw. All namespaces share one kernel, and so one toa.ko,
# which knows nothing of ours.

http=/tmp/http

suite_setup() {
	have_network && on gw sysctl -qw net.ipv4.ip_forward=0 && start_http srv2
}

# start_http NS: ports 80 (IPv4 and IPv6 sockets) and 81 (one socket for both).
# /who tells the client what it was seen with; others are files, which PUT makes.
start_http() {
	mkdir -p $http/www $http/tmp
	cat >$http/conf <<-END
		user root;
		pid $http/pid;
		events { worker_connections 512; }
		http {
			log_format seen '\$remote_addr \$remote_port \$request';
			access_log $http/seen seen;
			client_body_temp_path $http/tmp;
			proxy_temp_path $http/tmp;
			fastcgi_temp_path $http/tmp;
			uwsgi_temp_path $http/tmp;
			scgi_temp_path $http/tmp;
			client_max_body_size 0;
			server {
				listen 80;
				listen [::]:80 ipv6only=on;
				listen [::]:81 ipv6only=off;
				root $http/www;
				location / { dav_methods PUT; }
				location = /who { return 200 "\$remote_addr \$remote_port\n"; }
			}
		}
	END
	head -c 3000000 /dev/urandom >$http/www/big
	on "$1" "$PROJECT/build/nginx/usr/sbin/nginx" -e $http/error -c $http/conf
}

directors=1.1.3.0/24,2001:db8:3::/64

# toa [PARAMETER=VALUE…]: the server's module, for this case.
toa() {
	undo rmmod toa
	insmod "$modules/toa.ko" from=$directors "$@"
}

# ---- names of the family under test ----

# fullnat [PORT=SERVERPORT…]: ports of the virtual address, with one local address.
fullnat() {
	local port
	if [[ $family == 4 ]]; then
		vip=1.1.2.2 vip_=$vip server_=$srv2 size=8 mss=1460 forged=fe08000909090909
	else
		vip=2001:db8:2::2 vip_="[$vip]" server_="[$srv2]" size=20 mss=1440
		forged=fd14000920010db8000000000000000000009999
	fi
	laddr=$(pool_address 3 100)
	for port in "${@-80=80}"; do
		ts -R <<-END
			-A -t $vip_:${port%=*} -s rr
			-P -t $vip_:${port%=*} -z $laddr
			-a -t $vip_:${port%=*} -r $server_:${port#*=} -b
		END
	done
}

# option PORT [KIND]: how tcpdump shows srv1's address and port.
option() {
	local kind=${2-$([[ $family == 4 ]] && echo 254 || echo 253)}
	if [[ $kind == 254 ]]; then
		printf 'exp-%04x' "$1"
	elif [[ $family == 4 ]]; then
		printf 'unknown-%d 0x%04x08080101' "$kind" "$1"
	else
		printf 'unknown-%d 0x%04x20010db800a100000000000000000001' "$kind" "$1"
	fi
}

# get PORT URL… [OPTIONS of curl]: as srv1 from that port.
get() {
	on srv1 curl -sS --max-time 60 --interface "$srv1" --local-port "$@"
}

# who PORT: prints the client as nginx sees it.
who() {
	get "$1" "http://$vip_:80/who"
}

# ask [OPTIONS of peer]: prints the client as the server on port 7 sees it.
ask() {
	on srv1 "$tools/peer" tcp -s "$srv1" "$@" "$vip" 70
}

# told WANT COMMAND…
told() {
	local want=$1
	shift
	equal "$("$@")" "$want" "the client's address and port by \"$*\""
}

# The local port is any.
told_laddr() {
	matches "$("$@")" "^$laddr [0-9]+$" "the peer's address and port by \"$*\""
}

logged() { # REGEX
	eventually 5 grep -Eq "$1" $http/seen
}

known() { # NUMBER
	[[ $(cat /sys/module/toa/parameters/connections) == "$1" ]]
}

# over: the capture at srv2 has seen the client end its conversation.
over() {
	captured srv2 eth0 "$laddr\.[0-9]+ > $srv2\.[0-9]+: Flags \[[FR]"
}

# carriers [REGEX]: packets to the server that have an option of ours.
carriers() {
	packets "$scratch/srv2-eth0" | grep -E "> $srv2\.[0-9]+: " | grep -E "${1-exp-|unknown-}" || :
}

offloads() { # on|off
	local ns dev
	while read -r ns dev; do
		on "$ns" ethtool -K "$dev" tso "$1" gso "$1" gro "$1" tx "$1" >/dev/null
	done <<-END
		srv1 eth0
		isp1 srv1
		isp1 gw
		gw eth1
		gw eth2
		isp2 gw
		isp2 srv2
		srv2 eth0
	END
}

no_offloads() {
	undo offloads on
	offloads off
}

# ---- who the client is ----

both_nginx_logs_the_client() {
	fullnat
	toa
	capture srv2 eth0 tcp
	told "$srv1 4411" who 4411
	logged "^$srv1 4411 GET /who"
	over
	not_captured srv2 eth0 "IP6? .*$srv1"
	equal "$(carriers "$(option 4411)" | wc -l)" "$(carriers | wc -l)" "packets with the right client"
}

both_getpeername_tells_as_accept_does() {
	fullnat 90=90
	toa
	background on srv2 python3 -SE -c "$peer_names" >"$scratch/names"
	eventually 20 test -s "$scratch/names"
	background on srv1 "$tools/peer" tcp -s "$srv1" -p 4412 "$vip" 90
	eventually 20 has "$scratch/names" getpeername
	equal "$(tail -n 2 "$scratch/names")" "accept $srv1 4412
getpeername $srv1 4412"
	matches "$(on srv2 ss -Htn)" "$laddr"
}

peer_names='
import socket
s = socket.create_server(("::", 90), family=socket.AF_INET6, dualstack_ipv6=True)
print("listening", flush=True)
c, name = s.accept()
for what, name in ("accept", name), ("getpeername", c.getpeername()):
    print(what, name[0].replace("::ffff:", ""), name[1], flush=True)
s.accept()
'

case_one_socket_for_both_families_has_ipv4_clients_mapped() {
	fullnat 80=81
	toa
	told "::ffff:$srv1 4413" who 4413
}

both_without_the_module_the_server_sees_the_local_address() {
	fullnat
	told_laddr who 4414
}

both_a_connection_without_the_option_keeps_its_peer() {
	toa
	fullnat
	matches "$(on isp2 curl -sS --max-time 60 "http://$server_:80/who")" "^$([[ $family == 4 ]] && echo 8.8.2.254 || echo 2001:db8:a2::254) [0-9]+$"
}

both_only_directors_are_believed() {
	fullnat
	undo rmmod toa
	refused 1 "nvalid" insmod "$modules/toa.ko" from=1.1.3.0/24,1.1.3.0/33
	refused 1 "nvalid" insmod "$modules/toa.ko" from=director
	refused 1 "nvalid" insmod "$modules/toa.ko" from=any opt=8
	refused 1 "nvalid" insmod "$modules/toa.ko" from=any opt6=174
	insmod "$modules/toa.ko" from=8.0.0.0/5,2001:db8:a0::/44
	told_laddr who 4415
	rmmod toa
	insmod "$modules/toa.ko" from=10.0.0.1,1.1.3.0/24,2001:db8:3::/64
	told "$srv1 4416" who 4416
}

both_who_may_name_a_client_has_to_be_said() {
	fullnat
	undo rmmod toa
	refused 1 "nvalid" insmod "$modules/toa.ko"
	refused 1 "nvalid" insmod "$modules/toa.ko" from=
	dmesg | tail -n 1 | grep "toa: from is not set"
	insmod "$modules/toa.ko" from=any
	told "$srv1 4464" who 4464
}

both_connections_are_forgotten_when_they_end() {
	fullnat 70=7
	toa max=1
	talk 4417
	matches "$seen" "^$srv1 4417$"
	known 1 || fail "not known"
	told_laddr ask -p 4418
	equal "$(cat /sys/module/toa/parameters/full)" 1 "connections past the limit"
	hang_up
	eventually 20 known 0
	told "$srv1 4419" ask -p 4419
}

# talk PORT: a conversation with port 70 that stays open, as converse.
talk() {
	rm -f "$scratch/said" "$scratch/heard"
	mkfifo "$scratch/said"
	exec 5<>"$scratch/said"
	background on srv1 "$tools/peer" tcp -k -s "$srv1" -p "$1" "$vip" 70 <&5 >"$scratch/heard"
	eventually 10 test -s "$scratch/heard"
	seen=$(head -n 1 "$scratch/heard")
}

# ---- the option on the wire ----

both_it_is_on_the_last_packet_of_the_handshake_and_the_first_data() {
	fullnat
	capture srv2 eth0 tcp
	get 4421 "http://$vip_:80/who" "http://$vip_:80/big" "http://$vip_:80/who" -o /dev/null -o /dev/null -o /dev/null
	over
	equal "$(carriers | wc -l)" 2 "packets with the option"
	matches "$(carriers | sed -n 1p)" "Flags \[\.\].*options \[$(option 4421).*length 0"
	matches "$(carriers | tail -n 1)" "Flags \[P\.\].*options \[$(option 4421)"
	matches "$(carriers | tail -n 1)" "GET /who"
}

both_off_nothing_is_changed() {
	set_sysctl net.ipv4.vs.fullnat_toa_entry=0
	fullnat
	toa
	capture srv2 eth0 tcp
	capture srv1 eth0 tcp
	told_laddr who 4422
	over
	equal "$(carriers | wc -l)" 0 "packets with the option"
	captured srv1 eth0 "Flags \[S\.\].*mss $mss,"
}

both_the_server_s_mss_leaves_room() {
	fullnat
	capture srv1 eth0 tcp
	who 4423
	captured srv1 eth0 "$vip\.80 > .*Flags \[S\.\].*mss $((mss - size)),"
	captured srv1 eth0 "> $vip\.80: Flags \[S\].*mss $mss,"
}

both_option_numbers_are_the_operator_s() {
	set_sysctl net.ipv4.vs.fullnat_toa_opt=200 net.ipv4.vs.fullnat_toa6_opt=201
	fullnat
	capture srv2 eth0 tcp
	toa opt=200 opt6=201
	told "$srv1 4424" who 4424
	over
	equal "$(carriers "$(option 4424 $([[ $family == 4 ]] && echo 200 || echo 201))" | wc -l)" 2 "packets with the option"
	refused 1 "nvalid" on gw sysctl -qw net.ipv4.vs.fullnat_toa_opt=39
	refused 1 "nvalid" on gw sysctl -qw net.ipv4.vs.fullnat_toa6_opt=172
}

both_checksums_are_right() {
	no_offloads
	fullnat
	capture srv2 eth0 tcp
	capture srv1 eth0 tcp
	who 4425
	over
	equal "$(carriers "cksum 0x[0-9a-f]+ \(correct\).*$(option 4425)" | wc -l)" 2 "packets with the option and a right checksum"
	captured srv1 eth0 "Flags \[S\.\], cksum 0x[0-9a-f]+ \(correct\)"
	not_captured srv2 eth0 "bad cksum"
}

# ---- content ----

# The first data of peer is longer than a segment.
transfers() {
	rm -f $http/www/copy $scratch/got
	get "$1" -T $http/www/big "http://$vip_:80/copy"
	cmp $http/www/big $http/www/copy
	get "$(($1 + 1))" "http://$vip_:80/big" -o "$scratch/got"
	cmp $http/www/big "$scratch/got"
	told "$srv1 $(($1 + 2))" ask -p "$(($1 + 2))" -b 3000000
}

both_content_is_unbroken_with_offloads() {
	fullnat 80=80 70=7
	toa
	capture srv2 eth0 "tcp port 7"
	transfers 4431
	# One packet as far as the stacks are concerned.
	matches "$(carriers | tail -n 1)" "options \[$(option 4433).*length [0-9]{4,5}"
}

both_content_is_unbroken_without_offloads() {
	no_offloads
	fullnat 80=80 70=7
	toa
	transfers 4436
}

both_data_that_would_not_fit_goes_without() {
	local before
	set_sysctl net.ipv4.vs.fullnat_mss_adjust_entry=0
	fullnat 70=7
	toa
	before=$(counter toa_too_long)
	capture srv2 eth0 tcp
	told "$srv1 4441" ask -p 4441 -b 300000
	over
	equal "$(carriers | wc -l)" 1 "packets with the option"
	equal "$(counter toa_too_long)" $((before + 1)) "toa_too_long"
}

# ---- a client that claims to be another ----

# connect PORT OPTIONS: a handshake by hand from $ghost, an address of srv1's that
# srv1 knows nothing of; its last packet and data have the TCP options (hex). Asks
# nginx who it is.
connect() {
	local port=$1 options=$2 ack
	ghost=$([[ $family == 4 ]] && echo 8.8.1.9 || echo 2001:db8:a1::9)
	ip -n isp1 neigh replace "$ghost" dev srv1 nud permanent \
		lladdr "$(ip -n srv1 -o link show eth0 | sed -E 's/.*ether ([0-9a-f:]+).*/\1/')"
	capture srv1 eth0 "tcp port $port"
	by_hand "$port" --flags S --seq 1000 --payload 0
	captured srv1 eth0 "$vip\.80 > .*Flags \[S\.\]"
	ack=$(packets "$scratch/srv1-eth0" | sed -nE 's/.*Flags \[S\.\].* seq ([0-9]+), ack 1001.*/\1/p' | sed -n 1p)
	by_hand "$port" --flags A --seq 1001 --ack $(((ack + 1) % 4294967296)) --payload 0 --tcp "$options"
	by_hand "$port" --flags PA --seq 1001 --ack $(((ack + 1) % 4294967296)) --tcp "$options" --text 'GET /who HTTP/1.0\r\n\r\n'
}

by_hand() {
	local port=$1
	shift
	packet srv1 "$ghost" "$vip" tcp --sport "$port" --dport 80 "$@"
}

both_a_forged_option_is_blanked() {
	fullnat
	toa
	capture srv2 eth0 tcp
	connect 4451 "$forged"
	logged "^$ghost 4451 GET /who"
	equal "$(carriers 'exp-0009|0x0009' | wc -l)" 0 "forged options"
}

both_a_forged_option_that_leaves_no_room_is_blanked() {
	local before fill=''
	fullnat
	toa
	before=$(counter toa_no_room)
	while ((${#fill} + ${#forged} < 80)); do
		fill+=01
	done
	connect 4452 "$fill$forged"
	logged "^$laddr [0-9]+ GET /who HTTP/1.0"
	equal "$(counter toa_no_room)" $((before + 2)) "toa_no_room"
}

# ---- on the director itself ----

both_the_server_is_the_director() {
	fullnat
	toa
	ts -R <<-END
		-A -t $vip_:70 -s rr
		-P -t $vip_:70 -z $laddr
		-a -t $vip_:70 -r $([[ $family == 4 ]] && echo $inner_gw || echo "[$inner_gw]"):7 -b
	END
	background on gw "$tools/peer" serve 7
	eventually 10 on gw "$tools/peer" tcp $inner_gw 7
	told "$srv1 4462" ask -p 4462 -b 300000
}

both_the_client_is_the_director() {
	fullnat
	toa
	told "$vip 4463" on gw curl -sS --max-time 60 --interface "$vip" --local-port 4463 "http://$vip_:80/who"
}

# ---- unloading ----

# askers: clients that ask without end; what they are told goes to $scratch/answers.
askers() {
	local i
	for i in 1 2; do
		background bash -c "while :; do nsenter --net=/run/netns/srv1 $tools/peer tcp -s $srv1 -b 3000 $vip 70; done" >>"$scratch/answers"
	done
}

answers_more() {
	(($(wc -l <"$scratch/answers") > $1))
}

both_the_module_comes_and_goes_under_traffic() {
	local i
	fullnat 70=7
	toa
	talk 4471
	askers
	for i in 1 2 3 4 5 6; do
		eventually 30 answers_more "$(($(wc -l <"$scratch/answers") + 2))"
		rmmod toa
		say "without $i"
		eventually 30 answers_more "$(($(wc -l <"$scratch/answers") + 2))"
		insmod "$modules/toa.ko" from=$directors
		say "with $i"
	done
	lacks "$(grep -Ev "^($srv1|$laddr) [0-9]+$" "$scratch/answers" || :)" .
	matches "$(cat "$scratch/answers")" "$srv1 "
	matches "$(cat "$scratch/answers")" "$laddr "
	hang_up
}
