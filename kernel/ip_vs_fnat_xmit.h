/* SPDX-License-Identifier: GPL-2.0 */
/* Routes of flows, and sending by them (ip_vs_fnat_xmit.c). */
#ifndef _IP_VS_FNAT_XMIT_H
#define _IP_VS_FNAT_XMIT_H

#include <linux/skbuff.h>
#include <net/dst.h>
#include <net/ip.h>
#include <net/ip6_route.h>

#include "ip_vs_fnat_flow.h"

/* The next hop of @dst for @daddr; false when it is of another family. */
bool ip_vs_fnat_next_hop(u8 af, const struct dst_entry *dst, const union nf_inet_addr *daddr,
			 union nf_inet_addr *gw);
/* A rule's own next hop; NULL when it has none, ERR_PTR(-EHOSTUNREACH) when unreachable. */
struct dst_entry *ip_vs_fnat_new_gw_dst(struct net *net, const struct ip_vs_fnat_flow *flow);
/*
 * The route of a packet of the flow at PRE_ROUTING, by the way if that is valid, else
 * looked up as the stack would, with the mark that the flow was routed with. Under RCU.
 * Of the original direction: NULL where the stack has to be asked, for the packet comes
 * from another device, IPsec has policies, or there is no route.
 * Of the reply: NULL where there is no route, or the source is not valid on that device;
 * ERR_PTR(-EAGAIN) where it may be with the mark that chains will give it. @marked: they did.
 */
struct dst_entry *ip_vs_fnat_orig_dst(struct sk_buff *skb, struct net *net,
				      struct ip_vs_fnat_flow *flow);
struct dst_entry *ip_vs_fnat_reply_dst(struct sk_buff *skb, struct net *net,
				       struct ip_vs_fnat_flow *flow, bool marked);
/* Does strict reverse-path filtering refuse @skb's source on its device? */
bool ip_vs_fnat_is_forged(struct sk_buff *skb, u8 af);
/*
 * The route of a packet that came in, as if it were to @daddr; also left on it, without
 * a reference. NULL when it leads nowhere, or to this host. Under RCU.
 */
struct dst_entry *ip_vs_fnat_input_route(struct sk_buff *skb, struct net *net, u8 af,
					 const union nf_inet_addr *daddr, u8 proto);
/*
 * The route for packets of the host's own from @src to @dst, whoever has @src;
 * the caller puts it. NULL when there is none.
 */
struct dst_entry *ip_vs_fnat_output_route(struct net *net, u8 af, const union nf_inet_addr *src,
					  const union nf_inet_addr *dst);
/* Does the host forward? IPv4's routes tell by themselves, and go stale with a change. */
static __always_inline bool ip_vs_fnat_forwards(const struct net *net, u8 af)
{
	return af == AF_INET || READ_ONCE(net->ipv6.devconf_all->forwarding);
}

/* @l3 is the network header, which may be written. */
static __always_inline void ip_vs_fnat_take_hop(void *l3, u8 af)
{
	if (af == AF_INET)
		ip_decrease_ttl(l3);
	else
		((struct ipv6hdr *)l3)->hop_limit--;
}

bool ip_vs_fnat_dst_is_local(u8 af, const struct dst_entry *dst);
/* True when a packet may go on another hop; else tells the sender and returns false. */
bool ip_vs_fnat_hops_left(struct sk_buff *skb, struct net *net, u8 af);
/* True when @skb fits @dst; else tells the sender and returns false. */
bool ip_vs_fnat_fits(struct sk_buff *skb, struct net *net, u8 af, struct dst_entry *dst);
/* Take a packet of a known flow to its end; NF_STOLEN, NF_DROP or NF_ACCEPT. */
unsigned int ip_vs_fnat_forward(struct sk_buff *skb, struct ip_vs_fnat_net *fn,
				const struct ip_vs_fnat_pkt *pkt, struct ip_vs_fnat_flow *flow,
				enum ip_vs_fnat_dir dir, struct dst_entry *dst);
void ip_vs_fnat_prohibited(struct sk_buff *skb, u8 af);
/* IPsec's policies are asked about a packet that was translated behind routing. */
bool ip_vs_fnat_policy_again(struct sk_buff *skb, struct net *net, u8 af);

#endif /* _IP_VS_FNAT_XMIT_H */
