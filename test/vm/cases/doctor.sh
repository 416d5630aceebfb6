# SPDX-License-Identifier: GPL-2.0-only
# tsipvsadm doctor: each thing it looks for is broken, found, mended by the
# commands that it prints, or by --fix where that is safe, and not found again.

suite_setup() {
	load_module && make_topology && modprobe -a virtio_net vmxnet3 && rename_cards
}

# A doctor takes some twenty programs, which take their time in an emulator.
case_seconds=480

# doctor [OPTIONS]: in the gateway, with a /sys of its own devices.
doctor() {
	ip netns exec gw "$tsipvsadm" doctor "$@"
}

# ask [COMMAND…]: a doctor's report, by default the gateway's, in $report; its exit status in $status.
ask() {
	status=0
	(($#)) || set -- doctor
	"$@" --json >"$scratch/report" || status=$?
	cat "$scratch/report"
}

# of CHECK FIELD: what the report has of the check's findings: what, or the
# commands of the mend 0, 1 …, a line each.
of() {
	python3 -S - "$scratch/report" "$1" "$2" <<-'END'
		import json, sys
		path, check, field = sys.argv[1:]
		for finding in json.load(open(path))["doctor"]["findings"]:
		    if finding["check"] == check:
		        print(finding["what"] if field == "what" else "\n".join(finding["mends"][int(field)]["commands"]))
	END
}

# finds CHECK REGEX [COMMAND…]: the report has one finding of the check, which says so.
finds() {
	local check=$1 regex=$2
	shift 2
	ask "$@"
	equal "$status" 1 "exit status of a doctor who found something"
	equal "$(of "$check" what | wc -l)" 1 "findings of $check"
	matches "$(of "$check" what)" "$regex" "finding of $check"
}

# clear CHECK [COMMAND…]: the check has nothing to say any more.
clear_of() {
	local check=$1
	shift
	ask "$@"
	equal "$(of "$check" what)" "" "findings of $check"
}

# mend CHECK [NUMBER]: run the commands of that mend as they are printed. What
# ip adds is taken away when the case is over.
mend() {
	local line
	of "$1" "${2-0}" >"$scratch/commands"
	[[ -s $scratch/commands ]] || fail "no command mends $1"
	while IFS= read -r line; do
		line=${line/#tsipvsadm /$tsipvsadm }
		[[ $line != 'ip '*' add '* ]] || undo on gw sh -c "${line/ add / del }"
		ip netns exec gw sh -ec "$line" || fail "the command fails: $line"
	done <"$scratch/commands"
}

# fixes REGEX [COMMAND…]: --fix runs a command like it, and nothing is left.
fixes() {
	local regex=$1 output
	shift
	(($#)) || set -- doctor
	output=$("$@" --fix) || fail "--fix leaves something: $output"
	matches "$output" "(^|"$'\n'")ran: $regex" "what --fix says"
	lacks "$output" 'failed: ' "what --fix says"
}

# Rules of both uplinks, zones, and a FULLNAT service.
gateway() {
	ts -R <<-'END'
		-A -f 1 -s snat_sched
		-K -f 1 -F 192.168.40.0/24 -W 1.1.2.1 --oif eth1 -U 1.1.2.100-1.1.2.110 -O random
		-K -f 1 -F 192.168.40.0/24 -T 8.8.2.0/24 -W 1.1.3.1 --oif eth2 -U 1.1.3.100-1.1.3.110
		-A -f 1 -6 -s snat_sched
		-K -f 1 -6 -F 2001:db8:40::/64 -U [2001:db8:2::100]-[2001:db8:2::110]
		-A -t 0.0.0.0:0 -s rr
		-A -u 0.0.0.0:0 -s rr
		-K --zone 192.168.60.0/24
		-P --zone 192.168.60.0/24 -z 1.1.2.100-1.1.2.101
		-A -t 1.1.2.2:8080 -s rr
		-P -t 1.1.2.2:8080 -z 192.168.40.1
		-a -t 1.1.2.2:8080 -r 192.168.40.2:80 -b
	END
}

# ---- cases ----

case_nothing_is_found_on_a_healthy_gateway() {
	local output
	gateway
	output=$(doctor) || fail "a healthy gateway is not: $output"
	matches "$output" '^[0-9]+ checks, no findings$'
	ask
	equal "$status" 0 "exit status"
	matches "$(cat "$scratch/report")" '"findings": \[\]'
	# --fix has nothing to run.
	matches "$(doctor --fix)" '^[0-9]+ checks, no findings$'
}

case_forwarding_is_off() {
	gateway
	set_sysctl net.ipv4.ip_forward=0
	finds forwarding 'net.ipv4.ip_forward is 0'
	mend forwarding
	clear_of forwarding
	equal "$(on gw sysctl -n net.ipv4.ip_forward)" 1
	# That switches IPv6 off on every device, so it is done last, and by --fix.
	set_sysctl net.ipv6.conf.all.forwarding=0
	finds forwarding 'net.ipv6.conf.all.forwarding is 0'
	fixes 'sysctl -w net.ipv6.conf.all.forwarding=1'
	equal "$(on gw sysctl -n net.ipv6.conf.all.forwarding)" 1
}

# Answers come in by eth2, where nothing but the rule sends what they answer.
case_answers_fail_the_reverse_path_filter() {
	snat '-F 192.168.40.0/24 -N 1.1.3.1 -U 1.1.3.100-1.1.3.110'
	set_sysctl net.ipv4.conf.eth2.rp_filter=1
	finds rp-filter 'strict reverse-path filtering on eth2'
	fixes 'sysctl -w net/ipv4/conf/eth2/rp_filter=2'
	set_sysctl net.ipv4.conf.eth2.rp_filter=1
	finds rp-filter eth2
	mend rp-filter
	clear_of rp-filter
	# All routes lead by eth1: what the strict filter takes there is right.
	set_sysctl net.ipv4.conf.eth1.rp_filter=1
	clear_of rp-filter
	from_pool 3 "$(ask_tcp in40 8.8.3.1)"
}

both_nobody_answers_for_the_pool() {
	undo pools_answered address
	pools_answered none
	snat "-F $net40 -U $pool1"
	! ask_udp in40 "$srv1" -w 1
	finds reach "no neighbour on eth1 will find $(pool_address 1 100 | sed 's/^1.1.1/1.1.2/; s/:db8:1:/:db8:2:/')-"
	mend reach
	clear_of reach
	from_pool 2 "$(ask_udp in40 "$srv1")"
}

both_a_proxy_answers_for_the_pool() {
	undo pools_answered address
	pools_answered none
	snat "-F $net40 -U $pool1"
	finds reach 'no neighbour on eth1'
	undo on gw sysctl -qw net.ipv6.conf.eth1.proxy_ndp=0
	if [[ $family == 4 ]]; then mend reach 2; else mend reach 1; fi
	clear_of reach
	from_pool 2 "$(ask_udp in40 "$srv1")"
}

case_a_pool_that_routers_send_is_theirs_to_know() {
	snat '-F 192.168.40.0/24 -U 5.5.5.0-5.5.5.7'
	ask
	equal "$status" 0 "exit status"
	matches "$(cat "$scratch/report")" '"check": "reach",[[:space:]]*"what": "5.5.5.0-5.5.5.7: no device is in this network'
}

case_a_rule_names_what_no_route_has() {
	ip -n isp1 addr add 1.1.2.9/24 dev gw
	undo ip -n isp1 addr del 1.1.2.9/24 dev gw
	snat '-F 192.168.40.0/24 -W 1.1.2.9 -U 1.1.2.100-1.1.2.110'
	finds routes "-W 1.1.2.9. matches no packet: no route leads by 1.1.2.9"
	mend routes
	clear_of routes
	from_pool 2 "$(ask_tcp in40 8.8.1.1)"
}

case_a_rules_device_is_down() {
	link gw spare isp2 spare
	undo ip -n gw link del spare
	ip -n gw addr add 1.1.9.2/24 dev spare
	ip -n gw route add 8.8.9.0/24 via 1.1.9.1
	snat '-F 192.168.40.0/24 -T 8.8.9.0/24 -W 1.1.9.1 --oif spare -U 5.5.5.5'
	clear_of routes
	ip -n gw link set spare down
	finds routes "matches no packet: spare is down"
	mend routes
	finds routes "no route leads by 1.1.9.1 out of spare"
	mend routes
	clear_of routes
	# The last way out is always there.
	ip -n gw link set spare down
	finds routes spare
	mend routes 1
	equal "$(ts -Sn | grep -c '^-K')" 0 "rules left"
	clear_of routes
}

case_a_next_hop_is_no_neighbour() {
	snat '-F 192.168.40.0/24 -N 1.1.8.1 -U 1.1.2.100-1.1.2.110'
	finds routes "sends by -N 1.1.8.1, which is no neighbour"
	! ask_udp in40 8.8.1.1 -w 1
	mend routes
	clear_of routes
	from_pool 2 "$(ask_udp in40 8.8.1.1)"
}

case_a_rule_can_never_match() {
	snat '-F 192.168.40.0/23 -U 1.1.2.100' '-F 192.168.40.0/24 -U 1.1.2.101' '-F 192.168.41.0/24 -T 0.0.0.0/1 -U 1.1.2.102'
	clear_of overlap
	ts -K -f 1 -F 192.168.41.0/24 -T 128.0.0.0/1 -U 1.1.2.103
	finds overlap '-K -f 1 -F 192.168.40.0/23. can never match'
	mend overlap
	clear_of overlap
	equal "$(ts -Sn | grep -c '^-K')" 3 "rules left"
	# Every route by this next hop has the device that the other rule asks for.
	ts -K -f 1 -F 192.168.50.0/24 --oif eth1 -U 1.1.2.104
	ts -K -f 1 -F 192.168.50.0/24 -W 1.1.2.1 -U 1.1.2.105
	finds overlap '-F 192.168.50.0/24 -W 1.1.2.1. can never match'
	mend overlap
	clear_of overlap
}

case_a_zone_can_never_match() {
	ts -R <<-'END'
		-A -t 0.0.0.0:0 -s rr
		-K --zone 0.0.0.0/0
		-P --zone 0.0.0.0/0 -z 1.1.2.104
		-K --zone 192.168.60.0/24
		-P --zone 192.168.60.0/24 -z 1.1.2.100-1.1.2.101
	END
	finds zone-order 'the zone 192.168.60.0/24 can never match'
	mend zone-order
	clear_of zone-order
	matches "$(ask_tcp in60 8.8.1.1)" '^1\.1\.2\.10[01] '
	ts -A -f 1 -s snat_sched
	ts -K -f 1 -F 192.168.0.0/16 -U 1.1.2.105
	finds zone-order 'the zone 192.168.60.0/24 can never match'
	mend zone-order
	clear_of zone-order
}

both_zones_are_not_switched_on() {
	ts -R <<-END
		-K --zone $net60
		-P --zone $net60 -z $(pool_address 2 100)
	END
	finds zones-off 'a zone for IPv[46], but no service'
	mend zones-off
	clear_of zones-off
	matches "$(ask_udp in60 "$srv1")" "^$(pool_address 2 100) "
}

both_fullnat_has_no_address() {
	local vip=1.1.2.2 server=$in40
	[[ $family == 4 ]] || vip='[2001:db8:2::2]' server=[$in40]
	background on in40 "$tools/peer" serve 7
	ts -R <<-END
		-A -t $vip:7 -s rr
		-a -t $vip:7 -r $server:7 -b
	END
	finds fullnat-addresses 'has a FULLNAT server and no local address'
	mend fullnat-addresses
	clear_of fullnat-addresses
	matches "$(ask_tcp srv1 "$(tr -d '[]' <<<"$vip")")" "^$inner_gw [0-9]+$"
}

# send_from COUNT: datagrams of as many ports to one remote.
send_from() {
	on in60 python3 -S - "$1" <<-'END'
		import socket, sys
		kept = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(int(sys.argv[1]))]
		for one in kept:
		    one.sendto(b"x\n", ("8.8.1.1", 7))
		for one in kept:
		    one.recv(100)
	END
}

case_ports_are_nearly_used_up() {
	set_sysctl net.ipv4.vs.fullnat_lport_max=65535 net.ipv4.vs.fullnat_lport_min=60000
	set_sysctl net.ipv4.vs.fullnat_lport_max=60009
	ts -R <<-'END'
		-A -u 0.0.0.0:0 -s rr
		-K --zone 192.168.60.0/24
		-P --zone 192.168.60.0/24 -z 1.1.2.100-1.1.2.101
	END
	send_from 15
	clear_of exhaustion
	send_from 2
	finds exhaustion 'zone 192.168.60.0/24 have nearly no port left: 17 of 20'
	mend exhaustion
	clear_of exhaustion
	equal "$(on gw sysctl -n net.ipv4.vs.fullnat_lport_min)" 1024
}

case_a_pool_is_nearly_used_up() {
	set_sysctl net.ipv4.vs.fullnat_lport_max=60009 net.ipv4.vs.fullnat_lport_min=60000
	snat '-F 192.168.60.0/24 -U 1.1.2.100-1.1.2.101'
	send_from 20
	finds exhaustion 'the pool of .-K -f 1 -F 192.168.60.0/24. has no port left: 20 of 20'
	mend exhaustion
	clear_of exhaustion
	send_from 20
}

case_the_flow_table_is_nearly_full() {
	local most=/sys/module/ip_vs/parameters/flow_max
	snat '-F 192.168.60.0/24 -U 1.1.2.100-1.1.2.101'
	send_from 9
	undo sh -c "echo $(cat $most) >$most"
	echo 10 >$most
	finds tables '^there are [0-9]+ flows, and flow_max is 10$'
	fixes 'echo [0-9]+ >/sys/module/ip_vs/parameters/flow_max'
	(($(cat $most) >= 18)) || fail "flow_max is $(cat $most)"
}

case_a_packet_filter_is_in_the_way() {
	local removed=0
	gateway
	on gw iptables -t nat -A POSTROUTING -s 192.168.0.0/16 -o eth1 -m comment --comment "old \"way\" \$(out)" -j MASQUERADE
	undo on gw iptables -t nat -F
	on gw iptables -t nat -A PREROUTING -i eth1 -p tcp --dport 8081 -j DNAT --to-destination 192.168.40.2:80
	finds packet-filter 'iptables: .-t nat -A POSTROUTING -s 192.168.0.0/16 .*MASQUERADE. translates sources'
	from_pool 2 "$(ask_tcp in40 8.8.1.1)"
	mend packet-filter
	clear_of packet-filter
	on gw iptables -t mangle -A PREROUTING -j CONNMARK --restore-mark
	undo on gw iptables -t mangle -F
	finds packet-filter 'CONNMARK.*gives packets the mark'
	mend packet-filter
	on gw nft -f - <<-'END'
		table ip doctored {
			chain after { type nat hook postrouting priority 100; oifname "eth1" ip saddr { 192.168.40.0/24, 10.0.0.0/8 } masquerade; }
			chain before { type nat hook prerouting priority -100; ip saddr 172.16.0.0/12 tcp dport 80 redirect to :3128; }
		}
	END
	undo on gw nft delete table ip doctored
	finds packet-filter 'nftables: .ip doctored after handle [0-9]+. translates sources'
	mend packet-filter
	clear_of packet-filter
}

case_the_other_director() {
	undo on gw ipvsadm --stop-daemon backup
	ts --start-daemon backup --mcast-interface eth1
	finds peers 'the backup sync daemon has syncid 0'
	mend peers
	clear_of peers
	equal "$status" 0 "exit status"
	matches "$(ts -L --daemon)" 'backup sync daemon .*syncid=1'
	matches "$(cat "$scratch/report")" '"check": "peers",[[:space:]]*"what": "the other director'
}

# ---- network cards: in the first namespace ----

# Emulated cards are named in the order that their drivers came.
rename_cards() {
	local device driver
	for device in /sys/class/net/eth*; do
		driver=$(readlink "$device/device/driver")
		ip link set "${device##*/}" down
		case $driver in
		*/virtio_net) ip link set "${device##*/}" name single ;;
		*/vmxnet3) ip link set "${device##*/}" name several ;;
		esac
	done
	ip link set single up && ip link set several up
}

# All interrupts of a card to the first processor.
crowd() {
	local irq
	for irq in $(awk -v name="$1" '$NF ~ name { sub(":", "", $1); print $1 }' /proc/interrupts); do
		echo 0 >/proc/irq/"$irq"/smp_affinity_list
	done
}

here() {
	"$tsipvsadm" doctor "$@"
}

case_one_processor_has_all_interrupts() {
	local name
	crowd virtio
	crowd several
	ask here
	equal "$status" 1 "exit status"
	matches "$(of interrupts what | sort)" "^all interrupts of several go to processor 0, of 2"$'\n'"all interrupts of single go to processor 0, of 2$"
	fixes 'echo [0-9]' here
	name=$(cat /sys/class/net/single/queues/rx-0/rps_cpus)
	matches "$name" '^0*3$' "processors of the single queue"
	equal "$(cat "$(grep -l . /proc/irq/*/several-rxtx-1/../effective_affinity_list)")" 1 "processor of the second queue"
	clear_of interrupts here
}

case_gro_is_off() {
	ethtool -K single gro off
	finds gro '\(GRO\) of single is off' here
	fixes 'ethtool -K single gro on' here
	matches "$(ethtool -k single)" 'generic-receive-offload: on'
	ethtool -K several gro off
	finds gro 'of several is off' here
	of gro 0 | sh -e
	clear_of gro here
}

# ---- the module: last, since it comes and goes ----

install_module() {
	install -D -m 644 -t "/lib/modules/$RELEASE/updates" "$modules"/ip_vs{,_snat_sched}.ko
	depmod "$RELEASE"
}

case_the_module_is_absent_or_the_stock_one() {
	local stock=/lib/modules/$RELEASE/kernel/net/netfilter/ipvs
	unload_module
	finds module 'there is no IPVS in the kernel'
	matches "$(of module 0)" 'tsipvsadm module build'
	# Nothing was loaded by looking.
	[[ ! -e /sys/module/ip_vs ]] || fail "the doctor loaded a module"
	install_module
	fixes 'modprobe -a ip_vs ip_vs_snat_sched'
	equal "$(cat /sys/module/ip_vs_snat_sched/refcnt)" 0
	clear_of module
	unload_module
	insmod "$stock/ip_vs.ko"
	insmod "$stock/ip_vs_rr.ko"
	on gw ipvsadm -A -t 1.1.2.2:80 -s rr
	finds module 'the loaded ip_vs is the stock module'
	mend module
	clear_of module
	equal "$(on gw ipvsadm -Sn)" '-A -t 1.1.2.2:80 -s rr' "what is left of the services"
	ts -A -f 1 -s snat_sched
}

case_the_flow_table_has_few_buckets() {
	install_module
	unload_module
	undo rm /etc/modprobe.d/ip_vs-flow_tab_bits.conf
	load_module flow_tab_bits=8
	snat '-F 192.168.40.0/24 -U 1.1.2.100'
	on in40 "$tools/flood" -p 5300 8.16.0.0 7 600
	finds tables 'the flow table has 256 buckets for [0-9]+ flows'
	mend tables
	clear_of tables
	equal "$(cat /sys/module/ip_vs/parameters/flow_tab_bits)" 11
	equal "$(ts -Sn | grep -c '^-K')" 1 "rules"
}
