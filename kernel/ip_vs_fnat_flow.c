// SPDX-License-Identifier: GPL-2.0
/*
 * The flow table: one for all namespaces, of fixed size, each flow in it once
 * for each direction and found by the full tuple. A worker walks it in slices
 * and ends what has timed out; no flow has a timer.
 */
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <net/ip_vs.h>

#include "ip_vs_fnat.h"
#include "ip_vs_fnat_find.h"
#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_laddr.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_packet.h"
#include "ip_vs_fnat_port.h"
#include "ip_vs_fnat_rule.h"
#include "ip_vs_fnat_state.h"
#include "ip_vs_fnat_stats.h"
#include "ip_vs_fnat_track.h"
#include "ip_vs_fnat_uapi.h"
#include "ip_vs_fnat_way.h"

#define LOCK_BITS	12
#define LOCKS		BIT(LOCK_BITS)
/* The whole table is swept once in this many slices, one each SWEEP_PERIOD. */
#define SWEEP_SLICES	32
#define SWEEP_PERIOD	(HZ / 4)
/* With their buckets, so many flows take the 2 MiB that a CPU's own caches may have. */
#define LARGE		8192
/* RFC 5508, REQ-1: an ICMP query session lasts 60 seconds at least. */
#define ICMP_TIMEOUT	(60 * HZ)
/* What a server may take for its answer under one-packet scheduling. */
#define ANSWER_TIMEOUT	(10 * HZ)

static unsigned int flow_tab_bits;
module_param(flow_tab_bits, uint, 0444);
MODULE_PARM_DESC(flow_tab_bits, "log2 of the flow table's buckets, 8 to 26 (default: from memory)");

static unsigned int flow_max;
module_param(flow_max, uint, 0644);
MODULE_PARM_DESC(flow_max, "most flows of all namespaces together (default: from memory)");

struct ip_vs_fnat_table ip_vs_fnat_table __read_mostly;
static spinlock_t *locks __read_mostly;
static struct kmem_cache *flow_cache __read_mostly;
static struct kmem_cache *conn_cache __read_mostly;
static atomic_t flow_total;

static void sweep(struct work_struct *work);
static DECLARE_DELAYED_WORK(sweep_work, sweep);
static u32 sweep_next;

static struct hlist_head *chain(u32 bucket)
{
	return &ip_vs_fnat_table.buckets[bucket];
}

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

/* ---- time ---- */

/* Has the other side said anything? */
static bool is_answered(const struct ip_vs_fnat_flow *flow, u32 state)
{
	if (flow->proto == IPPROTO_TCP)
		return state != IP_VS_TCP_S_NONE && state != IP_VS_TCP_S_SYN_RECV;
	return state == IP_VS_FNAT_S_ANSWERED;
}

static u32 flow_timeout(const struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_flow *flow)
{
	u32 unanswered = READ_ONCE(fn->timeout_unanswered) * HZ;
	u32 state = READ_ONCE(flow->state), timeout;

	if (ip_vs_fnat_is_conn(flow))
		return ANSWER_TIMEOUT;
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
	return is_answered(flow, state) ? timeout : min(timeout, unanswered);
}

bool ip_vs_fnat_flow_dead(const struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_flow *flow)
{
	u32 idle = (u32)jiffies - READ_ONCE(flow->used);

	if (ip_vs_fnat_is_conn(flow) && !ip_vs_fnat_is_one_packet(flow))
		return false;	/* IPVS ends it */
	/* A packet on another CPU may be a little ahead of this one's clock. */
	return (s32)idle > 0 && idle >= flow_timeout(fn, flow);
}

u32 ip_vs_fnat_flow_left(const struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_flow *flow)
{
	s32 left = flow_timeout(fn, flow) - ((u32)jiffies - READ_ONCE(flow->used));

	if (ip_vs_fnat_is_conn(flow) && !ip_vs_fnat_is_one_packet(flow))
		return ip_vs_fnat_conn_left(ip_vs_fnat_conn(flow));
	return left > 0 ? jiffies_to_msecs(left) : 0;
}

/* ---- finding ---- */

static struct ip_vs_fnat_flow *find(const struct net *net, const struct ip_vs_fnat_tuple *tuple,
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
	struct ip_vs_fnat_flow *flow = find(net, tuple, dir);

	if (!flow || ip_vs_fnat_flow_is_fresh(flow))
		return flow;
	return ip_vs_fnat_flow_dead(ip_vs_fnat_net(net), flow) ? NULL : flow;
}

/* ---- opening and ending ---- */

static void flow_put_owner(struct ip_vs_fnat_flow *flow)
{
	if (flow->kind == IP_VS_FNAT_OF_RULE)
		ip_vs_fnat_rule_put(flow->rule);
	else if (flow->laddr)
		ip_vs_fnat_laddr_put(flow->laddr);
}

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
	flow_put_owner(flow);
	flow_free(flow);
}

static void flow_uncount(struct ip_vs_fnat_net *fn)
{
	atomic_dec(&fn->flows);
	atomic_dec(&flow_total);
}

static void count_owner(const struct ip_vs_fnat_flow *flow, bool opened)
{
	if (flow->kind == IP_VS_FNAT_OF_RULE)
		this_cpu_add(flow->rule->stats->flows, opened ? 1 : -1);
	else if (flow->laddr)
		ip_vs_fnat_laddr_count(flow, opened);
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

	count_owner(flow, false);
	/* LAST is final: tcp_transition() leaves it alone. */
	if (flow->proto == IPPROTO_TCP && !ip_vs_fnat_is_conn(flow) &&
	    xchg(&flow->state, IP_VS_TCP_S_LAST) == IP_VS_TCP_S_ESTABLISHED &&
	    flow->kind == IP_VS_FNAT_OF_RULE)
		this_cpu_dec(flow->rule->stats->active);
	/* Before its real server may be freed; who still looks at that has RCU. */
	if (ip_vs_fnat_is_one_packet(flow))
		ip_vs_dest_put(ip_vs_fnat_conn(flow)->dest);
	if (READ_ONCE(flow->tracked) == IP_VS_FNAT_TRACK_OWN)
		ip_vs_fnat_track_end(flow);
	flow_uncount(fn);
	return true;
}

/* End a flow that the table owns, as it does all but those of connections. */
static bool flow_end(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow)
{
	if (!flow_unlink(fn, flow))
		return false;
	call_rcu(&flow->rcu, flow_free_rcu);
	return true;
}

static void flow_reap(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow)
{
	if (flow_end(fn, flow))
		IP_VS_FNAT_INC(fn, FLOW_EXPIRED);
}

void ip_vs_fnat_flow_evict(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow)
{
	if (flow_end(fn, flow))
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

struct ip_vs_fnat_flow *ip_vs_fnat_flow_find_reap(struct ip_vs_fnat_net *fn,
						  const struct ip_vs_fnat_tuple *tuple,
						  enum ip_vs_fnat_dir *dir)
{
	struct ip_vs_fnat_flow *flow = find(fn->net, tuple, dir);

	if (flow && ip_vs_fnat_flow_dead(fn, flow)) {
		flow_reap(fn, flow);
		return NULL;
	}
	return flow;
}

/* ---- when the table is full ---- */

/* Do @end with every flow of the bucket that it holds for; once for each flow. */
static void bucket_reap(u32 bucket, bool (*end)(struct ip_vs_fnat_flow *flow, void *arg),
			void *arg)
{
	struct hlist_node *node, *next;

	rcu_read_lock();
	for (node = rcu_dereference(hlist_first_rcu(chain(bucket))); node; node = next) {
		/* An unlinked node still leads on: it is freed a grace period later. */
		next = rcu_dereference(hlist_next_rcu(node));
		if (ip_vs_fnat_node_dir(node) == IP_VS_FNAT_REPLY)
			end(ip_vs_fnat_node_flow(node), arg);
	}
	rcu_read_unlock();
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
		return !is_answered(flow, state);
	return state == IP_VS_TCP_S_NONE || state == IP_VS_TCP_S_SYN_RECV ||
	       state == IP_VS_TCP_S_SYNACK || state == IP_VS_TCP_S_TIME_WAIT ||
	       state == IP_VS_TCP_S_CLOSE;
}

static bool end_spare(struct ip_vs_fnat_flow *flow, void *arg)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(read_pnet(&flow->net));
	struct spare *spare = arg;

	if ((spare->fn && spare->fn != fn) || ip_vs_fnat_is_conn(flow) || !is_spare(flow) ||
	    !flow_end(fn, flow))
		return false;
	IP_VS_FNAT_INC(fn, FLOW_EARLY_DROP);
	spare->found++;
	return true;
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
		if (!hlist_empty(chain(at & mask)))
			bucket_reap(at & mask, end_spare, &spare);
	WRITE_ONCE(spare_next, at);
	if (!spare.found)
		WRITE_ONCE(fn->flow_no_spare, jiffies);
	return spare.found;
}

/* Count a new flow; false, and not counted, at the limit of the namespace, or of all. */
static bool flow_count(struct ip_vs_fnat_net *fn, bool *own)
{
	u32 limit = READ_ONCE(fn->flow_limit);
	u32 flows = atomic_inc_return(&fn->flows);
	u32 total = atomic_inc_return(&flow_total);

	*own = limit && flows > limit;
	if (likely(!*own && total <= READ_ONCE(flow_max)))
		return true;
	flow_uncount(fn);
	return false;
}

static struct ip_vs_fnat_flow *flow_alloc(struct ip_vs_fnat_net *fn, struct kmem_cache *cache,
					  const struct ip_vs_fnat_tuple *tuple,
					  unsigned int *why)
{
	struct ip_vs_fnat_flow *flow;
	bool own;

	if (!flow_count(fn, &own) && !(make_room(fn, own) && flow_count(fn, &own))) {
		*why = IP_VS_FNAT_A_EXT_DROP_TABLE_FULL;
		return NULL;
	}
	flow = kmem_cache_zalloc(cache, GFP_ATOMIC);
	if (!flow) {
		flow_uncount(fn);
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
		flow_uncount(fn);
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
	flow_put_owner(flow);
	flow_uncount(fn);
	flow_free(flow);
}

static bool chain_has(u32 bucket, const struct net *net, const struct ip_vs_fnat_key *key)
{
	struct hlist_node *node;

	hlist_for_each(node, chain(bucket))
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
			hlist_add_head_rcu(&flow->node[IP_VS_FNAT_ORIG], chain(a));
		hlist_add_head_rcu(&flow->node[IP_VS_FNAT_REPLY], chain(b));
		ip_vs_fnat_port_note(fn, flow, true);
	}
	unlock_two(a, b);
	if (err)
		return err;

	count_owner(flow, true);
	IP_VS_FNAT_INC(fn, FLOW_NEW);
	if (!delayed_work_pending(&sweep_work))
		schedule_delayed_work(&sweep_work, SWEEP_PERIOD);
	return 0;
}

/* ---- state ---- */

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

	if (flow->kind != IP_VS_FNAT_OF_RULE)
		return;
	if (new == IP_VS_TCP_S_ESTABLISHED)
		this_cpu_inc(flow->rule->stats->active);
	else if (old == IP_VS_TCP_S_ESTABLISHED)
		this_cpu_dec(flow->rule->stats->active);
}

void ip_vs_fnat_flow_touch(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow,
			   enum ip_vs_fnat_dir dir, const struct tcphdr *th)
{
	u32 now = jiffies;

	if (READ_ONCE(flow->used) != now)
		WRITE_ONCE(flow->used, now);
	if (flow->proto == IPPROTO_TCP)
		tcp_transition(fn, flow, dir, th);
	else if (dir == IP_VS_FNAT_REPLY && READ_ONCE(flow->state) == 0)
		cmpxchg(&flow->state, 0, IP_VS_FNAT_S_ANSWERED);
}

/* ---- walks in process context ---- */

static bool end_dead(struct ip_vs_fnat_flow *flow, void *arg)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(read_pnet(&flow->net));

	if (!ip_vs_fnat_flow_dead(fn, flow)) {
		if (READ_ONCE(flow->tracked) == IP_VS_FNAT_TRACK_OWN)
			ip_vs_fnat_track_keep(flow, ip_vs_fnat_flow_left(fn, flow));
		return false;
	}
	flow_reap(fn, flow);
	return true;
}

static void sweep(struct work_struct *work)
{
	u32 slice = max((ip_vs_fnat_table.mask + 1) / SWEEP_SLICES, 1U);

	WRITE_ONCE(ip_vs_fnat_table.large, atomic_read(&flow_total) > LARGE);
	for (; slice; slice--) {
		if (!hlist_empty(chain(sweep_next)))
			bucket_reap(sweep_next, end_dead, NULL);
		sweep_next = (sweep_next + 1) & ip_vs_fnat_table.mask;
		if (!(sweep_next & 255))
			cond_resched();
	}
	if (atomic_read(&flow_total))
		schedule_delayed_work(&sweep_work, SWEEP_PERIOD);
}

struct flush_arg {
	struct ip_vs_fnat_net		*fn;
	const struct ip_vs_fnat_flush	*what;
};

static bool flow_is_of(const struct ip_vs_fnat_flow *flow, const struct ip_vs_fnat_flush *what)
{
	if (ip_vs_fnat_is_conn(flow))
		return what->one_packet && ip_vs_fnat_is_one_packet(flow) &&
		       (!what->svc ||
			rcu_access_pointer(ip_vs_fnat_conn(flow)->dest->svc) == what->svc);
	if (flow->kind == IP_VS_FNAT_OF_HOST || what->own)
		return flow->kind == IP_VS_FNAT_OF_HOST && what->own;
	return !what->one_packet && what->zones == (flow->kind == IP_VS_FNAT_OF_ZONE) &&
	       (!what->proto || what->proto == flow->proto);
}

static bool end_of_service(struct ip_vs_fnat_flow *flow, void *arg)
{
	const struct flush_arg *flush = arg;

	if (!net_eq(read_pnet(&flow->net), flush->fn->net) || flow->af != flush->what->af ||
	    !flow_is_of(flow, flush->what))
		return false;
	if (flow_end(flush->fn, flow))
		IP_VS_FNAT_INC(flush->fn, FLOW_FLUSHED);
	return true;
}

void ip_vs_fnat_flow_flush(struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_flush *what)
{
	struct flush_arg arg = { .fn = fn, .what = what };
	u32 bucket;

	if (!atomic_read(&fn->flows))
		return;
	for (bucket = 0; bucket <= ip_vs_fnat_table.mask; bucket++) {
		if (!hlist_empty(chain(bucket)))
			bucket_reap(bucket, end_of_service, &arg);
		if (!(bucket & 255))
			cond_resched();
	}
}

int ip_vs_fnat_flow_walk(struct ip_vs_fnat_net *fn, u32 *bucket, u32 *skip,
			 int (*emit)(struct ip_vs_fnat_flow *flow, u32 left, void *arg),
			 void *arg)
{
	for (; *bucket <= ip_vs_fnat_table.mask; ++*bucket, *skip = 0) {
		struct hlist_node *node;
		u32 at = 0;

		rcu_read_lock();
		for (node = rcu_dereference(hlist_first_rcu(chain(*bucket))); node;
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

/* ---- set-up ---- */

unsigned int ip_vs_fnat_flow_total(void)
{
	return atomic_read(&flow_total);
}

unsigned int ip_vs_fnat_flow_max(void)
{
	return READ_ONCE(flow_max);
}

unsigned int ip_vs_fnat_flow_buckets(void)
{
	return ip_vs_fnat_table.mask + 1;
}

/*
 * A bucket for every 4 KiB of memory (0.2 % of it), and flows for a tenth of
 * it at 200 bytes each: 1,048,576 buckets and 2,147,483 flows with 4 GiB.
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
	if (!flow_max)
		flow_max = min_t(u64, div_u64(memory, 2000), INT_MAX / 2);
	flow_max = min_t(unsigned int, flow_max, INT_MAX / 2);
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
	cancel_delayed_work_sync(&sweep_work);
	rcu_barrier();
	/* Flows put their rules and addresses, which free themselves one grace period on. */
	rcu_barrier();
	kmem_cache_destroy(conn_cache);
	kmem_cache_destroy(flow_cache);
	kvfree(locks);
	kvfree(ip_vs_fnat_table.buckets);
}
