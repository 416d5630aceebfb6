# SPDX-License-Identifier: GPL-2.0-only
# Process 1 of a guest after the root is in place: mounts, then the command on
# the first serial line, its exit status after it, and power off.
mount -t proc proc /proc
mount -t sysfs sys /sys
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs shm /dev/shm
ln -sf /proc/self/fd /dev/fd
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
dmesg -n 7
# A task that is stuck in the kernel is a failure like any other warning.
sysctl -qw kernel.hung_task_timeout_secs=60 kernel.hung_task_panic=1 kernel.printk_devkmsg=on
ip link set lo up
hostname gateway
# Whatever resolver the host has, nobody answers here: names are asked for in vain at once.
rm -f /etc/resolv.conf
echo "nameserver 127.0.0.1" >/etc/resolv.conf
# A kernel of build/debug has its modules there.
debug_modules=$(sed -n 's/^export DEBUG_MODULES=//p' /run/command)
if [[ $debug_modules ]]; then
	mkdir -p "/lib/modules/${debug_modules##*/}"
	mount --bind "$debug_modules" "/lib/modules/${debug_modules##*/}"
	mount -t debugfs debug /sys/kernel/debug
fi
if grep -q '^export INTERACTIVE=1' /run/command; then
	# A session of its own, so that the shell has job control.
	exec </dev/ttyS0 >/dev/ttyS0 2>&1
	stty sane
	setsid -c -w bash /run/command
else
	exec </dev/null >/dev/ttyS0 2>&1
	stty sane -opost </dev/ttyS0
	mkfifo /run/output
	cat /run/output &
	reader=$!
	bash /run/command >/run/output 2>&1
	status=$?
	# What the command left running would hold the output open.
	for process in /proc/[0-9]*; do
		pid=${process#/proc/}
		[[ $pid == 1 || $pid == "$reader" || ! $(readlink "/proc/$pid/exe") ]] || kill -9 "$pid"
	done
	wait "$reader"
	echo "@@exit $status"
	# The line is sent before the power goes.
	stty sane </dev/ttyS0
fi
sync
# Without ACPI nothing switches the power off; QEMU ends where the guest would boot again.
[[ ! $debug_modules ]] || echo b >/proc/sysrq-trigger
echo o >/proc/sysrq-trigger
while :; do read -r -t 10 _ <>/dev/ttyS1 || :; done
