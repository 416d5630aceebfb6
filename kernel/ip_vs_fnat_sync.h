/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Flow synchronisation: what flows owe it (ip_vs_fnat_sync_queue.c), and its streams.
 *
 * A flow is told of to the peers when it is older than a little, when its state changes,
 * now and then while it has packets, and when it ends. All records of a flow are in one
 * stream, chosen by its reply tuple, and are made under that stream's lock. So a peer
 * that reads a stream in order has the flow's last state.
 *
 * flow->sync:
 *	IP_VS_FNAT_SYNC_TOLD	peers may have it: they hear of its changes and its end
 *	IP_VS_FNAT_SYNC_PEERS	learned from a peer, and no packet of it has passed here
 * It is written under the stream's lock, or before the flow is linked. So is flow->state of
 * a connection, which has its own in IPVS: there it is what peers were told last.
 *
 * struct ip_vs_fnat_sync is published in ip_vs_fnat_net.sync and read under RCU. It is
 * freed a grace period after its threads have stopped.
 */
#ifndef _IP_VS_FNAT_SYNC_H
#define _IP_VS_FNAT_SYNC_H

#include <linux/spinlock.h>
#include <linux/wait.h>

#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_sync_wire.h"

/* Messages of a stream that can be sent again. */
#define IP_VS_FNAT_SYNC_RING	1024
/* Of those, at most so many may not have been sent yet. */
#define IP_VS_FNAT_SYNC_QUEUE	512
#define IP_VS_FNAT_SYNC_STREAMS	16

struct ip_vs_fnat_sync_message {
	u16	len;		/* of body */
	u16	records;
	u8	body[IP_VS_FNAT_SYNC_LEN - sizeof(struct ip_vs_fnat_sync_header) -
		     IP_VS_FNAT_SYNC_TAG];
};

struct ip_vs_fnat_sync_stream {
	spinlock_t			lock;		/* all of it, and flow->sync */
	struct ip_vs_fnat_sync_message	*open;		/* is being filled, or NULL */
	unsigned long			since;		/* jiffies of its first record */
	u64				next;		/* number of the next message */
	u64				unsent;		/* the first that was not sent */
	struct ip_vs_fnat_sync_message	*ring[IP_VS_FNAT_SYNC_RING];	/* NULL: a gap */
} ____cacheline_aligned_in_smp;

/* A flow was opened: where, and when. One CPU writes head, the sender writes tail. */
struct ip_vs_fnat_sync_born {
	u32	bucket;
	u32	when;		/* jiffies */
};

#define IP_VS_FNAT_SYNC_BORN	32768

struct ip_vs_fnat_sync_nursery {
	u32				head;
	u32				tail;
	struct ip_vs_fnat_sync_born	born[IP_VS_FNAT_SYNC_BORN];
};

struct ip_vs_fnat_sync_streams {
	struct ip_vs_fnat_net		*fn;
	unsigned int			n;		/* a power of two */
	bool				master;		/* flows are told of */
	bool				eager;		/* without waiting for an age, */
	unsigned long			eager_until;	/* in jiffies */
	bool				overrun;	/* a nursery was full: walk the table */
	wait_queue_head_t		wait;		/* of the sender */
	bool				pending;	/* it has something to send */
	struct ip_vs_fnat_sync_nursery	**nurseries;	/* of each possible CPU, or NULL */
	struct ip_vs_fnat_sync_stream	stream[];
};

#define IP_VS_FNAT_SYNC_TOLD	BIT(0)
#define IP_VS_FNAT_SYNC_PEERS	BIT(1)

/* Of @n streams, a power of two; NULL: no memory. May sleep. */
struct ip_vs_fnat_sync_streams *ip_vs_fnat_sync_streams_alloc(struct ip_vs_fnat_net *fn,
							      unsigned int n);
void ip_vs_fnat_sync_streams_free(struct ip_vs_fnat_sync_streams *streams);

/* ---- of flows; all under RCU ---- */

void __ip_vs_fnat_sync_opened(struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_flow *flow,
			      u32 bucket);
void __ip_vs_fnat_sync_changed(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow);
void __ip_vs_fnat_sync_ended(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow);
void __ip_vs_fnat_sync_adopt(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow);
void __ip_vs_fnat_sync_looked(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow);

/* The flow was linked, its reply in @bucket. */
static inline void ip_vs_fnat_sync_opened(struct ip_vs_fnat_net *fn,
					  const struct ip_vs_fnat_flow *flow, u32 bucket)
{
	if (unlikely(rcu_access_pointer(fn->sync)))
		__ip_vs_fnat_sync_opened(fn, flow, bucket);
}

/* Its state has changed. */
static inline void ip_vs_fnat_sync_changed(struct ip_vs_fnat_net *fn,
					   struct ip_vs_fnat_flow *flow)
{
	if (unlikely(READ_ONCE(flow->sync) & IP_VS_FNAT_SYNC_TOLD))
		__ip_vs_fnat_sync_changed(fn, flow);
}

/*
 * It was unlinked. Who tells of it sets TOLD and then looks whether it is linked: one of
 * both sees the other.
 */
static inline void ip_vs_fnat_sync_ended(struct ip_vs_fnat_net *fn,
					 struct ip_vs_fnat_flow *flow)
{
	if (likely(!rcu_access_pointer(fn->sync)))
		return;
	smp_mb();	/* unlinked before the look at TOLD */
	if (READ_ONCE(flow->sync) & IP_VS_FNAT_SYNC_TOLD)
		__ip_vs_fnat_sync_ended(fn, flow);
}

/* A packet of it has taken the full path, or IPVS's. */
static inline void ip_vs_fnat_sync_passed(struct ip_vs_fnat_net *fn,
					  struct ip_vs_fnat_flow *flow)
{
	u8 sync = READ_ONCE(flow->sync);

	if (likely(!sync))
		return;
	if (sync & IP_VS_FNAT_SYNC_PEERS)
		__ip_vs_fnat_sync_adopt(fn, flow);
	else
		__ip_vs_fnat_sync_looked(fn, flow);
}

/* ---- of streams ---- */

struct ip_vs_fnat_sync_stream *
ip_vs_fnat_sync_stream_of(struct ip_vs_fnat_sync_streams *streams,
			  const struct ip_vs_fnat_flow *flow);
/* Tell of it if it is linked, whether it was told of or not; @fresh: only if it was not. */
void ip_vs_fnat_sync_show(struct ip_vs_fnat_sync_streams *streams, struct ip_vs_fnat_flow *flow,
			  bool fresh);
/* A mark in each stream. */
void ip_vs_fnat_sync_mark(struct ip_vs_fnat_sync_streams *streams,
			  enum ip_vs_fnat_sync_mark_kind kind, u64 node, u64 token);
/* Tell of flows that have come of age; jiffies until the next does, at most @most. */
unsigned long ip_vs_fnat_sync_of_age(struct ip_vs_fnat_sync_streams *streams,
				     unsigned long most);

#endif /* _IP_VS_FNAT_SYNC_H */
