#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs in the host under test, once a boot: the phase that the share names; or in its
# root while it is down (OFFLINE), for what takes an emulated host too long. Each step
# is a line "ok STEP"; the first that fails ends the phase. Then the host reboots.
share=/media/host
state=/opt/host-test
. "$share/settings" # METHOD install or package, PHASE, UPGRADE, HEADERS, OFFLINE, KERNEL
kernel=${KERNEL:-$(uname -r)}
export LC_ALL=C DEBIAN_FRONTEND=noninteractive HOME=/root
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
seconds=$SECONDS

step() { # WHAT COMMAND…
	local what=$1 output status
	shift
	seconds=$SECONDS
	output=$(set -e; "$@" 2>&1)
	status=$?
	if ((status)); then
		echo "not ok $what"
		echo "$output" | tail -n 40 | sed 's/^/    /'
		journalctl -b -q --no-pager -u 'tsipvsadm*' | tail -n 20 | sed 's/^/    journal: /'
		[[ $KERNEL ]] || dmesg | tail -n 5 | sed 's/^/    kernel: /'
		end 1
	fi
	echo "ok $what ($((SECONDS - seconds)) s)"
}

end() {
	echo "@@exit $1"
	sync
	[[ $KERNEL ]] || systemctl reboot
	exit
}

fail() {
	echo "$*"
	exit 1
}

eventually() { # SECONDS COMMAND…
	local deadline=$((SECONDS + $1))
	shift
	until "$@"; do
		((SECONDS < deadline)) || fail "not within its time: $*"
		read -rt 0.3 <> <(:) || :
	done
}

on() {
	local ns=$1
	shift
	ip netns exec "$ns" "$@"
}

files() {
	find / -xdev \( -path /proc -o -path /sys -o -path /run -o -path /tmp -o -path /root -o -path /media -o -path /var/log \
		-o -path /var/cache -o -path "$state" \) -prune -o ! -type d -print | sort
}

# Beside what belongs to a package now, or leads to one by its alternatives: nothing that
# was not there before.
left_behind() {
	local file
	comm -13 "$state/before" <(files) |
		grep -vxFf <(sed -E 's#^/(bin|lib|lib64|sbin)/#/usr/\1/#' /var/lib/dpkg/info/*.list | sort -u) |
		grep -vE '^/((etc|var)/[.]updated$|var/lib/(dpkg|apt|systemd|ucf|initramfs-tools|linux|sudo|dkms/(mok|dkms_dbversion))|boot/initrd|etc/(alternatives|ld.so.cache|apt)|initrd.img|vmlinuz|usr/lib/modules/[^/]*/modules[.])|/__pycache__/' |
		while IFS= read -r file; do
			[[ $(readlink "$file") == /etc/alternatives/* ]] || echo "$file"
		done
}

bare() {
	[[ $(modinfo -k "$kernel" -F filename ip_vs) == /lib/modules/$kernel/kernel/* ]]
	! command -v node || fail "it does"
	! command -v dkms || fail "it does"
	! command -v gcc || fail "it does"
	[[ ! -e /lib/modules/$kernel/build ]]
	files >"$state/before"
	echo "$kernel" >"$state/first-kernel"
}

installed() {
	if [[ $METHOD == install ]]; then
		tar -C /root -xzf "$share"/tsipvsadm-*.tar.gz
		/root/tsipvsadm-*/install.sh ${KERNEL:+--kernel "$KERNEL"}
	else
		apt-get -q update
		apt-get -q install -y --no-install-recommends "$share"/tsipvsadm_*.deb $HEADERS
	fi
}

ours() {
	local status
	status=$(tsipvsadm module status)
	echo "$status"
	grep -q "^loaded: *tsipvsadm's ip_vs [0-9.]*\$" <<<"$status"
	[[ $(modinfo -F filename ip_vs) == /lib/modules/$(uname -r)/updates/dkms/ip_vs.ko* ]]
	[[ -e /sys/module/ip_vs/parameters/flow_max ]]
}

session() {
	tsipvsadm -A -f 1 -s snat_sched
	tsipvsadm -K -f 1 -F 192.168.40.0/24 -W 1.1.2.1 --oif eth1 -U 1.1.2.100-1.1.2.110 -O random
	tsipvsadm -A -t 1.1.2.2:80 -s wlc
	tsipvsadm -a -t 1.1.2.2:80 -r 192.168.40.2:8080 -m
}

# What an inner host sends leaves with an address of the pool, and the answer comes back.
translated() {
	local capture=/tmp/capture process
	on uplink tcpdump -lnni eth0 icmp >$capture 2>/tmp/tcpdump.log &
	process=$!
	eventually 60 grep -q 'listening on' /tmp/tcpdump.log
	on inner ping -c 3 -W 20 8.8.8.8
	eventually 30 grep -qE '1[.]1[.]2[.]1(0[0-9]|10) > 8[.]8[.]8[.]8: ICMP echo request' $capture
	kill "$process"
	cat $capture
	! grep -q '192[.]168' $capture || fail "it does"
}

saved() {
	systemctl start tsipvsadm-save.service
	cat /etc/tsipvsadm.rules
	diff <(tsipvsadm-save -n) /etc/tsipvsadm.rules
	[[ $(grep -c . /etc/tsipvsadm.rules) -ge 4 && $(stat -c %a /etc/tsipvsadm.rules) == 600 ]]
	cp /etc/tsipvsadm.rules "$state/rules"
	[[ -z $(find /etc -name 'tsipvsadm.rules.*') ]]
}

restored() {
	[[ $(uname -r) == "$(cat "$state/first-kernel")" || $PHASE != second ]]
	systemctl is-active tsipvsadm.service
	diff <(tsipvsadm-save -n) "$state/rules"
	systemctl status --no-pager tsipvsadm.service
}

# A connection that runs across a reload, and one of a network that the new file adds.
reloaded() {
	local before process
	on uplink nc -lk 7 >/tmp/received 2>&1 &
	process=$!
	eventually 30 on inner nc -z -w 5 8.8.8.8 7
	# Nothing of it may hold the output that is read to its end.
	exec 5> >(on inner nc -N -s 192.168.40.2 8.8.8.8 7 >/dev/null 2>&1)
	echo first >&5
	eventually 30 grep -qx first /tmp/received
	before=$(tsipvsadm -Lcn | grep ESTABLISHED)
	grep -E '192.168.40.2' <<<"$before"
	echo '-K -f 1 -F 192.168.41.0/24 -U 1.1.2.111' >>/etc/tsipvsadm.rules
	sed -i '/192.168.40.2:8080/d' /etc/tsipvsadm.rules
	systemctl reload tsipvsadm.service
	tsipvsadm-save -n
	tsipvsadm-save -n | grep '192[.]168[.]41[.]0/24' >/dev/null
	! tsipvsadm-save -n | grep 192.168.40.2:8080 >/dev/null || fail "it does"
	echo second >&5
	eventually 30 grep -qx second /tmp/received
	# The same source port, and so the same local port: it is the same flow.
	diff <(awk '{ $2 = ""; print }' <<<"$before") <(tsipvsadm -Lcn | grep ESTABLISHED | awk '{ $2 = ""; print }')
	exec 5>&-
	on inner ping -c 1 -W 20 -I 192.168.41.2 8.8.8.8
	kill "$process"
}

# The way back is in the file; the table stays what it was.
refused() {
	local before
	before=$(tsipvsadm-save -n)
	cp /etc/tsipvsadm.rules "$state/good"
	echo '-K -f 1 -F 192.168.42.0/24 -U nonsense' >>/etc/tsipvsadm.rules
	! systemctl reload tsipvsadm.service || fail "it does"
	diff <(tsipvsadm-save -n) - <<<"$before"
	systemctl is-active tsipvsadm.service
	cp "$state/good" /etc/tsipvsadm.rules
	systemctl reload tsipvsadm.service
	cp /etc/tsipvsadm.rules "$state/good"
}

stopped_and_started() {
	systemctl stop tsipvsadm.service
	[[ -z $(tsipvsadm-save -n) ]]
	systemctl start tsipvsadm.service
	systemctl start tsipvsadm-save.service
	cp /etc/tsipvsadm.rules "$state/rules"
	grep -q 192.168.41.0/24 "$state/rules"
}

# As an operator does it: dkms is asked by the kernel's packages alone.
upgraded() {
	local new
	# Its own hardware's modules alone in the initial file system: emulated, all of them
	# take many minutes.
	[[ $OFFLINE ]] || echo MODULES=dep >/etc/initramfs-tools/conf.d/host-test
	echo 'deb [trusted=yes] file:/media/repository updates/' >>/etc/apt/sources.list
	apt-get -q update
	apt-get -q upgrade -y
	apt-get -q install -y --no-install-recommends linux-image-amd64 linux-headers-amd64
	new=$(cd /lib/modules && ls -v | tail -n 1)
	[[ $new != "$kernel" ]]
	[[ $(modinfo -k "$new" -F filename ip_vs) == /lib/modules/$new/updates/dkms/ip_vs.ko* ]]
	echo "$new" >"$state/second-kernel"
}

new_kernel_runs() {
	[[ $(uname -r) == "$(cat "$state/second-kernel")" && $(uname -r) != "$(cat "$state/first-kernel")" ]]
	uname -rv
}

removed() {
	local left
	if [[ $METHOD == install ]]; then
		/root/tsipvsadm-*/install.sh --purge
	else
		apt-get -q purge -y tsipvsadm
	fi
	! command -v tsipvsadm || fail "it does"
	[[ ! -e /sys/module/ip_vs ]]
	[[ $(modinfo -F filename ip_vs) == /lib/modules/$(uname -r)/kernel/net/netfilter/ipvs/ip_vs.ko* ]]
	modprobe ip_vs_rr
	[[ ! -e /sys/module/ip_vs/parameters/flow_max ]]
	rmmod ip_vs_rr ip_vs
	left=$(left_behind)
	[[ -z $left ]] || fail "left behind: $left"
	[[ -z $(find / -xdev -name '*tsipvsadm*' ! -path '/proc/*' ! -path '/root/*' ! -path '/media/*' ! -path '/var/log/*' ! -path '/var/cache/*') ]] ||
		fail "$(find / -xdev -name '*tsipvsadm*' ! -path '/root/*' ! -path '/media/*')"
	! systemctl cat tsipvsadm.service || fail "it does"
}

case $PHASE in
prepare)
	step "a bare host has the stock module, no Node, dkms or compiler" bare
	step "$METHOD goes through" installed
	;;
upgrade)
	step "a kernel upgrade builds the module by dkms" upgraded
	;;
first)
	if [[ ! $OFFLINE ]]; then
		step "a bare host has the stock module, no Node, dkms or compiler" bare
		step "$METHOD goes through" installed
		[[ $METHOD != package ]] || step "the module is loaded on demand" tsipvsadm module load
	fi
	step "ours is loaded" ours
	step "lvs-snat's session is taken" session
	step "an inner host's packets leave translated" translated
	step "the table is saved" saved
	;;
second)
	step "after a reboot ours is loaded" ours
	step "the table is restored by the service" restored
	step "and packets are translated" translated
	step "a reload changes what differs and keeps a running flow" reloaded
	step "a reload of a bad file changes nothing" refused
	step "a stop clears, a start restores" stopped_and_started
	[[ ! $UPGRADE || $OFFLINE ]] || step "a kernel upgrade builds the module by dkms" upgraded
	;;
third)
	[[ ! $UPGRADE ]] || step "the new kernel runs" new_kernel_runs
	step "ours is loaded there" ours
	step "the table is restored there" restored
	step "and packets are translated there" translated
	step "taken away, all is stock again and no file is left" removed
	;;
esac
end 0
