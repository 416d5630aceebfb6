# SPDX-License-Identifier: GPL-2.0-only
# tsipvsadm doctor on a real gateway: nothing is found where nothing is wrong;
# what is safe to mend is broken, found, mended by --fix, and not found again.

suite_setup() {
	load_module && make_topology
}

# A doctor starts some twenty programs, which take their time in an emulator:
# a case breaks several things, and asks once for all of them.
case_seconds=600

# doctor [OPTIONS]: in the gateway, with a /sys of its own devices.
doctor() {
	ip netns exec gw "$tsipvsadm" doctor "$@"
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

# send_from COUNT: datagrams of as many ports of in60 to one remote.
send_from() {
	on in60 python3 -S - "$1" <<-'END'
		import socket, sys
		kept = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(int(sys.argv[1]))]
		for one in kept:
		    one.settimeout(20)
		    one.sendto(b"x\n", ("8.8.1.1", 7))
		    one.recv(100)
	END
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
	send_from 9
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
