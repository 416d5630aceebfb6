# SPDX-License-Identifier: GPL-2.0-only
# tsipvsadm where its module is not, on every Node it supports, from anywhere.

# No module yet: the first cases load what they need.
suite_setup() {
	! grep -q '^ip_vs ' /proc/modules || unload_module || return 1
	make_topology_once
}

# There is nothing to clear before a module is loaded.
suite_reset() {
	! grep -q '^ip_vs ' /proc/modules || on gw ipvsadm -C
}

# Runs tsipvsadm in the gateway with modprobe finding no ip_vs.
without_modprobe() {
	on gw unshare -m bash -c '
		mount -t tmpfs none "/lib/modules/$(uname -r)/kernel/net/netfilter/ipvs"
		exec "$@"' bash "$@"
}

case_without_a_module_it_says_so_and_what_to_do() {
	local output
	output=$(without_modprobe "$tsipvsadm" -K -f 1 -F 192.168.40.0/24 -U 1.1.2.100 2>&1) && fail "it went well"
	matches "$output" "ip_vs|module"
	matches "$output" "build:module|load|modprobe|insmod"
}

case_the_stock_module_it_says_so_and_what_to_do() {
	local output
	modprobe ip_vs
	equal "$(ts -L -n | sed -n 1p)" "$(on gw ipvsadm -L -n | sed -n 1p)" "first line of -L"
	output=$(ts -K -f 1 -F 192.168.40.0/24 -U 1.1.2.100 2>&1) && fail "it went well"
	matches "$output" "stock|without|SNAT|ip_vs_fnat|IPVS_FNAT"
	matches "$output" "build:module|load|insmod"
	unload_module
}

case_the_lowest_and_the_highest_node_run_it() {
	local version saved
	load_module
	for version in 18 24; do
		equal "$("$PROJECT/build/node/$version/bin/node" -p 'process.versions.node.split(".")[0]')" $version
		with_node $version --version
		matches "$(with_node $version --help)" "--add-service"
		with_node $version -A -f 1 -s snat_sched
		with_node $version -K -f 1 -F 192.168.40.0/24 -U 1.1.2.100-1.1.2.110
		matches "$(with_node $version -L -n)" "192.168.40.0/24 "
		from_pool 2 "$(ask_udp in40 8.8.1.1)"
		matches "$(with_node $version -L -c -n)" "192.168.40.2:"
		saved=$(with_node $version -S -n)
		matches "$(with_node $version -R <<<"$saved" 2>&1 || :)" "already exists"
		with_node $version -C
	done
}

with_node() { # VERSION ARGUMENTS…
	local node=$PROJECT/build/node/$1/bin/node
	shift
	on gw "$node" "$tsipvsadm" "$@"
}

case_it_runs_from_any_directory() {
	(cd / && on gw "$tsipvsadm" -L -n)
	mkdir -p "$scratch/bin"
	ln -s "$tsipvsadm" "$scratch/bin/tsipvsadm"
	(cd "$scratch" && on gw env PATH="$scratch/bin:$PATH" tsipvsadm -L -n)
}

case_listings_are_those_of_C_ipvsadm() {
	local options
	on gw ipvsadm -R <<-END
		-A -t 1.1.2.2:80 -s wlc
		-a -t 1.1.2.2:80 -r 192.168.40.2:80 -m -w 5
		-a -t 1.1.2.2:80 -r 192.168.40.3:8080 -m -w 7
		-A -u 1.1.2.2:53 -s rr -p 300
		-A -t [2001:db8:2::2]:443 -s sh -b sh-fallback,sh-port
		-a -t [2001:db8:2::2]:443 -r [2001:db8:40::2]:443 -m
		-A -f 7 -s sh -b sh-port
		-A -f 8 -6 -s mh
	END
	equal "$(ts -S -n)" "$(on gw ipvsadm -S -n)" "what is saved"
	on gw ipvsadm -e -t 1.1.2.2:80 -r 192.168.40.3:8080 -m -w 7 -x 100 -y 50
	for options in "-L -n" "-L -n --stats" "-L -n --rate" "-L -n --thresholds" "-L -n --persistent-conn" \
		"-L -n --timeout" "-L -n --exact --stats" "-L -n -t 1.1.2.2:80" "-L -n -f 8 -6" "-L -c -n" "-L --daemon"; do
		equal "$(ts $options)" "$(on gw ipvsadm $options)" "output of $options"
	done
}

case_installed_modules_are_loaded_by_name() {
	on gw ipvsadm -C
	unload_module
	install_module
	# The scheduler is asked for by the kernel, by its name.
	modprobe ip_vs
	equal "$(modinfo -F filename ip_vs)" "/lib/modules/$RELEASE/updates/ip_vs.ko" "path of ip_vs"
	! grep -q ip_vs_snat_sched /proc/modules || fail "the scheduler is loaded already"
	snat "-F 192.168.40.0/24 -U 1.1.2.100-1.1.2.110"
	from_pool 2 "$(ask_udp in40 8.8.1.1)"
	grep -q ip_vs_snat_sched /proc/modules
}
