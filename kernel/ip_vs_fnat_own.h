/* SPDX-License-Identifier: GPL-2.0 */
/* The gateway's own connections, beside flows that have its address (ip_vs_fnat_own.c). */
#ifndef _IP_VS_FNAT_OWN_H
#define _IP_VS_FNAT_OWN_H

#include <linux/skbuff.h>

struct ip_vs_fnat_net;

/* A packet of the host's own, behind all chains of LOCAL_OUT. NF_ACCEPT or NF_DROP. */
unsigned int ip_vs_fnat_own_packet(struct sk_buff *skb, struct ip_vs_fnat_net *fn, u8 af);

#endif /* _IP_VS_FNAT_OWN_H */
