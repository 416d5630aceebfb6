// SPDX-License-Identifier: GPL-2.0
/* What IPVS's connection keeps for a flow of FULLNAT: its state, time and real server. */
#include <net/ip_vs.h>

#include "ip_vs_fnat.h"
#include "ip_vs_fnat_state.h"

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
