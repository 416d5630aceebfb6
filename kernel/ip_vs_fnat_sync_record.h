/* SPDX-License-Identifier: GPL-2.0 */
/* Flows as peers read them (ip_vs_fnat_sync_record.c). */
#ifndef _IP_VS_FNAT_SYNC_RECORD_H
#define _IP_VS_FNAT_SYNC_RECORD_H

#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_proxy.h"
#include "ip_vs_fnat_sync_wire.h"

/* Room for the longest record: that of a connection of IPv6 with all that may follow. */
struct ip_vs_fnat_sync_buffer {
	u8	bytes[sizeof(struct ip_vs_fnat_sync_conn) + 4 * sizeof(union nf_inet_addr) + 16]
		__aligned(8);
};

/* A record, read: of a flow of a rule or zone, or of a connection. */
struct ip_vs_fnat_told {
	struct ip_vs_fnat_tuple	tuple;		/* of the client's packets */
	union nf_inet_addr	remote;
	union nf_inet_addr	local;
	__be16			rport;
	__be16			lport;
	u8			state;
	bool			end;
	bool			zone;
	bool			conn;
	bool			toa;
	bool			proxied;
	u32			used;		/* jiffies */
	u32			mark;		/* of its packets; a connection's: see cp->fwmark */
	u32			owner;		/* a rule's id; 0: a zone's, or a connection */
	u32			client_first;	/* if toa */
	struct ip_vs_fnat_proxied	proxy;	/* if proxied */
};

/* The state that peers are told, which of a connection IPVS has; under RCU. */
u8 ip_vs_fnat_sync_state(const struct ip_vs_fnat_flow *flow);
/* Returns the bytes written; under RCU. */
unsigned int ip_vs_fnat_sync_write(const struct ip_vs_fnat_flow *flow, u8 state, bool end,
				   struct ip_vs_fnat_sync_buffer *to);
/* False for what no peer would say; of the record, all @len bytes are there. */
bool ip_vs_fnat_sync_read(const struct ip_vs_fnat_sync_record *record, unsigned int len,
			  struct ip_vs_fnat_told *told);

#endif /* _IP_VS_FNAT_SYNC_RECORD_H */
