/* SPDX-License-Identifier: GPL-2.0 */
/* How many flows there may be (ip_vs_fnat_limit.c). */
#ifndef _IP_VS_FNAT_LIMIT_H
#define _IP_VS_FNAT_LIMIT_H

#include <linux/types.h>

struct ip_vs_fnat_net;

/* The host has so many bytes of memory; once, before the first flow. */
void ip_vs_fnat_limit_init(u64 memory);
/* A new flow is counted; false, and not counted, where there is no room, nor can be made. */
bool ip_vs_fnat_flow_count(struct ip_vs_fnat_net *fn);
void ip_vs_fnat_flow_uncount(struct ip_vs_fnat_net *fn);
/* Of all namespaces. */
unsigned int ip_vs_fnat_flow_total(void);
unsigned int ip_vs_fnat_flow_max(void);

#endif /* _IP_VS_FNAT_LIMIT_H */
