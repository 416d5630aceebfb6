/* SPDX-License-Identifier: GPL-2.0 */
/* What a flow owes whom it is of (ip_vs_fnat_owner.c). */
#ifndef _IP_VS_FNAT_OWNER_H
#define _IP_VS_FNAT_OWNER_H

#include "ip_vs_fnat_flow.h"

struct ip_vs_fnat_flush;
struct ip_vs_fnat_net;

/*
 * One for each kind of owner. The packet path, which has little time, asks for kinds
 * itself; so does what counts its packets (ip_vs_fnat_account.c).
 */
struct ip_vs_fnat_owner_ops {
	/* It is in the table, or left it. */
	void (*linked)(const struct ip_vs_fnat_flow *flow);
	void (*unlinked)(const struct ip_vs_fnat_flow *flow);
	/* One more TCP connection is established, or one less: @by is 1 or -1. */
	void (*established)(const struct ip_vs_fnat_flow *flow, int by);
	/* It is freed: nobody finds it any more. */
	void (*put)(const struct ip_vs_fnat_flow *flow);
	/* What it may be idle, in jiffies; 0: IPVS ends it. */
	u32 (*timeout)(const struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_flow *flow);
	/* Does it end with what is flushed? Namespace and family are looked at before. */
	bool (*is_of)(const struct ip_vs_fnat_flow *flow, const struct ip_vs_fnat_flush *what);
};

extern const struct ip_vs_fnat_owner_ops ip_vs_fnat_owners[];

static inline const struct ip_vs_fnat_owner_ops *
ip_vs_fnat_owner(const struct ip_vs_fnat_flow *flow)
{
	return &ip_vs_fnat_owners[flow->kind];
}

#endif /* _IP_VS_FNAT_OWNER_H */
