/* SPDX-License-Identifier: GPL-2.0 */
/* FULLNAT's connections (ip_vs_fnat_conn.c); what IPVS sends (ip_vs_fnat_conn_xmit.c). */
#ifndef _IP_VS_FNAT_CONN_H
#define _IP_VS_FNAT_CONN_H

#include <net/ip_vs.h>

#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_sync_record.h"

/* The flow of a FULLNAT connection; no application helper has one. */
static inline struct ip_vs_fnat_conn *ip_vs_fnat_cp_conn(const struct ip_vs_conn *cp)
{
	return cp->app_data;
}

/* A packet of a connection, met at PRE_ROUTING. */
unsigned int ip_vs_fnat_conn_packet(struct sk_buff *skb, struct ip_vs_fnat_net *fn,
				    const struct ip_vs_fnat_pkt *pkt,
				    struct ip_vs_fnat_flow *flow, enum ip_vs_fnat_dir dir);
/* A real server on this host answers; LOCAL_OUT. */
unsigned int ip_vs_fnat_conn_answer(struct sk_buff *skb, struct ip_vs_fnat_net *fn,
				    const struct ip_vs_fnat_pkt *pkt,
				    struct ip_vs_fnat_flow *flow);
/* /proc/net/ip_vs_conn_local, where a connection's line ends with its local address. */
int ip_vs_fnat_conn_proc_init(struct net *net);
void ip_vs_fnat_conn_proc_exit(struct net *net);

/* A connection that a peer has told of, and why it could not be opened here. */
struct ip_vs_fnat_given {
	const struct ip_vs_fnat_told	*told;
	int				err;	/* of ip_vs_fnat_flow_link(), */
	unsigned int			why;	/* and the counter to raise */
};

/*
 * A connection to @dest with the local address and port that it has there, and a reference to
 * it. NULL: see given; without a word there, no memory. Under RCU.
 */
struct ip_vs_conn *ip_vs_fnat_conn_open_given(const struct ip_vs_conn_param *param,
					      struct ip_vs_dest *dest,
					      struct ip_vs_fnat_given *given);

/* The server's handshake is over; both numbers come after a SYN, in the client's view. */
void ip_vs_fnat_conn_proxied(struct ip_vs_conn *cp, u32 client_first, u32 server_first);

#endif /* _IP_VS_FNAT_CONN_H */
