/* SPDX-License-Identifier: GPL-2.0 */
/* Sockets of the host, which may have addresses that flows leave with (ip_vs_fnat_sock.c). */
#ifndef _IP_VS_FNAT_SOCK_H
#define _IP_VS_FNAT_SOCK_H

#include <net/inet_hashtables.h>
#include <net/tcp.h>
#include <net/udp.h>

#include "ip_vs_fnat_compat.h"
#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_net.h"

struct nf_hook_state;

bool __ip_vs_fnat_sock_has_port(struct net *net, const struct ip_vs_fnat_flow *flow, u16 port);

/* Has a socket of the host @port of the flow's local address, towards anybody? Under RCU. */
static inline bool ip_vs_fnat_sock_has_port(const struct ip_vs_fnat_net *fn,
					    const struct ip_vs_fnat_flow *flow, u16 port)
{
	const struct inet_hashinfo *info = fn->net->ipv4.tcp_death_row.hashinfo;
	const struct hlist_head *chain;

	/* Most have no socket in the chain that it would be in. */
	if (flow->proto == IPPROTO_UDP)
		chain = &udp_hashslot(ip_vs_fnat_udp_table(fn->net), fn->net, port)->head;
	else if (flow->proto == IPPROTO_TCP)
		chain = &info->bhash[inet_bhashfn(fn->net, port, info->bhash_size)].chain;
	else
		return false;
	return unlikely(!hlist_empty(chain)) && __ip_vs_fnat_sock_has_port(fn->net, flow, port);
}

/* Does a socket of the host wait for the packet that came for a local address? Under RCU. */
bool ip_vs_fnat_sock_waits(struct sk_buff *skb, const struct nf_hook_state *state,
			   const struct ip_vs_fnat_pkt *pkt);

#endif /* _IP_VS_FNAT_SOCK_H */
