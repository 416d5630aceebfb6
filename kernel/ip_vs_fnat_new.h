/* SPDX-License-Identifier: GPL-2.0 */
/* New flows (ip_vs_fnat_new.c). */
#ifndef _IP_VS_FNAT_NEW_H
#define _IP_VS_FNAT_NEW_H

#include "ip_vs_fnat_flow.h"

struct ip_vs_fnat_snat;
struct ip_vs_fnat_zones;

/* What acts on a packet of one family and protocol. */
struct ip_vs_fnat_scope {
	struct ip_vs_fnat_net	*fn;
	struct ip_vs_fnat_snat	*snat;
	struct ip_vs_fnat_zones	*zones;
	u8			af;
	bool			ruled;	/* rules do */
	bool			zoned;	/* zones do */
	bool			nated;	/* nf_nat chose the packet's destination */
};

/* False when SNAT and zones are off for the family. */
bool ip_vs_fnat_scope_begin(struct ip_vs_fnat_scope *s, struct ip_vs_fnat_net *fn, u8 af);
/* False when neither acts on @proto; one that can't be read, -1, is everybody's. */
bool ip_vs_fnat_scope_packet(struct ip_vs_fnat_scope *s, int proto);
/*
 * Decide about a packet that no flow has and that is routed: its flow, *@opened by
 * it or at the same time by another, or NULL with the verdict in *@verdict. Under RCU.
 */
struct ip_vs_fnat_flow *ip_vs_fnat_new(struct sk_buff *skb, const struct ip_vs_fnat_scope *s,
				       const struct ip_vs_fnat_pkt *pkt, bool *opened,
				       unsigned int *verdict);
/*
 * The same for a packet of @tuple, UDP's or a SYN alone, that goes by @dst; NULL when
 * there is a reason to refuse it, or to send it another way, which is for the above.
 */
struct ip_vs_fnat_flow *ip_vs_fnat_new_early(const struct ip_vs_fnat_scope *s,
					     const struct ip_vs_fnat_tuple *tuple,
					     const struct dst_entry *dst, bool *opened);

#endif /* _IP_VS_FNAT_NEW_H */
