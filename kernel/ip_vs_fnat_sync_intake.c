// SPDX-License-Identifier: GPL-2.0
/* The streams of a peer, read in order; what is missing is asked for. */
#include <linux/jiffies.h>
#include <linux/slab.h>

#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_stats.h"
#include "ip_vs_fnat_sync_apply.h"
#include "ip_vs_fnat_sync_session.h"
#include "ip_vs_fnat_sync_wire.h"
#include "ip_vs_fnat_uapi.h"

/* A missing message is asked for after this, and taken for lost after the second. */
#define ASK_AFTER	max_t(unsigned long, HZ / 100, 1)
#define LOST_AFTER	HZ

/* ---- records ---- */

static void intake_reset(struct ip_vs_fnat_sync_intake *in)
{
	unsigned int i;

	for (i = 0; i < IP_VS_FNAT_SYNC_HELD; i++)
		kfree(in->held[i]);
	memset(in, 0, sizeof(*in));
}

void ip_vs_fnat_sync_peer_reset(struct ip_vs_fnat_sync_peer *peer)
{
	unsigned int i;

	for (i = 0; i < IP_VS_FNAT_SYNC_STREAMS; i++)
		intake_reset(&peer->in[i]);
}

/* Something of the peer's is lost for good: everything is to be asked for. */
static void intake_lost(struct ip_vs_fnat_session *s, struct ip_vs_fnat_sync_peer *peer, u64 n)
{
	peer->lost += n;
	peer->complete = false;
	peer->token = 0;
	ip_vs_fnat_inc(s->fn, IP_VS_FNAT_A_EXT_SYNC_LOST, min_t(u64, n, INT_MAX));
}

/* Have all streams come so far? */
static bool intake_all(const struct ip_vs_fnat_sync_peer *peer, u64 token, bool flush)
{
	unsigned int i;

	for (i = 0; i < peer->streams; i++)
		if ((flush ? peer->in[i].flush : peer->in[i].mark) != token)
			return false;
	return true;
}

static void intake_mark(struct ip_vs_fnat_session *s, struct ip_vs_fnat_sync_peer *peer,
			struct ip_vs_fnat_sync_intake *in, const struct ip_vs_fnat_sync_mark *mark)
{
	const struct ip_vs_fnat_sync_token flushed = { .token = mark->token };
	u64 node = be64_to_cpu(mark->node), token = be64_to_cpu(mark->token);

	if (!token || (node && node != s->node))
		return;
	switch (ntohs(mark->record.flags)) {
	case IP_VS_FNAT_SYNC_BULK_END:
		in->mark = token;
		if (token == peer->token && intake_all(peer, token, false))
			peer->complete = true;
		break;
	case IP_VS_FNAT_SYNC_FLUSH:
		in->flush = token;
		if (intake_all(peer, token, true))
			ip_vs_fnat_sync_send_peer(s, peer, IP_VS_FNAT_SYNC_FLUSHED, &flushed,
						  sizeof(flushed));
		break;
	}
}

static void intake_records(struct ip_vs_fnat_session *s, struct ip_vs_fnat_sync_peer *peer,
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
		case IP_VS_FNAT_SYNC_CONN_V4:
		case IP_VS_FNAT_SYNC_CONN_V6:
			if (s->roles & IP_VS_FNAT_SYNC_BACKUP)
				ip_vs_fnat_sync_apply(s->fn, record, size);
			break;
		case IP_VS_FNAT_SYNC_MARK:
			if (size >= sizeof(struct ip_vs_fnat_sync_mark))
				intake_mark(s, peer, in, (const void *)record);
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
		intake_records(s, peer, in, held->body, held->len);
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
	intake_lost(s, peer, lost);
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

void ip_vs_fnat_sync_flows(struct ip_vs_fnat_session *s, struct ip_vs_fnat_sync_peer *peer,
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
		intake_records(s, peer, in, body, len);
		intake_drain(s, peer, in);
	} else if (!intake_hold(in, number, body, len)) {
		IP_VS_FNAT_INC(s->fn, DROP_SYNC_REPLAY);
	}
}

/* ---- what is missing ---- */

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
		ip_vs_fnat_sync_send_range(s, peer, IP_VS_FNAT_SYNC_AGAIN, stream, in->next,
					   intake_gap(in));
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

void ip_vs_fnat_sync_gone(struct ip_vs_fnat_session *s, struct ip_vs_fnat_sync_peer *peer,
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
