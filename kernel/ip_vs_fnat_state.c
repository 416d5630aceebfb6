// SPDX-License-Identifier: GPL-2.0
/*
 * States of flows: those of the table's own, and of FULLNAT's, whose state, time and real
 * server IPVS's connection keeps.
 */
#include <net/ip_vs.h>

#include "ip_vs_fnat.h"
#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_owner.h"
#include "ip_vs_fnat_packet.h"
#include "ip_vs_fnat_state.h"
#include "ip_vs_fnat_sync.h"

/* ---- of the table's own ---- */

bool ip_vs_fnat_flow_is_answered(const struct ip_vs_fnat_flow *flow, u32 state)
{
	if (flow->proto == IPPROTO_TCP)
		return state != IP_VS_TCP_S_NONE && state != IP_VS_TCP_S_SYN_RECV;
	return state == IP_VS_FNAT_S_ANSWERED;
}

/*
 * Does a reset or an end come from who knows the sequence numbers? RFC 5961 has the
 * ends ask that. A reset that refuses a connection has the number that the SYN had.
 */
static bool is_believed(const struct ip_vs_fnat_flow *flow, enum ip_vs_fnat_dir dir,
			const struct tcphdr *th, u32 state)
{
	if (dir == IP_VS_FNAT_REPLY && state == IP_VS_TCP_S_SYN_RECV)
		return th->ack && ntohl(th->ack_seq) == READ_ONCE(flow->seq[IP_VS_FNAT_ORIG]);
	return ip_vs_fnat_flow_is_near(flow, dir, ntohl(th->seq));
}

/*
 * IPVS's state machine, of a director that sees one side only, with what both sides
 * tell: SYNACK once the server has answered, and only then ESTABLISHED.
 */
static u32 tcp_next(const struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_flow *flow,
		    enum ip_vs_fnat_dir dir, const struct tcphdr *th, u32 state)
{
	if ((th->rst || th->fin) && !is_believed(flow, dir, th, state))
		return state;
	if (th->syn && !th->rst) {
		if (dir == IP_VS_FNAT_REPLY &&
		    (state == IP_VS_TCP_S_SYN_RECV || state == IP_VS_TCP_S_SYNACK))
			return IP_VS_TCP_S_SYNACK;
		/* The same again, while the answer is on its way. */
		if (dir == IP_VS_FNAT_ORIG && state == IP_VS_TCP_S_SYNACK &&
		    ntohl(th->seq) + 1 == READ_ONCE(flow->seq[IP_VS_FNAT_ORIG]))
			return state;
	} else if (state == IP_VS_TCP_S_SYN_RECV && !th->rst && !th->fin) {
		return state;
	}
	return ip_vs_tcp_next_state(fn->tcp,
				    dir == IP_VS_FNAT_ORIG ? IP_VS_DIR_INPUT : IP_VS_DIR_OUTPUT,
				    th, state);
}

/*
 * A SYN begins with a new number, unless its connection goes on. Of a connection that
 * SYNPROXY opened, no SYN comes by.
 */
static void tcp_follow(struct ip_vs_fnat_flow *flow, enum ip_vs_fnat_dir dir,
		       const struct tcphdr *th, u32 state)
{
	if (th->syn && state != IP_VS_TCP_S_ESTABLISHED)
		WRITE_ONCE(flow->seq[dir], ntohl(th->seq) + 1);
	else if (!READ_ONCE(flow->seq[dir]) && !th->rst)
		WRITE_ONCE(flow->seq[dir], ntohl(th->seq));
	else
		ip_vs_fnat_flow_follow(flow, dir, ntohl(th->seq));
}

bool ip_vs_fnat_flow_tcp(struct ip_vs_fnat_flow *flow, enum ip_vs_fnat_dir dir,
			 const struct tcphdr *th, u32 state)
{
	if ((th->rst || th->fin) && !is_believed(flow, dir, th, state))
		return false;
	tcp_follow(flow, dir, th, state);
	return true;
}

static void tcp_count(const struct ip_vs_fnat_flow *flow, u32 old, u32 new)
{
	if (new == IP_VS_TCP_S_ESTABLISHED)
		ip_vs_fnat_owner(flow)->established(flow, 1);
	else if (old == IP_VS_TCP_S_ESTABLISHED)
		ip_vs_fnat_owner(flow)->established(flow, -1);
}

void ip_vs_fnat_flow_set_state(struct ip_vs_fnat_flow *flow, u8 state)
{
	u8 old;

	do {
		old = READ_ONCE(flow->state);
		if (flow->proto == IPPROTO_TCP && old >= IP_VS_TCP_S_LAST)
			return;		/* being freed */
	} while (old != state && cmpxchg(&flow->state, old, state) != old);
	if (old != state && flow->proto == IPPROTO_TCP)
		tcp_count(flow, old, state);
}

static void tcp_transition(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow,
			   enum ip_vs_fnat_dir dir, const struct tcphdr *th)
{
	u32 old, new;

	do {
		old = READ_ONCE(flow->state);
		if (old >= IP_VS_TCP_S_LAST)
			return;		/* being freed */
		new = tcp_next(fn, flow, dir, th, old);
	} while (new != old && cmpxchg(&flow->state, old, new) != old);
	tcp_follow(flow, dir, th, old);
	if (new == old)
		return;
	tcp_count(flow, old, new);
	ip_vs_fnat_sync_changed(fn, flow);
}

void ip_vs_fnat_flow_touch(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow,
			   enum ip_vs_fnat_dir dir, const struct tcphdr *th)
{
	u32 now = jiffies;

	if (READ_ONCE(flow->used) != now)
		WRITE_ONCE(flow->used, now);
	if (flow->proto == IPPROTO_TCP)
		tcp_transition(fn, flow, dir, th);
	else if (dir == IP_VS_FNAT_REPLY && READ_ONCE(flow->state) == 0 &&
		 !cmpxchg(&flow->state, 0, IP_VS_FNAT_S_ANSWERED))
		ip_vs_fnat_sync_changed(fn, flow);
}

/* ---- of IPVS's connections ---- */

struct ip_vs_dest *ip_vs_fnat_conn_dest(const struct ip_vs_fnat_conn *conn)
{
	return ip_vs_fnat_is_one_packet(&conn->flow) ? conn->dest : conn->cp->dest;
}

u32 ip_vs_fnat_conn_left(const struct ip_vs_fnat_conn *conn)
{
	long left = conn->cp->timer.expires - jiffies;

	return left > 0 ? jiffies_to_msecs(left) : 1;
}

static bool state_changes(const struct ip_vs_proto_data *pd, const struct ip_vs_conn *cp,
			  int direction, const struct ip_vs_fnat_pkt *pkt)
{
	switch (cp->protocol) {
	case IPPROTO_TCP:
		return ip_vs_tcp_next_state(pd, direction, &pkt->tcph, cp->state) != cp->state;
	case IPPROTO_SCTP:
		return true;	/* by what is in the packet, which IPVS reads */
	default:
		return false;
	}
}

/* The state machine is IPVS's own, and so is what follows from the state. */
void ip_vs_fnat_conn_touch(struct ip_vs_fnat_conn *conn, enum ip_vs_fnat_dir dir,
			   const struct ip_vs_fnat_pkt *pkt, const struct sk_buff *skb)
{
	int direction = dir == IP_VS_FNAT_ORIG ? IP_VS_DIR_INPUT : IP_VS_DIR_OUTPUT;
	struct ip_vs_conn *cp = conn->cp;
	struct ip_vs_proto_data *pd;
	u32 now = jiffies;

	if (pkt->kind != IP_VS_FNAT_FLOW)
		return;
	if (ip_vs_fnat_is_one_packet(&conn->flow)) {
		WRITE_ONCE(conn->flow.used, now);
		return;
	}
	if (dir == IP_VS_FNAT_ORIG)
		atomic_inc(&cp->in_pkts);
	if (cp->protocol == IPPROTO_TCP &&
	    !ip_vs_fnat_flow_tcp(&conn->flow, dir, &pkt->tcph, cp->state))
		return;
	pd = ip_vs_proto_data_get(cp->ipvs, cp->protocol);
	if (!state_changes(pd, cp, direction, pkt) &&
	    now - READ_ONCE(conn->flow.used) < IP_VS_FNAT_TIMER_PERIOD)
		return;
	/* One that is ending keeps its state, by which it left its real server. */
	if (!__ip_vs_conn_get(cp))
		return;
	WRITE_ONCE(conn->flow.used, now);
	if (pd->pp->state_transition)
		pd->pp->state_transition(cp, direction, skb, pd, pkt->l4);
	/* A persistence template is sent to the backup with its connections' packets. */
	if (cp->ipvs->sync_state & IP_VS_STATE_MASTER)
		ip_vs_sync_conn(cp->ipvs, cp, atomic_read(&cp->in_pkts));
	ip_vs_conn_put(cp);
}
