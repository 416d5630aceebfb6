#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# install.sh and the Debian package on this machine, in a root of their own: what they
# leave there, what they refuse, and that nothing is left when they are gone. A host that
# boots is the business of test/host. The last line is "N passed, N failed".
#   run.sh [PATTERN]   only cases that match
set -uo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/common.sh"
if [[ -z ${IN_ROOT-} ]]; then
	# There is no network to fetch it by inside.
	need_packages lintian
	bash "$root/scripts/build.sh" >/dev/null || exit
fi
. "$root/test/helpers/layered-root.sh"
enter_layered_root install-test "$root/test/install/run.sh" "$@"

pattern=${1-}
passed=0 failed=0
scratch=/var/tmp/install-test
releases=()
for line in $(kernel_lines); do
	releases+=("$(guest_kernel "$line")")
done
release=${releases[0]}
version=$(sed -n 's/.*"version": "\(.*\)".*/\1/p' "$root/package.json" | sed -n 1p)

fail() {
	echo "FAILED: $*"
	exit 1
}

# refused REGEX COMMAND…: ends with a status, and with a line that says why.
refused() {
	local regex=$1 status=0 output
	shift
	output=$("$@" 2>&1 >/dev/null) || status=$?
	[[ $status != 0 ]] || fail "no refusal of $*"
	[[ $(tail -n 1 <<<"$output") =~ $regex ]] || fail "\"$(tail -n 1 <<<"$output")\" is not like \"$regex\""
}

# All that an installation might touch, but for what tools keep for themselves.
traces() {
	find /usr /etc /lib/systemd /var/lib /opt /run -xdev ! -path "$root/*" ! -path '/var/lib/dpkg/*' ! -path '/var/lib/dkms/mok.*' \
		! -path '/usr/lib/modules/*/modules.*' ! -path '/run/lock*' ! -path '/run/mount*' ! -path '/run/systemd*' ! -path '/var/lib/apt/*' ! -path '*/__pycache__*' \
		! -path '/usr/src/linux-*' ! -path '/usr/share/doc/*' ! -path '/var/lib/systemd/deb-systemd-helper*' | sort
	local one
	for one in "${releases[@]}"; do modinfo -k "$one" -F filename ip_vs; done
}

is_installed() { # PREFIX UNITS
	local tool
	for tool in tsipvsadm tsipvsadm-save tsipvsadm-restore; do
		[[ -x $1/sbin/$tool ]] || fail "there is no $1/sbin/$tool"
	done
	[[ $("$1/sbin/tsipvsadm" --version) == *"$version"* ]] || fail "$1/sbin/tsipvsadm does not run"
	[[ -s $1/lib/tsipvsadm/dist/cache/$(node -p 'process.version + "-" + process.arch') ]] || fail "there is no compiled code"
	[[ $(gzip -dc "$1/share/man/man8/tsipvsadm-save.8.gz" | sed -n 1p) == *SPDX* ]] || fail "the man page"
	bash -c '. "$1" && complete -p tsipvsadm' bash "$1/share/bash-completion/completions/tsipvsadm" >/dev/null || fail "completion"
	[[ $(systemctl is-enabled tsipvsadm.service) == enabled ]] || fail "the service is not enabled"
	! grep -r '@' "$2"/tsipvsadm*.service | grep -v '@system-service' || fail "paths are not filled in"
	SYSTEMD_UNIT_PATH=$2:/lib/systemd/system systemd-analyze verify "$2"/tsipvsadm{,-save,-handover}.service 2>verified || fail "$(<verified)"
	[[ ! -s verified ]] || fail "$(<verified)"
	grep -qx ip_vs_snat_sched /etc/modules-load.d/tsipvsadm.conf || fail "the module is not loaded at boot"
}

module_is_ours() { # RELEASE
	[[ $(modinfo -k "$1" -F filename ip_vs) == /lib/modules/$1/updates/dkms/ip_vs.ko* ]] || fail "the module for $1 is not installed"
}

settings() {
	echo "-A -t 10.0.0.1:80 -s rr" >/etc/tsipvsadm.rules
	mkdir -p /etc/modprobe.d /etc/sysctl.d
	echo "options ip_vs flow_max=1000" >/etc/modprobe.d/tsipvsadm.conf
	echo "net.ipv4.vs.snat_pass_unmatched = 1" >/etc/sysctl.d/60-tsipvsadm.conf
}

case_what_install_sh_can_not_do_is_told_in_a_line() {
	local before
	before=$(traces)
	refused '^install.sh: unknown argument "--prefix"; there are ' "$root/install.sh" --prefix /opt
	refused '^install.sh: --kernel needs a RELEASE' "$root/install.sh" --kernel
	refused '^install.sh: there are no patches for kernel "5[.]10[.]0-1-amd64"; there are some for 6[.]1 6[.]12 7[.]2 7[.]3$' "$root/install.sh" --kernel 5.10.0-1-amd64
	refused '^install.sh: there are no patches for kernel "x"' "$root/install.sh" --kernel x
	refused '^install.sh: .* is not there, so install.sh installed nothing here$' "$root/install.sh" --uninstall
	# A tree that others may read, as a user's own is.
	mkdir other && chmod 755 . other && cp -r "$root"/{install.sh,packaging} other/
	refused '^install.sh: only root can do this: sudo ./install.sh$' setpriv --reuid 65534 --clear-groups "$PWD/other/install.sh"
	(
		flock 9
		refused '^install.sh: another install.sh is under way' "$root/install.sh"
	) 9>/run/lock/tsipvsadm-install.lock
	[[ $("$root/install.sh" --help) == *--uninstall* ]] || fail "no help"
	[[ $(traces) == "$before" ]] || fail "something is left: $(diff <(echo "$before") <(traces))"
}

case_a_node_that_is_too_old_is_not_taken() {
	local before node=/usr/bin/node
	before=$(traces)
	mv "$node" kept
	printf '#!/bin/sh\nexit 1\n' >"$node"
	chmod 755 "$node"
	printf '#!/bin/sh\necho "E: Unable to fetch some archives" >&2\nexit 100\n' >apt-get
	chmod 755 apt-get
	mount --bind apt-get /usr/bin/apt-get
	refused '^install.sh: nodejs can.t be installed by apt-get: E: Unable to fetch some archives$' "$root/install.sh" --kernel "$release"
	printf '#!/bin/sh\nexit 0\n' >apt-get
	refused '^install.sh: the package nodejs here is older than Node 18' "$root/install.sh" --kernel "$release"
	umount /usr/bin/apt-get
	mv kept "$node"
	[[ $(traces) == "$before" ]] || fail "something is left: $(diff <(echo "$before") <(traces))"
}

case_a_full_disk_leaves_nothing() {
	local before
	before=$(traces)
	mkdir -p small
	mount -t tmpfs -o size=400k small /usr/local/lib
	mount -t tmpfs -o size=400k small /usr/local
	refused '^install.sh: /usr/local can.t be written: the disk is full$' "$root/install.sh" --kernel "$release"
	[[ -z $(find /usr/local -mindepth 1) ]] || fail "left: $(find /usr/local)"
	umount /usr/local
	umount /usr/local/lib
	[[ $(traces) == "$before" ]] || fail "something is left: $(diff <(echo "$before") <(traces))"
}

case_a_module_that_does_not_build_leaves_nothing() {
	local before
	before=$(traces)
	cp -p "$root/kernel/ip_vs_fnat.h" header
	sed -i 's/^#define _IP_VS_FNAT_H/&\nint wrong = ";/' "$root/kernel/ip_vs_fnat.h"
	refused '^install.sh: the module could not be installed, so nothing else was$' "$root/install.sh" --kernel "$release"
	mv header "$root/kernel/ip_vs_fnat.h"
	[[ $(traces) == "$before" ]] || fail "something is left: $(diff <(echo "$before") <(traces))"
}

case_install_sh_installs_and_takes_away() {
	local before after
	before=$(traces)
	"$root/install.sh" --kernel "$release" >log 2>&1 || fail "$(<log)"
	is_installed /usr/local /usr/local/lib/systemd/system
	module_is_ours "$release"
	after=$(traces)
	# Again, over a file that an earlier version had.
	touch /usr/local/share/man/man8/tsipvsadm-old.8
	sed -i '1i /usr/local/share/man/man8/tsipvsadm-old.8' /usr/local/lib/tsipvsadm/installed
	"$root/install.sh" --kernel "$release" >log 2>&1 || fail "$(<log)"
	[[ $(traces) == "$after" ]] || fail "the second time: $(diff <(echo "$after") <(traces))"
	settings
	"$root/install.sh" --uninstall >log 2>&1 || fail "$(<log)"
	grep -qx 'kept /etc/tsipvsadm.rules; --purge deletes it' log || fail "$(<log)"
	rm /etc/tsipvsadm.rules /etc/modprobe.d/tsipvsadm.conf /etc/sysctl.d/60-tsipvsadm.conf
	[[ $(traces) == "$before" ]] || fail "something is left: $(diff <(echo "$before") <(traces))"
}

# It has what install.sh needs, and nothing that has to be built; what owns the tree
# does not matter.
case_the_archive_is_enough_for_install_sh() {
	local before
	before=$(traces)
	bash "$root/scripts/package-tar.sh" >/dev/null || fail "no archive"
	sha256sum "$root/build/tsipvsadm-$version.tar.gz" >sum
	bash "$root/scripts/package-tar.sh" >/dev/null
	sha256sum --status -c sum || fail "the second archive differs"
	tar -xzf "$root/build/tsipvsadm-$version.tar.gz"
	printf '#!/bin/sh\necho "npm was asked" >&2\nexit 1\n' >/usr/local/bin/npm
	chmod 755 /usr/local/bin/npm
	"./tsipvsadm-$version/install.sh" --kernel "$release" >log 2>&1 || fail "$(<log)"
	rm -r "tsipvsadm-$version" /usr/local/bin/npm
	is_installed /usr/local /usr/local/lib/systemd/system
	settings
	# The package says so, and install.sh, once the other is there.
	bash "$root/scripts/package-deb.sh" >/dev/null || fail "no package"
	! dpkg -i "$root"/build/tsipvsadm_*.deb >log 2>&1 || fail "the package is installed besides"
	grep -q 'tsipvsadm: install.sh installed it below /usr/local' log || fail "$(<log)"
	"$root/install.sh" --purge >log 2>&1 || fail "$(<log)"
	[[ $(traces) == "$before" ]] || fail "something is left: $(diff <(echo "$before") <(traces))"
}

case_the_package_is_the_same_each_time_and_without_an_error() {
	bash "$root/scripts/package-deb.sh" --lint >lint || fail "$(<lint)"
	grep -qE '^[EW]: ' lint && fail "$(<lint)"
	sha256sum "$root"/build/tsipvsadm_*.deb >sum
	bash "$root/scripts/package-deb.sh" >/dev/null
	sha256sum --status -c sum || fail "the second package differs"
}

case_the_package_installs_and_is_purged() {
	local before one
	before=$(traces)
	bash "$root/scripts/package-deb.sh" >/dev/null || fail "no package"
	dpkg -i "$root"/build/tsipvsadm_*.deb >log 2>&1 || fail "$(<log)"
	is_installed /usr /usr/lib/systemd/system
	for one in "${releases[@]}"; do
		module_is_ours "$one"
	done
	refused '^install.sh: the package tsipvsadm is installed' "$root/install.sh"
	# Node is another one: its compiled code is made anew.
	rm -r /usr/lib/tsipvsadm/dist/cache
	dpkg-trigger --no-await /usr/bin/node && dpkg --triggers-only tsipvsadm >log 2>&1 || fail "$(<log)"
	[[ -d /usr/lib/tsipvsadm/dist/cache ]] || fail "no trigger"
	dpkg -i "$root"/build/tsipvsadm_*.deb >log 2>&1 || fail "the same again: $(<log)"
	module_is_ours "$release"
	[[ -z $(dpkg -V tsipvsadm) ]] || fail "$(dpkg -V tsipvsadm)"
	settings
	dpkg -r tsipvsadm >log 2>&1 || fail "$(<log)"
	[[ -e /etc/tsipvsadm.rules && ! -e /usr/lib/tsipvsadm ]] || fail "$(ls /etc/tsipvsadm.rules /usr/lib/tsipvsadm)"
	[[ $(modinfo -k "$release" -F filename ip_vs) == /lib/modules/$release/kernel/* ]] || fail "the module is still there"
	dpkg -P tsipvsadm >log 2>&1 || fail "$(<log)"
	[[ $(traces) == "$before" ]] || fail "something is left: $(diff <(echo "$before") <(traces))"
}

# A kernel without headers is no reason for a package to fail; with them it is built.
case_the_package_waits_for_headers() {
	local one
	for one in "${releases[@]}"; do
		mv "/lib/modules/$one/build" "/lib/modules/$one/kept"
	done
	bash "$root/scripts/package-deb.sh" >/dev/null || fail "no package"
	dpkg -i "$root"/build/tsipvsadm_*.deb >log 2>&1 || fail "$(<log)"
	grep -q "kernel $release has the stock ip_vs until linux-headers-$release is installed" log || fail "$(<log)"
	for one in "${releases[@]}"; do
		mv "/lib/modules/$one/kept" "/lib/modules/$one/build"
	done
	# As the package of the headers does.
	/etc/kernel/header_postinst.d/dkms "$release" >log 2>&1 || fail "$(<log)"
	module_is_ours "$release"
	dpkg -P tsipvsadm >log 2>&1 || fail "$(<log)"
	[[ $(modinfo -k "$release" -F filename ip_vs) == /lib/modules/$release/kernel/* ]] || fail "the module is still there"
}

# The table is what the file is, at once; what can't be read leaves it.
case_saving_replaces_the_file_or_leaves_it() {
	mkdir -p lib/bin
	cp "$root/packaging/save-rules" lib/
	printf '#!/bin/sh\necho "-A -t 10.0.0.1:80 -s rr"\n' >lib/bin/tsipvsadm
	chmod 755 lib/bin/tsipvsadm
	echo old >rules
	chmod 640 rules
	lib/save-rules rules
	[[ $(<rules) == "-A -t 10.0.0.1:80 -s rr" && $(stat -c %a rules) == 640 ]] || fail "$(ls -l rules) $(<rules)"
	printf '#!/bin/sh\necho half\nexit 1\n' >lib/bin/tsipvsadm
	! lib/save-rules rules || fail "it saved half"
	[[ $(<rules) == "-A -t 10.0.0.1:80 -s rr" && $(echo rules*) == rules ]] || fail "$(ls) $(<rules)"
}

run_cases install
echo "$passed passed, $failed failed"
((failed == 0))
