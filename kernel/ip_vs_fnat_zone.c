// SPDX-License-Identifier: GPL-2.0
/*
 * Zones of a namespace and family: source networks in an order that the
 * operator gives, each with local addresses that take turns. The first zone
 * that holds a packet's source has it, with or without addresses.
 *
 * A zone is found by one hash lookup for every prefix length in use; of those
 * found, the one of the lowest position is first. Positions leave gaps, so
 * that a zone can be put before another without moving the rest.
 */
#include <linux/bottom_half.h>
#include <linux/jhash.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "ip_vs_fnat_int.h"

#define GAP	BIT_ULL(32)

static const struct rhashtable_params zone_params = {
	.head_offset		= offsetof(struct ip_vs_fnat_zone, hnode),
	.key_offset		= offsetof(struct ip_vs_fnat_zone, key),
	.key_len		= sizeof(struct ip_vs_fnat_zone_key),
	.automatic_shrinking	= true,
};

int ip_vs_fnat_zones_init(struct ip_vs_fnat_zones *zones, u8 af)
{
	int err;

	zones->af = af;
	INIT_LIST_HEAD(&zones->list);
	seqcount_init(&zones->order);
	err = rhashtable_init(&zones->table, &zone_params);
	if (err)
		return err;
	err = ip_vs_fnat_pset_init(&zones->locals);
	if (err)
		rhashtable_destroy(&zones->table);
	return err;
}

void ip_vs_fnat_zones_destroy(struct ip_vs_fnat_zones *zones)
{
	ip_vs_fnat_zones_flush(zones);
	ip_vs_fnat_pset_destroy(&zones->locals);
	rhashtable_destroy(&zones->table);
}

/* ---- local addresses ---- */

static void laddr_free_rcu(struct rcu_head *head)
{
	kfree(container_of(head, struct ip_vs_fnat_laddr, rcu));
}

void ip_vs_fnat_laddr_put(struct ip_vs_fnat_laddr *laddr)
{
	if (refcount_dec_and_test(&laddr->refs))
		call_rcu(&laddr->rcu, laddr_free_rcu);
}

static atomic_t *laddr_towards(const struct ip_vs_fnat_flow *flow)
{
	u32 words = ip_vs_fnat_addr_bytes(flow->af) / sizeof(u32);
	u32 hash = jhash2((__force const u32 *)flow->remote.ip6, words,
			  (__force u32)flow->rport << 8 | flow->proto);

	return &flow->laddr->towards[reciprocal_scale(hash, IP_VS_FNAT_TOWARDS)];
}

void ip_vs_fnat_laddr_count(const struct ip_vs_fnat_flow *flow, bool opened)
{
	if (opened) {
		atomic_inc(&flow->laddr->flows);
		atomic_inc(laddr_towards(flow));
	} else {
		atomic_dec(&flow->laddr->flows);
		atomic_dec(laddr_towards(flow));
	}
}

u32 ip_vs_fnat_laddr_used(const struct ip_vs_fnat_laddr *laddr)
{
	int used = 0, i;

	for (i = 0; i < IP_VS_FNAT_TOWARDS; i++)
		used = max(used, atomic_read(&laddr->towards[i]));
	return used;
}

static struct ip_vs_fnat_laddrs *zone_laddrs(const struct ip_vs_fnat_zone *zone)
{
	/* The caller holds the namespace's mutex, under which they change. */
	return rcu_dereference_protected(zone->laddrs, 1);
}

u32 ip_vs_fnat_zone_total(const struct ip_vs_fnat_zone *zone)
{
	const struct ip_vs_fnat_laddrs *set = zone_laddrs(zone);

	return set ? set->n : 0;
}

struct ip_vs_fnat_laddr *ip_vs_fnat_zone_laddr(const struct ip_vs_fnat_zone *zone, u32 i)
{
	return zone_laddrs(zone)->addr[i];
}

static void laddrs_free_rcu(struct rcu_head *head)
{
	kvfree(container_of(head, struct ip_vs_fnat_laddrs, rcu));
}

/* Free the array; what it points to is elsewhere or was put before. */
static void laddrs_free(struct ip_vs_fnat_laddrs *set)
{
	if (set)
		call_rcu(&set->rcu, laddrs_free_rcu);
}

/* Replace the array by one with @room for more, the same addresses in it. */
static int laddrs_grow(struct ip_vs_fnat_zone *zone, u32 room)
{
	struct ip_vs_fnat_laddrs *old = zone_laddrs(zone), *new;
	u32 n = old ? old->n : 0;

	if (old && old->room >= room)
		return 0;
	room = max(room, 2 * n);
	new = kvmalloc(struct_size(new, addr, room), GFP_KERNEL);
	if (!new)
		return -ENOMEM;
	new->n = n;
	new->room = room;
	if (old)
		memcpy(new->addr, old->addr, n * sizeof(*new->addr));
	rcu_assign_pointer(zone->laddrs, new);
	laddrs_free(old);
	return 0;
}

/* How many addresses of the range the zone has. */
static u32 laddrs_in(const struct ip_vs_fnat_zone *zone, const union nf_inet_addr *first,
		     u32 count)
{
	u32 n = ip_vs_fnat_zone_total(zone), in = 0, i;

	for (i = 0; i < n; i++)
		in += ip_vs_fnat_addr_in(zone->af, &ip_vs_fnat_zone_laddr(zone, i)->addr, first,
					 count);
	return in;
}

/*
 * Every address stands in the set of locals by itself, since ranges may be
 * taken apart again. It is there before packets can leave with it, and as long
 * as the zone has it.
 */
static struct ip_vs_fnat_laddr *laddr_make(struct ip_vs_fnat_zones *zones,
					   const union nf_inet_addr *addr)
{
	struct ip_vs_fnat_laddr *laddr = kzalloc(sizeof(*laddr), GFP_KERNEL);

	if (!laddr)
		return NULL;
	if (ip_vs_fnat_pset_add(&zones->locals, zones->af, addr,
				ip_vs_fnat_addr_bits(zones->af))) {
		kfree(laddr);
		return NULL;
	}
	refcount_set(&laddr->refs, 1);
	laddr->addr = *addr;
	zones->addresses++;
	return laddr;
}

static void laddr_drop(struct ip_vs_fnat_zones *zones, struct ip_vs_fnat_laddr *laddr)
{
	ip_vs_fnat_pset_del(&zones->locals, zones->af, &laddr->addr,
			    ip_vs_fnat_addr_bits(zones->af));
	zones->addresses--;
	ip_vs_fnat_laddr_put(laddr);
}

int ip_vs_fnat_laddr_add(struct ip_vs_fnat_zones *zones, const struct ip_vs_fnat_zone_key *key,
			 const union nf_inet_addr *first, u32 count)
{
	struct ip_vs_fnat_zone *zone = ip_vs_fnat_zone_find(zones, key);
	struct ip_vs_fnat_laddrs *set;
	union nf_inet_addr addr;
	u32 i;
	int err;

	if (!zone)
		return -ESRCH;
	if (laddrs_in(zone, first, count))
		return -EEXIST;
	if (count > IP_VS_FNAT_ZONE_ADDRESSES_MAX - zones->addresses)
		return -ENOSPC;
	err = laddrs_grow(zone, ip_vs_fnat_zone_total(zone) + count);
	if (err)
		return err;
	set = zone_laddrs(zone);
	for (i = 0; i < count; i++) {
		ip_vs_fnat_addr_add(zones->af, &addr, first, i);
		set->addr[set->n + i] = laddr_make(zones, &addr);
		if (!set->addr[set->n + i])
			goto undo;
		cond_resched();
	}
	/* Packets see all of them, or none. */
	smp_store_release(&set->n, set->n + count);
	return 0;

undo:
	while (i--)
		laddr_drop(zones, set->addr[set->n + i]);
	return -ENOMEM;
}

int ip_vs_fnat_laddr_del(struct ip_vs_fnat_zones *zones, const struct ip_vs_fnat_zone_key *key,
			 const union nf_inet_addr *first, u32 count)
{
	struct ip_vs_fnat_zone *zone = ip_vs_fnat_zone_find(zones, key);
	struct ip_vs_fnat_laddrs *old, *new;
	u32 i;

	if (!zone)
		return -ESRCH;
	if (laddrs_in(zone, first, count) != count)
		return -ENOENT;
	old = zone_laddrs(zone);
	new = kvmalloc(struct_size(new, addr, old->n), GFP_KERNEL);
	if (!new)
		return -ENOMEM;
	new->room = old->n;
	new->n = 0;
	for (i = 0; i < old->n; i++)
		if (!ip_vs_fnat_addr_in(zones->af, &old->addr[i]->addr, first, count))
			new->addr[new->n++] = old->addr[i];
	rcu_assign_pointer(zone->laddrs, new);
	for (i = 0; i < old->n; i++)
		if (ip_vs_fnat_addr_in(zones->af, &old->addr[i]->addr, first, count))
			laddr_drop(zones, old->addr[i]);
	laddrs_free(old);
	return 0;
}

/* ---- zones ---- */

static void zone_free_rcu(struct rcu_head *head)
{
	struct ip_vs_fnat_zone *zone = container_of(head, struct ip_vs_fnat_zone, rcu);

	kvfree(rcu_dereference_protected(zone->laddrs, 1));
	kfree(zone);
}

void ip_vs_fnat_zone_put(struct ip_vs_fnat_zone *zone)
{
	if (refcount_dec_and_test(&zone->refs))
		call_rcu(&zone->rcu, zone_free_rcu);
}

struct ip_vs_fnat_zone *ip_vs_fnat_zone_find(struct ip_vs_fnat_zones *zones,
					     const struct ip_vs_fnat_zone_key *key)
{
	return rhashtable_lookup_fast(&zones->table, key, zone_params);
}

/* Positions anew, in the same order, with gaps between all. */
static void spread(struct ip_vs_fnat_zones *zones)
{
	struct ip_vs_fnat_zone *zone;
	u64 position = 0;

	/* Packets of this CPU must not wait for what they interrupt. */
	local_bh_disable();
	write_seqcount_begin(&zones->order);
	list_for_each_entry(zone, &zones->list, list)
		WRITE_ONCE(zone->position, position += GAP);
	write_seqcount_end(&zones->order);
	local_bh_enable();
}

static u64 position_of(const struct ip_vs_fnat_zones *zones, const struct list_head *node)
{
	return node == &zones->list ? 0 : list_entry(node, struct ip_vs_fnat_zone, list)->position;
}

/* A position between @before and the zone ahead of it; behind all when NULL. */
static u64 find_position(struct ip_vs_fnat_zones *zones, struct ip_vs_fnat_zone *before)
{
	if (!before)
		return position_of(zones, zones->list.prev) + GAP;
	if (before->position - position_of(zones, before->list.prev) < 2)
		spread(zones);
	return before->position - (before->position - position_of(zones, before->list.prev)) / 2;
}

int ip_vs_fnat_zone_add(struct ip_vs_fnat_zones *zones, const struct ip_vs_fnat_zone_key *key,
			const struct ip_vs_fnat_zone_key *before_key)
{
	struct ip_vs_fnat_zone *zone, *before = NULL;
	int err;

	if (ip_vs_fnat_zone_find(zones, key))
		return -EEXIST;
	if (before_key) {
		before = ip_vs_fnat_zone_find(zones, before_key);
		if (!before)
			return -ESRCH;
	}
	if (zones->count >= IP_VS_FNAT_ZONES_MAX)
		return -ENOSPC;
	zone = kzalloc(sizeof(*zone), GFP_KERNEL);
	if (!zone)
		return -ENOMEM;
	zone->af = zones->af;
	zone->key = *key;
	refcount_set(&zone->refs, 1);
	zone->position = find_position(zones, before);
	err = rhashtable_insert_fast(&zones->table, &zone->hnode, zone_params);
	if (err) {
		kfree(zone);
		return err;
	}
	if (!zones->lens_used[key->len]++)
		set_bit(key->len, zones->lens);
	list_add_tail(&zone->list, before ? &before->list : &zones->list);
	zone->linked = true;
	zones->count++;
	return 0;
}

static void zone_unlink(struct ip_vs_fnat_zones *zones, struct ip_vs_fnat_zone *zone)
{
	u32 i;

	rhashtable_remove_fast(&zones->table, &zone->hnode, zone_params);
	if (!--zones->lens_used[zone->key.len])
		clear_bit(zone->key.len, zones->lens);
	list_del(&zone->list);
	zone->linked = false;
	zones->count--;
	for (i = 0; i < ip_vs_fnat_zone_total(zone); i++)
		laddr_drop(zones, ip_vs_fnat_zone_laddr(zone, i));
	ip_vs_fnat_zone_put(zone);
}

int ip_vs_fnat_zone_del(struct ip_vs_fnat_zones *zones, const struct ip_vs_fnat_zone_key *key)
{
	struct ip_vs_fnat_zone *zone = ip_vs_fnat_zone_find(zones, key);

	if (!zone)
		return -ESRCH;
	zone_unlink(zones, zone);
	return 0;
}

void ip_vs_fnat_zones_flush(struct ip_vs_fnat_zones *zones)
{
	struct ip_vs_fnat_zone *zone, *next;

	list_for_each_entry_safe(zone, next, &zones->list, list) {
		zone_unlink(zones, zone);
		cond_resched();
	}
}

void ip_vs_fnat_zones_zero(struct ip_vs_fnat_zones *zones)
{
	struct ip_vs_fnat_zone *zone;
	u32 i;

	list_for_each_entry(zone, &zones->list, list) {
		for (i = 0; i < ip_vs_fnat_zone_total(zone); i++)
			atomic_long_set(&ip_vs_fnat_zone_laddr(zone, i)->conflicts, 0);
		cond_resched();
	}
}

/* ---- match ---- */

bool ip_vs_fnat_zones_act(const struct ip_vs_fnat_zones *zones, u8 proto)
{
	bool tcp = rcu_access_pointer(zones->svc[IP_VS_FNAT_ZONES_TCP]);
	bool udp = rcu_access_pointer(zones->svc[IP_VS_FNAT_ZONES_UDP]);

	switch (proto) {
	case IPPROTO_TCP:
		return tcp;
	case IPPROTO_UDP:
		return udp;
	default:
		return proto == (zones->af == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6) &&
		       (tcp || udp);
	}
}

bool ip_vs_fnat_zones_on(const struct ip_vs_fnat_zones *zones)
{
	return rcu_access_pointer(zones->svc[IP_VS_FNAT_ZONES_TCP]) ||
	       rcu_access_pointer(zones->svc[IP_VS_FNAT_ZONES_UDP]);
}

static struct ip_vs_fnat_zone *lookup(struct ip_vs_fnat_zones *zones,
				      const union nf_inet_addr *addr, unsigned int len)
{
	struct ip_vs_fnat_zone_key key;

	ip_vs_fnat_addr_prefix(zones->af, &key.net, addr, len);
	key.len = len;
	return rhashtable_lookup(&zones->table, &key, zone_params);
}

struct ip_vs_fnat_zone *ip_vs_fnat_zone_match(struct ip_vs_fnat_zones *zones,
					      const union nf_inet_addr *src)
{
	struct ip_vs_fnat_zone *zone, *first;
	unsigned int len, seq;

	do {
		seq = read_seqcount_begin(&zones->order);
		first = NULL;
		for_each_set_bit(len, zones->lens, 129) {
			zone = lookup(zones, src, len);
			if (zone && (!first ||
				     READ_ONCE(zone->position) < READ_ONCE(first->position)))
				first = zone;
		}
	} while (read_seqcount_retry(&zones->order, seq));
	return first;
}

bool ip_vs_fnat_zones_inner(struct ip_vs_fnat_zones *zones, const union nf_inet_addr *addr)
{
	unsigned int len;

	for_each_set_bit(len, zones->lens, 129)
		if (len && lookup(zones, addr, len))
			return true;
	return false;
}
