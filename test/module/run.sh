#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tsipvsadm module build, install, uninstall and patch, run on this machine in a root
# of their own: this root under a layer of memory, without a network. Nothing of it
# stays. The last line is "N passed, N failed".
#   run.sh [PATTERN]   only cases that match
set -uo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/common.sh"

# Everything below runs in the layered root.
. "$root/test/helpers/layered-root.sh"
enter_layered_root module-test "$root/test/module/run.sh" "$@"

pattern=${1-}
passed=0 failed=0
scratch=/var/tmp/module-test
releases=() lines=()
for line in $(kernel_lines); do
	lines+=("$line")
	releases+=("$(guest_kernel "$line")")
done
release=${releases[0]}
headers=$(readlink -f "/lib/modules/$release/build")
source=/usr/src/linux-source-${lines[0]}.tar.xz

fail() {
	echo "FAILED: $*"
	exit 1
}

module() {
	"$root/bin/tsipvsadm" module "$@"
}

# refused REGEX COMMAND…: exits with 255, and the last line says so.
refused() {
	local regex=$1 status=0 output
	shift
	output=$("$@" 2>&1 >/dev/null) || status=$?
	[[ $status == 255 ]] || fail "exit status $status of $*: $output"
	[[ $(tail -n 1 <<<"$output") =~ $regex ]] || fail "\"$(tail -n 1 <<<"$output")\" is not like \"$regex\""
}

# Everywhere that an installation leaves something.
traces() {
	# dkms makes itself a key to sign with.
	ls -A /usr/src /var/lib/dkms /etc/modules-load.d /var/tmp 2>/dev/null | grep -v '^mok'
	for release in "${releases[@]}"; do
		ls -A "/lib/modules/$release/updates" 2>/dev/null
		modinfo -k "$release" -F filename ip_vs
	done
}

# A kernel tree of the one directory that is patched.
small_tree() { # DIRECTORY
	mkdir -p "$1"
	tar -C "$1" --strip-components=1 --wildcards --no-wildcards-match-slash -xJf "$source" '*/net/netfilter/ipvs' '*/Makefile'
}

case_what_there_is_nothing_to_build_from_is_refused() {
	refused '^there are no patches for kernel 5[.]10 .release 5[.]10[.]0-1-amd64.; there are some for 6[.]1, 6[.]12, 7[.]2, 7[.]3$' module build --kernel 5.10.0-1-amd64
	refused '^the headers of kernel 6[.]1[.]0-1-amd64 are not there: install linux-headers-6[.]1[.]0-1-amd64$' module build --kernel 6.1.0-1-amd64 --out out
	refused "^there is no kernel source .nowhere'\$" module build --kernel "$release" --source nowhere --out out
	cp "$source" kept.tar.xz
	cp /var/lib/dpkg/status status
	dpkg --force-depends -r "linux-source-${lines[0]}" >/dev/null 2>&1
	rm -f "/var/cache/apt/archives/linux-source-${lines[0]}"*
	refused "^there is no source of kernel ${lines[0]}: install linux-source-${lines[0]}, or name a tree\$" module build --kernel "$release" --out out
	# There is no network to fetch it by.
	refused "^linux-source-${lines[0]}(=[^ ]+)? can't be installed by apt-get: E: " module install --kernel "$release"
	mv kept.tar.xz "$source"
	cp status /var/lib/dpkg/status
	[[ -z $(ls -A out) ]] || fail "something is in out"
}

case_a_source_that_is_not_whole_is_refused() {
	head -c 30000000 "$full_sources/${source##*/}" >cut.tar.xz
	refused "^.*cut.tar.xz can't be unpacked: " module build --kernel "$release" --source cut.tar.xz --out out
	small_tree tree
	rm tree/net/netfilter/ipvs/ip_vs_sync.c
	refused "is not whole: net/netfilter/ipvs/ip_vs_sync.c is not there" module build --kernel "$release" --source tree --out out
	rm -r tree/net
	refused 'is not a kernel source tree: it has no net/netfilter/ipvs' module build --kernel "$release" --source tree --out out
	refused 'is the source of kernel 6[.]12, and 6[.]1.* needs that of 6[.]1$' module build --kernel "$release" --source /usr/src/linux-source-6.12.tar.xz --out out
}

case_patches_and_compiler_errors_are_told_by_the_first() {
	small_tree tree
	sed -i 's/register_pernet_subsys(&ipvs_core_ops)/register_pernet_other(\&ipvs_core_ops)/' tree/net/netfilter/ipvs/ip_vs_core.c
	refused '^patches/0001-.*[.]patch does not apply to .*: ' module build --kernel "$release" --source tree --out out
	rm -r tree
	small_tree tree
	# Where a hunk finds its context elsewhere, nobody says so but us: a decoy, and the function itself another.
	sed -i '/^static int ip_vs_genl_set_cmd(/,/^}/s/ret = ip_vs_flush(ipvs, false);/ret = ip_vs_flush(ipvs, 0);/
		/^static int ip_vs_genl_get_cmd(/,/^}/s|^\treturn ret;|#if 0\n\tif (1) {\n\t\tret = ip_vs_flush(ipvs, false);\n\t\tgoto out;\n\t}\n#endif\n&|' tree/net/netfilter/ipvs/ip_vs_ctl.c
	refused 'a patch went astray in .*: ip_vs_fnat_flush stands 1 times in ip_vs_genl_get_cmd.. of ip_vs_ctl[.]c, not 0$' module build --kernel "$release" --source tree --out out
	rm -r tree
	small_tree tree
	sed -i 's/^static int ip_vs_zero_service(/static int ip_vs_zero_something(/' tree/net/netfilter/ipvs/ip_vs_ctl.c
	refused 'a patch went astray in .*: ip_vs_fnat_zero_service stands 1 times in ip_vs_zero_something.. of ip_vs_ctl[.]c, not 0$' module build --kernel "$release" --source tree --out out
	rm -r tree
	small_tree tree
	sed -i '1i int first = "wrong;' tree/net/netfilter/ipvs/ip_vs_app.c
	refused '^ip_vs does not build for .*: ip_vs_app[.]c:1:.* error: ' module build --kernel "$release" --source tree --out out
	mkdir bin
	printf '#!/bin/sh\necho 10.2.1\n' >bin/gcc-12
	chmod 755 bin/gcc-12
	refused '^kernel .* was built by gcc 12, and .* is gcc 10[.]2[.]1: install gcc-12$' env PATH="$PWD/bin:$PATH" "$root/bin/tsipvsadm" module build --kernel "$release" --out out
	[[ -z $(ls -A out) ]] || fail "something is in out"
}

case_a_kernel_that_is_not_tested_is_tried() {
	local new=6.9.0-1-amd64
	small_tree tree
	sed -i 's/^PATCHLEVEL = .*/PATCHLEVEL = 9/' tree/Makefile
	ln -s "/lib/modules/$release/source/include" tree/include
	bash "$root/kernel/dkms/prepare.sh" $new tree out/ipvs || fail "it is refused"
	[[ -e out/ipvs/ip_vs_fnat_probes.h ]] || fail "nothing is there to build"
	rm -r out/ipvs
	refused "the headers of kernel $new are not there: install linux-headers-$new" module build --kernel $new --source tree --out out
	refused "^kernel 6[.]9 is not tested, and dkms builds for .* only; \"tsipvsadm module build --kernel $new --out DIRECTORY\" tries it\$" module install --kernel $new
	module status --kernel $new >log || fail "$(<log)"
	grep -qx "kernel: *$new (not running), untested" log || fail "$(<log)"
}

# IPVS changes within a line: headers of before, and a source of another version.
case_a_kernel_older_than_the_patches_or_its_source_is_told() {
	local common=/lib/modules/$release/source/include/net
	sed 's/IP_VS_DEST_CF_AVAILABLE/SOMETHING/' "$common/ip_vs.h" >old.h
	mount --bind old.h "$common/ip_vs.h"
	refused "^the IPVS of kernel $release is older than the patches are for: upgrade to the latest kernel ${lines[0]}, and boot it\$" \
		module build --kernel "$release" --out out
	umount "$common/ip_vs.h"
	cp /var/lib/dpkg/status status
	sed -i "/^Package: linux-source-${lines[0]}\$/,/^\$/s/^Version: .*/Version: ${lines[0]}.1-1/" /var/lib/dpkg/status
	cp -p "$root/kernel/ip_vs_fnat.h" header
	sed -i 's/^#define _IP_VS_FNAT_H/&\nint wrong = ";/' "$root/kernel/ip_vs_fnat.h"
	refused "^ip_vs does not build .*; the kernel is ${lines[0]}[^ ]*, and linux-source-${lines[0]} is ${lines[0]}[.]1-1: install linux-source-${lines[0]}=" \
		module build --kernel "$release" --out out
	mv header "$root/kernel/ip_vs_fnat.h"
	cp status /var/lib/dpkg/status
	[[ -z $(ls -A out) ]] || fail "something is in out"
}

case_a_full_disk_leaves_nothing() {
	mkdir small
	mount -t tmpfs -o size=300k small small
	refused 'the disk is full' env TMPDIR="$PWD/small" "$root/bin/tsipvsadm" module build --kernel "$release" --out out
	[[ -z $(find small out -mindepth 1) ]] || fail "something is left: $(find small out)"
	umount small
}

case_a_build_under_way_is_waited_for_by_nobody() {
	exec 9>/run/lock/tsipvsadm-build.lock
	flock 9
	refused '^another build is under way: wait for it to end$' module build --kernel "$release" --out out 9>&-
	refused '^another build is under way: wait for it to end$' module install --kernel "$release" 9>&-
	exec 9>&-
}

case_a_read_only_lib_is_told_before_anything_is_built() {
	local before
	before=$(traces)
	mount --bind /lib/modules/"$release" /lib/modules/"$release"
	mount -o remount,ro,bind /lib/modules/"$release"
	refused "^/lib/modules/$release can't be written: it is read-only, or the disk is full\$" module install --kernel "$release"
	umount /lib/modules/"$release"
	[[ $(traces) == "$before" ]] || fail "something is left"
}

# Ended in the middle of compiling, by a signal to the program alone.
case_an_interrupted_installation_leaves_nothing() {
	local before process status=0
	before=$(traces)
	"$root/bin/tsipvsadm" module install --kernel "$release" >log 2>&1 &
	process=$!
	for ((i = 0; i < 600; i++)); do
		compgen -G '/var/lib/dkms/tsipvsadm/*/build/ipvs/*.o' >/dev/null && break
		kill -0 "$process" || fail "it ended by itself: $(<log)"
		read -rt 0.1 -u "$nothing" _ || :
	done
	kill -TERM "$process"
	wait "$process" || status=$?
	[[ $status == 255 && $(tail -n 1 log) == "interrupted by SIGTERM: nothing was installed" ]] || fail "status $status: $(<log)"
	[[ $(traces) == "$before" ]] || fail "something is left: $(diff <(echo "$before") <(traces))"
	! pgrep -f 'dkms build|kernel/dkms' || fail "something goes on"
}

case_dkms_builds_for_this_kernel_and_the_next_and_leaves_without_a_trace() {
	local before one path
	before=$(traces)
	module install --kernel "$release" 2>log || fail "install for $release: $(<log)"
	grep -qx "building by dkms" log || fail "no step is named: $(<log)"
	! grep -q $'\r' log || fail "a log is no terminal"
	for one in "${releases[@]}"; do
		# As a later kernel's package does when it is installed.
		[[ $one == "$release" ]] || dkms autoinstall -k "$one" >log 2>&1 || fail "autoinstall for $one: $(tail -n 5 log)"
		path=$(modinfo -k "$one" -F filename ip_vs)
		[[ $path == /lib/modules/$one/updates/dkms/ip_vs.ko* ]] || fail "modprobe prefers $path"
		[[ $(modinfo -F version "$path") == "$(sed -n 's/.*"version": "\(.*\)".*/\1/p' "$root/package.json" | sed -n 1p)" ]] || fail "$path is not ours"
		[[ $(modprobe -S "$one" --show-depends ip_vs_snat_sched) == *updates/dkms/ip_vs_snat_sched.ko* ]] || fail "the scheduler is not found"
		module status --kernel "$one" | grep "^modprobe loads: *tsipvsadm's ip_vs" >/dev/null || fail "$(module status --kernel "$one")"
		module status --kernel "$one" | grep "^dkms: .*for $one installed" >/dev/null || fail "$(module status --kernel "$one")"
	done
	grep -qx ip_vs_snat_sched /etc/modules-load.d/tsipvsadm.conf || fail "it is not loaded at boot"
	module install --kernel "$release" 2>log || fail "$(<log)"
	grep -q 'is installed for .* already' log || fail "$(<log)"
	# What does not build leaves what is installed.
	cp -p "$root/kernel/ip_vs_fnat.h" header
	sed -i 's/^#define _IP_VS_FNAT_H/&\nint wrong = ";/' "$root/kernel/ip_vs_fnat.h"
	refused 'does not build for' module install --kernel "$release"
	mv header "$root/kernel/ip_vs_fnat.h"
	modinfo -k "$release" -F filename ip_vs | grep updates/dkms >/dev/null || fail "what was installed is gone"
	module uninstall 2>log || fail "$(<log)"
	[[ $(traces) == "$before" ]] || fail "something is left: $(diff <(echo "$before") <(traces))"
	module uninstall 2>&1 | grep -x "there was nothing to remove" >/dev/null || fail "a second uninstall"
}

# A tree of the one directory is patched as a whole one is.
case_a_tree_is_patched_once() {
	local i line tree=small
	for i in "${!lines[@]}"; do
		line=${lines[i]}
		rm -rf "$tree"
		mkdir -p "$tree"
		tar -C "$tree" --strip-components=1 -xf "/usr/src/linux-source-$line.tar.xz"
		ln -s "/lib/modules/${releases[i]}/source/include" "$tree/include"
		touch "$tree/Kconfig"
		module patch "$PWD/$tree" 2>log || fail "$(<log)"
		grep -q '^config IP_VS_SNAT_SCHED$' "$tree/net/netfilter/ipvs/Kconfig" || fail "the scheduler is not in the configuration"
		diff <(cd "$root/kernel" && ls *.[ch]) <(cd "$tree/net/netfilter/ipvs" && ls ip_vs_{fnat,snat}*.[ch] | grep -v probes) || fail "not all our files are there"
		grep -q "^#define IP_VS_FNAT_HAS_SYSCTL_SZ$" "$tree/net/netfilter/ipvs/ip_vs_fnat_probes.h" || [[ $line == 6.1 ]] || fail "what the tree has was not looked for"
		refused "$tree has the patches already\$" module patch "$PWD/$tree"
	done
	rm "$tree/Kconfig"
	refused '^"/var/tmp/module-test/small" is not a full kernel source tree' module patch small
}

# With the tree's own Kconfig and Makefile, for the kernel as a program: that needs
# the fewest tools. What no configuration here compiles stays packed.
whole_case_a_patched_tree_builds_by_its_own_makefile() {
	local line tree
	for line in "${lines[@]}"; do
		tree=/mnt/$line
		rm -rf "$tree"
		mkdir "$tree"
		tar -C "$tree" --strip-components=1 --exclude='*/drivers/*.[ch]' --exclude='*/sound/*.[ch]' --exclude='*/Documentation/*/*' \
			--exclude='*/tools/testing' --exclude='*/fs/*.c' -I 'xz -T0' -xf "$full_sources/linux-source-$line.tar.xz"
		module patch "$tree" 2>log || fail "$(<log)"
		refused "$tree has the patches already\$" module patch "$tree"
		(
			cd "$tree"
			export ARCH=um SUBARCH=x86_64
			make allnoconfig
			printf 'CONFIG_%s\n' 64BIT=y MODULES=y NET=y INET=y IPV6=y NETFILTER=y NETFILTER_ADVANCED=y NF_CONNTRACK=y \
				IP_VS=m IP_VS_IPV6=y IP_VS_PROTO_TCP=y IP_VS_PROTO_UDP=y IP_VS_NFCT=y IP_VS_RR=m >>.config
			make olddefconfig
			make -j"$(nproc)" modules_prepare
			make -j"$(nproc)" net/netfilter/ipvs/
		) >log 2>&1 || fail "it does not build: $(grep -m 3 -iE 'error|\*\*\*' log)"
		grep -qx CONFIG_IP_VS_SNAT_SCHED=m "$tree/.config" || fail "the scheduler is not in the configuration"
		[[ -e $tree/net/netfilter/ipvs/ip_vs_snat_sched.o ]] || fail "the scheduler is not built"
		nm "$tree/net/netfilter/ipvs/ip_vs.o" | grep ' T ip_vs_fnat_init$' >/dev/null || fail "ip_vs is without source NAT"
		rm -rf "$tree"
	done
}

exec {nothing}<> <(:)
traced=$(traces)
run_cases module out
rm -rf "$scratch"
[[ $(traces) == "$traced" ]] || echo "left behind: $(diff <(echo "$traced") <(traces))"
echo "$passed passed, $failed failed"
((failed == 0))
