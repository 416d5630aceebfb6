/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fast path (ip_vs_fnat_fast.c),
 * and where packets are met ahead of the network layer (ip_vs_fnat_ingress.c).
 */
#ifndef _IP_VS_FNAT_FAST_H
#define _IP_VS_FNAT_FAST_H

#include <linux/netdevice.h>
#include <linux/skbuff.h>

struct ip_vs_fnat_net;

/*
 * A packet that no layer above its device has taken: send it if it is a simple
 * one of a known flow, or may begin one where nobody else has a word, and return
 * true; else it is as it was. @received: the network layer has looked at it already.
 */
bool ip_vs_fnat_fast(struct sk_buff *skb, struct ip_vs_fnat_net *fn, u8 af, bool received);
/* Is it such a packet, of TCP or UDP, and no flow has it? When false, that is not known. */
bool ip_vs_fnat_unknown(const struct sk_buff *skb, const struct net *net, u8 af);

/* ---- packets at their devices (ip_vs_fnat_ingress.c) ---- */

int ip_vs_fnat_ingress_init(void);
void ip_vs_fnat_ingress_exit(void);
void ip_vs_fnat_ingress_net_init(struct ip_vs_fnat_net *fn);
void ip_vs_fnat_ingress_net_exit(struct ip_vs_fnat_net *fn);
/* Something was switched on, or all of it off. Done when RTNL allows, soon. */
void ip_vs_fnat_ingress(struct ip_vs_fnat_net *fn, bool on);

static inline bool ip_vs_fnat_has_ingress(const struct net_device *dev)
{
	return rcu_access_pointer(dev->nf_hooks_ingress);
}

#endif /* _IP_VS_FNAT_FAST_H */
