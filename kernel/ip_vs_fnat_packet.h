/* SPDX-License-Identifier: GPL-2.0 */
/* Reading packets (ip_vs_fnat_packet.c). */
#ifndef _IP_VS_FNAT_PACKET_H
#define _IP_VS_FNAT_PACKET_H

#include <linux/skbuff.h>
#include <linux/tcp.h>

#include "ip_vs_fnat_addr.h"

enum ip_vs_fnat_kind {
	IP_VS_FNAT_FLOW,	/* TCP, UDP, SCTP, ICMP echo: the tuple is the packet's own */
	IP_VS_FNAT_ERROR,	/* ICMP error: the tuple is the inverse of the quoted packet's */
	IP_VS_FNAT_OTHER,	/* what can't be translated */
	IP_VS_FNAT_FRAGMENT,	/* not the first of its packet, or not gathered */
	IP_VS_FNAT_MALFORMED,
};

struct ip_vs_fnat_tuple {
	union nf_inet_addr	src;
	union nf_inet_addr	dst;
	__be16			sport;
	__be16			dport;
	u8			af;
	u8			proto;
	u16			asked;		/* see ip_vs_fnat_track_asked() */
	int			l3;		/* see ip_vs_fnat_l3() */
};

struct ip_vs_fnat_pkt {
	enum ip_vs_fnat_kind	kind;
	struct ip_vs_fnat_tuple	tuple;
	union nf_inet_addr	src;		/* of the outer header */
	union nf_inet_addr	dst;
	unsigned int		l4;		/* offset of the transport header; 0: unreadable */
	unsigned int		quoted;		/* of the quoted network header */
	unsigned int		quoted_l4;	/* of the quoted transport header */
	u8			icmp_type;
	bool			options;	/* IPv4 options */
	bool			syn;		/* TCP: opens a connection */
	struct tcphdr		tcph;
};

/* Under RCU. */
void ip_vs_fnat_parse(const struct sk_buff *skb, u8 af, struct ip_vs_fnat_pkt *pkt);

#endif /* _IP_VS_FNAT_PACKET_H */
