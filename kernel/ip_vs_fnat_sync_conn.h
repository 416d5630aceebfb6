/* SPDX-License-Identifier: GPL-2.0 */
/* Connections of FULLNAT that a peer tells of (ip_vs_fnat_sync_conn.c); all under RCU. */
#ifndef _IP_VS_FNAT_SYNC_CONN_H
#define _IP_VS_FNAT_SYNC_CONN_H

#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_sync_record.h"

/*
 * As ip_vs_fnat_flow_link(); -ETIMEDOUT: it is over; -ENOENT and the counter to raise: it can't
 * be here, where there is no such service, real server or local address. Not from a softirq.
 */
int ip_vs_fnat_sync_conn_open(struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_told *told,
			      unsigned int *why);
/* Its state and timer. */
void ip_vs_fnat_sync_conn_set(struct ip_vs_fnat_conn *conn,
			      const struct ip_vs_fnat_told *told);
/* Its flow is gone, the connection will be. */
void ip_vs_fnat_sync_conn_end(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_conn *conn);

#endif /* _IP_VS_FNAT_SYNC_CONN_H */
