/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Flow synchronisation, on the wire: docs/sync-protocol.md. Numbers are in network
 * byte order.
 */
#ifndef _IP_VS_FNAT_SYNC_WIRE_H
#define _IP_VS_FNAT_SYNC_WIRE_H

#include <linux/build_bug.h>
#include <linux/types.h>

#define IP_VS_FNAT_SYNC_MAGIC		0x464e5359
#define IP_VS_FNAT_SYNC_VERSION		1
#define IP_VS_FNAT_SYNC_PORT		8849
/* Bytes of UDP payload that pass Ethernet in one piece, with the tag. */
#define IP_VS_FNAT_SYNC_LEN		1440
#define IP_VS_FNAT_SYNC_TAG		16
/* Of messages about the session itself. */
#define IP_VS_FNAT_SYNC_CONTROL		0xffff

enum ip_vs_fnat_sync_type {
	IP_VS_FNAT_SYNC_HELLO = 1,
	IP_VS_FNAT_SYNC_BEAT,
	IP_VS_FNAT_SYNC_FLOWS,
	IP_VS_FNAT_SYNC_AGAIN,
	IP_VS_FNAT_SYNC_GONE,
	IP_VS_FNAT_SYNC_ASK,
	IP_VS_FNAT_SYNC_FLUSHED,
};

#define IP_VS_FNAT_SYNC_F_TAG		BIT(0)	/* a tag follows the message */

struct ip_vs_fnat_sync_header {
	__be32	magic;
	u8	version;
	u8	type;
	u8	syncid;
	u8	flags;
	__be16	len;		/* of the message, without the tag */
	__be16	records;
	__be16	header_len;
	__be16	stream;
	__be64	node;
	__be64	boot;
	__be64	number;		/* in its stream, from 1 on */
	__be64	to;		/* boot id of the receiver; 0: all */
	__be64	answer;		/* to the receiver's question; 0: none */
	__be64	clock;		/* ms since the sender's daemon started */
};

static_assert(sizeof(struct ip_vs_fnat_sync_header) == 64);

/* ---- records ---- */

#define IP_VS_FNAT_SYNC_FLOW_V4		1
#define IP_VS_FNAT_SYNC_FLOW_V6		2
#define IP_VS_FNAT_SYNC_CONN_V4		3
#define IP_VS_FNAT_SYNC_CONN_V6		4
#define IP_VS_FNAT_SYNC_MARK		16

#define IP_VS_FNAT_SYNC_R_END		BIT(0)	/* the flow has ended */
#define IP_VS_FNAT_SYNC_R_ZONE		BIT(1)	/* it is of a zone, not of a rule */
/* Of a connection, what follows its addresses, in this order, in numbers of four bytes: */
#define IP_VS_FNAT_SYNC_R_FWMARK	BIT(2)	/* the mark that its service may be named by */
#define IP_VS_FNAT_SYNC_R_TOA		BIT(3)	/* the sequence number of the client's first data */
#define IP_VS_FNAT_SYNC_R_PROXY		BIT(4)	/* SYNPROXY's two: see ip_vs_fnat_proxied */

struct ip_vs_fnat_sync_record {
	u8	type;
	u8	words;		/* of four bytes, this header included */
	__be16	flags;
};

/* Behind the header, and followed by client, remote and local address. */
struct ip_vs_fnat_sync_flow {
	struct ip_vs_fnat_sync_record	record;
	u8				proto;
	u8				state;
	__be16				cport;
	__be16				rport;
	__be16				lport;
	__be32				idle;	/* ms since the last packet */
	__be32				mark;
	__be32				owner;	/* see ip_vs_fnat_rule_id(); 0: a zone */
};

static_assert(sizeof(struct ip_vs_fnat_sync_flow) == 24);

/*
 * A connection of FULLNAT. Behind the header, and followed by client, virtual, remote (real
 * server) and local address.
 */
struct ip_vs_fnat_sync_conn {
	struct ip_vs_fnat_sync_record	record;
	u8				proto;
	u8				state;	/* IPVS's */
	__be16				cport;
	__be16				vport;
	__be16				rport;
	__be16				lport;
	__be16				wscales;	/* see below */
	__be32				idle;		/* ms since the last packet */
};

/* Of SYNPROXY: four bits each, the client's lowest; see ip_vs_fnat_proxied. */
#define IP_VS_FNAT_SYNC_WSCALE_SERVER	4
#define IP_VS_FNAT_SYNC_WSCALE_OFFERED	8
#define IP_VS_FNAT_SYNC_WSCALE_MASK	0xf

static_assert(sizeof(struct ip_vs_fnat_sync_conn) == 20);

enum ip_vs_fnat_sync_mark_kind {
	IP_VS_FNAT_SYNC_BULK_END = 1,	/* the whole table was sent since it was asked for */
	IP_VS_FNAT_SYNC_FLUSH,		/* all that is before it is to be confirmed */
};

/* In every stream: everything that was sent before it is in front of it. */
struct ip_vs_fnat_sync_mark {
	struct ip_vs_fnat_sync_record	record;	/* flags: the kind */
	__be32				spare;
	__be64				node;	/* that it is for; 0: all */
	__be64				token;
} __packed __aligned(4);	/* as records lie */

/* ---- bodies ---- */

#define IP_VS_FNAT_SYNC_MASTER		BIT(0)
#define IP_VS_FNAT_SYNC_BACKUP		BIT(1)
#define IP_VS_FNAT_SYNC_COMPLETE	BIT(2)

struct ip_vs_fnat_sync_hello {
	__be64	question;	/* 0: none */
	__be32	flags;
	__be16	streams;
	__be16	spare;
};

struct ip_vs_fnat_sync_asked {
	__be64	node;
	__be64	token;
	__be32	done;		/* of the table, in 1/1000 */
	__be32	spare;
};

/* Followed by the last number of each stream, and by those who asked for everything. */
struct ip_vs_fnat_sync_beat {
	__be32	flags;
	__be32	flows;
	__be16	streams;
	__be16	asked;
	__be32	spare;
};

/* Of AGAIN the numbers that are missing, of GONE those that can't be sent again; both included. */
struct ip_vs_fnat_sync_range {
	__be16	stream;
	__be16	spare[3];
	__be64	from;
	__be64	to;
};

/* ASK and FLUSHED. */
struct ip_vs_fnat_sync_token {
	__be64	token;
};

#endif /* _IP_VS_FNAT_SYNC_WIRE_H */
