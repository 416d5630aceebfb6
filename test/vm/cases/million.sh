# SPDX-License-Identifier: GPL-2.0-only
# A million flows at once, in a guest with 4 GiB; a tenth of them in npm test.

case_seconds=600

# flooded COUNT: half of so many destinations each from two clients, and all of them arrived.
flooded() {
	on in40 "$tools/flood" -p 5000 8.16.0.0 7 $(($1 / 2)) &
	on in50 "$tools/flood" -p 5000 8.16.0.0 7 $(($1 / 2))
	wait $!
	[[ $(flows) == "$1" ]]
}

case_many_flows_are_held() {
	local before after count
	count=$(bulk 1000000)
	use_family 4
	on gw sysctl -qw net.ipv4.vs.fullnat_lport_min=1024
	# Nobody answers, and a slow machine takes its time.
	on gw sysctl -qw net.ipv4.vs.flow_timeout_unanswered=7200
	snat "-F 192.168.0.0/16 -U 1.1.2.100-1.1.2.110 -O random"
	ts --set 0 0 7200
	# Nobody need answer.
	ip -n isp1 route replace blackhole 8.16.0.0/12
	before=$(awk '/^(Slab|Percpu|VmallocUsed):/ { kb += $2 } END { print kb }' /proc/meminfo)
	# A packet for which a queue had no room is sent once more.
	eventually 200 flooded "$count"
	after=$(awk '/^(Slab|Percpu|VmallocUsed):/ { kb += $2 } END { print kb }' /proc/meminfo)
	echo "kilobytes for them: $((after - before))"
	equal "$(flows)" "$count" flows
	equal "$(counter drop_pool_exhausted)" 0 drop_pool_exhausted
	equal "$(counter drop_table_full)" 0 drop_table_full
	measure listing nsenter --net=/run/netns/gw -- "$tsipvsadm" -Lnc | grep -c ' 1\.1\.2\.1[01][0-9]:[0-9]' >"$scratch/rows"
	measured listing 150
	equal "$(<"$scratch/rows")" "$count" "flows listed"
	(((after - before) * 1000 < 600 * count)) || fail "a flow takes $(((after - before) * 1024 / count)) bytes"
	# The gateway still opens and finds flows.
	ip -n isp1 route replace 8.16.0.0/12 via 8.8.1.1
	from_pool 2 "$(ask_tcp in60 $srv1 -b 100000)"
	# And gives all of it back.
	ts -D -f 1
	equal "$(flows)" 0 flows
}
