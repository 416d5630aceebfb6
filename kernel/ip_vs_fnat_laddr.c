// SPDX-License-Identifier: GPL-2.0
/*
 * Sets of local addresses: those of a zone or of a service, which take turns.
 * Changed under the namespace's mutex, read under RCU.
 */
#include <linux/jhash.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "ip_vs_fnat_addr.h"
#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_laddr.h"

int ip_vs_fnat_locals_init(struct ip_vs_fnat_locals *locals, u8 af, u32 max, u16 towards)
{
	locals->af = af;
	locals->count = 0;
	locals->max = max;
	locals->towards = towards;
	return ip_vs_fnat_pset_init(&locals->set);
}

void ip_vs_fnat_locals_destroy(struct ip_vs_fnat_locals *locals)
{
	ip_vs_fnat_pset_destroy(&locals->set);
}

/* ---- one address ---- */

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

	return &flow->laddr->towards[reciprocal_scale(hash, flow->laddr->n_towards)];
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

	for (i = 0; i < laddr->n_towards; i++)
		used = max(used, atomic_read(&laddr->towards[i]));
	return used;
}

/*
 * Every address stands in the set of locals by itself, since ranges may be
 * taken apart again. It is there before packets can leave with it, and as long
 * as its owner has it.
 */
static struct ip_vs_fnat_laddr *laddr_make(struct ip_vs_fnat_locals *locals,
					   const union nf_inet_addr *addr)
{
	struct ip_vs_fnat_laddr *laddr;

	laddr = kzalloc(struct_size(laddr, towards, locals->towards), GFP_KERNEL);
	if (!laddr)
		return NULL;
	if (ip_vs_fnat_pset_add(&locals->set, locals->af, addr,
				ip_vs_fnat_addr_bits(locals->af))) {
		kfree(laddr);
		return NULL;
	}
	refcount_set(&laddr->refs, 1);
	laddr->addr = *addr;
	laddr->n_towards = locals->towards;
	locals->count++;
	return laddr;
}

static void laddr_drop(struct ip_vs_fnat_locals *locals, struct ip_vs_fnat_laddr *laddr)
{
	ip_vs_fnat_pset_del(&locals->set, locals->af, &laddr->addr,
			    ip_vs_fnat_addr_bits(locals->af));
	locals->count--;
	ip_vs_fnat_laddr_put(laddr);
}

/* ---- a set of them ---- */

static struct ip_vs_fnat_laddrs *set_laddrs(const struct ip_vs_fnat_lset *set)
{
	/* The caller holds the namespace's mutex, under which they change. */
	return rcu_dereference_protected(set->laddrs, 1);
}

u32 ip_vs_fnat_lset_total(const struct ip_vs_fnat_lset *set)
{
	const struct ip_vs_fnat_laddrs *laddrs = set_laddrs(set);

	return laddrs ? laddrs->n : 0;
}

struct ip_vs_fnat_laddr *ip_vs_fnat_lset_at(const struct ip_vs_fnat_lset *set, u32 i)
{
	return set_laddrs(set)->addr[i];
}

/* Ranges are added in order: the first look is at where the address is in one range. */
struct ip_vs_fnat_laddr *ip_vs_fnat_lset_find(const struct ip_vs_fnat_lset *set, u8 af,
					      const union nf_inet_addr *addr)
{
	const struct ip_vs_fnat_laddrs *laddrs = rcu_dereference(set->laddrs);
	u32 n = laddrs ? smp_load_acquire(&laddrs->n) : 0;	/* see ip_vs_fnat_lset_add() */
	u32 i = n ? ip_vs_fnat_addr_count(af, &laddrs->addr[0]->addr, addr) - 1 : 0;

	if (i < n && ip_vs_fnat_addr_eq(af, &laddrs->addr[i]->addr, addr))
		return laddrs->addr[i];
	for (i = 0; i < n; i++)
		if (ip_vs_fnat_addr_eq(af, &laddrs->addr[i]->addr, addr))
			return laddrs->addr[i];
	return NULL;
}

static void laddrs_free_rcu(struct rcu_head *head)
{
	kvfree(container_of(head, struct ip_vs_fnat_laddrs, rcu));
}

/* Free the array; what it points to is elsewhere or was put before. */
static void laddrs_free(struct ip_vs_fnat_laddrs *laddrs)
{
	if (laddrs)
		call_rcu(&laddrs->rcu, laddrs_free_rcu);
}

/* Replace the array by one with @room for more, the same addresses in it. */
static int laddrs_grow(struct ip_vs_fnat_lset *set, u32 room)
{
	struct ip_vs_fnat_laddrs *old = set_laddrs(set), *new;
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
	rcu_assign_pointer(set->laddrs, new);
	laddrs_free(old);
	return 0;
}

/* How many addresses of the range the set has. */
static u32 laddrs_in(const struct ip_vs_fnat_locals *locals, const struct ip_vs_fnat_lset *set,
		     const union nf_inet_addr *first, u32 count)
{
	u32 n = ip_vs_fnat_lset_total(set), in = 0, i;

	for (i = 0; i < n; i++)
		in += ip_vs_fnat_addr_in(locals->af, &ip_vs_fnat_lset_at(set, i)->addr, first,
					 count);
	return in;
}

int ip_vs_fnat_lset_add(struct ip_vs_fnat_locals *locals, struct ip_vs_fnat_lset *set,
			const union nf_inet_addr *first, u32 count)
{
	struct ip_vs_fnat_laddrs *laddrs;
	union nf_inet_addr addr;
	u32 i;
	int err;

	if (laddrs_in(locals, set, first, count))
		return -EEXIST;
	if (count > locals->max - locals->count)
		return -ENOSPC;
	err = laddrs_grow(set, ip_vs_fnat_lset_total(set) + count);
	if (err)
		return err;
	laddrs = set_laddrs(set);
	for (i = 0; i < count; i++) {
		ip_vs_fnat_addr_add(locals->af, &addr, first, i);
		laddrs->addr[laddrs->n + i] = laddr_make(locals, &addr);
		if (!laddrs->addr[laddrs->n + i])
			goto undo;
		cond_resched();
	}
	/* Packets see all of them, or none. */
	smp_store_release(&laddrs->n, laddrs->n + count);
	return 0;

undo:
	while (i--)
		laddr_drop(locals, laddrs->addr[laddrs->n + i]);
	return -ENOMEM;
}

int ip_vs_fnat_lset_del(struct ip_vs_fnat_locals *locals, struct ip_vs_fnat_lset *set,
			const union nf_inet_addr *first, u32 count)
{
	struct ip_vs_fnat_laddrs *old, *new;
	u32 i;

	if (laddrs_in(locals, set, first, count) != count)
		return -ENOENT;
	old = set_laddrs(set);
	new = kvmalloc(struct_size(new, addr, old->n), GFP_KERNEL);
	if (!new)
		return -ENOMEM;
	new->room = old->n;
	new->n = 0;
	for (i = 0; i < old->n; i++)
		if (!ip_vs_fnat_addr_in(locals->af, &old->addr[i]->addr, first, count))
			new->addr[new->n++] = old->addr[i];
	rcu_assign_pointer(set->laddrs, new);
	for (i = 0; i < old->n; i++)
		if (ip_vs_fnat_addr_in(locals->af, &old->addr[i]->addr, first, count))
			laddr_drop(locals, old->addr[i]);
	laddrs_free(old);
	return 0;
}

void ip_vs_fnat_lset_drop(struct ip_vs_fnat_locals *locals, struct ip_vs_fnat_lset *set)
{
	u32 n = ip_vs_fnat_lset_total(set), i;

	for (i = 0; i < n; i++)
		laddr_drop(locals, ip_vs_fnat_lset_at(set, i));
}

void ip_vs_fnat_lset_free(struct ip_vs_fnat_lset *set)
{
	kvfree(set_laddrs(set));
}

void ip_vs_fnat_lset_zero(struct ip_vs_fnat_lset *set)
{
	u32 n = ip_vs_fnat_lset_total(set), i;

	for (i = 0; i < n; i++)
		atomic_long_set(&ip_vs_fnat_lset_at(set, i)->conflicts, 0);
}
