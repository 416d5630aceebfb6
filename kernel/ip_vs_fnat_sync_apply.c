// SPDX-License-Identifier: GPL-2.0
/*
 * What a peer tells of flows becomes flows here. They have no route until their first
 * packet comes, which takes the full path.
 *
 * Where both nodes have a flow, its packets pass where it was used last. That node's word
 * counts; the other one keeps a copy.
 */
#include <linux/in.h>
#include <linux/jiffies.h>
#include <net/ip_vs.h>

#include "ip_vs_fnat_addr.h"
#include "ip_vs_fnat_find.h"
#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_laddr.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_owner.h"
#include "ip_vs_fnat_packet.h"
#include "ip_vs_fnat_rule.h"
#include "ip_vs_fnat_state.h"
#include "ip_vs_fnat_stats.h"
#include "ip_vs_fnat_sweep.h"
#include "ip_vs_fnat_sync.h"
#include "ip_vs_fnat_sync_apply.h"
#include "ip_vs_fnat_sync_conn.h"
#include "ip_vs_fnat_sync_record.h"
#include "ip_vs_fnat_sync_wire.h"
#include "ip_vs_fnat_track.h"
#include "ip_vs_fnat_uapi.h"
#include "ip_vs_fnat_way.h"
#include "ip_vs_fnat_zone.h"

/* The clocks of two nodes, and what messages take, may differ by so much. */
#define CLOCKS_DIFFER	(HZ / 2)

/* ---- whose it is ---- */

/* The rule here that has opened it there, with the address in its pool; under RCU. */
static struct ip_vs_fnat_rule *apply_rule(struct ip_vs_fnat_net *fn,
					  const struct ip_vs_fnat_told *told)
{
	struct ip_vs_fnat_snat *snat = ip_vs_fnat_snat(fn, told->tuple.af);
	const struct ip_vs_fnat_target *target;
	struct ip_vs_fnat_rule *rule;

	if (!rcu_access_pointer(snat->svc))
		return NULL;
	rule = ip_vs_fnat_rule_of_id(snat, told->owner, &told->tuple.src, &told->tuple.dst);
	if (!rule)
		return NULL;
	target = rcu_dereference(rule->target);
	return ip_vs_fnat_addr_in(told->tuple.af, &told->local, &target->first, target->count) ?
	       rule : NULL;
}

/* The address of the zone here that the client is in, with a reference; under RCU. */
static struct ip_vs_fnat_laddr *apply_laddr(struct ip_vs_fnat_net *fn,
					    const struct ip_vs_fnat_told *told)
{
	struct ip_vs_fnat_zones *zones = ip_vs_fnat_zones(fn, told->tuple.af);
	struct ip_vs_fnat_zone *zone;
	struct ip_vs_fnat_laddr *laddr;

	if (!ip_vs_fnat_zones_act(zones, told->tuple.proto))
		return NULL;
	zone = ip_vs_fnat_zone_match(zones, &told->tuple.src);
	laddr = zone ? ip_vs_fnat_lset_find(&zone->set, told->tuple.af, &told->local) : NULL;
	return laddr && refcount_inc_not_zero(&laddr->refs) ? laddr : NULL;
}

/* ---- flows ---- */

static struct ip_vs_fnat_flow *apply_find(struct ip_vs_fnat_net *fn,
					  const struct ip_vs_fnat_told *told)
{
	const struct ip_vs_fnat_tuple reply = {
		.src	= told->remote,
		.dst	= told->local,
		.sport	= told->rport,
		.dport	= told->lport,
		.af	= told->tuple.af,
		.proto	= told->tuple.proto,
		.l3	= IP_VS_FNAT_L3_ANY,
	};
	enum ip_vs_fnat_dir dir;
	struct ip_vs_fnat_flow *flow = ip_vs_fnat_flow_find_reap(fn, &reply, &dir);

	return flow && dir == IP_VS_FNAT_REPLY ? flow : NULL;
}

static bool apply_is_same(const struct ip_vs_fnat_flow *flow,
			  const struct ip_vs_fnat_told *told)
{
	const struct ip_vs_fnat_conn *conn = ip_vs_fnat_conn(flow);
	u8 af = told->tuple.af;

	if (flow->cport != told->tuple.sport ||
	    !ip_vs_fnat_addr_eq(af, &flow->client, &told->tuple.src))
		return false;
	if (!told->conn)
		return flow->kind < IP_VS_FNAT_OF_HOST;
	return flow->kind == IP_VS_FNAT_OF_CONN && conn->vport == told->tuple.dport &&
	       ip_vs_fnat_addr_eq(af, &conn->virtual, &told->tuple.dst);
}

static void apply_evict(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow)
{
	if (flow->kind == IP_VS_FNAT_OF_CONN)
		ip_vs_fnat_sync_conn_end(fn, ip_vs_fnat_conn(flow));
	else
		ip_vs_fnat_flow_evict(fn, flow);
}

/* A flow that is in the way: only a copy, or one that is older, gives way. */
static bool apply_end(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow,
		      const struct ip_vs_fnat_told *told)
{
	if (flow->kind == IP_VS_FNAT_OF_HOST || flow->kind == IP_VS_FNAT_OF_ONE_PACKET ||
	    (!(READ_ONCE(flow->sync) & IP_VS_FNAT_SYNC_PEERS) &&
	     (s32)(told->used - READ_ONCE(flow->used)) < CLOCKS_DIFFER))
		return false;
	apply_evict(fn, flow);
	return true;
}

static bool apply_make_room(struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_told *told,
			    int err)
{
	struct ip_vs_fnat_flow *flow;
	enum ip_vs_fnat_dir dir;

	flow = err == -EEXIST ? ip_vs_fnat_flow_find_reap(fn, &told->tuple, &dir) :
				apply_find(fn, told);
	return !flow || apply_end(fn, flow, told);
}

/* A flow as told, not linked; NULL and the counter to raise. */
static struct ip_vs_fnat_flow *apply_alloc(struct ip_vs_fnat_net *fn,
					   const struct ip_vs_fnat_told *told,
					   unsigned int *why)
{
	struct ip_vs_fnat_rule *rule = told->zone ? NULL : apply_rule(fn, told);
	struct ip_vs_fnat_laddr *laddr = told->zone ? apply_laddr(fn, told) : NULL;
	struct ip_vs_fnat_flow *flow = NULL;

	*why = IP_VS_FNAT_A_EXT_SYNC_NO_OWNER;
	if (rule || laddr)
		flow = ip_vs_fnat_flow_alloc(fn, rule, &told->tuple, why);
	if (!flow) {
		if (laddr)
			ip_vs_fnat_laddr_put(laddr);
		return NULL;
	}
	if (laddr)
		flow->laddr = laddr;
	flow->local = told->local;
	flow->lport = told->lport;
	flow->mark = told->mark;
	flow->state = told->state;
	flow->used = told->used;
	flow->sync = IP_VS_FNAT_SYNC_PEERS;
	flow->tracked = IP_VS_FNAT_TRACK_OFF;
	return flow;
}

/* As ip_vs_fnat_flow_link(); -ETIMEDOUT: it is over; -ENOENT and the counter to raise. */
static int apply_open_flow(struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_told *told,
			   unsigned int *why)
{
	struct ip_vs_fnat_flow *flow = apply_alloc(fn, told, why);
	int err;

	if (!flow)
		return -ENOENT;
	err = ip_vs_fnat_flow_dead(fn, flow) ? -ETIMEDOUT : ip_vs_fnat_flow_link(fn, flow);
	if (err)
		ip_vs_fnat_flow_discard(fn, flow);
	else if (told->tuple.proto == IPPROTO_TCP && told->state == IP_VS_TCP_S_ESTABLISHED)
		ip_vs_fnat_owner(flow)->established(flow, 1);
	return err;
}

static void apply_open(struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_told *told)
{
	unsigned int why = 0;
	int tries, err = 0;

	for (tries = 0; tries < 2; tries++) {
		err = told->conn ? ip_vs_fnat_sync_conn_open(fn, told, &why) :
				   apply_open_flow(fn, told, &why);
		if ((err != -EEXIST && err != -EADDRINUSE) || !apply_make_room(fn, told, err))
			break;
	}
	switch (err) {
	case 0:
		IP_VS_FNAT_INC(fn, SYNC_LEARNED);
		break;
	case -ETIMEDOUT:
		break;
	case -ENOENT:
		ip_vs_fnat_inc(fn, why, 1);
		break;
	default:
		IP_VS_FNAT_INC(fn, SYNC_CONFLICT);
	}
}

/* Packets pass at the peer again: this is a copy, and the next packet takes the full path. */
static void apply_hand_back(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow)
{
	struct ip_vs_fnat_sync_streams *streams = rcu_dereference(fn->sync);
	struct ip_vs_fnat_sync_stream *stream;
	int dir;

	if (!streams)
		return;
	stream = ip_vs_fnat_sync_stream_of(streams, flow);
	spin_lock_bh(&stream->lock);
	WRITE_ONCE(flow->sync, IP_VS_FNAT_SYNC_PEERS);
	spin_unlock_bh(&stream->lock);
	for (dir = 0; dir < IP_VS_FNAT_DIRS; dir++)
		ip_vs_fnat_way_drop(&flow->way[dir]);
}

/* There is one already, its copy or the original. */
static void apply_to(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow,
		     const struct ip_vs_fnat_told *told)
{
	bool copy = READ_ONCE(flow->sync) & IP_VS_FNAT_SYNC_PEERS;
	s32 ahead = told->used - READ_ONCE(flow->used);

	if (!copy && (told->end || ahead < CLOCKS_DIFFER))
		return;
	IP_VS_FNAT_INC(fn, SYNC_LEARNED);
	if (told->end) {
		apply_evict(fn, flow);
		return;
	}
	if (!copy)
		apply_hand_back(fn, flow);
	if (ahead > 0)
		WRITE_ONCE(flow->used, told->used);
	if (told->conn)
		ip_vs_fnat_sync_conn_set(ip_vs_fnat_conn(flow), told);
	else
		ip_vs_fnat_flow_set_state(flow, told->state);
}

void ip_vs_fnat_sync_apply(struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_sync_record *record,
			   unsigned int len)
{
	struct ip_vs_fnat_flow *flow;
	struct ip_vs_fnat_told told;

	if (!ip_vs_fnat_sync_read(record, len, &told)) {
		IP_VS_FNAT_INC(fn, DROP_SYNC_MALFORMED);
		return;
	}
	rcu_read_lock();
	flow = apply_find(fn, &told);
	if (flow && apply_is_same(flow, &told))
		apply_to(fn, flow, &told);
	else if (!told.end && (!flow || apply_end(fn, flow, &told)))
		apply_open(fn, &told);
	else if (flow && !told.end)
		IP_VS_FNAT_INC(fn, SYNC_CONFLICT);
	rcu_read_unlock();
}
