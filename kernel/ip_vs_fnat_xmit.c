// SPDX-License-Identifier: GPL-2.0
/*
 * Routes of flows, and sending by them.
 *
 * Towards the remote, a flow uses the route that the stack gave its first packet
 * when that came by FORWARD. Once that route is stale, another is looked up here with
 * the mark the first packet had: what FORWARD said about the first packet holds. Towards
 * the client, the route is looked up here, as the stack would for a packet already
 * rewritten.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/inetdevice.h>
#include <linux/netfilter.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ip_vs.h>
#include <net/ipv6.h>
#include <net/route.h>
#include <net/xfrm.h>

#include "ip_vs_fnat_account.h"
#include "ip_vs_fnat_compat.h"
#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_packet.h"
#include "ip_vs_fnat_rewrite.h"
#include "ip_vs_fnat_rule.h"
#include "ip_vs_fnat_stats.h"
#include "ip_vs_fnat_track.h"
#include "ip_vs_fnat_way.h"
#include "ip_vs_fnat_xmit.h"

bool ip_vs_fnat_next_hop(u8 af, const struct dst_entry *dst, const union nf_inet_addr *daddr,
			 union nf_inet_addr *gw)
{
	memset(gw, 0, sizeof(*gw));
	if (af == AF_INET6) {
		gw->in6 = *rt6_nexthop((const struct rt6_info *)dst, &daddr->in6);
		return true;
	}
	if (((const struct rtable *)dst)->rt_gw_family == AF_INET6)
		return false;
	gw->ip = rt_nexthop((const struct rtable *)dst, daddr->ip);
	return true;
}

bool ip_vs_fnat_dst_is_local(u8 af, const struct dst_entry *dst)
{
	if (af == AF_INET)
		return ((const struct rtable *)dst)->rt_flags & RTCF_LOCAL;
	return ((const struct rt6_info *)dst)->rt6i_flags & RTF_LOCAL ||
	       dst->dev->flags & IFF_LOOPBACK;
}

static struct dst_entry *output_route_v4(struct net *net, __be32 src, __be32 dst)
{
	struct flowi4 fl4 = {
		.saddr		= src,
		.daddr		= dst,
		.flowi4_flags	= FLOWI_FLAG_ANYSRC,
	};
	struct rtable *rt = ip_route_output_key(net, &fl4);

	return IS_ERR(rt) ? NULL : &rt->dst;
}

static struct dst_entry *output_route_v6(struct net *net, const struct in6_addr *src,
					 const struct in6_addr *daddr)
{
	struct flowi6 fl6 = {
		.saddr		= *src,
		.daddr		= *daddr,
		.flowi6_flags	= FLOWI_FLAG_ANYSRC,
	};
	struct dst_entry *dst = ip6_route_output(net, NULL, &fl6);

	if (!dst->error)
		return dst;
	dst_release(dst);
	return NULL;
}

struct dst_entry *ip_vs_fnat_output_route(struct net *net, u8 af, const union nf_inet_addr *src,
					  const union nf_inet_addr *dst)
{
	return af == AF_INET ? output_route_v4(net, src->ip, dst->ip) :
			       output_route_v6(net, &src->in6, &dst->in6);
}

/* ---- towards the remote ---- */

static struct rtable *output_rt4(struct net *net, __be32 daddr, int oif, u8 proto)
{
	struct flowi4 fl4 = {
		.daddr		= daddr,
		.flowi4_oif	= oif,
		.flowi4_proto	= proto,
		.flowi4_flags	= FLOWI_FLAG_KNOWN_NH,
	};
	struct rtable *rt = __ip_route_output_key(net, &fl4);

	return IS_ERR(rt) ? NULL : rt;
}

/* The route, unless another router leads there, or it ends here. What IGMP has, has no type. */
static struct rtable *if_neighbour_v4(struct rtable *rt, __be32 gw)
{
	if (!rt || ((rt->rt_type == RTN_UNICAST || rt->rt_type == RTN_UNSPEC) &&
		    !ip_vs_fnat_dst_is_local(AF_INET, &rt->dst) &&
		    (!rt->rt_uses_gateway ||
		     (rt->rt_gw_family == AF_INET && rt->rt_gw4 == gw))))
		return rt;
	ip_rt_put(rt);
	return NULL;
}

static struct dst_entry *route_to_gw_v4(struct net *net, const union nf_inet_addr *gw, int oif,
					bool on_link)
{
	struct rtable *rt = output_rt4(net, gw->ip, oif, 0);
	bool ours = rt && rt->rt_type != RTN_UNICAST;

	rt = if_neighbour_v4(rt, gw->ip);
	/* IGMP leaves by the device, whatever the tables say. */
	if (!rt && on_link && !ours)
		rt = if_neighbour_v4(output_rt4(net, gw->ip, oif, IPPROTO_IGMP), gw->ip);
	if (!rt)
		return NULL;
	/* A route that is of no table has no next hop yet. Nobody else has it. */
	if (!rt->rt_gw_family) {
		rt->rt_gw4 = gw->ip;
		rt->rt_gw_family = AF_INET;
	}
	return &rt->dst;
}

static struct rt6_info *output_rt6(struct net *net, const struct in6_addr *daddr, int oif)
{
	struct flowi6 fl6 = {
		.daddr		= *daddr,
		.flowi6_oif	= oif,
		.flowi6_flags	= FLOWI_FLAG_KNOWN_NH,
	};

	return (struct rt6_info *)ip6_route_output(net, NULL, &fl6);
}

static struct rt6_info *if_neighbour_v6(struct rt6_info *rt, const struct in6_addr *gw)
{
	if (!rt->dst.error && !(rt->rt6i_flags & RTF_REJECT) &&
	    !ip_vs_fnat_dst_is_local(AF_INET6, &rt->dst) &&
	    (!(rt->rt6i_flags & RTF_GATEWAY) || ipv6_addr_equal(&rt->rt6i_gateway, gw)))
		return rt;
	ip6_rt_put(rt);
	return NULL;
}

/*
 * Out of the device, whatever the tables say: by the route that its multicast has. Of
 * that the lookup makes a copy of our own, since the next hop is known, unless another
 * has left an exception there.
 */
static struct rt6_info *link_route_v6(struct net *net, const struct in6_addr *gw, int oif)
{
	struct rt6_info *rt = output_rt6(net, &in6addr_linklocal_allnodes, oif);

	rt = if_neighbour_v6(rt, gw);
	if (!rt)
		return NULL;
	if (!ip_vs_fnat_is_uncached_v6(rt)) {
		ip6_rt_put(rt);
		return NULL;
	}
	rt->rt6i_dst.addr = *gw;
	return rt;
}

static struct dst_entry *route_to_gw_v6(struct net *net, const union nf_inet_addr *gw, int oif,
					bool on_link)
{
	struct rt6_info *rt = output_rt6(net, &gw->in6, oif);
	bool ours = rt->rt6i_flags & RTF_LOCAL;

	rt = if_neighbour_v6(rt, &gw->in6);
	if (!rt && on_link && !ours)
		rt = link_route_v6(net, &gw->in6, oif);
	return rt ? &rt->dst : NULL;
}

/*
 * The next hop of a rule is a neighbour as the routes say, in the VRF of the packet or of
 * the rule's device; one with a device is a neighbour on its link in any case, as it is
 * in a route that says "onlink".
 */
static struct dst_entry *route_to_gw(struct net *net, const struct ip_vs_fnat_target *target,
				     int l3)
{
	const struct net_device *dev;
	int oif = max(l3, 0);
	bool on_link = false;

	if (target->new_oif[0]) {
		dev = dev_get_by_name_rcu(net, target->new_oif);
		if (!dev)
			return NULL;
		oif = dev->ifindex;
		on_link = !netif_is_l3_master(dev);
	}
	return target->af == AF_INET6 ? route_to_gw_v6(net, &target->new_gw, oif, on_link) :
					route_to_gw_v4(net, &target->new_gw, oif, on_link);
}

struct dst_entry *ip_vs_fnat_new_gw_dst(struct net *net, const struct ip_vs_fnat_flow *flow)
{
	struct ip_vs_fnat_target *target;
	struct dst_entry *dst;
	int l3;

	if (flow->kind != IP_VS_FNAT_OF_RULE)
		return NULL;
	target = rcu_dereference(flow->rule->target);
	if (!target->has_new_gw)
		return NULL;
	l3 = READ_ONCE(flow->way[IP_VS_FNAT_ORIG].l3);
	dst = ip_vs_fnat_target_dst(net, target, l3);
	if (dst)
		return dst;
	dst = route_to_gw(net, target, l3);
	if (!dst)
		return ERR_PTR(-EHOSTUNREACH);
	/* Routes of one VRF may lead into another: what is kept has to tell whose it is. */
	if (ip_vs_fnat_target_is_by(target, dst->dev, l3))
		ip_vs_fnat_way_set(&target->way, target->af, dst);
	/* A route is freed a grace period after its last reference. */
	dst_release(dst);
	return dst;
}

/* ---- of packets that came in ---- */

static struct dst_entry *input_route_v4(struct sk_buff *skb, __be32 daddr)
{
	const struct iphdr *iph = ip_hdr(skb);

	if (ip_route_input_noref(skb, daddr, iph->saddr, ip_vs_fnat_dsfield(iph), skb->dev))
		return NULL;
	return skb_rtable(skb)->rt_type == RTN_UNICAST ? skb_dst(skb) : NULL;
}

static struct dst_entry *input_route_v6(struct sk_buff *skb, struct net *net,
					const struct in6_addr *daddr, u8 proto)
{
	const struct ipv6hdr *iph = ipv6_hdr(skb);
	struct flowi6 fl6 = {
		.flowi6_iif	= skb->dev->ifindex,
		.daddr		= *daddr,
		.saddr		= iph->saddr,
		.flowlabel	= ip6_flowinfo(iph),
		.flowi6_mark	= skb->mark,
		.flowi6_proto	= proto,
	};
	struct dst_entry *dst;

	dst = ip6_route_input_lookup(net, skb->dev, &fl6, skb,
				     RT6_LOOKUP_F_HAS_SADDR | RT6_LOOKUP_F_DST_NOREF);
	skb_dst_set_noref(skb, dst);
	if (dst->error || ((struct rt6_info *)dst)->rt6i_flags & (RTF_LOCAL | RTF_REJECT))
		return NULL;
	return dst;
}

struct dst_entry *ip_vs_fnat_input_route(struct sk_buff *skb, struct net *net, u8 af,
					 const union nf_inet_addr *daddr, u8 proto)
{
	return af == AF_INET6 ? input_route_v6(skb, net, &daddr->in6, proto) :
				input_route_v4(skb, daddr->ip);
}

/* The same for a packet that has, or will have, @mark. */
static struct dst_entry *marked_route(struct sk_buff *skb, struct net *net, u8 af, u32 mark,
				      const union nf_inet_addr *daddr, u8 proto)
{
	u32 was = skb->mark;
	struct dst_entry *dst;

	skb->mark = mark;
	dst = ip_vs_fnat_input_route(skb, net, af, daddr, proto);
	skb->mark = was;
	return dst;
}

/* A way whose route has gone stale looks for another as its first packet did. */
static struct dst_entry *renew_orig(struct sk_buff *skb, struct net *net,
				    struct ip_vs_fnat_flow *flow)
{
	struct dst_entry *dst;

	skb_dst_drop(skb);
	dst = marked_route(skb, net, flow->af, READ_ONCE(flow->mark), &flow->remote, flow->proto);
	if (dst)
		ip_vs_fnat_flow_routed(flow, skb, dst);
	else
		skb_dst_drop(skb);
	return dst;
}

struct dst_entry *ip_vs_fnat_orig_dst(struct sk_buff *skb, struct net *net,
				      struct ip_vs_fnat_flow *flow)
{
	struct ip_vs_fnat_way *way = &flow->way[IP_VS_FNAT_ORIG];
	struct dst_entry *dst;

	if (!ip_vs_fnat_way_is_from(way, skb) || ip_vs_fnat_has_policies(net))
		return NULL;
	dst = ip_vs_fnat_new_gw_dst(net, flow);
	if (!dst && ip_vs_fnat_way_is_for(way, net, flow->af, skb))
		dst = ip_vs_fnat_way_dst(net, flow->af, way);
	return dst ?: renew_orig(skb, net, flow);
}

/*
 * Does a source have to be valid by the packet's own mark? Without entries in connection
 * tracking, chains that keep marks there can't give it one.
 */
static bool asks_for_mark(const struct sk_buff *skb, const struct net *net,
			  const struct ip_vs_fnat_flow *flow)
{
	struct in_device *in_dev;

	if (flow->af != AF_INET || !READ_ONCE(ip_vs_fnat_net(net)->conntrack))
		return false;
	in_dev = __in_dev_get_rcu(skb->dev);
	return in_dev && IN_DEV_SRC_VMARK(in_dev);
}

/*
 * Where there is no route without a mark, or the source is not valid, the answer's own
 * decides, which chains give it behind us. Where those can't know it, that of the flow's
 * first packet does: with several uplinks told by marks, both directions have the same.
 */
struct dst_entry *ip_vs_fnat_reply_dst(struct sk_buff *skb, struct net *net,
				       struct ip_vs_fnat_flow *flow, bool marked)
{
	u32 mark = READ_ONCE(flow->mark);
	struct ip_vs_fnat_way *way = &flow->way[IP_VS_FNAT_REPLY];
	struct dst_entry *dst = NULL;

	if (ip_vs_fnat_way_is_for(way, net, flow->af, skb))
		dst = ip_vs_fnat_way_dst(net, flow->af, way);
	if (dst)
		return dst;
	skb_dst_drop(skb);
	dst = ip_vs_fnat_input_route(skb, net, flow->af, &flow->client, flow->proto);
	if (!dst && asks_for_mark(skb, net, flow)) {
		skb_dst_drop(skb);
		return marked ? NULL : ERR_PTR(-EAGAIN);
	}
	if (!dst && mark != skb->mark) {
		skb_dst_drop(skb);
		dst = marked_route(skb, net, flow->af, mark, &flow->client, flow->proto);
	}
	if (dst) {
		ip_vs_fnat_way_learn(way, flow->af, skb);
		ip_vs_fnat_way_set(way, flow->af, dst);
	}
	return dst;
}

/* IPv6 has no such filtering but that of chains, which see the packet first. */
bool ip_vs_fnat_is_forged(struct sk_buff *skb, u8 af)
{
	const struct iphdr *iph = ip_hdr(skb);
	int err;

	if (af != AF_INET)
		return false;
	skb_dst_drop(skb);
	err = ip_route_input_noref(skb, iph->daddr, iph->saddr, ip_vs_fnat_dsfield(iph), skb->dev);
	skb_dst_drop(skb);
	return ip_vs_fnat_is_rp_refusal(err);
}

/* ---- what forwarding has to refuse ---- */

static bool too_long(const struct sk_buff *skb, u8 af, unsigned int mtu)
{
	unsigned int biggest;

	if (af == AF_INET) {
		if (!(ip_hdr(skb)->frag_off & htons(IP_DF)))
			return false;
		biggest = IPCB(skb)->frag_max_size;
	} else {
		biggest = IP6CB(skb)->frag_max_size;
		if (biggest && biggest <= mtu)
			return false;	/* came in fragments, leaves in fragments */
	}
	if (biggest > mtu)
		return true;
	if (skb->len <= mtu || skb->ignore_df)
		return false;
	return !skb_is_gso(skb) || !skb_gso_validate_network_len(skb, mtu);
}

/* Errors ask where a packet came from, also one of this host. */
static void say_too_long(struct sk_buff *skb, struct net *net, u8 af, struct dst_entry *dst,
			 unsigned int mtu)
{
	struct net_device *dev = skb->dev;

	if (!dev)
		skb->dev = net->loopback_dev;
	if (af == AF_INET) {
		IP_INC_STATS(net, IPSTATS_MIB_FRAGFAILS);
		icmp_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, htonl(mtu));
	} else {
		IP6_INC_STATS(net, ip6_dst_idev(dst), IPSTATS_MIB_FRAGFAILS);
		icmpv6_send(skb, ICMPV6_PKT_TOOBIG, 0, mtu);
	}
	skb->dev = dev;
}

bool ip_vs_fnat_fits(struct sk_buff *skb, struct net *net, u8 af, struct dst_entry *dst)
{
	unsigned int mtu = ip_vs_fnat_mtu(af, dst);

	if (!too_long(skb, af, mtu))
		return true;
	say_too_long(skb, net, af, dst, mtu);
	return false;
}

bool ip_vs_fnat_hops_left(struct sk_buff *skb, struct net *net, u8 af)
{
	if (af == AF_INET) {
		if (ip_hdr(skb)->ttl > 1)
			return true;
		IP_INC_STATS(net, IPSTATS_MIB_INHDRERRORS);
		icmp_send(skb, ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, 0);
	} else {
		if (ipv6_hdr(skb)->hop_limit > 1)
			return true;
		IP6_INC_STATS(net, __in6_dev_get(skb->dev), IPSTATS_MIB_INHDRERRORS);
		icmpv6_send(skb, ICMPV6_TIME_EXCEED, ICMPV6_EXC_HOPLIMIT, 0);
	}
	return false;
}

/* Say that the operator does not allow it: ICMP code 13, ICMPv6 code 1. */
void ip_vs_fnat_prohibited(struct sk_buff *skb, u8 af)
{
	if (af == AF_INET)
		icmp_send(skb, ICMP_DEST_UNREACH, ICMP_PKT_FILTERED, 0);
	else
		icmpv6_send(skb, ICMPV6_DEST_UNREACH, ICMPV6_ADM_PROHIBITED, 0);
}

/* ---- IPsec ---- */

/*
 * The stack asked for a policy before the packet was translated. One for what it is now
 * decides, as it does behind nf_nat. False where the policy does not let it pass.
 */
bool ip_vs_fnat_policy_again(struct sk_buff *skb, struct net *net, u8 af)
{
#ifdef CONFIG_XFRM
	struct dst_entry *dst = skb_dst(skb);
	struct flowi fl;

	if (!ip_vs_fnat_has_policy(net, XFRM_POLICY_OUT))
		return true;
	if (ip_vs_fnat_decode_session(net, skb, &fl, af) < 0)
		return false;
	if (dst_xfrm(dst))
		dst = ((struct xfrm_dst *)dst)->route;
	if (!dst_hold_safe(dst))
		return false;
	dst = xfrm_lookup(net, dst, &fl, NULL, 0);
	if (IS_ERR(dst))
		return false;
	skb_dst_drop(skb);
	skb_dst_set(skb, dst);
	/* The tunnel's header may need more room. */
	return !skb_cow_head(skb, LL_RESERVED_SPACE(dst->dev) + dst->header_len);
#else
	return true;
#endif
}

/* ---- sending ---- */

/* What forwarding does to a packet, and counts. */
static void forwarded(struct sk_buff *skb, struct net *net, u8 af)
{
	ip_vs_fnat_take_hop(skb_network_header(skb), af);
	if (af == AF_INET) {
		IPCB(skb)->flags |= IPSKB_FORWARDED;
		if (READ_ONCE(net->ipv4.sysctl_ip_fwd_update_priority))
			skb->priority = rt_tos2priority(ip_hdr(skb)->tos);
		IP_INC_STATS(net, IPSTATS_MIB_OUTFORWDATAGRAMS);
	} else {
		IP6CB(skb)->flags |= IP6SKB_FORWARDED;
		IP6_INC_STATS(net, __in6_dev_get(skb->dev), IPSTATS_MIB_OUTFORWDATAGRAMS);
	}
}

unsigned int ip_vs_fnat_forward(struct sk_buff *skb, struct ip_vs_fnat_net *fn,
				const struct ip_vs_fnat_pkt *pkt, struct ip_vs_fnat_flow *flow,
				enum ip_vs_fnat_dir dir, struct dst_entry *dst)
{
	struct net *net = fn->net;
	unsigned int verdict;
	u8 af = flow->af;

	/* What comes to a virtual or local address of IPVS comes to the host. */
	if (!xfrm_policy_check(NULL, ip_vs_fnat_is_conn(flow) ? XFRM_POLICY_IN : XFRM_POLICY_FWD,
			       skb, af)) {
		IP_VS_FNAT_INC(fn, DROP_POLICY);
		return NF_DROP;
	}
	/* The errors below go back by the stack's own route, asked for by this one. */
	skb_dst_drop(skb);
	skb_dst_set_noref(skb, dst);
	if (skb_warn_if_lro(skb) || !ip_vs_fnat_hops_left(skb, net, af) ||
	    !ip_vs_fnat_fits(skb, net, af, dst))
		return NF_DROP;
	verdict = ip_vs_fnat_track_packet(skb, fn, pkt, flow, dir, NF_INET_PRE_ROUTING);
	if (verdict != NF_ACCEPT)
		return verdict;
	skb_forward_csum(skb);
	if (skb_cow(skb, LL_RESERVED_SPACE(dst->dev) + dst->header_len) ||
	    !ip_vs_fnat_rewrite(skb, pkt, flow, dir)) {
		IP_VS_FNAT_INC(fn, DROP_NO_MEMORY);
		return NF_DROP;
	}
	ip_vs_fnat_passed(fn, flow, dir, pkt, skb, false);
	nf_reset_ct(skb);
	skb->ipvs_property = 1;
	/* Not as the answer of a virtual address, which the stack would take for its own. */
	if (pkt->options && !ip_vs_fnat_is_conn(flow)) {
		/* The stack reads and fills in options on its own way, untracked. */
		skb_dst_drop(skb);
		nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
		return NF_ACCEPT;
	}
	if (af == AF_INET ? !xfrm4_route_forward(skb) : !xfrm6_route_forward(skb)) {
		IP_VS_FNAT_INC(fn, DROP_POLICY);
		return NF_DROP;
	}
	forwarded(skb, net, af);
	skb_clear_tstamp(skb);
	dst_output(net, NULL, skb);
	return NF_STOLEN;
}
