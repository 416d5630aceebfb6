/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Flows and their table (ip_vs_fnat_flow.c).
 *
 * Source NAT: a client's packet to a remote host leaves with a local address
 * and port.
 *
 *	original:  client:cport -> remote:rport   becomes   local:lport -> remote:rport
 *	reply:     remote:rport -> local:lport    becomes   remote:rport -> client:cport
 *
 * FULLNAT: it comes to a virtual address, and the remote is a real server.
 *
 *	original:  client:cport -> virtual:vport  becomes   local:lport -> remote:rport
 *	reply:     remote:rport -> local:lport    becomes   virtual:vport -> client:cport
 *
 * Locks, outermost first:
 *	ip_vs_fnat_net.mutex	rules, targets, zones and services of a namespace
 *	bucket locks		chains of the flow table, two in ascending order
 *	ip_vs_fnat_crowd.lock	one crowd's map of ports
 * The packet path takes no lock but for opening or ending a flow.
 */
#ifndef _IP_VS_FNAT_FLOW_H
#define _IP_VS_FNAT_FLOW_H

#include <linux/list.h>
#include <linux/sizes.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <net/net_namespace.h>

#include "ip_vs_fnat_packet.h"
#include "ip_vs_fnat_way.h"

struct ip_vs_conn;
struct ip_vs_dest;
struct ip_vs_fnat_laddr;
struct ip_vs_fnat_net;
struct ip_vs_fnat_proxy;
struct ip_vs_fnat_rule;
struct ip_vs_service;

/*
 * A flow is in the table twice, once for each direction, and both links come
 * and go together under the bucket locks of both. It is found under RCU and
 * freed a grace period after it was unlinked; nothing counts references to
 * it. Addresses, ports and owner never change while it lives. state and used
 * are written by any CPU, and so are the ways, by their own rules.
 *
 * The L3 masters of its ways are part of the key: tenants in two VRFs may have one
 * address. That of the original direction is as constant as the addresses are; a
 * connection's is learned with its first packet, since IPVS knows of no VRFs. That of
 * the reply follows the route that the other direction leaves by. No two flows have one
 * reply tuple, whatever their VRFs. So is the address that the client asked, where nf_nat
 * sends it elsewhere: it may ask the remote by its own address, too.
 * A flow past its timeout is dead to everybody, though the sweep may not have
 * come by yet.
 */
struct ip_vs_fnat_flow {
	struct hlist_node	node[IP_VS_FNAT_DIRS];	/* first: see ip_vs_fnat_find.h */
	possible_net_t		net;
	union nf_inet_addr	client;
	union nf_inet_addr	local;
	union nf_inet_addr	remote;
	__be16			cport;		/* in this order: see ip_vs_fnat_find.h */
	__be16			rport;
	__be16			lport;
	u8			proto;
	u8			af;
	u8			state;		/* TCP's, or IP_VS_FNAT_S_*; see sync */
	u8			sync;		/* see ip_vs_fnat_sync.h */
	u16			asked;		/* see ip_vs_fnat_track_asked() */
	u32			used;		/* jiffies of the last packet, low bits */
	u32			seq[IP_VS_FNAT_DIRS];	/* see ip_vs_fnat_flow_follow(); 0: none */
	struct ip_vs_fnat_way	way[IP_VS_FNAT_DIRS];
	union {
		struct ip_vs_fnat_rule	*rule;	/* that opened it */
		struct ip_vs_fnat_laddr	*laddr;	/* the zone's or service's */
	};
	u32			mark;		/* that the client's packets are routed with */
	u8			kind;		/* enum ip_vs_fnat_owner */
	u8			tracked;	/* IP_VS_FNAT_TRACK_*, */
	u16			zone;		/* and connection tracking's zone, if so */
	struct rcu_head		rcu;
};

/* Whose a flow is, for as long as it lives. */
enum ip_vs_fnat_owner {
	IP_VS_FNAT_OF_RULE,
	IP_VS_FNAT_OF_ZONE,
	IP_VS_FNAT_OF_HOST,		/* its own connection: see ip_vs_fnat_own.c */
	IP_VS_FNAT_OF_CONN,		/* of IPVS: struct ip_vs_fnat_conn */
	IP_VS_FNAT_OF_ONE_PACKET,	/* the same, of one-packet scheduling */
};

/*
 * The flow of a FULLNAT connection. IPVS's connection has its state, timeout
 * and real server, and frees the flow a grace period after itself went.
 *
 * A connection of one-packet scheduling is gone with its packet. Its flow
 * stays for the answers, found by the reply's tuple only, so that the client's
 * next packet is scheduled again.
 */
struct ip_vs_fnat_conn {
	struct ip_vs_fnat_flow	flow;		/* first */
	union nf_inet_addr	virtual;
	union {
		struct ip_vs_conn	*cp;
		struct ip_vs_dest	*dest;	/* of a one-packet one, which holds it */
	};
	__be16			vport;
	bool			toa;		/* its client is told to the server */
	bool			track;		/* it is to have an entry (vs.conntrack) */
	u32			client_first;	/* after the SYN that the server took, if so */
	u32			server_first;	/* in the client's view */
	struct ip_vs_fnat_proxy	*proxy;		/* or NULL; constant, the connection's */
};

#define IP_VS_FNAT_TRACK_NONE	0
#define IP_VS_FNAT_TRACK_OWN	1	/* the flow has an entry */
#define IP_VS_FNAT_TRACK_NAT	2	/* the same, and nf_nat changed the destination */
#define IP_VS_FNAT_TRACK_OFF	3	/* when it began, nobody tracked connections */

/* Of UDP and ICMP, which have no states: an answer has come. */
#define IP_VS_FNAT_S_ANSWERED	1

static __always_inline bool ip_vs_fnat_is_conn(const struct ip_vs_fnat_flow *flow)
{
	return flow->kind >= IP_VS_FNAT_OF_CONN;
}

static inline struct ip_vs_fnat_conn *ip_vs_fnat_conn(const struct ip_vs_fnat_flow *flow)
{
	return container_of(flow, struct ip_vs_fnat_conn, flow);
}

static inline bool ip_vs_fnat_is_one_packet(const struct ip_vs_fnat_flow *flow)
{
	return flow->kind == IP_VS_FNAT_OF_ONE_PACKET;
}

/* Packets of the client leave by @dst, and answers come from the same VRF. Under RCU. */
static inline void ip_vs_fnat_leaves_by(struct ip_vs_fnat_flow *flow,
					const struct dst_entry *dst)
{
	ip_vs_fnat_way_belongs(&flow->way[IP_VS_FNAT_REPLY], dst->dev);
}

/* The stack has routed @skb, of the client's, to @dst: so go those like it. Under RCU. */
static inline void ip_vs_fnat_flow_routed(struct ip_vs_fnat_flow *flow, const struct sk_buff *skb,
					  struct dst_entry *dst)
{
	struct ip_vs_fnat_way *way = &flow->way[IP_VS_FNAT_ORIG];

	ip_vs_fnat_way_learn(way, flow->af, skb);
	ip_vs_fnat_way_set(way, flow->af, dst);
	ip_vs_fnat_leaves_by(flow, dst);
}

int ip_vs_fnat_flow_init(void);
void ip_vs_fnat_flow_exit(void);
struct ip_vs_fnat_flow *ip_vs_fnat_flow_find(const struct net *net,
					     const struct ip_vs_fnat_tuple *tuple,
					     enum ip_vs_fnat_dir *dir);
/* As above, ends a flow on the way that has timed out. */
struct ip_vs_fnat_flow *ip_vs_fnat_flow_find_reap(struct ip_vs_fnat_net *fn,
						  const struct ip_vs_fnat_tuple *tuple,
						  enum ip_vs_fnat_dir *dir);
/*
 * For a rule or, without one, a zone. NULL and the counter to raise when the
 * table is full or memory short.
 */
struct ip_vs_fnat_flow *ip_vs_fnat_flow_alloc(struct ip_vs_fnat_net *fn,
					      struct ip_vs_fnat_rule *rule,
					      const struct ip_vs_fnat_tuple *tuple,
					      unsigned int *why);
/* As above, for a connection of the host's own. */
struct ip_vs_fnat_flow *ip_vs_fnat_flow_alloc_own(struct ip_vs_fnat_net *fn,
						  const struct ip_vs_fnat_tuple *tuple,
						  unsigned int *why);
/* As above, for a connection of IPVS; the caller fills in the rest of its flow. */
struct ip_vs_fnat_conn *ip_vs_fnat_flow_alloc_conn(struct ip_vs_fnat_net *fn,
						   const struct ip_vs_fnat_tuple *tuple,
						   bool one_packet, unsigned int *why);
/* Gives back a flow that was never linked. */
void ip_vs_fnat_flow_discard(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow);
/* -EADDRINUSE: the reply tuple is taken; -EEXIST: the original tuple has a flow. */
int ip_vs_fnat_flow_link(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow);
/* Peers may hear of it from now on, which they could not when it was linked; under RCU. */
void ip_vs_fnat_flow_opened(struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_flow *flow);
/* Take out and free a flow that the table owns, as it does all but connections'; false: gone. */
bool ip_vs_fnat_flow_end(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow);
/* One that has timed out, counted as such. */
void ip_vs_fnat_flow_reap(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow);
/* Do @what with every flow of the bucket, once for each, under RCU. */
void ip_vs_fnat_flow_each(u32 bucket, void (*what)(struct ip_vs_fnat_flow *flow, void *arg),
			  void *arg);
/* One that ends with its service, or whose packets are somebody else's; counted. */
void ip_vs_fnat_flow_evict(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow);
/* A connection's flow leaves the table, to be freed by ip_vs_fnat_flow_close(). */
void ip_vs_fnat_flow_retire(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_conn *conn);
/* The connection is gone. */
void ip_vs_fnat_flow_close(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_conn *conn);
/*
 * A flow knows roughly where the sequence numbers of both sides are, so that one who
 * does not can't end it. A side's number moves on in steps, for not every packet is to
 * write to the flow; what leaps further than a window may be is not believed.
 */
#define IP_VS_FNAT_SEQ_STEP	SZ_128K
#define IP_VS_FNAT_SEQ_LEAP	SZ_16M
/* A reset's number may be the last that the other side acknowledged. */
#define IP_VS_FNAT_SEQ_NEAR	SZ_256K

static __always_inline void ip_vs_fnat_flow_follow(struct ip_vs_fnat_flow *flow,
						   enum ip_vs_fnat_dir dir, u32 seq)
{
	u32 ahead = seq - READ_ONCE(flow->seq[dir]);

	if (unlikely(ahead - IP_VS_FNAT_SEQ_STEP < IP_VS_FNAT_SEQ_LEAP - IP_VS_FNAT_SEQ_STEP))
		WRITE_ONCE(flow->seq[dir], seq);
}

/* May the side that sends in @dir be at @seq? It may be anywhere before it sent anything. */
static inline bool ip_vs_fnat_flow_is_near(const struct ip_vs_fnat_flow *flow,
					   enum ip_vs_fnat_dir dir, u32 seq)
{
	u32 last = READ_ONCE(flow->seq[dir]);

	return !last || seq - last + IP_VS_FNAT_SEQ_NEAR < 2 * IP_VS_FNAT_SEQ_NEAR;
}

unsigned int ip_vs_fnat_flow_buckets(void);

#endif /* _IP_VS_FNAT_FLOW_H */
