# SPDX-License-Identifier: GPL-2.0-only
# A client, a gateway and a server for each mode, and what makes a gateway of it;
# sourced by what runs in the guest or in User-Mode Linux.
#
#   c$N ── c ───── in ── g$N ── out ───── s ── s$N
#       02:…:12  02:…:11      02:…:21  02:…:22
#
# Clients are 10.1.1.1 and the next 250, behind 10.1.0.2; the server is 10.2.0.2,
# the pool 10.2.4.0-7, the virtual address 10.3.0.1. For IPv6, fd00:1:: and so on.
# Nothing resolves a neighbour: all of them are permanent.

packets=/proc/fnat_packets
modes=(drop forward redirect iptables nft flowtable ipvs snat fullnat)

on() {
	local ns=$1
	shift
	nsenter --net="/run/netns/$ns" -- "$@"
}

# use_packets_family 4|6: the addresses of the family.
use_packets_family() {
	family=$1
	if [[ $1 == 4 ]]; then
		six='' clients=10.1.0.0/16 client=10.1.1.1 server=10.2.0.2 virtual=10.3.0.1
		pool_min=10.2.4.0 pool_max=10.2.4.7 tables=iptables-legacy nft_family=ip
		virtual_port=$virtual:7 server_port=$server:7 host=32
	else
		six=-6 clients=fd00:1::/64 client=fd00:1::1:1 server=fd00:2::2 virtual=fd00:3::1
		pool_min=fd00:2::4:0 pool_max=fd00:2::4:7 tables=ip6tables-legacy nft_family=ip6
		virtual_port=[$virtual]:7 server_port=[$server]:7 host=128
	fi
}

# cable NS1 DEVICE1 MAC1 NS2 DEVICE2 MAC2
cable() {
	ip link add "$2" netns "$1" address "$3" type veth peer name "$5" netns "$4" address "$6"
	ip -n "$1" link set "$2" up
	ip -n "$4" link set "$5" up
}

# settled NS DEVICE: wait until the kernel has said everywhere that the link is up;
# routes change then, and what is cached of them.
settled() {
	local tries
	for ((tries = 0; tries < 500; tries++)); do
		[[ $(ip -n "$1" link show dev "$2") == *'state UP'* ]] && return
	done
	echo "no link at $2 of $1" >&2
	exit 1
}

make_scene() { # N
	local ns c=c$1 g=g$1 s=s$1
	for ns in "$c" "$g" "$s"; do
		ip netns add "$ns"
		# Nothing but the benchmark's packets.
		on "$ns" sysctl -qw net.ipv6.conf.{all,default}.{accept_dad,accept_ra,router_solicitations}=0 \
			net.ipv6.conf.{all,default}.addr_gen_mode=1 net.ipv6.conf.{all,default}.forwarding=1 \
			net.ipv4.ip_forward=1 net.ipv4.conf.{all,default}.rp_filter=0
		ip -n "$ns" link set lo up
	done
	cable "$c" c 02:00:00:00:00:12 "$g" in 02:00:00:00:00:11
	cable "$g" out 02:00:00:00:00:21 "$s" s 02:00:00:00:00:22
	ip -n "$g" -batch - <<-'END'
		addr add 10.1.0.1/24 dev in
		addr add 10.2.0.1/16 dev out
		addr add fd00:1::1/112 dev in nodad
		addr add fd00:2::1/64 dev out nodad
		neigh add 10.1.0.2 lladdr 02:00:00:00:00:12 nud permanent dev in
		neigh add 10.2.0.2 lladdr 02:00:00:00:00:22 nud permanent dev out
		neigh add fd00:1::2 lladdr 02:00:00:00:00:12 nud permanent dev in
		neigh add fd00:2::2 lladdr 02:00:00:00:00:22 nud permanent dev out
		route add 10.1.1.0/24 via 10.1.0.2
		route add fd00:1::1:0/112 via fd00:1::2
	END
	for ns in "$g in" "$g out"; do
		settled $ns
	done
	echo "use $1" >$packets
	on "$c" bash -c "echo 'attach client c 02:00:00:00:00:11' >$packets"
	on "$s" bash -c "echo 'attach server s 02:00:00:00:00:21' >$packets"
}

# The generator holds the devices until it is told to let go.
end_scene() { # N
	local role
	echo "use $1" >$packets
	for role in client server gate-in gate-out; do
		echo "detach $role" >$packets
	done
	ip netns del "c$1"
	ip netns del "g$1"
	ip netns del "s$1"
}

# begin_MODE N: make the gateway g$N work in that mode, for the family in use.
# It sets what the server has to see: clients themselves, or the pool.

begin_drop() {
	on "g$1" bash -c "echo 'attach gate-in in 02:00:00:00:00:00' >$packets"
	on "g$1" bash -c "echo 'attach gate-out out 02:00:00:00:00:00' >$packets"
}

begin_forward() {
	:
}

redirect() { # NS FROM TO
	on "$1" tc qdisc add dev "$2" ingress
	on "$1" tc filter add dev "$2" ingress protocol all u32 match u32 0 0 action mirred egress redirect dev "$3"
}

begin_redirect() {
	redirect "g$1" in out
	redirect "g$1" out in
}

# track_long N: no entry ends while packets are counted. A flow that leaves the
# flow table takes the flow table's timeout off its own.
track_long() {
	on "g$1" sysctl -qw net.netfilter.nf_conntrack_udp_timeout=7200 \
		net.netfilter.nf_conntrack_udp_timeout_stream=7200
}

begin_iptables() {
	on "g$1" $tables -w -t nat -A POSTROUTING -s "$clients" -o out -j SNAT --to-source "$pool_min-$pool_max"
	track_long "$1"
	expect_pool
}

begin_nft() {
	on "g$1" nft -f - <<-END
		table $nft_family nat {
			chain postrouting {
				type nat hook postrouting priority srcnat;
				oif out $nft_family saddr $clients snat to $pool_min-$pool_max
			}
		}
	END
	track_long "$1"
	expect_pool
}

begin_flowtable() {
	begin_nft "$1"
	on "g$1" sysctl -qw net.netfilter.nf_flowtable_udp_timeout=3600
	on "g$1" nft -f - <<-END
		table $nft_family fast {
			flowtable known {
				hook ingress priority 0; devices = { in, out };
			}
			chain forward {
				type filter hook forward priority 0;
				ct state established flow add @known
			}
		}
	END
}

begin_ipvs() {
	use_ip_vs stock
	ip -n "g$1" addr add "$virtual/$host" dev lo
	on "g$1" ipvsadm -R <<-END
		-A -u $virtual_port -s rr
		-a -u $virtual_port -r $server_port -m
	END
	on "g$1" ipvsadm --set 0 0 3600
	service=$virtual
}

begin_snat() {
	use_ip_vs ours
	on "g$1" "$tsipvsadm" -R <<-END
		-A -f 1 $six -s snat_sched
		-K -f 1 $six -F $clients -U $pool_min-$pool_max -O random
	END
	on "g$1" ipvsadm --set 0 0 3600
	expect_pool
}

begin_fullnat() {
	use_ip_vs ours
	ip -n "g$1" addr add "$virtual/$host" dev lo
	on "g$1" "$tsipvsadm" -R <<-END
		-A -u $virtual_port -s rr
		-P -u $virtual_port -z $pool_min-$pool_max
		-a -u $virtual_port -r $server_port -b
	END
	on "g$1" ipvsadm --set 0 0 3600
	service=$virtual
	expect_pool
}

expect_pool() {
	expected="$pool_min $pool_max"
}

# begin MODE N FLOWS: what every mode begins with, and the plan of its flows.
begin() {
	echo "use $2" >$packets
	service=$server expected='- -'
	"begin_$1" "$2"
	echo "plan $family $client $service $server $expected $3" >$packets
}

# run WAY FIRST FLOWS PACKETS: sets units; fails, and says why in broken, unless
# every packet arrived as it should.
run() {
	local sent arrived wrong name
	broken=''
	echo "run $1 $2 $3 $4" 2>/dev/null >$packets || {
		broken="$1: the server has not seen every flow"
		return 1
	}
	read -r name sent name arrived name wrong name units <$packets
	((arrived == $4 && wrong == 0)) || {
		broken="$1: of $sent packets sent, $arrived arrived, $wrong of them wrong"
		return 1
	}
}

# open FIRST FLOWS: each of them in both directions, until every mode knows
# them as well as it ever will; checksums are verified here.
open() {
	echo "verify 1" >$packets
	run request "$1" "$2" "$2" && run reply "$1" "$2" "$2" &&
		run request "$1" "$2" $((2 * $2)) && run reply "$1" "$2" "$2"
	local status=$?
	echo "verify 0" >$packets
	return $status
}
