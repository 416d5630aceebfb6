# SPDX-License-Identifier: GPL-2.0-only
# -R --atomic and apply on the kernel's own table: what stays is not touched,
# what is refused is undone.

suite_setup() {
	have_network && modprobe ip_vs_pe_sip && count_changes
}

suite_reset() {
	local daemon
	on gw ipvsadm -C
	for daemon in master backup; do
		on gw ipvsadm --stop-daemon $daemon 2>/dev/null || :
	done
	on gw ipvsadm --set 900 120 300
}

# The kernel's own count of requests that may change something. IPVS's
# set_cmd has the timeouts too; its reads are elsewhere.
count_changes() {
	local handler
	mount -t tracefs none /sys/kernel/tracing
	for handler in ip_vs_genl_set_cmd ip_vs_genl_set_daemon ip_vs_fnat_nl_rule_new ip_vs_fnat_nl_rule_set ip_vs_fnat_nl_rule_del \
		ip_vs_fnat_nl_zone_new ip_vs_fnat_nl_zone_del ip_vs_fnat_nl_laddr_new ip_vs_fnat_nl_laddr_del; do
		echo "p:changes/$handler ip_vs:$handler" >>/sys/kernel/tracing/kprobe_events
	done
	echo 1 >/sys/kernel/tracing/events/changes/enable
}

changes() {
	awk '{ sum += $2 } END { print sum }' /sys/kernel/tracing/kprobe_profile
}

# changing N COMMAND…: the command succeeds, and sends so many changes.
changing() {
	local want=$1 before
	shift
	before=$(changes)
	"$@" || fail "$* exits with $?"
	equal $(($(changes) - before)) "$want" "number of changes by $*"
}

# What is in the table, by C ipvsadm where it knows it.
state() {
	local saved
	saved=$(ts -Sn)
	on gw ipvsadm -Sn | sort
	on gw ipvsadm -Ln --thresholds
	# Rules in no order, zones in theirs, with their addresses in no order.
	sed -n '/^-K -f/p' <<<"$saved" | sort
	sed -n '/^-K --zone/p' <<<"$saved"
	sed -n '/^-P/p' <<<"$saved" | sort
	on gw ipvsadm -L --timeout
	on gw ipvsadm -L --daemon
}

# ---- tables ----

tables=(balanced marks gateway other_gateway zoned everything)

# present TABLE: what is there is the table.
present() {
	$1 | sed '/stop-daemon/d' | ts -R
}

nothing() {
	:
}

balanced() {
	cat <<-END
		-A -t 1.1.2.2:80 -s wlc -p 360
		-a -t 1.1.2.2:80 -r 192.168.40.2:80 -m -w 5 -x 100 -y 50
		-a -t 1.1.2.2:80 -r 192.168.40.3:8080 -m -w 0
		-A -t 1.1.2.2:443 -s sh -b sh-fallback,sh-port
		-a -t 1.1.2.2:443 -r 192.168.50.2:443 -i --tun-type gre --tun-csum
		-A -u 1.1.2.2:53 -s rr -o
		-a -u 1.1.2.2:53 -r 192.168.40.2:53 -g
		-A --sctp-service 1.1.2.2:9 -s mh -p 50 -M 255.255.0.0
	END
}

marks() {
	cat <<-END
		-A -f 7 -s rr
		-a -f 7 -r 192.168.40.2 -i
		-A -f 8 -6 -s wrr -p 100 -M 64
		-a -f 8 -6 -r 2001:db8:40::2 -g -w 7
		-A -u 1.1.2.2:5060 -s rr -p 60 --pe sip
		-A -t [2001:db8:2::2]:80 -s rr
		-a -t [2001:db8:2::2]:80 -r 192.168.40.2 -i --tun-type gue --tun-port 6080 --tun-remcsum
		--stop-daemon master
		--stop-daemon backup
	END
}

gateway() {
	cat <<-END
		-A -f 1 -s snat_sched
		-K -f 1 -F 192.168.40.0/24 -W 1.1.2.1 --oif eth1 -U 1.1.2.100-1.1.2.110 -O random
		-K -f 1 -F 192.168.40.0/24 -U 1.1.2.100-1.1.2.110
		-K -f 1 -F 0.0.0.0/0 -T 8.0.0.0/8 -U 1.1.2.100 -O sh -N 1.1.2.1
		-A -f 1 -6 -s snat_sched
		-K -f 1 -6 -F 2001:db8:40::/64 -U [2001:db8:2::100]-[2001:db8:2::110]
		--set 800 0 310
	END
}

other_gateway() {
	cat <<-END
		-A -f 1 -s rr
		-a -f 1 -r 192.168.40.2 -g
		-A -f 2 -s snat_sched
		-K -f 2 -F 192.168.40.0/24 -U 1.1.3.100-1.1.3.110
		-K -f 2 -F 192.168.40.0/24 -W 1.1.2.1 --oif eth1 -U 1.1.3.100-1.1.3.110 -O sdh
		--start-daemon master --mcast-interface eth1 --syncid 5
	END
}

zoned() {
	cat <<-END
		-A -t 0.0.0.0:0 -s rr
		-A -t [::]:0 -s rr
		-K --zone 192.168.40.0/24
		-P --zone 192.168.40.0/24 -z 1.1.2.100-1.1.2.103
		-P --zone 192.168.40.0/24 -z 1.1.2.110
		-K --zone 192.168.50.0/24
		-K --zone 0.0.0.0/0
		-P --zone 0.0.0.0/0 -z 1.1.3.100
		-K --zone 2001:db8:40::/64
		-P --zone 2001:db8:40::/64 -z 2001:db8:2::100
	END
}

everything() {
	balanced
	gateway
	cat <<-END
		-A -u 0.0.0.0:0 -s rr
		-K --zone 192.168.60.0/24
		-P --zone 192.168.60.0/24 -z 1.1.2.90
		-K --zone 192.168.50.0/24
		-P --zone 192.168.50.0/24 -z 1.1.2.91-1.1.2.92
		-K --zone 192.168.40.0/24
		-P --zone 192.168.40.0/24 -z 1.1.2.103-1.1.2.105
	END
	cat <<-END
		-A -f 7 -s sh
		--start-daemon backup --mcast-interface eth1 --sync-maxlen 100
	END
}

# ---- cases ----

case_any_services_become_any_others_and_stay() {
	becomes nothing:everything everything:marks marks:balanced
}

case_any_rules_and_zones_become_any_others_and_stay() {
	becomes gateway:other_gateway other_gateway:zoned zoned:everything everything:zoned
}

# becomes FROM:TO…
becomes() {
	local pair from to lines
	for pair; do
		from=${pair%:*} to=${pair#*:}
		suite_reset
		present $from
		lines=$($to | ts apply --dry-run - 2>/dev/null)
		$to | changing "$(grep -c . <<<"$lines")" ts apply - 2>/dev/null
		state >"$scratch/applied"
		$to | changing 0 ts apply -
		# The printed lines do the same.
		suite_reset
		present $from
		ts -R <<<"$lines"
		state | diff - "$scratch/applied"
	done
}

case_what_is_saved_is_what_is_there() {
	local table
	for table in "${tables[@]}"; do
		suite_reset
		present $table
		equal "$(ts -Sn | ts apply --dry-run -)" "" "what differs from the saved $table"
		equal "$(ts -S | ts apply --dry-run -)" "" "what differs from the saved $table, with names"
	done
	# C ipvsadm saves no thresholds and no rules.
	suite_reset
	present marks
	equal "$(on gw ipvsadm -Sn | ts apply --dry-run -)" "" "what differs from C ipvsadm's saved table"
}

both_flows_of_what_stays_go_on() {
	snat "-F $net40 -U $pool1 -O sh" "-F $net50 -U $pool1" "-F $net60 -U $pool2"
	converse in40 tcp "$srv1"
	say before
	{
		echo "-A -t 1.1.2.2:80 -s rr"
		echo "-A -f 1 $six -s snat_sched"
		echo "-K -f 1 $six -F $net40 -U $pool1 -O sh"
		echo "-K -f 1 $six -F $net50 -U $pool2"
		echo "-K -f 1 $six -F $net70 -U $pool2"
	} >"$scratch/wanted"
	changing 4 ts apply "$scratch/wanted"
	say after
	equal "$(flows)" 1 "flows"
	# A refusal behind all of it is undone, and the flow has not noticed.
	{
		sed "/$( sed 's,/,.,' <<<"$net50")/d" "$scratch/wanted"
		echo "-K -f 1 $six -F $any -U $pool1 --oif nosuch"
	} >"$scratch/refused"
	state >"$scratch/before"
	refused_all 255 "line 5: .*No such device.*" ts apply "$scratch/refused"
	state | diff "$scratch/before" -
	say undone
	equal "$(flows)" 1 "flows"
}

# refused_all STATUS REGEX COMMAND…: exits so, says something like that in its
# first line, and in its last that nothing is left of it.
refused_all() {
	local want=$1 regex=$2 status=0 output
	shift 2
	output=$("$@" 2>&1) || status=$?
	equal "$status" "$want" "exit status of $*"
	matches "$(head -n 1 <<<"$output")" "$regex" "first line of error"
	matches "$(tail -n 1 <<<"$output")" "^(nothing was changed|all that was done is undone)" "last line of error"
}

case_connections_of_a_server_that_stays_go_on() {
	on gw ipvsadm -A -t 1.1.2.2:70 -s rr
	on gw ipvsadm -a -t 1.1.2.2:70 -r 192.168.40.3:7 -m
	background on in41 "$tools/peer" serve 7
	eventually 5 on in41 "$tools/peer" udp 127.0.0.1 7
	mkfifo "$scratch/said"
	exec 5<>"$scratch/said"
	background on srv1 "$tools/peer" tcp -k 1.1.2.2 70 <&5 >"$scratch/heard"
	eventually 10 test -s "$scratch/heard"
	say before
	ts apply - <<-END
		-A -t 1.1.2.2:70 -s wlc
		-a -t 1.1.2.2:70 -r 192.168.40.3:7 -m
		-a -t 1.1.2.2:70 -r 192.168.40.2:7 -m
	END
	say after
	refused_all 255 "line 3: .*No such destination|line 3: .*Scheduler" ts -R --atomic <<-END
		-a -t 1.1.2.2:70 -r 192.168.50.2:7 -m
		-e -t 1.1.2.2:70 -r 192.168.40.2:7 -m -w 9
		-A -t 1.1.2.2:71 -s nosuch
	END
	say undone
	matches "$(on gw ipvsadm -Lcn)" "ESTABLISHED +8.8.1.1:[0-9]+ +1.1.2.2:70 +192.168.40.3:7"
}

# Of every kind that only the kernel can know of, in the middle of everything else.
case_a_refusal_in_the_middle_is_undone() {
	local line
	present everything
	state >"$scratch/before"
	while IFS= read -r line; do
		refused_all 255 "^line 15: " ts -R --atomic <<-END
			-A -u 1.1.2.2:54 -s rr
			-a -u 1.1.2.2:54 -r 192.168.40.2:54 -m
			-e -t 1.1.2.2:80 -r 192.168.40.2:80 -m -w 9
			-E -t 1.1.2.2:80 -s rr
			-d -t 1.1.2.2:80 -r 192.168.40.3:8080
			-D -t 1.1.2.2:443
			-k -f 1 -F 192.168.40.0/24 -U 1.1.3.100
			-H -f 1 -F 0.0.0.0/0 -T 8.0.0.0/8
			-E -f 1 -6 -s rr
			--set 1 2 3
			--stop-daemon backup
			-V --zone 192.168.50.0/24
			-Q --zone 192.168.60.0/24 -z 1.1.2.90
			-K --zone 10.0.0.0/8 --before 192.168.60.0/24
			$line
			-Z
			-C
		END
		state | diff "$scratch/before" -
	done <<-END
		-A -t 1.1.2.2:90 -s nosuch
		-A -f 9 -s snat_sched
		-a -f 7 -r 192.168.40.2 -g -x 5 -y 6
		-K -f 1 -F 192.168.70.0/24 -U 1.1.3.100 --oif nosuch
		-E -f 7 -s rr -p 5 --pe nosuch
		--start-daemon master --mcast-interface nosuch
		-P --zone 10.0.0.0/8 -z 224.0.0.1
	END
}

case_a_flush_that_is_undone_has_lost_nothing_but_counters() {
	present everything
	state >"$scratch/before"
	{
		echo -C
		marks | sed '/stop-daemon/d; /2001:db8:2::2/d'
		echo "-A -t 1.1.2.2:90 -s nosuch"
	} >"$scratch/lines"
	refused_all 255 "^line 7: .*Scheduler" ts -R --atomic <"$scratch/lines"
	state | diff "$scratch/before" -
}

# A line that can't be read, and one that the table does not let pass: the
# kernel is not asked.
case_nothing_is_sent_when_a_line_is_wrong() {
	local status line
	present balanced
	state >"$scratch/before"
	while read -r status line; do
		changing 0 refused_all "$status" "^line 3: " ts -R --atomic <<-END
			-C
			-A -t 1.1.2.2:80 -s wlc
			$line
		END
	done <<-END
		2 -A -t 1.1.2.2
		255 -A -t
		2 -L
		255 -a -t 1.1.2.2:81 -r 192.168.40.2 -m
		255 -A -t 1.1.2.2:80 -s rr
	END
	state | diff "$scratch/before" -
}

case_a_signal_in_the_middle_is_undone() {
	local i process status=0
	for i in {1..10000}; do
		echo "-A -t 10.1.$((i >> 8)).$((i & 255)):80 -s rr"
	done >"$scratch/lines"
	nsenter --net=/run/netns/gw -- "$tsipvsadm" -R --atomic <"$scratch/lines" >"$scratch/said" 2>&1 &
	process=$!
	eventually 30 services 500
	kill -TERM $process
	wait $process || status=$?
	equal "$status $(head -n 1 "$scratch/said")" "255 interrupted by SIGTERM" "exit status and error"
	equal "$(on gw ipvsadm -Sn)" "" "what is left"
}

# services N: there are at least so many in the gateway, below three lines of heading.
services() {
	(($(on gw cat /proc/net/ip_vs | wc -l) >= $1 + 3))
}

# Either gets through or says in which line it met the other; a last one mends.
case_two_at_once_do_no_harm_that_a_third_does_not_mend() {
	local round first second
	for round in 1 2 3; do
		balanced | ts apply - 2>"$scratch/first" &
		first=$!
		marks | sed '/stop-daemon/d' | ts apply - 2>"$scratch/second" &
		second=$!
		wait $first || grep -E "^(line [0-9]+: )?\`-.*': " "$scratch/first"
		wait $second || grep -E "^(line [0-9]+: )?\`-.*': " "$scratch/second"
		everything | ts apply -
		everything | changing 0 ts apply -
	done
}
