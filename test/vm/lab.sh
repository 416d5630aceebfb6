# SPDX-License-Identifier: GPL-2.0-only
# In the guest: the network, lvs-snat's rules, a shell in the gateway.
. "$PROJECT/test/vm/topology.sh"
. "$PROJECT/test/vm/lib.sh"
export PATH=$PROJECT/bin:$tools:$PATH
load_module
make_topology
dmesg -n 1
sed -n '/^#  in40/,/^# The inner/{/^# The inner/d; s/^#//p}' "$PROJECT/test/vm/topology.sh"
cat <<-'END'
	This is the gateway. From another host:   on in40 ping 8.8.1.1
	who the server sees:                      on in40 peer tcp 8.8.1.1 7
	One rule, and everything behind the gateway is out:
	    tsipvsadm -A -f 1 -s snat_sched
	    tsipvsadm -K -f 1 -F 192.168.0.0/16 --oif eth1 -U 1.1.2.100-1.1.2.110
	    tsipvsadm -Ln; tsipvsadm -Lcn
	exit ends the lab; so does Ctrl-A X.
END
cat >/tmp/labrc <<-'END'
	on() { ip netns exec "$@"; }
	PS1='gateway# '
END
ip netns exec gw bash --rcfile /tmp/labrc -i
