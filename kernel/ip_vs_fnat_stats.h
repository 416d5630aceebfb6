/* SPDX-License-Identifier: GPL-2.0 */
/* Counters by reason (ip_vs_fnat_stats.c). */
#ifndef _IP_VS_FNAT_STATS_H
#define _IP_VS_FNAT_STATS_H

#include <linux/u64_stats_sync.h>

#include "ip_vs_fnat_uapi.h"

struct ip_vs_fnat_net;

/* The attributes of the netlink family number the counters. */
struct ip_vs_fnat_counters {
	u64_stats_t		value[IP_VS_FNAT_A_EXT_MAX + 1];
	struct u64_stats_sync	syncp;
};

#define IP_VS_FNAT_INC(fn, what) ip_vs_fnat_inc(fn, IP_VS_FNAT_A_EXT_##what, 1)

void ip_vs_fnat_inc(struct ip_vs_fnat_net *fn, unsigned int what, unsigned int n);
/* The same, where softirqs are off. */
void __ip_vs_fnat_inc(struct ip_vs_fnat_net *fn, unsigned int what, unsigned int n);
u64 ip_vs_fnat_counter(struct ip_vs_fnat_net *fn, unsigned int what);
int ip_vs_fnat_stats_init(struct ip_vs_fnat_net *fn);
void ip_vs_fnat_stats_exit(struct ip_vs_fnat_net *fn);

#endif /* _IP_VS_FNAT_STATS_H */
