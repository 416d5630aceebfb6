/* SPDX-License-Identifier: GPL-2.0 */
/* Addresses, and sets of prefixes. */
#ifndef _IP_VS_FNAT_ADDR_H
#define _IP_VS_FNAT_ADDR_H

#include <linux/bitops.h>
#include <linux/hash.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/netfilter.h>
#include <linux/rhashtable.h>
#include <net/ipv6.h>

#include "ip_vs_fnat_compat.h"

/* ---- addresses (ip_vs_fnat_addr.c) ---- */

static inline unsigned int ip_vs_fnat_addr_bits(u8 af)
{
	return af == AF_INET ? 32 : 128;
}

static inline unsigned int ip_vs_fnat_addr_bytes(u8 af)
{
	return af == AF_INET ? 4 : 16;
}

static inline bool ip_vs_fnat_addr_eq(u8 af, const union nf_inet_addr *a,
				      const union nf_inet_addr *b)
{
	if (af == AF_INET)
		return a->ip == b->ip;
	return ipv6_addr_equal(&a->in6, &b->in6);
}

/* @out = the first @len bits of @addr, the rest zero. */
void ip_vs_fnat_addr_prefix(u8 af, union nf_inet_addr *out,
			    const union nf_inet_addr *addr, unsigned int len);
/* @out = @addr + @n, in the order of the address space. */
void ip_vs_fnat_addr_add(u8 af, union nf_inet_addr *out,
			 const union nf_inet_addr *addr, u32 n);
/* Addresses from @first to @last, both included; 0 when inverted, U32_MAX when more. */
u32 ip_vs_fnat_addr_count(u8 af, const union nf_inet_addr *first,
			  const union nf_inet_addr *last);
/* Bits of the largest prefix that starts at @addr and holds at most @n addresses. */
unsigned int ip_vs_fnat_addr_fit(u8 af, const union nf_inet_addr *addr, u32 n);
/* Is @addr one of the @count addresses from @first on? */
bool ip_vs_fnat_addr_in(u8 af, const union nf_inet_addr *addr, const union nf_inet_addr *first,
			u32 count);
bool ip_vs_fnat_addr_is_unicast(u8 af, const union nf_inet_addr *addr);

/* The first length from @from on that is in @lens; over 128 when there is none. */
static inline unsigned int ip_vs_fnat_next_len(const unsigned long *lens, u8 af,
					       unsigned int from)
{
	u64 word = lens[0];

	if (af == AF_INET6)
		return find_next_bit(lens, 129, from);
	if (BITS_PER_LONG == 32)
		word |= (u64)lens[1] << 32;
	word >>= from;
	return word ? from + __ffs64(word) : 129;
}

/*
 * A quick hash, for tables of what the operator names: nobody outside can add
 * to them. A hashfn of rhashtable; @len is in bytes, and a multiple of four.
 */
static inline u32 ip_vs_fnat_hash_words(const void *data, u32 len, u32 seed)
{
	const u32 *word = data;
	u64 sum = seed;
	u32 i;

	for (i = 0; i + 1 < len / sizeof(*word); i += 2)
		sum = (sum + get_unaligned((const u64 *)&word[i])) * GOLDEN_RATIO_64;
	if (i < len / sizeof(*word))
		sum = (sum + word[i]) * GOLDEN_RATIO_64;
	sum ^= sum >> 32;
	sum *= GOLDEN_RATIO_64;
	return sum >> 32;
}

/* ---- sets of prefixes (ip_vs_fnat_pset.c) ---- */

/*
 * Prefixes with a count of how often each was added. Changed under the
 * namespace's mutex, read under RCU.
 */
struct ip_vs_fnat_pset {
	struct rhashtable	table;
	u32			refs[129];	/* by prefix length */
	DECLARE_BITMAP(lens, 129);		/* lengths with refs > 0 */
};

int ip_vs_fnat_pset_init(struct ip_vs_fnat_pset *set);
void ip_vs_fnat_pset_destroy(struct ip_vs_fnat_pset *set);
int ip_vs_fnat_pset_add(struct ip_vs_fnat_pset *set, u8 af,
			const union nf_inet_addr *addr, unsigned int len);
void ip_vs_fnat_pset_del(struct ip_vs_fnat_pset *set, u8 af,
			 const union nf_inet_addr *addr, unsigned int len);
int ip_vs_fnat_pset_add_range(struct ip_vs_fnat_pset *set, u8 af,
			      const union nf_inet_addr *first, u32 count);
void ip_vs_fnat_pset_del_range(struct ip_vs_fnat_pset *set, u8 af,
			       const union nf_inet_addr *first, u32 count);
bool ip_vs_fnat_pset_has(struct ip_vs_fnat_pset *set, u8 af,
			 const union nf_inet_addr *addr);

#endif /* _IP_VS_FNAT_ADDR_H */
