// SPDX-License-Identifier: GPL-2.0
/*
 * The flow table: one for all namespaces, of fixed size, each flow in it once
 * for each direction and found by the full tuple.
 */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <net/ip_vs.h>

#include "ip_vs_fnat_find.h"
#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_limit.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_owner.h"
#include "ip_vs_fnat_packet.h"
#include "ip_vs_fnat_port.h"
#include "ip_vs_fnat_rule.h"
#include "ip_vs_fnat_stats.h"
#include "ip_vs_fnat_sweep.h"
#include "ip_vs_fnat_sync.h"
#include "ip_vs_fnat_track.h"
#include "ip_vs_fnat_uapi.h"
#include "ip_vs_fnat_way.h"

#define LOCK_BITS	12
#define LOCKS		BIT(LOCK_BITS)

static unsigned int flow_tab_bits;
module_param(flow_tab_bits, uint, 0444);
MODULE_PARM_DESC(flow_tab_bits, "log2 of the flow table's buckets, 8 to 26 (default: from memory)");

struct ip_vs_fnat_table ip_vs_fnat_table __read_mostly;
static spinlock_t *locks __read_mostly;
static struct kmem_cache *flow_cache __read_mostly;
static struct kmem_cache *conn_cache __read_mostly;

static u32 flow_bucket(const struct ip_vs_fnat_flow *flow, enum ip_vs_fnat_dir dir)
{
	struct ip_vs_fnat_key key;

	ip_vs_fnat_flow_key(flow, dir, &key);
	return ip_vs_fnat_bucket(read_pnet(&flow->net), &key);
}

/* Checkers count the two locks as one: there may be but one. */
static void lock_two(u32 a, u32 b)
	__acquires(locks)
{
	a &= LOCKS - 1;
	b &= LOCKS - 1;
	if (a > b)
		swap(a, b);
	spin_lock_bh(&locks[a]);
	if (a != b) {
		spin_lock_nested(&locks[b], SINGLE_DEPTH_NESTING);
		__release(&locks[b]);
	}
}

static void unlock_two(u32 a, u32 b)
	__releases(locks)
{
	a &= LOCKS - 1;
	b &= LOCKS - 1;
	if (a > b)
		swap(a, b);
	if (a != b) {
		__acquire(&locks[b]);
		spin_unlock(&locks[b]);
	}
	spin_unlock_bh(&locks[a]);
}

/* ---- finding ---- */

static struct ip_vs_fnat_flow *flow_find(const struct net *net,
					 const struct ip_vs_fnat_tuple *tuple,
					 enum ip_vs_fnat_dir *dir)
{
	struct ip_vs_fnat_key key;
	struct hlist_node *node;

	if (tuple->af == AF_INET) {
		ip_vs_fnat_key_of(tuple, AF_INET, &key);
		node = ip_vs_fnat_flow_lookup(net, &key);
	} else {
		ip_vs_fnat_key_of(tuple, AF_INET6, &key);
		node = ip_vs_fnat_flow_lookup(net, &key);
	}
	if (!node)
		return NULL;
	*dir = ip_vs_fnat_node_dir(node);
	return ip_vs_fnat_node_flow(node);
}

struct ip_vs_fnat_flow *ip_vs_fnat_flow_find(const struct net *net,
					     const struct ip_vs_fnat_tuple *tuple,
					     enum ip_vs_fnat_dir *dir)
{
	struct ip_vs_fnat_flow *flow = flow_find(net, tuple, dir);

	if (!flow || ip_vs_fnat_flow_is_fresh(flow))
		return flow;
	return ip_vs_fnat_flow_dead(ip_vs_fnat_net(net), flow) ? NULL : flow;
}

/* ---- opening and ending ---- */

static void flow_free(struct ip_vs_fnat_flow *flow)
{
	kmem_cache_free(ip_vs_fnat_is_conn(flow) ? conn_cache : flow_cache, flow);
}

static void flow_free_rcu(struct rcu_head *head)
{
	struct ip_vs_fnat_flow *flow = container_of(head, struct ip_vs_fnat_flow, rcu);
	int dir;

	for (dir = 0; dir < IP_VS_FNAT_DIRS; dir++)
		ip_vs_fnat_way_free(&flow->way[dir]);
	ip_vs_fnat_owner(flow)->put(flow);
	flow_free(flow);
}

/* Take a flow out of the table; false when somebody else did. */
static bool flow_unlink(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow)
{
	u32 a = flow_bucket(flow, IP_VS_FNAT_ORIG);
	u32 b = flow_bucket(flow, IP_VS_FNAT_REPLY);
	bool linked;

	lock_two(a, b);
	linked = !hlist_unhashed(&flow->node[IP_VS_FNAT_REPLY]);
	if (linked) {
		hlist_del_init_rcu(&flow->node[IP_VS_FNAT_ORIG]);
		hlist_del_init_rcu(&flow->node[IP_VS_FNAT_REPLY]);
		ip_vs_fnat_port_note(fn, flow, false);
	}
	unlock_two(a, b);
	if (!linked)
		return false;

	/* LAST is final: tcp_transition() leaves it alone. */
	if (flow->proto == IPPROTO_TCP && !ip_vs_fnat_is_conn(flow) &&
	    xchg(&flow->state, IP_VS_TCP_S_LAST) == IP_VS_TCP_S_ESTABLISHED)
		ip_vs_fnat_owner(flow)->established(flow, -1);
	ip_vs_fnat_owner(flow)->unlinked(flow);
	ip_vs_fnat_sync_ended(fn, flow);
	if (READ_ONCE(flow->tracked) == IP_VS_FNAT_TRACK_OWN)
		ip_vs_fnat_track_end(flow);
	ip_vs_fnat_flow_uncount(fn);
	return true;
}

bool ip_vs_fnat_flow_end(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow)
{
	if (!flow_unlink(fn, flow))
		return false;
	call_rcu(&flow->rcu, flow_free_rcu);
	return true;
}

void ip_vs_fnat_flow_reap(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow)
{
	if (ip_vs_fnat_flow_end(fn, flow))
		IP_VS_FNAT_INC(fn, FLOW_EXPIRED);
}

void ip_vs_fnat_flow_evict(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow)
{
	if (ip_vs_fnat_flow_end(fn, flow))
		IP_VS_FNAT_INC(fn, FLOW_FLUSHED);
}

void ip_vs_fnat_flow_retire(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_conn *conn)
{
	flow_unlink(fn, &conn->flow);
}

void ip_vs_fnat_flow_close(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_conn *conn)
{
	if (flow_unlink(fn, &conn->flow))
		IP_VS_FNAT_INC(fn, FLOW_EXPIRED);
	call_rcu(&conn->flow.rcu, flow_free_rcu);
}

void ip_vs_fnat_flow_each(u32 bucket, void (*what)(struct ip_vs_fnat_flow *flow, void *arg),
			  void *arg)
{
	struct hlist_node *node, *next;

	rcu_read_lock();
	node = rcu_dereference(hlist_first_rcu(ip_vs_fnat_chain_at(bucket)));
	for (; node; node = next) {
		/* An unlinked node still leads on: it is freed a grace period later. */
		next = rcu_dereference(hlist_next_rcu(node));
		if (ip_vs_fnat_node_dir(node) == IP_VS_FNAT_REPLY)
			what(ip_vs_fnat_node_flow(node), arg);
	}
	rcu_read_unlock();
}

struct ip_vs_fnat_flow *ip_vs_fnat_flow_find_reap(struct ip_vs_fnat_net *fn,
						  const struct ip_vs_fnat_tuple *tuple,
						  enum ip_vs_fnat_dir *dir)
{
	struct ip_vs_fnat_flow *flow = flow_find(fn->net, tuple, dir);

	if (flow && ip_vs_fnat_flow_dead(fn, flow)) {
		ip_vs_fnat_flow_reap(fn, flow);
		return NULL;
	}
	return flow;
}

static struct ip_vs_fnat_flow *flow_alloc(struct ip_vs_fnat_net *fn, struct kmem_cache *cache,
					  const struct ip_vs_fnat_tuple *tuple,
					  unsigned int *why)
{
	struct ip_vs_fnat_flow *flow;

	if (!ip_vs_fnat_flow_count(fn)) {
		*why = IP_VS_FNAT_A_EXT_DROP_TABLE_FULL;
		return NULL;
	}
	flow = kmem_cache_zalloc(cache, GFP_ATOMIC);
	if (!flow) {
		ip_vs_fnat_flow_uncount(fn);
		*why = IP_VS_FNAT_A_EXT_DROP_NO_MEMORY;
		return NULL;
	}
	write_pnet(&flow->net, fn->net);
	flow->af = tuple->af;
	flow->proto = tuple->proto;
	flow->client = tuple->src;
	flow->cport = tuple->sport;
	flow->remote = tuple->dst;
	flow->rport = tuple->dport;
	flow->asked = tuple->asked;
	flow->way[IP_VS_FNAT_ORIG].l3 = tuple->l3;
	flow->way[IP_VS_FNAT_REPLY].l3 = IP_VS_FNAT_L3_ANY;
	flow->used = jiffies;
	return flow;
}

struct ip_vs_fnat_flow *ip_vs_fnat_flow_alloc(struct ip_vs_fnat_net *fn,
					      struct ip_vs_fnat_rule *rule,
					      const struct ip_vs_fnat_tuple *tuple,
					      unsigned int *why)
{
	struct ip_vs_fnat_flow *flow = flow_alloc(fn, flow_cache, tuple, why);

	if (!flow)
		return NULL;
	if (!rule) {
		flow->kind = IP_VS_FNAT_OF_ZONE;
		return flow;
	}
	if (!refcount_inc_not_zero(&rule->refs)) {
		ip_vs_fnat_flow_uncount(fn);
		flow_free(flow);
		*why = IP_VS_FNAT_A_EXT_DROP_NO_RULE;
		return NULL;
	}
	flow->rule = rule;
	return flow;
}

struct ip_vs_fnat_flow *ip_vs_fnat_flow_alloc_own(struct ip_vs_fnat_net *fn,
						  const struct ip_vs_fnat_tuple *tuple,
						  unsigned int *why)
{
	struct ip_vs_fnat_flow *flow = flow_alloc(fn, flow_cache, tuple, why);

	if (!flow)
		return NULL;
	flow->kind = IP_VS_FNAT_OF_HOST;
	flow->local = tuple->src;
	return flow;
}

struct ip_vs_fnat_conn *ip_vs_fnat_flow_alloc_conn(struct ip_vs_fnat_net *fn,
						   const struct ip_vs_fnat_tuple *tuple,
						   bool one_packet, unsigned int *why)
{
	struct ip_vs_fnat_flow *flow = flow_alloc(fn, conn_cache, tuple, why);
	struct ip_vs_fnat_conn *conn = flow ? ip_vs_fnat_conn(flow) : NULL;

	if (!flow)
		return NULL;
	flow->kind = one_packet ? IP_VS_FNAT_OF_ONE_PACKET : IP_VS_FNAT_OF_CONN;
	conn->virtual = tuple->dst;
	conn->vport = tuple->dport;
	return conn;
}

void ip_vs_fnat_flow_discard(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow)
{
	ip_vs_fnat_owner(flow)->put(flow);
	ip_vs_fnat_flow_uncount(fn);
	flow_free(flow);
}

static bool chain_has(u32 bucket, const struct net *net, const struct ip_vs_fnat_key *key)
{
	struct hlist_node *node;

	hlist_for_each(node, ip_vs_fnat_chain_at(bucket))
		if (ip_vs_fnat_flow_matches(ip_vs_fnat_node_flow(node), ip_vs_fnat_node_dir(node),
					    net, key))
			return true;
	return false;
}

int ip_vs_fnat_flow_link(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow)
{
	bool answers_only = ip_vs_fnat_is_one_packet(flow);
	struct ip_vs_fnat_key orig, reply;
	int err = 0;
	u32 a, b;

	ip_vs_fnat_flow_key(flow, IP_VS_FNAT_ORIG, &orig);
	ip_vs_fnat_flow_key(flow, IP_VS_FNAT_REPLY, &reply);
	a = ip_vs_fnat_bucket(fn->net, &orig);
	b = ip_vs_fnat_bucket(fn->net, &reply);

	lock_two(a, b);
	if (!answers_only && chain_has(a, fn->net, &orig)) {
		err = -EEXIST;
	} else if (chain_has(b, fn->net, &reply)) {
		err = -EADDRINUSE;
	} else {
		if (!answers_only)
			hlist_add_head_rcu(&flow->node[IP_VS_FNAT_ORIG], ip_vs_fnat_chain_at(a));
		hlist_add_head_rcu(&flow->node[IP_VS_FNAT_REPLY], ip_vs_fnat_chain_at(b));
		ip_vs_fnat_port_note(fn, flow, true);
	}
	unlock_two(a, b);
	if (err)
		return err;

	ip_vs_fnat_owner(flow)->linked(flow);
	ip_vs_fnat_sync_opened(fn, flow, b);
	IP_VS_FNAT_INC(fn, FLOW_NEW);
	ip_vs_fnat_sweep_start();
	return 0;
}

void ip_vs_fnat_flow_opened(struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_flow *flow)
{
	ip_vs_fnat_sync_opened(fn, flow, flow_bucket(flow, IP_VS_FNAT_REPLY));
}

/* ---- set-up ---- */

unsigned int ip_vs_fnat_flow_buckets(void)
{
	return ip_vs_fnat_table.mask + 1;
}

/*
 * A bucket for every 4 KiB of memory (0.2 % of it): 1,048,576 with 4 GiB; see also
 * ip_vs_fnat_limit_init().
 */
static int flow_sizes(void)
{
	u64 memory = (u64)totalram_pages() << PAGE_SHIFT;

	if (!flow_tab_bits)
		flow_tab_bits = clamp(ilog2(memory >> 12), 10, 22);
	if (flow_tab_bits < 8 || flow_tab_bits > 26) {
		pr_err("IPVS: flow_tab_bits=%u is not 8 to 26\n", flow_tab_bits);
		return -EINVAL;
	}
	ip_vs_fnat_limit_init(memory);
	return 0;
}

int ip_vs_fnat_flow_init(void)
{
	unsigned int i;
	int err;

	err = flow_sizes();
	if (err)
		return err;
	err = -ENOMEM;
	ip_vs_fnat_table.mask = (1U << flow_tab_bits) - 1;
	ip_vs_fnat_table.buckets = kvcalloc(ip_vs_fnat_table.mask + 1,
					    sizeof(*ip_vs_fnat_table.buckets), GFP_KERNEL);
	if (!ip_vs_fnat_table.buckets)
		return err;
	locks = kvmalloc_array(LOCKS, sizeof(*locks), GFP_KERNEL);
	if (!locks)
		goto out_table;
	for (i = 0; i < LOCKS; i++)
		spin_lock_init(&locks[i]);
	flow_cache = kmem_cache_create("ip_vs_fnat_flow", sizeof(struct ip_vs_fnat_flow),
				       IP_VS_FNAT_FLOW_ALIGN, 0, NULL);
	if (!flow_cache)
		goto out_locks;
	conn_cache = kmem_cache_create("ip_vs_fnat_conn", sizeof(struct ip_vs_fnat_conn),
				       IP_VS_FNAT_FLOW_ALIGN, 0, NULL);
	if (!conn_cache)
		goto out_flows;
	get_random_bytes(ip_vs_fnat_table.key, sizeof(ip_vs_fnat_table.key));
	return 0;

out_flows:
	kmem_cache_destroy(flow_cache);
out_locks:
	kvfree(locks);
out_table:
	kvfree(ip_vs_fnat_table.buckets);
	return err;
}

/* All namespaces are gone, and with them all flows. */
void ip_vs_fnat_flow_exit(void)
{
	ip_vs_fnat_sweep_stop();
	rcu_barrier();
	/* Flows put their rules and addresses, which free themselves one grace period on. */
	rcu_barrier();
	kmem_cache_destroy(conn_cache);
	kmem_cache_destroy(flow_cache);
	kvfree(locks);
	kvfree(ip_vs_fnat_table.buckets);
}
