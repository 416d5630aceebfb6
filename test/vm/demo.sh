# SPDX-License-Identifier: GPL-2.0-only
# In the guest: the network, lvs-snat's session, connections through it, and
# what the servers saw. The exit status is 1 unless every connection was
# translated as its rule says.
set -euo pipefail
. "$PROJECT/test/vm/topology.sh"
. "$PROJECT/test/vm/lib.sh"
export PATH=$PROJECT/bin:$PATH
wrong=0

# show COMMAND…: as typed in the gateway.
show() {
	echo "gateway# $*"
	on gw "$@" || {
		wrong=$((wrong + 1))
		echo "   exit status $?"
	}
}

# connect NS PROTOCOL HOST LINK: what the server sees has to be of LINK's pool.
connect() {
	local seen verdict
	seen=$(on "$1" "$tools/peer" "$2" "$3" 7 2>&1) || :
	if [[ $seen =~ ^$(pool_regex "$4")\ [0-9]+$ ]]; then
		verdict=yes
	else
		verdict=NO
		wrong=$((wrong + 1))
	fi
	printf '%-5s %-4s to %-18s seen there as %-28s of pool %s: %s\n' "$1" "$2" "$3" "${seen/ / port }" \
		"$([[ $family == 4 ]] && echo "1.1.$4.100-110" || echo "2001:db8:$4::100-110")" "$verdict"
}

load_module
make_topology
echo
sed -n '/^#  in40/,/^# servers/{/^# servers/d; s/^#//p}' "$PROJECT/test/vm/topology.sh"
echo
show tsipvsadm -A -f 1 -s snat_sched
show tsipvsadm -K -f 1 -F 192.168.40.0/24 -W 1.1.2.1 --oif eth1 -U 1.1.2.100-1.1.2.110 -O random
show tsipvsadm -K -f 1 -F 192.168.40.0/24 -W 1.1.3.1 --oif eth2 -U 1.1.3.100-1.1.3.110 -O sdh
show tsipvsadm -K -f 1 -F 192.168.50.0/24 -W 1.1.2.1 -N 1.1.3.1 -U 1.1.3.100-1.1.3.110 -O sh
show tsipvsadm -K -f 1 -F 192.168.0.0/16 -N 1.1.3.1 -U 1.1.3.100-1.1.3.110
show tsipvsadm -K -f 1 -F 192.168.40.0/24 -U 1.1.2.100-1.1.2.110 -O sdh
show tsipvsadm -A -f 1 -6 -s snat_sched
show tsipvsadm -K -f 1 -6 -F 2001:db8:40::/64 -U '[2001:db8:2::100]-[2001:db8:2::110]'
echo
use_family 4
connect in40 tcp "$srv1" 2
connect in40 udp "$srv1" 2
connect in41 tcp "$srv1" 2
connect in40 tcp "$srv2" 3
connect in50 tcp "$srv3" 3
connect in60 tcp "$srv3" 3
use_family 6
connect in40 tcp "$srv1" 2
connect in41 udp "$srv1" 2
echo
echo "in40# ping -c 2 8.8.1.1"
on in40 ping -n -c 2 -i 0.2 8.8.1.1 || wrong=$((wrong + 1))
echo
echo "in40# traceroute 8.8.5.1"
on in40 traceroute -n -q 1 8.8.5.1
echo
show tsipvsadm -L -n
echo
show tsipvsadm -L -n -c
echo
if ((wrong)); then
	echo "$wrong of the steps above went wrong"
	exit 1
fi
echo "Every connection left with the address that its rule says."
