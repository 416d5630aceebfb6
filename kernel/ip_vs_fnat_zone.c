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

#include "ip_vs_fnat_addr.h"
#include "ip_vs_fnat_laddr.h"
#include "ip_vs_fnat_uapi.h"
#include "ip_vs_fnat_zone.h"

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
	err = ip_vs_fnat_locals_init(&zones->locals, af, IP_VS_FNAT_ZONE_ADDRESSES_MAX,
				     IP_VS_FNAT_TOWARDS);
	if (err)
		rhashtable_destroy(&zones->table);
	return err;
}

void ip_vs_fnat_zones_destroy(struct ip_vs_fnat_zones *zones)
{
	ip_vs_fnat_zones_flush(zones);
	ip_vs_fnat_locals_destroy(&zones->locals);
	rhashtable_destroy(&zones->table);
}

/* ---- local addresses ---- */

int ip_vs_fnat_zone_laddr_add(struct ip_vs_fnat_zones *zones,
			      const struct ip_vs_fnat_zone_key *key,
			      const union nf_inet_addr *first, u32 count)
{
	struct ip_vs_fnat_zone *zone = ip_vs_fnat_zone_find(zones, key);

	return zone ? ip_vs_fnat_lset_add(&zones->locals, &zone->set, first, count) : -ESRCH;
}

int ip_vs_fnat_zone_laddr_del(struct ip_vs_fnat_zones *zones,
			      const struct ip_vs_fnat_zone_key *key,
			      const union nf_inet_addr *first, u32 count)
{
	struct ip_vs_fnat_zone *zone = ip_vs_fnat_zone_find(zones, key);

	return zone ? ip_vs_fnat_lset_del(&zones->locals, &zone->set, first, count) : -ESRCH;
}

/* ---- zones ---- */

static void zone_free_rcu(struct rcu_head *head)
{
	struct ip_vs_fnat_zone *zone = container_of(head, struct ip_vs_fnat_zone, rcu);

	ip_vs_fnat_lset_free(&zone->set);
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
	rhashtable_remove_fast(&zones->table, &zone->hnode, zone_params);
	if (!--zones->lens_used[zone->key.len])
		clear_bit(zone->key.len, zones->lens);
	list_del(&zone->list);
	zone->linked = false;
	zones->count--;
	ip_vs_fnat_lset_drop(&zones->locals, &zone->set);
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

	list_for_each_entry(zone, &zones->list, list) {
		ip_vs_fnat_lset_zero(&zone->set);
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
	u8 af = zones->af;

	do {
		seq = read_seqcount_begin(&zones->order);
		first = NULL;
		for (len = ip_vs_fnat_next_len(zones->lens, af, 0); len <= 128;
		     len = ip_vs_fnat_next_len(zones->lens, af, len + 1)) {
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
