/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Finding a flow by a packet's tuple, in a header so that the fast path has it
 * in place, for each family apart. The table is ip_vs_fnat_flow.c's.
 */
#ifndef _IP_VS_FNAT_FIND_H
#define _IP_VS_FNAT_FIND_H

#include "ip_vs_fnat_int.h"

/* Set before the first flow; chains are read under RCU. */
struct ip_vs_fnat_table {
	struct hlist_head	*buckets;
	u32			mask;
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

/* Where the client's packets go. */
static inline const union nf_inet_addr *
ip_vs_fnat_flow_target(const struct ip_vs_fnat_flow *flow, __be16 *port)
{
	if (unlikely(ip_vs_fnat_is_conn(flow))) {
		*port = ip_vs_fnat_conn(flow)->vport;
		return &ip_vs_fnat_conn(flow)->virtual;
	}
	*port = flow->rport;
	return &flow->remote;
}

/* @af is the tuple's family, and a constant where that is known. */
static __always_inline bool ip_vs_fnat_flow_matches(const struct ip_vs_fnat_flow *flow,
						    enum ip_vs_fnat_dir dir,
						    const struct net *net,
						    const struct ip_vs_fnat_tuple *t, u8 af)
{
	const union nf_inet_addr *src, *dst;
	__be16 sport, dport;

	if (dir == IP_VS_FNAT_ORIG) {
		src = &flow->client;
		sport = flow->cport;
		dst = ip_vs_fnat_flow_target(flow, &dport);
	} else {
		src = &flow->remote;
		sport = flow->rport;
		dst = &flow->local;
		dport = flow->lport;
	}
	return t->sport == sport && t->dport == dport && t->proto == flow->proto &&
	       af == flow->af && ip_vs_fnat_addr_eq(af, &t->src, src) &&
	       ip_vs_fnat_addr_eq(af, &t->dst, dst) && net_eq(read_pnet(&flow->net), net);
}

static __always_inline u64 ip_vs_fnat_nh(u64 sum, u32 a, u32 b, const u32 *key)
{
	return sum + (u64)(a + key[0]) * (b + key[1]);
}

/*
 * Keyed, so that nobody outside can fill one bucket: NH, the first step of UMAC
 * (RFC 4418), gives two tuples one sum with a chance of 2^-32 whoever chose
 * them. What is added to it goes beyond the sums' differences, so that one pair
 * found by the clock to share a bucket does not lead to the next.
 */
static __always_inline u32 ip_vs_fnat_bucket(const struct net *net,
					     const struct ip_vs_fnat_tuple *t, u8 af)
{
	u32 ports = (__force u32)t->sport << 16 | (__force u32)t->dport;
	const u32 *key = ip_vs_fnat_table.key;
	int i, words = af == AF_INET ? 1 : 4;
	u64 sum = 0;

	for (i = 0; i < words; i++)
		sum = ip_vs_fnat_nh(sum, (__force u32)t->src.all[i],
				    (__force u32)t->dst.all[i], &key[2 * i]);
	sum = ip_vs_fnat_nh(sum, ports, net_hash_mix(net) ^ (u32)t->proto << 8 ^ af, &key[8]);
	sum ^= sum >> 32;
	sum *= GOLDEN_RATIO_64;
	sum ^= sum >> 29;
	sum *= GOLDEN_RATIO_64;
	return (sum >> 32) & ip_vs_fnat_table.mask;
}

/* The flow that has the tuple, dead or alive, or NULL; under RCU. */
static __always_inline struct ip_vs_fnat_flow *
ip_vs_fnat_flow_lookup(const struct net *net, const struct ip_vs_fnat_tuple *tuple,
		       enum ip_vs_fnat_dir *dir, u8 af)
{
	u32 bucket = ip_vs_fnat_bucket(net, tuple, af);
	struct ip_vs_fnat_flow *flow;
	struct hlist_node *node;

	for (node = rcu_dereference(hlist_first_rcu(&ip_vs_fnat_table.buckets[bucket])); node;
	     node = rcu_dereference(hlist_next_rcu(node))) {
		flow = ip_vs_fnat_node_flow(node);
		*dir = ip_vs_fnat_node_dir(node);
		if (likely(ip_vs_fnat_flow_matches(flow, *dir, net, tuple, af)))
			return flow;
	}
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
