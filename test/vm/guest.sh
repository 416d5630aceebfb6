#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Boot the distribution's kernel in QEMU on this machine's own root directory,
# shared read-only and overlaid with memory, and run a command in it as root.
# The command's output comes out here, its exit status is ours. The kernel's
# console goes to build/vm/NAME.log. Any kernel warning ends the guest.
# With --icount the guest's clock counts instructions, one a nanosecond. With --cards
# it has two network cards, of one queue and of several, with a wire between them.
# With --parallel its processors work at the same time. With --debug the kernel is that
# of scripts/build-debug-kernel.sh.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/common.sh"

usage="usage: guest.sh [--name NAME] [--kernel RELEASE] [--memory MIB] [--cpus N] [--timeout S] [--icount] [--cards] [--parallel] [--debug] [--interactive] -- COMMAND…"
name=guest release='' memory=1024 cpus=1 limit=300 interactive='' clock=() cards=() debug='' threads=single model=Nehalem,+rdrand
while (($#)); do
	case $1 in
	--name) name=$2 && shift 2 ;;
	--kernel) release=$2 && shift 2 ;;
	--memory) memory=$2 && shift 2 ;;
	--cpus) cpus=$2 && shift 2 ;;
	--timeout) limit=$2 && shift 2 ;;
	--icount) clock=(-icount shift=0) model=max && shift ;;
	--cards)
		cards=(
			-netdev hubport,id=single,hubid=0 -device virtio-net-pci,netdev=single,romfile=
			-netdev hubport,id=several,hubid=0 -device vmxnet3,netdev=several,romfile=
		)
		shift
		;;
	--parallel) threads=multi && shift ;;
	--debug) debug=$root/build/debug && shift ;;
	--interactive) interactive=1 && shift ;;
	--) shift && break ;;
	*) die "unknown argument \"$1\"; $usage" ;;
	esac
done
(($#)) || die "$usage"
kernel='' modules=/ parameters=''
if [[ $debug ]]; then
	release=$(ls "$debug/root/lib/modules") && kernel=$debug/bzImage modules=$debug/root
	# What interprets ACPI's tables gives up before such a kernel is through with them.
	parameters=" acpi=off rcupdate.rcu_cpu_stall_suppress=1"
else
	release=$(guest_kernel "$release")
	kernel=/boot/vmlinuz-$release
fi

vm=$root/build/vm
mkdir -p "$vm"
log=$vm/$name.log out=$vm/$name.out

# The initial file system: busybox, the modules for the root file system, init.
base_initramfs() {
	local dir=$vm/initramfs-$release module
	if [[ ! -e $dir.cpio || $root/test/vm/initramfs-init -nt $dir.cpio || $modules/lib/modules/$release/modules.dep -nt $dir.cpio ]]; then
		rm -rf "$dir.tmp"
		mkdir -p "$dir.tmp"/{bin,dev,proc,sys,lower,mem,root,modules}
		cp "$(command -v busybox)" "$dir.tmp/bin/busybox"
		cp "$root/test/vm/initramfs-init" "$dir.tmp/init"
		chmod 755 "$dir.tmp/init"
		for module in virtio_pci 9pnet_virtio 9p overlay; do
			modprobe -d "$modules" -S "$release" --show-depends "$module"
		done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' >"$dir.tmp/modules.paths"
		while IFS= read -r module; do
			# Some kernels have them compressed; busybox loads them plain.
			case $module in
			*.xz) xz -dc "$module" >"$dir.tmp/modules/$(basename "$module" .xz)" ;;
			*) cp "$module" "$dir.tmp/modules/" ;;
			esac
			basename "$module" .xz
		done <"$dir.tmp/modules.paths" >"$dir.tmp/modules/order"
		(cd "$dir.tmp" && find . | cpio --quiet -o -H newc) >"$dir.$$"
		mv "$dir.$$" "$dir.cpio"
		rm -rf "$dir.tmp"
	fi
	cat "$dir.cpio"
}

# The distribution's kernel, decompressed here once rather than in each guest: QEMU starts
# it by the entry that it has for Xen's PVH, and to boot takes half as long.
plain_kernel() {
	local plain=$vm/vmlinux-$release
	grep -qx CONFIG_PVH=y "/boot/config-$release" || return 0
	if [[ ! $plain -nt $kernel ]]; then
		python3 "$root/test/vm/tools/vmlinux.py" "$kernel" >"$plain.$$"
		mv "$plain.$$" "$plain"
	fi
	kernel=$plain
}

# What differs from run to run: the command, as a script that init runs.
run_initramfs() {
	local dir
	dir=$(mktemp -d)
	mkdir "$dir/run"
	{
		printf 'export PROJECT=%q RELEASE=%q GUEST_NAME=%q TERM=%q\n' "$root" "$release" "$name" "${TERM:-dumb}"
		if [[ $interactive ]]; then
			echo 'export INTERACTIVE=1'
			stty size 2>/dev/null | awk '$1 { print "stty rows " $1 " cols " $2 }'
		fi
		[[ ! $debug ]] || printf 'export DEBUG_MODULES=%q\n' "$debug/root/lib/modules/$release"
		printf 'export WHOLE=%q TS_PROCESS=%q PENDING=%q\n' "${WHOLE-}" "${TS_PROCESS-}" "${PENDING-}"
		printf 'cd %q\n' "$root"
		printf '%q ' "$@"
		echo
	} >"$dir/run/command"
	(cd "$dir" && find . | cpio --quiet -o -H newc)
	rm -rf "$dir"
}

(
	flock 7
	base_initramfs
) 7>"$vm/initramfs.lock" >"$vm/$name.cpio"
run_initramfs "$@" >>"$vm/$name.cpio"
[[ $debug ]] || plain_kernel
: >"$log"
: >"$out"

# Several processors take turns in one thread of the emulator. Each with a
# thread of its own now and then goes on to see the breakpoint of a static key
# that the kernel has already taken away again, takes its trap forever, and the
# kernel says "soft lockup" at that key (QEMU 7.2). --parallel is for what needs
# it all the same, and can be done again.
qemu=(
	qemu-system-x86_64 -accel "tcg,thread=$threads" "${clock[@]}" -cpu "$model" -smp "$cpus" -m "$memory"
	-display none -monitor none -no-reboot -nodefaults
	-kernel "$kernel" -initrd "$vm/$name.cpio"
	-append "console=ttyS1 quiet panic=-1 panic_on_warn=1 oops=panic net.ifnames=0 mitigations=off norandmaps$parameters"
	-virtfs local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap
	"${cards[@]}"
)
if [[ $interactive ]]; then
	exec "${qemu[@]}" -serial mon:stdio -serial "file:$log"
fi

# No more guests at a time than there are processors here, or than scripts/test.sh
# says: they would starve each other. A slot is a lock, held until this script ends.
take_slot() {
	local i fd
	while :; do
		for ((i = 0; i < ${GUEST_SLOTS:-$(nproc)}; i++)); do
			exec {fd}>"$vm/slot.$i"
			flock -n "$fd" && return 0
			exec {fd}>&-
		done
		sleep "0.$((RANDOM % 5 + 2))"
	done
}
take_slot

timeout --foreground -k 5 "$limit" "${qemu[@]}" \
	-chardev stdio,id=out,signal=off -serial chardev:out -serial "file:$log" </dev/null \
	2> >(grep -v 'hub 0 is not connected to host network' >&2) |
	tee "$out" | grep --line-buffered -v '^@@exit ' || true

exit_as_guest "guest $name" "$limit" "$out" "$log"
