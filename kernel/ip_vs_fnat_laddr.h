/* SPDX-License-Identifier: GPL-2.0 */
/* Local addresses of zones and services (ip_vs_fnat_laddr.c). */
#ifndef _IP_VS_FNAT_LADDR_H
#define _IP_VS_FNAT_LADDR_H

#include <linux/atomic.h>
#include <linux/refcount.h>

#include "ip_vs_fnat_addr.h"

struct ip_vs_fnat_flow;

/*
 * A local address of a zone or service, which holds a reference, as every flow
 * does that has it; one that was deleted lives on until its last flow is gone.
 * towards counts its flows by a hash of their remote: the highest is no less
 * than the ports in use towards the busiest remote, and hardly more while the
 * others are many.
 */
struct ip_vs_fnat_laddr {
	union nf_inet_addr	addr;
	atomic_t		flows;
	refcount_t		refs;
	atomic_long_t		conflicts;	/* ports tried that were in use */
	struct rcu_head		rcu;
	u32			n_towards;
	atomic_t		towards[];
};

/* Zones have flows to the whole world: 1 KiB. Services have few real servers. */
#define IP_VS_FNAT_TOWARDS		240
#define IP_VS_FNAT_TOWARDS_SERVERS	11

/* Grown in place while there is room, n last; else replaced. Read under RCU. */
struct ip_vs_fnat_laddrs {
	struct rcu_head		rcu;
	u32			n;
	u32			room;
	struct ip_vs_fnat_laddr	*addr[];
};

/* The local addresses of one zone or service. */
struct ip_vs_fnat_lset {
	struct ip_vs_fnat_laddrs __rcu	*laddrs;	/* NULL before the first */
	atomic_t			turn;		/* of the addresses */
};

/* The local addresses of all zones, or all services, of a family together. */
struct ip_vs_fnat_locals {
	struct ip_vs_fnat_pset	set;
	u32			count;
	u32			max;
	u16			towards;	/* counters that each address has */
	u8			af;
};

int ip_vs_fnat_locals_init(struct ip_vs_fnat_locals *locals, u8 af, u32 max, u16 towards);
void ip_vs_fnat_locals_destroy(struct ip_vs_fnat_locals *locals);
/* All @count addresses from @first on, or none: -EEXIST, -ENOSPC, -ENOMEM. */
int ip_vs_fnat_lset_add(struct ip_vs_fnat_locals *locals, struct ip_vs_fnat_lset *set,
			const union nf_inet_addr *first, u32 count);
/* All or none: -ENOENT, -ENOMEM. */
int ip_vs_fnat_lset_del(struct ip_vs_fnat_locals *locals, struct ip_vs_fnat_lset *set,
			const union nf_inet_addr *first, u32 count);
/* The owner goes: it leaves its addresses, and is read no more when they are freed. */
void ip_vs_fnat_lset_drop(struct ip_vs_fnat_locals *locals, struct ip_vs_fnat_lset *set);
void ip_vs_fnat_lset_free(struct ip_vs_fnat_lset *set);
/* Forget the addresses' conflicts. */
void ip_vs_fnat_lset_zero(struct ip_vs_fnat_lset *set);
/* The addresses, under the mutex. */
u32 ip_vs_fnat_lset_total(const struct ip_vs_fnat_lset *set);
struct ip_vs_fnat_laddr *ip_vs_fnat_lset_at(const struct ip_vs_fnat_lset *set, u32 i);
/* The address of the set that is @addr, or NULL; under RCU. */
struct ip_vs_fnat_laddr *ip_vs_fnat_lset_find(const struct ip_vs_fnat_lset *set, u8 af,
					      const union nf_inet_addr *addr);
/* Ports in use towards the busiest remote, at most as many more as share its counter. */
u32 ip_vs_fnat_laddr_used(const struct ip_vs_fnat_laddr *laddr);
void ip_vs_fnat_laddr_put(struct ip_vs_fnat_laddr *laddr);
/* A flow of the address was linked, or unlinked. */
void ip_vs_fnat_laddr_count(const struct ip_vs_fnat_flow *flow, bool opened);

#endif /* _IP_VS_FNAT_LADDR_H */
