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
#include "ip_vs_fnat_sync_queue.h"
#include "ip_vs_fnat_sync_session.h"
#include "ip_vs_fnat_sync_wire.h"
#include "ip_vs_fnat_uapi.h"

/* A peer that was silent for so long is away; for the second, another may have its place. */
#define AWAY		(3 * HZ)
#define FORGOTTEN	(60 * HZ)
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

u32 ip_vs_fnat_sync_flags(const struct ip_vs_fnat_session *s)
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

/* ---- what peers lack ---- */

/* A peer lacks messages of ours, and none that we have not sent. */
static void heard_again(struct ip_vs_fnat_session *s, struct ip_vs_fnat_sync_peer *peer,
			const struct ip_vs_fnat_sync_range *range)
{
	unsigned int stream = ntohs(range->stream);
	u64 from = be64_to_cpu(range->from), to = be64_to_cpu(range->to), number, gone = 0;
	struct ip_vs_fnat_sync_message *copy;

	if (stream >= s->streams->n || !from || to < from ||
	    to > ip_vs_fnat_sync_last(&s->streams->stream[stream])) {
		IP_VS_FNAT_INC(s->fn, DROP_SYNC_MALFORMED);
		return;
	}
	copy = kmalloc(sizeof(*copy), GFP_KERNEL);
	if (!copy)
		return;
	to = min(to, from + AGAIN_MOST - 1);
	for (number = from; number <= to; number++) {
		if (!ip_vs_fnat_sync_again(&s->streams->stream[stream], number, copy)) {
			gone = gone ?: number;
			continue;
		}
		if (gone)
			ip_vs_fnat_sync_send_range(s, peer, IP_VS_FNAT_SYNC_GONE, stream, gone,
						   number - 1);
		gone = 0;
		IP_VS_FNAT_INC(s->fn, SYNC_AGAIN);
		ip_vs_fnat_sync_send_flows(s, stream, number, copy, peer);
	}
	if (gone)
		ip_vs_fnat_sync_send_range(s, peer, IP_VS_FNAT_SYNC_GONE, stream, gone, to);
	kfree(copy);
}

/* ---- who is there ---- */

/* A HELLO for one peer, with a question unless it has answered, and with our answer. */
static void peer_greet(struct ip_vs_fnat_session *s, struct ip_vs_fnat_sync_peer *peer,
		       const union ip_vs_fnat_sync_addr *addr, u64 boot, __be64 question)
{
	struct ip_vs_fnat_sync_hello hello = {
		.flags		= htonl(ip_vs_fnat_sync_flags(s)),
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
		ip_vs_fnat_sync_peer_reset(peer);
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

	if (peer->token && time_before(jiffies, peer->asked + ASK_PERIOD))
		return;
	while (!peer->token)
		get_random_bytes(&peer->token, sizeof(peer->token));
	peer->asked = jiffies;
	peer->done = 0;
	body.token = cpu_to_be64(peer->token);
	ip_vs_fnat_sync_send_peer(s, peer, IP_VS_FNAT_SYNC_ASK, &body, sizeof(body));
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
	if (!ask || !token || (ask->node == peer->node && ask->token == token))
		return;
	ask->node = peer->node;
	ask->token = token;
	ask->left = ip_vs_fnat_table.mask + 1;
	ip_vs_fnat_sync_wake(s->streams);
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

/* ---- messages ---- */

static bool peer_may_go(const struct ip_vs_fnat_sync_peer *peer)
{
	return !peer->boot || time_after(jiffies, peer->heard + FORGOTTEN);
}

/*
 * The peer of the node. A new one has the place of who was away for long, or has not
 * answered a question yet: whoever makes nodes up does not keep real ones out.
 */
static struct ip_vs_fnat_sync_peer *peer_of(struct ip_vs_fnat_session *s, u64 node)
{
	struct ip_vs_fnat_sync_peer *peer, *free = NULL;
	unsigned int i;

	for (i = 0; i < IP_VS_FNAT_SYNC_PEERS_MAX; i++) {
		peer = &s->peers[i];
		if (peer->node == node)
			return peer;
		if (!peer_may_go(peer))
			continue;
		if (!free || (free->node &&
			      (!peer->node || time_before(peer->heard, free->heard))))
			free = peer;
	}
	if (!free)
		return NULL;
	ip_vs_fnat_sync_peer_reset(free);
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
		ip_vs_fnat_sync_flows(s, peer, header, body, len);
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
			ip_vs_fnat_sync_gone(s, peer, body);
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

void ip_vs_fnat_sync_peers_free(struct ip_vs_fnat_session *s)
{
	unsigned int i;

	if (!s->peers)
		return;
	for (i = 0; i < IP_VS_FNAT_SYNC_PEERS_MAX; i++)
		ip_vs_fnat_sync_peer_reset(&s->peers[i]);
	kvfree(s->peers);
}
