// SPDX-License-Identifier: GPL-2.0
/*
 * Choosing a local address and port.
 *
 * A local port has to be unique only towards one remote address and port, so
 * that one address serves far more than 64k flows. The first tries are random.
 * When all of them meet ports in use, the address is crowded towards that
 * remote, and a crowd is made: a map of the ports in use there, in which a
 * free one is found without asking the flow table for each.
 */
#include <linux/bitmap.h>
#include <linux/jhash.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "ip_vs_fnat_addr.h"
#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_laddr.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_packet.h"
#include "ip_vs_fnat_port.h"
#include "ip_vs_fnat_rule.h"
#include "ip_vs_fnat_sock.h"
#include "ip_vs_fnat_stats.h"
#include "ip_vs_fnat_track.h"
#include "ip_vs_fnat_uapi.h"
#include "ip_vs_fnat_way.h"

#define RANDOM_TRIES	8
#define PORTS		65536
/* A crowd learns of its ports so many at a time, by as many lookups: some 20 microseconds. */
#define CHUNK		1024
#define CHUNKS		(PORTS / CHUNK)
/* The first that programs have without a privilege. */
#define PORTS_OWN	1024

/* Hashed as bytes. */
struct crowd_key {
	union nf_inet_addr	local;
	union nf_inet_addr	remote;
	__be16			rport;
	u8			proto;
	u8			af;
};

/*
 * A crowd is found under RCU. Its maps and count change under its lock; in the
 * chunks that are known, a bit is set while a linked flow has that port, or one
 * is about to. The map may know too much for a moment, never too little for
 * long: the flow table decides. Emptied crowds go with the sweep.
 */
struct crowd {
	struct rhash_head	node;
	struct crowd_key	key;
	spinlock_t		lock;	/* what follows, but rcu */
	u32			used;	/* in the chunks that are known */
	DECLARE_BITMAP(known, CHUNKS);
	struct rcu_head		rcu;
	unsigned long		*map;
};

static const struct rhashtable_params crowd_params = {
	.head_offset		= offsetof(struct crowd, node),
	.key_offset		= offsetof(struct crowd, key),
	.key_len		= sizeof(struct crowd_key),
	.automatic_shrinking	= true,
};

int ip_vs_fnat_port_init(struct ip_vs_fnat_net *fn)
{
	return rhashtable_init(&fn->crowd_table, &crowd_params);
}

static void crowd_key(const struct ip_vs_fnat_flow *flow, struct crowd_key *key)
{
	key->local = flow->local;
	key->remote = flow->remote;
	key->rport = flow->rport;
	key->proto = flow->proto;
	key->af = flow->af;
}

static void crowd_free(void *ptr, void *arg)
{
	struct crowd *crowd = ptr;

	kfree(crowd->map);
	kfree(crowd);
}

static void crowd_free_rcu(struct rcu_head *head)
{
	crowd_free(container_of(head, struct crowd, rcu), NULL);
}

static struct crowd *crowd_alloc(const struct ip_vs_fnat_flow *flow)
{
	struct crowd *crowd = kzalloc(sizeof(*crowd), GFP_ATOMIC | __GFP_NOWARN);

	if (!crowd)
		return NULL;
	crowd->map = kzalloc(PORTS / BITS_PER_BYTE, GFP_ATOMIC | __GFP_NOWARN);
	if (!crowd->map) {
		kfree(crowd);
		return NULL;
	}
	crowd_key(flow, &crowd->key);
	spin_lock_init(&crowd->lock);
	return crowd;
}

void ip_vs_fnat_port_exit(struct ip_vs_fnat_net *fn)
{
	rhashtable_free_and_destroy(&fn->crowd_table, crowd_free, NULL);
}

static noinline struct crowd *crowd_search(struct ip_vs_fnat_net *fn,
					   const struct ip_vs_fnat_flow *flow)
{
	struct crowd_key key;

	crowd_key(flow, &key);
	return rhashtable_lookup(&fn->crowd_table, &key, crowd_params);
}

static struct crowd *crowd_find(struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_flow *flow)
{
	return unlikely(atomic_read(&fn->crowds)) ? crowd_search(fn, flow) : NULL;
}

static void crowd_set(struct crowd *crowd, u16 port, bool taken)
{
	if (taken && !__test_and_set_bit(port, crowd->map))
		crowd->used++;
	else if (!taken && __test_and_clear_bit(port, crowd->map))
		crowd->used--;
}

/*
 * Called after the flow was linked or unlinked, under the locks of its buckets, so that
 * who ends it tells later than who opened it. A chunk is filled after the
 * crowd can be found, under its lock: who does not find the crowd here, or comes
 * before the chunk is known, has changed the table before, and the filling sees that.
 */
void ip_vs_fnat_port_note(struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_flow *flow,
			  bool taken)
{
	struct crowd *crowd;

	smp_mb();	/* the table's change before the look for a crowd */
	rcu_read_lock();
	crowd = crowd_find(fn, flow);
	if (crowd) {
		u16 port = ntohs(flow->lport);

		spin_lock_bh(&crowd->lock);
		if (test_bit(port / CHUNK, crowd->known))
			crowd_set(crowd, port, taken);
		spin_unlock_bh(&crowd->lock);
	}
	rcu_read_unlock();
}

static void reply_tuple(const struct ip_vs_fnat_flow *flow, u16 port,
			struct ip_vs_fnat_tuple *reply)
{
	reply->src = flow->remote;
	reply->sport = flow->rport;
	reply->dst = flow->local;
	reply->dport = htons(port);
	reply->af = flow->af;
	reply->asked = 0;
	reply->l3 = IP_VS_FNAT_L3_ANY;
	reply->proto = flow->proto;
}

/* Ends the flow that has the port when that has timed out. */
static bool port_used(struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_flow *flow, u16 port)
{
	struct ip_vs_fnat_tuple reply;
	enum ip_vs_fnat_dir dir;

	reply_tuple(flow, port, &reply);
	return ip_vs_fnat_flow_find_reap(fn, &reply, &dir);
}

/*
 * Once for each chunk: all of them at once are a millisecond, and where flows are
 * spread over many addresses, those become crowded at the same time.
 */
static void crowd_fill(struct ip_vs_fnat_net *fn, struct crowd *crowd,
		       const struct ip_vs_fnat_flow *flow, u32 chunk)
{
	struct ip_vs_fnat_tuple reply;
	enum ip_vs_fnat_dir dir;
	u32 port;

	smp_mb();	/* everybody can find the crowd before the table is read */
	for (port = chunk * CHUNK; port < (chunk + 1) * CHUNK; port++) {
		reply_tuple(flow, port, &reply);
		if (ip_vs_fnat_flow_find(fn->net, &reply, &dir))
			crowd_set(crowd, port, true);
	}
	__set_bit(chunk, crowd->known);
}

static struct crowd *crowd_make(struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_flow *flow)
{
	struct crowd *crowd = crowd_alloc(flow);

	if (!crowd)
		return NULL;
	atomic_inc(&fn->crowds);
	if (rhashtable_lookup_insert_fast(&fn->crowd_table, &crowd->node, crowd_params)) {
		/* Somebody was faster, or memory is short: the next flow will see. */
		atomic_dec(&fn->crowds);
		crowd_free(crowd, NULL);
		return NULL;
	}
	return crowd;
}

/*
 * Linking asks whether a flow has the port, -EADDRINUSE; one that has timed out has not.
 * -EBUSY: the host has it.
 */
static int try_port(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow, u16 port)
{
	int err = -EBUSY;

	flow->lport = htons(port);
	if ((flow->tracked == IP_VS_FNAT_TRACK_OFF ||
	     !ip_vs_fnat_track_has_port(fn, flow, port)) &&
	    !ip_vs_fnat_sock_has_port(fn, flow, port))
		err = ip_vs_fnat_flow_link(fn, flow);
	if (err == -EADDRINUSE && !port_used(fn, flow, port))
		err = ip_vs_fnat_flow_link(fn, flow);
	if (err == -EADDRINUSE || err == -EBUSY) {
		IP_VS_FNAT_INC(fn, PORT_CONFLICT);
		if (flow->kind != IP_VS_FNAT_OF_RULE && flow->laddr)
			atomic_long_inc(&flow->laddr->conflicts);
	}
	return err;
}

static bool is_taken(int err)
{
	return err == -EADDRINUSE || err == -EBUSY;
}

/*
 * A number from 0 to @n - 1, as unpredictable as the kernel's random numbers, which
 * come cheaper in 16 bits: the upper half of its product with @n. Products whose lower
 * half is too small are left out, so that each number comes as often as any other.
 */
static u32 random_below(u32 n)
{
	u32 product = get_random_u16() * n;

	if ((u16)product < n) {
		u16 least = (PORTS - n) % n;

		while ((u16)product < least)
			product = get_random_u16() * n;
	}
	return product >> 16;
}

/* The first free port from @from to @to, PORTS when there is none; under the crowd's lock. */
static u32 crowd_search_free(struct ip_vs_fnat_net *fn, struct crowd *crowd,
			     const struct ip_vs_fnat_flow *flow, u32 from, u32 to)
{
	while (from <= to) {
		u32 chunk = from / CHUNK;
		u32 last = min(to, (chunk + 1) * CHUNK - 1), port;

		if (!test_bit(chunk, crowd->known))
			crowd_fill(fn, crowd, flow, chunk);
		port = find_next_zero_bit(crowd->map, last + 1, from);
		if (port <= last)
			return port;
		from = last + 1;
	}
	return PORTS;
}

/* A port that the map has free, set in the map so that nobody else takes it; or -1. */
static int crowd_reserve(struct ip_vs_fnat_net *fn, struct crowd *crowd,
			 const struct ip_vs_fnat_flow *flow, u32 min, u32 max)
{
	u32 start = min + random_below(max - min + 1);
	u32 port;

	spin_lock_bh(&crowd->lock);
	port = crowd_search_free(fn, crowd, flow, start, max);
	if (port == PORTS && start > min)
		port = crowd_search_free(fn, crowd, flow, min, start - 1);
	if (port < PORTS)
		crowd_set(crowd, port, true);
	spin_unlock_bh(&crowd->lock);
	return port < PORTS ? (int)port : -1;
}

static void crowd_give_back(struct crowd *crowd, const u16 *ports, unsigned int n)
{
	spin_lock_bh(&crowd->lock);
	while (n--)
		crowd_set(crowd, ports[n], false);
	spin_unlock_bh(&crowd->lock);
}

static int assign_crowded(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow,
			  struct crowd *crowd, u32 min, u32 max)
{
	u16 others[RANDOM_TRIES];	/* the host's: nobody tells the map when they are free */
	unsigned int n = 0;
	int tries, port, err = -EADDRNOTAVAIL;

	for (tries = 0; tries < RANDOM_TRIES; tries++) {
		port = crowd_reserve(fn, crowd, flow, min, max);
		if (port < 0)
			break;
		err = try_port(fn, flow, port);
		if (err == -EBUSY || err == -EEXIST)
			others[n++] = port;
		/* In use, though the map did not know: now it does. */
		if (!is_taken(err))
			break;
	}
	crowd_give_back(crowd, others, n);
	return port < 0 || is_taken(err) ? -EADDRNOTAVAIL : err;
}

/* Without a map: one port after the other from a random one on. */
static int assign_in_order(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow,
			   u32 min, u32 max, int *budget)
{
	u32 n = max - min + 1, start = random_below(n), i;

	for (i = 0; i < n && *budget > 0; i++, --*budget) {
		int err = try_port(fn, flow, min + (start + i) % n);

		if (!is_taken(err))
			return err;
	}
	return -EADDRNOTAVAIL;
}

static void port_limits(const struct ip_vs_fnat_net *fn, u32 *min, u32 *max)
{
	*min = READ_ONCE(fn->lport_min);
	*max = max_t(u32, *min, READ_ONCE(fn->lport_max));
}

u32 ip_vs_fnat_port_range(const struct ip_vs_fnat_net *fn)
{
	u32 min, max;

	port_limits(fn, &min, &max);
	return max - min + 1;
}

static int assign_at(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow, int *budget)
{
	struct crowd *crowd = crowd_find(fn, flow);
	u32 min, max;
	int i, err;

	port_limits(fn, &min, &max);
	if (flow->kind == IP_VS_FNAT_OF_HOST) {
		/* Flows may have all that they are allowed. */
		min = PORTS_OWN;
		max = PORTS - 1;
	}
	--*budget;
	if (crowd)
		return assign_crowded(fn, flow, crowd, min, max);
	for (i = 0; i < RANDOM_TRIES; i++) {
		err = try_port(fn, flow, min + random_below(max - min + 1));
		if (!is_taken(err))
			return err;
	}
	*budget -= RANDOM_TRIES;
	crowd = crowd_make(fn, flow);
	if (crowd)
		return assign_crowded(fn, flow, crowd, min, max);
	return assign_in_order(fn, flow, min, max, budget);
}

/*
 * The three choices of -O. Not keyed: two gateways with the same rules choose
 * the same address.
 */
static u32 pool_hash(const struct ip_vs_fnat_flow *flow, u8 algo)
{
	u32 words = ip_vs_fnat_addr_bytes(flow->af) / sizeof(u32);
	u32 hash = jhash2((__force const u32 *)flow->client.ip6, words, 0);

	if (algo != IP_VS_FNAT_ALGO_SH)
		hash = jhash2((__force const u32 *)flow->remote.ip6, words, hash);
	if (algo == IP_VS_FNAT_ALGO_RANDOM)
		hash = jhash_2words((__force u32)flow->cport, (__force u32)flow->rport, hash);
	return hash;
}

int ip_vs_fnat_port_assign(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow,
			   const struct ip_vs_fnat_target *target)
{
	u32 at = reciprocal_scale(pool_hash(flow, target->algo), target->count);
	int budget = READ_ONCE(fn->lport_tries);
	u32 i;

	for (i = 0; i < target->count && budget > 0; i++) {
		int err;

		ip_vs_fnat_addr_add(flow->af, &flow->local, &target->first, at);
		err = assign_at(fn, flow, &budget);
		if (err != -EADDRNOTAVAIL)
			return err;
		if (++at == target->count)
			at = 0;
	}
	return -EADDRNOTAVAIL;
}

int ip_vs_fnat_port_assign_own(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow)
{
	int budget = READ_ONCE(fn->lport_tries);

	return assign_at(fn, flow, &budget);
}

int ip_vs_fnat_port_assign_set(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow,
			       struct ip_vs_fnat_lset *set)
{
	const struct ip_vs_fnat_laddrs *laddrs = rcu_dereference(set->laddrs);
	int budget = READ_ONCE(fn->lport_tries);
	u32 n, at, i;

	/* Addresses are written before the number that makes them seen. */
	n = laddrs ? smp_load_acquire(&laddrs->n) : 0;
	if (!n)
		return -ENOENT;
	at = ((u32)atomic_inc_return(&set->turn) - 1) % n;
	for (i = 0; i < n && budget > 0; i++) {
		struct ip_vs_fnat_laddr *laddr = laddrs->addr[at];
		int err;

		if (++at == n)
			at = 0;
		if (!refcount_inc_not_zero(&laddr->refs))
			continue;	/* being deleted */
		flow->laddr = laddr;
		flow->local = laddr->addr;
		err = assign_at(fn, flow, &budget);
		/* The flow has the reference, also when it is discarded. */
		if (err != -EADDRNOTAVAIL)
			return err;
		flow->laddr = NULL;
		ip_vs_fnat_laddr_put(laddr);
	}
	return -EADDRNOTAVAIL;
}

/* Crowds that have dispersed go. */
void ip_vs_fnat_port_sweep(struct ip_vs_fnat_net *fn)
{
	struct rhashtable_iter iter;
	struct crowd *crowd;

	if (!atomic_read(&fn->crowds))
		return;
	rhashtable_walk_enter(&fn->crowd_table, &iter);
	rhashtable_walk_start(&iter);
	while ((crowd = rhashtable_walk_next(&iter))) {
		if (IS_ERR(crowd) || READ_ONCE(crowd->used))
			continue;
		if (rhashtable_remove_fast(&fn->crowd_table, &crowd->node, crowd_params))
			continue;
		atomic_dec(&fn->crowds);
		call_rcu(&crowd->rcu, crowd_free_rcu);
	}
	rhashtable_walk_stop(&iter);
	rhashtable_walk_exit(&iter);
}
