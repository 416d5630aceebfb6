// SPDX-License-Identifier: GPL-2.0
/*
 * What a peer tells of FULLNAT's connections becomes connections of IPVS here, with the local
 * address and port that they have there.
 */
#include <linux/in.h>
#include <linux/jiffies.h>
#include <net/ip_vs.h>

#include "ip_vs_fnat.h"
#include "ip_vs_fnat_conn.h"
#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_sync_conn.h"
#include "ip_vs_fnat_sync_record.h"
#include "ip_vs_fnat_uapi.h"

/* ---- state ---- */

/* Does IPVS count it among its real server's active ones? */
static bool conn_is_active(u8 proto, u8 state)
{
	switch (proto) {
	case IPPROTO_TCP:
		return state == IP_VS_TCP_S_ESTABLISHED || state == IP_VS_TCP_S_SYN_SENT ||
		       state == IP_VS_TCP_S_SYN_RECV || state == IP_VS_TCP_S_SYNACK;
	case IPPROTO_SCTP:
		return state == IP_VS_SCTP_S_ESTABLISHED;
	default:
		return false;
	}
}

static void conn_count(struct ip_vs_conn *cp, u8 state)
	__must_hold(&cp->lock)
{
	bool active = conn_is_active(cp->protocol, state);
	struct ip_vs_dest *dest = cp->dest;

	if (!dest || active == !(cp->flags & IP_VS_CONN_F_INACTIVE))
		return;
	atomic_add(active ? 1 : -1, &dest->activeconns);
	cp->flags ^= IP_VS_CONN_F_INACTIVE;
}

/* Jiffies of the state's timeout that are left; 0: it is over. */
static unsigned long conn_left(struct netns_ipvs *ipvs, const struct ip_vs_fnat_told *told)
{
	const struct ip_vs_proto_data *pd = ip_vs_proto_data_get(ipvs, told->tuple.proto);
	u32 idle = (u32)jiffies - told->used;
	u32 timeout;

	if (!pd || !pd->timeout_table)
		return 0;
	timeout = pd->timeout_table[told->state];
	return idle < timeout ? timeout - idle : 0;
}

/* By who has a reference. */
static void conn_set(struct ip_vs_conn *cp, const struct ip_vs_fnat_told *told)
{
	spin_lock_bh(&cp->lock);
	conn_count(cp, told->state);
	cp->state = told->state;
	cp->old_state = told->state;
	/* Its next packet begins another. */
	cp->timeout = conn_left(cp->ipvs, told) ?: 1;
	spin_unlock_bh(&cp->lock);
}

void ip_vs_fnat_sync_conn_set(struct ip_vs_fnat_conn *conn,
			      const struct ip_vs_fnat_told *told)
{
	if (!__ip_vs_conn_get(conn->cp))
		return;
	conn_set(conn->cp, told);
	ip_vs_conn_put(conn->cp);
}

/* ---- opening and ending ---- */

void ip_vs_fnat_sync_conn_end(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_conn *conn)
{
	ip_vs_fnat_flow_retire(fn, conn);
	if (!__ip_vs_conn_get(conn->cp))
		return;
	ip_vs_conn_expire_now(conn->cp);
	__ip_vs_conn_put(conn->cp);
}

/* Another of the client's, to the same address and port: IPVS would find that. */
static void end_other(const struct ip_vs_conn_param *param)
{
	struct ip_vs_conn *cp = ip_vs_conn_in_get(param);

	if (!cp)
		return;
	ip_vs_conn_expire_now(cp);
	__ip_vs_conn_put(cp);
}

static struct ip_vs_dest *find_dest(struct netns_ipvs *ipvs,
				    const struct ip_vs_fnat_told *told)
{
	struct ip_vs_dest *dest;
	u8 af = told->tuple.af;

	dest = ip_vs_find_dest(ipvs, af, af, &told->remote, told->rport, &told->tuple.dst,
			       told->tuple.dport, told->tuple.proto, told->mark,
			       IP_VS_CONN_F_FULLNAT);
	if (!dest ||
	    (atomic_read(&dest->conn_flags) & IP_VS_CONN_F_FWD_MASK) != IP_VS_CONN_F_FULLNAT)
		return NULL;
	return dest;
}

int ip_vs_fnat_sync_conn_open(struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_told *told,
			      unsigned int *why)
{
	struct ip_vs_fnat_given given = { .told = told };
	struct netns_ipvs *ipvs = net_ipvs(fn->net);
	struct ip_vs_conn_param param;
	struct ip_vs_dest *dest;
	enum ip_vs_fnat_dir dir;
	struct ip_vs_conn *cp;

	if (!conn_left(ipvs, told))
		return -ETIMEDOUT;
	dest = find_dest(ipvs, told);
	*why = IP_VS_FNAT_A_EXT_SYNC_NO_OWNER;
	if (!dest)
		return -ENOENT;
	/* Who is in the way keeps what IPVS has of it, unless that is to go. */
	if (ip_vs_fnat_flow_find_reap(fn, &told->tuple, &dir))
		return -EEXIST;
	ip_vs_conn_fill_param(ipvs, told->tuple.af, told->tuple.proto, &told->tuple.src,
			      told->tuple.sport, &told->tuple.dst, told->tuple.dport, &param);
	end_other(&param);
	cp = ip_vs_fnat_conn_open_given(&param, dest, &given);
	if (!cp) {
		*why = given.why ?: IP_VS_FNAT_A_EXT_DROP_NO_MEMORY;
		return given.err ?: -ENOENT;
	}
	conn_set(cp, told);
	ip_vs_conn_put(cp);
	return 0;
}
