# SPDX-License-Identifier: GPL-2.0-only
# What guest tests are written with; sourced after topology.sh.

tools=$PROJECT/build/tools
tsipvsadm=$PROJECT/bin/tsipvsadm
modules=$PROJECT/build/modules/$RELEASE
scratch=/tmp/case
raw=$PROJECT/test/vm/tools/raw.py

# ---- the modules ----

# load_module [PARAMETER=VALUE…]: our ip_vs.ko and the SNAT scheduler over the
# distribution's connection tracking.
load_module() {
	local needs
	needs=$(modinfo -F depends "$modules/ip_vs.ko")
	modprobe -a ${needs//,/ }
	insmod "$modules/ip_vs.ko" "$@"
	[[ ! -e $modules/ip_vs_snat_sched.ko ]] || insmod "$modules/ip_vs_snat_sched.ko"
}

# conn_buckets NS [BITS]: what the size of IPVS's connection table has to be: 2 to the power
# of conn_tab_bits; or, where it grows by itself (from 7.2), what C ipvsadm says.
conn_buckets() {
	if on "$1" test -e /proc/sys/net/ipv4/vs/conn_lfactor; then
		listed_buckets "$1"
	else
		echo $((1 << ${2-12}))
	fi
}

listed_buckets() { # NS
	on "$1" ipvsadm -Ln | sed -n 's/.*(size=\(.*\))/\1/p'
}

# install_module: where modprobe finds it before the distribution's. depmod reads every
# module, and most of them have no part in this.
install_module() {
	local dir
	install -D -m 644 -t "/lib/modules/$RELEASE/updates" "$modules"/ip_vs{,_snat_sched}.ko
	for dir in drivers fs sound; do
		mountpoint -q "/lib/modules/$RELEASE/kernel/$dir" || mount -t tmpfs hidden "/lib/modules/$RELEASE/kernel/$dir"
	done
	depmod "$RELEASE"
}

unload_module() {
	local module
	for module in $(awk '$1 ~ /^(xt_ipvs|ip_vs_)/ { print $1 }' /proc/modules) ip_vs; do
		rmmod "$module" || return 1
	done
}

# ---- doing things ----

# bulk NUMBER: of what a case has in bulk: all where the whole is wanted
# (npm run test:all), else a tenth.
bulk() {
	[[ ${WHOLE-} ]] && echo "$1" || echo $(($1 / 10))
}

# ts ARGUMENTS…: tsipvsadm in the gateway.
ts() {
	ts_in gw 7 "$@"
}

# ts_in NS PORT ARGUMENTS…: a process of its own where TS_PROCESS is set, else by one that
# stays in the namespace (tools/resident.cjs), which is told by a socket.
ts_in() {
	local status='' traced=${-//[^x]/} ns=$1 port=$2
	set +x
	shift 2
	if [[ ${TS_PROCESS-} ]]; then
		on "$ns" "$tsipvsadm" "$@" || status=$?
	else
		ask_resident "$port" "$ns" node "$PROJECT/test/vm/tools/resident.cjs" "$PROJECT" -- "$@" || status=$?
	fi
	[[ ! $traced ]] || set -x
	return "${status:-0}"
}

# packet NS SOURCE DESTINATION PROTOCOL [OPTION of packets.py]…: made by hand, by a process
# that stays (tools/raw.py).
packet() {
	local status='' traced=${-//[^x]/}
	set +x
	ask_resident 9 - python3 -S "$raw" serve -- "$@" || status=$?
	[[ ! $traced ]] || set -x
	return "${status:-0}"
}

# ask_resident PORT NS COMMAND… -- WORD…: have the words carried out by what listens at the
# port; where nothing does, the command is started in the namespace. Output and error go by
# descriptors of their own: 1 is the socket while printf writes, and 2 would have the
# shell's words on a resident that is not there yet. No exec here: what was called with a
# redirection does not come back from one.
ask_resident() {
	local status='' port=$1 command=()
	while shift && [[ $1 != -- ]]; do
		command+=("$1")
	done
	shift
	until {
		{
			printf '%s\0' "$BASHPID" $# "$@" >&6
			read -ru 6 status || status=141
		} 6<>"/dev/tcp/127.0.0.1/$port"
	} 7>&1 8>&2 2>/dev/null; do
		"$tools/on" --listen "$port" "${command[@]}" || return
	done
	return "$status"
}

# snat LINE…: turn SNAT on for the family under test, with these rules; each
# line is what follows -K -f 1, written for -R.
snat() {
	local line
	{
		echo "-A -f 1 $six -s snat_sched"
		for line; do
			echo "-K -f 1 $six $line"
		done
	} | ts -R
}

# background COMMAND…: start it; it and its children end with the case.
background() {
	set -m
	"$@" &
	set +m
	pids+=("-$!")
}

# undo COMMAND…: done when the case is over, the last one first.
undo() {
	printf '%q ' "$@" >>/run/undo
	echo >>/run/undo
}

# set_sysctl NAME=VALUE…: in the gateway, for this case.
set_sysctl() {
	local before
	before=$("$tools/setting" gw "$@")
	mapfile -t before <<<"$before"
	undo "$tools/setting" gw "${before[@]}"
}

# flow_max NUMBER: most flows of all namespaces, for this case.
flow_max() {
	undo eval "echo $(cat /sys/module/ip_vs/parameters/flow_max) >/sys/module/ip_vs/parameters/flow_max"
	echo "$1" >/sys/module/ip_vs/parameters/flow_max
}

# filter RULE…: a first rule of the gateway's FORWARD chain, for this case.
filter() {
	undo on gw "$(tables)" -D FORWARD "$@"
	on gw "$(tables)" -I FORWARD "$@"
}

# A pipe that nobody writes to: reading it with a limit is waiting.
exec {nothing}<> <(:)

# eventually SECONDS COMMAND…: until the command succeeds. A machine that has other
# things to do may take four times as long.
eventually() {
	local end=$((SECONDS + 4 * $1))
	shift
	set +x
	until "$@"; do
		if ((SECONDS >= end)); then
			set -x
			echo "FAILED: not within time: $*"
			return 1
		fi
		read -rt 0.05 -u $nothing _ || :
	done
	set -x
}

# has FILE TEXT: the file may have NUL bytes, as one that was cut while it is written.
has() {
	local parts
	mapfile -td '' parts <"$1"
	[[ "${parts[*]}" == *"$2"* ]]
}

# capture NS DEVICE FILTER: tcpdump into $scratch/NS-DEVICE, running when this returns.
capture() {
	local file=$scratch/$1-$2
	# One that runs already writes on into a file that nobody reads.
	rm -f "$file" "$file.err"
	background on "$1" tcpdump -l --immediate-mode -nvv -s 200 -i "$2" "$3" >"$file" 2>"$file.err"
	eventually 10 has "$file.err" "listening on"
}

# captured NS DEVICE REGEX: wait until the capture shows it. tcpdump -v breaks
# a packet into lines, which are joined here.
captured() {
	eventually 5 packet_in "$scratch/$1-$2" "$3" || fail "no packet like \"$3\" at $2 of $1"
}

packets() {
	sed -E ':join; N; s/\n[ \t]+/ /; t join; P; D' "$1"
}

# packet_in FILE REGEX: is it that of a packet? Each is a line, as packets prints it.
packet_in() {
	local - line packet=''
	set +x
	while IFS= read -r line; do
		if [[ $line == [$' \t']* ]]; then
			packet+=" ${line#"${line%%[! $'\t']*}"}"
			continue
		fi
		[[ ! $packet || ! $packet =~ $2 ]] || return 0
		packet=$line
	done <"$1"
	[[ $packet && $packet =~ $2 ]]
}

# not_captured NS DEVICE REGEX: what was caused before is over, as a packet of
# ours that passes the same way after it shows.
not_captured() {
	! packet_in "$scratch/$1-$2" "$3" || fail "a packet like \"$3\" at $2 of $1"
}

# measure NAME COMMAND…: the KiB of its resident memory at the peak and the
# hundredths of a second of its processor time are then in $scratch/NAME.
measure() {
	local name=$1
	shift
	python3 "$PROJECT/test/vm/tools/peak.py" "$scratch/$name" "$@"
}

# measured NAME: say it with the results of the case; memory has a limit of MIB.
measured() { # NAME MIB
	local kib hundredths
	read -r kib hundredths <"$scratch/$1"
	echo "measured: $1: $((kib / 1024)) MiB at its peak, $((hundredths / 100)).$(printf %02d $((hundredths % 100))) s of the processor"
	((kib < $2 * 1024)) || fail "$1 took $kib KiB"
}

# ---- asserting ----

fail() {
	echo "FAILED: $*"
	exit 1
}

equal() { # GOT WANT WHAT
	[[ $1 == "$2" ]] || fail "${3-value} is \"$1\", not \"$2\""
}

matches() { # GOT REGEX WHAT
	[[ $1 =~ $2 ]] || fail "${3-value} is \"$1\", not like \"$2\""
}

lacks() { # GOT REGEX WHAT
	[[ ! $1 =~ $2 ]] || fail "${3-value} is \"$1\", which is like \"$2\""
}

# refused STATUS REGEX COMMAND…: exits so, and says something like it, in a line.
refused() {
	local want=$1 regex=$2 status=0 output
	shift 2
	output=$("$@" 2>&1 >/dev/null) || status=$?
	equal "$status" "$want" "exit status of $*"
	matches "$output" "$regex" "error of $*"
	equal "$(wc -l <<<"$output")" 1 "lines of error of $*"
}

# from_pool LINK "ADDRESS PORT": what a server saw is one of 1.1.LINK.100-110
# or 2001:db8:LINK::100-110, as the family under test.
from_pool() {
	matches "$2" "^$(pool_regex "$1") [0-9]+$" "source seen by the server"
}

pool_regex() {
	if [[ $family == 4 ]]; then
		echo "1\.1\.$1\.1(0[0-9]|10)"
	else
		echo "2001:db8:$1::1(0[0-9a-f]|10)"
	fi
}

# ask_tcp / ask_udp NS ADDRESS [OPTIONS of peer]: prints the source that the server saw.
ask_tcp() {
	local ns=$1 to=$2
	shift 2
	on "$ns" "$tools/peer" tcp "$@" "$to" 7
}

ask_udp() {
	local ns=$1 to=$2
	shift 2
	on "$ns" "$tools/peer" udp "$@" "$to" 7
}

# converse NS tcp|udp ADDRESS [OPTIONS of peer]: a conversation that stays open,
# with port 7 or $port; what the server saw is in $seen, which takes $patience seconds
# at most. One at a time.
converse() {
	local ns=$1 kind=$2 to=$3
	shift 3
	rm -f "$scratch/said" "$scratch/heard"
	mkfifo "$scratch/said"
	exec 5<>"$scratch/said"
	# Not by background: the command itself has the redirection, without which a
	# shell may start it with no input.
	set -m
	on "$ns" "$tools/peer" "$kind" -k "$@" "$to" "${port-7}" <&5 >"$scratch/heard" &
	set +m
	pids+=("-$!")
	talks=-$!
	eventually "${patience-10}" test -s "$scratch/heard"
	seen=$(head -n 1 "$scratch/heard")
}

# say TEXT: and hear it come back.
say() {
	echo "$1" >&5
	eventually 20 has "$scratch/heard" "$1"
}

# hang_up: end the conversation as the client.
hang_up() {
	kill -- "${talks:-${pids[-1]}}"
	unset talks
	exec 5>&-
}

# Not one that is over and only waits to be asked for its status.
running() { # PROCESS
	local stat
	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null && [[ ${stat##*) } != Z* ]]
}

ended() { # PROCESS
	! running "$1"
}

# counter NAME: a counter of /proc/net/ip_vs_ext_stats in the gateway.
counter() {
	counter_in gw "$1"
}

# counter_in NS NAME: no program is started where a process of the namespace stays.
counter_in() {
	local - lines=() line pid
	set +x
	if [[ -e /run/stays.$1 ]] && read -r pid <"/run/stays.$1" && [[ -e /proc/$pid/net/ip_vs_ext_stats ]]; then
		mapfile -t lines <"/proc/$pid/net/ip_vs_ext_stats"
	else
		mapfile -t lines < <(on "$1" cat /proc/net/ip_vs_ext_stats)
	fi
	for line in "${lines[@]}"; do
		[[ ${line%%[ :]*} == "$2" ]] || continue
		echo "${line##*[ :]}"
		return
	done
	return 1
}

# flows [NS]: how many there are in the gateway.
flows() {
	on "${1-gw}" "$tools/info" flows
}

# no_flows SECONDS: wait for that.
no_flows() {
	on gw "$tools/info" flows none "$1" || fail "there are flows still"
}

# Of all namespaces: asked where none was opened.
no_flows_at_all() { # SECONDS
	on gw "$tools/info" flows-total none "$1" || fail "there are flows still"
}

# clear_connections [NS]: all services go, and no connection of one case is there in
# the next.
clear_connections() {
	local ns=${1-gw}
	"$tools/setting" "$ns" net.ipv4.vs.expire_nodest_conn=1
	on "$ns" ipvsadm -C
	on "$ns" "$tools/info" flows none 40 || echo "flows are left" >&2
	"$tools/setting" "$ns" net.ipv4.vs.expire_nodest_conn=0
}

# learns_path_mtu: the case is about too long packets, and leaves path MTUs behind.
learns_path_mtu() {
	undo flush_path_mtu
	# With a smaller MSS nobody sends any.
	set_sysctl net.ipv4.vs.mss_clamp=0
}

# flush_path_mtu: what ends and gateway have learned of paths is forgotten.
flush_path_mtu() {
	local ns
	for ns in in40 in70 srv1 srv2 deep gw; do
		ip -n "$ns" route flush cache
		ip -n "$ns" -6 route flush cache
	done
}

# New flows of both families without end, and long TCP conversations. Nice, so
# that what the case itself does comes first.
flood_both_families() {
	again_and_again in40 "$tools/flood" -p 5300 8.16.0.0 7 20000
	again_and_again in41 "$tools/flood" -p 5301 2001:db8:b::1000:0 7 20000
	again_and_again in50 "$tools/peer" tcp -b 10000000 8.8.1.1 7
}

again_and_again() { # NS COMMAND…
	local ns=$1
	shift
	background nice -n 15 bash -c "while :; do nsenter --net=/run/netns/$ns $*; done" >/dev/null 2>&1
}

# ---- families ----

# use_family 4|6: names for the addresses of the topology.
use_family() {
	local net
	family=$1
	if [[ $family == 4 ]]; then
		six='' any=0.0.0.0/0
		in40=192.168.40.2 in41=192.168.40.3 in50=192.168.50.2 in60=192.168.60.2 in70=192.168.70.2
		net40=192.168.40.0/24 net50=192.168.50.0/24 net60=192.168.60.0/24 net70=192.168.70.0/24
		inner=192.168.0.0/16 inner_gw=192.168.40.1
		hop1=1.1.2.1 hop2=1.1.3.1
		pool1=1.1.2.100-1.1.2.110 pool2=1.1.3.100-1.1.3.110
		srv1=8.8.1.1 srv2=8.8.2.1 srv3=8.8.3.1 deep=8.8.5.1 many=8.16.0.0
		hop=10.5.0.2 icmp=icmp ping='ping -4' host=32
	else
		six=-6 any=::/0
		in40=2001:db8:40::2 in41=2001:db8:40::3 in50=2001:db8:50::2 in60=2001:db8:60::2 in70=2001:db8:70::2
		net40=2001:db8:40::/64 net50=2001:db8:50::/64 net60=2001:db8:60::/64 net70=2001:db8:70::/64
		inner=2001:db8::/40 inner_gw=2001:db8:40::1
		hop1=2001:db8:2::1 hop2=2001:db8:3::1
		pool1=2001:db8:2::100-2001:db8:2::110 pool2=2001:db8:3::100-2001:db8:3::110
		srv1=2001:db8:a1::1 srv2=2001:db8:a2::1 srv3=2001:db8:a3::1 deep=2001:db8:a5::1 many=2001:db8:b::1000:0
		hop=2001:db8:e5::2 icmp=icmp6 ping='ping -6' host=128
	fi
}

# tables: the iptables of the family.
tables() {
	if [[ $family == 4 ]]; then echo iptables; else echo ip6tables; fi
}

# bracketed ADDRESS: ready for a port.
bracketed() {
	[[ $1 == *:* ]] && echo "[$1]" || echo "$1"
}

# pool_address LINK N
pool_address() {
	if [[ $family == 4 ]]; then
		echo "1.1.$1.$2"
	else
		echo "2001:db8:$1::$2"
	fi
}
