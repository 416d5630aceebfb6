# SPDX-License-Identifier: GPL-2.0-only
# tsipvsadm doctor: each thing it looks for is broken, found, mended by the
# commands that it prints, or by --fix where that is safe, and not found again.

# A doctor starts some twenty programs, which take their time in an emulator:
# a case breaks several things, and asks once for all of them.
case_seconds=600

# doctor [OPTIONS]: in the gateway, with a /sys of its own devices.
doctor() {
	ip netns exec gw "$tsipvsadm" doctor "$@"
}

# In the first namespace, which has the network cards.
here() {
	"$tsipvsadm" doctor "$@"
}

# ask STATUS [COMMAND…]: a report, by default the gateway's, into $scratch/report.
ask() {
	local want=$1 status=0
	shift
	(($#)) || set -- doctor
	"$@" --json >"$scratch/report" || status=$?
	cat "$scratch/report"
	equal "$status" "$want" "exit status of $*"
}

# of CHECK REGEX NUMBER|what: of the check's findings that are like it: what
# was found, or the commands of mend NUMBER, a line each.
of() {
	python3 -S - "$scratch/report" "$@" <<-'END'
		import json, re, sys
		path, check, regex, field = sys.argv[1:]
		for finding in json.load(open(path))["doctor"]["findings"]:
		    if finding["check"] == check and re.search(regex, finding["what"]):
		        print(finding["what"] if field == "what" else "\n".join(finding["mends"][int(field)]["commands"]))
	END
}

# found CHECK REGEX: there is one finding like it.
found() {
	local what
	what=$(of "$1" "$2" what)
	[[ $what && $(wc -l <<<"$what") == 1 ]] || fail "$1 does not say once something like \"$2\": \"$what\""
}

# findings N: there are so many in all.
findings() {
	equal "$(grep -c '"why"' "$scratch/report")" "$1" "number of findings"
}

# mend CHECK REGEX [NUMBER]: the commands of that finding's mend, as they are
# printed. What ip adds is taken away when the case is over.
mend() {
	local line
	of "$1" "$2" "${3-0}" >"$scratch/commands"
	[[ -s $scratch/commands ]] || fail "no command mends $1"
	while IFS= read -r line <&3; do
		[[ $line != 'ip '*' add '* ]] || undo on gw sh -c "${line/ add / del }"
		PATH=$PROJECT/bin:$PATH ip netns exec gw sh -ec "$line" || fail "the command fails: $line"
	done 3<"$scratch/commands"
}

# fix REGEX [COMMAND…]: --fix runs a command like it, none fails, and nothing is left.
fix() {
	local regex=$1 output
	shift
	(($#)) || set -- doctor
	output=$("$@" --fix) || fail "--fix leaves something: $output"
	matches "$output" "(^|"$'\n'")ran: $regex" "what --fix says"
	lacks "$output" 'failed: ' "what --fix says"
	matches "$output" 'checks, no findings$' "what --fix says"
}

# send_from NS COUNT: datagrams of as many of its ports to one remote.
send_from() {
	on "$1" python3 -S - "$2" <<-'END'
		import socket, sys
		kept = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(int(sys.argv[1]))]
		for one in kept:
		    one.settimeout(20)
		    one.sendto(b"x\n", ("8.8.1.1", 7))
		    one.recv(100)
	END
}

# asks_who_has ADDRESS: a neighbour on the second uplink, and is answered.
asks_who_has() {
	on isp2 busybox arping -f -c 3 -w 3 -I gw "$1"
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
	# Spread over uplinks by next hop, filtered strictly: right, as the way back is the same.
	set_sysctl net.ipv4.conf.eth1.rp_filter=1
	output=$(doctor) || fail "a healthy gateway is not: $output"
	matches "$output" '^[0-9]+ checks, no findings$'
}

case_what_is_safe_is_mended_by_fix() {
	local most=/sys/module/ip_vs/parameters/flow_max
	ts -R <<-'END'
		-A -f 1 -s snat_sched
		-K -f 1 -F 192.168.40.0/24 -N 1.1.3.1 -U 1.1.3.100-1.1.3.110
		-K -f 1 -F 192.168.60.0/24 -U 1.1.2.100-1.1.2.101
		-A -f 1 -6 -s snat_sched
		-K -f 1 -6 -F 2001:db8:40::/64 -U [2001:db8:2::100]-[2001:db8:2::110]
	END
	send_from in60 9
	undo sh -c "echo $(cat $most) >$most"
	echo 10 >$most
	set_sysctl net.ipv4.conf.eth2.rp_filter=1 net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
	ask 1
	found forwarding 'net.ipv4.ip_forward is 0'
	found forwarding 'net.ipv6.conf.all.forwarding is 0'
	found rp-filter 'strict reverse-path filtering on eth2'
	found tables '^there are [0-9]+ flows, and flow_max is 10$'
	findings 4
	fix 'sysctl -w net.ipv4.ip_forward=1'
	(($(cat $most) >= 18)) || fail "flow_max is $(cat $most)"
	equal "$(on gw sysctl -n net.ipv4.ip_forward net.ipv6.conf.all.forwarding net.ipv4.conf.eth2.rp_filter | xargs)" '1 1 2'
	from_pool 3 "$(ask_tcp in40 8.8.3.1)"
}

# Of each family, one pool by what the first mend says, the other by the second.
case_nobody_answers_for_pools() {
	undo pools_answered address
	pools_answered none
	# Proxy ARP for single addresses does not speak for those of its own network.
	undo ip -n gw neigh del proxy 1.1.3.100 dev eth2
	ip -n gw neigh add proxy 1.1.3.100 dev eth2
	ts -R <<-'END'
		-A -f 1 -s snat_sched
		-K -f 1 -F 192.168.40.0/24 -U 1.1.2.100-1.1.2.110
		-K -f 1 -F 192.168.40.0/24 -T 8.8.2.0/24 -U 1.1.3.100-1.1.3.102
		-K -f 1 -F 192.168.60.0/24 -U 5.5.5.0-5.5.5.7
		-A -f 1 -6 -s snat_sched
		-K -f 1 -6 -F 2001:db8:40::/64 -U [2001:db8:2::100]-[2001:db8:2::110]
		-K -f 1 -6 -F 2001:db8:40::/64 -T 2001:db8:a2::/64 -U [2001:db8:3::100]
	END
	! ask_udp in40 8.8.1.1 || fail "an answer came"
	! asks_who_has 1.1.3.100 || fail "a proxy entry is enough"
	ask 1
	findings 4
	mend reach 'on eth1 will find 1.1.2.100-1.1.2.110$'
	mend reach 'on eth2 will find 1.1.3.100-1.1.3.102$' 1
	mend reach 'on eth1 will find 2001:db8:2::100-2001:db8:2::110$'
	undo on gw sysctl -qw net.ipv6.conf.eth2.proxy_ndp=0
	mend reach 'on eth2 will find 2001:db8:3::100$' 1
	ask 0
	# What no device is in is for the routers outside to know.
	matches "$(cat "$scratch/report")" '"check": "reach",[[:space:]]*"what": "5.5.5.0-5.5.5.7: no device is in this network'
	asks_who_has 1.1.3.100
	from_pool 2 "$(ask_udp in40 8.8.1.1)"
	matches "$(ask_udp in40 8.8.2.1)" '^1\.1\.3\.10[0-2] '
	matches "$(ask_udp in40 2001:db8:a1::1)" '^2001:db8:2::1'
	matches "$(ask_udp in40 2001:db8:a2::1)" '^2001:db8:3::100 '
}

case_rules_that_match_nothing() {
	ip -n isp1 addr add 1.1.2.9/24 dev gw
	undo ip -n isp1 addr del 1.1.2.9/24 dev gw
	link gw spare isp2 spare
	undo ip -n gw link del spare
	ip -n gw addr add 1.1.9.2/24 dev spare
	ts -R <<-'END'
		-A -f 1 -s snat_sched
		-K -f 1 -F 192.168.40.0/24 -W 1.1.2.9 -U 1.1.2.100-1.1.2.110
		-K -f 1 -F 192.168.50.0/24 -N 1.1.8.1 -U 1.1.2.100-1.1.2.110
		-K -f 1 -F 192.168.50.0/24 -T 8.8.9.0/24 -W 1.1.9.1 --oif spare -U 5.5.5.5
		-K -f 1 -F 192.168.60.0/23 -U 1.1.2.100
		-K -f 1 -F 192.168.60.0/24 -U 1.1.2.101
		-K -f 1 -F 192.168.61.0/24 -T 0.0.0.0/1 -U 1.1.2.102
		-K -f 1 -F 192.168.61.0/24 -T 128.0.0.0/1 -U 1.1.2.102
		-K -f 1 -F 192.168.70.0/24 --oif eth1 -U 1.1.2.103
		-K -f 1 -F 192.168.70.0/24 -W 1.1.2.1 -U 1.1.2.104
	END
	ip -n gw link set spare down
	ask 1
	found routes 'F 192.168.40.0/24 -W 1.1.2.9. matches no packet: no route leads by 1.1.2.9$'
	found routes '--oif spare. matches no packet: spare is down$'
	found routes 'sends by -N 1.1.8.1, which is no neighbour'
	found overlap 'F 192.168.60.0/23. can never match'
	found overlap 'F 192.168.70.0/24 -W 1.1.2.1. can never match'
	findings 5
	mend routes 1.1.2.9
	mend routes spare
	mend routes 1.1.8.1
	mend overlap 192.168.60.0
	mend overlap 192.168.70.0
	# The device is up, but its routes went when it went down.
	ask 1
	found routes 'no route leads by 1.1.9.1 out of spare$'
	findings 1
	mend routes spare
	ask 0
	equal "$(ts -Sn | grep -c '^-K')" 7 "rules left"
	from_pool 2 "$(ask_tcp in40 8.8.1.1)"
	from_pool 2 "$(ask_tcp in50 8.8.1.1)"
}

case_zones_and_fullnat_that_serve_nobody() {
	background on in40 "$tools/peer" serve 7
	set_sysctl net.ipv4.vs.fullnat_lport_max=65535 net.ipv4.vs.fullnat_lport_min=60000
	set_sysctl net.ipv4.vs.fullnat_lport_max=60009
	ts -R <<-'END'
		-A -u 0.0.0.0:0 -s rr
		-K --zone 0.0.0.0/0
		-P --zone 0.0.0.0/0 -z 1.1.2.104
		-K --zone 192.168.60.0/24
		-P --zone 192.168.60.0/24 -z 1.1.2.100-1.1.2.101
		-K --zone 2001:db8:60::/64
		-P --zone 2001:db8:60::/64 -z 2001:db8:2::100
		-A -t 1.1.2.2:7 -s rr
		-a -t 1.1.2.2:7 -r 192.168.40.2:7 -b
		-A -t [2001:db8:2::2]:7 -s rr
		-a -t [2001:db8:2::2]:7 -r [2001:db8:40::2]:7 -b
		-A -f 1 -s snat_sched
		-K -f 1 -F 192.168.50.0/24 -U 1.1.2.102
	END
	send_from in60 9
	send_from in50 10
	ask 1
	found zone-order 'the zone 192.168.60.0/24 can never match'
	found zones-off 'a zone for IPv6, but no service'
	found fullnat-addresses 'service -t 1.1.2.2:7 has a FULLNAT server and no local address'
	found fullnat-addresses 'service -t \[2001:db8:2::2\]:7 has'
	found exhaustion 'zone 0.0.0.0/0 have nearly no port left: 9 of 10 '
	found exhaustion '^the pool of .-K -f 1 -F 192.168.50.0/24. has no port left: 10 of 10 '
	findings 6
	mend zone-order .
	mend zones-off .
	mend fullnat-addresses 1.1.2.2
	mend fullnat-addresses 2001
	mend exhaustion zone
	equal "$(on gw sysctl -n net.ipv4.vs.fullnat_lport_min)" 1024
	ask 0
	matches "$(ask_udp in60 8.8.1.1)" '^1\.1\.2\.10[01] '
	matches "$(ask_udp in60 2001:db8:a1::1)" '^2001:db8:2::100 '
	matches "$(ask_tcp srv1 1.1.2.2)" '^192\.168\.40\.1 '
	matches "$(ask_tcp srv1 2001:db8:2::2)" '^2001:db8:40::1 '
}

case_a_packet_filter_is_in_the_way() {
	gateway
	undo on gw nft flush ruleset
	on gw iptables -t nat -A POSTROUTING -s 192.168.0.0/16 -o eth1 -m comment --comment "old \"way\" \$(out)" -j MASQUERADE
	on gw iptables -t nat -A PREROUTING -i eth1 -p tcp --dport 8081 -j DNAT --to-destination 192.168.40.2:80
	on gw iptables -t mangle -A PREROUTING -j CONNMARK --restore-mark
	set_sysctl net.ipv4.vs.snat_conntrack=0 net.ipv4.vs.mss_clamp=0
	undo on gw ip xfrm policy flush
	on gw ip xfrm policy add src 10.98.0.0/24 dst 10.99.0.0/24 dir out tmpl src 1.1.2.2 dst 1.1.2.9 proto esp mode tunnel
	on gw nft -f - <<-'END'
		table ip doctored {
			chain after { type nat hook postrouting priority 100; oifname "eth1" ip saddr { 192.168.40.0/24, 10.0.0.0/8 } masquerade; }
			chain before { type nat hook prerouting priority -100; ip saddr 172.16.0.0/12 tcp dport 80 redirect to :3128; }
		}
	END
	# What it says of them: source NAT does nothing to what rules take.
	from_pool 2 "$(ask_tcp in40 8.8.1.1)"
	ask 1
	found packet-filter 'iptables: .-t nat -A POSTROUTING -s 192.168.0.0/16 .*MASQUERADE. translates sources'
	found tracking 'snat_conntrack is 0, and iptables: .*CONNMARK'
	found mss 'mss_clamp is 0, and eth3 takes packets of 1400 bytes'
	found packet-filter 'nftables: .ip doctored after handle [0-9]+. translates sources'
	found ipsec 'there is an IPsec policy in this namespace'
	findings 5
	on gw ip xfrm policy flush
	mend packet-filter MASQUERADE
	mend packet-filter doctored
	mend tracking .
	mend mss .
	ask 0
}

case_the_other_director() {
	undo on gw ipvsadm --stop-daemon backup
	ts --start-daemon backup --mcast-interface eth1
	ask 1
	found peers 'the backup sync daemon has syncid 0'
	mend peers .
	ask 0
	matches "$(ts -L --daemon)" 'backup sync daemon .*syncid=1'
	matches "$(cat "$scratch/report")" '"check": "peers",[[:space:]]*"what": "the other director'
}

# ---- network cards: those of guest.sh --cards ----

# Emulated cards are named in the order that their drivers came.
load_cards() {
	local device driver
	modprobe -a virtio_net vmxnet3
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

case_network_cards_work_for_one_processor() {
	local irq
	load_cards
	for irq in $(awk '$NF ~ /^(virtio.-|several-)/ { sub(":", "", $1); print $1 }' /proc/interrupts); do
		echo 0 >/proc/irq/"$irq"/smp_affinity_list
	done
	ethtool -K single gro off
	ethtool -K several gro off
	ask 1 here
	found interrupts '^all interrupts of single go to processor 0, of 2$'
	found interrupts '^all interrupts of several go to processor 0, of 2$'
	found gro 'of single is off'
	found gro 'of several is off'
	findings 4
	fix 'echo 3 >/sys/class/net/single/queues/rx-0/rps_cpus' here
	matches "$(cat /sys/class/net/single/queues/rx-0/rps_cpus)" '^0*3$' "processors of the single queue"
	equal "$(cat /proc/irq/*/several-rxtx-1/../smp_affinity_list)" 1 "processor of the second queue"
	matches "$(cat /sys/class/net/several/queues/tx-1/xps_cpus)" '^0*2$' "processors of the second sending queue"
	matches "$(ethtool -k single)" 'generic-receive-offload: on'
}

# ---- the module: last, since it comes and goes ----

case_the_module_is_absent_or_the_stock_one() {
	local stock=/lib/modules/$RELEASE/kernel/net/netfilter/ipvs
	unload_module
	ask 1
	found module 'there is no IPVS in the kernel'
	findings 1
	matches "$(of module . 0)" 'tsipvsadm module install'
	install_module
	# Nothing was loaded by looking.
	[[ ! -e /sys/module/ip_vs ]] || fail "the doctor loaded a module"
	fix 'tsipvsadm module load'
	unload_module
	insmod "$stock"/ip_vs.ko*
	insmod "$stock"/ip_vs_rr.ko*
	on gw ipvsadm -A -t 1.1.2.2:80 -s rr
	ask 1
	found module 'the loaded ip_vs is the stock module'
	mend module .
	ask 0
	equal "$(on gw ipvsadm -Sn)" '-A -t 1.1.2.2:80 -s rr' "what is left of the services"
	ts -A -f 1 -s snat_sched
}

case_the_flow_table_has_few_buckets() {
	install_module
	unload_module
	undo rm -f /etc/modprobe.d/tsipvsadm.conf
	load_module flow_tab_bits=8
	snat '-F 192.168.40.0/24 -U 1.1.2.100'
	on in40 "$tools/flood" -p 5300 8.16.0.0 7 600
	ask 1
	found tables 'the flow table has 256 buckets for [0-9]+ flows'
	mend tables .
	ask 0
	equal "$(cat /sys/module/ip_vs/parameters/flow_tab_bits)" 11
	equal "$(ts -Sn | grep -c '^-K')" 1 "rules"
}
