# SPDX-License-Identifier: GPL-2.0-only
# tsipvsadm module: what it tells, what it sets, and one ip_vs in the place of
# another. The guest's root is memory over this machine's: what is written
# there is written nowhere else.

# Modules come and go, and each look at them starts modinfo.
case_seconds=600

suite_setup() {
	make_topology
}

# No ip_vs is where each case begins.
suite_reset() {
	on gw ipvsadm -C
	on gw ipvsadm --stop-daemon master
	unload_module
	rm -f /etc/modprobe.d/tsipvsadm.conf /etc/sysctl.d/60-tsipvsadm.conf
}

module() {
	ts module "$@"
}

# has_line TEXT REGEX
has_line() {
	grep -Eq "$2" <<<"$1" || fail "no line like \"$2\" in \"$1\""
}

# loaded "stock", "ours" or "no ip_vs": what is.
loaded() {
	local is="no ip_vs"
	[[ ! -e /sys/module/ip_vs ]] || is=stock
	[[ ! -e /sys/module/ip_vs/version ]] || is=ours
	equal "$is" "$1" "what is loaded"
}

ours="tsipvsadm's ip_vs $(sed -n 's/.*"version": "\(.*\)".*/\1/p' "$PROJECT/package.json" | sed -n 1p)"

# What C ipvsadm and ipvsadm alone can hold, with all that -S does not show.
stock_table() {
	on gw ipvsadm -R <<-END
		-A -t 1.1.2.2:80 -s wlc -p 300
		-a -t 1.1.2.2:80 -r 192.168.40.2:80 -m -w 5
		-a -t 1.1.2.2:80 -r 192.168.40.3:8080 -m -w 7 -x 100 -y 50
		-A -u [2001:db8:2::2]:53 -s rr -o
		-A -f 7 -s sh -b sh-port
	END
	on gw ipvsadm --set 100 20 30
	on gw ipvsadm --start-daemon master --mcast-interface eth1 --syncid 5
	on gw sysctl -qw net.ipv4.vs.expire_nodest_conn=1 net.ipv4.vs.sync_threshold="4 60"
}

# Everything that a reload has to keep.
everything() {
	ts -S -n
	ts -L --timeout
	ts -L --daemon
	on gw sysctl net.ipv4.vs.expire_nodest_conn net.ipv4.vs.sync_threshold
}

case_status_tells_what_is_loaded_and_what_to_do() {
	local status
	status=$(module status)
	has_line "$status" '^loaded: +no ip_vs$'
	has_line "$status" '^next: +tsipvsadm module install$'
	! grep -q '^ip_vs ' /proc/modules || fail "to ask loaded it"
	modprobe ip_vs
	status=$(module status)
	has_line "$status" '^loaded: +the stock ip_vs$'
	has_line "$status" "^connection table: +$(conn_buckets gw) buckets, 0 connections"
	rmmod ip_vs
	load_module
	status=$(module status)
	has_line "$status" "^loaded: +$ours\$"
	has_line "$status" '^features: +snat, zones, fullnat'
	has_line "$status" '^flow table: +[0-9]+ buckets, 0 flows here, 0 of at most'
	module status --json | python3 -c '
import json, sys
m = json.load(sys.stdin)["module"]
assert m["state"] == "ours" and m["supported"] and m["running"], m
assert m["loaded"]["origin"] == "tsipvsadm" and m["file"]["origin"] == "stock", m
assert m["tables"]["connBuckets"] == int(sys.argv[1]) and "snat" in m["tables"]["features"], m' "$(conn_buckets gw)"
	has_line "$(setpriv --reuid 65534 --clear-groups "$tsipvsadm" module status)" "^loaded: +$ours\$"
	has_line "$(module status --kernel 5.10.0-1-amd64)" '^next: +kernel 5.10.0-1-amd64 has no patches; there are some for 6.1, 6.12, 7.2, 7.3$'
}

case_a_loaded_stock_module_is_replaced_and_nothing_is_lost() {
	local before
	modprobe ip_vs
	stock_table
	before=$(everything)
	module load --from "$modules" --conn-tab-bits 14
	loaded ours
	equal "$(everything)" "$before" "what there is after the change"
	equal "$(</sys/module/ip_vs/parameters/conn_tab_bits)" 14
	equal "$(listed_buckets gw)" "$(conn_buckets gw 14)" "buckets"
	# Now with all that is ours.
	ts -R <<-END
		-A -f 1 -s snat_sched
		-K -f 1 -F 192.168.40.0/24 -U 1.1.2.100-1.1.2.110 -O random
		-A -t 0.0.0.0:0 -s rr
		-K --zone 192.168.60.0/24
		-P --zone 192.168.60.0/24 -z 1.1.2.101-1.1.2.103
		-P -t 1.1.2.2:80 -z 10.0.0.1
		-a -t 1.1.2.2:80 -r 192.168.50.2:80 -b
	END
	on gw sysctl -qw net.ipv4.vs.fullnat_lport_min=6000
	before=$(everything)
	module reload --from "$modules"
	equal "$(everything)" "$before" "what there is after a reload"
	equal "$(on gw sysctl -n net.ipv4.vs.fullnat_lport_min)" 6000
	from_pool 2 "$(use_family 4 && ask_udp in40 8.8.1.1)"
	# The stock module has no room for that, and says so.
	refused 255 'is the stock ip_vs, which can.t hold .* and [0-9]+ more; .*nothing was changed' module reload
	equal "$(everything)" "$before" "what there is after the refusal"
	ts -C
	module reload
	loaded stock
	equal "$(ts -L --timeout)" "$(sed -n '/^Timeout/p' <<<"$before")" "timeouts"
	ts --stop-daemon master
	module unload
	loaded "no ip_vs"
}

# A module that the kernel refuses only when it is loaded: it is for one of another kind.
spoil() { # DIRECTORY
	cp "$modules"/ip_vs{,_snat_sched}.ko "$1/"
	python3 - "$1/ip_vs.ko" <<-'END'
		import re, sys
		data = bytearray(open(sys.argv[1], "rb").read())
		found = re.search(rb"\0vermagic=\S+ SMP ", data)
		assert found, "no vermagic"
		data[found.end() - 2] ^= 1
		open(sys.argv[1], "wb").write(data)
	END
}

case_the_old_module_is_back_where_the_new_one_fails() {
	local before
	modprobe ip_vs
	stock_table
	before=$(everything)
	mkdir -p "$scratch/spoilt"
	spoil "$scratch/spoilt"
	refused 255 'insmod .*; the old ip_vs is back, with its configuration' module load --from "$scratch/spoilt"
	loaded stock
	equal "$(everything)" "$before" "what there is after the failure"
	ts --stop-daemon master
	ts -C
	unload_module
	module load --from "$modules"
	snat "-F 192.168.40.0/24 -U 1.1.2.100-1.1.2.110"
	before=$(everything)
	refused 255 'the old ip_vs is back, with its configuration' module reload --from "$scratch/spoilt"
	loaded ours
	equal "$(everything)" "$before" "what there is after the failure"
}

case_who_holds_it_is_named() {
	local before
	modprobe ip_vs
	on gw ipvsadm -A -t 1.1.2.2:80 -s rr
	on srv1 ipvsadm -A -u 8.8.1.1:53 -s rr
	before=$(everything)
	refused 255 "it is held by 1 service in the network namespace .*; nothing was changed" module load --from "$modules"
	refused 255 'held by 1 services here, which -C deletes, 1 service in the network namespace' module unload
	on srv1 ipvsadm -C
	on gw iptables -t mangle -A POSTROUTING -m ipvs --vaddr 1.1.2.2 -j ACCEPT
	undo on gw iptables -t mangle -F
	refused 255 'held by xt_ipvs, by 1 iptables rules' module load --from "$modules"
	equal "$(everything)" "$before" "what there is after the refusals"
	loaded stock
	on gw iptables -t mangle -F
	module load --from "$modules"
	equal "$(everything)" "$before"
	refused 255 'is loaded already' module load --from "$modules"
}

case_what_cannot_be_loaded_is_refused_in_a_line() {
	refused 255 "modprobe would load the stock ip_vs, /lib/modules/.*module install" module load
	refused 255 "there is no module ./nowhere/ip_vs.ko" module load --from /nowhere
	refused 255 "no ip_vs is loaded" module unload
	refused 2 "conn_tab_bits=99.: conn_tab_bits is a number from 8 to 27" module load --from "$modules" --conn-tab-bits 99
	refused 255 "only root can" setpriv --reuid 65534 --clear-groups "$tsipvsadm" module load
	refused 255 "only root can" setpriv --reuid 65534 --clear-groups "$tsipvsadm" module set flow_max=1
	loaded "no ip_vs"
}

case_settings_are_kept_and_applied() {
	local sysctls=/etc/sysctl.d/60-tsipvsadm.conf options=/etc/modprobe.d/tsipvsadm.conf
	load_module
	module set fullnat_lport_min=7000 net.ipv4.vs.conntrack=1 flow_max=5000
	equal "$(on gw sysctl -n net.ipv4.vs.fullnat_lport_min net.ipv4.vs.conntrack | tr '\n' ' ')" "7000 1 "
	equal "$(</sys/module/ip_vs/parameters/flow_max)" 5000
	has_line "$(module set flow_tab_bits=10 2>&1)" '^flow_tab_bits: takes effect with the next "tsipvsadm module reload"'
	# A line and words of the user's own.
	printf '# mine\nnet.ipv4.conf.all.rp_filter = 2\n' >>$sysctls
	sed -i '1i # mine too\nsoftdep ip_vs pre: dummy' $options
	module set fullnat_lport_min=7001 conntrack=default sync_threshold="5 70" conn_tab_bits=13
	equal "$(on gw sysctl -n net.ipv4.vs.conntrack)" 0
	equal "$(grep -v '^# Written' $sysctls)" "net.ipv4.vs.fullnat_lport_min = 7001
# mine
net.ipv4.conf.all.rp_filter = 2
net.ipv4.vs.sync_threshold = 5 70"
	equal "$(grep -v '^# Written' $options)" "# mine too
softdep ip_vs pre: dummy
options ip_vs flow_max=5000
options ip_vs flow_tab_bits=10
options ip_vs conn_tab_bits=13"
	has_line "$(module show fullnat_lport_min)" '^fullnat_lport_min +7001 +5000 +7001 +port +sysctl +tsipvsadm'
	refused 2 'fullnat_lport_min=0.: fullnat_lport_min is a number from 1 to 65535' module set conntrack=1 fullnat_lport_min=0
	equal "$(on gw sysctl -n net.ipv4.vs.conntrack)" 0 "conntrack after the refusal"
	# A new module has what was set.
	unload_module
	cp "/lib/modules/$RELEASE"/modules.* "$scratch/"
	undo cp "$scratch"/modules.* "/lib/modules/$RELEASE/"
	undo rm -r "/lib/modules/$RELEASE/updates"
	undo umount "/lib/modules/$RELEASE/kernel"/{drivers,fs,sound}
	install_module
	module load
	loaded ours
	equal "$(</sys/module/ip_vs/parameters/flow_tab_bits)" 10
	equal "$(</sys/module/ip_vs/parameters/conn_tab_bits)" 13
	equal "$(listed_buckets gw)" "$(conn_buckets gw 13)" "buckets"
	equal "$(on gw sysctl -n net.ipv4.vs.fullnat_lport_min)" 7001
	has_line "$(module status)" "^modprobe loads: +$ours, /lib/modules/${RELEASE//+/.}/updates/ip_vs.ko"
	module unload
}

# A full or read-only disk: the files are as before, and nothing is left beside them.
case_settings_survive_a_disk_that_takes_no_more() {
	local file=/etc/sysctl.d/60-tsipvsadm.conf before
	load_module
	mount -t tmpfs -o size=8k small /etc/sysctl.d
	undo umount /etc/sysctl.d
	module set fullnat_lport_min=7000
	before=$(<$file)
	dd if=/dev/zero of=/etc/sysctl.d/fill bs=4k 2>/dev/null || :
	refused 255 "$file can't be written: the disk is full" module set fullnat_lport_min=7002
	equal "$(<$file)" "$before"
	equal "$(ls -A /etc/sysctl.d)" "60-tsipvsadm.conf
fill"
	equal "$(on gw sysctl -n net.ipv4.vs.fullnat_lport_min)" 7000 "the value after the failure"
	mount -o remount,ro /etc/sysctl.d
	refused 255 "$file can't be written: it is on a read-only file system" module set fullnat_lport_min=7002
	equal "$(on gw sysctl -n net.ipv4.vs.fullnat_lport_min)" 7000 "the value after the failure"
}

case_every_parameter_and_sysctl_is_shown() {
	local known
	load_module
	modprobe -a ip_vs_lblc ip_vs_lblcr ip_vs_ftp
	known=$(module show --json | python3 -c '
import json, sys
for s in json.load(sys.stdin)["settings"]:
    print(s["kind"], s["key"], "present" if "present" in s else "absent")')
	equal "$(sed -n 's/^sysctl \(.*\) present$/\1/p' <<<"$known" | sort)" "$(on gw ls /proc/sys/net/ipv4/vs | sort)" "sysctls shown"
	equal "$(sed -n 's/^parameter \(.*\) present$/\1/p' <<<"$known" | sed 's/^ip_vs_ftp\.//' | sort)" \
		"$(ls /sys/module/ip_vs/parameters /sys/module/ip_vs_ftp/parameters | grep -v ^/ | grep . | sort)" "parameters shown"
	# What is said to be the default is what the kernel has.
	equal "$(module show --json | on gw python3 -c '
import json, sys
for s in json.load(sys.stdin)["settings"]:
    if s["default"][0] in "-0123456789" and s.get("present", s["default"]) != s["default"]:
        print(s["key"], s["present"], s["default"])')" ""
}
