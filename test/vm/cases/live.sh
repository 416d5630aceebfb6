# SPDX-License-Identifier: GPL-2.0-only
# What changes under flows that run: the fast path does what the full path
# does, at once. Every case runs with both of its switches on, and off.

suite_setup() {
	load_module && make_topology && modprobe -a iptable_mangle ip6table_mangle
}

# fast_xmit INSIDE RESPONSE: the switches, for packets of clients and for answers.
fast_xmit() {
	on gw sysctl -qw net.ipv4.vs.fast_response_xmit_inside="$1" net.ipv4.vs.fast_response_xmit="$2"
}

# on_and_off FUNCTION: with the fast path and without.
on_and_off() {
	fast_xmit 1 1
	"$1"
	on gw ipvsadm -C
	hang_up
	fast_xmit 0 0
	"$1"
	fast_xmit 1 1
}

tables() {
	if [[ $family == 4 ]]; then on gw iptables -w "$@"; else on gw ip6tables -w "$@"; fi
}

# posted OPTIONS…: packets that POSTROUTING has seen, by a rule of the case.
posted() {
	tables -t mangle -vnxL POSTROUTING | awk -v dev="$1" '$6 == dev || $7 == dev { print $1 }'
}

# asks N: as many questions and answers in the flow that runs; those of UDP are
# not repeated when they get lost.
asks() {
	local i
	for ((i = 0; i < $1; i++)); do
		said=$((${said-0} + 1))
		say "question $said."
	done
}

both_the_switches_are_for_their_own_direction() {
	local kind out back
	undo tables -t mangle -F POSTROUTING
	tables -t mangle -A POSTROUTING -o eth1
	tables -t mangle -A POSTROUTING -o eth0
	snat "-F $net40 -U $pool1"
	for kind in udp tcp; do
		converse in40 $kind $srv1
		asks 1
		while read -r inside response; do
			fast_xmit "$inside" "$response"
			tables -t mangle -Z POSTROUTING
			asks 10
			out=$(posted eth1) back=$(posted eth0)
			if ((inside)); then equal "$out" 0 "packets at POSTROUTING"; else ((out >= 10)); fi
			if ((response)); then equal "$back" 0 "answers at POSTROUTING"; else ((back >= 10)); fi
		done <<-END
			1 1
			0 1
			1 0
			0 0
		END
		fast_xmit 1 1
		hang_up
	done
}

both_fullnat_takes_it_too() {
	local virtual=1.1.2.2 lend=1.1.2.130 kind
	[[ $family == 6 ]] && virtual=[2001:db8:2::2] lend=2001:db8:2::130
	undo tables -t mangle -F POSTROUTING
	tables -t mangle -A POSTROUTING -o eth1
	tables -t mangle -A POSTROUTING -o eth0
	for kind in udp tcp; do
		ts -A -${kind:0:1} $virtual:7 -s rr
		ts -P -${kind:0:1} $virtual:7 -z $lend
		ts -a -${kind:0:1} $virtual:7 -r "$([[ $family == 4 ]] && echo $srv1 || echo "[$srv1]")":7 -b
		converse in40 $kind "$(tr -d '[]' <<<$virtual)"
		# IPVS wants to count the first ones itself, and to see one each second.
		asks 12
		tables -t mangle -Z POSTROUTING
		asks 20
		(($(posted eth1) <= 10 && $(posted eth0) <= 10)) || fail "$(posted eth1) and $(posted eth0) packets at POSTROUTING"
		fast_xmit 0 0
		tables -t mangle -Z POSTROUTING
		asks 20
		(($(posted eth1) >= 20 && $(posted eth0) >= 20)) || fail "$(posted eth1) and $(posted eth0) packets at POSTROUTING"
		fast_xmit 1 1
		hang_up
	done
}

both_counters_are_exact() {
	on_and_off counters_are_exact
}

counters_are_exact() {
	snat "-F $net40 -U $pool1"
	on in40 "$tools/flood" -p 5400 -a 50 $many 7 50
	on in40 "$tools/flood" -p 5400 -a 50 $many 7 50
	on in40 "$tools/flood" -p 5400 -a 50 $many 7 50
	matches "$(ts -Ln --stats --exact | tr -s ' ' | grep -- "$net40")" " 50 150 150 "
	converse in40 udp $srv1
}

both_a_changed_route_is_followed() {
	on_and_off follows_the_route
}

follows_the_route() {
	local via1=$hop1 via2=$hop2 default=default
	[[ $family == 6 ]] && default='-6 route replace default'
	snat "-F $net40 -U $pool1"
	capture isp2 gw "udp port 7 and net $(pool_address 2 0)/$([[ $family == 4 ]] && echo 24 || echo 64)"
	converse in40 udp $srv3
	asks 3
	not_captured isp2 gw "$srv3.7"
	undo ip -n gw ${six} route replace default via $via1
	ip -n gw ${six} route replace default via $via2
	asks 1
	captured isp2 gw "$(pool_regex 2)\.[0-9]+ > $srv3.7"
	ip -n gw ${six} route replace default via $via1
	asks 3
}

both_a_changed_neighbour_is_followed() {
	on_and_off follows_the_neighbour
}

follows_the_neighbour() {
	local address
	snat "-F $net40 -U $pool1"
	converse in40 udp $srv1
	asks 3
	for address in 02:00:00:00:99:03 02:00:00:00:99:04; do
		ip -n isp1 link set gw address $address
		ip -n gw neigh replace $hop1 lladdr $address dev eth1 nud reachable
		asks 1
		ip -n in40 link set eth0 address ${address/99/98}
		ip -n gw neigh replace $in40 lladdr ${address/99/98} dev eth0 nud reachable
		asks 1
	done
	# Nobody has answered for long: it is asked for, and packets wait.
	ip -n gw neigh replace $hop1 lladdr $address dev eth1 nud stale
	asks 3
	ip -n gw neigh flush dev eth1
	ip -n gw neigh flush dev eth0
	asks 3
}

both_a_smaller_MTU_is_told() {
	on_and_off tells_the_mtu
}

tells_the_mtu() {
	local name
	snat "-F $net40 -U $pool1"
	capture in40 eth0 $icmp
	converse in40 udp $srv1 -p 5401
	asks 3
	undo ip -n gw ${six} route replace default via $hop1
	ip -n gw ${six} route replace default via $hop1 mtu 1300
	on in40 python3 -S "$raw" packet $in40 $srv1 udp --sport 5401 --payload 1350 --no-fragment
	captured in40 eth0 "$inner_gw > $in40: .*(need to frag|too big).*1300"
	asks 1
	undo ip -n gw link set eth1 mtu 1500
	ip -n gw ${six} route replace default via $hop1
	ip -n gw link set eth1 mtu 1290
	on in40 python3 -S "$raw" packet $in40 $srv1 udp --sport 5401 --payload 1330 --no-fragment
	captured in40 eth0 "$inner_gw > $in40: .*(need to frag|too big).*1290"
	ip -n gw link set eth1 mtu 1500
	asks 1
	ip -n in40 ${six} route flush cache
	rm -f "$scratch/in40-eth0"
}

both_a_link_goes_and_comes() {
	on_and_off link_goes_and_comes
}

link_goes_and_comes() {
	local before
	snat "-F $net40 -U $pool1"
	converse in40 udp $srv1
	asks 3
	capture srv1 eth0 "udp port 7"
	ip -n gw link set eth1 down
	echo lost >&5
	asks_nothing
	ip -n gw link set eth1 up
	restore_uplink
	asks 3
	before=$(counter drop_no_route)
	# The way to the client.
	ip -n gw link set eth0 down
	ip -n gw link set eth0 up
	[[ $family == 4 ]] || ip -n gw addr add 2001:db8:40::1/64 dev eth0 nodad
	[[ $family == 4 ]] || ip -n gw addr add 2001:db8:50::1/64 dev eth0 nodad
	[[ $family == 4 ]] || ip -n gw addr add 2001:db8:60::1/64 dev eth0 nodad
	asks 3
	equal "$(counter drop_no_route)" "$before" drop_no_route
}
