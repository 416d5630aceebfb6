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
#include <net/xfrm.h>

#include "ip_vs_fnat_account.h"
#include "ip_vs_fnat_addr.h"
#include "ip_vs_fnat_fast.h"
#include "ip_vs_fnat_find.h"
#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_hook.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_new.h"
#include "ip_vs_fnat_packet.h"
#include "ip_vs_fnat_plain.h"
#include "ip_vs_fnat_rewrite.h"
#include "ip_vs_fnat_rule.h"
#include "ip_vs_fnat_state.h"
#include "ip_vs_fnat_stats.h"
#include "ip_vs_fnat_tcp.h"
#include "ip_vs_fnat_uapi.h"
#include "ip_vs_fnat_way.h"
#include "ip_vs_fnat_xmit.h"

/* Connections of so few packets are the first to go when memory runs out; see IPVS's drop_entry. */
#define FEW_PACKETS	8

/* How the options begin where there is but a timestamp. */
#define TIMESTAMP_ONLY	htonl(TCPOPT_NOP << 24 | TCPOPT_NOP << 16 | \
			      TCPOPT_TIMESTAMP << 8 | TCPOLEN_TIMESTAMP)

#define TCP_FLAGS	(TCP_FLAG_SYN | TCP_FLAG_FIN | TCP_FLAG_RST | TCP_FLAG_ACK)

/* ---- the packet ---- */

static __always_inline unsigned int l3_size(u8 af)
{
	return af == AF_INET ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
}

/*
 * The network header of a packet that is plain and has hops left. Returns the
 * packet's length by that header, behind which there may be padding; 0 when it
 * is another kind of packet. So much of it is there as UDP has headers.
 */
static __always_inline unsigned int read_l3(const struct sk_buff *skb, u8 af,
					    struct ip_vs_fnat_key *key)
{
	const struct ipv6hdr *ip6h = (const struct ipv6hdr *)skb->data;
	const struct iphdr *iph = (const struct iphdr *)skb->data;

	key->af = af;
	key->l3 = ip_vs_fnat_l3(skb->dev);
	if (af == AF_INET) {
		if (*skb->data != 0x45 || iph->ttl <= 1 ||
		    iph->frag_off & htons(IP_MF | IP_OFFSET))
			return 0;
		/* Of IPv4 addresses nobody reads more than their four bytes. */
		key->src = (const union nf_inet_addr *)&iph->saddr;
		key->dst = (const union nf_inet_addr *)&iph->daddr;
		key->proto = iph->protocol;
		return ntohs(iph->tot_len);
	}
	if (*skb->data >> 4 != 6 || ip6h->hop_limit <= 1)
		return 0;
	key->src = (const union nf_inet_addr *)&ip6h->saddr;
	key->dst = (const union nf_inet_addr *)&ip6h->daddr;
	key->proto = ip6h->nexthdr;
	return ntohs(ip6h->payload_len) + sizeof(*ip6h);
}

/*
 * Ports of UDP, and of TCP packets that don't end a connection, nor answer who
 * begins one; @there bytes are.
 */
static __always_inline bool read_l4(const struct sk_buff *skb, unsigned int l4,
				    unsigned int there, struct ip_vs_fnat_key *key)
{
	const struct tcphdr *th = (const struct tcphdr *)(skb->data + l4);
	__be32 flags;

	if (key->proto == IPPROTO_TCP) {
		if (there < l4 + sizeof(struct tcphdr) || th->doff < 5)
			return false;
		flags = tcp_flag_word(th) & TCP_FLAGS;
		if (flags != TCP_FLAG_ACK && flags != TCP_FLAG_SYN)
			return false;
	} else if (key->proto != IPPROTO_UDP) {
		return false;
	}
	/* UDP has them at the same place. */
	key->ports = ip_vs_fnat_ports(&th->source);
	return true;
}

/* The tuple of a packet; its length, or 0 when it is not for this path. */
static __always_inline unsigned int read_packet(const struct sk_buff *skb, u8 af,
						struct ip_vs_fnat_key *key)
{
	const unsigned int l4 = l3_size(af);
	unsigned int there = skb_headlen(skb), len;

	if (there < l4 + sizeof(struct udphdr))
		return 0;
	len = read_l3(skb, af, key);
	if (len < l4 + sizeof(struct udphdr) || len > skb->len ||
	    !read_l4(skb, l4, min(there, len), key))
		return 0;
	return len;
}

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
	return dir == IP_VS_FNAT_ORIG && unlikely(has_options(skb, l3_size(af), th)) &&
	       ip_vs_fnat_toa_claimed(skb, l3_size(af), th->doff);
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
	       skb_clone_writable(skb, l3_size(af) + sizeof(struct tcphdr));
}

/* Sent as it is, with room for the header, by a device that is no tunnel's end. */
static __always_inline bool is_plain(const struct sk_buff *skb, u8 af,
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

static __always_inline bool fits(struct sk_buff *skb, const struct net *net, u8 af,
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
	skb_set_transport_header(skb, l3_size(af));
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
	skb_set_transport_header(skb, l3_size(af));
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

static __always_inline void take_hop(struct sk_buff *skb, u8 af)
{
	if (af == AF_INET)
		ip_decrease_ttl((struct iphdr *)skb->data);
	else
		((struct ipv6hdr *)skb->data)->hop_limit--;
}

static __always_inline void send(struct sk_buff *skb, struct net *net, u8 af,
				 struct dst_entry *dst, struct neighbour *n)
{
	take_hop(skb, af);
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
	    read_packet(skb, af, &key)) {
		chain = ip_vs_fnat_chain(net, &key);
		prefetch(chain);
	}
	this_cpu_write(fetched, chain);
}

/* ---- the first packet of a flow ---- */

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

	if (atomic_read(&ipvs->conn_out_counter) || READ_ONCE(ipvs->sysctl_nat_icmp_send))
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

/*
 * The route of a packet that no flow has, if SNAT or zones act on it and the network
 * layer would ask nobody but IPVS and ourselves; left on the packet, too.
 */
static noinline struct dst_entry *new_route(struct sk_buff *skb, struct ip_vs_fnat_net *fn, u8 af,
					    const struct ip_vs_fnat_key *key,
					    const struct tcphdr *th, struct ip_vs_fnat_scope *s)
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

/* @skb may have been copied since its tuple was read. */
static noinline struct ip_vs_fnat_flow *new_flow(const struct sk_buff *skb,
						 const struct ip_vs_fnat_scope *s,
						 struct dst_entry *dst, bool *opened)
{
	const struct tcphdr *th = (const struct tcphdr *)(skb->data + l3_size(s->af));
	struct ip_vs_fnat_tuple tuple;
	struct ip_vs_fnat_key key;
	struct ip_vs_fnat_flow *flow;

	if (!read_packet(skb, s->af, &key))
		return NULL;
	if (key.proto == IPPROTO_TCP &&
	    (skb_headlen(skb) < l3_size(s->af) + th->doff * 4 ||
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

/* ---- both ---- */

/*
 * The packet that was last met at its device, if no flow has it: the network layer sees
 * it next, and need not be told by another lookup.
 */
static DEFINE_PER_CPU(const struct sk_buff *, stranger);

static __always_inline bool take(struct sk_buff *skb, struct ip_vs_fnat_net *fn, u8 af,
				 bool received)
{
	const struct tcphdr *th = (const struct tcphdr *)(skb->data + l3_size(af));
	enum ip_vs_fnat_dir dir = IP_VS_FNAT_ORIG;
	struct ip_vs_fnat_flow *flow = NULL;
	const union nf_inet_addr *to;
	struct ip_vs_fnat_scope scope;
	struct ip_vs_fnat_key key;
	struct hlist_node *node;
	struct dst_entry *dst;
	struct neighbour *n;
	bool opened = false;
	u32 now = jiffies;
	unsigned int len;

	if (!received)
		this_cpu_write(stranger, NULL);
	if (READ_ONCE(ip_vs_fnat_table.large) && !received && !IS_ENABLED(CONFIG_PREEMPT_RT))
		look_ahead(fn->net, af);
	len = read_packet(skb, af, &key);
	if (!len)
		return false;
	node = ip_vs_fnat_flow_lookup(fn->net, &key);
	if (likely(node)) {
		flow = ip_vs_fnat_node_flow(node);
		dir = ip_vs_fnat_node_dir(node);
		if (unlikely(!ip_vs_fnat_flow_is_fresh(flow)) && ip_vs_fnat_flow_dead(fn, flow))
			return false;
		if (!READ_ONCE(fn->fast_xmit[dir]) || !is_settled(flow, dir, th) ||
		    !(ip_vs_fnat_forwards(fn->net, af) || ip_vs_fnat_is_conn(flow)))
			return false;
		if (key.proto == IPPROTO_TCP) {
			if (has_claim(skb, af, dir, th))
				return false;
			ip_vs_fnat_flow_follow(flow, dir, ntohl(th->seq));
		}
		to = dir == IP_VS_FNAT_ORIG ? &flow->remote : &flow->client;
		dst = route(skb, fn->net, af, flow, dir);
	} else {
		if (received)
			return false;
		this_cpu_write(stranger, skb);
		to = key.dst;
		dst = new_route(skb, fn, af, &key, th, &scope);
	}
	if (!dst)
		return false;
	if (!is_plain(skb, af, dst) || !fits(skb, fn->net, af, len, dst))
		goto leave;
	n = next_hop(af, dst, to);
	if (unlikely(!n) || (!received && !is_on(skb, af)) || pskb_trim_rcsum(skb, len))
		goto leave;
	if (unlikely(!flow)) {
		flow = new_flow(skb, &scope, dst, &opened);
		if (!flow)
			goto leave;
	}

	if (!received)
		receive(skb, fn->net, af);
	skb_forward_csum(skb);
	ip_vs_fnat_rewrite_plain(skb, flow, dir, af);
	/* That of a connection is the time when IPVS's timer was restarted. */
	if (READ_ONCE(flow->used) != now && !ip_vs_fnat_is_conn(flow))
		WRITE_ONCE(flow->used, now);
	__ip_vs_fnat_account(fn, flow, dir, skb, opened);
	send(skb, fn->net, af, dst, n);
	return true;

leave:
	if (!flow)
		skb_dst_drop(skb);	/* new_route() left it */
	return false;
}

bool ip_vs_fnat_fast(struct sk_buff *skb, struct ip_vs_fnat_net *fn, u8 af, bool received)
{
	return af == AF_INET ? take(skb, fn, AF_INET, received) :
			       take(skb, fn, AF_INET6, received);
}

bool ip_vs_fnat_unknown(const struct sk_buff *skb, const struct net *net, u8 af)
{
	struct ip_vs_fnat_key key;

	if (ip_vs_fnat_has_ingress(skb->dev) && this_cpu_read(stranger) == skb)
		return true;
	if (af == AF_INET)
		return read_packet(skb, AF_INET, &key) && !ip_vs_fnat_flow_lookup(net, &key);
	return read_packet(skb, AF_INET6, &key) && !ip_vs_fnat_flow_lookup(net, &key);
}
