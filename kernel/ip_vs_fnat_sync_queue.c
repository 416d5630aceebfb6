// SPDX-License-Identifier: GPL-2.0
/* What peers are to hear of flows, in streams of numbered messages. */
#include <linux/cpumask.h>
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <net/ip_vs.h>

#include "ip_vs_fnat_find.h"
#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_proxy.h"
#include "ip_vs_fnat_stats.h"
#include "ip_vs_fnat_sync.h"
#include "ip_vs_fnat_sync_queue.h"
#include "ip_vs_fnat_sync_record.h"
#include "ip_vs_fnat_sync_wire.h"
#include "ip_vs_fnat_track.h"
#include "ip_vs_fnat_uapi.h"
#include "ip_vs_fnat_way.h"

/* ---- streams ---- */

struct ip_vs_fnat_sync_stream *
ip_vs_fnat_sync_stream_of(struct ip_vs_fnat_sync_streams *streams,
			  const struct ip_vs_fnat_flow *flow)
{
	u32 ports = (__force u32)flow->lport << 16 | (__force u32)flow->rport;
	u32 hash = hash_32(ports ^ (__force u32)(flow->remote.all[0] ^ flow->remote.all[3]), 16);

	return &streams->stream[hash & (streams->n - 1)];
}

void ip_vs_fnat_sync_wake(struct ip_vs_fnat_sync_streams *streams)
{
	if (READ_ONCE(streams->pending))
		return;
	WRITE_ONCE(streams->pending, true);
	wake_up(&streams->wait);
}

/* The next number is @message's; a NULL is a gap that peers will ask for in vain. */
static void queue_push(struct ip_vs_fnat_sync_stream *stream,
		       struct ip_vs_fnat_sync_message *message)
{
	struct ip_vs_fnat_sync_message **slot = &stream->ring[stream->next % IP_VS_FNAT_SYNC_RING];

	kfree(*slot);
	*slot = message;
	stream->next++;
}

static void queue_close(struct ip_vs_fnat_sync_stream *stream)
{
	queue_push(stream, stream->open);
	stream->open = NULL;
}

/* A message with room for @len bytes, or NULL: what does not fit becomes a gap. */
static struct ip_vs_fnat_sync_message *queue_room(struct ip_vs_fnat_sync_streams *streams,
						  struct ip_vs_fnat_sync_stream *stream,
						  unsigned int len)
{
	if (stream->open && stream->open->len + len > sizeof(stream->open->body))
		queue_close(stream);
	if (stream->open)
		return stream->open;
	ip_vs_fnat_sync_wake(streams);
	if (stream->next - stream->unsent < IP_VS_FNAT_SYNC_QUEUE)
		stream->open = kmalloc(sizeof(*stream->open), GFP_ATOMIC | __GFP_NOWARN);
	if (!stream->open) {
		/* One number for all that is lost in a row. */
		if (stream->next == 1 || stream->ring[(stream->next - 1) % IP_VS_FNAT_SYNC_RING])
			queue_push(stream, NULL);
		return NULL;
	}
	stream->open->len = 0;
	stream->open->records = 0;
	stream->since = jiffies;
	return stream->open;
}

static void queue_add(struct ip_vs_fnat_sync_streams *streams,
		      struct ip_vs_fnat_sync_stream *stream, const void *record,
		      unsigned int len)
{
	struct ip_vs_fnat_sync_message *message = queue_room(streams, stream, len);

	if (!message) {
		IP_VS_FNAT_INC(streams->fn, SYNC_OVERRUN);
		return;
	}
	memcpy(message->body + message->len, record, len);
	message->len += len;
	message->records++;
}

bool ip_vs_fnat_sync_next(struct ip_vs_fnat_sync_stream *stream, bool now,
			  struct ip_vs_fnat_sync_message *copy, u64 *number)
{
	const struct ip_vs_fnat_sync_message *message = NULL;

	spin_lock_bh(&stream->lock);
	if (stream->open && stream->unsent == stream->next &&
	    (now || time_after_eq(jiffies, stream->since + IP_VS_FNAT_SYNC_DELAY)))
		queue_close(stream);
	while (!message && stream->unsent != stream->next) {
		*number = stream->unsent++;
		message = stream->ring[*number % IP_VS_FNAT_SYNC_RING];
	}
	if (message)
		memcpy(copy, message, offsetof(typeof(*copy), body) + message->len);
	spin_unlock_bh(&stream->lock);
	return message;
}

bool ip_vs_fnat_sync_again(struct ip_vs_fnat_sync_stream *stream, u64 number,
			   struct ip_vs_fnat_sync_message *copy)
{
	const struct ip_vs_fnat_sync_message *message = NULL;

	spin_lock_bh(&stream->lock);
	if (number < stream->unsent && number + IP_VS_FNAT_SYNC_RING >= stream->next)
		message = stream->ring[number % IP_VS_FNAT_SYNC_RING];
	if (message)
		memcpy(copy, message, offsetof(typeof(*copy), body) + message->len);
	spin_unlock_bh(&stream->lock);
	return message;
}

u64 ip_vs_fnat_sync_last(struct ip_vs_fnat_sync_stream *stream)
{
	u64 last;

	spin_lock_bh(&stream->lock);
	last = stream->unsent - 1;
	spin_unlock_bh(&stream->lock);
	return last;
}

bool ip_vs_fnat_sync_is_open(struct ip_vs_fnat_sync_streams *streams)
{
	unsigned int i;

	for (i = 0; i < streams->n; i++)
		if (READ_ONCE(streams->stream[i].open))
			return true;
	return false;
}

/* ---- records ---- */

/* Tell of the flow as it is. */
static void queue_tell(struct ip_vs_fnat_sync_streams *streams,
		       struct ip_vs_fnat_sync_stream *stream, struct ip_vs_fnat_flow *flow,
		       bool end)
{
	struct ip_vs_fnat_sync_buffer record;
	u8 state = ip_vs_fnat_sync_state(flow);

	queue_add(streams, stream, &record, ip_vs_fnat_sync_write(flow, state, end, &record));
	/* IPVS has a connection's; here is what peers know. */
	if (ip_vs_fnat_is_conn(flow))
		WRITE_ONCE(flow->state, state);
	IP_VS_FNAT_INC(streams->fn, SYNC_SENT);
}

void ip_vs_fnat_sync_mark(struct ip_vs_fnat_sync_streams *streams,
			  enum ip_vs_fnat_sync_mark_kind kind, u64 node, u64 token)
{
	const struct ip_vs_fnat_sync_mark mark = {
		.record.type	= IP_VS_FNAT_SYNC_MARK,
		.record.words	= sizeof(mark) / 4,
		.record.flags	= htons(kind),
		.node		= cpu_to_be64(node),
		.token		= cpu_to_be64(token),
	};
	unsigned int i;

	for (i = 0; i < streams->n; i++) {
		struct ip_vs_fnat_sync_stream *stream = &streams->stream[i];

		spin_lock_bh(&stream->lock);
		queue_add(streams, stream, &mark, sizeof(mark));
		spin_unlock_bh(&stream->lock);
	}
}

/*
 * Not those of a VRF or with a destination that nf_nat changed: both are named by what
 * this host alone knows. A connection's first packet may have to tell its VRF yet, and
 * SYNPROXY has to have its server first.
 */
static bool is_tellable(const struct ip_vs_fnat_flow *flow)
{
	const struct ip_vs_fnat_proxy *proxy;

	if (READ_ONCE(flow->way[IP_VS_FNAT_ORIG].l3) > 0)
		return false;
	if (flow->kind == IP_VS_FNAT_OF_CONN) {
		proxy = ip_vs_fnat_conn(flow)->proxy;
		return !proxy || ip_vs_fnat_proxy_is_open(proxy);
	}
	return flow->kind < IP_VS_FNAT_OF_HOST &&
	       READ_ONCE(flow->tracked) != IP_VS_FNAT_TRACK_NAT;
}

void ip_vs_fnat_sync_show(struct ip_vs_fnat_sync_streams *streams, struct ip_vs_fnat_flow *flow,
			  bool fresh)
{
	struct ip_vs_fnat_sync_stream *stream;

	if (!is_tellable(flow))
		return;
	stream = ip_vs_fnat_sync_stream_of(streams, flow);
	spin_lock_bh(&stream->lock);
	if (!fresh || !flow->sync) {
		if (!(flow->sync & IP_VS_FNAT_SYNC_PEERS))
			WRITE_ONCE(flow->sync, IP_VS_FNAT_SYNC_TOLD);
		smp_mb();	/* see ip_vs_fnat_sync_ended() */
		if (!hlist_unhashed_lockless(&flow->node[IP_VS_FNAT_REPLY]))
			queue_tell(streams, stream, flow, false);
	}
	spin_unlock_bh(&stream->lock);
}

/* ---- what flows owe ---- */

static struct ip_vs_fnat_sync_streams *queue_of_master(const struct ip_vs_fnat_net *fn)
{
	struct ip_vs_fnat_sync_streams *streams = rcu_dereference(fn->sync);

	return streams && READ_ONCE(streams->master) ? streams : NULL;
}

void __ip_vs_fnat_sync_opened(struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_flow *flow,
			      u32 bucket)
{
	struct ip_vs_fnat_sync_streams *streams = queue_of_master(fn);
	struct ip_vs_fnat_sync_nursery *nursery;
	struct ip_vs_fnat_sync_born *born;
	u32 head;

	if (!streams || flow->sync || !is_tellable(flow))
		return;
	local_bh_disable();
	nursery = streams->nurseries[smp_processor_id()];
	head = nursery->head;
	if (head - READ_ONCE(nursery->tail) < IP_VS_FNAT_SYNC_BORN) {
		born = &nursery->born[head % IP_VS_FNAT_SYNC_BORN];
		born->bucket = bucket;
		born->when = jiffies;
		/* Filled before the sender sees it. */
		smp_store_release(&nursery->head, head + 1);
	} else if (!READ_ONCE(streams->overrun)) {
		WRITE_ONCE(streams->overrun, true);
	}
	local_bh_enable();
	if (READ_ONCE(streams->eager))
		ip_vs_fnat_sync_wake(streams);
}

void __ip_vs_fnat_sync_changed(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow)
{
	struct ip_vs_fnat_sync_streams *streams = queue_of_master(fn);

	if (streams)
		ip_vs_fnat_sync_show(streams, flow, false);
}

void __ip_vs_fnat_sync_ended(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow)
{
	struct ip_vs_fnat_sync_streams *streams = queue_of_master(fn);
	struct ip_vs_fnat_sync_stream *stream;

	if (!streams)
		return;
	stream = ip_vs_fnat_sync_stream_of(streams, flow);
	spin_lock_bh(&stream->lock);
	if (flow->sync & IP_VS_FNAT_SYNC_TOLD)
		queue_tell(streams, stream, flow, true);
	spin_unlock_bh(&stream->lock);
}

/* A packet of a connection has passed, of which IPVS may have taken more in. */
void __ip_vs_fnat_sync_looked(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow)
{
	if (flow->kind == IP_VS_FNAT_OF_CONN &&
	    ip_vs_fnat_sync_state(flow) != READ_ONCE(flow->state))
		__ip_vs_fnat_sync_changed(fn, flow);
}

/* Packets of it pass here now: it is as good as our own. */
void __ip_vs_fnat_sync_adopt(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow)
{
	struct ip_vs_fnat_sync_streams *streams = rcu_dereference(fn->sync);
	struct ip_vs_fnat_sync_stream *stream;

	if (!streams) {
		WRITE_ONCE(flow->sync, 0);
		return;
	}
	stream = ip_vs_fnat_sync_stream_of(streams, flow);
	spin_lock_bh(&stream->lock);
	WRITE_ONCE(flow->sync, flow->sync & ~IP_VS_FNAT_SYNC_PEERS);
	spin_unlock_bh(&stream->lock);
	if (READ_ONCE(streams->master))
		ip_vs_fnat_sync_show(streams, flow, true);
}

/* ---- flows that come of age ---- */

/* Over, as far as TCP knows: nobody will miss it. */
static bool is_over(const struct ip_vs_fnat_flow *flow)
{
	u8 state = ip_vs_fnat_sync_state(flow);

	return flow->proto == IPPROTO_TCP &&
	       (state == IP_VS_TCP_S_TIME_WAIT || state == IP_VS_TCP_S_CLOSE ||
		state == IP_VS_TCP_S_LAST);
}

static void queue_grown(struct ip_vs_fnat_flow *flow, void *arg)
{
	struct ip_vs_fnat_sync_streams *streams = arg;

	if (!READ_ONCE(flow->sync) && net_eq(read_pnet(&flow->net), streams->fn->net) &&
	    !is_over(flow))
		ip_vs_fnat_sync_show(streams, flow, true);
}

unsigned long ip_vs_fnat_sync_of_age(struct ip_vs_fnat_sync_streams *streams,
				     unsigned long most)
{
	u32 age = READ_ONCE(streams->eager) ? 0 :
		  msecs_to_jiffies(READ_ONCE(streams->fn->sync_flow_age));
	int cpu;

	for_each_possible_cpu(cpu) {
		struct ip_vs_fnat_sync_nursery *nursery = streams->nurseries[cpu];
		/* What is before it was filled. */
		u32 head = smp_load_acquire(&nursery->head), tail = nursery->tail;

		for (; tail != head; tail++) {
			const struct ip_vs_fnat_sync_born *born =
				&nursery->born[tail % IP_VS_FNAT_SYNC_BORN];
			u32 old = (u32)jiffies - born->when;

			if (old < age) {
				most = min_t(unsigned long, most, age - old);
				break;
			}
			ip_vs_fnat_flow_each(born->bucket, queue_grown, streams);
			if (!(tail & 255))
				cond_resched();
		}
		WRITE_ONCE(nursery->tail, tail);
	}
	return most;
}

/* ---- set-up ---- */

struct ip_vs_fnat_sync_streams *ip_vs_fnat_sync_streams_alloc(struct ip_vs_fnat_net *fn,
							      unsigned int n)
{
	struct ip_vs_fnat_sync_streams *streams;
	unsigned int i;
	int cpu;

	streams = kvzalloc(struct_size(streams, stream, n), GFP_KERNEL);
	if (!streams)
		return NULL;
	streams->fn = fn;
	streams->n = n;
	init_waitqueue_head(&streams->wait);
	for (i = 0; i < n; i++) {
		spin_lock_init(&streams->stream[i].lock);
		streams->stream[i].next = 1;
		streams->stream[i].unsent = 1;
	}
	streams->nurseries = kcalloc(nr_cpu_ids, sizeof(*streams->nurseries), GFP_KERNEL);
	if (!streams->nurseries)
		goto out_free;
	for_each_possible_cpu(cpu) {
		streams->nurseries[cpu] = kvzalloc_node(sizeof(**streams->nurseries), GFP_KERNEL,
							cpu_to_node(cpu));
		if (!streams->nurseries[cpu])
			goto out_free;
	}
	return streams;

out_free:
	ip_vs_fnat_sync_streams_free(streams);
	return NULL;
}

void ip_vs_fnat_sync_streams_free(struct ip_vs_fnat_sync_streams *streams)
{
	unsigned int i, j;
	int cpu;

	for (i = 0; i < streams->n; i++) {
		kfree(streams->stream[i].open);
		for (j = 0; j < IP_VS_FNAT_SYNC_RING; j++)
			kfree(streams->stream[i].ring[j]);
	}
	if (streams->nurseries)
		for_each_possible_cpu(cpu)
			kvfree(streams->nurseries[cpu]);
	kfree(streams->nurseries);
	kvfree(streams);
}
