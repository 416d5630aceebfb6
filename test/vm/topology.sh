# SPDX-License-Identifier: GPL-2.0-only
# The network of the demo, the lab and the guest tests; sourced.
#
#  in40 192.168.40.2 ─┐                        ┌─ isp1 ── srv1 8.8.1.1
#  in41 192.168.40.3 ─┤                  eth1  │   │ ├─── hop ──1400── deep 8.8.5.1
#  in50 192.168.50.2 ─┼─ sw ── eth0 ┌────┐ ────┘   │
#  in60 192.168.60.2 ─┘             │ gw │         └──┐
#                                   │    │           srv3 8.8.3.1
#  in70 192.168.70.2 ────1400─ eth3 └────┘ ────┐   ┌──┘
#                                        eth2  │   │
#                                              └─ isp2 ── srv2 8.8.2.1
#
# gw      eth0 192.168.{40,50,60}.1/24      2001:db8:{40,50,60}::1/64
#         eth1 1.1.2.2/24, next hop 1.1.2.1 2001:db8:2::2/64, next hop ::1
#         eth2 1.1.3.2/24, next hop 1.1.3.1 2001:db8:3::2/64, next hop ::1
#         eth3 192.168.70.1/24, MTU 1400    2001:db8:70::1/64
#         routes: 8.8.2.0/24 through eth2, all else through eth1
# servers 8.8.N.1 is 2001:db8:aN::1; each runs tools/peer on port 7. srv3
#         answers 1.1.2.0/24 through isp1 and 1.1.3.0/24 through isp2.
#         srv1 also answers for all of 8.16.0.0/12 and 2001:db8:b::/64.
# The inner hosts' default route is gw; nothing behind an uplink has a route to
# the inner networks, so an untranslated packet gets no answer.

namespaces=(sw in40 in41 in50 in60 in70 gw isp1 isp2 hop srv1 srv2 srv3 deep)

# The gateway's side of the pools that lvs-snat's session uses.
pools4=(1.1.2.100-110 1.1.3.100-110)

# on NS COMMAND…: run it in a namespace.
on() {
	"$PROJECT/build/tools/on" "$@"
}

# link NS1 DEVICE1 NS2 DEVICE2: a cable between two namespaces, both ends up.
link() {
	ip link add "$2" netns "$1" type veth peer name "$4" netns "$3"
	ip -n "$1" link set "$2" up
	ip -n "$3" link set "$4" up
}

# batch NS: commands of ip, a line each, from standard input.
batch() {
	ip -n "$1" -batch -
}

# NS1 DEVICE1 NS2 DEVICE2 of each cable.
cables() {
	local ns
	echo gw eth0 sw gw
	for ns in in40 in41 in50 in60; do
		echo "$ns" eth0 sw "$ns"
	done
	cat <<-END
		in70 eth0 gw eth3
		gw eth1 isp1 gw
		gw eth2 isp2 gw
		isp1 srv1 srv1 eth0
		isp2 srv2 srv2 eth0
		isp1 srv3 srv3 eth0
		isp2 srv3 srv3 eth1
		isp1 hop hop isp1
		hop deep deep eth0
	END
}

# All namespaces with their devices up. New ones have the settings of the first one.
make_namespaces() {
	local ns ns1 device1 ns2 device2 forwarding
	modprobe -a veth bridge
	sysctl -qw net.core.devconf_inherit_init_net=1 \
		net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 \
		net.ipv6.conf.all.accept_ra=0 net.ipv6.conf.default.accept_ra=0 \
		net.ipv6.conf.default.router_solicitations=0 \
		net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
	{
		printf 'netns add %s\n' "${namespaces[@]}"
		while read -r ns1 device1 ns2 device2; do
			echo "link add $device1 netns $ns1 type veth peer name $device2 netns $ns2"
		done
	} < <(cables) | ip -batch -
	for ns in "${namespaces[@]}"; do
		forwarding=()
		[[ $ns != @(gw|isp1|isp2|hop) ]] || forwarding=(net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1)
		on "$ns" sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0 "${forwarding[@]}"
		{
			echo "link set lo up"
			[[ $ns != sw ]] || printf '%s\n' "link add br0 type bridge" "link set br0 up"
			cables | awk -v ns="$ns" '
				$1 == ns { print "link set " $2 " up" }
				$3 == ns { print "link set " $4 (ns == "sw" ? " master br0" : "") " up" }'
		} | batch "$ns"
	done
}

make_inner_side() {
	local ns net host
	ip -n gw link set eth3 mtu 1400
	ip -n in70 link set eth0 mtu 1400
	while read -r ns net host; do
		batch "$ns" <<-END
			addr add 192.168.$net.$host/24 dev eth0
			addr add 2001:db8:$net::$host/64 dev eth0 nodad
			route add default via 192.168.$net.1
			route add default via 2001:db8:$net::1
		END
	done <<-END
		in40 40 2
		in41 40 3
		in50 50 2
		in60 60 2
		in70 70 2
	END
	# in70 offers what its link does not take, so that the gateway has to say so.
	ip -n in70 route change default via 192.168.70.1 advmss 1460
	ip -n in70 -6 route change default via 2001:db8:70::1 advmss 1440
}

make_uplinks() {
	batch isp1 <<-END
		addr add 1.1.2.1/24 dev gw
		addr add 2001:db8:2::1/64 dev gw nodad
	END
	batch isp2 <<-END
		addr add 1.1.3.1/24 dev gw
		addr add 2001:db8:3::1/64 dev gw nodad
	END
	{
		local net
		for net in 40 50 60; do
			echo "addr add 192.168.$net.1/24 dev eth0"
			echo "addr add 2001:db8:$net::1/64 dev eth0 nodad"
		done
		cat <<-END
			addr add 192.168.70.1/24 dev eth3
			addr add 2001:db8:70::1/64 dev eth3 nodad
			addr add 1.1.2.2/24 dev eth1
			addr add 2001:db8:2::2/64 dev eth1 nodad
			addr add 1.1.3.2/24 dev eth2
			addr add 2001:db8:3::2/64 dev eth2 nodad
			route add default via 1.1.2.1
			route add default via 2001:db8:2::1
			route add 8.8.2.0/24 via 1.1.3.1
			route add 2001:db8:a2::/64 via 2001:db8:3::1
		END
	} | batch gw
}

make_servers() {
	batch isp1 <<-END
		addr add 8.8.1.254/24 dev srv1
		addr add 2001:db8:a1::254/64 dev srv1 nodad
		route add 8.16.0.0/12 via 8.8.1.1
		route add 2001:db8:b::/64 via 2001:db8:a1::1
		addr add 10.1.0.1/24 dev srv3
		addr add 2001:db8:e1::1/64 dev srv3 nodad
		route add 8.8.3.1 via 10.1.0.2
		route add 2001:db8:a3::1 via 2001:db8:e1::2
		addr add 10.5.0.1/24 dev hop
		addr add 2001:db8:e5::1/64 dev hop nodad
		route add 8.8.5.0/24 via 10.5.0.2
		route add 2001:db8:a5::/64 via 2001:db8:e5::2
	END
	batch isp2 <<-END
		addr add 8.8.2.254/24 dev srv2
		addr add 2001:db8:a2::254/64 dev srv2 nodad
		addr add 10.2.0.1/24 dev srv3
		addr add 2001:db8:e2::1/64 dev srv3 nodad
		route add 8.8.3.1 via 10.2.0.2
		route add 2001:db8:a3::1 via 2001:db8:e2::2
	END
	batch srv1 <<-END
		addr add 8.8.1.1/24 dev eth0
		addr add 2001:db8:a1::1/64 dev eth0 nodad
		route add local 8.16.0.0/12 dev lo
		route add local 2001:db8:b::/64 dev lo
		route add 1.1.2.0/24 via 8.8.1.254
		route add 2001:db8:2::/64 via 2001:db8:a1::254
	END
	on srv1 sysctl -qw net.ipv6.ip_nonlocal_bind=1
	batch srv2 <<-END
		addr add 8.8.2.1/24 dev eth0
		addr add 2001:db8:a2::1/64 dev eth0 nodad
		route add 1.1.3.0/24 via 8.8.2.254
		route add 2001:db8:3::/64 via 2001:db8:a2::254
	END
	batch srv3 <<-END
		addr add 8.8.3.1/32 dev lo
		addr add 2001:db8:a3::1/128 dev lo nodad
		addr add 10.1.0.2/24 dev eth0
		addr add 2001:db8:e1::2/64 dev eth0 nodad
		addr add 10.2.0.2/24 dev eth1
		addr add 2001:db8:e2::2/64 dev eth1 nodad
		route add 1.1.2.0/24 via 10.1.0.1 src 8.8.3.1
		route add 1.1.3.0/24 via 10.2.0.1 src 8.8.3.1
		route add 2001:db8:2::/64 via 2001:db8:e1::1 src 2001:db8:a3::1
		route add 2001:db8:3::/64 via 2001:db8:e2::1 src 2001:db8:a3::1
	END
	batch hop <<-END
		addr add 10.5.0.2/24 dev isp1
		addr add 2001:db8:e5::2/64 dev isp1 nodad
		addr add 8.8.5.254/24 dev deep
		addr add 2001:db8:a5::254/64 dev deep nodad
		route add 1.1.2.0/24 via 10.5.0.1
		route add 2001:db8:2::/64 via 2001:db8:e5::1
		link set deep mtu 1400
	END
	# deep itself may send larger packets than its link takes in the other
	# direction, so its MTU is the smaller one as well.
	batch deep <<-END
		addr add 8.8.5.1/24 dev eth0
		addr add 2001:db8:a5::1/64 dev eth0 nodad
		link set eth0 mtu 1400
		route add default via 8.8.5.254
		route add default via 2001:db8:a5::254
	END
}

# stay NS: a process in it, whose /proc/PID/net is the namespace's.
stay() {
	# shellcheck disable=SC2016
	on "$1" bash -c 'echo $$ >"/run/stays.$1"; exec sleep infinity' bash "$1" </dev/null >/dev/null 2>&1 &
	disown
}

start_servers() {
	local ns
	for ns in srv1 srv2 srv3 deep; do
		on "$ns" "$PROJECT/build/tools/peer" serve 7 </dev/null >/dev/null 2>&1 &
		disown
	done
}

# pools_answered address|local|routed|none: how the uplinks' neighbours reach
# the pools 1.1.2.100-110, 1.1.3.100-110 and 2001:db8:{2,3}::100-110. address:
# on the gateway's devices; local: as local routes, nothing on a device;
# routed: the routers send the pools to the gateway. IPv6 addresses of a pool
# are deprecated ones, which the gateway does not choose for itself.
pools_answered() {
	local link before
	before=$(pools_mode)
	for link in 2 3; do
		[[ $before == none ]] || pool_commands "$before" del "$link"
		[[ $1 == none ]] || pool_commands "$1" add "$link"
	done
	echo "$1" >/run/pools-mode
}

# In a file, since test cases are processes of their own.
pools_mode() {
	cat /run/pools-mode 2>/dev/null || echo none
}

pool_commands() { # MODE add|del LINK
	local link=$3 dev=eth$(($3 - 1)) isp=isp$(($3 - 1)) i
	{
		for i in {100..110}; do
			case $1-$2 in
			address-*) echo "addr $2 1.1.$link.$i/32 dev $dev" ;;
			local-*) echo "route $2 local 1.1.$link.$i dev lo" ;;
			routed-*) echo "route $2 1.1.$link.$i via 1.1.$link.2" ;;
			esac
		done
		for i in 10{{0..9},{a..f}} 110; do
			case $1-$2 in
			address-add) echo "addr add 2001:db8:$link::$i/128 dev $dev nodad preferred_lft 0" ;;
			address-del) echo "addr del 2001:db8:$link::$i/128 dev $dev" ;;
			local-*)
				echo "route $2 local 2001:db8:$link::$i dev lo"
				echo "neigh $2 proxy 2001:db8:$link::$i dev $dev"
				;;
			routed-*) echo "route $2 2001:db8:$link::$i via 2001:db8:$link::2" ;;
			esac
		done
	} | if [[ $1 == routed ]]; then batch "$isp"; else batch gw; fi
	if [[ $1 == local ]]; then
		on gw sysctl -qw "net.ipv6.conf.$dev.proxy_ndp=$([[ $2 == add ]] && echo 1 || echo 0)" \
			"net.ipv6.neigh.$dev.proxy_delay=0"
	fi
	# What the neighbours learnt of the way before does not hold any more.
	ip -n "$isp" neigh flush dev gw
}

make_topology() {
	rm -f /run/pools-mode
	make_namespaces
	make_inner_side
	make_uplinks
	make_servers
	pools_answered address
	start_servers
	stay gw
}

# A suite before it in the same guest may have left it.
make_topology_once() {
	[[ -e /run/netns/gw ]] || make_topology
}

# The namespaces end with all that runs in them; new ones have nothing of the old.
make_topology_anew() {
	local ns
	for ns in "${namespaces[@]}"; do
		ip netns pids "$ns" | xargs -r kill -9
		ip netns del "$ns"
	done
	make_topology
}

# The gateway's namespace ends; the kernel does that in its own time.
destroy_gateway() {
	ip netns pids gw | xargs -r kill -9
	ip netns del gw
	eventually 30 gone_from_the_switch
}

gone_from_the_switch() {
	! ip -n sw link show gw >/dev/null 2>&1
}
