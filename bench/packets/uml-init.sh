#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Process 1 of User-Mode Linux: this machine's root, read-only, and memory where
# something has to be written; then build/uml/command, whose output and exit status are ours.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs run /run
mkdir -p /run/tmp /run/netns /run/lock
export TMPDIR=/run/tmp XTABLES_LOCKFILE=/run/xtables.lock
mountpoint -q /dev || mount -t devtmpfs dev /dev
ln -sf /proc/self/fd /dev/fd
ip link set lo up
insmod "$PROJECT/build/uml/module/fnat_packets.ko"
sysctl -qw net.netfilter.nf_conntrack_max=4000000
cd "$PROJECT" || exit
unset NODE_EXTRA_CA_CERTS NODE_OPTIONS
bash "$PROJECT/build/uml/command" >/dev/ttyS0 2>&1 </dev/null
echo "@@exit $?" >/dev/ttyS0
sync
echo o >/proc/sysrq-trigger
while :; do read -r -t 10 _ <>/dev/tty0 || :; done
