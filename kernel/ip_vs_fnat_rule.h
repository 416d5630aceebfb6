/* SPDX-License-Identifier: GPL-2.0 */
/* Rules of source NAT (ip_vs_fnat_rule.c). */
#ifndef _IP_VS_FNAT_RULE_H
#define _IP_VS_FNAT_RULE_H

#include <linux/list.h>
#include <linux/percpu.h>
#include <linux/refcount.h>
#include <linux/rhashtable.h>
#include <linux/u64_stats_sync.h>

#include "ip_vs_fnat_addr.h"
#include "ip_vs_fnat_way.h"

struct ip_vs_service;

struct ip_vs_fnat_kstats {
	u64	conns;
	u64	inpkts;
	u64	outpkts;
	u64	inbytes;
	u64	outbytes;
};

struct ip_vs_fnat_cpu_stats {
	u64_stats_t		conns;
	u64_stats_t		inpkts;
	u64_stats_t		outpkts;
	u64_stats_t		inbytes;
	u64_stats_t		outbytes;
	struct u64_stats_sync	syncp;
	long			flows;		/* opened less ended here */
	long			active;		/* entered less left TCP ESTABLISHED here */
};

/* Where a rule sends its flows. Replaced as a whole by an edit, read under RCU. */
struct ip_vs_fnat_target {
	union nf_inet_addr	first;
	u32			count;
	u8			af;
	u8			algo;
	bool			has_new_gw;
	union nf_inet_addr	new_gw;
	char			new_oif[16];	/* device of new_gw; empty: by the routes */
	struct ip_vs_fnat_way	way;		/* to new_gw, of any input device */
	struct list_head	hop;		/* among those with new_gw */
	struct rcu_head		rcu;
};

/* Identity of a rule; hashed as bytes, so that every byte is set. */
struct ip_vs_fnat_rule_key {
	union nf_inet_addr	from;
	union nf_inet_addr	to;
	union nf_inet_addr	gw;
	char			oif[16];
	u8			from_len;
	u8			to_len;
	u8			has_gw;
	u8			has_oif;
};

/*
 * A rule is linked under the namespace's mutex and found under RCU. The list
 * and every flow that it opened hold a reference; a rule that was deleted
 * lives on, unlinked, until its last flow is gone.
 */
struct ip_vs_fnat_rule {
	struct rhash_head		hnode;
	struct rhlist_head		idnode;
	u32				id;	/* of the key, the same on every host */
	struct ip_vs_fnat_rule_key	key;
	struct ip_vs_fnat_target __rcu	*target;
	struct ip_vs_fnat_cpu_stats __percpu *stats;
	struct list_head		list;	/* in its group, oldest first */
	refcount_t			refs;
	bool				linked;	/* under the mutex */
	u8				af;
	struct ip_vs_fnat_kstats	zero;	/* counters when last zeroed */
	struct ip_vs_fnat_kstats	last;	/* counters when last sampled */
	struct ip_vs_fnat_kstats	rate;	/* per second, in 1/1024 */
	struct rcu_head			rcu;
};

/* In match order. */
enum ip_vs_fnat_variant {
	IP_VS_FNAT_BOTH,
	IP_VS_FNAT_OIF,
	IP_VS_FNAT_GW,
	IP_VS_FNAT_ANY,
	IP_VS_FNAT_VARIANTS
};

/* All rules of one pair of prefix lengths; groups are listed in match order. */
struct ip_vs_fnat_group {
	struct list_head	list;
	u8			from_len;
	u8			to_len;
	struct list_head	rules[IP_VS_FNAT_VARIANTS];
	struct rcu_head		rcu;
};

/* Source NAT of one namespace and family. */
struct ip_vs_fnat_snat {
	struct ip_vs_service __rcu	*svc;	/* NULL when off */
	u8				af;
	u32				count;	/* rules */
	struct rhashtable		rules;
	struct rhltable			ids;	/* rules by their id, of which two may have one */
	struct list_head		groups;
	struct ip_vs_fnat_pset		pools;
	struct ip_vs_fnat_pset		inner;	/* the rules' from, but /0 */
};

int ip_vs_fnat_snat_init(struct ip_vs_fnat_snat *snat, u8 af);
void ip_vs_fnat_snat_destroy(struct ip_vs_fnat_snat *snat);
void ip_vs_fnat_rules_flush(struct ip_vs_fnat_snat *snat);
void ip_vs_fnat_rules_zero(struct ip_vs_fnat_snat *snat);
void ip_vs_fnat_rules_sample(struct ip_vs_fnat_snat *snat, unsigned int seconds);
int ip_vs_fnat_rule_add(struct ip_vs_fnat_snat *snat,
			const struct ip_vs_fnat_rule_key *key,
			struct ip_vs_fnat_target *target);
int ip_vs_fnat_rule_set(struct ip_vs_fnat_snat *snat,
			const struct ip_vs_fnat_rule_key *key,
			struct ip_vs_fnat_target *target);
int ip_vs_fnat_rule_del(struct ip_vs_fnat_snat *snat,
			const struct ip_vs_fnat_rule_key *key);
/* The next rule in match order, the first when @rule is NULL; under the mutex. */
struct ip_vs_fnat_rule *ip_vs_fnat_rule_next(struct ip_vs_fnat_snat *snat,
					     struct ip_vs_fnat_rule *rule);
/* The rule for a packet routed to @gw (may be NULL) and @oif; under RCU. */
struct ip_vs_fnat_rule *ip_vs_fnat_rule_match(struct ip_vs_fnat_snat *snat,
					      const union nf_inet_addr *src,
					      const union nf_inet_addr *dst,
					      const union nf_inet_addr *gw,
					      const char *oif);
/* The rule of an id that holds a packet from @src to @dst; under RCU. */
struct ip_vs_fnat_rule *ip_vs_fnat_rule_of_id(struct ip_vs_fnat_snat *snat, u32 id,
					      const union nf_inet_addr *src,
					      const union nf_inet_addr *dst);
void ip_vs_fnat_rule_put(struct ip_vs_fnat_rule *rule);
void ip_vs_fnat_rule_read(const struct ip_vs_fnat_rule *rule, struct ip_vs_fnat_kstats *sum,
			  long *flows, long *active);
void ip_vs_fnat_target_free(struct ip_vs_fnat_target *target);

/*
 * Is @dev where packets of @l3 leave towards the target's next hop? A device is known by
 * its name, as it can be renamed; without one, each VRF has a next hop of its own.
 */
static __always_inline bool ip_vs_fnat_target_is_by(const struct ip_vs_fnat_target *target,
						    const struct net_device *dev, int l3)
{
	if (target->new_oif[0])
		return !strncmp(dev->name, target->new_oif, sizeof(target->new_oif));
	return ip_vs_fnat_l3(dev) == l3;
}

/* The route to the target's next hop that is known for packets of @l3, else NULL. Under RCU. */
static __always_inline struct dst_entry *ip_vs_fnat_target_dst(const struct net *net,
							       struct ip_vs_fnat_target *target,
							       int l3)
{
	struct dst_entry *dst = ip_vs_fnat_way_dst(net, target->af, &target->way);

	return dst && likely(ip_vs_fnat_target_is_by(target, dst->dev, l3)) ? dst : NULL;
}

/* Routes to next hops let go of @dev, which leaves its namespace. */
void ip_vs_fnat_targets_forget(const struct net_device *dev);

#endif /* _IP_VS_FNAT_RULE_H */
