/* SPDX-License-Identifier: GPL-2.0 */
/* Zones (ip_vs_fnat_zone.c). */
#ifndef _IP_VS_FNAT_ZONE_H
#define _IP_VS_FNAT_ZONE_H

#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/seqlock.h>

#include "ip_vs_fnat_laddr.h"

struct ip_vs_service;

/* Hashed as bytes, so that every byte is set. */
struct ip_vs_fnat_zone_key {
	union nf_inet_addr	net;
	u32			len;
};

/* Linked under the namespace's mutex, found under RCU. */
struct ip_vs_fnat_zone {
	struct rhash_head		hnode;
	struct ip_vs_fnat_zone_key	key;
	struct ip_vs_fnat_lset		set;
	u64				position;	/* lower is first; see order */
	struct list_head		list;
	refcount_t			refs;
	bool				linked;		/* under the mutex */
	u8				af;
	struct rcu_head			rcu;
};

/* The catch-all services that switch zones on, each for its protocol. */
enum ip_vs_fnat_zones_service {
	IP_VS_FNAT_ZONES_TCP,
	IP_VS_FNAT_ZONES_UDP,
	IP_VS_FNAT_ZONES_SERVICES
};

/* Zones of one namespace and family; they stay when the services go. */
struct ip_vs_fnat_zones {
	struct ip_vs_service __rcu	*svc[IP_VS_FNAT_ZONES_SERVICES];	/* NULL when off */
	u8				af;
	u32				count;
	struct rhashtable		table;
	struct list_head		list;		/* in order */
	seqcount_t			order;		/* positions are being changed */
	u32				lens_used[129];	/* zones by prefix length */
	DECLARE_BITMAP(lens, 129);			/* lengths with lens_used > 0 */
	struct ip_vs_fnat_locals	locals;
};

int ip_vs_fnat_zones_init(struct ip_vs_fnat_zones *zones, u8 af);
void ip_vs_fnat_zones_destroy(struct ip_vs_fnat_zones *zones);
void ip_vs_fnat_zones_flush(struct ip_vs_fnat_zones *zones);
/* Forget the addresses' conflicts. */
void ip_vs_fnat_zones_zero(struct ip_vs_fnat_zones *zones);
/* Is any of the catch-all services there, is one there for @proto? */
bool ip_vs_fnat_zones_on(const struct ip_vs_fnat_zones *zones);
bool ip_vs_fnat_zones_act(const struct ip_vs_fnat_zones *zones, u8 proto);
/* Behind all zones, or before that of @before_key: -EEXIST, -ESRCH (before), -ENOSPC, -ENOMEM. */
int ip_vs_fnat_zone_add(struct ip_vs_fnat_zones *zones, const struct ip_vs_fnat_zone_key *key,
			const struct ip_vs_fnat_zone_key *before_key);
/* -ESRCH. Flows keep the zone's addresses until they end. */
int ip_vs_fnat_zone_del(struct ip_vs_fnat_zones *zones, const struct ip_vs_fnat_zone_key *key);
struct ip_vs_fnat_zone *ip_vs_fnat_zone_find(struct ip_vs_fnat_zones *zones,
					     const struct ip_vs_fnat_zone_key *key);
void ip_vs_fnat_zone_put(struct ip_vs_fnat_zone *zone);
/* As those of the zone's set; -ESRCH: there is no such zone. */
int ip_vs_fnat_zone_laddr_add(struct ip_vs_fnat_zones *zones,
			      const struct ip_vs_fnat_zone_key *key,
			      const union nf_inet_addr *first, u32 count);
int ip_vs_fnat_zone_laddr_del(struct ip_vs_fnat_zones *zones,
			      const struct ip_vs_fnat_zone_key *key,
			      const union nf_inet_addr *first, u32 count);
/* The first zone that holds @src; under RCU. */
struct ip_vs_fnat_zone *ip_vs_fnat_zone_match(struct ip_vs_fnat_zones *zones,
					      const union nf_inet_addr *src);
/* Does a zone, other than that of all addresses, hold @addr? Under RCU. */
bool ip_vs_fnat_zones_inner(struct ip_vs_fnat_zones *zones, const union nf_inet_addr *addr);

#endif /* _IP_VS_FNAT_ZONE_H */
