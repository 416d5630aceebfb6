// SPDX-License-Identifier: GPL-2.0
/*
 * The fast path: a packet of a known flow, in which nothing is to be decided,
 * is found by one lookup, rewritten and given to its device. One that no flow has
 * opens one on the same way, where nobody else is to be asked. What is not simple
 * is left alone, not a byte of it changed, and goes the full path: options and
 * fragments, hops running out, what does not fit the route, TCP flags and
 * states by which a connection begins or ends, TCP options that claim to name
 * a client, routes that have gone stale, a next hop that nothing is known of.
 *
 * Past the last of the checks the packet is sent, so that both paths have one
 * effect; but for POST_ROUTING, which has no word on what goes this way.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/prefetch.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/arp.h>
#include <net/checksum.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ip_vs.h>
#include <net/ndisc.h>
#include <net/neighbour.h>
#include <net/route.h>
#include <net/tcp.h>

#include "ip_vs_fnat_account.h"
#include "ip_vs_fnat_fast.h"
#include "ip_vs_fnat_find.h"
#include "ip_vs_fnat_first.h"
#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_new.h"
#include "ip_vs_fnat_plain.h"
#include "ip_vs_fnat_read.h"
#include "ip_vs_fnat_rewrite.h"
#include "ip_vs_fnat_rule.h"
#include "ip_vs_fnat_state.h"
#include "ip_vs_fnat_way.h"
#include "ip_vs_fnat_xmit.h"

/* Connections of so few packets are the first to go when memory runs out; see IPVS's drop_entry. */
#define FEW_PACKETS	8

/* How the options begin where there is but a timestamp. */
#define TIMESTAMP_ONLY	htonl(TCPOPT_NOP << 24 | TCPOPT_NOP << 16 | \
			      TCPOPT_TIMESTAMP << 8 | TCPOLEN_TIMESTAMP)

/* ---- the flow ---- */

/* Does IPVS have nothing to say about the packet? */
static bool conn_is_settled(const struct ip_vs_fnat_conn *conn, enum ip_vs_fnat_dir dir,
			    const struct tcphdr *th)
{
	const struct ip_vs_conn *cp = conn->cp;
	const struct ip_vs_dest *dest;
	bool tcp = conn->flow.proto == IPPROTO_TCP;

	if (ip_vs_fnat_is_one_packet(&conn->flow) || conn->proxy ||
	    (u32)jiffies - READ_ONCE(conn->flow.used) >= IP_VS_FNAT_TIMER_PERIOD ||
	    (tcp && (READ_ONCE(cp->state) != IP_VS_TCP_S_ESTABLISHED || th->syn)))
		return false;
	if (dir == IP_VS_FNAT_REPLY)
		return true;
	if (tcp && conn->toa && ntohl(th->seq) == READ_ONCE(conn->client_first))
		return false;
	dest = READ_ONCE(cp->dest);
	return dest && dest->cflags & IP_VS_DEST_CF_AVAILABLE &&
	       atomic_read(&cp->in_pkts) > FEW_PACKETS && cp->ipvs->enable &&
	       !sysctl_backup_only(cp->ipvs);
}

/*
 * An established connection stays one; TCP flags but SYN were looked at before. What UDP
 * asked for the first time is answered on the full path, which notes it.
 */
static __always_inline bool is_settled(const struct ip_vs_fnat_flow *flow,
				       enum ip_vs_fnat_dir dir, const struct tcphdr *th)
{
	u32 state = READ_ONCE(flow->state);

	if (unlikely(ip_vs_fnat_is_conn(flow)))
		return conn_is_settled(ip_vs_fnat_conn(flow), dir, th);
	/* Answers go on the stack's way, rewritten. */
	if (unlikely(READ_ONCE(flow->tracked) == IP_VS_FNAT_TRACK_NAT ||
		     flow->kind == IP_VS_FNAT_OF_HOST))
		return false;
	if (flow->proto == IPPROTO_TCP)
		return state == IP_VS_TCP_S_ESTABLISHED && !th->syn;
	return dir == IP_VS_FNAT_ORIG || state == IP_VS_FNAT_S_ANSWERED;
}

/* Has it TCP options other than a timestamp, which most connections have in every packet? */
static __always_inline bool has_options(const struct sk_buff *skb, unsigned int l4,
					const struct tcphdr *th)
{
	const __be32 *option = (const __be32 *)(th + 1);

	if (th->doff == sizeof(*th) / 4)
		return false;
	return th->doff * 4 != sizeof(*th) + TCPOLEN_TSTAMP_ALIGNED ||
	       skb_headlen(skb) < l4 + sizeof(*th) + sizeof(*option) ||
	       *option != TIMESTAMP_ONLY;
}

/* A client may claim to be another, which the full path blanks. */
static __always_inline bool has_claim(const struct sk_buff *skb, u8 af, enum ip_vs_fnat_dir dir,
				      const struct tcphdr *th)
{
	return dir == IP_VS_FNAT_ORIG && unlikely(has_options(skb, ip_vs_fnat_l3_size(af), th)) &&
	       ip_vs_fnat_toa_claimed(skb, ip_vs_fnat_l3_size(af), th->doff);
}

/* ---- the way ---- */

/* The flow's route, if its way is that of such packets and valid. */
static __always_inline struct dst_entry *route(const struct sk_buff *skb, struct net *net, u8 af,
					       struct ip_vs_fnat_flow *flow,
					       enum ip_vs_fnat_dir dir)
{
	struct ip_vs_fnat_way *way = &flow->way[dir];
	struct ip_vs_fnat_target *target;

	if (unlikely(!ip_vs_fnat_way_is_for(way, net, af, skb) || ip_vs_fnat_has_policies(net)))
		return NULL;
	if (dir == IP_VS_FNAT_ORIG && flow->kind == IP_VS_FNAT_OF_RULE) {
		target = rcu_dereference(flow->rule->target);
		if (target->has_new_gw)
			return ip_vs_fnat_target_dst(net, target, READ_ONCE(way->l3));
	}
	return ip_vs_fnat_way_dst(net, af, way);
}

/* May its headers be written? Of what TCP of this host sends, only the data is shared. */
static __always_inline bool is_ours(const struct sk_buff *skb, u8 af)
{
	return !skb_cloned(skb) ||
	       skb_clone_writable(skb, ip_vs_fnat_l3_size(af) + sizeof(struct tcphdr));
}

/* Sent as it is, with room for the header, by a device that is no tunnel's end. */
static __always_inline bool is_sent_plain(const struct sk_buff *skb, u8 af,
					  const struct dst_entry *dst)
{
	return dst->output == (af == AF_INET ? ip_output : ip6_output) && !dst->lwtstate &&
	       !(dst->dev->flags & IFF_LOOPBACK) &&
	       skb_headroom(skb) >= LL_RESERVED_SPACE(dst->dev) && is_ours(skb, af);
}

/* As ip_dst_mtu_maybe_forward(), short where a route of IPv4 is an ordinary one. */
static __always_inline unsigned int mtu_v4(const struct net *net, const struct dst_entry *dst)
{
	if (unlikely(READ_ONCE(net->ipv4.sysctl_ip_fwd_use_pmtu) || ip_mtu_locked(dst)))
		return ip_dst_mtu_maybe_forward(dst, true);
	return dst_metric_raw(dst, RTAX_MTU) ?: READ_ONCE(dst->dev->mtu);
}

/* Does it pass the route in one piece? As ip_vs_fnat_fits(), which tells the sender. */
static __always_inline bool is_short(struct sk_buff *skb, const struct net *net, u8 af,
				     unsigned int len, const struct dst_entry *dst)
{
	unsigned int mtu;

	if (af == AF_INET6 && len <= IPV6_MIN_MTU)
		return true;	/* by any link */
	mtu = af == AF_INET ? mtu_v4(net, dst) : ip_vs_fnat_mtu_v6(dst);
	if (likely(len <= mtu))
		return true;
	if (!skb_is_gso(skb) || !skb_shinfo(skb)->gso_type)
		return false;
	/* A tunnel leaves that of its outer header. */
	skb_set_transport_header(skb, ip_vs_fnat_l3_size(af));
	return skb_gso_validate_network_len(skb, mtu);
}

static __always_inline struct neighbour *next_hop(u8 af, const struct dst_entry *dst,
						  const union nf_inet_addr *to)
{
	const struct rtable *rt = (const struct rtable *)dst;

	if (af == AF_INET6)
		return __ipv6_neigh_lookup_noref(dst->dev,
						 rt6_nexthop((const struct rt6_info *)dst,
							     &to->in6));
	if (unlikely(rt->rt_gw_family == AF_INET6))
		return NULL;
	return __ipv4_neigh_lookup_noref(dst->dev, (__force u32)rt_nexthop(rt, to->ip));
}

/* ---- sending ---- */

/* What the network layer does to a packet that it receives. */
static __always_inline void receive(struct sk_buff *skb, struct net *net, u8 af)
{
	unsigned int packets = max_t(unsigned int, 1, skb_shinfo(skb)->gso_segs);

	if (af == AF_INET) {
		unsigned int ecn = ((struct iphdr *)skb->data)->tos & INET_ECN_MASK;

		__IP_UPD_PO_STATS(net, IPSTATS_MIB_IN, skb->len);
		__IP_ADD_STATS(net, IPSTATS_MIB_NOECTPKTS + ecn, packets);
	} else {
		struct inet6_dev *idev = __in6_dev_get(skb->dev);
		unsigned int ecn = ipv6_get_dsfield((struct ipv6hdr *)skb->data) & INET_ECN_MASK;

		__IP6_UPD_PO_STATS(net, idev, IPSTATS_MIB_IN, skb->len);
		__IP6_ADD_STATS(net, idev, IPSTATS_MIB_NOECTPKTS + ecn, packets);
	}
	skb_set_transport_header(skb, ip_vs_fnat_l3_size(af));
	skb_orphan(skb);
}

static __always_inline void count_sent(struct net *net, u8 af, const struct sk_buff *skb,
				       const struct dst_entry *dst)
{
	if (af == AF_INET) {
		__IP_INC_STATS(net, IPSTATS_MIB_OUTFORWDATAGRAMS);
		__IP_UPD_PO_STATS(net, IPSTATS_MIB_OUT, skb->len);
	} else {
		__IP6_INC_STATS(net, __in6_dev_get(skb->dev), IPSTATS_MIB_OUTFORWDATAGRAMS);
		__IP6_UPD_PO_STATS(net, ip6_dst_idev(dst), IPSTATS_MIB_OUT, skb->len);
	}
}

static __always_inline void pass_on(struct sk_buff *skb, struct net *net, u8 af,
				    struct dst_entry *dst, struct neighbour *n)
{
	ip_vs_fnat_take_hop(skb->data, af);
	count_sent(net, af, skb, dst);
	if (af == AF_INET && READ_ONCE(net->ipv4.sysctl_ip_fwd_update_priority))
		skb->priority = rt_tos2priority(((struct iphdr *)skb->data)->tos);
	nf_reset_ct(skb);
	skb->ipvs_property = 1;
	skb_clear_tstamp(skb);
	skb_dst_drop(skb);
	skb_dst_set_noref(skb, dst);
	skb->dev = dst->dev;
	neigh_output(n, skb, false);
}

/* Is the family on at the device? The network layer asks that of IPv6. */
static __always_inline bool is_on(const struct sk_buff *skb, u8 af)
{
	const struct inet6_dev *idev;

	if (af == AF_INET)
		return true;
	idev = __in6_dev_get(skb->dev);
	return idev && !READ_ONCE(idev->cnf.disable_ipv6);
}

/* ---- packets to come ---- */

/* The chain of the packet after the next one. */
static DEFINE_PER_CPU(struct hlist_head *, fetched);

static __always_inline void fetch_flow(struct hlist_head *chain)
{
	struct hlist_node *node = rcu_dereference(hlist_first_rcu(chain));
	const char *flow;
	unsigned int at;

	if (!node)
		return;
	flow = (const char *)ip_vs_fnat_node_flow(node);
	for (at = 0; at < sizeof(struct ip_vs_fnat_flow); at += L1_CACHE_BYTES)
		prefetch(flow + at);
}

/*
 * Where flows are more than caches hold, a packet waits for memory twice, for its
 * chain and for the flow that hangs there. Packets of the backlog, which RPS, veth and
 * tunnels fill, are seen coming: the chain of the one after next is fetched now, and
 * the flow of the next one, whose chain has come meanwhile. A wrong guess does nothing.
 */
static __always_inline void look_ahead(const struct net *net, u8 af)
{
	const struct sk_buff_head *queue = &this_cpu_ptr(&softnet_data)->process_queue;
	struct hlist_head *chain = this_cpu_read(fetched);
	struct sk_buff *skb = skb_peek(queue);
	struct ip_vs_fnat_key key;

	if (chain)
		fetch_flow(chain);
	chain = NULL;
	if (skb)
		skb = skb_peek_next(skb, queue);
	if (skb && skb->protocol == (af == AF_INET ? htons(ETH_P_IP) : htons(ETH_P_IPV6)) &&
	    ip_vs_fnat_read_packet(skb, af, &key)) {
		chain = ip_vs_fnat_chain(net, &key);
		prefetch(chain);
	}
	this_cpu_write(fetched, chain);
}

/* ---- both ---- */

/*
 * The packet that was last met at its device, if no flow has it: the network layer sees
 * it next, and need not be told by another lookup.
 */
static DEFINE_PER_CPU(const struct sk_buff *, stranger);

/* What is known of a packet by and by. Its members are apart from those that others fill in. */
struct passage {
	struct ip_vs_fnat_flow		*flow;	/* NULL: it is about to have one */
	const union nf_inet_addr	*to;
	enum ip_vs_fnat_dir		dir;
	unsigned int			len;
};

struct beginning {
	struct ip_vs_fnat_scope		scope;
	bool				opened;
};

/* The route of a packet that a flow has, if it may go on by it. */
static __always_inline struct dst_entry *known_route(const struct sk_buff *skb,
						     struct ip_vs_fnat_net *fn, u8 af,
						     const struct tcphdr *th,
						     struct hlist_node *node,
						     struct passage *p)
{
	struct ip_vs_fnat_flow *flow = ip_vs_fnat_node_flow(node);
	enum ip_vs_fnat_dir dir = ip_vs_fnat_node_dir(node);

	p->flow = flow;
	p->dir = dir;
	p->to = dir == IP_VS_FNAT_ORIG ? &flow->remote : &flow->client;
	if (unlikely(!ip_vs_fnat_flow_is_fresh(flow)) && ip_vs_fnat_flow_dead(fn, flow))
		return NULL;
	if (!READ_ONCE(fn->fast_xmit[dir]) || !is_settled(flow, dir, th) ||
	    !(ip_vs_fnat_forwards(fn->net, af) || ip_vs_fnat_is_conn(flow)))
		return NULL;
	if (flow->proto == IPPROTO_TCP) {
		if (has_claim(skb, af, dir, th))
			return NULL;
		ip_vs_fnat_flow_follow(flow, dir, ntohl(th->seq));
	}
	return route(skb, fn->net, af, flow, dir);
}

/*
 * The neighbour that takes the packet by @dst, if no word of the stack is needed. From then
 * on the packet has its flow, and no padding.
 */
static __always_inline struct neighbour *passes(struct sk_buff *skb, const struct net *net, u8 af,
						struct dst_entry *dst, struct passage *p,
						struct beginning *first)
{
	struct neighbour *n;

	if (!is_sent_plain(skb, af, dst) || !is_short(skb, net, af, p->len, dst))
		return NULL;
	n = next_hop(af, dst, p->to);
	if (unlikely(!n) || pskb_trim_rcsum(skb, p->len))
		return NULL;
	if (unlikely(!p->flow))
		p->flow = ip_vs_fnat_first_flow(skb, &first->scope, dst, &first->opened);
	return likely(p->flow) ? n : NULL;
}

static __always_inline bool fast_take(struct sk_buff *skb, struct ip_vs_fnat_net *fn, u8 af,
				      bool received)
{
	const struct tcphdr *th = (const struct tcphdr *)(skb->data + ip_vs_fnat_l3_size(af));
	struct dst_entry *dst = NULL;
	struct neighbour *n = NULL;
	struct ip_vs_fnat_key key;
	struct beginning first;
	struct hlist_node *node;
	u32 now = jiffies;
	struct passage p;

	if (!received)
		this_cpu_write(stranger, NULL);
	if (READ_ONCE(ip_vs_fnat_table.large) && !received && !IS_ENABLED(CONFIG_PREEMPT_RT))
		look_ahead(fn->net, af);
	p.len = ip_vs_fnat_read_packet(skb, af, &key);
	if (!p.len)
		return false;
	first.opened = false;
	node = ip_vs_fnat_flow_lookup(fn->net, &key);
	if (likely(node)) {
		dst = known_route(skb, fn, af, th, node, &p);
	} else if (!received) {
		this_cpu_write(stranger, skb);
		p.flow = NULL;
		p.to = key.dst;
		p.dir = IP_VS_FNAT_ORIG;
		dst = ip_vs_fnat_first_route(skb, fn, af, &key, th, &first.scope);
	}
	if (!dst)
		return false;
	if (received || is_on(skb, af))
		n = passes(skb, fn->net, af, dst, &p, &first);
	if (unlikely(!n)) {
		if (!node)
			skb_dst_drop(skb);	/* ip_vs_fnat_first_route() left it */
		return false;
	}

	if (!received)
		receive(skb, fn->net, af);
	skb_forward_csum(skb);
	ip_vs_fnat_rewrite_plain(skb, p.flow, p.dir, af);
	/* That of a connection is the time when IPVS's timer was restarted. */
	if (READ_ONCE(p.flow->used) != now && !ip_vs_fnat_is_conn(p.flow))
		WRITE_ONCE(p.flow->used, now);
	__ip_vs_fnat_account(fn, p.flow, p.dir, skb, first.opened);
	pass_on(skb, fn->net, af, dst, n);
	return true;
}

bool ip_vs_fnat_fast(struct sk_buff *skb, struct ip_vs_fnat_net *fn, u8 af, bool received)
{
	return af == AF_INET ? fast_take(skb, fn, AF_INET, received) :
			       fast_take(skb, fn, AF_INET6, received);
}

bool ip_vs_fnat_unknown(const struct sk_buff *skb, const struct net *net, u8 af)
{
	struct ip_vs_fnat_key key;
	unsigned int len;

	if (ip_vs_fnat_has_ingress(skb->dev) && this_cpu_read(stranger) == skb)
		return true;
	len = af == AF_INET ? ip_vs_fnat_read_packet(skb, AF_INET, &key) :
			      ip_vs_fnat_read_packet(skb, AF_INET6, &key);
	return len && !ip_vs_fnat_flow_lookup(net, &key);
}
