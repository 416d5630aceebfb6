/* SPDX-License-Identifier: GPL-2.0 */
/* What IPVS's connection keeps for a flow of FULLNAT (ip_vs_fnat_state.c). */
#ifndef _IP_VS_FNAT_STATE_H
#define _IP_VS_FNAT_STATE_H

#include "ip_vs_fnat_flow.h"

/* IPVS restarts a connection's timer with every packet; here that is often enough. */
#define IP_VS_FNAT_TIMER_PERIOD	HZ

/* A packet passes; offsets as in @pkt. */
void ip_vs_fnat_conn_touch(struct ip_vs_fnat_conn *conn, enum ip_vs_fnat_dir dir,
			   const struct ip_vs_fnat_pkt *pkt, const struct sk_buff *skb);
/* Its real server; under RCU. */
struct ip_vs_dest *ip_vs_fnat_conn_dest(const struct ip_vs_fnat_conn *conn);
/* Milliseconds until it ends if no packet comes. */
u32 ip_vs_fnat_conn_left(const struct ip_vs_fnat_conn *conn);

#endif /* _IP_VS_FNAT_STATE_H */
