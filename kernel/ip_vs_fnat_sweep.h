/* SPDX-License-Identifier: GPL-2.0 */
/* Walks through the flow table, and time (ip_vs_fnat_sweep.c). */
#ifndef _IP_VS_FNAT_SWEEP_H
#define _IP_VS_FNAT_SWEEP_H

#include "ip_vs_fnat_flow.h"

/* There is a flow: the sweep goes on until there is none. */
void ip_vs_fnat_sweep_start(void);
/* For good, when there are no flows. */
void ip_vs_fnat_sweep_stop(void);
/* What a flow may be idle by its protocol and state, in jiffies; not an IPVS connection's. */
u32 ip_vs_fnat_flow_timeout(const struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_flow *flow);
/* Milliseconds left, 0 when dead. */
u32 ip_vs_fnat_flow_left(const struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_flow *flow);
/* Which flows are to end: those of one kind of owner, but IPVS's connections. */
struct ip_vs_fnat_flush {
	enum ip_vs_fnat_owner		kind;
	u8				af;
	u8				proto;	/* of zones: one protocol's, or all (0) */
	const struct ip_vs_service	*svc;	/* of one packet: one service's, or all (NULL) */
};

void ip_vs_fnat_flow_flush(struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_flush *what);
/*
 * Walk the table from bucket *@bucket on, past the first *@skip flows of it,
 * under RCU, until @emit returns non-zero, which is returned with *@bucket and
 * *@skip at the flow it refused.
 */
int ip_vs_fnat_flow_walk(struct ip_vs_fnat_net *fn, u32 *bucket, u32 *skip,
			 int (*emit)(struct ip_vs_fnat_flow *flow, u32 left, void *arg),
			 void *arg);

#endif /* _IP_VS_FNAT_SWEEP_H */
