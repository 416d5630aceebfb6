/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Finding a flow by a packet's tuple, in a header so that the fast path has it
 * in place, for each family apart. The table is ip_vs_fnat_flow.c's.
 */
#ifndef _IP_VS_FNAT_FIND_H
#define _IP_VS_FNAT_FIND_H

#include "ip_vs_fnat_addr.h"
#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_packet.h"
#include "ip_vs_fnat_way.h"

/* Set before the first flow; chains are read under RCU. */
struct ip_vs_fnat_table {
	struct hlist_head	*buckets;
	u32			mask;
	bool			large;		/* too many flows for caches; kept by the sweep */
	u32			key[10];	/* random */
};

extern struct ip_vs_fnat_table ip_vs_fnat_table;

/*
 * Flows are aligned to 32 bytes and begin with their two links of 16, so that
 * the address of a link tells its direction.
 */
#define IP_VS_FNAT_FLOW_ALIGN	32

static inline enum ip_vs_fnat_dir ip_vs_fnat_node_dir(const struct hlist_node *node)
{
	BUILD_BUG_ON(offsetof(struct ip_vs_fnat_flow, node) != 0);
	return ((unsigned long)node / sizeof(*node)) & 1;
}

static inline struct ip_vs_fnat_flow *ip_vs_fnat_node_flow(struct hlist_node *node)
{
	return container_of(node - ip_vs_fnat_node_dir(node), struct ip_vs_fnat_flow, node[0]);
}

/* A tuple where it lies; @ports are the source's and the destination's, as in a packet. */
struct ip_vs_fnat_key {
	const union nf_inet_addr	*src;
	const union nf_inet_addr	*dst;
	u32				ports;
	int				l3;
	u16				asked;
	u8				proto;
	u8				af;
};

static __always_inline u32 ip_vs_fnat_ports(const __be16 *sport)
{
	return get_unaligned((const u32 *)sport);
}

static __always_inline void ip_vs_fnat_key_of(const struct ip_vs_fnat_tuple *t, u8 af,
					      struct ip_vs_fnat_key *key)
{
	BUILD_BUG_ON(offsetof(struct ip_vs_fnat_tuple, dport) !=
		     offsetofend(struct ip_vs_fnat_tuple, sport));
	key->src = &t->src;
	key->dst = &t->dst;
	key->ports = ip_vs_fnat_ports(&t->sport);
	key->l3 = t->l3;
	key->asked = t->asked;
	key->proto = t->proto;
	key->af = af;
}

/* The tuple that a flow has in @dir; but for ports and addresses, it is the flow's own. */
static __always_inline void ip_vs_fnat_flow_key(const struct ip_vs_fnat_flow *flow,
						enum ip_vs_fnat_dir dir,
						struct ip_vs_fnat_key *key)
{
	BUILD_BUG_ON(offsetof(struct ip_vs_fnat_flow, rport) !=
		     offsetofend(struct ip_vs_fnat_flow, cport));
	BUILD_BUG_ON(offsetof(struct ip_vs_fnat_flow, lport) !=
		     offsetofend(struct ip_vs_fnat_flow, rport));
	key->asked = 0;
	if (dir == IP_VS_FNAT_REPLY) {
		key->src = &flow->remote;
		key->dst = &flow->local;
		key->ports = ip_vs_fnat_ports(&flow->rport);
	} else {
		key->src = &flow->client;
		key->dst = &flow->remote;
		key->ports = ip_vs_fnat_ports(&flow->cport);
		key->asked = flow->asked;
		if (unlikely(ip_vs_fnat_is_conn(flow))) {
			const __be16 ports[2] = { flow->cport, ip_vs_fnat_conn(flow)->vport };

			key->dst = &ip_vs_fnat_conn(flow)->virtual;
			key->ports = ip_vs_fnat_ports(ports);
		}
	}
	key->l3 = READ_ONCE(flow->way[dir].l3);
	key->proto = flow->proto;
	key->af = flow->af;
}

/* One VRF, or one that is not known. */
static __always_inline bool ip_vs_fnat_same_l3(int a, int b)
{
	return likely(a == b) || a == IP_VS_FNAT_L3_ANY || b == IP_VS_FNAT_L3_ANY;
}

/* The key's family is a constant where that is known. */
static __always_inline bool ip_vs_fnat_flow_matches(const struct ip_vs_fnat_flow *flow,
						    enum ip_vs_fnat_dir dir,
						    const struct net *net,
						    const struct ip_vs_fnat_key *key)
{
	struct ip_vs_fnat_key own;

	ip_vs_fnat_flow_key(flow, dir, &own);
	return key->ports == own.ports && key->proto == own.proto && key->af == own.af &&
	       key->asked == own.asked &&
	       ip_vs_fnat_addr_eq(key->af, key->src, own.src) &&
	       ip_vs_fnat_addr_eq(key->af, key->dst, own.dst) &&
	       net_eq(read_pnet(&flow->net), net) && ip_vs_fnat_same_l3(key->l3, own.l3);
}

static __always_inline u64 ip_vs_fnat_nh(u64 sum, u32 a, u32 b, const u32 *key)
{
	return sum + (u64)(a + key[0]) * (b + key[1]);
}

/*
 * Keyed, so that nobody outside can fill one bucket: NH, the first step of UMAC
 * (RFC 4418), gives two tuples one sum with a chance of 2^-32 whoever chose
 * them. What is added to it goes beyond the sums' differences, so that one pair
 * found by the clock to share a bucket does not lead to the next. VRFs are few, and
 * left out, so that a flow's can be learned after it was linked; and so are the addresses
 * that a client asks of one remote.
 */
static __always_inline u32 ip_vs_fnat_bucket(const struct net *net,
					     const struct ip_vs_fnat_key *key)
{
	const u32 *random = ip_vs_fnat_table.key;
	int i, words = key->af == AF_INET ? 1 : 4;
	u64 sum;

	sum = ip_vs_fnat_nh(0, key->ports,
			    net_hash_mix(net) ^ (u32)key->proto << 8 ^ key->af, &random[8]);
#pragma GCC unroll 4
	for (i = 0; i < words; i++)
		sum = ip_vs_fnat_nh(sum, (__force u32)key->src->all[i],
				    (__force u32)key->dst->all[i], &random[2 * i]);
	sum ^= sum >> 32;
	sum *= GOLDEN_RATIO_64;
	sum ^= sum >> 29;
	sum *= GOLDEN_RATIO_64;
	return (sum >> 32) & ip_vs_fnat_table.mask;
}

static __always_inline struct hlist_head *ip_vs_fnat_chain_at(u32 bucket)
{
	return &ip_vs_fnat_table.buckets[bucket];
}

static __always_inline struct hlist_head *ip_vs_fnat_chain(const struct net *net,
							   const struct ip_vs_fnat_key *key)
{
	return ip_vs_fnat_chain_at(ip_vs_fnat_bucket(net, key));
}

/*
 * The link of the flow that has the tuple, dead or alive, or NULL; under RCU. It
 * tells the direction.
 */
static __always_inline struct hlist_node *
ip_vs_fnat_flow_lookup(const struct net *net, const struct ip_vs_fnat_key *key)
{
	struct hlist_head *chain = ip_vs_fnat_chain(net, key);
	struct hlist_node *node;

	for (node = rcu_dereference(hlist_first_rcu(chain)); node;
	     node = rcu_dereference(hlist_next_rcu(node)))
		if (likely(ip_vs_fnat_flow_matches(ip_vs_fnat_node_flow(node),
						   ip_vs_fnat_node_dir(node), net, key)))
			return node;
	return NULL;
}

/* No timeout is shorter than a second; who is older may be dead. */
static __always_inline bool ip_vs_fnat_flow_is_fresh(const struct ip_vs_fnat_flow *flow)
{
	return (s32)((u32)jiffies - READ_ONCE(flow->used)) < HZ;
}

/* Has it timed out? */
bool ip_vs_fnat_flow_dead(const struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_flow *flow);

#endif /* _IP_VS_FNAT_FIND_H */
