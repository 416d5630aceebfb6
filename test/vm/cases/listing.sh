# SPDX-License-Identifier: GPL-2.0-only
# Long listings, names, broken pipes, and several at once, beside C ipvsadm.

connections=/tmp/connections

# with_files FILE=PATH… -- COMMAND…: in the gateway, with each file or directory
# where PATH is; PID in that is the command's process. It is measured as $as.
with_files() {
	${as:+measure "$as"} nsenter --net=/run/netns/gw -- unshare -m bash -c '
		while [[ $1 != -- ]]; do
			path=${1#*=}
			mount --bind "${1%%=*}" "${path/PID/$$}" || exit
			shift
		done
		shift
		exec "$@"' bash "$@"
}

# with_connections COMMAND…: with a million lines of the kernel's (a tenth of them in
# npm test) in place of its own connections. What is mounted on a file of /proc/net is gone when it
# is next looked up, so it is the directory.
with_connections() {
	if [[ ! -e $connections ]]; then
		mkdir $connections
		many_connections >$connections/ip_vs_conn
	fi
	with_files $connections=/proc/PID/net -- "$@"
}

many_connections() {
	local i part=$scratch/part
	awk 'BEGIN {
		split("ESTABLISHED FIN_WAIT TIME_WAIT SYN_RECV CLOSE_WAIT", states)
		six = "2001:0db8:0000:0000:0000:0000"
		for (i = 0; i < 25000; i++) {
			state = states[i % 5 + 1]
			if (i % 100 == 0)
				printf "TCP %s:0001:%04x C350 %s:0000:0001 01BB %s:0000:%04x 20FB %-11s %7u\n", six, i, six, six, i % 256, state, i % 900
			else
				printf "%s 0A%06X %04X C0000201 01BB AC1000%02X 20FB %-11s %7u%s\n", i % 5 ? "TCP" : "UDP", i, 1024 + i, i % 256, state, i % 900, i % 100 == 1 ? " sip " i "@example.org" : ""
		}
	}' >"$part"
	echo "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData"
	for ((i = $(bulk 40); i > 0; i--)); do
		cat "$part"
	done
}

# many_as_C OPTIONS…: both list the same, ours in bounded memory and no more time.
many_as_C() {
	local ours theirs
	as=tsipvsadm with_connections "$tsipvsadm" "$@" | sha256sum >"$scratch/ours"
	as=ipvsadm with_connections ipvsadm "$@" | sha256sum >"$scratch/theirs"
	measured tsipvsadm 150
	measured ipvsadm 150
	equal "$(<"$scratch/ours")" "$(<"$scratch/theirs")" "what $* lists"
	read -r _ ours <"$scratch/tsipvsadm"
	read -r _ theirs <"$scratch/ipvsadm"
	# Of few, most of our time is the start of node.
	[[ ${WHOLE-} ]] || return 0
	if ((ours > theirs)); then
		# What else the host does counts as time of whoever runs then.
		as=tsipvsadm with_connections "$tsipvsadm" "$@" >/dev/null
		read -r _ ours <"$scratch/tsipvsadm"
	fi
	((ours <= theirs)) || fail "$* took $ours hundredths of a second, C ipvsadm $theirs"
}

case_a_many_connections_are_listed_as_C_ipvsadm_does_and_as_fast() {
	many_as_C -Lnc
}

case_so_are_those_with_persistence_engines() {
	many_as_C -Lnc --persistent-conn
}

case_a_many_connections_as_JSON() {
	as=json with_connections "$tsipvsadm" -Lc --json | grep -c '^{"protocol"' >"$scratch/lines"
	measured json 150
	equal "$(<"$scratch/lines")" "$(bulk 1000000)" "connections listed"
}

# ---- long tables ----

# So long that its servers are read from /proc/net/ip_vs.
case_a_long_table_is_listed_as_C_ipvsadm_does() {
	local options
	awk 'BEGIN {
		split("-t -u --sctp-service", kinds)
		split("-m -g -i", methods)
		for (i = 0; i < 1200; i++) {
			key = i % 4 ? sprintf("10.1.%d.%d:%d", i / 250, i % 250, i + 1) : sprintf("[2001:db8:77::%x]:%d", i, i + 1)
			key = i % 400 == 399 ? "-f " i : kinds[i % 3 + 1] " " key
			print "-A " key " -s wrr" (i % 5 ? "" : " -p 300") (i % 4 && i % 7 == 0 && i % 3 == 1 ? " -o" : "")
			for (j = 0; j < i % 6; j++)
				print "-a " key " -r " (i % 4 ? "172.16." j ".9" : "[fd00::" j "]") ":" i + 1 " " methods[(i + j) % 3 + 1] " -w " i * 40
		}
	}' | on gw ipvsadm -R
	equal "$(on gw ipvsadm -Sn | wc -l)" 4200 "services and servers"
	for options in -Ln "-Ln --nosort" "-L -n --thresholds" "-Ln --persistent-conn"; do
		ts $options >"$scratch/ours"
		on gw ipvsadm $options >"$scratch/theirs"
		cmp "$scratch/ours" "$scratch/theirs" || fail "$options: $(diff "$scratch/ours" "$scratch/theirs" | head -n 6)"
	done
}

# ---- pipes ----

case_a_reader_that_goes_away_ends_it_silently() {
	local line status
	ts -A -t 1.1.2.2:80
	for line in "-L -n" "-S -n" "-L --timeout" "-L -n -c" "-L -c --json"; do
		status=0
		# The reader is gone before the first byte comes.
		with_connections "$tsipvsadm" $line 2>"$scratch/error" | true || status=${PIPESTATUS[0]}
		equal "$status" 141 "exit status of $line"
		equal "$(<"$scratch/error")" "" "standard error of $line"
	done
	status=0
	with_connections "$tsipvsadm" -L -n -c 2>"$scratch/error" | head -n 1 >"$scratch/first" || status=${PIPESTATUS[0]}
	equal "$status" 141 "exit status of what head reads"
	equal "$(cat "$scratch/error" "$scratch/first")" "IPVS connection entries"
}

# ---- names ----

# with_names COMMAND…: with names for some addresses, and a resolver that has no more.
with_names() {
	cat >"$scratch/hosts" <<-END
		1.1.2.2 web.example www
		192.168.40.2 both.example
		192.168.40.3 a-name-of-more-than-sixty-bytes.in-four.labels.of-the-zone.example
		2001:db8:2::2 both.example
		2001:db8:40::2 six-with-a-name-of-more-than-sixty-bytes.in-five.labels.of-the-zone.example
	END
	echo "nameserver 127.0.0.1" >"$scratch/resolv.conf"
	with_files "$scratch/hosts=/etc/hosts" "$scratch/resolv.conf=/etc/resolv.conf" \
		"$scratch/net=/proc/PID/net" -- "$@"
}

case_names_are_those_that_C_ipvsadm_shows() {
	local options
	on gw ipvsadm -R <<-END
		-A -t 1.1.2.2:80 -s wlc
		-a -t 1.1.2.2:80 -r 192.168.40.2:80 -m
		-a -t 1.1.2.2:80 -r 192.168.40.3:80 -m
		-a -t 1.1.2.2:80 -r 192.168.40.4:81 -m
		-A -t 1.1.2.2:514 -s rr
		-A -u 1.1.2.2:514 -s rr
		-A -u 1.1.2.3:64999 -s rr
		-A --sctp-service 1.1.2.2:2905 -s rr
		-A -t [2001:db8:2::2]:443 -s rr
		-a -t [2001:db8:2::2]:443 -r [2001:db8:40::2]:443 -m
		-a -t [2001:db8:2::2]:443 -r [2001:db8:40::3]:443 -m
		-A -f 7
		-a -f 7 -r 192.168.40.2:80
	END
	mkdir "$scratch/net"
	cat >"$scratch/net/ip_vs_conn" <<-END
		Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData
		TCP 01010202 C350 C0A82803 0050 C0A82802 0050 ESTABLISHED     899
		UDP 01010202 0202 C0A82803 0202 C0A82809 0035 UDP             299
		IP  01010202 0000 C0A82802 0050 C0A82802 0050 NONE            299
		TCP 2001:0db8:0040:0000:0000:0000:0000:0002 C350 2001:0db8:0002:0000:0000:0000:0000:0002 01BB 2001:0db8:0040:0000:0000:0000:0000:0009 01BB FIN_WAIT         88
	END
	for options in -L "-L --stats" "-L --rate" "-L --thresholds" "-L --persistent-conn" "-L -t 1.1.2.2:80" "-L -c"; do
		equal "$(with_names "$tsipvsadm" $options)" "$(with_names ipvsadm $options)" "output of $options"
	done
	matches "$(with_names "$tsipvsadm" -L)" "UDP  web.example:syslog rr"
	matches "$(with_names "$tsipvsadm" -L -c)" "\[both.example\]:https"
	# What ipvsadm saves of a long name can't be restored; this can.
	equal "$(with_names "$tsipvsadm" -S | grep -v sixty)" "$(with_names ipvsadm -S | grep -v sixty)"
	matches "$(with_names "$tsipvsadm" -S)" "-r a-name-of-more-than-sixty-bytes.in-four.labels.of-the-zone.example:http -m"
}

# The resolver's packets, as the gateway counts them.
questions() {
	on gw iptables -nvxL OUTPUT | awk '/udp dpt:53/ { print $1 }'
}

case_a_resolver_that_never_answers_is_asked_only_for_names() {
	local options started i
	printf '%s\n' "nameserver 8.8.1.53" "options timeout:2 attempts:1" >"$scratch/resolv.conf"
	: >"$scratch/hosts"
	undo ip -n isp1 route del blackhole 8.8.1.53
	ip -n isp1 route add blackhole 8.8.1.53
	undo on gw iptables -D OUTPUT -p udp --dport 53
	on gw iptables -I OUTPUT -p udp --dport 53
	{
		echo "-A -t 1.1.2.2:80"
		for ((i = 1; i < 20; i++)); do
			echo "-a -t 1.1.2.2:80 -r 192.168.40.$i:80 -m"
		done
	} | ts -R
	unanswered() {
		with_files "$scratch/hosts=/etc/hosts" "$scratch/resolv.conf=/etc/resolv.conf" -- "$tsipvsadm" "$@"
	}
	for options in -Ln -ln "-L -n --stats" "-L -t 1.1.2.2:80 -n" -Lnc "-S -n" "-L --json"; do
		unanswered $options
	done
	equal "$(questions)" 0 "packets to the resolver"
	# Twenty addresses are asked for at once: one after the other would take 40 s.
	started=$SECONDS
	unanswered -L | grep "192.168.40.19:http " >/dev/null
	((SECONDS - started < 20)) || fail "-L took $((SECONDS - started)) s"
	(($(questions) >= 20)) || fail "$(questions) packets went to the resolver"
}

# ---- several at once ----

# services NET: 500 of them, each with a server, as -S -n writes them.
services() {
	local i
	for ((i = 1; i <= 500; i++)); do
		echo "-A -t 10.$1.$((i / 250)).$((i % 250)):80 -s rr"
		echo "-a -t 10.$1.$((i / 250)).$((i % 250)):80 -r 192.168.40.2:80 -m -w $((i % 9))"
	done
}

case_two_that_restore_at_once_give_the_union() {
	local first second line='^(-A -t 10\.[12]\.[0-2]\.[0-9]+:80 -s rr|-a -t 10\.[12]\.[0-2]\.[0-9]+:80 -r 192\.168\.40\.2:80 -m -w [0-9])$'
	services 1 >"$scratch/1"
	services 2 >"$scratch/2"
	ts -R <"$scratch/1" &
	first=$!
	ts -R <"$scratch/2" &
	second=$!
	while :; do
		ts -L -n >"$scratch/listed"
		ts -S -n >"$scratch/saved"
		lacks "$(tail -n +4 "$scratch/listed" | grep -vE '^(TCP  10\.[12]\.[0-2]\.[0-9]+:80 rr|  -> 192\.168\.40\.2:80 +Masq +[0-9] +0 +0 *)$' | head -n 3)" . "lines of -L"
		lacks "$(grep -vE "$line" "$scratch/saved" | head -n 3)" . "lines of -S"
		kill -0 $first 2>/dev/null || kill -0 $second 2>/dev/null || break
	done
	wait $first
	wait $second
	equal "$(ts -S -n | sort | sha256sum)" "$(sort "$scratch/1" "$scratch/2" | sha256sum)" "the table"
}

# at_once PROGRAM…: each restores the same file; their errors, in $scratch/errors.
at_once() {
	local program pids=()
	services 1 >"$scratch/1"
	for program; do
		on gw "$program" -R <"$scratch/1" 2>>"$scratch/errors" &
		pids+=($!)
	done
	for program in "${pids[@]}"; do
		wait "$program" || :
	done
	equal "$(ts -S -n | sort | sha256sum)" "$(sort "$scratch/1" | sha256sum)" "the table"
}

case_two_that_restore_the_same_say_what_exists() {
	at_once "$tsipvsadm" "$tsipvsadm"
	lacks "$(grep -vE '^line [0-9]+: .*: (Service|Destination) already exists$' "$scratch/errors" | head -n 3)" . "errors"
	# Each line was refused once.
	equal "$(wc -l <"$scratch/errors")" 1000 "lines of error"
}

case_C_ipvsadm_may_restore_beside_it() {
	at_once "$tsipvsadm" ipvsadm
	equal "$(grep -cE '(Service|Destination) already exists$' "$scratch/errors")" 1000 "lines of error"
}
