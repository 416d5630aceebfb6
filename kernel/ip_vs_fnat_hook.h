/* SPDX-License-Identifier: GPL-2.0 */
/* Hooks of netfilter (ip_vs_fnat_hook.c). */
#ifndef _IP_VS_FNAT_HOOK_H
#define _IP_VS_FNAT_HOOK_H

#include <linux/skbuff.h>

struct ip_vs_fnat_net;
struct net;

/*
 * Does nobody but IPVS see what is forwarded? No chain of the filter table, no
 * connection tracking, nothing else at PRE_ROUTING, FORWARD and POST_ROUTING.
 */
bool ip_vs_fnat_hooks_alone(const struct net *net, u8 af);

/*
 * A packet that a bridge with netfilter has given to the network layer: PRE_ROUTING was
 * asked on the bridge, where it was none of ours, and is not asked again. Its network
 * header was checked there. NF_STOLEN, NF_DROP or NF_ACCEPT.
 */
unsigned int ip_vs_fnat_bridged_up(struct sk_buff *skb, struct ip_vs_fnat_net *fn, u8 af);
int ip_vs_fnat_hooks_register(struct net *net, u8 af);
void ip_vs_fnat_hooks_unregister(struct net *net, u8 af);

#endif /* _IP_VS_FNAT_HOOK_H */
