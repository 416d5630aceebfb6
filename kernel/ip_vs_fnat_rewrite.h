/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rewriting packets (ip_vs_fnat_rewrite.c),
 * and the option that tells servers the client (ip_vs_fnat_toa.c).
 */
#ifndef _IP_VS_FNAT_REWRITE_H
#define _IP_VS_FNAT_REWRITE_H

#include "ip_vs_fnat_flow.h"

/* False when memory is short or the packet too short; the packet is then to be dropped. */
bool ip_vs_fnat_rewrite(struct sk_buff *skb, const struct ip_vs_fnat_pkt *pkt,
			const struct ip_vs_fnat_flow *flow, enum ip_vs_fnat_dir dir);

/* ---- client addresses for real servers (ip_vs_fnat_toa.c) ---- */

/*
 * Numbers of TCP options that can be chosen: not those below, which are in use or have
 * been, nor those of Accurate ECN (RFC 9768), which has options of the same length.
 * toa.ko takes no others either.
 */
#define IP_VS_FNAT_TOA_KIND_MIN	40

static inline bool ip_vs_fnat_toa_kind(unsigned int kind)
{
	return kind >= IP_VS_FNAT_TOA_KIND_MIN && kind != 172 && kind != 174;
}

/*
 * For every TCP packet of a flow, once it is rewritten: blank what the client claims,
 * and tell the real server of a connection who the client is. False as above.
 */
bool ip_vs_fnat_toa(struct sk_buff *skb, const struct ip_vs_fnat_pkt *pkt,
		    const struct ip_vs_fnat_flow *flow, enum ip_vs_fnat_dir dir);
/*
 * Has the packet with a TCP header of @doff words at @l4 an option that a real server
 * may take for the client's address?
 */
bool ip_vs_fnat_toa_claimed(const struct sk_buff *skb, unsigned int l4, unsigned int doff);

#endif /* _IP_VS_FNAT_REWRITE_H */
