// SPDX-License-Identifier: GPL-2.0
/* How many flows there may be, of a namespace and of all; and what makes room for new ones. */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <net/ip_vs.h>

#include "ip_vs_fnat_find.h"
#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_limit.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_state.h"
#include "ip_vs_fnat_stats.h"
#include "ip_vs_fnat_uapi.h"

static unsigned int flow_max;
module_param(flow_max, uint, 0644);
MODULE_PARM_DESC(flow_max, "most flows of all namespaces together (default: from memory)");

static atomic_t flow_total;

/* By default flows for a tenth of the memory at 200 bytes each: 2,147,483 with 4 GiB. */
void ip_vs_fnat_limit_init(u64 memory)
{
	if (!flow_max)
		flow_max = min_t(u64, div_u64(memory, 2000), INT_MAX / 2);
	flow_max = min_t(unsigned int, flow_max, INT_MAX / 2);
}

unsigned int ip_vs_fnat_flow_total(void)
{
	return atomic_read(&flow_total);
}

unsigned int ip_vs_fnat_flow_max(void)
{
	return READ_ONCE(flow_max);
}

/*
 * Early drop: where there is no room for a new flow, flows make room that nobody has
 * answered, that are not established yet, or that are over. One sender can then fill
 * the table, but not close it for others. They are looked for from where the last
 * search ended, so that all have the same chance, and several at once. No more buckets
 * are asked than is good for a packet; when that was in vain, none are for a while.
 */
#define SPARE_BUCKETS	BIT(18)
#define SPARE_FLOWS	32
#define SPARE_PAUSE	(HZ / 8)

static u32 spare_next;

struct spare {
	const struct ip_vs_fnat_net	*fn;	/* whose flows; NULL: all */
	unsigned int			found;
};

static bool is_spare(const struct ip_vs_fnat_flow *flow)
{
	u32 state = READ_ONCE(flow->state);

	if (flow->proto != IPPROTO_TCP)
		return !ip_vs_fnat_flow_is_answered(flow, state);
	return state == IP_VS_TCP_S_NONE || state == IP_VS_TCP_S_SYN_RECV ||
	       state == IP_VS_TCP_S_SYNACK || state == IP_VS_TCP_S_TIME_WAIT ||
	       state == IP_VS_TCP_S_CLOSE;
}

static void end_spare(struct ip_vs_fnat_flow *flow, void *arg)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(read_pnet(&flow->net));
	struct spare *spare = arg;

	if ((spare->fn && spare->fn != fn) || ip_vs_fnat_is_conn(flow) || !is_spare(flow) ||
	    !ip_vs_fnat_flow_end(fn, flow))
		return;
	IP_VS_FNAT_INC(fn, FLOW_EARLY_DROP);
	spare->found++;
}

/* Make room for a flow of @fn, by its own flows or by anybody's; false: there is none. */
static bool make_room(struct ip_vs_fnat_net *fn, bool own)
{
	struct spare spare = { .fn = own ? fn : NULL };
	u32 mask = ip_vs_fnat_table.mask, at = READ_ONCE(spare_next);
	u32 end = at + min_t(u32, mask + 1, SPARE_BUCKETS);

	if (time_before(jiffies, READ_ONCE(fn->flow_no_spare) + SPARE_PAUSE))
		return false;
	for (; at != end && spare.found < SPARE_FLOWS; at++)
		if (!hlist_empty(ip_vs_fnat_chain_at(at & mask)))
			ip_vs_fnat_flow_each(at & mask, end_spare, &spare);
	WRITE_ONCE(spare_next, at);
	if (!spare.found)
		WRITE_ONCE(fn->flow_no_spare, jiffies);
	return spare.found;
}

void ip_vs_fnat_flow_uncount(struct ip_vs_fnat_net *fn)
{
	atomic_dec(&fn->flows);
	atomic_dec(&flow_total);
}

/* False, and not counted, at the limit of the namespace, or of all. */
static bool count(struct ip_vs_fnat_net *fn, bool *own)
{
	u32 limit = READ_ONCE(fn->flow_limit);
	u32 flows = atomic_inc_return(&fn->flows);
	u32 total = atomic_inc_return(&flow_total);

	*own = limit && flows > limit;
	if (likely(!*own && total <= READ_ONCE(flow_max)))
		return true;
	ip_vs_fnat_flow_uncount(fn);
	return false;
}

bool ip_vs_fnat_flow_count(struct ip_vs_fnat_net *fn)
{
	bool own;

	return likely(count(fn, &own)) || (make_room(fn, own) && count(fn, &own));
}
