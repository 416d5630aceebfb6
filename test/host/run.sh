#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A host of its own, emulated, from a bare Debian to a gateway, over reboots and a kernel
# upgrade, and back: by install.sh and by the package, on Debian 12 and 13 and on each of
# their kernels. No network; packages come from build/host/repository-DEBIAN. The last line
# is "N passed, N failed".
#   run.sh [--inside] [--from PHASE] [--debian N | SCENARIO…]
#       of install@LINE and package@LINE, by test/kernels; all in turn where none is
#       named; with --debian N those of that Debian. What compiles is done in the host's root while it is down, by the same
#       commands; with --inside in the host itself, an hour or more for each scenario.
#       Phases are prepare, first, second, upgrade, third; --from goes on with the disk
#       that a failure left.
# The hosts' consoles are in build/host/SCENARIO.log. See docs/testing.md.
set -uo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/common.sh"
cd "$root"
here=$root/build/host
all=()
for line in $(kernel_lines 12) $(kernel_lines 13); do
	all+=("install@$line" "package@$line")
done
passed=0 failed=0
# An emulated host takes a quarter of an hour to install its packages and build.
limit=5400

# The kernel that a boot loader would take: the newest.
newest() { # DISK
	debugfs -R 'ls -p /boot' "$1" 2>/dev/null | grep -oE 'vmlinuz-[^/]*' | sed 's/vmlinuz-//' | sort -V | tail -n 1
}

# Counts the steps of a phase that has ended.
report() { # NAME PHASE
	local out=$here/$1.$2.out
	passed=$((passed + $(grep -ac '^ok ' "$out")))
	grep -aqx '@@exit 0' "$out" && return
	failed=$((failed + 1))
	grep -aq '^not ok ' "$out" || {
		echo "not ok host $1, $2: it did not run to its end"
		[[ ! -e $here/$1.$2.log ]] || tail -n 30 "$here/$1.$2.log" | sed 's/^/    /'
	}
	return 1
}

# Passes on the lines of a phase, each step as it ends.
shown() { # NAME PHASE KERNEL
	sed -u 's/\r//g' | tee "$here/$1.$2.out" | grep --line-buffered -aE '^(ok|not ok|    )' |
		sed -u "s/^\(\(not \)\?ok\) /\1 host $1, $2, kernel ${3%%[-+]*}: /"
}

settle() { # NAME PHASE [KERNEL]
	sed -i '/^PHASE=/d; /^KERNEL=/d' "$here/$1.share/settings"
	printf 'PHASE=%s\nKERNEL=%s\n' "$2" "${3-}" >>"$here/$1.share/settings"
}

# Between boots, in the host's root as it is on its disk; without a network.
offline() { # NAME DISK PHASE
	local name=$1 disk=$2 release repository
	release=$(newest "$disk")
	repository=$here/repository-$(debian_of "${name#*@}")
	settle "$name" "$3" "$release"
	mkdir -p "$here/$name.root"
	rm -f "$here/$name.$3.log"
	unshare --mount --net --pid --fork --kill-child bash -c '
		set -e
		disk=$1 root=$2 share=$3 repository=$4
		mount -o loop "$disk" "$root"
		mount --bind "$share" "$root/media/host"
		mount --bind "$repository" "$root/media/repository"
		mount -t proc proc "$root/proc"
		mount -t sysfs -o ro sys "$root/sys"
		mount --rbind /dev "$root/dev"
		mount -t tmpfs run "$root/run"
		mkdir "$root/run/lock"
		exec env -i PATH="$PATH" chroot "$root" /bin/bash /media/host/phases.sh
	' bash "$disk" "$here/$name.root" "$here/$name.share" "$repository" 2>&1 | shown "$name" "$3" "$release"
	report "$name" "$3"
}

boot() { # NAME DISK PHASE
	local name=$1 disk=$2 release share=$here/$1.share repository
	repository=$here/repository-$(debian_of "${name#*@}")
	release=$(newest "$disk")
	debugfs -R "dump /boot/vmlinuz-$release $here/$name.vmlinuz" "$disk" 2>/dev/null
	debugfs -R "dump /boot/initrd.img-$release $here/$name.initrd" "$disk" 2>/dev/null
	[[ -s $here/$name.vmlinuz && -s $here/$name.initrd ]] || die "the disk of $name has no kernel $release to boot"
	settle "$name" "$3"
	timeout --foreground -k 5 "$limit" qemu-system-x86_64 -accel tcg,thread=single -cpu max -smp 2 -m 2048 \
		-display none -monitor none -no-reboot -nodefaults \
		-kernel "$here/$name.vmlinuz" -initrd "$here/$name.initrd" \
		-append "root=/dev/vda rw console=ttyS0 net.ifnames=0 mitigations=off panic=-1 oops=panic" \
		-drive "file=$disk,if=virtio,format=raw,cache=unsafe" \
		-virtfs "local,path=$share,mount_tag=host,security_model=none,readonly=on,multidevs=remap" \
		-virtfs "local,path=$repository,mount_tag=repository,security_model=none,readonly=on" \
		-serial "file:$here/$name.$3.log" -chardev stdio,id=out,signal=off -serial chardev:out </dev/null |
		shown "$name" "$3" "$release"
	report "$name" "$3"
}

scenario() { # NAME
	local name=$1 method=${1%@*} line=${1#*@} disk=$here/$1.disk share=$here/$1.share phase begun=''
	[[ " ${all[*]} " == *" $name "* ]] || die "there is no scenario \"$name\"; there are ${all[*]}"
	with_line "$line" bash test/host/image.sh "$line" || die "no disk for $name"
	[[ $from ]] || rm -rf "$share"
	mkdir -p "$share"
	cp test/host/guest/phases.sh "$share/"
	if [[ $method == install ]]; then
		bash scripts/package-tar.sh >/dev/null && cp build/tsipvsadm-*.tar.gz "$share/"
	else
		bash scripts/package-deb.sh >/dev/null && cp build/tsipvsadm_*.deb "$share/"
	fi || die "no $method to test"
	{
		echo "METHOD=$method OFFLINE=$offline"
		cat "$here/$line.settings"
	} >"$share/settings"
	[[ $from ]] || cp --sparse=always "$here/$line.img" "$disk"
	for phase in prepare first second upgrade third; do
		[[ ! $from || $phase == "$from" || $begun ]] || continue
		begun=yes
		case $phase in
		prepare) [[ ! $offline ]] || offline "$name" "$disk" prepare ;;
		upgrade) [[ ! $offline || $(<"$here/$line.settings") != UPGRADE=yes* ]] || offline "$name" "$disk" upgrade ;;
		*) boot "$name" "$disk" "$phase" ;;
		esac || return
	done
	# Where something failed it stays, to be looked at.
	rm -f "$disk" "$here/$name".{vmlinuz,initrd}
}

offline=yes from=''
while [[ ${1-} == --* ]]; do
	case $1 in
	--inside) offline='' ;;
	--from) from=${2:?"--from needs a phase"} && shift ;;
	--debian)
		mapfile -t all < <(for line in $(kernel_lines "${2:?"--debian needs 12 or 13"}"); do printf '%s\n' {install,package}@"$line"; done)
		((${#all[@]})) || die "no kernel of Debian $2 is in test/kernels"
		shift
		;;
	*) die "unknown argument \"$1\"; there are --inside, --from and --debian" ;;
	esac
	shift
done
(($#)) || set -- "${all[@]}"
for name; do
	scenario "$name"
done
echo "$passed passed, $failed failed"
((failed == 0))
