/* SPDX-License-Identifier: GPL-2.0 */
/* SYNPROXY towards the server (ip_vs_fnat_synproxy_server.c). */
#ifndef _IP_VS_FNAT_SYNPROXY_SERVER_H
#define _IP_VS_FNAT_SYNPROXY_SERVER_H

#include <linux/skbuff.h>
#include <net/ip_vs.h>

#include "ip_vs_fnat_packet.h"
#include "ip_vs_fnat_proxy.h"

struct ip_vs_fnat_net;

/* Bytes of data in a TCP packet. */
static inline u32 ip_vs_fnat_payload_len(const struct sk_buff *skb,
					 const struct ip_vs_fnat_pkt *pkt)
{
	unsigned int headers = pkt->l4 + pkt->tcph.doff * 4;

	return skb->len > headers ? skb->len - headers : 0;
}

static inline bool ip_vs_fnat_is_first_ack(const struct ip_vs_fnat_pkt *pkt)
{
	return pkt->tcph.ack && !pkt->tcph.syn && !pkt->tcph.rst;
}

/* Once, before the proxy is found. */
void ip_vs_fnat_proxy_timer_init(struct ip_vs_fnat_proxy *proxy);
/* Numbers become the server's, when it has any, and the packet goes. Returns a verdict. */
int ip_vs_fnat_proxy_send(struct sk_buff *skb, struct ip_vs_conn *cp, struct ip_vs_protocol *pp,
			  struct ip_vs_iphdr *iph, struct ip_vs_fnat_proxy *proxy);
/* What the client sends before the server answered; takes the packet. */
void ip_vs_fnat_proxy_wait(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_proxy *proxy,
			   struct sk_buff *skb, const struct ip_vs_fnat_pkt *pkt);
/* Is a packet of the server's for the director itself? A reference to the connection is held. */
bool ip_vs_fnat_proxy_answered(struct ip_vs_fnat_proxy *proxy, const struct sk_buff *skb,
			       unsigned int l4);

#endif /* _IP_VS_FNAT_SYNPROXY_SERVER_H */
