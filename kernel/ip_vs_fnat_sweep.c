// SPDX-License-Identifier: GPL-2.0
/*
 * Walks through the flow table, in process context: a worker ends in slices what has
 * timed out, so that no flow has a timer; others end what is of a service, or list flows.
 */
#include <linux/jiffies.h>
#include <linux/workqueue.h>
#include <net/ip_vs.h>

#include "ip_vs_fnat_find.h"
#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_limit.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_owner.h"
#include "ip_vs_fnat_state.h"
#include "ip_vs_fnat_sweep.h"
#include "ip_vs_fnat_sync.h"
#include "ip_vs_fnat_track.h"

/* The whole table is swept once in this many slices, one each SWEEP_PERIOD. */
#define SWEEP_SLICES	32
#define SWEEP_PERIOD	(HZ / 4)
/* With their buckets, so many flows take the 2 MiB that a CPU's own caches may have. */
#define LARGE		8192
/* RFC 5508, REQ-1: an ICMP query session lasts 60 seconds at least. */
#define ICMP_TIMEOUT	(60 * HZ)

static void sweep_flows(struct work_struct *work);
static DECLARE_DELAYED_WORK(sweep_work, sweep_flows);
static u32 sweep_next;
/* When each slice was swept last, and the one that is being swept; jiffies. */
static u32 sweep_times[SWEEP_SLICES];
static u32 sweep_before;

/* ---- time ---- */

u32 ip_vs_fnat_flow_timeout(const struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_flow *flow)
{
	u32 unanswered = READ_ONCE(fn->timeout_unanswered) * HZ;
	u32 state = READ_ONCE(flow->state), timeout;

	switch (flow->proto) {
	case IPPROTO_TCP:
		timeout = fn->tcp->timeout_table[state];
		break;
	case IPPROTO_UDP:
		timeout = fn->udp->timeout_table[IP_VS_UDP_S_NORMAL];
		break;
	default:
		timeout = ICMP_TIMEOUT;
	}
	return ip_vs_fnat_flow_is_answered(flow, state) ? timeout : min(timeout, unanswered);
}

bool ip_vs_fnat_flow_dead(const struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_flow *flow)
{
	u32 idle = (u32)jiffies - READ_ONCE(flow->used);
	u32 timeout = ip_vs_fnat_owner(flow)->timeout(fn, flow);

	/* A packet on another CPU may be a little ahead of this one's clock. */
	return timeout && (s32)idle > 0 && idle >= timeout;
}

u32 ip_vs_fnat_flow_left(const struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_flow *flow)
{
	u32 timeout = ip_vs_fnat_owner(flow)->timeout(fn, flow);
	s32 left = timeout - ((u32)jiffies - READ_ONCE(flow->used));

	if (!timeout)
		return ip_vs_fnat_conn_left(ip_vs_fnat_conn(flow));
	return left > 0 ? jiffies_to_msecs(left) : 0;
}

/* ---- what has timed out ---- */

/*
 * Peers hear of a flow that has packets every half of its timeout, wherever the sweep
 * stands at that time.
 */
static bool sweep_is_due(const struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_flow *flow)
{
	u32 timeout = flow->kind == IP_VS_FNAT_OF_CONN ?
		      READ_ONCE(ip_vs_fnat_conn(flow)->cp->timeout) :
		      ip_vs_fnat_owner(flow)->timeout(fn, flow);
	u32 period = max(timeout / 2, 1U);
	u32 now = jiffies, before = sweep_before;

	return now / period != before / period && now - READ_ONCE(flow->used) <= period;
}

static void end_dead(struct ip_vs_fnat_flow *flow, void *arg)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(read_pnet(&flow->net));

	if (ip_vs_fnat_flow_dead(fn, flow)) {
		ip_vs_fnat_flow_reap(fn, flow);
		return;
	}
	if (READ_ONCE(flow->tracked) == IP_VS_FNAT_TRACK_OWN)
		ip_vs_fnat_track_keep(flow, ip_vs_fnat_flow_left(fn, flow));
	if (READ_ONCE(flow->sync) & IP_VS_FNAT_SYNC_TOLD && sweep_is_due(fn, flow))
		ip_vs_fnat_sync_changed(fn, flow);
}

static void sweep_flows(struct work_struct *work)
{
	u32 slice = max((ip_vs_fnat_table.mask + 1) / SWEEP_SLICES, 1U);

	u32 *time = &sweep_times[sweep_next / slice % SWEEP_SLICES];

	WRITE_ONCE(ip_vs_fnat_table.large, ip_vs_fnat_flow_total() > LARGE);
	sweep_before = *time;
	*time = jiffies;
	for (; slice; slice--) {
		if (!hlist_empty(ip_vs_fnat_chain_at(sweep_next)))
			ip_vs_fnat_flow_each(sweep_next, end_dead, NULL);
		sweep_next = (sweep_next + 1) & ip_vs_fnat_table.mask;
		if (!(sweep_next & 255))
			cond_resched();
	}
	if (ip_vs_fnat_flow_total())
		schedule_delayed_work(&sweep_work, SWEEP_PERIOD);
}

void ip_vs_fnat_sweep_start(void)
{
	if (!delayed_work_pending(&sweep_work))
		schedule_delayed_work(&sweep_work, SWEEP_PERIOD);
}

void ip_vs_fnat_sweep_stop(void)
{
	cancel_delayed_work_sync(&sweep_work);
}

/* ---- what is of a service ---- */

struct flush_arg {
	struct ip_vs_fnat_net		*fn;
	const struct ip_vs_fnat_flush	*what;
};

static void end_of_service(struct ip_vs_fnat_flow *flow, void *arg)
{
	const struct flush_arg *flush = arg;

	if (net_eq(read_pnet(&flow->net), flush->fn->net) && flow->af == flush->what->af &&
	    ip_vs_fnat_owner(flow)->is_of(flow, flush->what))
		ip_vs_fnat_flow_evict(flush->fn, flow);
}

void ip_vs_fnat_flow_flush(struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_flush *what)
{
	struct flush_arg arg = { .fn = fn, .what = what };
	u32 bucket;

	if (!atomic_read(&fn->flows))
		return;
	for (bucket = 0; bucket <= ip_vs_fnat_table.mask; bucket++) {
		if (!hlist_empty(ip_vs_fnat_chain_at(bucket)))
			ip_vs_fnat_flow_each(bucket, end_of_service, &arg);
		if (!(bucket & 255))
			cond_resched();
	}
}

/* ---- listing ---- */

int ip_vs_fnat_flow_walk(struct ip_vs_fnat_net *fn, u32 *bucket, u32 *skip,
			 int (*emit)(struct ip_vs_fnat_flow *flow, u32 left, void *arg),
			 void *arg)
{
	for (; *bucket <= ip_vs_fnat_table.mask; ++*bucket, *skip = 0) {
		struct hlist_node *node;
		u32 at = 0;

		rcu_read_lock();
		for (node = rcu_dereference(hlist_first_rcu(ip_vs_fnat_chain_at(*bucket))); node;
		     node = rcu_dereference(hlist_next_rcu(node))) {
			struct ip_vs_fnat_flow *flow = ip_vs_fnat_node_flow(node);
			u32 left;
			int err;

			if (ip_vs_fnat_node_dir(node) != IP_VS_FNAT_REPLY ||
			    !net_eq(read_pnet(&flow->net), fn->net) || at++ < *skip)
				continue;
			left = ip_vs_fnat_flow_left(fn, flow);
			err = left ? emit(flow, left, arg) : 0;
			if (err) {
				rcu_read_unlock();
				*skip = at - 1;
				return err;
			}
		}
		rcu_read_unlock();
		cond_resched();
	}
	return 0;
}
