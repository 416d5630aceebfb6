/* SPDX-License-Identifier: GPL-2.0 */
/* What a packet that passes changes (ip_vs_fnat_account.c). */
#ifndef _IP_VS_FNAT_ACCOUNT_H
#define _IP_VS_FNAT_ACCOUNT_H

#include "ip_vs_fnat_flow.h"

/* A packet of the flow passes, rewritten: its state and time, and all counters. Under RCU. */
void ip_vs_fnat_passed(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow,
		       enum ip_vs_fnat_dir dir, const struct ip_vs_fnat_pkt *pkt,
		       const struct sk_buff *skb, bool opened);
/* The counters alone, where softirqs are off. */
void __ip_vs_fnat_account(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow,
			  enum ip_vs_fnat_dir dir, const struct sk_buff *skb, bool opened);

#endif /* _IP_VS_FNAT_ACCOUNT_H */
