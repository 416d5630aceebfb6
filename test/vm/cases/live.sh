# SPDX-License-Identifier: GPL-2.0-only
# What changes under flows that run: with the fast path and without it, it is
# noticed by the next packet. Questions by UDP are not repeated, so that one
# that is lost fails the case.

suite_reset() {
	on gw ipvsadm -C
	fast_xmit 1 1
}

# fast_xmit INSIDE RESPONSE: the switches, for packets of clients and for answers.
fast_xmit() {
	on gw sysctl -qw net.ipv4.vs.fast_response_xmit_inside="$1" net.ipv4.vs.fast_response_xmit="$2"
}

# on_and_off FUNCTION: with the fast path and without.
on_and_off() {
	fast_xmit 1 1
	"$1"
	rm -f "$scratch"/*-eth* "$scratch"/*-gw*
	on gw ipvsadm -C
	fast_xmit 0 0
	"$1"
}

# asks N: as many questions and answers in the flow that runs.
asks() {
	local i
	for ((i = 0; i < $1; i++)); do
		asked=$((${asked-0} + 1))
		say "question $asked."
	done
}

# count_at NS ADDRESS…: count what leaves NS for these addresses, at POSTROUTING.
count_at() {
	local ns=$1 address
	shift
	undo on "$ns" "$(tables)" -t mangle -F POSTROUTING
	for address; do
		on "$ns" "$(tables)" -t mangle -A POSTROUTING -d "$address" \
			! -p "$([[ $family == 4 ]] && echo icmp || echo ipv6-icmp)"
	done
}

# counted NS ADDRESS: since count_anew.
counted() {
	on "$1" "$(tables)" -t mangle -vnxL POSTROUTING |
		awk -v to="$2" '{ for (i = 3; i <= NF; i++) if ($i ~ "^" to "(/|$)") print $1 }'
}

count_anew() { # NS…
	local ns
	for ns; do
		on "$ns" "$(tables)" -t mangle -Z POSTROUTING
	done
}

both_the_switches_are_for_their_own_direction() {
	local kind inside response out back
	count_at gw $srv1 $in40
	snat "-F $net40 -U $pool1"
	for kind in udp tcp; do
		converse in40 $kind $srv1
		asks 1
		while read -r inside response; do
			fast_xmit "$inside" "$response"
			count_anew gw
			asks 10
			out=$(counted gw $srv1)
			back=$(counted gw $in40)
			if ((inside)); then equal "$out" 0 "packets at POSTROUTING"; else ((out >= 10)); fi
			if ((response)); then equal "$back" 0 "answers at POSTROUTING"; else ((back >= 10)); fi
		done <<-END
			1 1
			0 1
			1 0
			0 0
		END
	done
}

both_fullnat_takes_it_too() {
	local virtual=1.1.2.2 server=$srv1 lend fast all
	[[ $family == 4 ]] || virtual=2001:db8:2::2 server=[$srv1]
	lend=$(pool_address 2 105)
	count_at gw $srv1
	count_at isp1 $srv1
	ts -R <<-END
		-A -t ${six:+[}$virtual${six:+]}:7 -s rr
		-P -t ${six:+[}$virtual${six:+]}:7 -z $lend
		-a -t ${six:+[}$virtual${six:+]}:7 -r $server:7 -b
	END
	for fast in 1 0; do
		fast_xmit $fast $fast
		count_anew gw isp1
		matches "$(ask_tcp in40 $virtual -b 1000000)" "^$lend "
		all=$(counted isp1 $srv1)
		# What IPVS wants to see, once a second, too.
		if ((fast)); then (($(counted gw $srv1) * 2 < all)); else equal "$(counted gw $srv1)" "$all"; fi
	done
}

both_counters_are_exact() {
	local i
	undo on in40 "$(tables)" -t mangle -F
	on in40 "$(tables)" -t mangle -F
	on in40 "$(tables)" -t mangle -A OUTPUT -p udp
	on in40 "$(tables)" -t mangle -A INPUT -p udp
	snat "-F $net40 -U $pool1"
	for i in 1 2 3; do
		on in40 "$tools/flood" -p 5400 -a 10 $many 7 50
	done
	eventually 10 counters_are 50 "$(udp_in_chain OUTPUT)" "$(udp_in_chain INPUT)"
}

udp_in_chain() { # CHAIN of in40
	on in40 "$(tables)" -t mangle -vnxL "$1" | awk '$3 == "udp" || $3 == "17" { print $1 }'
}

# counters_are CONNECTIONS IN OUT: of the rule, and no other numbers.
counters_are() {
	[[ $(ts -Ln --stats --exact) =~ $net40.*\ $1\ +$2\ +$3\  ]]
}

both_a_changed_route_is_followed() {
	on_and_off follows_the_route
}

follows_the_route() {
	snat "-F $net40 -U $pool1"
	capture isp2 gw "udp port 7"
	converse in40 udp $srv3
	from_pool 2 "$seen"
	asks 3
	not_captured isp2 gw "> $srv3.7"
	undo ip -n gw $six route replace default via $hop1
	ip -n gw $six route replace default via $hop2
	asks 1
	captured isp2 gw "$(pool_regex 2)\.[0-9]+ > $srv3.7"
	ip -n gw $six route replace default via $hop1
	asks 3
}

both_an_edited_next_hop_is_followed() {
	on_and_off follows_the_rule
}

follows_the_rule() {
	snat "-F $net40 -U $pool1"
	capture isp2 gw "udp port 7"
	converse in40 udp $srv3
	asks 3
	not_captured isp2 gw "> $srv3.7"
	ts -k -f 1 $six -F $net40 -U $pool1 -N $hop2
	asks 1
	captured isp2 gw "$(pool_regex 2)\.[0-9]+ > $srv3.7"
	ts -k -f 1 $six -F $net40 -U $pool1
	asks 3
}

both_changed_neighbours_are_followed() {
	on_and_off follows_neighbours
}

follows_neighbours() {
	local n
	snat "-F $net40 -U $pool1"
	converse in40 udp $srv1
	asks 3
	for n in 03 04; do
		ip -n isp1 link set gw address 02:00:00:00:99:$n
		ip -n gw neigh replace $hop1 lladdr 02:00:00:00:99:$n dev eth1 nud reachable
		asks 1
		ip -n in40 link set eth0 address 02:00:00:00:98:$n
		ip -n gw neigh replace $in40 lladdr 02:00:00:00:98:$n dev eth0 nud reachable
		asks 1
	done
	# Nobody has heard of it for long, or ever: packets wait while it is asked for.
	ip -n gw neigh replace $hop1 lladdr 02:00:00:00:99:$n dev eth1 nud stale
	asks 3
	ip -n gw neigh flush dev eth1
	ip -n gw neigh flush dev eth0
	asks 3
}

both_a_smaller_MTU_is_told() {
	sport=5401
	on_and_off tells_the_mtu
}

tells_the_mtu() {
	snat "-F $net40 -U $pool1"
	learns_path_mtu
	capture in40 eth0 $icmp
	converse in40 udp $srv1 -p $sport
	asks 3
	undo ip -n gw $six route replace default via $hop1
	ip -n gw $six route replace default via $hop1 mtu 1320
	send_long 1320
	captured in40 eth0 "$inner_gw > $in40: .*(need to frag|too big).*1320"
	ip -n gw $six route replace default via $hop1
	undo ip -n gw link set eth1 mtu 1500
	ip -n gw link set eth1 mtu 1300
	send_long 1300
	captured in40 eth0 "$inner_gw > $in40: .*(need to frag|too big).*1300"
	ip -n gw link set eth1 mtu 1500
	flush_path_mtu
	from_pool 2 "$(ask_udp in40 $srv1 -b 1400)"
	sport=$((sport + 1))
}

# send_long MTU: a packet of the flow that is a little longer, and may not be cut.
send_long() {
	flush_path_mtu
	packet in40 $in40 $srv1 udp --sport $sport --payload $(($1 - 20)) --fragment $((0x4000))
}

both_links_go_and_come() {
	on_and_off links_go_and_come
}

links_go_and_come() {
	local dev before
	undo restore_inner_side
	snat "-F $net40 -U $pool1"
	on gw sysctl -qw net.ipv6.conf.all.keep_addr_on_down=1 net.ipv6.conf.eth0.keep_addr_on_down=1 \
		net.ipv6.conf.eth1.keep_addr_on_down=1
	converse in40 udp $srv1
	asks 3
	for dev in eth1 eth0; do
		ip -n gw link set $dev down
		ip -n gw link set $dev up
		ip -n gw route replace default via 1.1.2.1
		ip -n gw -6 route replace default via 2001:db8:2::1
		eventually 10 link_is_up $dev
		asks 3
	done
	# Without an address there, there is no way to the client.
	before=$(counter drop_no_route)
	ip -n gw addr del $inner_gw/$([[ $family == 4 ]] && echo 24 || echo 64) dev eth0
	ip -n gw $six route replace unreachable $in40
	packet srv1 $srv1 "${seen% *}" udp --sport 7 --dport "${seen#* }"
	eventually 10 more_than "$before" drop_no_route
	restore_inner_side
	asks 3
}

restore_inner_side() {
	ip -n gw $six route del unreachable $in40 2>/dev/null || :
	ip -n gw addr replace $inner_gw/$([[ $family == 4 ]] && echo 24 || echo 64) dev eth0 $([[ $family == 4 ]] || echo nodad)
}

link_is_up() {
	[[ $(ip -n gw -o link show "$1") == *LOWER_UP* ]]
}

more_than() { # NUMBER COUNTER
	(($(counter "$2") > $1))
}

both_flows_end_with_their_service() {
	on_and_off ends_with_the_service
}

ends_with_the_service() {
	snat "-F $net40 -U $pool1"
	converse in40 udp $srv1
	asks 3
	on gw ipvsadm -D -f 1 $six
	snat "-F $net50 -U $pool1"
	capture srv1 eth0 "udp port 7"
	echo lost >&5
	eventually 10 more_than 0 drop_no_rule
	from_pool 2 "$(ask_udp in50 $srv1)"
	captured srv1 eth0 "> $srv1.7"
	equal "$(grep -c "> $srv1.7" "$scratch/srv1-eth0")" 1 "packets at the server"
}

case_devices_come_and_go_under_traffic() {
	local i
	family=4 six=''
	snat "-F 192.168.0.0/16 -U $pool1"
	snat_six
	flood_both_families
	for i in 1 2 3 4 5; do
		ip -n gw link add dummy$i type dummy
		ip -n gw link set dummy$i up
		ip -n gw link set dummy$i netns isp1
		ip -n isp1 link set dummy$i netns gw
		ip -n gw link del dummy$i
		on gw ipvsadm -C
		snat "-F 192.168.0.0/16 -U $pool1"
		snat_six
	done
	eventually 20 ask_udp in60 8.8.1.1 -t 1
}

snat_six() {
	ts -R <<-END
		-A -f 1 -6 -s snat_sched
		-K -f 1 -6 -F 2001:db8::/40 -U [2001:db8:2::100]-[2001:db8:2::110]
	END
}
