# SPDX-License-Identifier: GPL-2.0-only
# Modes of count.sh that are about flows of ours: among many rules, behind a filter table,
# beside connection tracking, and where a pool is nearly used up; sourced by it.

# rules COUNT: that many, of three lengths, of which the last holds the clients.
rules() {
	awk -v count="$1" -v six="$six" -v clients="$clients" -v pool="$pool_min-$pool_max" '
		BEGIN {
			print "-A -f 1 " six " -s snat_sched"
			for (i = 0; i < count - 1; i++) {
				a = int(i / 65536); b = int(i / 256) % 256; c = i % 256
				if (six)
					from = i % 2 ? sprintf("fd01:%x:%x:%x::/64", a, b, c) : sprintf("fd01:%x:%x:%x::1/128", a, b, c)
				else
					from = i % 2 ? sprintf("172.%d.%d.%d/31", 16 + a, b, 2 * int(c / 2)) : sprintf("172.%d.%d.%d/32", 24 + a, b, c)
				print "-K -f 1 " six " -F " from " -U " pool " -O random"
			}
			print "-K -f 1 " six " -F " clients " -U " pool " -O random"
		}'
}

# begin_rules N COUNT
begin_rules() {
	use_ip_vs ours
	rules "$2" | on "g$1" "$tsipvsadm" -R || exit 1
	on "g$1" ipvsadm --set 0 0 3600
	expect_pool
}

begin_snat-10-rules() {
	begin_rules "$1" 10
}

begin_snat-100000-rules() {
	begin_rules "$1" 100000
}

# A chain that lets all pass: for its sake the first packet of a flow takes the stack.
begin_snat-filtered() {
	begin_snat "$1"
	on "g$1" nft -f - <<-END
		table $nft_family filter {
			chain forward {
				type filter hook forward priority 0;
			}
		}
	END
}

# A stateful chain: each flow has its entry in connection tracking.
begin_snat-tracked() {
	begin_snat "$1"
	on "g$1" $tables -w -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
	track_long "$1"
}

# The same for FULLNAT, whose packets come to the host.
begin_fullnat-tracked() {
	begin_fullnat "$1"
	on "g$1" $tables -w -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
	on "g$1" sysctl -qw net.ipv4.vs.conntrack=1
	track_long "$1"
}

# One address, and the ports from 1024 on: 64,512 flows to the one server.
begin_one_address() {
	pool_max=$pool_min
	begin_snat "$1"
	on "g$1" sysctl -qw net.ipv4.vs.fullnat_lport_min=1024
}

begin_snat-empty-pool() {
	begin_one_address "$1"
	pool_used=64
}

# Around 99.9 % of the ports are used while flows are counted.
begin_snat-full-pool() {
	begin_one_address "$1"
	pool_used=64400
}

# Flows are new in batches small enough for what is free.
measure_pool() {
	local few=24
	run request 0 $pool_used $pool_used &&
		sample new request $pool_used $few $few $((pool_used + few)) $((2 * few)) $((2 * few))
}
