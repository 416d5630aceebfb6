#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# In a guest of two processors: smp-guest.sh MODES FAMILIES ROUNDS
# One gateway between two pairs of devices. The kernel's packet generator sends into
# each from a processor of its own, 502 flows each, and a packet stays on the
# processor that sent it up to the far end, where it is counted and dropped. First
# all flows are opened, and where translated packets come from is looked at; then one
# processor sends, then both at once, in turn.
set -uo pipefail
modules=$PROJECT/build/modules/$RELEASE
tsipvsadm=$PROJECT/bin/tsipvsadm

on() {
	local ns=$1
	shift
	nsenter --net="/run/netns/$ns" -- "$@"
}

use_family() {
	family=$1
	if [[ $1 == 4 ]]; then
		six='' clients=10.1.0.0/16 pool_min=10.9.4.0 pool_max=10.9.4.7 tables=iptables-legacy
		server=('10.2.0.2' '10.3.0.2')
		translated='ip src net 10.9.4.0/29'
	else
		six=-6 clients=fd00:1::/64 pool_min=fd00:9::4:0 pool_max=fd00:9::4:7 tables=ip6tables-legacy
		server=('fd00:2::2' 'fd00:3::2')
		translated='ip6 src net fd00:9::4:0/125'
	fi
}

# The gateway is g; what the client c sends on c0 arrives on in0 and leaves by out0 to s0.
make_scene() {
	local ns n
	for ns in c g s; do
		ip netns add $ns
		on $ns sysctl -qw net.ipv6.conf.{all,default}.{accept_dad,accept_ra,router_solicitations}=0 \
			net.ipv6.conf.{all,default}.addr_gen_mode=1 net.ipv6.conf.{all,default}.forwarding=1 \
			net.ipv4.ip_forward=1 net.ipv4.conf.{all,default}.rp_filter=0
	done
	for n in 0 1; do
		ip link add c$n netns c type veth peer name in$n netns g address 02:00:00:00:0$n:11
		ip link add out$n netns g type veth peer name s$n netns s address 02:00:00:00:0$n:22
		for ns in "c c$n" "g in$n" "g out$n" "s s$n"; do
			ip -n ${ns% *} link set ${ns#* } up
		done
		ip -n g -batch - <<-END
			addr add 10.$((n + 2)).0.1/24 dev out$n
			addr add fd00:$((n + 2))::1/64 dev out$n nodad
			neigh add 10.$((n + 2)).0.2 lladdr 02:00:00:00:0$n:22 nud permanent dev out$n
			neigh add fd00:$((n + 2))::2 lladdr 02:00:00:00:0$n:22 nud permanent dev out$n
			route add 10.1.$((n + 1)).0/24 dev in$n
			route add fd00:1::$((n + 1)):0/112 dev in$n
		END
		on s tc qdisc add dev s$n clsact
	done
}

begin_forward() {
	translated=''
}

begin_iptables() {
	on g $tables -w -t nat -A POSTROUTING -s "$clients" -j SNAT --to-source "$pool_min-$pool_max"
}

begin_snat() {
	on g "$tsipvsadm" -R <<-END
		-A -f 1 $six -s snat_sched
		-K -f 1 $six -F $clients -U $pool_min-$pool_max -O random
	END
}

generator() { # FILE LINE…: what the packet generator is told
	local file=/proc/net/pktgen/$1 line
	shift
	for line; do
		on c bash -c 'echo "$1" >"$2"' bash "$line" "$file" || return 1
	done
}

# plan N PACKETS: what the processor of that number sends. The generator knows no
# range of IPv6 sources, so there the ports alone differ.
plan() {
	local flows=('udp_src_min 1024' 'udp_src_max 1525' "src6 fd00:1::$(($1 + 1)):1" "dst6 ${server[$1]}")
	[[ $six ]] || flows=('udp_src_min 1024' 'udp_src_max 1025' "src_min 10.1.$(($1 + 1)).1" "src_max 10.1.$(($1 + 1)).251" "dst ${server[$1]}")
	generator c$1 "count $2" 'pkt_size 64' 'clone_skb 0' 'delay 0' 'burst 1' "dst_mac 02:00:00:00:0$1:11" \
		'udp_dst_min 7' 'udp_dst_max 7' "${flows[@]}"
}

received() { # N
	on s awk -v name="s$1:" '$1 == name { print $3 }' /proc/net/dev
}

# send PROCESSORS PACKETS: sets rate to the sum of the packets a second of each.
send() {
	local n before=() arrived
	generator kpktgend_0 rem_device_all && generator kpktgend_1 rem_device_all || return 1
	for ((n = 0; n < $1; n++)); do
		generator kpktgend_$n "add_device c$n" && plan $n "$2" || return 1
		before[n]=$(received $n)
	done
	generator pgctrl start || return 1
	rate=0
	for ((n = 0; n < $1; n++)); do
		arrived=$(($(received $n) - before[n]))
		((arrived == $2)) || {
			broken="$arrived of $2 packets arrived"
			return 1
		}
		rate=$((rate + $(on c grep -oE '[0-9]+pps' /proc/net/pktgen/c$n | tr -dc 0-9)))
	done
}

# Two packets of each flow, looked at on the far side.
open() {
	local n seen
	[[ ! $translated ]] || for n in 0 1; do
		on s timeout 60 tcpdump -nli s$n -c 1004 "udp dst port 7 and $translated" >/run/seen$n 2>/dev/null &
		until on s ss -0Hn | grep s$n >/dev/null; do :; done
	done
	send 2 1004 || return 1
	wait
	[[ ! $translated ]] || for n in 0 1; do
		seen=$(wc -l </run/seen$n)
		((seen == 1004)) || {
			broken="$seen of 1004 packets were translated"
			return 1
		}
	done
	for n in 0 1; do
		on s tc filter add dev s$n ingress matchall action drop
	done
}

measure() {
	local round processors
	open && send 2 20000 || return 1
	for ((round = 0; round < rounds; round++)); do
		for processors in 1 2; do
			send $processors 60000 || return 1
			echo "sample $mode $family $processors $rate"
		done
	done
}

unset NODE_EXTRA_CA_CERTS NODE_OPTIONS
modprobe -a veth nf_conntrack nf_defrag_ipv6 libcrc32c pktgen sch_ingress cls_matchall act_gact
# Softirqs that ksoftirqd has taken over may leave a whole run waiting.
sysctl -qw net.core.netdev_max_backlog=100000
insmod "$modules/ip_vs.ko" && insmod "$modules/ip_vs_snat_sched.ko" || exit 1
read -ra families <<<"${2//,/ }"
rounds=$3
for mode in ${1//,/ }; do
	for family in "${families[@]}"; do
		use_family "$family"
		make_scene
		begin_$mode
		broken='the packet generator refused'
		measure || echo "broken $mode $family $broken"
		ip netns del c && ip netns del g && ip netns del s
	done
done
