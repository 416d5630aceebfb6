// SPDX-License-Identifier: GPL-2.0
/* What peers say: who they are, their flows in order, and what they lack. */
#include <linux/jiffies.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "ip_vs_fnat_find.h"
#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_stats.h"
#include "ip_vs_fnat_sync.h"
#include "ip_vs_fnat_sync_apply.h"
#include "ip_vs_fnat_sync_queue.h"
#include "ip_vs_fnat_sync_session.h"
#include "ip_vs_fnat_sync_wire.h"
#include "ip_vs_fnat_uapi.h"

/* A peer that was silent for so long is away; for the second, another may have its place. */
#define AWAY		(3 * HZ)
#define FORGOTTEN	(60 * HZ)
/* A missing message is asked for after this, and taken for lost after the second. */
#define ASK_AFTER	max_t(unsigned long, HZ / 100, 1)
#define LOST_AFTER	HZ
#define ASK_PERIOD	(HZ / 2)
#define HELLO_PERIOD	max_t(unsigned long, HZ / 20, 1)
/* Messages that one AGAIN asks for. */
#define AGAIN_MOST	64

static bool peer_is_addr(const union ip_vs_fnat_sync_addr *a, const union ip_vs_fnat_sync_addr *b)
{
	if (a->sa.sa_family != b->sa.sa_family)
		return false;
	if (a->sa.sa_family == AF_INET)
		return a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
	return ipv6_addr_equal(&a->in6.sin6_addr, &b->in6.sin6_addr);
}

static bool peer_is_named(const struct ip_vs_fnat_session *s,
			  const union ip_vs_fnat_sync_addr *from)
{
	unsigned int i;

	for (i = 0; i < s->config.n; i++)
		if (peer_is_addr(&s->config.peer[i], from))
			return true;
	return !s->config.n;
}

/* Messages of either daemon's id; a backup of id 0 takes all. */
static bool peer_is_of_id(const struct ip_vs_fnat_session *s, u8 id)
{
	return !id || (s->roles & IP_VS_FNAT_SYNC_MASTER && id == s->ids[0]) ||
	       (s->roles & IP_VS_FNAT_SYNC_BACKUP && (!s->ids[1] || id == s->ids[1]));
}

bool ip_vs_fnat_sync_is_there(const struct ip_vs_fnat_sync_peer *peer)
{
	return peer->boot && time_before(jiffies, peer->heard + AWAY);
}

static u32 peer_flags(const struct ip_vs_fnat_session *s)
{
	return s->roles | (ip_vs_fnat_sync_is_complete(s) ? IP_VS_FNAT_SYNC_COMPLETE : 0);
}

bool ip_vs_fnat_sync_is_complete(const struct ip_vs_fnat_session *s)
{
	unsigned int i, masters = 0;

	if (!(s->roles & IP_VS_FNAT_SYNC_BACKUP))
		return true;
	for (i = 0; i < IP_VS_FNAT_SYNC_PEERS_MAX; i++) {
		const struct ip_vs_fnat_sync_peer *peer = &s->peers[i];

		if (!ip_vs_fnat_sync_is_there(peer) || !(peer->flags & IP_VS_FNAT_SYNC_MASTER))
			continue;
		if (!peer->complete)
			return false;
		masters++;
	}
	/* Who is alone has waited for others first. */
	return masters || time_after(jiffies, s->started + AWAY);
}

/* ---- streams ---- */

static void intake_reset(struct ip_vs_fnat_sync_intake *in)
{
	unsigned int i;

	for (i = 0; i < IP_VS_FNAT_SYNC_HELD; i++)
		kfree(in->held[i]);
	memset(in, 0, sizeof(*in));
}

static void peer_reset(struct ip_vs_fnat_sync_peer *peer)
{
	unsigned int i;

	for (i = 0; i < IP_VS_FNAT_SYNC_STREAMS; i++)
		intake_reset(&peer->in[i]);
}

void ip_vs_fnat_sync_peers_free(struct ip_vs_fnat_session *s)
{
	unsigned int i;

	if (!s->peers)
		return;
	for (i = 0; i < IP_VS_FNAT_SYNC_PEERS_MAX; i++)
		peer_reset(&s->peers[i]);
	kvfree(s->peers);
}

/* Something of the peer's is lost for good: everything is to be asked for. */
static void peer_lost(struct ip_vs_fnat_session *s, struct ip_vs_fnat_sync_peer *peer, u64 n)
{
	peer->lost += n;
	peer->complete = false;
	peer->token = 0;
	ip_vs_fnat_inc(s->fn, IP_VS_FNAT_A_EXT_SYNC_LOST, min_t(u64, n, INT_MAX));
}

/* Have all streams come so far? */
static bool peer_has(const struct ip_vs_fnat_sync_peer *peer, u64 token, bool flush)
{
	unsigned int i;

	for (i = 0; i < peer->streams; i++)
		if ((flush ? peer->in[i].flush : peer->in[i].mark) != token)
			return false;
	return true;
}

static void peer_mark(struct ip_vs_fnat_session *s, struct ip_vs_fnat_sync_peer *peer,
		      struct ip_vs_fnat_sync_intake *in, const struct ip_vs_fnat_sync_mark *mark)
{
	const struct ip_vs_fnat_sync_token flushed = { .token = mark->token };
	const struct ip_vs_fnat_sync_out out = {
		.type	= IP_VS_FNAT_SYNC_FLUSHED,
		.to	= peer->boot,
		.body	= &flushed,
		.len	= sizeof(flushed),
		.addr	= &peer->addr,
	};
	u64 node = be64_to_cpu(mark->node), token = be64_to_cpu(mark->token);

	if (!token || (node && node != s->node))
		return;
	switch (ntohs(mark->record.flags)) {
	case IP_VS_FNAT_SYNC_BULK_END:
		in->mark = token;
		if (token == peer->token && peer_has(peer, token, false))
			peer->complete = true;
		break;
	case IP_VS_FNAT_SYNC_FLUSH:
		in->flush = token;
		if (peer_has(peer, token, true))
			ip_vs_fnat_sync_send(s, &out);
		break;
	}
}

static void peer_records(struct ip_vs_fnat_session *s, struct ip_vs_fnat_sync_peer *peer,
			 struct ip_vs_fnat_sync_intake *in, const u8 *body, unsigned int len)
{
	const struct ip_vs_fnat_sync_record *record;
	unsigned int size;

	for (; len >= sizeof(*record); body += size, len -= size) {
		record = (const void *)body;
		size = record->words * 4;
		if (!size || size > len)
			break;
		switch (record->type) {
		case IP_VS_FNAT_SYNC_FLOW_V4:
		case IP_VS_FNAT_SYNC_FLOW_V6:
			if (s->roles & IP_VS_FNAT_SYNC_BACKUP)
				ip_vs_fnat_sync_apply(s->fn, record, size);
			break;
		case IP_VS_FNAT_SYNC_MARK:
			if (size >= sizeof(struct ip_vs_fnat_sync_mark))
				peer_mark(s, peer, in, (const void *)record);
			break;
		}
	}
	if (len)
		IP_VS_FNAT_INC(s->fn, DROP_SYNC_MALFORMED);
}

/* What waited for the messages before it. */
static void intake_drain(struct ip_vs_fnat_session *s, struct ip_vs_fnat_sync_peer *peer,
			 struct ip_vs_fnat_sync_intake *in)
{
	struct ip_vs_fnat_sync_held **slot, *held;

	in->since = 0;
	for (;;) {
		slot = &in->held[in->next % IP_VS_FNAT_SYNC_HELD];
		held = *slot;
		if (!held)
			return;
		*slot = NULL;
		in->next++;
		peer_records(s, peer, in, held->body, held->len);
		kfree(held);
	}
}

/* All before @next is done, or lost. */
static void intake_skip(struct ip_vs_fnat_session *s, struct ip_vs_fnat_sync_peer *peer,
			struct ip_vs_fnat_sync_intake *in, u64 next)
{
	u64 lost = 0;
	unsigned int i;

	for (i = 0; i < IP_VS_FNAT_SYNC_HELD && in->next < next; i++) {
		if (in->held[in->next % IP_VS_FNAT_SYNC_HELD]) {
			intake_drain(s, peer, in);
		} else {
			in->next++;
			lost++;
		}
	}
	/* After so many, nothing is held any more. */
	if (in->next < next) {
		lost += next - in->next;
		in->next = next;
	}
	peer_lost(s, peer, lost);
	intake_drain(s, peer, in);
}

static bool intake_hold(struct ip_vs_fnat_sync_intake *in, u64 number, const u8 *body,
			unsigned int len)
{
	struct ip_vs_fnat_sync_held **slot = &in->held[number % IP_VS_FNAT_SYNC_HELD];

	if (*slot)
		return false;	/* it is there already */
	*slot = kmalloc(struct_size(*slot, body, len), GFP_KERNEL);
	if (*slot) {
		(*slot)->len = len;
		memcpy((*slot)->body, body, len);
	}
	return true;
}

static void peer_flows(struct ip_vs_fnat_session *s, struct ip_vs_fnat_sync_peer *peer,
		       const struct ip_vs_fnat_sync_header *header, const u8 *body,
		       unsigned int len)
{
	unsigned int stream = ntohs(header->stream);
	u64 number = be64_to_cpu(header->number);
	struct ip_vs_fnat_sync_intake *in;

	if (stream >= peer->streams) {
		IP_VS_FNAT_INC(s->fn, DROP_SYNC_MALFORMED);
		return;
	}
	in = &peer->in[stream];
	if (!in->next)
		in->next = number;
	if (number < in->next) {
		IP_VS_FNAT_INC(s->fn, DROP_SYNC_REPLAY);
		return;
	}
	in->last = max(in->last, number);
	if (number - in->next >= IP_VS_FNAT_SYNC_HELD)
		intake_skip(s, peer, in, number - IP_VS_FNAT_SYNC_HELD + 1);
	if (number == in->next) {
		in->next++;
		peer_records(s, peer, in, body, len);
		intake_drain(s, peer, in);
	} else if (!intake_hold(in, number, body, len)) {
		IP_VS_FNAT_INC(s->fn, DROP_SYNC_REPLAY);
	}
}

/* ---- what is missing ---- */

static void peer_again(struct ip_vs_fnat_session *s, const struct ip_vs_fnat_sync_peer *peer,
		       unsigned int stream, u64 from, u64 to)
{
	const struct ip_vs_fnat_sync_range range = {
		.stream	= htons(stream),
		.from	= cpu_to_be64(from),
		.to	= cpu_to_be64(to),
	};
	const struct ip_vs_fnat_sync_out out = {
		.type	= IP_VS_FNAT_SYNC_AGAIN,
		.to	= peer->boot,
		.body	= &range,
		.len	= sizeof(range),
		.addr	= &peer->addr,
	};

	ip_vs_fnat_sync_send(s, &out);
}

/* The last of the numbers that are missing from next on. */
static u64 intake_gap(const struct ip_vs_fnat_sync_intake *in)
{
	u64 to = in->next;

	while (to < in->last && to - in->next < IP_VS_FNAT_SYNC_HELD - 1 &&
	       !in->held[(to + 1) % IP_VS_FNAT_SYNC_HELD])
		to++;
	return to;
}

static bool intake_look(struct ip_vs_fnat_session *s, struct ip_vs_fnat_sync_peer *peer,
			unsigned int stream)
{
	struct ip_vs_fnat_sync_intake *in = &peer->in[stream];
	unsigned long now = jiffies;

	if (!in->next || in->next > in->last)
		return false;
	if (!in->since) {
		in->since = now ?: 1;
		in->asked = now;
	} else if (time_after(now, in->since + LOST_AFTER)) {
		intake_skip(s, peer, in, intake_gap(in) + 1);
	} else if (time_after_eq(now, in->asked + max(ASK_AFTER, (in->asked - in->since)))) {
		in->asked = now;
		peer_again(s, peer, stream, in->next, intake_gap(in));
	}
	return true;
}

bool ip_vs_fnat_sync_gaps(struct ip_vs_fnat_session *s)
{
	unsigned int i, stream;
	bool any = false;

	mutex_lock(&s->mutex);
	for (i = 0; i < IP_VS_FNAT_SYNC_PEERS_MAX; i++) {
		struct ip_vs_fnat_sync_peer *peer = &s->peers[i];

		if (!ip_vs_fnat_sync_is_there(peer))
			continue;
		for (stream = 0; stream < peer->streams; stream++)
			any |= intake_look(s, peer, stream);
	}
	mutex_unlock(&s->mutex);
	return any;
}

/* A peer lacks messages of ours. */
static void heard_again(struct ip_vs_fnat_session *s, struct ip_vs_fnat_sync_peer *peer,
			const struct ip_vs_fnat_sync_range *range)
{
	unsigned int stream = ntohs(range->stream);
	u64 from = be64_to_cpu(range->from), to = be64_to_cpu(range->to), number;
	struct ip_vs_fnat_sync_range gone = *range;
	struct ip_vs_fnat_sync_message *copy;

	if (stream >= s->streams->n || !from || to < from)
		return;
	copy = kmalloc(sizeof(*copy), GFP_KERNEL);
	if (!copy)
		return;
	to = min(to, from + AGAIN_MOST - 1);
	for (number = from; number <= to; number++) {
		struct ip_vs_fnat_sync_out out = {
			.type	= IP_VS_FNAT_SYNC_FLOWS,
			.stream	= stream,
			.number	= number,
			.to	= peer->boot,
			.addr	= &peer->addr,
		};

		if (ip_vs_fnat_sync_again(&s->streams->stream[stream], number, copy)) {
			out.body = copy->body;
			out.len = copy->len;
			out.records = copy->records;
			IP_VS_FNAT_INC(s->fn, SYNC_AGAIN);
		} else {
			gone.from = cpu_to_be64(number);
			gone.to = gone.from;
			out.type = IP_VS_FNAT_SYNC_GONE;
			out.number = 0;
			out.body = &gone;
			out.len = sizeof(gone);
		}
		ip_vs_fnat_sync_send(s, &out);
	}
	kfree(copy);
}

static void heard_gone(struct ip_vs_fnat_session *s, struct ip_vs_fnat_sync_peer *peer,
		       const struct ip_vs_fnat_sync_range *range)
{
	unsigned int stream = ntohs(range->stream);
	u64 from = be64_to_cpu(range->from), to = be64_to_cpu(range->to);
	struct ip_vs_fnat_sync_intake *in;

	if (stream >= peer->streams)
		return;
	in = &peer->in[stream];
	if (in->next && in->next >= from && in->next <= to && to <= in->last)
		intake_skip(s, peer, in, to + 1);
}

/* ---- who is there ---- */

/* A HELLO for one peer, with a question unless it has answered, and with our answer. */
static void peer_greet(struct ip_vs_fnat_session *s, struct ip_vs_fnat_sync_peer *peer,
		       const union ip_vs_fnat_sync_addr *addr, u64 boot, __be64 question)
{
	struct ip_vs_fnat_sync_hello hello = {
		.flags		= htonl(peer_flags(s)),
		.streams	= htons(s->streams->n),
	};
	const struct ip_vs_fnat_sync_out out = {
		.type	= IP_VS_FNAT_SYNC_HELLO,
		.to	= boot,
		.answer	= be64_to_cpu(question),
		.body	= &hello,
		.len	= sizeof(hello),
		.addr	= addr,
	};

	if (!question && time_before(jiffies, peer->greeted + HELLO_PERIOD))
		return;
	if (boot != peer->boot) {
		while (!peer->question)
			get_random_bytes(&peer->question, sizeof(peer->question));
		hello.question = cpu_to_be64(peer->question);
	}
	peer->greeted = jiffies;
	ip_vs_fnat_sync_send(s, &out);
}

static void heard_hello(struct ip_vs_fnat_session *s, struct ip_vs_fnat_sync_peer *peer,
			const struct ip_vs_fnat_sync_header *header,
			const struct ip_vs_fnat_sync_hello *hello,
			const union ip_vs_fnat_sync_addr *from)
{
	u64 boot = be64_to_cpu(header->boot);
	unsigned int streams = ntohs(hello->streams);

	if (!streams || streams > IP_VS_FNAT_SYNC_STREAMS) {
		IP_VS_FNAT_INC(s->fn, DROP_SYNC_MALFORMED);
		return;
	}
	if (boot != peer->boot) {
		if (!peer->question || be64_to_cpu(header->answer) != peer->question) {
			peer_greet(s, peer, from, boot, hello->question);
			return;
		}
		peer_reset(peer);
		peer->boot = boot;
		peer->question = 0;
		peer->streams = streams;
		peer->token = 0;
		peer->complete = false;
		peer->addr = *from;
	} else if (be64_to_cpu(header->number) <= peer->control) {
		IP_VS_FNAT_INC(s->fn, DROP_SYNC_REPLAY);
		return;
	}
	peer->control = be64_to_cpu(header->number);
	peer->heard = jiffies;
	peer->flags = ntohl(hello->flags);
	if (hello->question)
		peer_greet(s, peer, from, boot, hello->question);
}

/* ---- everything ---- */

static void peer_ask(struct ip_vs_fnat_session *s, struct ip_vs_fnat_sync_peer *peer)
{
	struct ip_vs_fnat_sync_token body;
	const struct ip_vs_fnat_sync_out out = {
		.type	= IP_VS_FNAT_SYNC_ASK,
		.to	= peer->boot,
		.body	= &body,
		.len	= sizeof(body),
		.addr	= &peer->addr,
	};

	if (peer->token && time_before(jiffies, peer->asked + ASK_PERIOD))
		return;
	while (!peer->token)
		get_random_bytes(&peer->token, sizeof(peer->token));
	peer->asked = jiffies;
	peer->done = 0;
	body.token = cpu_to_be64(peer->token);
	ip_vs_fnat_sync_send(s, &out);
}

static void heard_ask(struct ip_vs_fnat_session *s, const struct ip_vs_fnat_sync_peer *peer,
		      u64 token)
{
	struct ip_vs_fnat_sync_ask *ask = NULL;
	unsigned int i;

	for (i = 0; i < IP_VS_FNAT_SYNC_PEERS_MAX; i++) {
		if (s->asks[i].node == peer->node) {
			ask = &s->asks[i];
			break;
		}
		if (!s->asks[i].node && !ask)
			ask = &s->asks[i];
	}
	if (!ask || !token || (ask->node == peer->node && ask->token == token && ask->left))
		return;
	ask->node = peer->node;
	ask->token = token;
	ask->left = ip_vs_fnat_table.mask + 1;
	WRITE_ONCE(s->streams->pending, true);
	wake_up(&s->streams->wait);
}

static void heard_beat(struct ip_vs_fnat_session *s, struct ip_vs_fnat_sync_peer *peer,
		       const struct ip_vs_fnat_sync_beat *beat, unsigned int len)
{
	unsigned int streams = ntohs(beat->streams), asked = ntohs(beat->asked), i;
	const __be64 *last = (const __be64 *)(beat + 1);
	const struct ip_vs_fnat_sync_asked *ask = (const void *)(last + streams);
	bool listed = false;

	if (streams != peer->streams ||
	    len < sizeof(*beat) + streams * sizeof(*last) + asked * sizeof(*ask)) {
		IP_VS_FNAT_INC(s->fn, DROP_SYNC_MALFORMED);
		return;
	}
	peer->heard = jiffies;
	peer->flags = ntohl(beat->flags);
	peer->flows = ntohl(beat->flows);
	for (i = 0; i < streams; i++) {
		struct ip_vs_fnat_sync_intake *in = &peer->in[i];

		if (!in->next)
			in->next = be64_to_cpu(last[i]) + 1;
		in->last = max(in->last, be64_to_cpu(last[i]));
	}
	for (i = 0; i < asked; i++, ask++) {
		if (be64_to_cpu(ask->node) != s->node || be64_to_cpu(ask->token) != peer->token)
			continue;
		peer->done = ntohl(ask->done);
		listed = true;
	}
	if (s->roles & IP_VS_FNAT_SYNC_BACKUP && peer->flags & IP_VS_FNAT_SYNC_MASTER &&
	    !peer->complete && !listed)
		peer_ask(s, peer);
}

/* ---- what we say about ourselves ---- */

void ip_vs_fnat_sync_hello(struct ip_vs_fnat_session *s)
{
	struct ip_vs_fnat_sync_hello hello = { .streams = htons(s->streams->n) };
	const struct ip_vs_fnat_sync_out out = {
		.type	= IP_VS_FNAT_SYNC_HELLO,
		.body	= &hello,
		.len	= sizeof(hello),
	};

	mutex_lock(&s->mutex);
	hello.flags = htonl(peer_flags(s));
	mutex_unlock(&s->mutex);
	ip_vs_fnat_sync_send(s, &out);
}

void ip_vs_fnat_sync_beat(struct ip_vs_fnat_session *s)
{
	struct {
		struct ip_vs_fnat_sync_beat	beat;
		__be64				last[IP_VS_FNAT_SYNC_STREAMS +
						     IP_VS_FNAT_SYNC_PEERS_MAX *
						     sizeof(struct ip_vs_fnat_sync_asked) / 8];
	} body = { .beat = {
		.flows		= htonl(atomic_read(&s->fn->flows)),
		.streams	= htons(s->streams->n),
	} };
	struct ip_vs_fnat_sync_asked *asked = (void *)&body.last[s->streams->n];
	struct ip_vs_fnat_sync_out out = { .type = IP_VS_FNAT_SYNC_BEAT, .body = &body };
	u32 buckets = ip_vs_fnat_table.mask + 1;
	unsigned int i, n = 0;

	for (i = 0; i < s->streams->n; i++)
		body.last[i] = cpu_to_be64(ip_vs_fnat_sync_last(&s->streams->stream[i]));
	mutex_lock(&s->mutex);
	body.beat.flags = htonl(peer_flags(s));
	for (i = 0; i < IP_VS_FNAT_SYNC_PEERS_MAX; i++) {
		const struct ip_vs_fnat_sync_ask *ask = &s->asks[i];

		if (!ask->node || !ask->left)
			continue;
		asked[n].node = cpu_to_be64(ask->node);
		asked[n].token = cpu_to_be64(ask->token);
		asked[n++].done = htonl(1000ULL * (buckets - ask->left) / buckets);
	}
	mutex_unlock(&s->mutex);
	body.beat.asked = htons(n);
	out.len = sizeof(body.beat) + s->streams->n * sizeof(body.last[0]) + n * sizeof(*asked);
	ip_vs_fnat_sync_send(s, &out);
}

/* ---- messages ---- */

/* The peer of the node; a new one has the place of who was away for long. */
static struct ip_vs_fnat_sync_peer *peer_of(struct ip_vs_fnat_session *s, u64 node)
{
	struct ip_vs_fnat_sync_peer *peer, *free = NULL;
	unsigned int i;

	for (i = 0; i < IP_VS_FNAT_SYNC_PEERS_MAX; i++) {
		peer = &s->peers[i];
		if (peer->node == node)
			return peer;
		if (!free && (!peer->node || time_after(jiffies, peer->heard + FORGOTTEN)))
			free = peer;
	}
	if (!free)
		return NULL;
	peer_reset(free);
	memset(free, 0, sizeof(*free));
	free->node = node;
	free->heard = jiffies;
	return free;
}

static void heard_token(struct ip_vs_fnat_session *s, struct ip_vs_fnat_sync_peer *peer, u8 type,
			const struct ip_vs_fnat_sync_token *body)
{
	if (type == IP_VS_FNAT_SYNC_ASK) {
		heard_ask(s, peer, be64_to_cpu(body->token));
	} else {
		peer->flushed = be64_to_cpu(body->token);
		WRITE_ONCE(s->confirmations, s->confirmations + 1);
		wake_up(&s->flushed);
	}
}

/* From a peer that is who it says. */
static void heard_known(struct ip_vs_fnat_session *s, struct ip_vs_fnat_sync_peer *peer,
			const struct ip_vs_fnat_sync_header *header, const void *body,
			unsigned int len)
{
	u64 number = be64_to_cpu(header->number);

	if (header->type == IP_VS_FNAT_SYNC_FLOWS) {
		peer->heard = jiffies;
		peer_flows(s, peer, header, body, len);
		return;
	}
	if (number <= peer->control) {
		IP_VS_FNAT_INC(s->fn, DROP_SYNC_REPLAY);
		return;
	}
	peer->control = number;
	switch (header->type) {
	case IP_VS_FNAT_SYNC_BEAT:
		if (len >= sizeof(struct ip_vs_fnat_sync_beat))
			heard_beat(s, peer, body, len);
		break;
	case IP_VS_FNAT_SYNC_AGAIN:
		if (len >= sizeof(struct ip_vs_fnat_sync_range))
			heard_again(s, peer, body);
		break;
	case IP_VS_FNAT_SYNC_GONE:
		if (len >= sizeof(struct ip_vs_fnat_sync_range))
			heard_gone(s, peer, body);
		break;
	case IP_VS_FNAT_SYNC_ASK:
	case IP_VS_FNAT_SYNC_FLUSHED:
		if (len >= sizeof(struct ip_vs_fnat_sync_token))
			heard_token(s, peer, header->type, body);
		break;
	}
}

void ip_vs_fnat_sync_heard(struct ip_vs_fnat_session *s, unsigned int len,
			   const union ip_vs_fnat_sync_addr *from)
{
	const struct ip_vs_fnat_sync_header *header = (const void *)s->in;
	u64 node = be64_to_cpu(header->node), to = be64_to_cpu(header->to);
	unsigned int header_len = ntohs(header->header_len);
	struct ip_vs_fnat_sync_peer *peer;
	const void *body = s->in + header_len;

	if (node == s->node || !peer_is_of_id(s, header->syncid))
		return;
	if ((to && to != s->boot) || !peer_is_named(s, from)) {
		IP_VS_FNAT_INC(s->fn, DROP_SYNC_STRANGER);
		return;
	}
	len -= header_len;
	mutex_lock(&s->mutex);
	peer = peer_of(s, node);
	if (!peer) {
		IP_VS_FNAT_INC(s->fn, DROP_SYNC_STRANGER);
	} else if (header->type == IP_VS_FNAT_SYNC_HELLO) {
		if (len >= sizeof(struct ip_vs_fnat_sync_hello))
			heard_hello(s, peer, header, body, from);
	} else if (peer->boot == be64_to_cpu(header->boot)) {
		heard_known(s, peer, header, body, len);
	} else {
		IP_VS_FNAT_INC(s->fn, DROP_SYNC_STRANGER);
		peer_greet(s, peer, from, be64_to_cpu(header->boot), 0);
	}
	mutex_unlock(&s->mutex);
}
