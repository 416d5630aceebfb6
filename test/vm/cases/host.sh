# SPDX-License-Identifier: GPL-2.0-only
# What else the host of a gateway does: firewalls, several uplinks, IPsec, VRFs,
# bridges, reverse path filters. A known flow skips the stack only where the stack
# would do the same. Where iptables' SNAT is the reference, the body of a case runs
# with it first in npm run test:all: a case that fails there is wrong itself.
# Cases that can end the guest stand at the end of the file. Those named pending_ fail:
# they are what is known to be wrong still.

# Where an answer never comes, a conversation is given up soon.
patience=2

suite_setup() {
	modprobe -a nf_tables nft_ct nft_nat vrf vxlan && have_network
}

# What one case leaves in connection tracking does not change the next one.
suite_reset() {
	clear_connections
	on gw nft flush ruleset
	on gw conntrack -F
	ip -n gw neigh flush dev eth3
}

# ---- one body, several kinds of NAT ----

# with_each KINDS COMMAND…: the command with $nat set to each of the kinds. All of
# them run, so that a failure tells in which it is; each is undone before the next.
with_each() {
	local - kinds=$1 failed='' log
	set +x
	shift
	for nat in $kinds; do
		log=$scratch/$nat.log
		# With job control, so that background jobs in it have their input.
		set -m
		(
			set +m
			exec >"$log" 2>&1 9>&1
			set -x
			pids=()
			trap '((${#pids[@]})) && kill -9 -- "${pids[@]}" 2>/dev/null || :' EXIT
			"$@"
		) </dev/null &
		set +m
		pids+=("-$!")
		wait $! || {
			failed+=" $nat"
			failure_of "$nat" "$log"
		}
		reset >/dev/null 2>&1 || :
		find "$scratch" -mindepth 1 ! -name '*.log' -delete
	done
	[[ ! $failed ]] || fail "with$failed: $*"
}

# kinds_here [REFERENCE]: rules and zones, and the reference, where the whole is wanted
# (npm run test:all); else rules by IPv4 and zones by IPv6.
kinds_here() {
	if [[ ${WHOLE-} ]]; then
		echo "$* rule zone"
	elif [[ $family == 4 ]]; then
		echo rule
	else
		echo zone
	fi
}

# each_nat COMMAND…: with iptables as the reference, with a rule and with a zone.
each_nat() {
	pub=$(pool_address 2 105)
	with_each "$(kinds_here iptables)" "$@"
}

# each_ours COMMAND…: what iptables has no equivalent of.
each_ours() {
	pub=$(pool_address 2 105)
	with_each "$(kinds_here)" "$@"
}

failure_of() { # KIND LOG
	local - file
	set +x
	{
		echo "=== with $1"
		grep -v '^+* *\(set\|echo\|return\|exit\|shift\|fail\|kill\|((\|((\|:\|local\) *' "$2" | tail -n 6
		for file in "$scratch"/*-*[^r]; do
			[[ ! -s $file ]] || { echo "--- ${file##*/}" && packets "$file" | tail -n 5 | cut -c 1-180; }
		done
		on gw awk -F '[ :]+' '$2' /proc/net/ip_vs_ext_stats | tr '\n' ';'
		echo
	} 2>&1
}

# translate [NETWORK [ADDRESS [DEVICE]]]: source NAT by the kind under test: net40 to
# $pub. DEVICE is where packets leave, for kinds that can be told.
translate() {
	local net=${1-$net40} to=${2-$pub} dev=${3-} everything='[::]:0'
	[[ $family == 6 ]] || everything=0.0.0.0:0
	case $nat in
	iptables)
		xt -t nat -A POSTROUTING -s "$net" ${dev:+-o $dev} -j SNAT --to-source "$to"
		;;
	rule)
		ts -R <<-END
			-A -f 1 $six -s snat_sched
			-K -f 1 $six -F $net ${dev:+--oif $dev} -U $to
		END
		;;
	zone)
		ts -R <<-END
			-A -t $everything -s rr
			-A -u $everything -s rr
			-K --zone $net
			-P --zone $net -z $to
		END
		;;
	esac
}

# translate_more NETWORK ADDRESS DEVICE: a second rule; not for zones.
translate_more() {
	case $nat in
	iptables) translate "$@" ;;
	rule) ts -K -f 1 $six -F "$1" --oif "$3" -U "$2" ;;
	esac
}

# xt ARGUMENTS…: iptables or ip6tables in the gateway. All goes with the case.
xt() {
	on gw "$(tables)" "$@"
}

# ---- conversations and packets ----

# says TEXT: say it and hear it come back, soon.
says() {
	echo "$1" >&5
	eventually 1 has "$scratch/heard" "$1" || fail "\"$1\" was not answered"
}

# as_public COMMAND…: it prints $pub as the source that the server saw.
as_public() {
	matches "$("$@")" "^$pub [0-9]+$" "source seen by the server"
}

# send NS SOURCE DESTINATION PROTOCOL [OPTION of packets.py]…: one packet by hand.
send() {
	local ns=$1
	shift
	packet "$ns" "$@"
}

# count_packets NS DEVICE REGEX: packets like it that the capture has.
count_packets() {
	packets "$scratch/$1-$2" | grep -Ec "$3" || :
}

# counts NS DEVICE REGEX NUMBER: for eventually.
counts() {
	(($(count_packets "$1" "$2" "$3") == $4))
}

# no_reset NS: its kernel does not answer for conversations that are by hand.
no_reset() {
	undo on "$1" "$(tables)" -D OUTPUT -p tcp --tcp-flags RST RST -j DROP
	on "$1" "$(tables)" -A OUTPUT -p tcp --tcp-flags RST RST -j DROP
}

# names of what only this suite uses
elsewhere() {
	if [[ $family == 4 ]]; then
		far=10.77.0.0/16 alone=10.88.0.1/32 nowhere=9.9.9.9
	else
		far=2001:db8:7700::/48 alone=2001:db8:8800::1/128 nowhere=2001:db8:9::9
	fi
}

# The gateway's network changes in what no flow uses.
change_route() {
	elsewhere
	undo ip -n gw $six route del $far via $hop1
	ip -n gw $six route add $far via $hop1
}

change_address() {
	elsewhere
	undo ip -n gw addr del $alone dev lo
	ip -n gw addr add $alone dev lo
}

change_link() {
	undo ip -n gw link del dummy9
	ip -n gw link add dummy9 type dummy
	ip -n gw link set dummy9 up
}

# ---- 2: stateful firewalls and unrelated changes ----

both_a_connection_outlives_changes_behind_iptables() {
	each_nat outlives_changes by_iptables
}

both_a_connection_outlives_changes_where_new_means_syn() {
	each_nat outlives_changes by_syn
}

both_a_connection_outlives_changes_behind_a_verdict_map() {
	each_nat outlives_changes by_verdict_map
}

both_a_connection_outlives_changes_behind_firewalld() {
	each_nat outlives_changes by_firewalld
}

both_a_connection_outlives_changes_behind_ufw() {
	each_nat outlives_changes by_ufw
}

both_a_connection_outlives_changes_behind_wg_quick() {
	each_nat outlives_changes by_wg_quick
}

both_a_connection_outlives_changes_where_invalid_is_dropped() {
	each_nat outlives_changes by_window
}

both_a_connection_outlives_changes_on_the_full_path() {
	each_nat outlives_changes by_iptables slowly
}

outlives_changes() { # FIREWALL [slowly]
	local kind
	[[ ${2-} != slowly ]] ||
		set_sysctl net.ipv4.vs.fast_response_xmit=0 net.ipv4.vs.fast_response_xmit_inside=0
	"$1"
	translate
	converse in40 tcp $srv1
	matches "$seen" "^$pub "
	says before
	for kind in route address link; do
		change_$kind
		says "after a $kind"
	done
	as_public ask_tcp in40 $srv1
}

by_iptables() {
	xt -P FORWARD DROP
	xt -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
	xt -A FORWARD -i eth0 -p tcp --syn -m conntrack --ctstate NEW -j ACCEPT
}

by_syn() {
	xt -A FORWARD -p tcp ! --syn -m conntrack --ctstate NEW -j DROP
}

by_window() {
	set_sysctl net.netfilter.nf_conntrack_tcp_loose=0
	xt -A FORWARD -m conntrack --ctstate INVALID -j DROP
	xt -A FORWARD -p tcp ! --syn -m conntrack --ctstate NEW -j DROP
}

by_verdict_map() {
	on gw nft -f - <<-'END'
		table inet guard {
			chain forward {
				type filter hook forward priority filter; policy drop;
				ct state vmap { established : accept, related : accept, invalid : drop }
				iifname "eth0" tcp flags & (fin|syn|rst|ack) == syn ct state new accept
			}
		}
	END
}

# As firewalld writes it, with masquerading left to others.
by_firewalld() {
	on gw nft -f - <<-'END'
		table inet firewalld {
			chain filter_PREROUTING {
				type filter hook prerouting priority filter + 10; policy accept;
				meta nfproto ipv6 fib saddr . mark . iif oif missing drop
			}
			chain filter_FORWARD {
				type filter hook forward priority filter + 10; policy accept;
				ct state { established, related } accept
				ct status dnat accept
				iifname "lo" accept
				ct state invalid drop
				iifname "eth0" accept
				reject with icmpx admin-prohibited
			}
		}
	END
}

# "ufw default deny routed; ufw route allow in on eth0 out on eth1", as ufw loads it.
by_ufw() {
	local icmp=icmp ufw=ufw
	[[ $family == 4 ]] || icmp=icmpv6 ufw=ufw6
	on gw "$(tables)-restore" <<-END
		*filter
		:INPUT DROP
		:FORWARD DROP
		:OUTPUT ACCEPT
		:$ufw-before-input -
		:$ufw-before-forward -
		:$ufw-user-forward -
		:$ufw-not-local -
		:$ufw-skip-to-policy-input -
		:$ufw-logging-deny -
		-A INPUT -j $ufw-before-input
		-A FORWARD -j $ufw-before-forward
		-A $ufw-before-input -i lo -j ACCEPT
		-A $ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
		-A $ufw-before-input -m conntrack --ctstate INVALID -j $ufw-logging-deny
		-A $ufw-before-input -m conntrack --ctstate INVALID -j DROP
		-A $ufw-before-input -p $icmp -j ACCEPT
		-A $ufw-before-input -j $ufw-not-local
		-A $ufw-not-local -m addrtype --dst-type LOCAL -j RETURN
		-A $ufw-not-local -m addrtype --dst-type MULTICAST -j RETURN
		-A $ufw-not-local -j DROP
		-A $ufw-before-forward -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
		-A $ufw-before-forward -p $icmp -j ACCEPT
		-A $ufw-before-forward -j $ufw-user-forward
		-A $ufw-user-forward -i eth0 -o eth1 -j ACCEPT
		-A $ufw-logging-deny -m conntrack --ctstate INVALID -m limit --limit 3/min --limit-burst 10 -j RETURN
		COMMIT
	END
}

# What "wg-quick up" does for AllowedIPs of everything; the uplink stands for the tunnel.
by_wg_quick() {
	undo ip -n gw $six route flush table 51820
	ip -n gw $six route add default via "$hop1" dev eth1 table 51820
	undo ip -n gw $six rule del not fwmark 51820 table 51820
	ip -n gw $six rule add not fwmark 51820 table 51820
	undo ip -n gw $six rule del table main suppress_prefixlength 0
	ip -n gw $six rule add table main suppress_prefixlength 0
	set_sysctl net.ipv4.conf.all.src_valid_mark=1
	on gw nft -f - <<-END
		table inet wg-quick-eth1 {
			chain preraw { type filter hook prerouting priority raw; policy accept; }
			chain premangle {
				type filter hook prerouting priority mangle; policy accept;
				meta l4proto udp meta mark set ct mark
			}
			chain postmangle {
				type filter hook postrouting priority mangle; policy accept;
				meta l4proto udp meta mark 51820 ct mark set meta mark
			}
		}
	END
}

# The entry is the connection's: with the reply tuple of the translation, and no longer
# than the flow.
both_a_flow_has_its_entry_in_connection_tracking() {
	each_nat has_its_entry
}

has_its_entry() {
	# A port of a kind's own: the last one's connection may linger.
	local n
	case $nat in iptables) n=43 ;; rule) n=44 ;; *) n=45 ;; esac
	xt -A FORWARD -m conntrack --ctstate INVALID -j DROP
	translate
	hear_events
	converse in40 tcp $srv1 -p ${n}01
	says once
	eventually 5 has_event "UPDATE\] .*ESTABLISHED src=$in40 dst=$srv1 sport=${n}01 .*dst=$pub .*ASSURED"
	matches "$(tracked ${n}01)" "ESTABLISHED src=$in40 dst=$srv1 sport=${n}01 dport=7 src=$srv1 dst=$pub sport=7 dport=${seen#* } .*ASSURED"
	converse in40 udp $srv1 -p ${n}02
	matches "$(tracked ${n}02)" "src=$in40 dst=$srv1 sport=${n}02 dport=7 src=$srv1 dst=$pub sport=7 dport=${seen#* } "
	[[ $nat != iptables ]] || return 0
	# With the rules, the entries end, too.
	on gw ipvsadm -C
	eventually 5 untracked ${n}01
	eventually 5 untracked ${n}02
}

both_a_FULLNAT_connection_has_its_entry_with_vs_conntrack() {
	local kind
	nat=fullnat
	set_sysctl net.ipv4.vs.conntrack=1
	xt -A INPUT -m conntrack --ctstate INVALID -j DROP
	service -b
	hear_events
	for kind in tcp udp; do
		port=70 converse srv1 $kind $vip -p 4531
		says once
		matches "$(tracked 4531 $srv1 $kind)" "$(established $kind)src=$srv1 dst=$vip sport=4531 dport=70 src=$srv2 dst=$lend sport=7 dport=${seen#* } "
	done
	eventually 5 has_event "UPDATE\] .*ESTABLISHED src=$srv1 dst=$vip sport=4531 .*dst=$lend .*ASSURED"
	# It ends with the connection, though its own time is longer.
	undo ts --set 0 0 300
	ts --set 0 0 2
	on srv1 "$tools/peer" udp -p 4532 $vip 70
	# It may be over before a slow machine has listed it.
	eventually 5 has_event "NEW\] udp .* sport=4532 .*dst=$lend"
	eventually 20 untracked 4532 $srv1 udp
	set_sysctl net.ipv4.vs.conntrack=0
	port=70 converse srv1 udp $vip -p 4534
	untracked 4534 $srv1
}

established() { # tcp|udp
	[[ $1 != tcp ]] || echo "ESTABLISHED "
}

# The server on the director: its answers never come in.
both_a_FULLNAT_connection_to_the_director_has_its_entry() {
	nat=fullnat
	set_sysctl net.ipv4.vs.conntrack=1
	xt -A INPUT -m conntrack --ctstate INVALID -j DROP
	background on gw "$tools/peer" serve 7
	eventually 10 on gw "$tools/peer" tcp "$(gateway)" 7
	service -b "$(gateway)"
	port=70 converse srv1 tcp $vip -p 4533
	says once
	matches "$(tracked 4533 $srv1)" "ESTABLISHED src=$srv1 dst=$vip sport=4533 dport=70 src=$vip dst=$lend sport=7 dport=${seen#* } .*ASSURED"
}

both_connection_tracking_of_flows_can_be_off() {
	each_ours without_tracking
}

without_tracking() {
	set_sysctl net.ipv4.vs.snat_conntrack=0
	xt -A FORWARD -m conntrack --ctstate INVALID -j DROP
	translate
	converse in40 udp $srv1 -p 4503
	untracked 4503
	says "still there"
}

# hear_events: what connection tracking tells from now on.
hear_events() {
	background on gw conntrack -E -f ipv$family >"$scratch/events" 2>&1
	eventually 5 on gw awk '$2 == 12 && $4 != "00000000" { found = 1 } END { exit !found }' /proc/net/netlink
}

has_event() { # REGEX
	grep -Eq -- "$1" "$scratch/events"
}

# tracked PORT [CLIENT [PROTOCOL]]: the gateway's entry of the connection from that port; in40's.
tracked() {
	on gw conntrack -L -f ipv$family ${3+-p $3} 2>/dev/null |
		grep " src=${2-$in40} .*sport=$1 " || :
}

untracked() {
	[[ ! $(tracked "$@") ]]
}

# ---- 3: several uplinks, chosen by mark ----

# two_uplinks: table 101 is eth1, table 102 eth2, by mark 1 and 2. The gateway's own
# networks come first, as mwan3 and wg-quick have it.
two_uplinks() {
	local n hop
	for n in 1 2; do
		hop=hop$n
		undo ip -n gw $six route del default table 10$n
		undo ip -n gw $six rule del pref $((200 + n))
		ip -n gw $six route add default via "${!hop}" table 10$n
		ip -n gw $six rule add pref $((200 + n)) fwmark $n table 10$n
	done
	undo ip -n gw $six rule del pref 150
	ip -n gw $six rule add pref 150 lookup main suppress_prefixlength 0
}

translate_by_uplink() {
	translate "$net40" "$pub" eth1
	translate_more "$net40" "$(pool_address 3 105)" eth2
}

both_a_connection_stays_on_the_uplink_of_its_mark() {
	pub=$(pool_address 2 105)
	with_each "iptables rule" stays_on_its_uplink tcp
	with_each "iptables rule" stays_on_its_uplink udp
}

stays_on_its_uplink() { # PROTOCOL
	local other
	other=$(pool_address 3 105)
	two_uplinks
	translate_by_uplink
	xt -t mangle -A PREROUTING -j CONNMARK --restore-mark
	xt -t mangle -A PREROUTING -i eth0 -m mark --mark 0 -j MARK --set-mark 2
	xt -t mangle -A PREROUTING -j CONNMARK --save-mark
	capture isp1 gw "$1 port 7"
	converse in40 "$1" $srv3
	matches "$seen" "^$other "
	says before
	# New connections have the other uplink from now on.
	xt -t mangle -R PREROUTING 2 -i eth0 -m mark --mark 0 -j MARK --set-mark 1
	change_route
	says "after a route"
	change_link
	says "after a link"
	not_captured isp1 gw "$other"
	as_public "ask_$1" in40 $srv3
	captured isp1 gw "$pub\.[0-9]+ > $srv3.7"
}

both_mwan3_s_rules_share_connections_between_uplinks() {
	pub=$(pool_address 2 105)
	with_each "iptables rule" beside_mwan3
}

# Connections fall to either uplink by chance, have its address, and stay.
beside_mwan3() {
	local other source from n=0
	other=$(pool_address 3 105)
	mwan3_rules
	translate_by_uplink
	for from in {4410..4425}; do
		source=$(ask_udp in40 $srv3 -p $from -t 2)
		matches "$source" "^($pub|$other) "
		[[ $source != "$other "* ]] || n=$((n + 1))
		equal "$(ask_udp in40 $srv3 -p $from -t 2)" "$source" "the source of port $from"
	done
	((n > 0 && n < 16)) || fail "$n of 16 connections have the second uplink"
	for from in 4410 4411 4412; do
		source=$(ask_tcp in40 $srv3 -p $from)
		matches "$source" "^($pub|$other) "
	done
	converse in40 tcp $srv3
	says before
	change_route
	change_link
	says after
	# An uplink is down: new connections have the other.
	xt -t mangle -F mwan3_policy_balanced
	xt -t mangle -A mwan3_policy_balanced -m mark --mark 0x0/0x3f00 -m comment --comment "wanb 3 3" -j MARK --set-xmark 0x200/0x3f00
	for from in {4430..4435}; do
		matches "$(ask_udp in40 $srv3 -p $from -t 2)" "^$other "
	done
	says "and still there"
}

# As mwan3 loads it for two uplinks that share all connections 3 to 2.
mwan3_rules() {
	local n hop set=mwan3_connected_ipv$family inet=inet mask=0x3f00 connected="1.1.2.0/24 1.1.3.0/24" neighbours=''
	if [[ $family == 6 ]]; then
		inet=inet6 connected="2001:db8:2::/64 2001:db8:3::/64"
		neighbours=$(printf -- '-A mwan3_hook -p ipv6-icmp -m icmp6 --icmpv6-type %d -j RETURN\n' 133 134 135 136 137)
	fi
	undo on gw ipset destroy $set
	undo on gw "$(tables)" -t mangle -F
	on gw ipset create $set hash:net family $inet
	for n in $net40 $connected; do
		on gw ipset add $set "$n"
	done
	for n in 1 2; do
		hop=hop$n
		undo ip -n gw $six route del default table 10$n
		undo ip -n gw $six rule del pref 100$n
		undo ip -n gw $six rule del pref 200$n
		ip -n gw $six route add default via "${!hop}" table 10$n
		ip -n gw $six rule add pref 100$n iif eth$n lookup main
		ip -n gw $six rule add pref 200$n fwmark 0x${n}00/$mask table 10$n
	done
	on gw "$(tables)-restore" <<-END
		*mangle
		:PREROUTING ACCEPT
		:INPUT ACCEPT
		:FORWARD ACCEPT
		:OUTPUT ACCEPT
		:POSTROUTING ACCEPT
		:mwan3_connected -
		:mwan3_hook -
		:mwan3_iface_in_wan -
		:mwan3_iface_in_wanb -
		:mwan3_ifaces_in -
		:mwan3_policy_balanced -
		:mwan3_rules -
		-A PREROUTING -j mwan3_hook
		-A OUTPUT -j mwan3_hook
		-A mwan3_connected -m set --match-set $set dst -j MARK --set-xmark $mask/$mask
		$neighbours
		-A mwan3_hook -j CONNMARK --restore-mark --nfmask $mask --ctmask $mask
		-A mwan3_hook -m mark --mark 0x0/$mask -j mwan3_ifaces_in
		-A mwan3_hook -m mark --mark 0x0/$mask -j mwan3_connected
		-A mwan3_hook -m mark --mark 0x0/$mask -j mwan3_rules
		-A mwan3_hook -j CONNMARK --save-mark --nfmask $mask --ctmask $mask
		-A mwan3_hook -m mark ! --mark $mask/$mask -j mwan3_connected
		-A mwan3_iface_in_wan -i eth1 -m set --match-set $set src -m mark --mark 0x0/$mask -m comment --comment default -j MARK --set-xmark $mask/$mask
		-A mwan3_iface_in_wan -i eth1 -m mark --mark 0x0/$mask -m comment --comment wan -j MARK --set-xmark 0x100/$mask
		-A mwan3_iface_in_wanb -i eth2 -m set --match-set $set src -m mark --mark 0x0/$mask -m comment --comment default -j MARK --set-xmark $mask/$mask
		-A mwan3_iface_in_wanb -i eth2 -m mark --mark 0x0/$mask -m comment --comment wanb -j MARK --set-xmark 0x200/$mask
		-A mwan3_ifaces_in -m mark --mark 0x0/$mask -j mwan3_iface_in_wan
		-A mwan3_ifaces_in -m mark --mark 0x0/$mask -j mwan3_iface_in_wanb
		-A mwan3_policy_balanced -m mark --mark 0x0/$mask -m statistic --mode random --probability 0.4 -m comment --comment "wanb 2 5" -j MARK --set-xmark 0x200/$mask
		-A mwan3_policy_balanced -m mark --mark 0x0/$mask -m comment --comment "wan 3 3" -j MARK --set-xmark 0x100/$mask
		-A mwan3_rules -m mark --mark 0x0/$mask -m comment --comment default_rule -j mwan3_policy_balanced
		COMMIT
	END
}

# ---- 4: MSS ----

# mss NS DEVICE NUMBER: all SYNs and SYN-ACKs that the capture has offer it.
mss() {
	equal "$(packets "$scratch/$1-$2" | grep -E 'Flags \[S' | grep -oE 'mss [0-9]+' | sort -u)" "mss $3" "MSS at $2 of $1"
}

# syn PORT MSS: by hand, as often as it is called the same.
syn() {
	send in40 $in40 $srv1 tcp --sport "$1" --payload 0 --tcp "0204$(printf %04x "$2")"
}

both_a_clamped_MSS_holds_for_every_SYN() {
	each_nat clamps_every_syn by_set_mss
}

both_a_MSS_clamped_by_nft_holds_for_every_SYN() {
	each_nat clamps_every_syn by_maxseg
}

by_set_mss() {
	xt -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1000
}

by_maxseg() {
	on gw nft -f - <<-'END'
		table inet clamp {
			chain forward {
				type filter hook forward priority mangle;
				tcp flags syn tcp option maxseg size set 1000
			}
		}
	END
}

clamps_every_syn() { # FIREWALL
	"$1"
	translate
	no_reset in40
	capture srv1 eth0 "tcp port 7"
	capture in40 eth0 "tcp port 7"
	syn 4601 1460
	captured in40 eth0 "$srv1.7 > $in40.4601: Flags \[S\.\]"
	syn 4601 1460
	syn 4601 1460
	eventually 5 counts srv1 eth0 "> $srv1.7: Flags \[S\]" 3
	packets "$scratch/srv1-eth0" | grep "> $srv1.7: " >"$scratch/out-syn"
	mss out syn 1000
	# What the server offered is clamped as well.
	packets "$scratch/in40-eth0" | grep "$srv1.7 > " >"$scratch/in-syn"
	mss in syn 1000
}

# A gateway on a link of 1300, as with PPPoE and tunnels, and ends that hear no ICMP.
narrow_uplink() {
	undo flush_path_mtu
	undo ip -n gw link set eth1 mtu 1500
	undo ip -n isp1 link set gw mtu 1500
	ip -n gw link set eth1 mtu 1300
	ip -n isp1 link set gw mtu 1300
}

deaf() { # NS…
	local ns type
	type="icmp --icmp-type fragmentation-needed"
	[[ $family == 4 ]] || type="icmpv6 --icmpv6-type packet-too-big"
	for ns; do
		undo on "$ns" "$(tables)" -D INPUT -p $type -j DROP
		on "$ns" "$(tables)" -A INPUT -p $type -j DROP
	done
}

# headers: of TCP and IP, without options.
headers() {
	[[ $family == 4 ]] && echo 40 || echo 60
}

both_the_MSS_fits_a_narrow_uplink() {
	each_nat fits_the_uplink
}

fits_the_uplink() {
	narrow_uplink
	deaf in40 srv1
	[[ $nat != iptables ]] || xt -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
	translate
	capture srv1 eth0 "tcp port 7"
	capture in40 eth0 "tcp port 7"
	as_public timeout 10 "$tools/on" in40 "$tools/peer" tcp -b 200000 $srv1 7
	packets "$scratch/srv1-eth0" | grep "> $srv1.7: " >"$scratch/out-syn"
	mss out syn $((1300 - $(headers)))
	packets "$scratch/in40-eth0" | grep "$srv1.7 > " >"$scratch/in-syn"
	mss in syn $((1300 - $(headers)))
	# It is never raised.
	no_reset in40
	syn 4602 500
	captured srv1 eth0 "> $srv1.7: Flags \[S\].*mss 500"
}

# The client's own link is the narrow one, and it offers more than that takes.
both_the_MSS_fits_a_narrow_link_of_the_client() {
	each_nat fits_the_client
}

fits_the_client() {
	deaf in70 srv1
	[[ $nat != iptables ]] || xt -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
	translate $net70
	capture srv1 eth0 "tcp port 7"
	capture in70 eth0 "tcp port 7"
	as_public timeout 10 "$tools/on" in70 "$tools/peer" tcp -b 200000 $srv1 7
	packets "$scratch/srv1-eth0" | grep "> $srv1.7: " >"$scratch/out-syn"
	mss out syn $((1400 - $(headers)))
	packets "$scratch/in70-eth0" | grep "$srv1.7 > " >"$scratch/in-syn"
	mss in syn $((1400 - $(headers)))
}

# What the operator's own rule gave holds where it is lower.
both_the_lower_MSS_of_two_holds() {
	each_ours lower_mss
}

lower_mss() {
	narrow_uplink
	clamps_every_syn by_set_mss
}

both_the_module_s_clamping_can_be_off() {
	each_ours unclamped
}

unclamped() {
	narrow_uplink
	set_sysctl net.ipv4.vs.mss_clamp=0
	translate
	no_reset in40
	capture srv1 eth0 "tcp port 7"
	syn 4603 1460
	captured srv1 eth0 "> $srv1.7: Flags \[S\].*mss 1460"
}

# ---- 5: IPsec ----

# esp NS HERE THERE INSIDE OUTSIDE OUT IN: of NS, a tunnel from HERE to THERE with those
# SPIs. What goes from INSIDE to OUTSIDE is to be encrypted, and what comes back.
esp() {
	local ns=$1 here=$2 there=$3 keys
	keys="enc cbc(aes) 0x000102030405060708090a0b0c0d0e0f auth hmac(sha256) 0x$(printf '%064d' 7)"
	undo ip -n "$ns" xfrm policy flush
	undo ip -n "$ns" xfrm state flush
	batch "$ns" <<-END
		xfrm state add src $here dst $there proto esp spi $6 reqid 1 mode tunnel $keys
		xfrm state add src $there dst $here proto esp spi $7 reqid 1 mode tunnel $keys
		xfrm policy add dir out src $4 dst $5 tmpl src $here dst $there proto esp reqid 1 mode tunnel
		xfrm policy add dir in src $5 dst $4 tmpl src $there dst $here proto esp reqid 1 mode tunnel
		xfrm policy add dir fwd src $5 dst $4 tmpl src $there dst $here proto esp reqid 1 mode tunnel
	END
}

gateway() {
	[[ $family == 4 ]] && echo 1.1.2.2 || echo 2001:db8:2::2
}

# To a network behind a tunnel, with the pool address: isp1 forwards, and sees the wire.
both_SNAT_into_a_tunnel_is_encrypted() {
	each_nat into_a_tunnel tcp
	each_nat into_a_tunnel udp
}

into_a_tunnel() { # PROTOCOL
	esp gw "$(gateway)" $srv1 "$pub/$host" "$many/$host" 0x101 0x102
	esp srv1 $srv1 "$(gateway)" "$many/$host" "$pub/$host" 0x102 0x101
	translate
	capture isp1 gw "esp or port 7"
	converse in40 "$1" "$many"
	matches "$seen" "^$pub "
	says "through the tunnel"
	says "once more"
	captured isp1 gw "$(gateway) > $srv1: .*ESP"
	captured isp1 gw "$srv1 > $(gateway): .*ESP"
	not_captured isp1 gw "\.7[: ]"
	# Beside it there is none.
	as_public ask_udp in40 $srv1
	captured isp1 gw "$pub\.[0-9]+ > $srv1.7: "
}

# Clear packets with the tuple of a flow whose answers come by a tunnel.
both_a_clear_answer_is_dropped_where_a_policy_demands_ESP() {
	each_nat clear_answer
}

clear_answer() {
	esp gw "$(gateway)" $srv1 "$pub/$host" "$many/$host" 0x101 0x102
	esp srv1 $srv1 "$(gateway)" "$many/$host" "$pub/$host" 0x102 0x101
	# Only the answers are encrypted, so that nothing else is asked here.
	ip -n gw xfrm policy delete dir out src "$pub/$host" dst "$many/$host"
	ip -n srv1 xfrm policy delete dir in src "$pub/$host" dst "$many/$host"
	translate
	converse in40 udp "$many" -p 4701
	matches "$seen" "^$pub "
	says "through the tunnel"
	capture in40 eth0 "udp port 4701"
	send isp1 "$many" "$pub" udp --sport 7 --dport "${seen#* }" --ttl 99
	says "once more"
	captured in40 eth0 "> $in40.4701: "
	not_captured in40 eth0 "(ttl|hlim) 9[0-9]"
}

# A client behind a tunnel of its own, with an address that it was given.
road_warrior() {
	if [[ $family == 4 ]]; then
		roam=10.99.0.2 roams=10.99.0.0/24
	else
		roam=2001:db8:99::2 roams=2001:db8:99::/64
	fi
	undo ip -n in40 addr del $roam/$host dev lo
	undo ip -n gw $six route del $roams via $in40
	ip -n in40 addr add $roam/$host dev lo
	ip -n gw $six route add $roams via $in40
	esp gw $inner_gw $in40 $any $roam/$host 0x201 0x202
	esp in40 $in40 $inner_gw $roam/$host $any 0x202 0x201
}

both_answers_to_a_client_behind_a_tunnel_are_encrypted() {
	each_nat to_a_road_warrior tcp
	each_nat to_a_road_warrior udp
}

to_a_road_warrior() { # PROTOCOL
	road_warrior
	translate $roams
	capture sw gw "esp or port 7"
	converse in40 "$1" $srv1 -s $roam
	matches "$seen" "^$pub "
	says "through the tunnel"
	says "once more"
	captured sw gw "$in40 > $inner_gw: .*ESP"
	captured sw gw "$inner_gw > $in40: .*ESP"
	not_captured sw gw "\.7[: ]"
}

both_a_clear_packet_is_dropped_where_a_policy_demands_ESP() {
	each_nat clear_question
}

clear_question() {
	road_warrior
	# Only what the client sends is encrypted.
	ip -n gw xfrm policy delete dir out src $any dst $roam/$host
	ip -n in40 xfrm policy delete dir in src $any dst $roam/$host
	translate $roams
	capture srv1 eth0 "udp port 7"
	converse in40 udp $srv1 -s $roam -p 4702
	matches "$seen" "^$pub "
	send in41 $roam $srv1 udp --sport 4702 --ttl 99
	send in41 $roam $srv1 udp --sport 4703 --ttl 99
	says "through the tunnel"
	not_captured srv1 eth0 "(ttl|hlim) 9[0-9]"
}

# A policy that comes while the flow runs holds for its next packet.
both_a_policy_holds_for_flows_that_run() {
	each_nat policy_comes
}

policy_comes() {
	translate
	converse in40 udp "$many"
	matches "$seen" "^$pub "
	says "in clear"
	esp srv1 $srv1 "$(gateway)" "$many/$host" "$pub/$host" 0x102 0x101
	esp gw "$(gateway)" $srv1 "$pub/$host" "$many/$host" 0x101 0x102
	capture isp1 gw "esp or port 7"
	says "through the tunnel"
	captured isp1 gw "$(gateway) > $srv1: .*ESP"
	captured isp1 gw "$srv1 > $(gateway): .*ESP"
	not_captured isp1 gw "\.7[: ]"
}

# ---- 6, 7: reverse path filters ----

# The way back to the server is the other uplink but for the mark.
both_a_strict_reverse_path_filter_heeds_the_mark() {
	pub=$(pool_address 3 105)
	with_each "iptables rule zone" heeds_the_mark
}

heeds_the_mark() {
	two_uplinks
	if [[ $family == 4 ]]; then
		set_sysctl net.ipv4.conf.eth2.rp_filter=1 net.ipv4.conf.all.src_valid_mark=1
		xt -t mangle -A PREROUTING -i eth2 -j MARK --set-mark 2
	else
		xt -t raw -A PREROUTING -i eth2 -j MARK --set-mark 2
		xt -t raw -A PREROUTING -m rpfilter --validmark --invert -j DROP
	fi
	xt -t mangle -A PREROUTING -i eth0 -j MARK --set-mark 2
	translate
	as_public ask_udp in40 $srv3 -t 2
	as_public timeout 10 "$tools/on" in40 "$tools/peer" tcp -b 20000 $srv3 7
}

# Without the answers' own mark, the way back is another. The flow's mark is taken today.
both_a_strict_reverse_path_filter_asks_for_the_answer_s_own_mark() {
	pub=$(pool_address 3 105)
	with_each "iptables rule zone" asks_for_the_mark
}

asks_for_the_mark() {
	heeds_the_mark
	xt -t "$([[ $family == 4 ]] && echo mangle || echo raw)" -D PREROUTING 1
	ask_udp in40 $srv3 -t 1 && fail "answered against the reverse path filter"
	:
}

# strict: a packet has to come from where one to its source would go.
strict() {
	if [[ $family == 4 ]]; then
		set_sysctl net.ipv4.conf.all.rp_filter=1
	else
		xt -t raw -A PREROUTING -m rpfilter --invert -j DROP
	fi
}

both_a_known_flow_s_tuple_from_another_device_is_filtered() {
	each_nat from_another_device
}

from_another_device() {
	local net
	strict
	translate
	converse in40 udp $srv1 -p 4711
	matches "$seen" "^$pub "
	says before
	capture srv1 eth0 "udp port 7"
	capture in40 eth0 "udp port 4711"
	send in70 $in40 $srv1 udp --sport 4711 --ttl 99
	net=$(pool_address 2 0)/$([[ $family == 4 ]] && echo 24 || echo 64)
	undo ip -n isp2 $six route del "$net"
	ip -n isp2 $six route add "$net" via "$(pool_address 3 2)"
	send isp2 $srv1 "$pub" udp --sport 7 --dport "${seen#* }" --ttl 99
	says after
	captured srv1 eth0 "> $srv1.7: "
	captured in40 eth0 "> $in40.4711: "
	not_captured srv1 eth0 "(ttl|hlim) 9[0-9]"
	not_captured in40 eth0 "(ttl|hlim) 9[0-9]"
}

# Without a filter they pass, as they would by the stack.
both_a_known_flow_s_tuple_from_another_device_passes_without_a_filter() {
	each_nat from_another_device_unfiltered
}

from_another_device_unfiltered() {
	translate
	converse in40 udp $srv1 -p 4712
	capture srv1 eth0 "udp port 7"
	send in70 $in40 $srv1 udp --sport 4712 --ttl 99
	captured srv1 eth0 "(ttl|hlim) 97.* ${seen% *}\.${seen#* } > $srv1.7: "
	says after
}

# ---- FULLNAT's names ----

# service METHOD [REAL SERVER]: TCP and UDP port 70 of the gateway's address in front
# of port 7 of the server.
service() {
	local kind real=${2-$srv2}
	vip=$(gateway) lend=$(pool_address 3 105)
	for kind in t u; do
		echo "-A -$kind $(bracketed $vip):70 -s rr"
		[[ $1 != -b ]] || echo "-P -$kind $(bracketed $vip):70 -z $lend"
		echo "-a -$kind $(bracketed $vip):70 -r $(bracketed $real):7 $1"
	done | ts -R
}

both_a_FULLNAT_connection_s_tuple_from_another_device_is_filtered() {
	local net
	strict
	service -b
	port=70 converse srv1 udp $vip -p 4713
	matches "$seen" "^$lend "
	says before
	capture srv2 eth0 "udp port 7"
	capture srv1 eth0 "udp port 70"
	send in70 $srv1 $vip udp --sport 4713 --dport 70 --ttl 99
	net=$(pool_address 3 0)/$([[ $family == 4 ]] && echo 24 || echo 64)
	undo ip -n isp1 $six route del "$net"
	ip -n isp1 $six route add "$net" via "$vip"
	send isp1 $srv2 "$lend" udp --sport 7 --dport "${seen#* }" --ttl 99
	says after
	captured srv2 eth0 "> $srv2.7: "
	captured srv1 eth0 "> $srv1.4713: "
	not_captured srv2 eth0 "(ttl|hlim) 9[0-9]"
	not_captured srv1 eth0 "(ttl|hlim) 9[0-9]"
}

# ---- 8: resets and ends out of the window ----

# first_number NS DEVICE REGEX: the sequence number of the first packet like it.
first_number() {
	packets "$scratch/$1-$2" | grep -E "$3" | sed -n 1p | sed -E 's/.* seq ([0-9]+),.*/\1/'
}

plus() {
	echo $((($1 + $2) % 4294967296))
}

# state PORT: of the TCP connection from there, as the gateway has it.
state() {
	if [[ $nat == iptables ]]; then
		tracked "$1" | awk '{ print $4 }'
	else
		ts -Lcn | awk -v port=":$1" 'index($0, port " ") { print $3 }'
	fi
}

state_is() { # PORT STATE
	[[ $(state "$1") == "$2" ]]
}

closing() { # PORT
	[[ $(state "$1") != ESTABLISHED ]]
}

both_a_reset_out_of_the_window_ends_nothing() {
	each_nat out_of_the_window
}

out_of_the_window() {
	local flags client server
	# What is invalid is not translated back: the gateway would answer it, by a reset.
	[[ $nat != iptables ]] || {
		xt -A FORWARD -m conntrack --ctstate INVALID -j DROP
		xt -A INPUT -m conntrack --ctstate INVALID -j DROP
	}
	translate
	capture in40 eth0 "tcp port 4801"
	converse in40 tcp $srv1 -p 4801
	matches "$seen" "^$pub "
	eventually 5 state_is 4801 ESTABLISHED
	client=$(first_number in40 eth0 "> $srv1.7: Flags \[S\]")
	server=$(first_number in40 eth0 "$srv1.7 > .*Flags \[S\.\]")
	for flags in R RA FA; do
		send srv1 $srv1 "$pub" tcp --sport 7 --dport "${seen#* }" --flags $flags --payload 0 \
			--seq "$(plus "$server" 2147483648)" --ack "$(plus "$client" 1)"
		as_public ask_udp in40 $srv1
		equal "$(state 4801)" ESTABLISHED "state after $flags of the server"
		send in41 $in40 $srv1 tcp --sport 4801 --flags $flags --payload 0 \
			--seq "$(plus "$client" 2147483648)" --ack "$(plus "$server" 1)"
		as_public ask_udp in40 $srv1
		equal "$(state 4801)" ESTABLISHED "state after $flags of the client"
	done
	says "still there"
	equal "$(state 4801)" ESTABLISHED
	# "still there" and its end of line: this is the next one.
	send in41 $in40 $srv1 tcp --sport 4801 --flags R --payload 0 --seq "$(plus "$client" 13)"
	eventually 5 closing 4801
}

both_a_reset_out_of_the_window_ends_no_FULLNAT_connection() {
	local flags client server
	nat=fullnat
	service -b
	capture srv1 eth0 "tcp port 4802"
	port=70 converse srv1 tcp $vip -p 4802
	client=$(first_number srv1 eth0 "> $vip.70: Flags \[S\]")
	server=$(first_number srv1 eth0 "$vip.70 > .*Flags \[S\.\]")
	eventually 5 state_is 4802 ESTABLISHED
	for flags in R RA FA; do
		send srv2 $srv2 "$lend" tcp --sport 7 --dport "${seen#* }" --flags $flags --payload 0 \
			--seq "$(plus "$server" 2147483648)" --ack "$(plus "$client" 1)"
		port=70 on srv1 "$tools/peer" udp $vip 70
		equal "$(state 4802)" ESTABLISHED "state after $flags of the server"
		send srv1 $srv1 $vip tcp --sport 4802 --dport 70 --flags $flags --payload 0 \
			--seq "$(plus "$client" 2147483648)" --ack "$(plus "$server" 1)"
		on srv1 "$tools/peer" udp $vip 70
		equal "$(state 4802)" ESTABLISHED "state after $flags of the client"
	done
	says "still there"
	equal "$(state 4802)" ESTABLISHED
}

# ---- 9: a service behind a stateful INPUT chain ----

# Masquerading, IPVS's own, is the reference.
both_a_service_works_behind_a_stateful_INPUT_chain() {
	with_each "-m -b" behind_input
}

both_a_service_works_behind_a_stateful_INPUT_chain_on_the_full_path() {
	with_each "-m -b" behind_input slowly
}

both_a_service_works_behind_a_stateful_INPUT_chain_without_forwarding() {
	with_each "-b" behind_input unforwarded
}

behind_input() { # [slowly|unforwarded]
	local forwarding=net.ipv4.conf.all.forwarding
	[[ $family == 4 ]] || forwarding=net.ipv6.conf.all.forwarding
	[[ ${1-} != unforwarded ]] || set_sysctl $forwarding=0
	[[ ${1-} != slowly ]] ||
		set_sysctl net.ipv4.vs.fast_response_xmit=0 net.ipv4.vs.fast_response_xmit_inside=0
	set_sysctl net.ipv4.vs.conntrack=1
	# It stays, for others to reach the namespace's server by.
	xt -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
	[[ $family == 4 ]] || xt -A INPUT -p icmpv6 -j ACCEPT
	xt -A INPUT -i eth1 -p tcp --syn --dport 70 -m conntrack --ctstate NEW -j ACCEPT
	xt -P INPUT DROP
	if [[ $nat == -m ]]; then
		background on in40 "$tools/peer" serve 7
		eventually 10 on in40 "$tools/peer" tcp $in40 7
		service -m $in40
	else
		service -b
	fi
	timeout 5 "$tools/on" srv1 "$tools/peer" tcp -b 20000 $vip 70
	port=70 converse srv1 tcp $vip
	says before
	change_route
	says after
	change_link
	says "after a link"
}

# ---- 10: connlimit ----

both_connlimit_counts_flows() {
	each_nat counts_connections
}

counts_connections() {
	local i
	xt -A FORWARD -p tcp --syn -m connlimit --connlimit-above 3 --connlimit-mask "$host" -j REJECT --reject-with tcp-reset
	translate
	mkfifo "$scratch/held"
	exec 8<>"$scratch/held"
	for i in 1 2 3 4 5 6 7 8; do
		set -m
		on in40 "$tools/peer" tcp -k $srv1 7 <&8 >"$scratch/many.$i" 2>&1 &
		set +m
		pids+=("-$!")
		eventually 10 test -s "$scratch/many.$i"
	done
	equal "$(cat "$scratch"/many.* | grep -c "^$pub ")" 3 "connections that were let through"
	# One that ended makes room.
	kill -9 -- "${pids[-8]}"
	as_public eventually 5 ask_tcp in40 $srv1
}

# ---- 11: a table that was lost ----

both_the_middle_of_an_unknown_connection_from_inside_is_reset() {
	each_ours resets_the_middle
}

resets_the_middle() {
	translate
	capture in40 eth0 "tcp port 7 or $icmp"
	converse in40 tcp $srv1
	matches "$seen" "^$pub "
	says before
	ts -C
	translate
	# A program that waits for its answer hears of it at once.
	echo lost >&5
	eventually 3 ended "${pids[-1]#-}"
	captured in40 eth0 "$srv1.7 > $in40\.[0-9]+: Flags \[R"
	not_captured in40 eth0 "prohibited"
	as_public ask_tcp in40 $srv1
	# Nobody answers a reset with a reset.
	send in40 $in40 $srv1 tcp --sport 4902 --flags R
	send in40 $in40 $srv1 tcp --sport 4903 --flags SA
	captured in40 eth0 "> $in40.4903: Flags \[R"
	not_captured in40 eth0 "> $in40.4902: Flags"
}

both_the_reset_can_be_off() {
	each_ours resets_nothing
}

resets_nothing() {
	set_sysctl net.ipv4.vs.snat_reset_midstream=0
	translate
	capture in40 eth0 "tcp port 7 or $icmp"
	send in40 $in40 $srv1 tcp --sport 4904 --flags A
	captured in40 eth0 "$inner_gw > $in40: .*(prohibited|administratively)"
	not_captured in40 eth0 "Flags \[R"
}

# ---- 12: iptables' connections on the same address ----

# four_ports: flows and iptables have the same four to choose from.
four_ports() {
	set_sysctl net.ipv4.vs.fullnat_lport_min=20000 net.ipv4.vs.fullnat_lport_max=20003
}

# by_iptables_too ADDRESS LAST: it is left to iptables' SNAT, from port 20000 to that.
by_iptables_too() {
	set_sysctl net.ipv4.vs.snat_pass_unmatched=1
	xt -t nat -A POSTROUTING -s "$1" -p udp -j SNAT --to-source "$(bracketed "$pub"):20000-$2"
}

both_a_port_of_a_tracked_connection_is_not_given_again() {
	each_ours beside_tracked_ones
}

beside_tracked_ones() {
	local i
	four_ports
	by_iptables_too $in41 20003
	converse in41 udp $srv1
	matches "$seen" "^$pub 2000[0-3]$"
	translate "$in40/$host"
	for i in 1 2 3; do
		ask_udp in40 $srv1 -p $((4910 + i)) -t 2 >>"$scratch/flows"
		says "still mine $i"
	done
	lacks "$(cat "$scratch/flows")" "$seen"
	equal "$(sort -u "$scratch/flows" | wc -l)" 3 "sources of three flows"
	ask_udp in40 $srv1 -p 4914 -t 1 && fail "a fifth of four ports"
	says "still mine"
}

both_a_port_of_a_flow_is_not_given_by_iptables() {
	each_ours before_tracked_ones
}

# Flows have three of six ports, iptables chooses three.
before_tracked_ones() {
	local i
	set_sysctl net.ipv4.vs.fullnat_lport_min=20000 net.ipv4.vs.fullnat_lport_max=20002
	by_iptables_too $in41 20005
	translate "$in40/$host"
	for i in 1 2 3; do
		ask_udp in40 $srv1 -p $((4920 + i)) -t 2
	done >"$scratch/flows"
	for i in 1 2 3; do
		ask_udp in41 $srv1 -p $((4920 + i)) -t 2
	done >"$scratch/tracked"
	equal "$(sort "$scratch/tracked" | tr '\n' ' ')" "$pub 20003 $pub 20004 $pub 20005 " "sources by iptables"
	for i in 1 2 3; do
		ask_udp in40 $srv1 -p $((4920 + i)) -t 2
	done >"$scratch/again"
	equal "$(cat "$scratch/again")" "$(cat "$scratch/flows")" "sources of the flows, asked again"
}

# ---- 13: what was sent elsewhere ahead of us ----

both_what_was_forced_to_a_resolver_is_translated() {
	each_nat forced_to_a_resolver
}

forced_to_a_resolver() {
	local kind
	elsewhere
	for kind in udp tcp; do
		xt -t nat -A PREROUTING -i eth0 -p $kind --dport 53 -j DNAT --to-destination "$(bracketed $srv1):7"
	done
	translate
	capture srv1 eth0 "port 7"
	capture in40 eth0 "port 53"
	as_public timeout 5 "$tools/on" in40 "$tools/peer" udp -t 2 $nowhere 53
	as_public timeout 5 "$tools/on" in40 "$tools/peer" tcp -b 20000 $nowhere 53
	port=53 converse in40 tcp $nowhere
	says before
	change_route
	says after
	captured in40 eth0 "$nowhere.53 > $in40"
	not_captured srv1 eth0 "$in40"
	not_captured in40 eth0 "$srv1"
	# What nobody forces goes as ever.
	as_public ask_udp in40 $srv3
}

# One port of the client's asks the resolver by its own address, too, and by two others.
both_what_was_forced_and_what_was_not_are_apart() {
	each_nat forced_and_not
}

forced_and_not() {
	local kind round to sources=()
	elsewhere
	for kind in udp tcp; do
		xt -t nat -A PREROUTING -i eth0 -p $kind --dport 53:54 -j DNAT --to-destination "$(bracketed $srv1):7"
	done
	translate
	capture in40 eth0 "port 4400"
	for round in 1 2; do
		sources=()
		for to in 53 7 54; do
			sources+=("$(on in40 "$tools/peer" udp -t 2 -p 4400 $([[ $to == 7 ]] && echo $srv1 || echo $nowhere) $to)")
			matches "${sources[-1]}" "^$pub [0-9]+$" "source of what asked port $to"
		done
		equal "$(printf '%s\n' "${sources[@]}" | sort -u | wc -l)" 3 "sources, round $round"
	done
	as_public on in40 "$tools/peer" tcp -b 20000 -p 4400 $nowhere 53
	as_public on in40 "$tools/peer" tcp -b 20000 -p 4401 $srv1 7
	as_public on in40 "$tools/peer" tcp -b 20000 -p 4401 $nowhere 54
	captured in40 eth0 "$nowhere.54 > $in40.4400"
}

both_what_was_redirected_to_the_gateway_stays_there() {
	each_nat redirected
}

redirected() {
	elsewhere
	xt -t nat -A PREROUTING -i eth0 -p udp --dport 53 -j REDIRECT --to-ports 7
	background on gw "$tools/peer" serve 7
	eventually 10 on gw "$tools/peer" udp -t 1 $inner_gw 7
	translate
	matches "$(on in40 "$tools/peer" udp -t 2 $nowhere 53)" "^$in40 [0-9]+$"
	as_public ask_udp in40 $srv1
}

# ---- 14: tenants with equal addresses ----

# tenants: t1 and t2 have one address; in the gateway, VRF vrfN has inN and outN, an
# uplink of ispN's. srv3 knows the way back to both.
tenants() {
	local n m uplink
	if [[ $family == 4 ]]; then
		tenant=10.50.0.2 tenant_gw=10.50.0.1 tenants=10.50.0.0/24 bits=24
	else
		tenant=2001:db8:f0::2 tenant_gw=2001:db8:f0::1 tenants=2001:db8:f0::/64 bits=64
	fi
	for n in 1 2; do
		m=$((n + 3))
		uplink=$([[ $family == 4 ]] && echo "10.$n.0.1" || echo "2001:db8:e$n::1")
		undo ip netns del t$n
		undo ip -n gw link del in$n
		undo ip -n gw link del out$n
		undo ip -n gw link del vrf$n
		undo ip -n srv3 $six route del "$(pool_address $m 0)/$bits"
		ip netns add t$n
		link gw in$n t$n eth0
		link gw out$n isp$n out
		batch gw <<-END
			link add vrf$n type vrf table 20$n
			link set vrf$n up
			link set in$n master vrf$n
			link set out$n master vrf$n
			addr add $tenant_gw/$bits dev in$n $([[ $family == 4 ]] || echo nodad)
			addr add $(pool_address $m 2)/$bits dev out$n $([[ $family == 4 ]] || echo nodad)
			addr add $(pool_address $m 105)/$host dev out$n $([[ $family == 4 ]] || echo nodad)
			route add default via $(pool_address $m 1) table 20$n
		END
		batch isp$n <<-END
			addr add $(pool_address $m 1)/$bits dev out $([[ $family == 4 ]] || echo nodad)
		END
		batch t$n <<-END
			link set lo up
			addr add $tenant/$bits dev eth0 $([[ $family == 4 ]] || echo nodad)
			route add default via $tenant_gw
		END
		ip -n srv3 $six route add "$(pool_address $m 0)/$bits" via "$uplink" src $srv3
	done
}

both_tenants_with_equal_addresses_in_two_VRFs_are_apart() {
	with_each "iptables rule" equal_addresses
}

equal_addresses() {
	local n again
	tenants
	translate $tenants "$(pool_address 4 105)" out1
	translate_more $tenants "$(pool_address 5 105)" out2
	# Connection tracking has zones for this, which are told one by one.
	for n in 1 2; do
		[[ $nat != iptables ]] || {
			xt -t raw -A PREROUTING -i in$n -j CT --zone $n
			xt -t raw -A PREROUTING -i out$n -j CT --zone $n
		}
	done
	capture isp1 out "port 7"
	capture isp2 out "port 7"
	for again in 1 2; do
		for n in 1 2; do
			matches "$(ask_udp t$n $srv3 -p 4950 -t 2)" "^$(pool_address $((n + 3)) 105) " "source of t$n"
			matches "$(timeout 5 "$tools/on" t$n "$tools/peer" tcp -p 495$again -b 20000 $srv3 7)" \
				"^$(pool_address $((n + 3)) 105) " "source of t$n"
		done
	done
	not_captured isp1 out "$(pool_address 5 105)"
	not_captured isp2 out "$(pool_address 4 105)"
}

# ---- 15: next hops ----

# hop_rule RULE…: it takes packets to srv3 through isp2, and is saved and restored so.
hop_rule() {
	local saved
	snat "$@"
	capture isp2 gw "udp port 7"
	equal "$(ask_udp in40 $srv3 -t 2 | cut -d ' ' -f 1)" "$(pool_address 3 105)" "source by $*"
	captured isp2 gw "$(pool_address 3 105)\.[0-9]+ > $srv3.7"
	saved=$(ts -S -n)
	ts -C
	ts -R <<<"$saved"
	equal "$(ts -S -n)" "$saved"
	equal "$(ask_udp in40 $srv3 -t 2 | cut -d ' ' -f 1)" "$(pool_address 3 105)" "source by $*, restored"
}

link_local_next_hop() {
	use_family 6
	undo ip -n isp2 addr del fe80::1/64 dev gw
	ip -n isp2 addr add fe80::1/64 dev gw nodad
}

case_a_link_local_next_hop_has_its_device() {
	link_local_next_hop
	hop_rule "-F $net40 -U $(pool_address 3 105) -N fe80::1%eth2"
	matches "$(ts -Ln)" "fe80::1%eth2"
}

case_a_link_local_next_hop_has_the_device_of_oif() {
	link_local_next_hop
	undo ip -n gw -6 route replace default via $hop1
	ip -n gw -6 route replace default via $hop2
	hop_rule "-F $net40 --oif eth2 -U $(pool_address 3 105) -N fe80::1"
}

case_a_rule_for_a_link_local_gateway_matches() {
	link_local_next_hop
	undo ip -n gw -6 route replace default via $hop1
	ip -n gw -6 route replace default via fe80::1 dev eth2
	hop_rule "-F $net40 -W fe80::1%eth2 -U $(pool_address 3 105)"
}

case_a_link_local_next_hop_without_a_device_is_refused() {
	use_family 6
	ts -A -f 1 -6 -s snat_sched
	refused 2 "fe80::1.*(device|%)" ts -K -f 1 -6 -F $net40 -U "$(pool_address 3 105)" -N fe80::1
	refused 2 "nodev7" ts -K -f 1 -6 -F $net40 -U "$(pool_address 3 105)" -N fe80::1%nodev7
}

# In no network of the gateway's, but on that link, as "onlink" says in routes.
both_an_onlink_next_hop_serves() {
	local onlink=10.9.9.9
	[[ $family == 4 ]] || onlink=2001:db8:9999::9
	undo ip -n isp2 addr del $onlink/$host dev gw
	ip -n isp2 addr add $onlink/$host dev gw $([[ $family == 4 ]] || echo nodad)
	hop_rule "-F $net40 -U $(pool_address 3 105) -N $onlink%eth2"
}

# Beside a default route of the same device, and on a link that has no route at all.
both_an_onlink_next_hop_serves_beside_another_gateway() {
	local onlink=10.9.9.9
	[[ $family == 4 ]] || onlink=2001:db8:9999::9
	undo ip -n isp2 addr del $onlink/$host dev gw
	undo ip -n gw $six route del default via $hop2 dev eth2 metric 4096
	ip -n isp2 addr add $onlink/$host dev gw $([[ $family == 4 ]] || echo nodad)
	ip -n gw $six route add default via $hop2 dev eth2 metric 4096
	hop_rule "-F $net40 -U $(pool_address 3 105) -N $onlink%eth2"
}

# The same without its device: that of the route by which it is a gateway itself.
both_a_next_hop_that_a_route_has_onlink_serves() {
	local onlink=10.9.9.9
	[[ $family == 4 ]] || onlink=2001:db8:9999::9
	undo ip -n isp2 addr del $onlink/$host dev gw
	undo ip -n gw $six route replace default via $hop1
	undo ip -n gw $six route del $srv3 via $hop1
	ip -n isp2 addr add $onlink/$host dev gw $([[ $family == 4 ]] || echo nodad)
	ip -n gw $six route add $srv3 via $hop1
	ip -n gw $six route replace default via $onlink dev eth2 onlink
	hop_rule "-F $net40 -U $(pool_address 3 105) -N $onlink"
}

# A second gateway in the VRF's own network.
both_a_next_hop_inside_a_VRF_serves() {
	nat=rule
	tenants
	undo ip -n gw $six route replace default via "$(pool_address 4 1)" table 201
	undo ip -n isp1 addr del "$(pool_address 4 9)/$bits" dev out
	ip -n isp1 addr add "$(pool_address 4 9)/$bits" dev out $([[ $family == 4 ]] || echo nodad)
	# Nobody is at the route's own gateway.
	ip -n gw $six route replace default via "$(pool_address 4 8)" table 201
	snat "-F $tenants -U $(pool_address 4 105) -N $(pool_address 4 9)"
	equal "$(ask_udp t1 $srv3 -t 2 | cut -d ' ' -f 1)" "$(pool_address 4 105)" "source"
}

both_a_next_hop_of_a_VRF_s_device_serves() {
	tenants
	snat "-F $net40 -U $(pool_address 5 105) -N $(pool_address 5 1)%out2"
	capture isp2 out "udp port 7"
	send in40 $in40 $srv3 udp --sport 4960
	captured isp2 out "$(pool_address 5 105)\.[0-9]+ > $srv3.7"
}

both_an_onlink_next_hop_of_a_VRF_s_device_serves() {
	local onlink=10.9.9.9
	[[ $family == 4 ]] || onlink=2001:db8:9999::9
	tenants
	undo ip -n isp2 addr del $onlink/$host dev out
	ip -n isp2 addr add $onlink/$host dev out $([[ $family == 4 ]] || echo nodad)
	snat "-F $net40 -U $(pool_address 5 105) -N $onlink%out2"
	capture isp2 out "udp port 7"
	send in40 $in40 $srv3 udp --sport 4961
	captured isp2 out "$(pool_address 5 105)\.[0-9]+ > $srv3.7"
}

# A rule of tenants in two VRFs: each has the next hop of its own, packet by packet.
both_a_next_hop_is_that_of_the_packet_s_VRF() {
	local n again
	nat=rule
	tenants
	for n in 1 2; do
		undo ip -n isp$n addr del "$(pool_address 6 1)/$bits" dev out
		undo ip -n gw addr del "$(pool_address 6 2)/$bits" dev out$n
		ip -n isp$n addr add "$(pool_address 6 1)/$bits" dev out $([[ $family == 4 ]] || echo nodad)
		ip -n gw addr add "$(pool_address 6 2)/$bits" dev out$n $([[ $family == 4 ]] || echo nodad)
		capture isp$n out "udp port 7"
	done
	snat "-F $tenants -U $(pool_address 4 105) -N $(pool_address 6 1)"
	for again in 1 2; do
		for n in 1 2; do
			send t$n $tenant $srv3 udp --sport $((4962 + n)) --payload $((n * 10 + again))
		done
	done
	for n in 1 2; do
		captured isp$n out "> $srv3.7: .*length $((n * 10 + 1))"
		captured isp$n out "> $srv3.7: .*length $((n * 10 + 2))"
		not_captured isp$n out "> $srv3.7: .*length $(((3 - n) * 10 + 1))"
		not_captured isp$n out "> $srv3.7: .*length $(((3 - n) * 10 + 2))"
	done
}

both_a_next_hop_is_not_the_gateway_itself() {
	local dropped
	snat "-F $net40 -U $(pool_address 3 105) -N $(pool_address 3 2)%eth2"
	dropped=$(counter drop_no_route)
	send in40 $in40 $srv3 udp --sport 4965
	eventually 5 eval "((\$(counter drop_no_route) == dropped + 1))"
}

# late_link: a link to isp2 that nothing but a rule knows.
late_link() {
	link gw late isp2 late
	ip -n isp2 addr add "$late" dev late $([[ $family == 4 ]] || echo nodad)
}

# late_packet LENGTH: of one flow; it leaves by that link, or is dropped.
late_packet() {
	send in40 $in40 $srv3 udp --sport 4966 --payload "$1"
}

# The rule stays and the flow too. A device of another name is another device.
both_a_next_hop_s_device_goes_and_is_made_again() {
	local late=10.9.9.9 dropped
	[[ $family == 4 ]] || late=2001:db8:9999::9
	undo ip -n gw link del late
	undo ip -n gw link del early
	late_link
	snat "-F $net40 -U $(pool_address 3 105) -N $late%late"
	capture isp2 late "udp port 7"
	late_packet 11
	captured isp2 late "> $srv3.7: .*length 11"
	timeout 20 ip -n gw link del late || fail "the device does not go"
	dropped=$(counter drop_no_route)
	late_packet 12
	equal "$(counter drop_no_route)" $((dropped + 1)) "packets without a device"
	late_link
	capture isp2 late "udp port 7"
	late_packet 13
	captured isp2 late "> $srv3.7: .*length 13"
	# Some kernels rename a device that is up, and keep its routes.
	ip -n gw link set late name early || batch gw <<-END
		link set late down
		link set late name early
		link set early up
	END
	late_packet 14
	equal "$(counter drop_no_route)" $((dropped + 2)) "packets without a device of the name"
	timeout 20 ip -n gw link del early || fail "the device does not go"
}

# While a flow of it lives, a rule that was deleted does not keep the device either.
both_a_deleted_rule_lets_go_of_its_next_hop_s_device() {
	local late=10.9.9.9
	[[ $family == 4 ]] || late=2001:db8:9999::9
	undo ip -n gw link del late
	late_link
	snat "-F $net40 -U $(pool_address 3 105) -N $late%late"
	capture isp2 late "udp port 7"
	late_packet 11
	captured isp2 late "> $srv3.7: .*length 11"
	ts -H -f 1 $six -F $net40
	equal "$(flows)" 1 "flows"
	timeout 20 ip -n gw link del late || fail "the device does not go"
}

# ---- 16: forwarding that is off, and the length of segments ----

both_forwarding_that_is_off_holds_for_known_flows() {
	each_nat not_forwarded
}

not_forwarded() {
	local forwarding=net.ipv4.conf.all.forwarding
	[[ $family == 4 ]] || forwarding=net.ipv6.conf.all.forwarding
	translate
	converse in40 udp $srv1 -p 4970
	matches "$seen" "^$pub "
	says before
	capture srv1 eth0 "udp port 7"
	capture in40 eth0 "udp dst port 4970"
	set_sysctl $forwarding=0
	send in40 $in40 $srv1 udp --sport 4970 --ttl 99
	send isp1 $srv1 "$pub" udp --sport 7 --dport "${seen#* }" --ttl 99
	set_sysctl $forwarding=1
	says after
	captured srv1 eth0 "> $srv1.7: "
	captured in40 eth0 "> $in40.4970: "
	not_captured srv1 eth0 "(ttl|hlim) 9[0-9]"
	not_captured in40 eth0 "(ttl|hlim) 9[0-9]"
}

# Large packets out of a tunnel, whose segments do not fit the uplink.
both_segments_out_of_a_tunnel_fit_the_uplink() {
	each_nat out_of_vxlan
}

out_of_vxlan() {
	local net=10.60.0 bits=24 dev
	learns_path_mtu
	if [[ $family == 4 ]]; then net=10.60.0. bits=24; else net=2001:db8:60f0:: bits=64; fi
	undo ip -n gw link del vx
	undo ip -n in40 link del vx
	undo ip -n gw link set eth1 mtu 1500
	undo on gw ethtool -K eth1 tso on gso on
	ip -n gw link add vx type vxlan id 9 local $inner_gw remote $in40 dstport 4789 dev eth0
	ip -n in40 link add vx type vxlan id 9 local $in40 remote $inner_gw dstport 4789 dev eth0
	batch gw <<-END
		link set vx up
		addr add ${net}1/$bits dev vx $([[ $family == 4 ]] || echo nodad)
		link set eth1 mtu 1400
	END
	batch in40 <<-END
		link set vx up
		addr add ${net}2/$bits dev vx $([[ $family == 4 ]] || echo nodad)
		route add $srv1/$host via ${net}1
	END
	on gw ethtool -K vx gro off
	on gw ethtool -K eth1 tso off gso off
	translate "${net}0/$bits"
	capture isp1 gw "tcp and greater 1415"
	capture in40 vx $icmp
	as_public timeout 20 "$tools/on" in40 "$tools/peer" tcp -b 1000000 $srv1 7
	captured in40 vx "${net}1 > ${net}2: .*(need to frag|too big).*1400"
	not_captured isp1 gw "> $srv1.7: "
}

# ---- 17: one sender and the table ----

# silent: srv1 does not answer on port 9.
silent() {
	local kind
	for kind in tcp udp; do
		undo on srv1 "$(tables)" -D INPUT -p $kind --dport 9 -j DROP
		on srv1 "$(tables)" -I INPUT -p $kind --dport 9 -j DROP
	done
}

both_one_sender_does_not_close_the_gateway() {
	each_ours one_sender
}

one_sender() {
	silent
	flow_max 200
	translate
	converse in40 udp $srv1
	says before
	on in41 "$tools/flood" -p 5300 $many 9 1000
	# Those that wait for an answer make room, the others stay.
	as_public ask_udp in40 $srv1 -t 2
	as_public timeout 5 "$tools/on" in40 "$tools/peer" tcp $srv1 7
	says after
}

both_SYNs_of_one_sender_do_not_close_the_gateway() {
	each_ours one_sender_s_syns
}

one_sender_s_syns() {
	local i
	silent
	flow_max 15
	translate
	for i in {1..25}; do
		send in41 $in41 $srv1 tcp --sport $((6000 + i)) --dport 9
	done
	as_public timeout 5 "$tools/on" in40 "$tools/peer" tcp $srv1 7
}

both_a_client_alone_makes_no_connection_established() {
	each_ours alone
}

alone() {
	silent
	translate
	send in40 $in40 $srv1 tcp --sport 4980 --dport 9 --seq 1 --payload 0
	send in40 $in40 $srv1 tcp --sport 4980 --dport 9 --flags A --seq 2 --ack 5
	send in40 $in40 $srv1 tcp --sport 4980 --dport 9 --flags PA --seq 2 --ack 5
	as_public ask_udp in40 $srv1
	lacks "$(state 4980)" "ESTABLISHED"
}

both_what_nobody_answers_lives_shortly() {
	each_ours unanswered
}

unanswered() {
	silent
	set_sysctl net.ipv4.vs.flow_timeout_unanswered=1
	translate
	converse in40 udp $srv1
	send in40 $in40 $srv1 udp --sport 4981 --dport 9
	send in40 $in40 $srv1 tcp --sport 4982 --dport 9
	eventually 5 flows_are 1
	says "answered ones stay"
}

flows_are() {
	[[ $(flows) == "$1" ]]
}

both_a_namespace_has_a_limit_of_its_own() {
	each_ours own_limit
}

own_limit() {
	set_sysctl net.ipv4.vs.flow_limit=30
	translate
	on in41 "$tools/flood" -p 5301 $many 7 60
	ask_udp in40 $srv1 -p 4983 -t 1 || :
	(($(flows) <= 30)) || fail "$(flows) flows of 30"
	# Another one has its own.
	equal "$(on isp1 sysctl -n net.ipv4.vs.flow_limit)" 0 "flow_limit of another namespace"
}

# ---- 18: the client's address for servers ----

# believer: a server at srv2's port 90 with toa.ko, which believes the service's local
# address; whom it accepts is in $scratch/names.
believer() {
	undo rmmod toa
	insmod "$modules/toa.ko" "from=$(pool_address 3 105)" "$@"
	background on srv2 python3 -SEuc '
import socket
s = socket.create_server(("::", 90), family=socket.AF_INET6, dualstack_ipv6=True)
print("listening")
while True:
    c, name = s.accept()
    print("accepted", name[0].replace("::ffff:", ""), name[1])
' >"$scratch/names"
	eventually 20 test -s "$scratch/names"
}

# forge VICTIM PORT [AGAIN]: a handshake by hand of srv1's ghost with $to:$to_port, with an
# option of its own that names 6.6.6.6 (2001:db8::6666) in the last packet. Before that,
# AGAIN is the sequence number of another SYN.
forge() {
	local again=${3-}
	from=$1 port=$2
	if [[ $family == 4 ]]; then
		claim=fe08115c06060606 claimed=6.6.6.6
	else
		claim=fd14115c20010db8000000000000000000006666 claimed=2001:db8::6666
	fi
	no_reset "$from"
	capture "$from" eth0 "tcp port $port"
	by_hand --flags S --seq 1000 --payload 0
	captured "$from" eth0 "> $client\.$port: Flags \[S\.\]"
	ack=$(packets "$scratch/$from-eth0" | sed -nE 's/.*Flags \[S\.\].* seq ([0-9]+), ack 1001.*/\1/p' | sed -n 1p)
	[[ ! $again ]] || by_hand --flags S --seq "$again" --payload 0
	by_hand --flags A --seq 1001 --ack "$(plus "$ack" 1)" --payload 0 --tcp "$claim"
	by_hand --flags PA --seq 1001 --ack "$(plus "$ack" 1)" --tcp "$claim" --text 'hello'
	eventually 10 has "$scratch/names" accepted
	lacks "$(cat "$scratch/names")" "$claimed"
}

# With what forge leaves: from, port, ack.
by_hand() {
	send "$from" "$client" "$to" tcp --sport "$port" --dport "$to_port" "$@"
}

# to_the_service PORT OF SERVER: clients of srv1 ask the gateway's port 80.
to_the_service() {
	to=$(gateway) to_port=80 client=$srv1
	ts -R <<-END
		-A -t $(bracketed $to):80 -s rr
		-P -t $(bracketed $to):80 -z $(pool_address 3 105)
		-a -t $(bracketed $to):80 -r $(bracketed $srv2):90 -b
	END
}

both_a_second_SYN_does_not_let_a_forged_address_pass() {
	believer
	to_the_service
	forge srv1 4991 $((0x50000000))
	matches "$(cat "$scratch/names")" "accepted $srv1 4991"
}

both_a_forged_address_does_not_pass_with_ours_off() {
	set_sysctl net.ipv4.vs.fullnat_toa_entry=0
	believer
	to_the_service
	forge srv1 4992
}

both_a_forged_address_does_not_pass_with_another_option_number() {
	set_sysctl net.ipv4.vs.fullnat_toa_opt=200 net.ipv4.vs.fullnat_toa6_opt=201
	believer
	to_the_service
	forge srv1 4993
}

# By a rule whose pool has what the server takes for a director's local address.
both_a_forged_address_does_not_pass_by_a_rule() {
	pub=$(pool_address 3 105)
	with_each "rule zone" forged_by_a_rule
}

forged_by_a_rule() {
	believer
	to_the_service
	translate "$net40" "$pub"
	to=$srv2 to_port=90 client=$in40
	forge in40 4994
}

# The server answers each SYN by a cookie, and takes the connection of either.
both_a_second_SYN_with_SYN_cookies_does_not_let_a_forged_address_pass() {
	undo on srv2 sysctl -qw "net.ipv4.tcp_syncookies=$(on srv2 sysctl -n net.ipv4.tcp_syncookies)"
	on srv2 sysctl -qw net.ipv4.tcp_syncookies=2
	believer
	to_the_service
	forge srv1 4995 $((0x50000000))
}

# What was told another number than the gateway, and what believes other packets, is
# not misled either. Options of Accurate ECN (RFC 9768) are as long, and are left alone.
both_no_packet_of_a_client_s_can_name_another() {
	pub=$(pool_address 3 105)
	with_each "service rule zone" names_nobody
}

names_nobody() {
	believer
	if [[ $nat == service ]]; then
		to_the_service
		forge srv1 4996
	else
		translate "$net40" "$pub"
		to=$srv2 to_port=90 client=$in40
		forge in40 4996
	fi
	capture srv2 eth0 "tcp port 90"
	# The first few of a connection take the full path, later ones the fast one.
	by_hand --flags A --seq 1006 --ack "$(plus "$ack" 1)" --payload 0 --count 20 \
		--tcp c808115c06060606ac08000001000002
	by_hand --flags PA --seq 1006 --ack "$(plus "$ack" 1)" --text 'more' --tcp 01ac08000001000002c808112206060606010101
	captured srv2 eth0 "> $srv2\.90: Flags \[P\.\], cksum 0x[0-9a-f]+ \(correct\)"
	not_captured srv2 eth0 "> $srv2\.90: .*incorrect"
	equal "$(packets "$scratch/srv2-eth0" | grep -c "unknown-172")" 21 "packets with options of Accurate ECN"
	not_captured srv2 eth0 "unknown-200|0x(115c|1122)0606"
}

# ---- 20: the gateway's only address is the pool ----

each_nat_of_its_own_address() {
	pub=$(gateway)
	with_each "iptables rule zone" "$@"
}

both_the_gateway_s_own_address_answers_as_a_pool() {
	each_nat_of_its_own_address answers_itself
}

answers_itself() {
	local ns from
	background on gw "$tools/peer" serve 7
	eventually 10 on gw "$tools/peer" tcp $inner_gw 7
	translate
	as_public ask_udp in40 $srv1
	as_public ask_tcp in40 $srv1
	matches "$(on in40 $ping -n -c 1 -W 2 $srv1)" "1 received"
	for ns in in40 srv1; do
		matches "$(on $ns $ping -n -c 1 -W 2 "$pub")" "1 received"
		from=${!ns}
		matches "$(on $ns "$tools/peer" udp -t 2 "$pub" 7)" "^$from "
		matches "$(timeout 5 "$tools/on" $ns "$tools/peer" tcp "$pub" 7)" "^$from "
	done
	# And it asks others itself.
	matches "$(on gw $ping -n -c 1 -W 2 $srv1)" "1 received"
	as_public ask_udp gw $srv1 -t 2
}

both_a_socket_of_the_gateway_keeps_its_port() {
	each_nat_of_its_own_address keeps_its_port
}

# translate_in_four: net40 to four ports of $pub.
translate_in_four() {
	four_ports
	if [[ $nat == iptables ]]; then
		xt -t nat -A POSTROUTING -s "$net40" -p udp -j SNAT --to-source "$(bracketed "$pub"):20000-20003"
	else
		translate
	fi
}

keeps_its_port() {
	local i
	translate_in_four
	converse gw udp $srv1 -s "$pub" -p 20001
	equal "$seen" "$pub 20001"
	for i in 1 2 3; do
		ask_udp in40 $srv1 -p $((4930 + i)) -t 2 >>"$scratch/flows"
		says "still mine $i"
	done
	equal "$(sort "$scratch/flows" | tr '\n' ' ')" "$pub 20000 $pub 20002 $pub 20003 " "sources of flows"
	ask_udp in40 $srv1 -p 4934 -t 1 && fail "the socket's port was given to a flow"
	says "still mine"
}

# A socket that only listens has its port for all remotes.
both_a_listening_socket_keeps_its_port() {
	pub=$(gateway)
	with_each "rule zone" listener_keeps_its_port
}

listener_keeps_its_port() {
	local i
	background on gw "$tools/peer" serve 20002
	eventually 10 on gw "$tools/peer" udp -t 1 "$inner_gw" 20002
	translate_in_four
	for i in 1 2 3; do
		ask_udp in40 $srv1 -p $((4935 + i)) -t 2
	done >"$scratch/flows"
	equal "$(sort "$scratch/flows" | tr '\n' ' ')" "$pub 20000 $pub 20001 $pub 20003 " "sources of flows"
	ask_udp in40 $srv1 -p 4939 -t 1 && fail "the listener's port was given to a flow"
	matches "$(on srv1 "$tools/peer" udp -p 7 -t 2 "$pub" 20002 2>&1 || on srv1 "$tools/peer" udp -t 2 "$pub" 20002)" "^$srv1 "
}

both_the_gateway_s_own_connections_do_not_meet_flows() {
	each_nat_of_its_own_address meets_no_flow
}

meets_no_flow() {
	local i
	translate_in_four
	for i in 1 2 3; do
		ask_udp in40 $srv1 -p $((4940 + i)) -t 2
	done >"$scratch/flows"
	# The ports that the gateway's kernel chooses from for itself are the same four.
	set_sysctl net.ipv4.ip_local_port_range="20000 20003"
	for i in 1 2 3; do
		as_public ask_udp gw $srv1 -t 2
	done
	for i in 1 2 3; do
		ask_udp in40 $srv1 -p $((4940 + i)) -t 2
	done >"$scratch/again"
	equal "$(cat "$scratch/again")" "$(cat "$scratch/flows")" "sources of the flows, asked again"
}

# ---- 1: frames that are not for the gateway to route ----

# Flooded by the switch, since nobody has that address.
both_a_frame_for_another_router_is_not_taken() {
	each_nat for_another_router
}

for_another_router() {
	local other=192.168.40.99
	[[ $family == 4 ]] || other=2001:db8:40::99
	undo ip -n gw link set eth0 promisc off
	undo ip -n in40 neigh del $other dev eth0
	ip -n gw link set eth0 promisc on
	ip -n in40 neigh replace $other lladdr 02:00:00:00:40:99 dev eth0 nud permanent
	translate
	converse in40 udp $srv1 -p 4998
	matches "$seen" "^$pub "
	says before
	capture srv1 eth0 "udp port 7"
	capture gw eth0 "udp port 4998"
	ip -n in40 $six route add $srv1 via $other
	send in40 $in40 $srv1 udp --sport 4998 --ttl 99
	ip -n in40 $six route del $srv1 via $other
	says after
	captured gw eth0 "(ttl|hlim) 99"
	captured srv1 eth0 "> $srv1.7: "
	not_captured srv1 eth0 "(ttl|hlim) 9[0-9]"
}

# Here are bridges of the gateway itself. br_netfilter shows iptables what they
# forward, by default. Where such a packet is taken for a routed one, the guest may end:
# the first of these is the one that is least likely to.

# bridge NUMBER: brx with b1 and b2, whose addresses are N.71 and N.72 of the network
# 192.168.NUMBER.0/24 or 2001:db8:NUMBER::/64. b2 runs a server.
bridge() {
	local n
	undo rmmod br_netfilter
	modprobe br_netfilter
	on sw sysctl -qw net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0
	bridged 1
	undo ip -n gw link del brx
	ip -n gw link add brx type bridge
	ip -n gw link set brx up
	for n in 1 2; do
		undo ip netns del b$n
		ip netns add b$n
		link gw p$n b$n eth0
		ip -n gw link set p$n master brx
		ip -n b$n link set lo up
		if [[ $family == 4 ]]; then
			ip -n b$n addr add "192.168.$1.7$n/24" dev eth0
		else
			ip -n b$n addr add "2001:db8:$1::7$n/64" dev eth0 nodad
		fi
	done
	if [[ $family == 4 ]]; then
		b1=192.168.$1.71 b2=192.168.$1.72 bnet=192.168.$1.0/24 bgw=192.168.$1.1
	else
		b1=2001:db8:$1::71 b2=2001:db8:$1::72 bnet=2001:db8:$1::/64 bgw=2001:db8:$1::1
	fi
	background on b2 "$tools/peer" serve 7
	eventually 10 on b2 "$tools/peer" udp -t 1 "$b2" 7
}

# bridged 1|0: whether netfilter's hooks for IP see what bridges forward.
bridged() {
	on gw sysctl -qw "net.bridge.bridge-nf-call-iptables=$1" "net.bridge.bridge-nf-call-ip6tables=$1"
}

# own_bridge: the gateway has an address on it and routes for b1 and b2.
own_bridge() {
	bridge 80
	ip -n gw addr add $bgw/$([[ $family == 4 ]] && echo 24 || echo 64) dev brx $([[ $family == 4 ]] || echo nodad)
	ip -n b1 $six route add default via $bgw
	ip -n b2 $six route add default via $bgw
}

# translate_outwards NETWORK: iptables has to be told that bridged packets are not meant.
translate_outwards() {
	if [[ $nat == iptables ]]; then translate "$1" "$pub" eth1; else translate "$1"; fi
}

# the_two_talk: b1 and b2, and see each other's own address.
the_two_talk() {
	ip -n b1 neigh flush dev eth0
	capture b2 eth0 "ip or ip6"
	matches "$(on b1 "$tools/peer" udp -t 2 "$b2" 7)" "^$b1 "
	matches "$(on b1 "$tools/peer" udp -t 2 "$b2" 7)" "^$b1 "
	matches "$(timeout 5 "$tools/on" b1 "$tools/peer" tcp -b 20000 "$b2" 7)" "^$b1 "
	matches "$(on b1 $ping -n -c 1 -W 2 "$b2")" "1 received"
	not_captured b2 eth0 "$pub"
	rm "$scratch/b2-eth0"
}

both_what_a_bridge_of_the_gateway_s_routes_is_translated() {
	each_nat routed_and_bridged
}

routed_and_bridged() {
	local call
	own_bridge
	translate_outwards $bnet
	for call in 0 1; do
		bridged $call
		as_public ask_udp b1 $srv1 -t 2
		as_public timeout 10 "$tools/on" b1 "$tools/peer" tcp -b 20000 $srv1 7
		matches "$(on b1 $ping -n -c 1 -W 2 $srv1)" "1 received"
	done
	converse b1 tcp $srv1
	says before
	bridged 0
	says "with calls off"
	bridged 1
	says "with calls on"
}

both_Docker_s_rules_and_containers_work_beside_ours() {
	each_ours beside_docker
}

# The containers are b1 and b2; b2's port 7 is published as 8007.
beside_docker() {
	own_bridge
	set_sysctl net.ipv4.vs.snat_pass_unmatched=1
	docker_rules
	translate
	as_public ask_udp in40 $srv1 -t 2
	converse in40 tcp $srv1
	matches "$seen" "^$pub "
	says before
	matches "$(ask_udp b1 $srv1 -t 2)" "^$(gateway) "
	matches "$(timeout 10 "$tools/on" b1 "$tools/peer" tcp -b 20000 $srv1 7)" "^$(gateway) "
	matches "$(timeout 10 "$tools/on" srv1 "$tools/peer" tcp -b 20000 "$(gateway)" 8007)" "^$srv1 "
	change_route
	says after
	matches "$(timeout 10 "$tools/on" srv1 "$tools/peer" tcp "$(gateway)" 8007)" "^$srv1 "
	matches "$(ask_udp b1 $srv1 -t 2)" "^$(gateway) "
}

# As Docker loads it for one bridge; the operator lets his network pass in DOCKER-USER.
docker_rules() {
	on gw "$(tables)-restore" <<-END
		*nat
		:PREROUTING ACCEPT
		:INPUT ACCEPT
		:OUTPUT ACCEPT
		:POSTROUTING ACCEPT
		:DOCKER -
		-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
		-A OUTPUT -m addrtype --dst-type LOCAL -j DOCKER
		-A POSTROUTING -s $bnet ! -o brx -j MASQUERADE
		-A POSTROUTING -s $b2/$host -d $b2/$host -p tcp -m tcp --dport 7 -j MASQUERADE
		-A DOCKER -i brx -j RETURN
		-A DOCKER ! -i brx -p tcp -m tcp --dport 8007 -j DNAT --to-destination $(bracketed $b2):7
		COMMIT
		*filter
		:INPUT ACCEPT
		:FORWARD DROP
		:OUTPUT ACCEPT
		:DOCKER -
		:DOCKER-ISOLATION-STAGE-1 -
		:DOCKER-ISOLATION-STAGE-2 -
		:DOCKER-USER -
		-A FORWARD -j DOCKER-USER
		-A FORWARD -j DOCKER-ISOLATION-STAGE-1
		-A FORWARD -o brx -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
		-A FORWARD -o brx -j DOCKER
		-A FORWARD -i brx ! -o brx -j ACCEPT
		-A FORWARD -i brx -o brx -j ACCEPT
		-A DOCKER -d $b2/$host ! -i brx -o brx -p tcp -m tcp --dport 7 -j ACCEPT
		-A DOCKER-ISOLATION-STAGE-1 -i brx ! -o brx -j DOCKER-ISOLATION-STAGE-2
		-A DOCKER-ISOLATION-STAGE-1 -j RETURN
		-A DOCKER-ISOLATION-STAGE-2 -o brx -j DROP
		-A DOCKER-ISOLATION-STAGE-2 -j RETURN
		-A DOCKER-USER -i eth0 -o eth1 -j ACCEPT
		-A DOCKER-USER -i eth1 -o eth0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
		-A DOCKER-USER -j RETURN
		COMMIT
	END
}

both_bridged_packets_of_another_network_pass() {
	each_nat bridged_of_another_network
}

bridged_of_another_network() {
	bridge 80
	translate_outwards $net50
	the_two_talk
}

# iptables translates such a frame, but does not send it elsewhere.
both_a_bridged_frame_of_a_known_flow_goes_where_it_is_sent() {
	each_ours bridged_of_a_known_flow
}

bridged_of_a_known_flow() {
	own_bridge
	translate_outwards $bnet
	converse b1 udp $srv1 -p 4997
	matches "$seen" "^$pub "
	says before
	capture srv1 eth0 "udp port 7"
	capture b2 eth0 "udp port 7"
	ip -n b1 $six route add $srv1 via $b2
	send b1 $b1 $srv1 udp --sport 4997 --ttl 99
	ip -n b1 $six route del $srv1 via $b2
	captured b2 eth0 "(ttl|hlim) 99.* $b1\.4997 > $srv1.7: "
	says after
	captured srv1 eth0 "> $srv1.7: "
	not_captured srv1 eth0 "(ttl|hlim) 9[0-9]"
}

both_bridged_packets_of_the_whole_network_pass() {
	each_nat bridged_of_any_network
}

bridged_of_any_network() {
	bridge 80
	translate_outwards $any
	the_two_talk
}

both_bridged_packets_of_the_rule_s_network_pass() {
	each_nat bridged_of_the_rule_s_network
}

bridged_of_the_rule_s_network() {
	bridge 40
	translate_outwards $net40
	the_two_talk
	as_public ask_udp in40 $srv1
}
