// SPDX-License-Identifier: GPL-2.0
/*
 * The first packet of a flow, ahead of the network layer: where nobody else is to be
 * asked, its flow opens here, and it goes on by the fast path.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ip_vs.h>
#include <net/route.h>
#include <net/xfrm.h>

#include "ip_vs_fnat_addr.h"
#include "ip_vs_fnat_compat.h"
#include "ip_vs_fnat_find.h"
#include "ip_vs_fnat_first.h"
#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_hook.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_new.h"
#include "ip_vs_fnat_packet.h"
#include "ip_vs_fnat_read.h"
#include "ip_vs_fnat_state.h"
#include "ip_vs_fnat_stats.h"
#include "ip_vs_fnat_tcp.h"
#include "ip_vs_fnat_uapi.h"
#include "ip_vs_fnat_way.h"
#include "ip_vs_fnat_xmit.h"

/* Has nobody had it before, whom the stack would ask or whose choice it would keep? */
static bool is_fresh(const struct sk_buff *skb)
{
	return !skb_nfct(skb) && !skb->ipvs_property && !skb_dst(skb) &&
	       !(skb_is_gso(skb) && !skb_shinfo(skb)->gso_type);
}

/*
 * Will IPVS let it go by? It looks for real servers' answers among what is forwarded,
 * and some of what servers begin it takes.
 */
static bool ipvs_lets_go(struct netns_ipvs *ipvs, const struct ip_vs_fnat_key *key)
{
	const __be16 *ports = (const __be16 *)&key->ports;
	struct ip_vs_conn_param param;
	struct ip_vs_conn *cp;

	if (ip_vs_fnat_conns_out(ipvs, key->af) || READ_ONCE(ipvs->sysctl_nat_icmp_send))
		return false;
	if (!atomic_read(&ipvs->conn_count))
		return true;
	ip_vs_conn_fill_param(ipvs, key->af, key->proto, key->src, ports[0], key->dst, ports[1],
			      &param);
	cp = ip_vs_conn_out_get(&param);
	if (cp)
		__ip_vs_conn_put(cp);
	return !cp;
}

/* Where the stack would forward it to, or NULL if it would not, or with a word to the sender. */
static struct dst_entry *forward_route_v4(struct sk_buff *skb, struct net *net,
					  const struct ip_vs_fnat_key *key)
{
	struct dst_entry *dst;

	if (ip_fast_csum(skb->data, sizeof(struct iphdr) / 4))
		return NULL;
	IPCB(skb)->flags = 0;
	dst = ip_vs_fnat_input_route(skb, net, AF_INET, key->dst, key->proto);
	return IPCB(skb)->flags & IPSKB_DOREDIRECT ? NULL : dst;
}

/* Such rules for routes ask for more than is read of packets here. */
static bool has_rules_of_ports(const struct net *net)
{
#ifdef CONFIG_IPV6_MULTIPLE_TABLES
	return net->ipv6.fib6_rules_require_fldissect;
#else
	return false;
#endif
}

/* Unicast, and not of this host or link alone. */
static bool travels(const struct in6_addr *addr)
{
	int type = ipv6_addr_type(addr);

	return type & IPV6_ADDR_UNICAST && !(type & (IPV6_ADDR_LINKLOCAL | IPV6_ADDR_LOOPBACK));
}

static struct dst_entry *forward_route_v6(struct sk_buff *skb, struct net *net,
					  const struct ip_vs_fnat_key *key)
{
	struct dst_entry *dst;

	if (!travels(&key->src->in6) || !travels(&key->dst->in6) ||
	    !ip_vs_fnat_forwards(net, AF_INET6) ||
	    READ_ONCE(net->ipv6.devconf_all->proxy_ndp) || has_rules_of_ports(net))
		return NULL;
	dst = ip_vs_fnat_input_route(skb, net, AF_INET6, key->dst, key->proto);
	if (!dst || ((const struct rt6_info *)dst)->rt6i_flags & RTF_ANYCAST)
		return NULL;
	return dst->dev != skb->dev ? dst : NULL;
}

static void key_tuple(const struct ip_vs_fnat_key *key, u8 af, struct ip_vs_fnat_tuple *tuple)
{
	memset(tuple, 0, sizeof(*tuple));
	tuple->l3 = key->l3;
	memcpy(&tuple->src, key->src, ip_vs_fnat_addr_bytes(af));
	memcpy(&tuple->dst, key->dst, ip_vs_fnat_addr_bytes(af));
	put_unaligned(key->ports, (u32 *)&tuple->sport);
	tuple->proto = key->proto;
	tuple->af = af;
}

struct dst_entry *ip_vs_fnat_first_route(struct sk_buff *skb, struct ip_vs_fnat_net *fn, u8 af,
					 const struct ip_vs_fnat_key *key, const struct tcphdr *th,
					 struct ip_vs_fnat_scope *s)
{
	struct netns_ipvs *ipvs = net_ipvs(fn->net);
	struct dst_entry *dst;

	if (!ip_vs_fnat_scope_begin(s, fn, af) || !ip_vs_fnat_scope_packet(s, key->proto) ||
	    (key->proto == IPPROTO_TCP && !th->syn) || !READ_ONCE(fn->fast_xmit[IP_VS_FNAT_ORIG]) ||
	    !ip_vs_fnat_hooks_alone(fn->net, af) || !is_fresh(skb) || secpath_exists(skb) ||
	    ip_vs_fnat_has_policies(fn->net) || !ipvs_lets_go(ipvs, key))
		return NULL;
	dst = af == AF_INET ? forward_route_v4(skb, fn->net, key) :
			      forward_route_v6(skb, fn->net, key);
	if (!dst)
		skb_dst_drop(skb);
	return dst;
}

struct ip_vs_fnat_flow *ip_vs_fnat_first_flow(const struct sk_buff *skb,
					      const struct ip_vs_fnat_scope *s,
					      struct dst_entry *dst, bool *opened)
{
	const struct tcphdr *th = (const struct tcphdr *)(skb->data + ip_vs_fnat_l3_size(s->af));
	struct ip_vs_fnat_tuple tuple;
	struct ip_vs_fnat_key key;
	struct ip_vs_fnat_flow *flow;

	if (!ip_vs_fnat_read_packet(skb, s->af, &key))
		return NULL;
	if (key.proto == IPPROTO_TCP &&
	    (skb_headlen(skb) < ip_vs_fnat_l3_size(s->af) + th->doff * 4 ||
	     !ip_vs_fnat_mss_fits(skb, s->fn, s->af, th, dst)))
		return NULL;
	key_tuple(&key, s->af, &tuple);
	flow = ip_vs_fnat_new_early(s, &tuple, dst, opened);
	if (!flow)
		return NULL;
	if (*opened)
		__ip_vs_fnat_inc(s->fn, IP_VS_FNAT_A_EXT_FLOW_NEW_EARLY, 1);
	WRITE_ONCE(flow->mark, skb->mark);
	ip_vs_fnat_flow_routed(flow, skb, dst);
	if (key.proto == IPPROTO_TCP)
		ip_vs_fnat_flow_touch(s->fn, flow, IP_VS_FNAT_ORIG, th);
	return flow;
}
