// SPDX-License-Identifier: GPL-2.0
/*
 * The three places where packets are met, behind the ingress hook of devices
 * (ip_vs_fnat_ingress.c), which has most of the known flows:
 *
 *	PRE_ROUTING	before connection tracking: known flows, both ways
 *	FORWARD		after the filter table: new flows, and known ones whose
 *			route has gone stale
 *	LOCAL_IN	what comes unasked for to a pool or local address
 *
 * and one more, where a real server on this host answers:
 *
 *	LOCAL_OUT	before connection tracking: FULLNAT's answers
 *
 * FULLNAT's connections begin in IPVS, at LOCAL_IN or LOCAL_OUT.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/inet6_hashtables.h>
#include <net/inet_hashtables.h>
#include <net/netfilter/ipv4/nf_defrag_ipv4.h>
#include <net/netfilter/ipv6/nf_defrag_ipv6.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/route.h>
#include <net/tcp.h>
#include <net/udp.h>

#include "ip_vs_fnat_int.h"

/* ---- PRE_ROUTING ---- */

static unsigned int prerouting(void *priv, struct sk_buff *skb,
			       const struct nf_hook_state *state)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(state->net);
	struct ip_vs_fnat_flow *flow;
	struct ip_vs_fnat_pkt pkt;
	enum ip_vs_fnat_dir dir;
	struct dst_entry *dst;

	if (skb->pkt_type != PACKET_HOST || !atomic_read(&fn->flows))
		return NF_ACCEPT;
	/* The others were looked at when they came in. */
	if (!ip_vs_fnat_has_ingress(skb->dev) && ip_vs_fnat_fast(skb, fn, state->pf, true))
		return NF_STOLEN;
	if (ip_vs_fnat_unknown(skb, state->net, state->pf))
		return NF_ACCEPT;
	ip_vs_fnat_parse(skb, state->pf, &pkt);
	if (pkt.kind != IP_VS_FNAT_FLOW && pkt.kind != IP_VS_FNAT_ERROR)
		return NF_ACCEPT;
	flow = ip_vs_fnat_flow_find(state->net, &pkt.tuple, &dir);
	if (!flow)
		return NF_ACCEPT;
	if (pkt.kind == IP_VS_FNAT_ERROR &&
	    nf_checksum(skb, NF_INET_PRE_ROUTING, pkt.l4,
			state->pf == NFPROTO_IPV4 ? IPPROTO_ICMP : IPPROTO_ICMPV6, state->pf)) {
		IP_VS_FNAT_INC(fn, DROP_MALFORMED);
		return NF_DROP;
	}
	if (ip_vs_fnat_is_conn(flow))
		return ip_vs_fnat_conn_packet(skb, fn, &pkt, flow, dir);
	if (dir == IP_VS_FNAT_ORIG) {
		dst = ip_vs_fnat_orig_dst(state->net, flow);
		/* FORWARD takes it, with a fresh route and its options read. */
		if (!dst || pkt.options)
			return NF_ACCEPT;
	} else {
		dst = ip_vs_fnat_reply_dst(skb, state->net, flow);
	}
	if (IS_ERR_OR_NULL(dst)) {
		IP_VS_FNAT_INC(fn, DROP_NO_ROUTE);
		return NF_DROP;
	}
	return ip_vs_fnat_forward(skb, fn, &pkt, flow, dir, dst);
}

/* ---- FORWARD ---- */

/* What acts on a packet of one family and protocol. */
struct scope {
	struct ip_vs_fnat_net	*fn;
	struct ip_vs_fnat_snat	*snat;
	struct ip_vs_fnat_zones	*zones;
	u8			af;
	bool			ruled;	/* rules do */
	bool			zoned;	/* zones do */
};

/* False when SNAT and zones are off for the family. */
static bool scope_begin(struct scope *s, const struct nf_hook_state *state)
{
	s->fn = ip_vs_fnat_net(state->net);
	s->af = state->pf;
	s->snat = ip_vs_fnat_snat(s->fn, s->af);
	s->zones = ip_vs_fnat_zones(s->fn, s->af);
	s->ruled = rcu_access_pointer(s->snat->svc);
	return s->ruled || ip_vs_fnat_zones_on(s->zones);
}

/* False when neither acts on the packet. One whose protocol can't be read is everybody's. */
static bool scope_packet(struct scope *s, const struct ip_vs_fnat_pkt *pkt)
{
	s->zoned = pkt->l4 ? ip_vs_fnat_zones_act(s->zones, pkt->tuple.proto) :
			     ip_vs_fnat_zones_on(s->zones);
	return s->ruled || s->zoned;
}

/* Is it an address that flows leave with? Then nothing from outside to it begins one. */
static bool is_local(const struct scope *s, const union nf_inet_addr *addr)
{
	struct ip_vs_fnat_services *services = ip_vs_fnat_services(s->fn, s->af);

	return ip_vs_fnat_pset_has(&s->snat->pools, s->af, addr) ||
	       ip_vs_fnat_pset_has(&services->locals.set, s->af, addr) ||
	       ip_vs_fnat_pset_has(&s->zones->locals.set, s->af, addr);
}

/*
 * What does not come from the inner side is dropped without a word: it goes to
 * a local address, or to the inner side.
 */
static bool from_inner(const struct scope *s, const struct ip_vs_fnat_pkt *pkt)
{
	return !is_local(s, &pkt->dst) &&
	       !ip_vs_fnat_pset_has(&s->snat->inner, s->af, &pkt->dst) &&
	       !ip_vs_fnat_zones_inner(s->zones, &pkt->dst);
}

static unsigned int refuse(struct sk_buff *skb, const struct scope *s,
			   const struct ip_vs_fnat_pkt *pkt, unsigned int why)
{
	ip_vs_fnat_inc(s->fn, why, 1);
	if (from_inner(s, pkt))
		ip_vs_fnat_prohibited(skb, s->af);
	return NF_DROP;
}

static unsigned int unmatched(struct sk_buff *skb, const struct scope *s,
			      const struct ip_vs_fnat_pkt *pkt)
{
	if (!READ_ONCE(s->fn->pass_unmatched))
		return refuse(skb, s, pkt, s->zoned ? IP_VS_FNAT_A_EXT_DROP_NO_ZONE :
						      IP_VS_FNAT_A_EXT_DROP_NO_RULE);
	IP_VS_FNAT_INC(s->fn, PASS_UNMATCHED);
	return NF_ACCEPT;
}

/*
 * A packet with a flow: rewrite it and let the stack send it, by the rule's
 * own next hop when it has one. The stack has taken the hop off already and
 * checked the length against its own route; for IPv6 see ip_vs_fnat_mtu_v6().
 */
static unsigned int send_on(struct sk_buff *skb, struct ip_vs_fnat_net *fn,
			    const struct ip_vs_fnat_pkt *pkt, struct ip_vs_fnat_flow *flow,
			    bool opened)
{
	struct dst_entry *dst = ip_vs_fnat_new_gw_dst(fn->net, flow);

	if (IS_ERR(dst)) {
		IP_VS_FNAT_INC(fn, DROP_NO_ROUTE);
		return NF_DROP;
	}
	if ((dst || flow->af == AF_INET6) &&
	    !ip_vs_fnat_fits(skb, fn->net, flow->af, dst ?: skb_dst(skb)))
		return NF_DROP;
	if (dst) {
		skb_dst_drop(skb);
		skb_dst_set_noref(skb, dst);
	} else {
		ip_vs_fnat_dst_store(flow, IP_VS_FNAT_ORIG, skb_dst(skb));
	}
	if (!ip_vs_fnat_rewrite(skb, pkt, flow, IP_VS_FNAT_ORIG)) {
		IP_VS_FNAT_INC(fn, DROP_NO_MEMORY);
		return NF_DROP;
	}
	ip_vs_fnat_flow_touch(fn, flow, IP_VS_FNAT_ORIG, pkt);
	ip_vs_fnat_account(fn, flow, IP_VS_FNAT_ORIG, skb, opened);
	/* Replies never reach connection tracking: an entry would wait in vain. */
	nf_reset_ct(skb);
	skb->ipvs_property = 1;
	return NF_ACCEPT;
}

/* What a new packet met: a rule, or else a zone, or neither. */
struct match {
	struct ip_vs_fnat_rule	*rule;
	struct ip_vs_fnat_zone	*zone;
};

static void find_match(const struct scope *s, const struct sk_buff *skb,
		       const struct ip_vs_fnat_pkt *pkt, struct match *match)
{
	const struct dst_entry *dst = skb_dst(skb);
	union nf_inet_addr gw;
	bool has_gw;

	match->rule = NULL;
	match->zone = NULL;
	if (s->ruled) {
		has_gw = ip_vs_fnat_next_hop(s->af, dst, &pkt->dst, &gw);
		match->rule = ip_vs_fnat_rule_match(s->snat, &pkt->src, &pkt->dst,
						    has_gw ? &gw : NULL, dst->dev->name);
	}
	if (!match->rule && s->zoned)
		match->zone = ip_vs_fnat_zone_match(s->zones, &pkt->src);
}

/* Choose address and port, and link the flow; the counter to raise when that fails. */
static int assign(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow,
		  const struct match *match, unsigned int *why)
{
	int err;

	if (match->rule) {
		*why = IP_VS_FNAT_A_EXT_DROP_POOL_EXHAUSTED;
		return ip_vs_fnat_port_assign(fn, flow, rcu_dereference(match->rule->target));
	}
	err = ip_vs_fnat_port_assign_set(fn, flow, &match->zone->set);
	*why = err == -ENOENT ? IP_VS_FNAT_A_EXT_DROP_ZONE_EMPTY :
				IP_VS_FNAT_A_EXT_DROP_ZONE_EXHAUSTED;
	return err;
}

/* Open a flow; NULL and the counter to raise when that can't be. */
static struct ip_vs_fnat_flow *open_flow(struct ip_vs_fnat_net *fn, const struct match *match,
					 const struct ip_vs_fnat_pkt *pkt, bool *opened,
					 unsigned int *why)
{
	struct ip_vs_fnat_flow *flow;
	enum ip_vs_fnat_dir dir;
	int err;

	flow = ip_vs_fnat_flow_alloc(fn, match->rule, &pkt->tuple, why);
	if (!flow)
		return NULL;
	err = assign(fn, flow, match, why);
	if (!err) {
		*opened = true;
		return flow;
	}
	ip_vs_fnat_flow_discard(fn, flow);
	if (err != -EEXIST)
		return NULL;
	/* The same flow's packet was quicker on another CPU. */
	*opened = false;
	flow = ip_vs_fnat_flow_find(fn->net, &pkt->tuple, &dir);
	return flow && dir == IP_VS_FNAT_ORIG ? flow : NULL;
}

static unsigned int new_packet(struct sk_buff *skb, const struct scope *s,
			       const struct ip_vs_fnat_pkt *pkt)
{
	struct ip_vs_fnat_flow *flow;
	struct match match;
	unsigned int why;
	bool opened;

	if (is_local(s, &pkt->dst)) {
		IP_VS_FNAT_INC(s->fn, DROP_UNSOLICITED);
		return NF_DROP;
	}
	find_match(s, skb, pkt, &match);
	if (!match.rule && !match.zone)
		return unmatched(skb, s, pkt);
	if (pkt->kind != IP_VS_FNAT_FLOW)
		return refuse(skb, s, pkt, IP_VS_FNAT_A_EXT_DROP_PROTOCOL);
	if (pkt->tuple.proto == IPPROTO_TCP && !pkt->syn)
		return refuse(skb, s, pkt, IP_VS_FNAT_A_EXT_DROP_MIDSTREAM);
	if (pkt->tuple.proto != IPPROTO_TCP && pkt->tuple.proto != IPPROTO_UDP &&
	    pkt->icmp_type != (s->af == AF_INET ? ICMP_ECHO : ICMPV6_ECHO_REQUEST))
		return refuse(skb, s, pkt, IP_VS_FNAT_A_EXT_DROP_PROTOCOL);
	flow = open_flow(s->fn, &match, pkt, &opened, &why);
	if (!flow)
		return refuse(skb, s, pkt, why);
	return send_on(skb, s->fn, pkt, flow, opened);
}

/* Translated by others, or an answer to what they let in: theirs. */
static bool is_others(const struct sk_buff *skb)
{
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct;

	if (skb->ipvs_property)
		return true;
	ct = nf_ct_get(skb, &ctinfo);
	return ct && (ct->status & IPS_NAT_MASK || CTINFO2DIR(ctinfo) == IP_CT_DIR_REPLY);
}

static bool is_multicast(u8 af, const union nf_inet_addr *addr)
{
	return af == AF_INET ? ipv4_is_multicast(addr->ip) : ipv6_addr_is_multicast(&addr->in6);
}

static unsigned int forward(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct ip_vs_fnat_flow *flow = NULL;
	struct ip_vs_fnat_pkt pkt;
	enum ip_vs_fnat_dir dir;
	struct scope s;

	if (is_others(skb) || !scope_begin(&s, state))
		return NF_ACCEPT;
	ip_vs_fnat_parse(skb, s.af, &pkt);
	if (!scope_packet(&s, &pkt))
		return NF_ACCEPT;
	switch (pkt.kind) {
	case IP_VS_FNAT_MALFORMED:
		IP_VS_FNAT_INC(s.fn, DROP_MALFORMED);
		return NF_DROP;
	case IP_VS_FNAT_FRAGMENT:
		IP_VS_FNAT_INC(s.fn, DROP_FRAGMENT);
		return NF_DROP;
	case IP_VS_FNAT_FLOW:
	case IP_VS_FNAT_ERROR:
		flow = ip_vs_fnat_flow_find_reap(s.fn, &pkt.tuple, &dir);
		break;
	case IP_VS_FNAT_OTHER:
		break;
	}
	if (is_multicast(s.af, &pkt.dst))
		return NF_ACCEPT;
	if (flow && ip_vs_fnat_is_conn(flow)) {
		if (dir == IP_VS_FNAT_REPLY)
			return NF_ACCEPT;
		/* The virtual address is elsewhere now, and packets to it like others. */
		if (pkt.kind == IP_VS_FNAT_FLOW)
			ip_vs_fnat_flow_retire(s.fn, ip_vs_fnat_conn(flow));
		flow = NULL;
	}
	if (flow && dir == IP_VS_FNAT_ORIG)
		return send_on(skb, s.fn, &pkt, flow, false);
	if (pkt.kind == IP_VS_FNAT_ERROR) {
		if (READ_ONCE(s.fn->pass_unmatched)) {
			IP_VS_FNAT_INC(s.fn, PASS_UNMATCHED);
			return NF_ACCEPT;
		}
		IP_VS_FNAT_INC(s.fn, DROP_ICMP_ERROR);
		return NF_DROP;
	}
	return new_packet(skb, &s, &pkt);
}

/* ---- LOCAL_IN ---- */

/* UDP sockets are found without a reference, TCP sockets with one. */
static bool has_socket_v4(struct sk_buff *skb, const struct nf_hook_state *state,
			  const struct ip_vs_fnat_pkt *pkt)
{
	const struct ip_vs_fnat_tuple *t = &pkt->tuple;
	struct net *net = state->net;
	struct sock *sk;

	if (t->proto == IPPROTO_UDP)
		return __udp4_lib_lookup(net, t->src.ip, t->sport, t->dst.ip, t->dport,
					 state->in->ifindex, 0, ip_vs_fnat_udp_table(net), NULL);
	sk = inet_lookup(net, net->ipv4.tcp_death_row.hashinfo, skb,
			 pkt->l4 + __tcp_hdrlen(&pkt->tcph), t->src.ip, t->sport, t->dst.ip,
			 t->dport, state->in->ifindex);
	if (sk)
		sock_gen_put(sk);
	return sk;
}

static bool has_socket_v6(struct sk_buff *skb, const struct nf_hook_state *state,
			  const struct ip_vs_fnat_pkt *pkt)
{
	const struct ip_vs_fnat_tuple *t = &pkt->tuple;
	struct net *net = state->net;
	struct sock *sk;

	if (t->proto == IPPROTO_UDP)
		return __udp6_lib_lookup(net, &t->src.in6, t->sport, &t->dst.in6, t->dport,
					 state->in->ifindex, 0, ip_vs_fnat_udp_table(net), NULL);
	sk = inet6_lookup(net, net->ipv4.tcp_death_row.hashinfo, skb,
			  pkt->l4 + __tcp_hdrlen(&pkt->tcph), &t->src.in6, t->sport,
			  &t->dst.in6, t->dport, state->in->ifindex);
	if (sk)
		sock_gen_put(sk);
	return sk;
}

/*
 * A pool address may be the gateway's own. What no socket of the gateway waits
 * for is dropped without an answer (RFC 5382, REQ-4), so that nobody outside
 * can tell a closed port from a flow's.
 */
static unsigned int local_in(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	bool v4 = state->pf == NFPROTO_IPV4;
	struct ip_vs_fnat_pkt pkt;
	struct scope s;
	bool wanted;

	if (skb->sk || skb->ipvs_property || skb->pkt_type != PACKET_HOST ||
	    state->in->flags & IFF_LOOPBACK || !scope_begin(&s, state))
		return NF_ACCEPT;
	ip_vs_fnat_parse(skb, s.af, &pkt);
	if (pkt.kind != IP_VS_FNAT_FLOW || pkt.tuple.proto == IPPROTO_SCTP ||
	    !scope_packet(&s, &pkt) ||
	    !(ip_vs_fnat_pset_has(&s.snat->pools, s.af, &pkt.dst) ||
	      (s.zoned && ip_vs_fnat_pset_has(&s.zones->locals.set, s.af, &pkt.dst))))
		return NF_ACCEPT;
	if (pkt.tuple.proto == IPPROTO_TCP || pkt.tuple.proto == IPPROTO_UDP)
		wanted = v4 ? has_socket_v4(skb, state, &pkt) : has_socket_v6(skb, state, &pkt);
	else	/* an echo reply is the gateway's own ping's */
		wanted = pkt.icmp_type == (v4 ? ICMP_ECHOREPLY : ICMPV6_ECHO_REPLY);
	if (wanted)
		return NF_ACCEPT;
	IP_VS_FNAT_INC(s.fn, DROP_UNSOLICITED);
	return NF_DROP;
}

/* ---- LOCAL_OUT ---- */

static unsigned int local_out(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(state->net);
	struct ip_vs_fnat_flow *flow;
	struct ip_vs_fnat_pkt pkt;
	enum ip_vs_fnat_dir dir;

	if (skb->ipvs_property || !atomic_read(&fn->flows))
		return NF_ACCEPT;
	ip_vs_fnat_parse(skb, state->pf, &pkt);
	if (pkt.kind != IP_VS_FNAT_FLOW && pkt.kind != IP_VS_FNAT_ERROR)
		return NF_ACCEPT;
	flow = ip_vs_fnat_flow_find(state->net, &pkt.tuple, &dir);
	if (!flow || !ip_vs_fnat_is_conn(flow) || dir != IP_VS_FNAT_REPLY)
		return NF_ACCEPT;
	return ip_vs_fnat_conn_answer(skb, fn, &pkt, flow);
}

/* ---- registration ---- */

/*
 * FORWARD and LOCAL_IN come after the filter table (0), the security table
 * (50) and IPVS's own hooks (up to 100).
 */
#define AFTER_IPVS	101

static const struct nf_hook_ops hooks_v4[] = {
	{
		.hook		= prerouting,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_PRE_ROUTING,
		.priority	= NF_IP_PRI_CONNTRACK - 1,
	},
	{
		.hook		= forward,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_FORWARD,
		.priority	= AFTER_IPVS,
	},
	{
		.hook		= local_in,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_LOCAL_IN,
		.priority	= AFTER_IPVS,
	},
	{
		.hook		= local_out,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_LOCAL_OUT,
		.priority	= NF_IP_PRI_CONNTRACK - 1,
	},
};

static const struct nf_hook_ops hooks_v6[] = {
	{
		.hook		= prerouting,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_PRE_ROUTING,
		.priority	= NF_IP6_PRI_CONNTRACK - 1,
	},
	{
		.hook		= forward,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_FORWARD,
		.priority	= AFTER_IPVS,
	},
	{
		.hook		= local_in,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_LOCAL_IN,
		.priority	= AFTER_IPVS,
	},
	{
		.hook		= local_out,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_LOCAL_OUT,
		.priority	= NF_IP6_PRI_CONNTRACK - 1,
	},
};

/* Fragments are gathered before they come here, by the kernel's own hooks. */
int ip_vs_fnat_hooks_register(struct net *net, u8 af)
{
	int err;

	if (af == AF_INET6) {
		err = nf_defrag_ipv6_enable(net);
		if (err)
			return err;
		err = nf_register_net_hooks(net, hooks_v6, ARRAY_SIZE(hooks_v6));
		if (err)
			nf_defrag_ipv6_disable(net);
		return err;
	}
	err = nf_defrag_ipv4_enable(net);
	if (err)
		return err;
	err = nf_register_net_hooks(net, hooks_v4, ARRAY_SIZE(hooks_v4));
	if (err)
		nf_defrag_ipv4_disable(net);
	return err;
}

void ip_vs_fnat_hooks_unregister(struct net *net, u8 af)
{
	if (af == AF_INET6) {
		nf_unregister_net_hooks(net, hooks_v6, ARRAY_SIZE(hooks_v6));
		nf_defrag_ipv6_disable(net);
	} else {
		nf_unregister_net_hooks(net, hooks_v4, ARRAY_SIZE(hooks_v4));
		nf_defrag_ipv4_disable(net);
	}
}
