/* SPDX-License-Identifier: GPL-2.0 */
/* States of flows (ip_vs_fnat_state.c). */
#ifndef _IP_VS_FNAT_STATE_H
#define _IP_VS_FNAT_STATE_H

#include "ip_vs_fnat_flow.h"

/* The state that a peer knows, with what its owner counts by it. */
void ip_vs_fnat_flow_set_state(struct ip_vs_fnat_flow *flow, u8 state);
/* Has the other side said anything? @state is the flow's. */
bool ip_vs_fnat_flow_is_answered(const struct ip_vs_fnat_flow *flow, u32 state);
/*
 * Note a packet's sequence number; @state is IPVS's. False for a reset or an end that
 * must not change it.
 */
bool ip_vs_fnat_flow_tcp(struct ip_vs_fnat_flow *flow, enum ip_vs_fnat_dir dir,
			 const struct tcphdr *th, u32 state);
/* A packet of a flow passes that is not of IPVS, with @th if it is of TCP. */
void ip_vs_fnat_flow_touch(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow,
			   enum ip_vs_fnat_dir dir, const struct tcphdr *th);

/* ---- of IPVS's connections ---- */

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
