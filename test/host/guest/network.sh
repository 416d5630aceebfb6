#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The gateway is the host itself:
#
#  inner 192.168.40.2 ── eth0 ┌──────┐ eth1 ── uplink 1.1.2.1, 8.8.8.8
#        192.168.41.2         │ host │
#                             └──────┘
# The uplink has no route to the inner networks, so what is not translated has no answer.
set -e
for ns in inner uplink; do
	ip netns add $ns
	ip -n $ns link set lo up
done
ip link add eth0 type veth peer name eth0 netns inner
ip link add eth1 type veth peer name eth0 netns uplink
ip addr add 192.168.40.1/24 dev eth0
ip addr add 192.168.41.1/24 dev eth0
ip addr add 1.1.2.2/24 dev eth1
ip -n inner addr add 192.168.40.2/24 dev eth0
ip -n inner addr add 192.168.41.2/24 dev eth0
ip -n uplink addr add 1.1.2.1/24 dev eth0
ip -n uplink addr add 8.8.8.8/32 dev lo
for device in eth0 eth1; do ip link set $device up; done
for ns in inner uplink; do ip -n $ns link set eth0 up; done
ip -n inner route add default via 192.168.40.1
ip route add default via 1.1.2.1
# The pool is the host's: its neighbour there is answered for it.
ip route add local 1.1.2.96/27 dev lo
sysctl -qw net.ipv4.ip_forward=1
