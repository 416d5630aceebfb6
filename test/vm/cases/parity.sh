# SPDX-License-Identifier: GPL-2.0-only
# The same command lines to C ipvsadm and to tsipvsadm; what is compared and
# which lines is in test/parity.

load_all() {
	local scheduler
	load_module
	for scheduler in rr wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh pe_sip; do
		modprobe "ip_vs_$scheduler"
	done
	# All there is, is loaded: the kernel need not look for unknown schedulers.
	echo >/proc/sys/kernel/modprobe
}

suite_setup() {
	modprobe dummy
	ip link add mc0 type dummy
	ip addr add 10.8.0.1/24 dev mc0
	ip link set mc0 up
	cat "$PROJECT/test/parity/hosts" >/etc/hosts
	sed -i 's/^hosts:.*/hosts: files/' /etc/nsswitch.conf
	mkdir -p /run/parity
}

suite_run() {
	compare_without_ipvs
	load_all
	# shellcheck disable=SC2086
	(cd /run/parity && "$tools/driver" node "$tools/parity.js" ${PARITY:-sample $([[ ${WHOLE-} ]] && echo 700 || echo 200)} 2>&1) | tee /run/parity.log
	add_counts parity /run/parity.log
	ipvsadm -C
	compare_counters
	compare_without_rights
	compare_save_and_restore
	ipvsadm -C
}

# same WHAT C OURS: counts as a test.
same() {
	if [[ $2 == "$3" ]]; then
		passed=$((passed + 1))
		echo "ok parity/$1"
	else
		failed=$((failed + 1))
		echo "not ok parity/$1"
		diff <(echo "$2") <(echo "$3") | sed 's/^/    /'
	fi
}

# What the program that is called by the first word says, under our name, and its exit status.
said() {
	local program=$1
	shift
	"${through[@]}" bash -c 'exec -a tsipvsadm "$@"' bash "$program" "$@" 2>&1
	echo "=> $?"
}

compare() { # ARGUMENTS…
	same "$* ${through[*]}" "$(said /sbin/ipvsadm "$@")" "$("${through[@]}" "$tsipvsadm" "$@" 2>&1; echo "=> $?")"
}

# Connections and counters that are not zero. Rates fade from one look to the next.
compare_counters() {
	local through=() columns i
	ip addr add 10.8.0.9/24 dev mc0
	ipvsadm -A -u 10.8.0.9:53 -s rr
	ipvsadm -a -u 10.8.0.9:53 -r 10.8.0.77:53 -m
	ipvsadm -a -u 10.8.0.9:53 -r 10.8.0.78:53 -m
	for i in 1 2 3; do
		echo packet >/dev/udp/10.8.0.9/53
	done
	(eventually 10 eval 'ipvsadm -Ln --stats | grep -E "^UDP .* 3 +3 " >/dev/null') 2>/dev/null
	for columns in -n "-n --stats" "-n --exact --stats" "-n --thresholds" "-n --persistent-conn"; do
		# shellcheck disable=SC2086
		compare -L $columns
	done
	ipvsadm -Z
	(eventually 10 eval 'ipvsadm -Ln --stats | grep -E "^UDP .*:53( +0){5}$" >/dev/null') 2>/dev/null
	compare -Ln --stats
	ip addr del 10.8.0.9/24 dev mc0
}

compare_without_rights() {
	local through=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	compare -Ln
	compare -Lcn
	compare -A -t 10.1.0.1:80
	compare -C
	compare -A
}

compare_save_and_restore() {
	local through=() saved
	ipvsadm -R <<-END
		-A -t 10.1.0.1:80 -s rr
		-a -t 10.1.0.1:80 -r 10.9.0.2 -m -w 3
		-A -f 7 -6 -s sh -b sh-port
	END
	same "tsipvsadm-save -n" "$(ipvsadm-save -n)" "$("$tsipvsadm-save" -n)"
	same "tsipvsadm-save" "$(ipvsadm-save)" "$("$tsipvsadm-save")"
	saved=$'# a table\n-A -u 10.1.0.2:53 -s wlc\n-a -u 10.1.0.2:53 -r 10.9.0.2:53 -m -w 1'
	"$tsipvsadm-restore" <<<"$saved"
	same "tsipvsadm-restore" "$(tail -n 2 <<<"$saved")" "$(ipvsadm -Sn)"
	ipvsadm -C
	ipvsadm -A -t 10.1.0.1:80
	ipvsadm-restore <<<"$saved"
	same "ipvsadm-restore" "$(tail -n 2 <<<"$saved")" "$(ipvsadm -Sn)"
}

# The first one: the module is not there yet, and nowhere to be found.
compare_without_ipvs() {
	local hidden=/lib/modules/$RELEASE/kernel/net/netfilter/ipvs through=() arguments ours
	mount -t tmpfs hidden "$hidden"
	for arguments in -Ln "" "-A -t 10.1.0.1:80" -R "-A" "-Ln --nonsense" "-A -t 10.1.0.1:0" word "-C -C" "-L -h"; do
		# shellcheck disable=SC2086
		ours=$("$tsipvsadm" $arguments 2>&1 </dev/null; echo "=> $?")
		# shellcheck disable=SC2086
		same "without IPVS: $arguments" "$(said /sbin/ipvsadm $arguments </dev/null)" "${ours/ Build the module*modprobe or insmod/}"
	done
	same "without IPVS: what to do" "$("$tsipvsadm" -Ln 2>&1 | grep -o 'npm run build:module')" "npm run build:module"
	same "without IPVS: help" "=> 0" "$("$tsipvsadm" -h >/dev/null 2>&1; echo "=> $?")"
	same "without IPVS: a line of an own verb" "-K adds a rule or a zone: -F PREFIX or --zone PREFIX is needed" "$("$tsipvsadm" -K -f 1 2>&1)"
	umount "$hidden"
}
