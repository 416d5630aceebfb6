/* SPDX-License-Identifier: GPL-2.0 */
/* The first packet of a flow, ahead of the network layer (ip_vs_fnat_first.c). */
#ifndef _IP_VS_FNAT_FIRST_H
#define _IP_VS_FNAT_FIRST_H

#include <linux/skbuff.h>
#include <linux/tcp.h>

#include "ip_vs_fnat_find.h"
#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_new.h"

/*
 * The route of a plain packet that no flow has, if SNAT or zones act on it and the network
 * layer would ask nobody but IPVS and ourselves; left on the packet, too. NULL: it goes
 * the stack's way. @s is filled in. Under RCU.
 */
struct dst_entry *ip_vs_fnat_first_route(struct sk_buff *skb, struct ip_vs_fnat_net *fn, u8 af,
					 const struct ip_vs_fnat_key *key, const struct tcphdr *th,
					 struct ip_vs_fnat_scope *s);
/*
 * Its flow, *@opened by it or at the same time by another; NULL when there is something
 * to be said about it, which the stack's way does. @skb may have been copied since.
 */
struct ip_vs_fnat_flow *ip_vs_fnat_first_flow(const struct sk_buff *skb,
					      const struct ip_vs_fnat_scope *s,
					      struct dst_entry *dst, bool *opened);

#endif /* _IP_VS_FNAT_FIRST_H */
