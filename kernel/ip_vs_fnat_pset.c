// SPDX-License-Identifier: GPL-2.0
/*
 * Sets of prefixes. Asking whether one holds an address takes a hash lookup
 * for every prefix length in use, however many prefixes there are.
 */
#include <linux/slab.h>

#include "ip_vs_fnat_addr.h"

/* Hashed as bytes. */
struct pset_key {
	union nf_inet_addr	addr;
	u32			len;
};

struct pset_entry {
	struct rhash_head	node;
	struct pset_key		key;
	u32			refs;	/* under the namespace's mutex */
	struct rcu_head		rcu;
};

static const struct rhashtable_params pset_params = {
	.head_offset		= offsetof(struct pset_entry, node),
	.key_offset		= offsetof(struct pset_entry, key),
	.key_len		= sizeof(struct pset_key),
	.hashfn			= ip_vs_fnat_hash_words,
	.automatic_shrinking	= true,
};

int ip_vs_fnat_pset_init(struct ip_vs_fnat_pset *set)
{
	memset(set->refs, 0, sizeof(set->refs));
	bitmap_zero(set->lens, 129);
	return rhashtable_init(&set->table, &pset_params);
}

static void pset_free(void *entry, void *arg)
{
	kfree(entry);
}

void ip_vs_fnat_pset_destroy(struct ip_vs_fnat_pset *set)
{
	rhashtable_free_and_destroy(&set->table, pset_free, NULL);
}

static void make_key(struct pset_key *key, u8 af, const union nf_inet_addr *addr,
		     unsigned int len)
{
	ip_vs_fnat_addr_prefix(af, &key->addr, addr, len);
	key->len = len;
}

int ip_vs_fnat_pset_add(struct ip_vs_fnat_pset *set, u8 af,
			const union nf_inet_addr *addr, unsigned int len)
{
	struct pset_entry *entry;
	struct pset_key key;
	int err;

	make_key(&key, af, addr, len);
	entry = rhashtable_lookup_fast(&set->table, &key, pset_params);
	if (entry) {
		entry->refs++;
		return 0;
	}
	entry = kzalloc(sizeof(*entry), GFP_KERNEL);
	if (!entry)
		return -ENOMEM;
	entry->key = key;
	entry->refs = 1;
	err = rhashtable_insert_fast(&set->table, &entry->node, pset_params);
	if (err) {
		kfree(entry);
		return err;
	}
	if (!set->refs[len]++)
		set_bit(len, set->lens);
	return 0;
}

void ip_vs_fnat_pset_del(struct ip_vs_fnat_pset *set, u8 af,
			 const union nf_inet_addr *addr, unsigned int len)
{
	struct pset_entry *entry;
	struct pset_key key;

	make_key(&key, af, addr, len);
	entry = rhashtable_lookup_fast(&set->table, &key, pset_params);
	if (WARN_ON_ONCE(!entry) || --entry->refs)
		return;
	rhashtable_remove_fast(&set->table, &entry->node, pset_params);
	if (!--set->refs[len])
		clear_bit(len, set->lens);
	kfree_rcu(entry, rcu);
}

/*
 * Take the range of @count addresses apart into prefixes, the largest first
 * that fit, and do @step with each until @until addresses are done or it
 * fails. *@done says how far it came.
 */
static int walk_range(struct ip_vs_fnat_pset *set, u8 af, const union nf_inet_addr *first,
		      u32 count, u32 until, u32 *done,
		      int (*step)(struct ip_vs_fnat_pset *set, u8 af,
				  const union nf_inet_addr *addr, unsigned int len))
{
	*done = 0;
	while (*done < until) {
		union nf_inet_addr addr;
		unsigned int len;
		int err;

		ip_vs_fnat_addr_add(af, &addr, first, *done);
		len = ip_vs_fnat_addr_fit(af, &addr, count - *done);
		err = step(set, af, &addr, len);
		if (err)
			return err;
		*done += 1U << (ip_vs_fnat_addr_bits(af) - len);
	}
	return 0;
}

static int del_step(struct ip_vs_fnat_pset *set, u8 af, const union nf_inet_addr *addr,
		    unsigned int len)
{
	ip_vs_fnat_pset_del(set, af, addr, len);
	return 0;
}

int ip_vs_fnat_pset_add_range(struct ip_vs_fnat_pset *set, u8 af,
			      const union nf_inet_addr *first, u32 count)
{
	u32 done, undone;
	int err;

	err = walk_range(set, af, first, count, count, &done, ip_vs_fnat_pset_add);
	if (err)
		walk_range(set, af, first, count, done, &undone, del_step);
	return err;
}

void ip_vs_fnat_pset_del_range(struct ip_vs_fnat_pset *set, u8 af,
			       const union nf_inet_addr *first, u32 count)
{
	u32 done;

	walk_range(set, af, first, count, count, &done, del_step);
}

bool ip_vs_fnat_pset_has(struct ip_vs_fnat_pset *set, u8 af,
			 const union nf_inet_addr *addr)
{
	struct pset_key key;
	unsigned int len;

	for (len = ip_vs_fnat_next_len(set->lens, af, 0); len <= 128;
	     len = ip_vs_fnat_next_len(set->lens, af, len + 1)) {
		make_key(&key, af, addr, len);
		if (rhashtable_lookup(&set->table, &key, pset_params))
			return true;
	}
	return false;
}
