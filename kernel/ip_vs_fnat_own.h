/* SPDX-License-Identifier: GPL-2.0 */
/* The gateway's own sockets, beside flows that leave with its own addresses. */
#ifndef _IP_VS_FNAT_OWN_H
#define _IP_VS_FNAT_OWN_H

#include "ip_vs_fnat_int.h"

/* Has a socket of the host @port of the flow's local address, towards anybody? */
bool ip_vs_fnat_own_has_port(const struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_flow *flow,
			     u16 port);
/* Does a socket of the host wait for the packet that came for a local address? Under RCU. */
bool ip_vs_fnat_own_waits(struct sk_buff *skb, const struct nf_hook_state *state,
			  const struct ip_vs_fnat_pkt *pkt);
/* A packet of the host's own, behind all chains of LOCAL_OUT. NF_ACCEPT or NF_DROP. */
unsigned int ip_vs_fnat_own_packet(struct sk_buff *skb, struct ip_vs_fnat_net *fn, u8 af);

#endif /* _IP_VS_FNAT_OWN_H */
