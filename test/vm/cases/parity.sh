# SPDX-License-Identifier: GPL-2.0-only
# The same command lines to C ipvsadm and to tsipvsadm; what is compared and
# which lines is in test/parity.

suite_setup() {
	local scheduler
	load_module
	for scheduler in rr wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh pe_sip; do
		modprobe "ip_vs_$scheduler"
	done
	# All there is, is loaded: the kernel need not look for unknown schedulers.
	echo >/proc/sys/kernel/modprobe
	modprobe dummy
	ip link add mc0 type dummy
	ip addr add 10.8.0.1/24 dev mc0
	ip link set mc0 up
	cat "$PROJECT/test/parity/hosts" >/etc/hosts
	sed -i 's/^hosts:.*/hosts: files/' /etc/nsswitch.conf
	mkdir -p /run/parity
}

suite_run() {
	(cd /run/parity && "$tools/driver" node "$tools/parity.js" ${PARITY:-sample} 2>&1) | tee /run/parity.log
	add_counts parity /run/parity.log
}
