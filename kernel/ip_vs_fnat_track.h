/* SPDX-License-Identifier: GPL-2.0 */
/* Flows and connection tracking; how they go together is told in the .c file. */
#ifndef _IP_VS_FNAT_TRACK_H
#define _IP_VS_FNAT_TRACK_H

#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_packet.h"

/* Who has translated a packet that is forwarded. */
enum ip_vs_fnat_claim {
	IP_VS_FNAT_UNCLAIMED,
	IP_VS_FNAT_SENT_ELSEWHERE,	/* nf_nat, but its destination only */
	IP_VS_FNAT_OTHERS,		/* or it answers what they let in */
};

#ifdef CONFIG_IP_VS_NFCT

enum ip_vs_fnat_claim ip_vs_fnat_claimed(const struct sk_buff *skb);
/*
 * What the client asked before nf_nat sent it elsewhere: a keyed hash of the address and port,
 * never 0, which is what was not sent elsewhere. Of IP_VS_FNAT_SENT_ELSEWHERE. Two that share
 * a hash share a flow, whose answers are then those of the first: one in 65,535, of one port
 * of one client to one remote.
 */
u16 ip_vs_fnat_track_asked(const struct sk_buff *skb);
/* Before a flow of a rule or zone is given its port: it is to have @skb's entry, if any. */
void ip_vs_fnat_track_choose(const struct sk_buff *skb, const struct ip_vs_fnat_net *fn,
			     struct ip_vs_fnat_flow *flow);
/*
 * A packet of the client that came by the stack, not yet rewritten: its entry becomes the
 * flow's, and leaves the packet. False when there is another with the flow's answers.
 */
bool ip_vs_fnat_track_enter(struct sk_buff *skb, struct ip_vs_fnat_net *fn,
			    struct ip_vs_fnat_flow *flow);
/*
 * A packet of a tracked flow at @hook, PRE_ROUTING or LOCAL_OUT, not yet rewritten:
 * connection tracking looks at it as if it came by the stack. NF_ACCEPT, without an entry
 * on it, or another verdict.
 */
unsigned int ip_vs_fnat_track_packet(struct sk_buff *skb, struct ip_vs_fnat_net *fn,
				     const struct ip_vs_fnat_pkt *pkt,
				     struct ip_vs_fnat_flow *flow, enum ip_vs_fnat_dir dir,
				     unsigned int hook);
/* Has an entry of the namespace the tuple of the flow's answers, with @port? */
bool ip_vs_fnat_track_has_port(const struct ip_vs_fnat_net *fn,
			       const struct ip_vs_fnat_flow *flow, u16 port);
/* The entry lives as long as the flow, @left milliseconds at least; and ends with it. */
void ip_vs_fnat_track_keep(const struct ip_vs_fnat_flow *flow, u32 left);
void ip_vs_fnat_track_end(const struct ip_vs_fnat_flow *flow);

#else

static inline enum ip_vs_fnat_claim ip_vs_fnat_claimed(const struct sk_buff *skb)
{
	return skb->ipvs_property ? IP_VS_FNAT_OTHERS : IP_VS_FNAT_UNCLAIMED;
}

static inline u16 ip_vs_fnat_track_asked(const struct sk_buff *skb)
{
	return 0;
}

static inline void ip_vs_fnat_track_choose(const struct sk_buff *skb,
					   const struct ip_vs_fnat_net *fn,
					   struct ip_vs_fnat_flow *flow)
{
}

static inline bool ip_vs_fnat_track_enter(struct sk_buff *skb, struct ip_vs_fnat_net *fn,
					  struct ip_vs_fnat_flow *flow)
{
	return true;
}

static inline unsigned int ip_vs_fnat_track_packet(struct sk_buff *skb,
						   struct ip_vs_fnat_net *fn,
						   const struct ip_vs_fnat_pkt *pkt,
						   struct ip_vs_fnat_flow *flow,
						   enum ip_vs_fnat_dir dir, unsigned int hook)
{
	return NF_ACCEPT;
}

static inline bool ip_vs_fnat_track_has_port(const struct ip_vs_fnat_net *fn,
					     const struct ip_vs_fnat_flow *flow, u16 port)
{
	return false;
}

static inline void ip_vs_fnat_track_keep(const struct ip_vs_fnat_flow *flow, u32 left)
{
}

static inline void ip_vs_fnat_track_end(const struct ip_vs_fnat_flow *flow)
{
}

#endif

#endif /* _IP_VS_FNAT_TRACK_H */
