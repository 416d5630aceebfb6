# SPDX-License-Identifier: GPL-2.0-only
# The patched ip_vs.ko stands in for the distribution's: its modules load on
# it, and C ipvsadm works with it.

case_the_distribution_s_schedulers_load() {
	local scheduler
	for scheduler in rr wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh; do
		modprobe "ip_vs_$scheduler"
		grep -q "^ip_vs_$scheduler " /proc/modules || fail "ip_vs_$scheduler is not loaded"
	done
	equal "$(modinfo -F filename ip_vs_rr | sed 's/\.xz$//')" "/lib/modules/$RELEASE/kernel/net/netfilter/ipvs/ip_vs_rr.ko" "path of ip_vs_rr"
	modprobe ip_vs_ftp
	modprobe ip_vs_pe_sip
}

case_the_distribution_s_xt_ipvs_loads_and_matches() {
	modprobe xt_ipvs
	on gw ipvsadm -A -t 1.1.2.2:70 -s rr
	on gw ipvsadm -a -t 1.1.2.2:70 -r 192.168.40.2:7 -m
	on gw iptables -t mangle -A POSTROUTING -m ipvs --vaddr 1.1.2.2 --vport 70 -j ACCEPT
	background on in40 "$tools/peer" serve 7
	eventually 5 on in40 "$tools/peer" udp 127.0.0.1 7
	equal "$(on srv1 "$tools/peer" tcp -p 4444 1.1.2.2 70)" "8.8.1.1 4444"
	matches "$(on gw iptables -t mangle -vnxL POSTROUTING)" "^.* [1-9][0-9]* +[0-9]+ ACCEPT .*vaddr 1.1.2.2"
	on gw iptables -t mangle -F
}

case_C_ipvsadm_lists_saves_and_restores() {
	local saved
	on gw ipvsadm -R <<-END
		-A -t 1.1.2.2:80 -s wlc
		-a -t 1.1.2.2:80 -r 192.168.40.2:80 -m -w 5
		-a -t 1.1.2.2:80 -r 192.168.40.3:80 -m -w 7
		-A -u 1.1.2.2:53 -s rr -p 300
		-A -f 7 -s sh -b sh-port
		-A -f 8 -6 -s mh
		-a -f 8 -6 -r [2001:db8:40::2]:0 -g -w 1
	END
	saved=$(on gw ipvsadm -Sn)
	equal "$(wc -l <<<"$saved")" 7 "lines saved"
	on gw ipvsadm -C
	equal "$(on gw ipvsadm -Sn)" ""
	on gw ipvsadm -R <<<"$saved"
	equal "$(on gw ipvsadm -Sn)" "$saved"
	matches "$(on gw ipvsadm -Ln)" "192.168.40.3:80 +Masq +7 "
	on gw ipvsadm -e -t 1.1.2.2:80 -r 192.168.40.3:80 -m -w 0
	matches "$(on gw ipvsadm -Ln)" "192.168.40.3:80 +Masq +0 "
	on gw ipvsadm -d -t 1.1.2.2:80 -r 192.168.40.3:80
	on gw ipvsadm --set 100 20 30
	matches "$(on gw ipvsadm -L --timeout)" "100 20 30"
	on gw ipvsadm --set 900 120 300
}

# Not the real server of the case before: IPVS finds it in its trash and zeroes
# it by what was summed up so far, so that a late sum would count here.
case_a_masqueraded_connection_is_listed_as_ever() {
	on gw ipvsadm -A -t 1.1.2.2:70 -s rr
	on gw ipvsadm -a -t 1.1.2.2:70 -r 192.168.40.3:7 -m
	background on in41 "$tools/peer" serve 7
	eventually 5 on in41 "$tools/peer" udp 127.0.0.1 7
	equal "$(on srv1 "$tools/peer" tcp -p 4445 -b 200000 1.1.2.2 70)" "8.8.1.1 4445"
	matches "$(on gw ipvsadm -Lcn)" "TCP +[0-9:]+ +[A-Z_]+ +8.8.1.1:4445 +1.1.2.2:70 +192.168.40.3:7"
	matches "$(on gw cat /proc/net/ip_vs_conn)" "TCP 08080101 115D 01010202 0046 C0A82803 0007 "
	eventually 10 counted "192.168.40.3:7 +1 "
}

# Counters are summed up every two seconds.
counted() {
	on gw ipvsadm -Ln --stats | grep -E "$1"
}
