#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A host of its own, emulated, from a bare Debian 12 to a gateway, over reboots and a
# kernel upgrade, and back: by install.sh and by the package, on each kernel. No
# network; packages come from build/host/repository. The last line is "N passed, N failed".
#   run.sh [SCENARIO…]   of install@6.1 install@6.12 package@6.1 package@6.12; all in
#                        turn where none is named
# The hosts' consoles are in build/host/SCENARIO.log. See docs/testing.md.
set -uo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/common.sh"
cd "$root"
here=$root/build/host
all=(install@6.1 install@6.12 package@6.1 package@6.12)
passed=0 failed=0
# An emulated host takes a quarter of an hour to install its packages and build.
limit=5400

# The kernel that a boot loader would take: the newest.
newest() { # DISK
	debugfs -R 'ls -p /boot' "$1" 2>/dev/null | grep -oE 'vmlinuz-[^/]*' | sed 's/vmlinuz-//' | sort -V | tail -n 1
}

boot() { # NAME DISK PHASE
	local name=$1 disk=$2 release share=$here/$1.share
	release=$(newest "$disk")
	debugfs -R "dump /boot/vmlinuz-$release $here/$name.vmlinuz" "$disk" 2>/dev/null
	debugfs -R "dump /boot/initrd.img-$release $here/$name.initrd" "$disk" 2>/dev/null
	[[ -s $here/$name.vmlinuz && -s $here/$name.initrd ]] || die "the disk of $name has no kernel $release to boot"
	sed -i '/^PHASE=/d' "$share/settings"
	echo "PHASE=$3" >>"$share/settings"
	timeout --foreground -k 5 "$limit" qemu-system-x86_64 -accel tcg,thread=single -cpu max -smp 2 -m 2048 \
		-display none -monitor none -no-reboot -nodefaults \
		-kernel "$here/$name.vmlinuz" -initrd "$here/$name.initrd" \
		-append "root=/dev/vda rw console=ttyS0 net.ifnames=0 mitigations=off panic=-1 oops=panic" \
		-drive "file=$disk,if=virtio,format=raw,cache=unsafe" \
		-virtfs "local,path=$share,mount_tag=host,security_model=none,readonly=on,multidevs=remap" \
		-virtfs "local,path=$here/repository,mount_tag=repository,security_model=none,readonly=on" \
		-serial "file:$here/$name.$3.log" -chardev stdio,id=out,signal=off -serial chardev:out </dev/null |
		sed -u 's/\r//g' | tee "$here/$name.$3.out" | grep --line-buffered -aE '^(ok|not ok|    )' | sed -u "s/^\(\(not \)\?ok\) /\1 host $name, $3 boot, kernel ${release%%[-+]*}: /"
	passed=$((passed + $(grep -ac '^ok ' "$here/$name.$3.out")))
	grep -aqx '@@exit 0' "$here/$name.$3.out" && return
	failed=$((failed + 1))
	grep -aq '^not ok ' "$here/$name.$3.out" || {
		echo "not ok host $name, $3 boot: it did not run to its end"
		tail -n 30 "$here/$name.$3.log" | sed 's/^/    /'
	}
	return 1
}

scenario() { # NAME
	local name=$1 method=${1%@*} line=${1#*@} disk=$here/$1.disk share=$here/$1.share phase
	[[ " ${all[*]} " == *" $name "* ]] || die "there is no scenario \"$name\"; there are ${all[*]}"
	bash test/host/image.sh "$line" || die "no disk for $name"
	rm -rf "$share" && mkdir -p "$share"
	cp test/host/guest/phases.sh "$share/"
	if [[ $method == install ]]; then
		bash scripts/package-tar.sh >/dev/null && cp build/tsipvsadm-*.tar.gz "$share/"
	else
		bash scripts/package-deb.sh >/dev/null && cp build/tsipvsadm_*.deb "$share/"
	fi || die "no $method to test"
	{
		echo "METHOD=$method"
		if [[ $line == 6.1 ]]; then
			echo 'UPGRADE=yes HEADERS=linux-headers-amd64'
		else
			echo "UPGRADE= HEADERS='linux-headers-$line-amd64 linux-source-$line'"
		fi
	} >"$share/settings"
	cp --sparse=always "$here/$line.img" "$disk"
	for phase in first second third; do
		boot "$name" "$disk" "$phase" || break
	done
	rm -f "$disk" "$here/$name".{vmlinuz,initrd}
}

(($#)) || set -- "${all[@]}"
for name; do
	scenario "$name"
done
echo "$passed passed, $failed failed"
((failed == 0))
