// SPDX-License-Identifier: GPL-2.0
/*
 * Source-NAT rules of a namespace and family, and the match.
 *
 * A packet costs one hash lookup for every pair of prefix lengths in use and
 * for every kind of rule (gw and oif, oif, gw, neither) that this pair has,
 * however many rules there are.
 */
#include <linux/jhash.h>
#include <linux/slab.h>

#include "ip_vs_fnat_addr.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_rule.h"
#include "ip_vs_fnat_way.h"

static int differs(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct ip_vs_fnat_rule *rule = obj;
	const char *a = arg->key, *b = (const char *)&rule->key;
	unsigned int i;
	u64 bits;

	BUILD_BUG_ON(sizeof(rule->key) % sizeof(u64) != sizeof(u32));
	bits = get_unaligned((const u32 *)a) ^ get_unaligned((const u32 *)b);
	for (i = sizeof(u32); i < sizeof(rule->key); i += sizeof(u64))
		bits |= get_unaligned((const u64 *)(a + i)) ^ get_unaligned((const u64 *)(b + i));
	return !!bits;
}

static const struct rhashtable_params rule_params = {
	.head_offset		= offsetof(struct ip_vs_fnat_rule, hnode),
	.key_offset		= offsetof(struct ip_vs_fnat_rule, key),
	.key_len		= sizeof(struct ip_vs_fnat_rule_key),
	.hashfn			= ip_vs_fnat_hash_words,
	.obj_cmpfn		= differs,
	.automatic_shrinking	= true,
};

static const struct rhashtable_params id_params = {
	.head_offset		= offsetof(struct ip_vs_fnat_rule, idnode),
	.key_offset		= offsetof(struct ip_vs_fnat_rule, id),
	.key_len		= sizeof(u32),
	.automatic_shrinking	= true,
};

int ip_vs_fnat_snat_init(struct ip_vs_fnat_snat *snat, u8 af)
{
	int err;

	snat->af = af;
	INIT_LIST_HEAD(&snat->groups);
	err = rhashtable_init(&snat->rules, &rule_params);
	if (err)
		return err;
	err = rhltable_init(&snat->ids, &id_params);
	if (err)
		goto out_rules;
	err = ip_vs_fnat_pset_init(&snat->pools);
	if (err)
		goto out_ids;
	err = ip_vs_fnat_pset_init(&snat->inner);
	if (err)
		goto out_pools;
	return 0;

out_pools:
	ip_vs_fnat_pset_destroy(&snat->pools);
out_ids:
	rhltable_destroy(&snat->ids);
out_rules:
	rhashtable_destroy(&snat->rules);
	return err;
}

void ip_vs_fnat_snat_destroy(struct ip_vs_fnat_snat *snat)
{
	ip_vs_fnat_pset_destroy(&snat->inner);
	ip_vs_fnat_pset_destroy(&snat->pools);
	rhltable_destroy(&snat->ids);
	rhashtable_destroy(&snat->rules);
}

/* ---- targets ---- */

/*
 * Targets with a next hop, of all namespaces. IPv6's route to one, a copy of its own, holds
 * that of the table, and by it the device, for as long as it is kept.
 */
static LIST_HEAD(hops);
static DEFINE_SPINLOCK(hops_lock);

static void target_link(struct ip_vs_fnat_target *target)
{
	if (!target->has_new_gw)
		return;
	spin_lock_bh(&hops_lock);
	list_add_rcu(&target->hop, &hops);
	spin_unlock_bh(&hops_lock);
}

static void target_unlink(struct ip_vs_fnat_target *target)
{
	if (!target->has_new_gw)
		return;
	spin_lock_bh(&hops_lock);
	list_del_rcu(&target->hop);
	spin_unlock_bh(&hops_lock);
}

void ip_vs_fnat_targets_forget(const struct net_device *dev)
{
	struct ip_vs_fnat_target *target;

	rcu_read_lock();
	list_for_each_entry_rcu(target, &hops, hop)
		ip_vs_fnat_way_forget(&target->way, dev);
	rcu_read_unlock();
}

static void target_free_rcu(struct rcu_head *head)
{
	struct ip_vs_fnat_target *target = container_of(head, struct ip_vs_fnat_target, rcu);

	ip_vs_fnat_way_free(&target->way);
	kfree(target);
}

void ip_vs_fnat_target_free(struct ip_vs_fnat_target *target)
{
	target_unlink(target);
	call_rcu(&target->rcu, target_free_rcu);
}

/* ---- rules ---- */

static void rule_free_rcu(struct rcu_head *head)
{
	struct ip_vs_fnat_rule *rule = container_of(head, struct ip_vs_fnat_rule, rcu);

	target_free_rcu(&rcu_dereference_protected(rule->target, 1)->rcu);
	free_percpu(rule->stats);
	kfree(rule);
}

void ip_vs_fnat_rule_put(struct ip_vs_fnat_rule *rule)
{
	if (!refcount_dec_and_test(&rule->refs))
		return;
	target_unlink(rcu_dereference_protected(rule->target, 1));
	call_rcu(&rule->rcu, rule_free_rcu);
}

static struct ip_vs_fnat_rule *rule_find(struct ip_vs_fnat_snat *snat,
					 const struct ip_vs_fnat_rule_key *key)
{
	return rhashtable_lookup_fast(&snat->rules, key, rule_params);
}

static enum ip_vs_fnat_variant key_variant(const struct ip_vs_fnat_rule_key *key)
{
	if (key->has_oif)
		return key->has_gw ? IP_VS_FNAT_BOTH : IP_VS_FNAT_OIF;
	return key->has_gw ? IP_VS_FNAT_GW : IP_VS_FNAT_ANY;
}

/* Find the rule's group, or make it in its place. */
static struct ip_vs_fnat_group *group_get(struct ip_vs_fnat_snat *snat,
					  const struct ip_vs_fnat_rule_key *key)
{
	struct ip_vs_fnat_group *group, *new;
	int i;

	list_for_each_entry(group, &snat->groups, list) {
		if (group->from_len == key->from_len && group->to_len == key->to_len)
			return group;
		if (group->from_len < key->from_len ||
		    (group->from_len == key->from_len && group->to_len < key->to_len))
			break;
	}
	new = kzalloc(sizeof(*new), GFP_KERNEL);
	if (!new)
		return NULL;
	new->from_len = key->from_len;
	new->to_len = key->to_len;
	for (i = 0; i < IP_VS_FNAT_VARIANTS; i++)
		INIT_LIST_HEAD(&new->rules[i]);
	/* Before the group that stopped the walk, or at the end: its head. */
	list_add_tail_rcu(&new->list, &group->list);
	return new;
}

static void group_put(struct ip_vs_fnat_group *group)
{
	int i;

	for (i = 0; i < IP_VS_FNAT_VARIANTS; i++)
		if (!list_empty(&group->rules[i]))
			return;
	list_del_rcu(&group->list);
	kfree_rcu(group, rcu);
}

static struct ip_vs_fnat_group *rule_group(struct ip_vs_fnat_snat *snat,
					   const struct ip_vs_fnat_rule *rule)
{
	struct ip_vs_fnat_group *group;

	list_for_each_entry(group, &snat->groups, list)
		if (group->from_len == rule->key.from_len && group->to_len == rule->key.to_len)
			return group;
	return NULL;
}

static int sets_add(struct ip_vs_fnat_snat *snat, const struct ip_vs_fnat_rule_key *key,
		    const struct ip_vs_fnat_target *target)
{
	int err;

	err = ip_vs_fnat_pset_add_range(&snat->pools, snat->af, &target->first, target->count);
	if (err || !key->from_len)
		return err;
	err = ip_vs_fnat_pset_add(&snat->inner, snat->af, &key->from, key->from_len);
	if (err)
		ip_vs_fnat_pset_del_range(&snat->pools, snat->af, &target->first, target->count);
	return err;
}

static void sets_del(struct ip_vs_fnat_snat *snat, const struct ip_vs_fnat_rule_key *key,
		     const struct ip_vs_fnat_target *target)
{
	ip_vs_fnat_pset_del_range(&snat->pools, snat->af, &target->first, target->count);
	if (key->from_len)
		ip_vs_fnat_pset_del(&snat->inner, snat->af, &key->from, key->from_len);
}

static struct ip_vs_fnat_target *rule_target(const struct ip_vs_fnat_rule *rule)
{
	/* The caller holds the namespace's mutex, under which targets change. */
	return rcu_dereference_protected(rule->target, 1);
}

static struct ip_vs_fnat_rule *rule_alloc(struct ip_vs_fnat_snat *snat,
					  const struct ip_vs_fnat_rule_key *key)
{
	struct ip_vs_fnat_rule *rule = kzalloc(sizeof(*rule), GFP_KERNEL);
	int cpu;

	if (!rule)
		return NULL;
	rule->stats = alloc_percpu(struct ip_vs_fnat_cpu_stats);
	if (!rule->stats) {
		kfree(rule);
		return NULL;
	}
	for_each_possible_cpu(cpu)
		u64_stats_init(&per_cpu_ptr(rule->stats, cpu)->syncp);
	rule->key = *key;
	rule->id = jhash2((const u32 *)key, sizeof(*key) / sizeof(u32), snat->af);
	rule->af = snat->af;
	refcount_set(&rule->refs, 1);
	return rule;
}

/* Takes @target over only when it returns 0. */
int ip_vs_fnat_rule_add(struct ip_vs_fnat_snat *snat, const struct ip_vs_fnat_rule_key *key,
			struct ip_vs_fnat_target *target)
{
	struct ip_vs_fnat_group *group;
	struct ip_vs_fnat_rule *rule;
	int err;

	if (rule_find(snat, key))
		return -EEXIST;
	rule = rule_alloc(snat, key);
	if (!rule)
		return -ENOMEM;
	err = sets_add(snat, key, target);
	if (err)
		goto out_free;
	group = group_get(snat, key);
	if (!group) {
		err = -ENOMEM;
		goto out_sets;
	}
	RCU_INIT_POINTER(rule->target, target);
	err = rhashtable_insert_fast(&snat->rules, &rule->hnode, rule_params);
	if (err)
		goto out_group;
	err = rhltable_insert(&snat->ids, &rule->idnode, id_params);
	if (err)
		goto out_table;
	list_add_tail_rcu(&rule->list, &group->rules[key_variant(key)]);
	rule->linked = true;
	target_link(target);
	snat->count++;
	return 0;

out_table:
	rhashtable_remove_fast(&snat->rules, &rule->hnode, rule_params);
out_group:
	group_put(group);
out_sets:
	sets_del(snat, key, target);
out_free:
	free_percpu(rule->stats);
	kfree(rule);
	return err;
}

/* Takes @target over only when it returns 0. */
int ip_vs_fnat_rule_set(struct ip_vs_fnat_snat *snat, const struct ip_vs_fnat_rule_key *key,
			struct ip_vs_fnat_target *target)
{
	struct ip_vs_fnat_rule *rule = rule_find(snat, key);
	struct ip_vs_fnat_target *old;
	int err;

	if (!rule)
		return -ENOENT;
	err = sets_add(snat, key, target);
	if (err)
		return err;
	old = rule_target(rule);
	target_link(target);
	rcu_assign_pointer(rule->target, target);
	sets_del(snat, key, old);
	ip_vs_fnat_target_free(old);
	return 0;
}

static void rule_unlink(struct ip_vs_fnat_snat *snat, struct ip_vs_fnat_group *group,
			struct ip_vs_fnat_rule *rule)
{
	rhashtable_remove_fast(&snat->rules, &rule->hnode, rule_params);
	rhltable_remove(&snat->ids, &rule->idnode, id_params);
	list_del_rcu(&rule->list);
	rule->linked = false;
	snat->count--;
	sets_del(snat, &rule->key, rule_target(rule));
	group_put(group);
	ip_vs_fnat_rule_put(rule);
}

int ip_vs_fnat_rule_del(struct ip_vs_fnat_snat *snat, const struct ip_vs_fnat_rule_key *key)
{
	struct ip_vs_fnat_rule *rule = rule_find(snat, key);

	if (!rule)
		return -ENOENT;
	rule_unlink(snat, rule_group(snat, rule), rule);
	return 0;
}

/* The first rule from the @variant of @group on. */
static struct ip_vs_fnat_rule *first_from(struct ip_vs_fnat_snat *snat,
					  struct ip_vs_fnat_group *group, int variant)
{
	list_for_each_entry_from(group, &snat->groups, list) {
		for (; variant < IP_VS_FNAT_VARIANTS; variant++)
			if (!list_empty(&group->rules[variant]))
				return list_first_entry(&group->rules[variant],
							struct ip_vs_fnat_rule, list);
		variant = 0;
	}
	return NULL;
}

struct ip_vs_fnat_rule *ip_vs_fnat_rule_next(struct ip_vs_fnat_snat *snat,
					     struct ip_vs_fnat_rule *rule)
{
	struct ip_vs_fnat_group *group;
	int variant;

	if (!rule) {
		group = list_first_entry(&snat->groups, struct ip_vs_fnat_group, list);
		return first_from(snat, group, 0);
	}
	group = rule_group(snat, rule);
	variant = key_variant(&rule->key);
	if (!list_is_last(&rule->list, &group->rules[variant]))
		return list_next_entry(rule, list);
	return first_from(snat, group, variant + 1);
}

void ip_vs_fnat_rules_flush(struct ip_vs_fnat_snat *snat)
{
	struct ip_vs_fnat_rule *rule;

	while ((rule = ip_vs_fnat_rule_next(snat, NULL))) {
		rule_unlink(snat, rule_group(snat, rule), rule);
		cond_resched();
	}
}

/* ---- match ---- */

static struct ip_vs_fnat_rule *match_group(struct ip_vs_fnat_snat *snat,
					   const struct ip_vs_fnat_group *group,
					   struct ip_vs_fnat_rule_key *key,
					   const union nf_inet_addr *gw, const char *oif)
{
	struct ip_vs_fnat_rule *rule;
	int variant;

	for (variant = 0; variant < IP_VS_FNAT_VARIANTS; variant++) {
		/* Only a hint: a rule that comes or goes now may be missed or not. */
		if (list_empty(&group->rules[variant]))
			continue;
		key->has_oif = variant == IP_VS_FNAT_BOTH || variant == IP_VS_FNAT_OIF;
		key->has_gw = variant == IP_VS_FNAT_BOTH || variant == IP_VS_FNAT_GW;
		if (key->has_gw && !gw)
			continue;
		memset(&key->gw, 0, sizeof(key->gw));
		memset(key->oif, 0, sizeof(key->oif));
		if (key->has_gw)
			key->gw = *gw;
		if (key->has_oif)
			strscpy(key->oif, oif, sizeof(key->oif));
		rule = rhashtable_lookup(&snat->rules, key, rule_params);
		if (rule)
			return rule;
	}
	return NULL;
}

struct ip_vs_fnat_rule *ip_vs_fnat_rule_of_id(struct ip_vs_fnat_snat *snat, u32 id,
					      const union nf_inet_addr *src,
					      const union nf_inet_addr *dst)
{
	struct rhlist_head *list = rhltable_lookup(&snat->ids, &id, id_params), *at;
	struct ip_vs_fnat_rule *rule;
	union nf_inet_addr net;

	rhl_for_each_entry_rcu(rule, at, list, idnode) {
		ip_vs_fnat_addr_prefix(snat->af, &net, src, rule->key.from_len);
		if (!ip_vs_fnat_addr_eq(snat->af, &net, &rule->key.from))
			continue;
		ip_vs_fnat_addr_prefix(snat->af, &net, dst, rule->key.to_len);
		if (ip_vs_fnat_addr_eq(snat->af, &net, &rule->key.to))
			return rule;
	}
	return NULL;
}

struct ip_vs_fnat_rule *ip_vs_fnat_rule_match(struct ip_vs_fnat_snat *snat,
					      const union nf_inet_addr *src,
					      const union nf_inet_addr *dst,
					      const union nf_inet_addr *gw, const char *oif)
{
	const struct ip_vs_fnat_group *group;
	struct ip_vs_fnat_rule_key key;
	struct ip_vs_fnat_rule *rule;

	list_for_each_entry_rcu(group, &snat->groups, list) {
		ip_vs_fnat_addr_prefix(snat->af, &key.from, src, group->from_len);
		ip_vs_fnat_addr_prefix(snat->af, &key.to, dst, group->to_len);
		key.from_len = group->from_len;
		key.to_len = group->to_len;
		rule = match_group(snat, group, &key, gw, oif);
		if (rule)
			return rule;
	}
	return NULL;
}

/* ---- counters ---- */

void ip_vs_fnat_rule_read(const struct ip_vs_fnat_rule *rule, struct ip_vs_fnat_kstats *sum,
			  long *flows, long *active)
{
	int cpu;

	memset(sum, 0, sizeof(*sum));
	*flows = 0;
	*active = 0;
	for_each_possible_cpu(cpu) {
		const struct ip_vs_fnat_cpu_stats *s = per_cpu_ptr(rule->stats, cpu);
		struct ip_vs_fnat_kstats now;
		unsigned int start;

		do {
			start = u64_stats_fetch_begin(&s->syncp);
			now.conns = u64_stats_read(&s->conns);
			now.inpkts = u64_stats_read(&s->inpkts);
			now.outpkts = u64_stats_read(&s->outpkts);
			now.inbytes = u64_stats_read(&s->inbytes);
			now.outbytes = u64_stats_read(&s->outbytes);
		} while (u64_stats_fetch_retry(&s->syncp, start));
		sum->conns += now.conns;
		sum->inpkts += now.inpkts;
		sum->outpkts += now.outpkts;
		sum->inbytes += now.inbytes;
		sum->outbytes += now.outbytes;
		*flows += READ_ONCE(s->flows);
		*active += READ_ONCE(s->active);
	}
}

void ip_vs_fnat_rules_zero(struct ip_vs_fnat_snat *snat)
{
	struct ip_vs_fnat_rule *rule;
	long flows, active;

	for (rule = ip_vs_fnat_rule_next(snat, NULL); rule;
	     rule = ip_vs_fnat_rule_next(snat, rule)) {
		ip_vs_fnat_rule_read(rule, &rule->zero, &flows, &active);
		memset(&rule->rate, 0, sizeof(rule->rate));
		rule->last = rule->zero;
		cond_resched();
	}
}

/* Move a rate, in 1/1024 per second, a quarter of the way to what was just seen. */
static u64 smooth(u64 rate, u64 now, u64 last, unsigned int seconds)
{
	u64 seen = div_u64((now - last) << 10, seconds);

	return rate + ((s64)(seen - rate) >> 2);
}

void ip_vs_fnat_rules_sample(struct ip_vs_fnat_snat *snat, unsigned int seconds)
{
	struct ip_vs_fnat_kstats now;
	struct ip_vs_fnat_rule *rule;
	long flows, active;

	for (rule = ip_vs_fnat_rule_next(snat, NULL); rule;
	     rule = ip_vs_fnat_rule_next(snat, rule)) {
		struct ip_vs_fnat_kstats *rate = &rule->rate, *last = &rule->last;

		ip_vs_fnat_rule_read(rule, &now, &flows, &active);
		rate->conns = smooth(rate->conns, now.conns, last->conns, seconds);
		rate->inpkts = smooth(rate->inpkts, now.inpkts, last->inpkts, seconds);
		rate->outpkts = smooth(rate->outpkts, now.outpkts, last->outpkts, seconds);
		rate->inbytes = smooth(rate->inbytes, now.inbytes, last->inbytes, seconds);
		rate->outbytes = smooth(rate->outbytes, now.outbytes, last->outbytes, seconds);
		*last = now;
		cond_resched();
	}
}
