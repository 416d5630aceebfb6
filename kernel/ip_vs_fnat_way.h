/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A way: what a direction of a flow, or a rule's own next hop, learned the last
 * time the stack routed a packet of it.
 *
 * A known flow skips the stack only where the stack would have done the same. So
 * a way serves packets of the input device and, where there are rules, of the DSCP that
 * it was learned from, while its route is valid. ip_vs_fnat_way_set() refuses routes that
 * must not be kept. A packet without a valid way takes the full path.
 *
 * dst is exchanged atomically, owns a reference and is read under RCU. The other
 * members are written without a lock. A CPU that reads the members of two writers
 * together sees a route and a device that were both right for the flow.
 */
#ifndef _IP_VS_FNAT_WAY_H
#define _IP_VS_FNAT_WAY_H

#include <linux/ip.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <net/dsfield.h>
#include <net/dst.h>
#include <net/inet_dscp.h>
#include <net/ip.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/l3mdev.h>
#include <net/route.h>
#include <net/xfrm.h>

/* Of no L3 master in particular; no device has this index. */
#define IP_VS_FNAT_L3_ANY	(-1)

/* Directions of a flow. */
enum ip_vs_fnat_dir {
	IP_VS_FNAT_ORIG,	/* from the client */
	IP_VS_FNAT_REPLY,	/* to the client */
	IP_VS_FNAT_DIRS
};

struct ip_vs_fnat_way {
	struct dst_entry __rcu	*dst;
	u32			cookie;		/* of a route of IPv6 */
	int			iif;		/* input device; 0: this host itself */
	int			l3;		/* see ip_vs_fnat_l3(); part of a flow's key */
	u8			dscp;		/* of the packet, in INET_DSCP_MASK */
	u16			mss;		/* most that packets of the way offer; 0: any */
};

/* The index of @dev's L3 master device (a VRF), or of @dev if it is one; 0: none. Under RCU. */
static __always_inline int ip_vs_fnat_l3(const struct net_device *dev)
{
	if (likely(!netif_is_l3_slave(dev) && !netif_is_l3_master(dev)))
		return 0;
	return l3mdev_master_ifindex_rcu(dev);
}

/* Keep a route whose validity can be told later, and that dst_output() alone serves. */
void ip_vs_fnat_way_set(struct ip_vs_fnat_way *way, u8 af, struct dst_entry *dst);
/* Remember where @skb came from. Under RCU. */
void ip_vs_fnat_way_learn(struct ip_vs_fnat_way *way, u8 af, const struct sk_buff *skb);
/* Packets of the way come from @dev's VRF. Under RCU. */
static inline void ip_vs_fnat_way_belongs(struct ip_vs_fnat_way *way, const struct net_device *dev)
{
	int l3 = ip_vs_fnat_l3(dev);

	if (READ_ONCE(way->l3) != l3)
		WRITE_ONCE(way->l3, l3);
}

/* Let go of a route out of @dev, which goes. Packets may be using the way; under RCU. */
void ip_vs_fnat_way_forget(struct ip_vs_fnat_way *way, const struct net_device *dev);
/* Let go of its route, whatever that is. Packets may be using the way. */
void ip_vs_fnat_way_drop(struct ip_vs_fnat_way *way);
/* Nobody finds the way any more. */
void ip_vs_fnat_way_free(struct ip_vs_fnat_way *way);

static __always_inline u8 ip_vs_fnat_dscp(u8 af, const struct sk_buff *skb)
{
	return (af == AF_INET ? ip_hdr(skb)->tos : ipv6_get_dsfield(ipv6_hdr(skb))) &
	       INET_DSCP_MASK;
}

/* May routing look at the DSCP? It does where there are rules for it; not all have one. */
static __always_inline bool ip_vs_fnat_has_rules(const struct net *net, u8 af)
{
#ifdef CONFIG_IP_MULTIPLE_TABLES
	if (af == AF_INET)
		return net->ipv4.fib_has_custom_rules;
#endif
#ifdef CONFIG_IPV6_MULTIPLE_TABLES
	if (af == AF_INET6)
		return net->ipv6.fib6_has_custom_rules;
#endif
	return false;
}

static __always_inline bool ip_vs_fnat_way_is_from(const struct ip_vs_fnat_way *way,
						   const struct sk_buff *skb)
{
	return READ_ONCE(way->iif) == (skb->dev ? skb->dev->ifindex : 0);
}

/* Would the stack route @skb as it did the packet that the way was learned from? */
static __always_inline bool ip_vs_fnat_way_is_for(const struct ip_vs_fnat_way *way,
						  const struct net *net, u8 af,
						  const struct sk_buff *skb)
{
	return ip_vs_fnat_way_is_from(way, skb) &&
	       (likely(!ip_vs_fnat_has_rules(net, af)) ||
		READ_ONCE(way->dscp) == ip_vs_fnat_dscp(af, skb));
}

/* Has its namespace had no change of routes? */
static __always_inline bool ip_vs_fnat_way_unchanged_v4(const struct net *net,
							const struct dst_entry *dst)
{
	return dst->obsolete == DST_OBSOLETE_FORCE_CHK &&
	       ((const struct rtable *)dst)->rt_genid == rt_genid_ipv4(net);
}

/* Has its node in the tree had none, and does nothing of it expire? */
static __always_inline bool ip_vs_fnat_way_unchanged_v6(const struct dst_entry *dst, u32 cookie)
{
	const struct rt6_info *rt = (const struct rt6_info *)dst;
	const struct fib6_info *from = rcu_dereference(rt->from);
	u32 now;

	return from && dst->obsolete == DST_OBSOLETE_FORCE_CHK && !rt->sernum &&
	       !((rt->rt6i_flags | from->fib6_flags) & RTF_EXPIRES) &&
	       fib6_get_cookie_safe(from, &now) && now == cookie;
}

/*
 * The route while it is valid, else NULL; under RCU, no reference is taken. The one
 * check for all that keep a way. Without the first two, which are short, it is
 * dst_check().
 */
static __always_inline struct dst_entry *ip_vs_fnat_way_dst(const struct net *net, u8 af,
							    struct ip_vs_fnat_way *way)
{
	struct dst_entry *dst = rcu_dereference(way->dst);
	u32 cookie;

	if (!dst)
		return NULL;
	if (af == AF_INET)
		return likely(ip_vs_fnat_way_unchanged_v4(net, dst)) ? dst : NULL;
	cookie = READ_ONCE(way->cookie);
	return likely(ip_vs_fnat_way_unchanged_v6(dst, cookie)) || dst_check(dst, cookie) ? dst :
											    NULL;
}

/* Has the namespace IPsec policies of direction @dir, XFRM_POLICY_*? */
static __always_inline bool ip_vs_fnat_has_policy(const struct net *net, int dir)
{
#ifdef CONFIG_XFRM
	return net->xfrm.policy_count[dir] ||
	       net->xfrm.policy_default[dir] != XFRM_USERPOLICY_ACCEPT;
#else
	return false;
#endif
}

/* Does IPsec act in the namespace? Then packets take the full path. */
static __always_inline bool ip_vs_fnat_has_policies(const struct net *net)
{
	return ip_vs_fnat_has_policy(net, XFRM_POLICY_IN) ||
	       ip_vs_fnat_has_policy(net, XFRM_POLICY_FWD) ||
	       ip_vs_fnat_has_policy(net, XFRM_POLICY_OUT);
}

/*
 * The longest packet of IPv6, in bytes, that passes the route. Forwarding asks the
 * device, unless the route's MTU is locked, and sending asks the route: what only
 * the second refuses was translated by then, and the sender would not hear of it.
 */
static inline unsigned int ip_vs_fnat_mtu_v6(const struct dst_entry *dst)
{
	unsigned int mtu = min_not_zero(dst_metric_raw(dst, RTAX_MTU),
					ip6_dst_mtu_maybe_forward(dst, true));

	return max_t(unsigned int, mtu, IPV6_MIN_MTU);
}

/* The longest packet that is forwarded by the route, in bytes. */
static inline unsigned int ip_vs_fnat_mtu(u8 af, const struct dst_entry *dst)
{
	return af == AF_INET ? ip_dst_mtu_maybe_forward(dst, true) : ip_vs_fnat_mtu_v6(dst);
}

#endif /* _IP_VS_FNAT_WAY_H */
