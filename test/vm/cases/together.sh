# SPDX-License-Identifier: GPL-2.0-only
# Everything on one director at once: services of FULLNAT, masquerading, direct
# routing and tunnels, source-NAT rules and zones. Each packet meets one of them
# at most: services have what comes to a virtual address, and the answers; what
# is forwarded beyond that is a rule's, or else a zone's.
#
#   port  method        real server
#   70    FULLNAT       srv2, from pool_address 3 100-104
#   71    masquerading  in40
#   7     direct        in40 (-t), in60 (-u): their gateway is the director, by
#   73    tunnel        in50                  which their answers come back
#   74    FULLNAT       in40, from the inner address of the director
#
#   from in40, in41     rule: pool_address 2 100-104
#   from others         zone: pool_address 2 108-109

suite_setup() {
	local ns
	have_network && modprobe -a ipip ip6_tunnel || return
	# Directly routed servers have the virtual address, and keep quiet about it.
	for ns in in40 in50 in60; do
		ip -n $ns addr add 1.1.2.2/32 dev lo
		ip -n $ns addr add 2001:db8:2::2/128 dev lo nodad
		on $ns sysctl -qw net.ipv4.conf.all.arp_announce=2 net.ipv4.conf.all.arp_ignore=1
	done
	on gw sysctl -qw net.ipv4.conf.eth0.accept_local=1
	ip -n in50 link add tun4 type ipip local 192.168.50.2 remote any
	ip -n in50 link add tun6 type ip6tnl mode ip6ip6 local 2001:db8:50::2 remote any
	ip -n in50 link set tun4 up
	ip -n in50 link set tun6 up
	serve in40 7
	serve in50 73
	serve in60 7
	serve in70 7
}

# serve NS PORT: to the end of the suite.
serve() {
	on "$1" "$tools/peer" serve "$2" </dev/null >/dev/null 2>&1 &
	disown
}

suite_reset() {
	clear_connections
}

names() {
	if [[ $family == 4 ]]; then
		vip=1.1.2.2 everything=0.0.0.0:0 extra=1.1.2.60
	else
		vip=2001:db8:2::2 everything='[::]:0' extra=2001:db8:2::60
	fi
	vip_=$(bracketed $vip)
	ruled="$(pool_address 2 10)[0-4]" zoned="$(pool_address 2 10)[89]" full="$(pool_address 3 10)[0-4]"
}

# The whole table, as -R takes it; --sched and the like stay at their defaults.
table() {
	local kind
	for kind in t u; do
		cat <<-END
			-A -$kind $everything -s rr
			-A -$kind $vip_:70 -s rr
			-P -$kind $vip_:70 -z $(pool_address 3 100)-$(pool_address 3 104)
			-a -$kind $vip_:70 -r $(bracketed $srv2):7 -b
			-A -$kind $vip_:71 -s rr
			-a -$kind $vip_:71 -r $(bracketed $in40):7 -m
			-A -$kind $vip_:7 -s rr
			-A -$kind $vip_:73 -s rr
			-a -$kind $vip_:73 -r $(bracketed $in50):73 -i
			-A -$kind $vip_:74 -s rr
			-P -$kind $vip_:74 -z $inner_gw
			-a -$kind $vip_:74 -r $(bracketed $in40):7 -b
		END
	done
	cat <<-END
		-a -t $vip_:7 -r $(bracketed $in40):7 -g
		-a -u $vip_:7 -r $(bracketed $in60):7 -g
		-A -f 1 $six -s snat_sched
		-K -f 1 $six -F $net40 -U $(pool_address 2 100)-$(pool_address 2 104)
		-K --zone $net70
		-P --zone $net70 -z $(pool_address 2 109)
		-K --zone $any
		-P --zone $any -z $(pool_address 2 108)
	END
}

director() {
	names
	table | ts -R
}

# at PORT tcp|udp NS [OPTIONS of peer]: asks the virtual address; what the server saw.
at() {
	on "$3" "$tools/peer" "$2" "${@:4}" "$vip" "$1"
}

# like SEEN REGEX-OF-ADDRESS
like() {
	matches "$1" "^$2 [0-9]+$" "source seen by the server"
}

# one NS SERVER PORT TEXT: a datagram from the port to the server's port 4600.
one() {
	packet "$1" "$2" "$3" udp --sport "$4" --dport 4600
}

# hold PORT NS: a conversation by TCP with the virtual address that stays open,
# as converse; say to go on.
hold() {
	rm -f "$scratch/said" "$scratch/heard"
	mkfifo "$scratch/said"
	exec 5<>"$scratch/said"
	background on "$2" "$tools/peer" tcp -k "${@:3}" "$vip" "$1" <&5 >"$scratch/heard"
	eventually 10 test -s "$scratch/heard"
	seen=$(head -n 1 "$scratch/heard")
}

# ---- each pair ----

both_FULLNAT_and_NAT() {
	local kind
	director
	capture srv1 eth0 "port 4500"
	capture in40 eth0 "port 7"
	# One client's port, one real server's port, by both.
	for kind in tcp udp; do
		like "$(at 74 $kind srv1 -p 4500)" $inner_gw
		equal "$(at 71 $kind srv1 -p 4500)" "$srv1 4500"
		like "$(at 74 $kind srv1 -p 4500 -b 1000)" $inner_gw
		equal "$(at 71 $kind srv1 -p 4500 -b 1000)" "$srv1 4500"
	done
	captured srv1 eth0 "$vip\.71 > $srv1\.4500: Flags \[S\.\]"
	captured srv1 eth0 "$vip\.74 > $srv1\.4500: Flags \[S\.\]"
	captured in40 eth0 "$srv1\.4500 > $in40\.7: Flags \[S\]"
	captured in40 eth0 "$inner_gw\.[0-9]+ > $in40\.7: Flags \[S\]"
	not_captured srv1 eth0 "$in40|$inner_gw|> $srv1\.4500: Flags \[R"
}

both_FULLNAT_and_NAT_in_one_service() {
	local i
	director
	ts -a -t $vip_:71 -r "$(bracketed $srv2)":7 -b
	ts -P -t $vip_:71 -z "$(pool_address 3 105)"
	for i in 1 2 3 4; do
		at 71 tcp srv1 -p $((4510 + i)) -b 1000
	done | cut -d ' ' -f 1 | sort | uniq -c | awk '{ print $1, $2 }' >"$scratch/seen"
	equal "$(sort "$scratch/seen")" "$(printf '%s\n' "2 $(pool_address 3 105)" "2 $srv1" | sort)" "clients that the servers saw"
}

both_FULLNAT_and_DR() {
	director
	capture in40 eth0 "tcp port 7"
	capture srv1 eth0 "port 4520"
	like "$(at 74 tcp srv1 -p 4520 -b 1000)" $inner_gw
	equal "$(at 7 tcp srv1 -p 4520 -b 1000)" "$srv1 4520"
	like "$(at 70 udp srv1 -p 4520)" "$full"
	equal "$(at 7 udp srv1 -p 4520)" "$srv1 4520"
	captured in40 eth0 "$srv1\.4520 > $vip\.7: Flags \[S\]"
	captured in40 eth0 "$inner_gw\.[0-9]+ > $in40\.7: Flags \[S\]"
	captured srv1 eth0 "$vip\.7 > $srv1\.4520: .*UDP"
	not_captured srv1 eth0 "$in40|$in60"
}

both_FULLNAT_and_SNAT() {
	local before
	director
	before=$(counter drop_no_rule)
	capture srv2 eth0 "port 4530"
	capture srv1 eth0 "port 4530"
	# An inner client that the rule covers, of the service and outwards.
	hold 70 in41 -p 4530
	like "$seen" "$full"
	like "$(ask_tcp in41 $srv1 -p 4530 -b 1000)" "$ruled"
	like "$(at 70 udp in41 -p 4530)" "$full"
	like "$(ask_udp in41 $srv1 -p 4530)" "$ruled"
	say "the service's still"
	# The service's real server sends by the rule what is no answer.
	like "$(at 74 udp srv1 -p 4530)" $inner_gw
	like "$(ask_udp in40 $srv1)" "$ruled"
	not_captured srv2 eth0 "$in41|$(pool_address 2 10)"
	not_captured srv1 eth0 "$in40|$in41"
	equal "$(counter drop_no_rule)" "$before" drop_no_rule
}

both_FULLNAT_and_zones() {
	director
	hold 70 in70 -p 4540
	like "$seen" "$full"
	like "$(ask_tcp in70 $srv1 -p 4540 -b 1000)" "$(pool_address 2 109)"
	like "$(at 70 udp in70 -p 4540)" "$full"
	like "$(ask_udp in70 $srv1 -p 4540)" "$(pool_address 2 109)"
	on in70 $ping -q -c 1 -W 5 $srv1
	say "the service's still"
}

both_NAT_and_DR() {
	local kind
	director
	capture in40 eth0 "tcp port 7"
	for kind in tcp udp; do
		equal "$(at 71 $kind srv1 -p 4550 -b 1000)" "$srv1 4550"
		equal "$(at 7 $kind srv1 -p 4550 -b 1000)" "$srv1 4550"
	done
	captured in40 eth0 "$srv1\.4550 > $in40\.7: Flags \[S\]"
	captured in40 eth0 "$srv1\.4550 > $vip\.7: Flags \[S\]"
}

both_NAT_and_SNAT() {
	director
	capture srv1 eth0 "port 4600"
	hold 71 srv1 -p 4560
	equal "$seen" "$srv1 4560"
	# The real server of its own accord, from the service's port to another one
	# of the client, and then to that which the client comes from next.
	like "$(ask_tcp in40 $srv1)" "$ruled"
	one in40 $in40 $srv1 7
	captured srv1 eth0 "$ruled\.[0-9]+ > $srv1\.4600: "
	equal "$(at 71 udp srv1 -p 4600)" "$srv1 4600"
	captured srv1 eth0 "$vip\.71 > $srv1\.4600: "
	not_captured srv1 eth0 "$in40"
	# An inner client of a service keeps its address; outwards it gets the rule's.
	ts -K -f 1 $six -F $net70 -U "$(pool_address 2 104)"
	equal "$(at 71 udp in70 -p 4561)" "$in70 4561"
	like "$(ask_udp in70 $srv1 -p 4561)" "$(pool_address 2 104)"
	say "the service's still"
}

both_NAT_and_zones() {
	director
	ts -a -t $vip_:71 -r "$(bracketed $in70)":7 -m
	ts -d -t $vip_:71 -r "$(bracketed $in40)":7
	ts -a -u $vip_:71 -r "$(bracketed $in70)":7 -m
	ts -d -u $vip_:71 -r "$(bracketed $in40)":7
	capture srv1 eth0 "port 4600"
	hold 71 srv1 -p 4570
	equal "$seen" "$srv1 4570"
	like "$(ask_tcp in70 $srv1)" "$(pool_address 2 109)"
	one in70 $in70 $srv1 7
	captured srv1 eth0 "$(pool_address 2 109)\.[0-9]+ > $srv1\.4600: "
	equal "$(at 71 udp srv1 -p 4600)" "$srv1 4600"
	captured srv1 eth0 "$vip\.71 > $srv1\.4600: "
	not_captured srv1 eth0 "$in70"
	say "the service's still"
}

both_DR_and_SNAT() {
	director
	capture srv1 eth0 "tcp port 4580 or udp port 4600"
	# Its answers come by the director, which is its gateway, and stay as they are.
	hold 7 srv1 -p 4580
	equal "$seen" "$srv1 4580"
	like "$(ask_tcp in40 $srv1)" "$ruled"
	one in40 $in40 $srv1 7
	say "the service's still"
	captured srv1 eth0 "$ruled\.[0-9]+ > $srv1\.4600: "
	not_captured srv1 eth0 "$in40|$(pool_address 2 10)[0-9]\.[0-9]+ > $srv1\.4580"
	# A client beside its server hears from that itself.
	capture in41 eth0 "tcp port 4581"
	equal "$(at 7 tcp in41 -p 4581 -b 1000)" "$in41 4581"
	captured in41 eth0 "$vip\.7 > $in41\.4581: Flags \[S\.\]"
	like "$(ask_tcp in41 $srv1 -p 4581)" "$ruled"
}

both_DR_and_zones() {
	director
	capture srv1 eth0 "udp"
	equal "$(at 7 udp srv1 -p 4590)" "$srv1 4590"
	like "$(ask_udp in60 $srv1 -p 4590)" "$(pool_address 2 108)"
	one in60 $in60 $srv1 7
	captured srv1 eth0 "$(pool_address 2 108)\.[0-9]+ > $srv1\.4600: "
	equal "$(at 7 udp srv1 -p 4590 -b 1000)" "$srv1 4590"
	not_captured srv1 eth0 "$in60|$(pool_address 2 108)\.[0-9]+ > $srv1\.4590"
}

both_SNAT_and_zones() {
	director
	like "$(ask_tcp in40 $srv1 -p 4610)" "$ruled"
	like "$(ask_tcp in60 $srv1 -p 4610)" "$(pool_address 2 108)"
	like "$(ask_udp in41 $srv1 -p 4610)" "$ruled"
	like "$(ask_udp in70 $srv1 -p 4610)" "$(pool_address 2 109)"
	# What is left of the rule's pool is not the zone's, nor the other way round.
	matches "$(ts -G --zone $any)" "$(pool_address 2 108) +0 +1 +1 "
	equal "$(ts -Ln | awk -v from="$net40" '$2 == from { print $(NF - 1) + $NF }')" 2 "flows of the rule"
}

both_tunnels_and_all_the_others() {
	local kind
	director
	capture in50 eth0 "proto 4 or proto 41 or ip6 proto 41 or ip6 proto 4"
	for kind in tcp udp; do
		equal "$(at 73 $kind srv1 -p 4620 -b 1000)" "$srv1 4620"
		like "$(at 70 $kind srv1 -p 4620)" "$full"
	done
	captured in50 eth0 "$srv1\.4620 > $vip\.73: Flags \[S\]"
	like "$(ask_udp in50 $srv1 -p 4620)" "$(pool_address 2 108)"
}

both_errors_of_every_server_come_from_the_virtual_address() {
	local before port
	director
	before=$(counter drop_icmp_error)
	# Nobody listens on these.
	ts -R <<-END
		-A -u $vip_:76 -s rr
		-P -u $vip_:76 -z $inner_gw
		-a -u $vip_:76 -r $(bracketed $in40):76 -b
		-A -u $vip_:77 -s rr
		-a -u $vip_:77 -r $(bracketed $in40):77 -m
		-A -u $vip_:78 -s rr
		-a -u $vip_:78 -r $(bracketed $in60):78 -g
	END
	capture srv1 eth0 $icmp
	for port in 76 77 78; do
		packet srv1 $srv1 $vip udp --sport 4630 --dport $port
		captured srv1 eth0 "$vip > $srv1: .*($vip udp port $port unreachable|unreachable port.*$vip udp port $port)"
	done
	not_captured srv1 eth0 "$in40|$in60|$inner_gw"
	equal "$(counter drop_icmp_error)" "$before" drop_icmp_error
}

# ---- shared addresses ----

both_one_address_for_a_rule_a_zone_and_a_service() {
	names
	set_sysctl net.ipv4.vs.fullnat_lport_min=20000 net.ipv4.vs.fullnat_lport_max=20005
	ts -R <<-END
		-A -u $everything -s rr
		-A -u $vip_:70 -s rr
		-P -u $vip_:70 -z $(pool_address 2 100)
		-a -u $vip_:70 -r $(bracketed $srv1):7 -b
		-A -f 1 $six -s snat_sched
		-K -f 1 $six -F $net40 -U $(pool_address 2 100)
		-K --zone $any
		-P --zone $any -z $(pool_address 2 100)
	END
	# Six ports towards one remote, whoever asks for them.
	{
		ask_udp in40 $srv1 -p 5001
		ask_udp in60 $srv1 -p 5001
		at 70 udp in41 -p 5001
		ask_udp in41 $srv1 -p 5002
		ask_udp in70 $srv1 -p 5001
		at 70 udp in70 -p 5002
	} | sort -u >"$scratch/seen"
	equal "$(wc -l <"$scratch/seen")" 6 "different sources"
	equal "$(cut -d ' ' -f 1 "$scratch/seen" | sort -u)" "$(pool_address 2 100)"
	capture srv1 eth0 udp
	ask_udp in40 $srv1 -p 5010 -t 1 && fail "a seventh, by the rule"
	ask_udp in60 $srv1 -p 5010 -t 1 && fail "a seventh, by the zone"
	at 70 udp in41 -p 5010 -t 1 && fail "a seventh, by the service"
	matches "$(counter drop_pool_exhausted) $(counter drop_zone_exhausted) $(counter drop_laddr_exhausted)" "^[1-9][0-9]* [1-9][0-9]* [1-9]"
	# Each of the three goes on with its own.
	ask_udp in40 $srv1 -p 5001
	ask_udp in60 $srv1 -p 5001
	at 70 udp in41 -p 5001
	not_captured srv1 eth0 "$in40|$in41|$in60"
}

both_a_pool_address_is_a_virtual_address_too() {
	local before
	names
	vip=$(pool_address 2 100) vip_=$(bracketed "$(pool_address 2 100)")
	ts -R <<-END
		-A -f 1 $six -s snat_sched
		-K -f 1 $six -F $net40 -U $vip
		-A -t $vip_:70 -s rr
		-P -t $vip_:70 -z $(pool_address 3 100)
		-a -t $vip_:70 -r $(bracketed $srv2):7 -b
		-A -t $vip_:71 -s rr
		-a -t $vip_:71 -r $(bracketed $in40):7 -m
		-A -u $vip_:70 -s rr
		-P -u $vip_:70 -z $vip
		-a -u $vip_:70 -r $(bracketed $srv1):7 -b
	END
	like "$(ask_tcp in41 $srv1 -b 1000)" "$vip"
	like "$(at 70 tcp srv1 -b 1000)" "$(pool_address 3 100)"
	like "$(at 71 tcp srv1 -b 1000)" $srv1
	# From the address to the address: client's, virtual and local side by side.
	like "$(at 70 udp in41)" "$vip"
	like "$(at 70 tcp in41)" "$(pool_address 3 100)"
	# What is nobody's is dropped without an answer, as ever.
	before=$(counter drop_unsolicited)
	capture srv1 eth0 "$icmp or tcp"
	packet srv1 $srv1 "$vip" tcp --sport 4700 --dport 72
	packet srv1 $srv1 "$vip" udp --sport 4700 --dport 72
	eventually 5 grown drop_unsolicited $((before + 2))
	not_captured srv1 eth0 "$vip > |$vip\.72 >"
}

grown() { # COUNTER WANT
	[[ $(counter "$1") == "$2" ]]
}

both_a_marked_service_beside_the_mark_of_SNAT() {
	local tables=iptables
	director
	[[ $family == 4 ]] || tables=ip6tables
	undo on gw $tables -t mangle -F PREROUTING
	on gw $tables -t mangle -A PREROUTING -p udp --dport 75 -j MARK --set-mark 9
	on gw $tables -t mangle -A PREROUTING -p udp --dport 70 -j MARK --set-mark 1
	on gw $tables -t mangle -A PREROUTING -s $in60 -j MARK --set-mark 9
	on gw $tables -t mangle -A PREROUTING -s $in41 -j MARK --set-mark 1
	ts -R <<-END
		-A -f 9 $six -s rr
		-P -f 9 $six -z $(pool_address 3 107)
		-a -f 9 $six -r $(bracketed $srv2):7 -b
	END
	like "$(at 75 udp srv1)" "$(pool_address 3 107)"
	# SNAT's mark is a name: whoever bears it has the service of the address.
	like "$(at 70 udp srv1)" "$full"
	like "$(at 70 udp in41)" "$full"
	# Marks are nothing to what is forwarded.
	like "$(ask_udp in60 $srv1)" "$(pool_address 2 108)"
	like "$(ask_udp in41 $srv1)" "$ruled"
	like "$(ask_tcp in40 $srv1)" "$ruled"
}

# ---- a virtual address that moves ----

# In the hands of isp1, and then of the director, or the other way round.
moves_to_director() {
	ip -n isp1 addr del $extra/$host dev gw
	ip -n gw addr add $extra/$host dev eth1 $nodad
	ip -n isp1 neigh flush dev gw
}

both_a_virtual_address_comes_to_the_director_and_leaves() {
	local nodad=''
	director
	[[ $family == 4 ]] || nodad='nodad'
	background on isp1 "$tools/peer" serve 70
	ip -n isp1 addr add $extra/$host dev gw $nodad
	undo ip -n isp1 addr del $extra/$host dev gw
	vip=$extra vip_=$(bracketed $extra)
	ts -R <<-END
		-A -u $vip_:70 -s rr
		-P -u $vip_:70 -z $(pool_address 3 106)
		-a -u $vip_:70 -r $(bracketed $srv2):7 -b
	END
	like "$(at 70 udp in41 -p 4710)" "$ruled"
	undo ip -n gw addr del $extra/$host dev eth1
	moves_to_director
	like "$(at 70 udp in41 -p 4710)" "$(pool_address 3 106)"
	ip -n gw addr del $extra/$host dev eth1
	ip -n isp1 addr add $extra/$host dev gw $nodad
	ip -n gw neigh flush dev eth1
	capture isp1 gw "udp port 70"
	like "$(at 70 udp in41 -p 4710)" "$ruled"
	not_captured isp1 gw "$in41"
}

# ---- the table ----

both_save_and_restore_lose_nothing() {
	local saved
	director
	ts -A -f 9 $six -s sh -p 300
	ts -P -f 9 $six -z $pool2
	ts -a -f 9 $six -r "$(bracketed $srv2)":0 -b -w 3 -x 100 -y 50
	ts -K -f 1 $six -F $net50 -T $srv1/$host -W $hop1 --oif eth1 -U $pool1 -O random -N $hop1
	ts -K --zone $net60 --before $any
	saved=$(ts -Sn)
	equal "$(grep -c . <<<"$saved")" 37 "lines saved"
	equal "$(grep -c -- '^-A' <<<"$saved") $(grep -c -- '^-a' <<<"$saved")" "14 11" "services and servers saved"
	equal "$(grep -c -- '^-P' <<<"$saved") $(grep -c -- '^-K' <<<"$saved")" "7 5" "addresses, rules and zones saved"
	ts -C
	equal "$(ts -Sn)" "" "what -C leaves"
	ts -R <<<"$saved"
	equal "$(ts -Sn)" "$saved" "what -R brought back"
	ts -C
	ts apply - <<<"$saved"
	equal "$(ts -Sn)" "$saved" "what apply brought back"
	like "$(at 70 tcp srv1)" "$full"
	like "$(ask_tcp in41 $srv1)" "$ruled"
	ask_udp in60 $srv1 -t 1 && fail "a zone without addresses had one"
	like "$(ask_udp in70 $srv1)" "$(pool_address 2 109)"
}

both_listings_have_every_kind() {
	local listing
	director
	at 70 udp srv1 -p 4720
	at 71 udp srv1 -p 4720
	at 7 udp srv1 -p 4720
	at 73 udp srv1 -p 4720
	ask_udp in41 $srv1 -p 4720
	ask_udp in70 $srv1 -p 4720
	ts -Lcn >"$scratch/connections"
	equal "$(grep -c 4720 "$scratch/connections")" 6 "connections and flows"
	row "$(at_port $vip 70)" "$full" "$srv2"
	row "$(at_port $vip 71)" - "$in40"
	row "$(at_port $srv1 7)" "$ruled" "$srv1"
	row "$(at_port $srv1 7)" "$(pool_address 2 109)" "$srv1"
	listing=$(ts -Ln)
	matches "$listing" "FullNat +1"
	matches "$listing" "Masq +1"
	matches "$listing" "Route +1"
	matches "$listing" "Tunnel +1"
	matches "$listing" "snat_sched"
	matches "$(ts -G)" "$(pool_address 2 109) +0 +1 +1 "
	ts -G -u $vip_:70 | awk -v at="$(pool_address 3 10)" 'index($1, at) == 1 { n += $3; used += $4 } END { exit n != 1 || used != 1 }'
	ts -G --json >"$scratch/json"
	python3 - "$scratch/json" <<-'END'
		import json, sys
		rows = json.load(open(sys.argv[1]))
		def local(node):
		    if isinstance(node, dict):
		        if {"used", "free", "conflicts"} <= node.keys():
		            yield node
		        for value in node.values():
		            yield from local(value)
		    elif isinstance(node, list):
		        for value in node:
		            yield from local(value)
		found = list(local(rows))
		assert len(found) == 14, len(found)
		assert sum(a["used"] for a in found) == 2, found
	END
}

at_port() {
	echo "$(bracketed "$1"):$2"
}

# row TO LOCAL SERVER: of the listing of connections.
row() {
	local to local=$2
	to=$(sed 's/[].[]/\\&/g' <<<"$1")
	[[ $local == - ]] || local="\[?$local\]?:[0-9]+"
	grep -Eq "4720 +$to +$local +\[?$3\]?:7$" "$scratch/connections" ||
		fail "no row to $1 by $2 in $(cat "$scratch/connections")"
}
