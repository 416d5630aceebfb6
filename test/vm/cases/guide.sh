# SPDX-License-Identifier: GPL-2.0-only
# docs/guide.md and docs/migration.md, typed as they stand there.

case_seconds=900

# follow DOCUMENT HEADING…: sections of it, one after the other.
follow() {
	local document=$1 heading
	shift
	for heading; do
		PATH=$PROJECT/bin:$PATH python3 -S "$PROJECT/test/vm/tools/session.py" "$PROJECT/docs/$document" "$heading" \
			gateway=gw client=in40 provider1=isp1 server=srv3 || fail "$document: \"$heading\""
	done
}

# A gateway whose devices are down, without addresses, routes and forwarding. What
# is then done to it ends with the case.
nothing_is_configured() {
	local device
	undo make_topology_anew
	pools_answered none
	for device in eth0 eth1 eth2 eth3; do
		ip -n gw addr flush dev "$device"
		ip -n gw link set "$device" down
	done
	on gw sysctl -qw net.ipv4.ip_forward=0
}

# A client that goes on asking from one port, answered or not, and says when it is.
telephone() {
	python3 -S - <<-'END'
		import select, socket
		phone = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		phone.bind(("", 4000))
		while True:
		    phone.sendto(b"ring\n", ("8.8.3.1", 7))
		    if select.select([phone], [], [], 0.3)[0]:
		        phone.recv(100)
		        print("answered", flush=True)
		        select.select([], [], [], 0.3)
	END
}

case_the_gateway_of_the_guide() {
	nothing_is_configured
	follow guide.md "One uplink" "Two uplinks" "Before it happens"
	background nsenter --net=/run/netns/in40 bash -c "$(declare -f telephone); telephone" >"$scratch/telephone"
	eventually 20 has "$scratch/telephone" answered
	capture srv3 eth1 'udp port 7'
	follow guide.md "A cable is out"
	# As the guide says of flows that run: the old address, by the other provider.
	captured srv3 eth1 '1\.1\.2\.10[0-3]\.[0-9]+ > 8\.8\.3\.1\.7:'
	not_captured srv3 eth1 '1\.1\.3\.10[0-3]\.[0-9]+ > 8\.8\.3\.1\.7:'
	: >"$scratch/telephone"
	follow guide.md "Flows that run"
	captured srv3 eth1 '1\.1\.3\.10[0-3]\.[0-9]+ > 8\.8\.3\.1\.7:'
	eventually 20 has "$scratch/telephone" answered
	kill -- "${pids[@]}"
	follow guide.md "It is back" "The trouble is behind the provider" "Nothing leaves untranslated"
	# The provider's device lost it when it was down.
	ip -n isp1 addr add 2001:db8:2::1/64 dev gw nodad
	follow guide.md "IPv6 as well"
}

# migrate HEADING: the commands of the table's column for here, from an empty table on.
migrate() {
	local heading=$1 column=$2 line
	on gw ipvsadm -C
	python3 -S "$PROJECT/test/vm/tools/column.py" "$PROJECT/docs/migration.md" "$heading" "$column" >"$scratch/commands"
	(($(wc -l <"$scratch/commands") >= 8)) || fail "few commands for $heading"
	while IFS= read -r line <&3; do
		PATH=$PROJECT/bin:$PATH ip netns exec gw sh -c "$line" || fail "$line"
	done 3<"$scratch/commands"
}

case_what_stands_in_the_place_of_other_gateways_commands() {
	migrate lvs-snat 2
	migrate dsnat 2
	migrate "alibaba LVS, FULLNAT" 2
	migrate "iptables and nftables" 3
}

# Connections that iptables translates go on; new ones are ours while its rule is there.
case_from_iptables_under_traffic() {
	undo on gw iptables -t nat -F
	on gw iptables -t nat -A POSTROUTING -s 192.168.40.0/24 -o eth1 -j SNAT --to-source 1.1.2.110
	converse in40 tcp 8.8.1.1
	matches "$seen" '^1\.1\.2\.110 '
	snat "-F 192.168.40.0/24 --oif eth1 -U 1.1.2.100-1.1.2.102"
	say "still by the other"
	from_pool 2 "$(ask_tcp in40 8.8.1.1)"
	lacks "$(ask_tcp in40 8.8.1.1)" '^1\.1\.2\.110 '
	say "and still"
	equal "$(flows)" 2 "flows"
	matches "$(on gw conntrack -L 2>/dev/null)" 'ESTABLISHED src=192\.168\.40\.2 .*dst=1\.1\.2\.110 '
	hang_up
}
