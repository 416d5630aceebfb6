/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Source NAT and FULLNAT beside IPVS: types and functions shared by the
 * ip_vs_fnat_*.c files.
 *
 * Source NAT: a client's packet to a remote host leaves with a local address
 * and port.
 *
 *	original:  client:cport -> remote:rport   becomes   local:lport -> remote:rport
 *	reply:     remote:rport -> local:lport    becomes   remote:rport -> client:cport
 *
 * FULLNAT: it comes to a virtual address, and the remote is a real server.
 *
 *	original:  client:cport -> virtual:vport  becomes   local:lport -> remote:rport
 *	reply:     remote:rport -> local:lport    becomes   virtual:vport -> client:cport
 *
 * Locks, outermost first:
 *	ip_vs_fnat_net.mutex	rules, targets, zones and services of a namespace
 *	bucket locks		chains of the flow table, two in ascending order
 *	ip_vs_fnat_crowd.lock	one crowd's map of ports
 * The packet path takes no lock but for opening or ending a flow.
 */
#ifndef _IP_VS_FNAT_INT_H
#define _IP_VS_FNAT_INT_H

#include <linux/bitops.h>
#include <linux/hash.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netfilter.h>
#include <linux/percpu.h>
#include <linux/refcount.h>
#include <linux/rhashtable.h>
#include <linux/seqlock.h>
#include <linux/sizes.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <linux/u64_stats_sync.h>
#include <linux/workqueue.h>
#include <net/dst.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "ip_vs_fnat.h"
#include "ip_vs_fnat_compat.h"
#include "ip_vs_fnat_uapi.h"
#include "ip_vs_fnat_way.h"

struct ip_vs_fnat_flow;
struct ip_vs_fnat_net;
struct ip_vs_fnat_proxy;
struct netlink_ext_ack;
struct nf_hook_state;

#define IP_VS_FNAT_VERSION	"0.1.0"
#define IP_VS_FNAT_ABI		4

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

/* ---- rules (ip_vs_fnat_rule.c) ---- */

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
void ip_vs_fnat_rule_put(struct ip_vs_fnat_rule *rule);
void ip_vs_fnat_rule_read(const struct ip_vs_fnat_rule *rule, struct ip_vs_fnat_kstats *sum,
			  long *flows, long *active);
void ip_vs_fnat_target_free(struct ip_vs_fnat_target *target);
/* Routes to next hops let go of @dev, which leaves its namespace. */
void ip_vs_fnat_targets_forget(const struct net_device *dev);

/* ---- local addresses (ip_vs_fnat_laddr.c) ---- */

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
/* Ports in use towards the busiest remote, at most as many more as share its counter. */
u32 ip_vs_fnat_laddr_used(const struct ip_vs_fnat_laddr *laddr);
void ip_vs_fnat_laddr_put(struct ip_vs_fnat_laddr *laddr);
/* A flow of the address was linked, or unlinked. */
void ip_vs_fnat_laddr_count(const struct ip_vs_fnat_flow *flow, bool opened);

/* ---- zones (ip_vs_fnat_zone.c) ---- */

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

/* ---- counters (ip_vs_fnat_stats.c) ---- */

/* The attributes of the netlink family number the counters. */
struct ip_vs_fnat_counters {
	u64_stats_t		value[IP_VS_FNAT_A_EXT_MAX + 1];
	struct u64_stats_sync	syncp;
};

#define IP_VS_FNAT_INC(fn, what) ip_vs_fnat_inc(fn, IP_VS_FNAT_A_EXT_##what, 1)

void ip_vs_fnat_inc(struct ip_vs_fnat_net *fn, unsigned int what, unsigned int n);
/* The same, where softirqs are off. */
void __ip_vs_fnat_inc(struct ip_vs_fnat_net *fn, unsigned int what, unsigned int n);
u64 ip_vs_fnat_counter(struct ip_vs_fnat_net *fn, unsigned int what);
int ip_vs_fnat_stats_init(struct ip_vs_fnat_net *fn);
void ip_vs_fnat_stats_exit(struct ip_vs_fnat_net *fn);

/* ---- packets (ip_vs_fnat_packet.c) ---- */

enum ip_vs_fnat_kind {
	IP_VS_FNAT_FLOW,	/* TCP, UDP, SCTP, ICMP echo: the tuple is the packet's own */
	IP_VS_FNAT_ERROR,	/* ICMP error: the tuple is the inverse of the quoted packet's */
	IP_VS_FNAT_OTHER,	/* what can't be translated */
	IP_VS_FNAT_FRAGMENT,	/* not the first of its packet, or not gathered */
	IP_VS_FNAT_MALFORMED,
};

struct ip_vs_fnat_tuple {
	union nf_inet_addr	src;
	union nf_inet_addr	dst;
	__be16			sport;
	__be16			dport;
	u8			af;
	u8			proto;
	int			l3;		/* see ip_vs_fnat_l3() */
};

struct ip_vs_fnat_pkt {
	enum ip_vs_fnat_kind	kind;
	struct ip_vs_fnat_tuple	tuple;
	union nf_inet_addr	src;		/* of the outer header */
	union nf_inet_addr	dst;
	unsigned int		l4;		/* offset of the transport header; 0: unreadable */
	unsigned int		quoted;		/* of the quoted network header */
	unsigned int		quoted_l4;	/* of the quoted transport header */
	u8			icmp_type;
	bool			options;	/* IPv4 options */
	bool			syn;		/* TCP: opens a connection */
	struct tcphdr		tcph;
};

/* Under RCU. */
void ip_vs_fnat_parse(const struct sk_buff *skb, u8 af, struct ip_vs_fnat_pkt *pkt);

/* ---- flows (ip_vs_fnat_flow.c) ---- */

enum ip_vs_fnat_dir {
	IP_VS_FNAT_ORIG,	/* from the client */
	IP_VS_FNAT_REPLY,	/* to the client */
	IP_VS_FNAT_DIRS
};

/*
 * A flow is in the table twice, once for each direction, and both links come
 * and go together under the bucket locks of both. It is found under RCU and
 * freed a grace period after it was unlinked; nothing counts references to
 * it. Addresses, ports and owner never change while it lives. state and used
 * are written by any CPU, and so are the ways, by their own rules.
 *
 * The L3 masters of its ways are part of the key: tenants in two VRFs may have one
 * address. That of the original direction is as constant as the addresses are; a
 * connection's is learned with its first packet, since IPVS knows of no VRFs. That of
 * the reply follows the route that the other direction leaves by. No two flows have one
 * reply tuple, whatever their VRFs.
 * A flow past its timeout is dead to everybody, though the sweep may not have
 * come by yet.
 */
struct ip_vs_fnat_flow {
	struct hlist_node	node[IP_VS_FNAT_DIRS];	/* first: see ip_vs_fnat_find.h */
	possible_net_t		net;
	union nf_inet_addr	client;
	union nf_inet_addr	local;
	union nf_inet_addr	remote;
	__be16			cport;		/* in this order: see ip_vs_fnat_find.h */
	__be16			rport;
	__be16			lport;
	u8			proto;
	u8			af;
	u32			state;		/* TCP's, or IP_VS_FNAT_S_*; not a connection's */
	u32			used;		/* jiffies of the last packet, low bits */
	u32			seq[IP_VS_FNAT_DIRS];	/* TCP: see ip_vs_fnat_flow_follow(), 0: none */
	struct ip_vs_fnat_way	way[IP_VS_FNAT_DIRS];
	union {
		struct ip_vs_fnat_rule	*rule;	/* that opened it */
		struct ip_vs_fnat_laddr	*laddr;	/* the zone's or service's */
	};
	u32			mark;		/* that the client's packets are routed with */
	u8			kind;		/* enum ip_vs_fnat_owner */
	u8			tracked;	/* IP_VS_FNAT_TRACK_*, */
	u16			zone;		/* and connection tracking's zone, if so */
	struct rcu_head		rcu;
};

/* Whose a flow is, for as long as it lives. */
enum ip_vs_fnat_owner {
	IP_VS_FNAT_OF_RULE,
	IP_VS_FNAT_OF_ZONE,
	IP_VS_FNAT_OF_HOST,		/* its own connection: see ip_vs_fnat_own.c */
	IP_VS_FNAT_OF_CONN,		/* of IPVS: struct ip_vs_fnat_conn */
	IP_VS_FNAT_OF_ONE_PACKET,	/* the same, of one-packet scheduling */
};

/*
 * The flow of a FULLNAT connection. IPVS's connection has its state, timeout
 * and real server, and frees the flow a grace period after itself went.
 *
 * A connection of one-packet scheduling is gone with its packet. Its flow
 * stays for the answers, found by the reply's tuple only, so that the client's
 * next packet is scheduled again.
 */
struct ip_vs_fnat_conn {
	struct ip_vs_fnat_flow	flow;		/* first */
	union nf_inet_addr	virtual;
	union {
		struct ip_vs_conn	*cp;
		struct ip_vs_dest	*dest;	/* of a one-packet one, which holds it */
	};
	__be16			vport;
	bool			toa;		/* its client is told to the server */
	u32			client_first;	/* after the SYN that the server took, if so */
	u32			server_first;	/* in the client's view */
	struct ip_vs_fnat_proxy	*proxy;		/* or NULL; constant, the connection's */
};

#define IP_VS_FNAT_TRACK_NONE	0
#define IP_VS_FNAT_TRACK_OWN	1	/* the flow has an entry */
#define IP_VS_FNAT_TRACK_NAT	2	/* nf_nat has, and changed the destination */
#define IP_VS_FNAT_TRACK_OFF	3	/* when it began, nobody tracked connections */

/* Of UDP and ICMP, which have no states: an answer has come. */
#define IP_VS_FNAT_S_ANSWERED	1

static __always_inline bool ip_vs_fnat_is_conn(const struct ip_vs_fnat_flow *flow)
{
	return flow->kind >= IP_VS_FNAT_OF_CONN;
}

static inline struct ip_vs_fnat_conn *ip_vs_fnat_conn(const struct ip_vs_fnat_flow *flow)
{
	return container_of(flow, struct ip_vs_fnat_conn, flow);
}

static inline bool ip_vs_fnat_is_one_packet(const struct ip_vs_fnat_flow *flow)
{
	return flow->kind == IP_VS_FNAT_OF_ONE_PACKET;
}

/* Packets of the client leave by @dst, and answers come from the same VRF. Under RCU. */
static inline void ip_vs_fnat_leaves_by(struct ip_vs_fnat_flow *flow,
					const struct dst_entry *dst)
{
	ip_vs_fnat_way_belongs(&flow->way[IP_VS_FNAT_REPLY], dst->dev);
}

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

int ip_vs_fnat_flow_init(void);
void ip_vs_fnat_flow_exit(void);
struct ip_vs_fnat_flow *ip_vs_fnat_flow_find(const struct net *net,
					     const struct ip_vs_fnat_tuple *tuple,
					     enum ip_vs_fnat_dir *dir);
/* As above, ends a flow on the way that has timed out. */
struct ip_vs_fnat_flow *ip_vs_fnat_flow_find_reap(struct ip_vs_fnat_net *fn,
						  const struct ip_vs_fnat_tuple *tuple,
						  enum ip_vs_fnat_dir *dir);
/*
 * For a rule or, without one, a zone. NULL and the counter to raise when the
 * table is full or memory short.
 */
struct ip_vs_fnat_flow *ip_vs_fnat_flow_alloc(struct ip_vs_fnat_net *fn,
					      struct ip_vs_fnat_rule *rule,
					      const struct ip_vs_fnat_tuple *tuple,
					      unsigned int *why);
/* As above, for a connection of the host's own. */
struct ip_vs_fnat_flow *ip_vs_fnat_flow_alloc_own(struct ip_vs_fnat_net *fn,
						  const struct ip_vs_fnat_tuple *tuple,
						  unsigned int *why);
/* As above, for a connection of IPVS; the caller fills in the rest of its flow. */
struct ip_vs_fnat_conn *ip_vs_fnat_flow_alloc_conn(struct ip_vs_fnat_net *fn,
						   const struct ip_vs_fnat_tuple *tuple,
						   bool one_packet, unsigned int *why);
/* Gives back a flow that was never linked. */
void ip_vs_fnat_flow_discard(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow);
/* -EADDRINUSE: the reply tuple is taken; -EEXIST: the original tuple has a flow. */
int ip_vs_fnat_flow_link(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow);
/* Ends a flow of a rule or zone, whose packets are somebody else's. */
void ip_vs_fnat_flow_evict(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow);
/* A connection's flow leaves the table, to be freed by ip_vs_fnat_flow_close(). */
void ip_vs_fnat_flow_retire(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_conn *conn);
/* The connection is gone. */
void ip_vs_fnat_flow_close(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_conn *conn);
/* A packet of its own passes, with @th if it is of TCP. */
void ip_vs_fnat_flow_touch(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow,
			   enum ip_vs_fnat_dir dir, const struct tcphdr *th);
/*
 * A flow knows roughly where the sequence numbers of both sides are, so that one who
 * does not can't end it. A side's number moves on in steps, for not every packet is to
 * write to the flow; what leaps further than a window may be is not believed.
 */
#define IP_VS_FNAT_SEQ_STEP	SZ_128K
#define IP_VS_FNAT_SEQ_LEAP	SZ_16M
/* A reset's number may be the last that the other side acknowledged. */
#define IP_VS_FNAT_SEQ_NEAR	SZ_256K

static __always_inline void ip_vs_fnat_flow_follow(struct ip_vs_fnat_flow *flow,
						   enum ip_vs_fnat_dir dir, u32 seq)
{
	u32 ahead = seq - READ_ONCE(flow->seq[dir]);

	if (unlikely(ahead - IP_VS_FNAT_SEQ_STEP < IP_VS_FNAT_SEQ_LEAP - IP_VS_FNAT_SEQ_STEP))
		WRITE_ONCE(flow->seq[dir], seq);
}

/* May the side that sends in @dir be at @seq? It may be anywhere before it sent anything. */
static inline bool ip_vs_fnat_flow_is_near(const struct ip_vs_fnat_flow *flow,
					   enum ip_vs_fnat_dir dir, u32 seq)
{
	u32 last = READ_ONCE(flow->seq[dir]);

	return !last || seq - last + IP_VS_FNAT_SEQ_NEAR < 2 * IP_VS_FNAT_SEQ_NEAR;
}

/*
 * Note a packet's sequence number; @state is IPVS's. False for a reset or an end that
 * must not change it.
 */
bool ip_vs_fnat_flow_tcp(struct ip_vs_fnat_flow *flow, enum ip_vs_fnat_dir dir,
			 const struct tcphdr *th, u32 state);
/* Milliseconds left, 0 when dead. */
u32 ip_vs_fnat_flow_left(const struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_flow *flow);
/*
 * End the flows of a family that rules opened, or those of zones, of one
 * protocol or all (0), or those of one-packet scheduling, of one service or all,
 * or those of the host's own connections.
 */
struct ip_vs_fnat_flush {
	const struct ip_vs_service	*svc;
	u8				af;
	bool				zones;
	bool				one_packet;
	bool				own;
	u8				proto;
};

void ip_vs_fnat_flow_flush(struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_flush *what);
unsigned int ip_vs_fnat_flow_total(void);
unsigned int ip_vs_fnat_flow_max(void);
unsigned int ip_vs_fnat_flow_buckets(void);
/*
 * Walk the table from bucket *@bucket on, past the first *@skip flows of it,
 * under RCU, until @emit returns non-zero, which is returned with *@bucket and
 * *@skip at the flow it refused.
 */
int ip_vs_fnat_flow_walk(struct ip_vs_fnat_net *fn, u32 *bucket, u32 *skip,
			 int (*emit)(struct ip_vs_fnat_flow *flow, u32 left, void *arg),
			 void *arg);

/* ---- local ports (ip_vs_fnat_port.c) ---- */

int ip_vs_fnat_port_init(struct ip_vs_fnat_net *fn);
void ip_vs_fnat_port_exit(struct ip_vs_fnat_net *fn);
/* Choose local address and port, and link. -EADDRNOTAVAIL: pool exhausted; -EEXIST as above. */
int ip_vs_fnat_port_assign(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow,
			   const struct ip_vs_fnat_target *target);
/* As above, of the set's addresses in turn; -ENOENT: it has none. */
int ip_vs_fnat_port_assign_set(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow,
			       struct ip_vs_fnat_lset *set);
/* As above, of the client's own address. */
int ip_vs_fnat_port_assign_own(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow);
/* Ports that flows can have. */
u32 ip_vs_fnat_port_range(const struct ip_vs_fnat_net *fn);
/* A linked flow took its port, an unlinked one left it; under the locks of its buckets. */
void ip_vs_fnat_port_note(struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_flow *flow,
			  bool taken);
void ip_vs_fnat_port_sweep(struct ip_vs_fnat_net *fn);

/* ---- rewriting (ip_vs_fnat_rewrite.c) ---- */

/* False when memory is short or the packet too short; the packet is then to be dropped. */
bool ip_vs_fnat_rewrite(struct sk_buff *skb, const struct ip_vs_fnat_pkt *pkt,
			const struct ip_vs_fnat_flow *flow, enum ip_vs_fnat_dir dir);

/* ---- client addresses for real servers (ip_vs_fnat_toa.c) ---- */

/*
 * Numbers of TCP options that can be chosen: not those below, which are in use or have
 * been, nor those of Accurate ECN (RFC 9768), which has options of the same length.
 * toa.ko takes no others either.
 */
#define IP_VS_FNAT_TOA_KIND_MIN	40

static inline bool ip_vs_fnat_toa_kind(unsigned int kind)
{
	return kind >= IP_VS_FNAT_TOA_KIND_MIN && kind != 172 && kind != 174;
}

/*
 * For every TCP packet of a flow, once it is rewritten: blank what the client claims,
 * and tell the real server of a connection who the client is. False as above.
 */
bool ip_vs_fnat_toa(struct sk_buff *skb, const struct ip_vs_fnat_pkt *pkt,
		    const struct ip_vs_fnat_flow *flow, enum ip_vs_fnat_dir dir);
/*
 * Has the packet with a TCP header of @doff words at @l4 an option that a real server
 * may take for the client's address?
 */
bool ip_vs_fnat_toa_claimed(const struct sk_buff *skb, unsigned int l4, unsigned int doff);

/* ---- routes and sending (ip_vs_fnat_xmit.c) ---- */

/* The next hop of @dst for @daddr; false when it is of another family. */
bool ip_vs_fnat_next_hop(u8 af, const struct dst_entry *dst, const union nf_inet_addr *daddr,
			 union nf_inet_addr *gw);
/* A rule's own next hop; NULL when it has none, ERR_PTR(-EHOSTUNREACH) when unreachable. */
struct dst_entry *ip_vs_fnat_new_gw_dst(struct net *net, const struct ip_vs_fnat_flow *flow);
/*
 * The route of a packet of the flow at PRE_ROUTING, by the way if that is valid, else
 * looked up as the stack would, with the mark that the flow was routed with. Under RCU.
 * Of the original direction: NULL where the stack has to be asked, for the packet comes
 * from another device, IPsec has policies, or there is no route.
 * Of the reply: NULL where there is no route, or the source is not valid on that device;
 * ERR_PTR(-EAGAIN) where it may be with the mark that chains will give it. @marked: they did.
 */
struct dst_entry *ip_vs_fnat_orig_dst(struct sk_buff *skb, struct net *net,
				      struct ip_vs_fnat_flow *flow);
struct dst_entry *ip_vs_fnat_reply_dst(struct sk_buff *skb, struct net *net,
				       struct ip_vs_fnat_flow *flow, bool marked);
/* Does strict reverse-path filtering refuse @skb's source on its device? */
bool ip_vs_fnat_is_forged(struct sk_buff *skb, u8 af);
/*
 * The route of a packet that came in, as if it were to @daddr; also left on it, without
 * a reference. NULL when it leads nowhere, or to this host. Under RCU.
 */
struct dst_entry *ip_vs_fnat_input_route(struct sk_buff *skb, struct net *net, u8 af,
					 const union nf_inet_addr *daddr, u8 proto);
/*
 * The route for packets of the host's own from @src to @dst, whoever has @src;
 * the caller puts it. NULL when there is none.
 */
struct dst_entry *ip_vs_fnat_output_route(struct net *net, u8 af, const union nf_inet_addr *src,
					  const union nf_inet_addr *dst);
/*
 * The longest packet of IPv6, in bytes, that passes the route. Forwarding asks the
 * device, unless the route's MTU is locked, and sending asks the route: what only
 * the second refuses was translated by then, and the sender would not hear of it.
 */
static inline unsigned int ip_vs_fnat_mtu_v6(const struct dst_entry *dst)
{
	unsigned int mtu = min_not_zero(dst_metric_raw(dst, RTAX_MTU),
					ip6_dst_mtu_maybe_forward(dst, true));

	return max_t(unsigned int, mtu, IPV6_MIN_MTU);
}

/* Does the host forward? IPv4's routes tell by themselves, and go stale with a change. */
static __always_inline bool ip_vs_fnat_forwards(const struct net *net, u8 af)
{
	return af == AF_INET || READ_ONCE(net->ipv6.devconf_all->forwarding);
}

bool ip_vs_fnat_dst_is_local(u8 af, const struct dst_entry *dst);
/* True when a packet may go on another hop; else tells the sender and returns false. */
bool ip_vs_fnat_hops_left(struct sk_buff *skb, struct net *net, u8 af);
/* True when @skb fits @dst; else tells the sender and returns false. */
bool ip_vs_fnat_fits(struct sk_buff *skb, struct net *net, u8 af, struct dst_entry *dst);
/* Take a packet of a known flow to its end; NF_STOLEN, NF_DROP or NF_ACCEPT. */
unsigned int ip_vs_fnat_forward(struct sk_buff *skb, struct ip_vs_fnat_net *fn,
				const struct ip_vs_fnat_pkt *pkt, struct ip_vs_fnat_flow *flow,
				enum ip_vs_fnat_dir dir, struct dst_entry *dst);
void ip_vs_fnat_prohibited(struct sk_buff *skb, u8 af);
/* IPsec's policies are asked about a packet that was translated behind routing. */
bool ip_vs_fnat_policy_again(struct sk_buff *skb, struct net *net, u8 af);
void ip_vs_fnat_account(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow,
			enum ip_vs_fnat_dir dir, const struct sk_buff *skb, bool opened);
/* The same, where softirqs are off. */
void __ip_vs_fnat_account(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow,
			  enum ip_vs_fnat_dir dir, const struct sk_buff *skb, bool opened);

/* ---- the fast path (ip_vs_fnat_fast.c) ---- */

/*
 * A packet that no layer above its device has taken: send it if it is a simple
 * one of a known flow, or may begin one where nobody else has a word, and return
 * true; else it is as it was. @received: the network layer has looked at it already.
 */
bool ip_vs_fnat_fast(struct sk_buff *skb, struct ip_vs_fnat_net *fn, u8 af, bool received);
/* Is it such a packet, of TCP or UDP, and no flow has it? When false, that is not known. */
bool ip_vs_fnat_unknown(const struct sk_buff *skb, const struct net *net, u8 af);

/* ---- packets at their devices (ip_vs_fnat_ingress.c) ---- */

int ip_vs_fnat_ingress_init(void);
void ip_vs_fnat_ingress_exit(void);
void ip_vs_fnat_ingress_net_init(struct ip_vs_fnat_net *fn);
void ip_vs_fnat_ingress_net_exit(struct ip_vs_fnat_net *fn);
/* Something was switched on, or all of it off. Done when RTNL allows, soon. */
void ip_vs_fnat_ingress(struct ip_vs_fnat_net *fn, bool on);

static inline bool ip_vs_fnat_has_ingress(const struct net_device *dev)
{
	return rcu_access_pointer(dev->nf_hooks_ingress);
}

/* ---- services with local addresses (ip_vs_fnat_service.c) ---- */

/*
 * The local addresses of a service of IPVS; made with the first of them, and
 * gone with the service. Linked under the namespace's mutex, found under RCU.
 */
struct ip_vs_fnat_service {
	struct rhash_head	hnode;
	struct ip_vs_service	*svc;		/* the key; valid while linked */
	struct ip_vs_fnat_lset	set;
	struct list_head	list;
	refcount_t		refs;
	bool			linked;		/* under the mutex */
	bool			one_packet;	/* has had flows of that kind */
	struct rcu_head		rcu;
};

/* Those of one namespace and family. */
struct ip_vs_fnat_services {
	struct list_head		list;		/* oldest first */
	struct ip_vs_fnat_locals	locals;
	bool				one_packet;	/* one of them has had such flows */
};

int ip_vs_fnat_services_init(struct ip_vs_fnat_net *fn);
void ip_vs_fnat_services_exit(struct ip_vs_fnat_net *fn);
/* Does a service of the family have, or had it, a local address? */
bool ip_vs_fnat_services_on(const struct ip_vs_fnat_services *services);
/* Under RCU, or the mutex. */
struct ip_vs_fnat_service *ip_vs_fnat_service_find(struct ip_vs_fnat_net *fn,
						   const struct ip_vs_service *svc);
/* As those of a set; the first address brings the hooks, whose errors come as well. */
int ip_vs_fnat_service_laddr_add(struct ip_vs_fnat_net *fn, struct ip_vs_service *svc,
				 const union nf_inet_addr *first, u32 count);
int ip_vs_fnat_service_laddr_del(struct ip_vs_fnat_net *fn, struct ip_vs_service *svc,
				 const union nf_inet_addr *first, u32 count);
/* The service is being deleted; takes the mutex. */
void ip_vs_fnat_service_gone(struct ip_vs_fnat_net *fn, struct ip_vs_service *svc);
void ip_vs_fnat_service_put(struct ip_vs_fnat_service *service);

/* ---- connections (ip_vs_fnat_conn.c) ---- */

/* IPVS restarts a connection's timer with every packet; here that is often enough. */
#define IP_VS_FNAT_TIMER_PERIOD	HZ

/* A packet of a connection, met at PRE_ROUTING. */
unsigned int ip_vs_fnat_conn_packet(struct sk_buff *skb, struct ip_vs_fnat_net *fn,
				    const struct ip_vs_fnat_pkt *pkt,
				    struct ip_vs_fnat_flow *flow, enum ip_vs_fnat_dir dir);
/* A real server on this host answers; LOCAL_OUT. */
unsigned int ip_vs_fnat_conn_answer(struct sk_buff *skb, struct ip_vs_fnat_net *fn,
				    const struct ip_vs_fnat_pkt *pkt,
				    struct ip_vs_fnat_flow *flow);
/* A packet passes; offsets as in @pkt. */
void ip_vs_fnat_conn_touch(struct ip_vs_fnat_conn *conn, enum ip_vs_fnat_dir dir,
			   const struct ip_vs_fnat_pkt *pkt, const struct sk_buff *skb);
/* /proc/net/ip_vs_conn_local, where a connection's line ends with its local address. */
int ip_vs_fnat_conn_proc_init(struct net *net);
void ip_vs_fnat_conn_proc_exit(struct net *net);
/* Its real server; under RCU. */
struct ip_vs_dest *ip_vs_fnat_conn_dest(const struct ip_vs_fnat_conn *conn);
/* Milliseconds until it ends if no packet comes. */
u32 ip_vs_fnat_conn_left(const struct ip_vs_fnat_conn *conn);

/* The server's handshake is over; both numbers come after a SYN, in the client's view. */
void ip_vs_fnat_conn_proxied(struct ip_vs_conn *cp, u32 client_first, u32 server_first);

/* ---- SYNPROXY (ip_vs_fnat_synproxy.c) ---- */

/* NULL when the connection's client was not proxied. */
struct ip_vs_fnat_proxy *ip_vs_fnat_proxy(const struct ip_vs_conn *cp);
/* For a connection that is being made; NULL for others, or with the counter to raise in @why. */
struct ip_vs_fnat_proxy *ip_vs_fnat_proxy_begin(struct ip_vs_fnat_net *fn, struct ip_vs_conn *cp,
						unsigned int *why);
/*
 * Once nobody has a reference to the connection: the timer ends; and then, when
 * no packet finds the proxy any more, so does that.
 */
void ip_vs_fnat_proxy_stop(struct ip_vs_fnat_proxy *proxy);
void ip_vs_fnat_proxy_free(struct ip_vs_fnat_proxy *proxy);
/* Do the client's packets have to go through IPVS? */
bool ip_vs_fnat_proxy_is_ipvs_turn(const struct ip_vs_fnat_proxy *proxy,
				   const struct ip_vs_conn *cp);
/* Is a packet of the server's for the director itself? A reference to the connection is held. */
bool ip_vs_fnat_proxy_answered(struct ip_vs_fnat_proxy *proxy, const struct sk_buff *skb,
			       unsigned int l4);
/* Is it one ACK too many? Then it was counted. */
bool ip_vs_fnat_proxy_storm(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_proxy *proxy,
			    const struct sk_buff *skb, const struct ip_vs_fnat_pkt *pkt);

/* ---- new flows (ip_vs_fnat_new.c) ---- */

/* What acts on a packet of one family and protocol. */
struct ip_vs_fnat_scope {
	struct ip_vs_fnat_net	*fn;
	struct ip_vs_fnat_snat	*snat;
	struct ip_vs_fnat_zones	*zones;
	u8			af;
	bool			ruled;	/* rules do */
	bool			zoned;	/* zones do */
	bool			nated;	/* nf_nat chose the packet's destination */
};

/* Is it an address that flows leave with? Then nothing from outside to it begins one. */
bool ip_vs_fnat_is_local(struct ip_vs_fnat_net *fn, u8 af, const union nf_inet_addr *addr);
/* False when SNAT and zones are off for the family. */
bool ip_vs_fnat_scope_begin(struct ip_vs_fnat_scope *s, struct ip_vs_fnat_net *fn, u8 af);
/* False when neither acts on @proto; one that can't be read, -1, is everybody's. */
bool ip_vs_fnat_scope_packet(struct ip_vs_fnat_scope *s, int proto);
/*
 * Decide about a packet that no flow has and that is routed: its flow, *@opened by
 * it or at the same time by another, or NULL with the verdict in *@verdict. Under RCU.
 */
struct ip_vs_fnat_flow *ip_vs_fnat_new(struct sk_buff *skb, const struct ip_vs_fnat_scope *s,
				       const struct ip_vs_fnat_pkt *pkt, bool *opened,
				       unsigned int *verdict);
/*
 * The same for a packet of @tuple, UDP's or a SYN alone, that goes by @dst; NULL when
 * there is a reason to refuse it, or to send it another way, which is for the above.
 */
struct ip_vs_fnat_flow *ip_vs_fnat_new_early(const struct ip_vs_fnat_scope *s,
					     const struct ip_vs_fnat_tuple *tuple,
					     const struct dst_entry *dst, bool *opened);

/* ---- hooks (ip_vs_fnat_hook.c) ---- */

/*
 * Does nobody but IPVS see what is forwarded? No chain of the filter table, no
 * connection tracking, nothing else at PRE_ROUTING, FORWARD and POST_ROUTING.
 */
bool ip_vs_fnat_hooks_alone(const struct net *net, u8 af);

/*
 * A packet that a bridge with netfilter has given to the network layer: PRE_ROUTING was
 * asked on the bridge, where it was none of ours, and is not asked again. Its network
 * header was checked there. NF_STOLEN, NF_DROP or NF_ACCEPT.
 */
unsigned int ip_vs_fnat_bridged_up(struct sk_buff *skb, struct ip_vs_fnat_net *fn, u8 af);
int ip_vs_fnat_hooks_register(struct net *net, u8 af);
void ip_vs_fnat_hooks_unregister(struct net *net, u8 af);

/* ---- namespaces (ip_vs_fnat_core.c) ---- */

struct ip_vs_fnat_net {
	struct net			*net;
	struct mutex			mutex;		/* services, rules, targets and zones */
	struct ip_vs_fnat_snat		snat[2];	/* IPv4, IPv6 */
	struct ip_vs_fnat_zones		zones[2];
	struct ip_vs_fnat_services	services[2];
	struct rhashtable		service_table;
	struct ip_vs_fnat_counters __percpu *counters;
	atomic_t			flows;
	atomic_t			crowds;
	struct rhashtable		crowd_table;
	struct delayed_work		sample_work;	/* while users are there */
	unsigned int			users[2];	/* of each family; under the mutex */
	struct list_head		ports;		/* devices with our hook; under RTNL */
	struct work_struct		ingress_work;
	bool				ingress;	/* they ought to have it */
	struct ip_vs_proto_data		*tcp;		/* set with the first service */
	struct ip_vs_proto_data		*udp;
	int				lport_min;
	int				lport_max;
	int				lport_tries;
	int				pass_unmatched;
	int				reset_midstream;
	int				mss_clamp;
	int				conntrack;	/* flows have entries there */
	int				flow_limit;	/* 0: only the global limit */
	unsigned long			flow_no_spare;	/* jiffies when none was found */
	int				timeout_unanswered;	/* seconds */
	int				fast_xmit[IP_VS_FNAT_DIRS];
	int				toa_entry;
	int				toa_opt;
	int				toa6_opt;
	int				mss_adjust_entry;
	bool				synproxy;	/* a service has, or had it */
	int				synproxy_init_mss;
	int				synproxy_sack;
	int				synproxy_wscale;
	int				synproxy_timestamp;
	int				synproxy_synack_ttl;
	int				synproxy_defer;
	int				synproxy_conn_reuse;
	int				synproxy_ack_skb_store_thresh;
	int				synproxy_ack_storm_thresh;
	int				synproxy_syn_retry;
	struct ctl_table_header		*sysctl_header;
	struct ctl_table		*sysctl_table;
	u32				rules_gen;	/* under the mutex */
	u32				zones_gen;
	u32				services_gen;
};

extern unsigned int ip_vs_fnat_net_id;

/*
 * A service of the family is being switched on, or was switched off. They are counted:
 * the first brings the hooks, the last takes them. Under the mutex.
 */
int ip_vs_fnat_family_start(struct ip_vs_fnat_net *fn, u8 af);
void ip_vs_fnat_family_stop(struct ip_vs_fnat_net *fn, u8 af);

static inline struct ip_vs_fnat_net *ip_vs_fnat_net(const struct net *net)
{
	return net_generic(net, ip_vs_fnat_net_id);
}

static inline struct ip_vs_fnat_snat *ip_vs_fnat_snat(struct ip_vs_fnat_net *fn, u8 af)
{
	return &fn->snat[af == AF_INET6];
}

static inline struct ip_vs_fnat_zones *ip_vs_fnat_zones(struct ip_vs_fnat_net *fn, u8 af)
{
	return &fn->zones[af == AF_INET6];
}

static inline struct ip_vs_fnat_services *ip_vs_fnat_services(struct ip_vs_fnat_net *fn, u8 af)
{
	return &fn->services[af == AF_INET6];
}

int ip_vs_fnat_sysctl_init(struct ip_vs_fnat_net *fn);
void ip_vs_fnat_sysctl_exit(struct ip_vs_fnat_net *fn);

#endif /* _IP_VS_FNAT_INT_H */
