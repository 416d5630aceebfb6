// SPDX-License-Identifier: GPL-2.0
/* Learning ways; how they are used is in the header. */
#include "ip_vs_fnat_way.h"

static void way_replace(struct ip_vs_fnat_way *way, struct dst_entry *dst)
{
	struct dst_entry *old;

	old = (__force struct dst_entry *)xchg((__force struct dst_entry **)&way->dst, dst);
	dst_release(old);
}

/*
 * Not one that belongs to somebody else and is never declared stale (a bridge's, when
 * it shows its packets to the network layer), nor one that does more than to send: of
 * IPsec, or of a light-weight tunnel, which may be different for each packet.
 */
void ip_vs_fnat_way_set(struct ip_vs_fnat_way *way, u8 af, struct dst_entry *dst)
{
	u32 cookie;

	if (dst->obsolete != DST_OBSOLETE_FORCE_CHK || dst_xfrm(dst) || dst->lwtstate ||
	    !dst_hold_safe(dst))
		return;
	cookie = af == AF_INET6 ? rt6_get_cookie((const struct rt6_info *)dst) : 0;
	WRITE_ONCE(way->cookie, cookie);
	way_replace(way, dst);
}

void ip_vs_fnat_way_learn(struct ip_vs_fnat_way *way, u8 af, const struct sk_buff *skb)
{
	int iif = skb->dev ? skb->dev->ifindex : 0;
	u8 dscp = ip_vs_fnat_dscp(af, skb);

	if (READ_ONCE(way->iif) != iif)
		WRITE_ONCE(way->iif, iif);
	if (READ_ONCE(way->dscp) != dscp)
		WRITE_ONCE(way->dscp, dscp);
	if (skb->dev)
		ip_vs_fnat_way_belongs(way, skb->dev);
}

/* The stack may have put its own device in the place of @dev already. */
void ip_vs_fnat_way_forget(struct ip_vs_fnat_way *way, const struct net_device *dev)
{
	const struct dst_entry *dst = rcu_dereference(way->dst);

	if (dst && (dst->dev == dev || dst->dev == blackhole_netdev))
		way_replace(way, NULL);
}

void ip_vs_fnat_way_drop(struct ip_vs_fnat_way *way)
{
	way_replace(way, NULL);
}

void ip_vs_fnat_way_free(struct ip_vs_fnat_way *way)
{
	dst_release(rcu_dereference_protected(way->dst, 1));
}
