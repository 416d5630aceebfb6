// SPDX-License-Identifier: GPL-2.0
/*
 * Where the fast path meets packets: the ingress hook of the namespace's
 * devices, ahead of the network layer, where nftables' flowtables have theirs;
 * after taps, XDP and tc, and after the operator's own chains there.
 *
 * Devices are known to the kernel under RTNL, and services are switched on and
 * off where RTNL must not be waited for (who holds it may wait for the lock of
 * IPVS). So a worker goes round the devices, and packets take the full path
 * until it was there.
 */
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_bridge.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/sock.h>

#include "ip_vs_fnat_fast.h"
#include "ip_vs_fnat_hook.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_rule.h"

/* A device with our hook; listed under RTNL. */
struct port {
	struct list_head	list;
	struct nf_hook_ops	ops;
	struct rcu_head		rcu;	/* who lists hooks reads ops */
};

/* Has a switch sent it on already, and given us a copy? */
static __always_inline bool is_forwarded(const struct sk_buff *skb)
{
#ifdef CONFIG_NET_SWITCHDEV
	return skb->offload_l3_fwd_mark;
#else
	return false;
#endif
}

/*
 * Is the packet one that the device gives to the network layer? Not one that a
 * bridge, a bond or a VLAN above it takes, and not one that somebody else holds,
 * or that tc gave to a socket.
 */
static __always_inline bool is_routed(struct sk_buff *skb)
{
	return skb->pkt_type == PACKET_HOST && !skb_vlan_tag_present(skb) &&
	       !skb_shared(skb) && !rcu_access_pointer(skb->dev->rx_handler) &&
	       !netif_is_l3_slave(skb->dev) && !skb_sk_is_prefetched(skb) &&
	       !is_forwarded(skb);
}

/* Did a bridge show it to PRE_ROUTING? Then that is not asked again. */
static __always_inline bool is_bridged_up(const struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_BRIDGE_NETFILTER)
	return nf_bridge_info_exists(skb);
#else
	return false;
#endif
}

static __always_inline unsigned int ingress_take(struct sk_buff *skb,
						 struct ip_vs_fnat_net *fn, u8 af)
{
	if (ip_vs_fnat_fast(skb, fn, af, false))
		return NF_STOLEN;
	return unlikely(is_bridged_up(skb)) ? ip_vs_fnat_bridged_up(skb, fn, af) : NF_ACCEPT;
}

static unsigned int ingress(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	if (!is_routed(skb))
		return NF_ACCEPT;
	if (skb->protocol == htons(ETH_P_IP))
		return ingress_take(skb, priv, AF_INET);
	if (skb->protocol == htons(ETH_P_IPV6))
		return ingress_take(skb, priv, AF_INET6);
	return NF_ACCEPT;
}

static struct port *find_port(const struct ip_vs_fnat_net *fn, const struct net_device *dev)
{
	struct port *port;

	list_for_each_entry(port, &fn->ports, list)
		if (port->ops.dev == dev)
			return port;
	return NULL;
}

static void add_port(struct ip_vs_fnat_net *fn, struct net_device *dev)
{
	struct port *port;

	if (dev->flags & IFF_LOOPBACK || find_port(fn, dev))
		return;
	port = kzalloc(sizeof(*port), GFP_KERNEL);
	if (!port)
		return;		/* the full path serves */
	port->ops.hook = ingress;
	port->ops.priv = fn;
	port->ops.pf = NFPROTO_NETDEV;
	port->ops.hooknum = NF_NETDEV_INGRESS;
	port->ops.dev = dev;
	port->ops.priority = INT_MAX;
	if (nf_register_net_hook(fn->net, &port->ops)) {
		kfree(port);
		return;
	}
	list_add(&port->list, &fn->ports);
}

static void del_port(struct ip_vs_fnat_net *fn, struct port *port)
{
	list_del(&port->list);
	nf_unregister_net_hook(fn->net, &port->ops);
	kfree_rcu(port, rcu);
}

static void del_ports(struct ip_vs_fnat_net *fn)
{
	struct port *port, *next;

	list_for_each_entry_safe(port, next, &fn->ports, list)
		del_port(fn, port);
}

static void go_round(struct work_struct *work)
{
	struct ip_vs_fnat_net *fn = container_of(work, struct ip_vs_fnat_net, ingress_work);
	struct net_device *dev;

	rtnl_lock();
	if (READ_ONCE(fn->ingress)) {
		for_each_netdev(fn->net, dev)
			add_port(fn, dev);
	} else {
		del_ports(fn);
	}
	rtnl_unlock();
}

void ip_vs_fnat_ingress(struct ip_vs_fnat_net *fn, bool on)
{
	WRITE_ONCE(fn->ingress, on);
	schedule_work(&fn->ingress_work);
}

/* A device comes into a namespace, or leaves it. */
static int device_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(dev_net(dev));
	struct port *port;

	if (event == NETDEV_REGISTER && READ_ONCE(fn->ingress))
		add_port(fn, dev);
	if (event == NETDEV_UNREGISTER) {
		port = find_port(fn, dev);
		if (port)
			del_port(fn, port);
		ip_vs_fnat_targets_forget(dev);
	}
	return NOTIFY_DONE;
}

static struct notifier_block devices = {
	.notifier_call = device_event,
};

void ip_vs_fnat_ingress_net_init(struct ip_vs_fnat_net *fn)
{
	INIT_LIST_HEAD(&fn->ports);
	INIT_WORK(&fn->ingress_work, go_round);
}

/* No packet comes to the namespace by this way any more when it returns. */
void ip_vs_fnat_ingress_net_exit(struct ip_vs_fnat_net *fn)
{
	cancel_work_sync(&fn->ingress_work);
	rtnl_lock();
	del_ports(fn);
	rtnl_unlock();
	synchronize_net();
}

int ip_vs_fnat_ingress_init(void)
{
	return register_netdevice_notifier(&devices);
}

void ip_vs_fnat_ingress_exit(void)
{
	unregister_netdevice_notifier(&devices);
}
