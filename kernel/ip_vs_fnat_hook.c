// SPDX-License-Identifier: GPL-2.0
/*
 * The three places where packets are met, behind the ingress hook of devices
 * (ip_vs_fnat_ingress.c), which has most of the known flows, and new ones where
 * no filter table is:
 *
 *	PRE_ROUTING	before connection tracking: known flows, both ways; behind the
 *			mangle table: answers that are valid by their mark alone
 *	FORWARD		after the filter table: new flows, and known ones whose
 *			route has gone stale
 *	LOCAL_IN	what comes unasked for to a pool or local address
 *
 * and two more for what the host itself sends:
 *
 *	LOCAL_OUT	before connection tracking: FULLNAT's answers of a real server here
 *	LOCAL_OUT	after all chains: its own connections, where they meet flows
 *
 * FULLNAT's connections begin in IPVS, at LOCAL_IN or LOCAL_OUT.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/inetdevice.h>
#include <linux/netfilter_bridge.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/netfilter/ipv4/nf_defrag_ipv4.h>
#include <net/netfilter/ipv6/nf_defrag_ipv6.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/route.h>

#include "ip_vs_fnat_account.h"
#include "ip_vs_fnat_addr.h"
#include "ip_vs_fnat_conn.h"
#include "ip_vs_fnat_fast.h"
#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_hook.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_new.h"
#include "ip_vs_fnat_own.h"
#include "ip_vs_fnat_packet.h"
#include "ip_vs_fnat_rewrite.h"
#include "ip_vs_fnat_sock.h"
#include "ip_vs_fnat_stats.h"
#include "ip_vs_fnat_tcp.h"
#include "ip_vs_fnat_track.h"
#include "ip_vs_fnat_way.h"
#include "ip_vs_fnat_xmit.h"

/* ---- PRE_ROUTING ---- */

/* An answer for the host: it goes the stack's way. */
static unsigned int give_back(struct sk_buff *skb, struct ip_vs_fnat_net *fn,
			      const struct ip_vs_fnat_pkt *pkt, struct ip_vs_fnat_flow *flow)
{
	if (!ip_vs_fnat_rewrite(skb, pkt, flow, IP_VS_FNAT_REPLY)) {
		IP_VS_FNAT_INC(fn, DROP_NO_MEMORY);
		return NF_DROP;
	}
	ip_vs_fnat_passed(fn, flow, IP_VS_FNAT_REPLY, pkt, skb, false);
	/* It may look like another flow's answer now. */
	skb->ipvs_property = 1;
	return NF_ACCEPT;
}

/*
 * What nf_nat sent elsewhere it translates back altogether, by the entry that has our
 * address and port. It may look like another flow's answer then.
 */
static unsigned int leave_to_nat(struct sk_buff *skb, struct ip_vs_fnat_net *fn,
				 const struct ip_vs_fnat_pkt *pkt, struct ip_vs_fnat_flow *flow)
{
	ip_vs_fnat_passed(fn, flow, IP_VS_FNAT_REPLY, pkt, skb, false);
	skb->ipvs_property = 1;
	return NF_ACCEPT;
}

/* A packet that the network layer has looked at, and that a flow may have. */
static unsigned int known_packet(struct sk_buff *skb, struct ip_vs_fnat_net *fn, u8 af,
				 bool marked)
{
	struct ip_vs_fnat_flow *flow;
	struct ip_vs_fnat_pkt pkt;
	enum ip_vs_fnat_dir dir;
	struct dst_entry *dst;

	if (ip_vs_fnat_unknown(skb, fn->net, af))
		return NF_ACCEPT;
	ip_vs_fnat_parse(skb, af, &pkt);
	if (pkt.kind != IP_VS_FNAT_FLOW && pkt.kind != IP_VS_FNAT_ERROR)
		return NF_ACCEPT;
	flow = ip_vs_fnat_flow_find(fn->net, &pkt.tuple, &dir);
	if (!flow)
		return NF_ACCEPT;
	if (pkt.kind == IP_VS_FNAT_ERROR &&
	    nf_checksum(skb, NF_INET_PRE_ROUTING, pkt.l4,
			af == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6, af)) {
		IP_VS_FNAT_INC(fn, DROP_MALFORMED);
		return NF_DROP;
	}
	if (ip_vs_fnat_is_conn(flow))
		return ip_vs_fnat_conn_packet(skb, fn, &pkt, flow, dir);
	if (flow->kind == IP_VS_FNAT_OF_HOST)
		return dir == IP_VS_FNAT_ORIG ? NF_ACCEPT : give_back(skb, fn, &pkt, flow);
	if (!ip_vs_fnat_forwards(fn->net, af))
		return NF_ACCEPT;
	if (READ_ONCE(flow->tracked) == IP_VS_FNAT_TRACK_NAT)
		return dir == IP_VS_FNAT_ORIG ? NF_ACCEPT : leave_to_nat(skb, fn, &pkt, flow);
	if (dir == IP_VS_FNAT_ORIG) {
		/* FORWARD takes it, with a fresh route and its options read. */
		dst = pkt.options ? NULL : ip_vs_fnat_orig_dst(skb, fn->net, flow);
		if (!dst)
			return NF_ACCEPT;
	} else {
		dst = ip_vs_fnat_reply_dst(skb, fn->net, flow, marked);
		if (dst == ERR_PTR(-EAGAIN))
			return NF_ACCEPT;
	}
	if (IS_ERR_OR_NULL(dst)) {
		IP_VS_FNAT_INC(fn, DROP_NO_ROUTE);
		return NF_DROP;
	}
	return ip_vs_fnat_forward(skb, fn, &pkt, flow, dir, dst);
}

/*
 * Is it none of ours? A bridge shows its packets here as well; those for this host come
 * again, at the bridge device's ingress hook. One that was rewritten comes again where
 * its device has an L3 master.
 */
static bool is_not_to_route(const struct sk_buff *skb)
{
	return skb->pkt_type != PACKET_HOST || nf_bridge_in_prerouting(skb) ||
	       (skb->ipvs_property && !(skb->dev->flags & IFF_LOOPBACK));
}

static unsigned int hook_prerouting(void *priv, struct sk_buff *skb,
				    const struct nf_hook_state *state)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(state->net);

	if (is_not_to_route(skb))
		return NF_ACCEPT;
	ip_vs_fnat_mss_note(skb, state->pf);
	if (!atomic_read(&fn->flows))
		return NF_ACCEPT;
	/* The others were looked at when they came in. */
	if (!ip_vs_fnat_has_ingress(skb->dev) && ip_vs_fnat_fast(skb, fn, state->pf, true))
		return NF_STOLEN;
	return known_packet(skb, fn, state->pf, false);
}

/* An answer whose mark was not known before; see ip_vs_fnat_reply_dst(). */
static unsigned int hook_prerouting_marked(void *priv, struct sk_buff *skb,
					   const struct nf_hook_state *state)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(state->net);
	struct in_device *in_dev = __in_dev_get_rcu(skb->dev);

	if (!in_dev || !IN_DEV_SRC_VMARK(in_dev) || !atomic_read(&fn->flows) ||
	    is_not_to_route(skb))
		return NF_ACCEPT;
	return known_packet(skb, fn, AF_INET, true);
}

unsigned int ip_vs_fnat_bridged_up(struct sk_buff *skb, struct ip_vs_fnat_net *fn, u8 af)
{
	return atomic_read(&fn->flows) ? known_packet(skb, fn, af, false) : NF_ACCEPT;
}

/* ---- FORWARD ---- */

static bool scope_begin(struct ip_vs_fnat_scope *s, const struct nf_hook_state *state)
{
	return ip_vs_fnat_scope_begin(s, ip_vs_fnat_net(state->net), state->pf);
}

static bool scope_packet(struct ip_vs_fnat_scope *s, const struct ip_vs_fnat_pkt *pkt)
{
	return ip_vs_fnat_scope_packet(s, pkt->l4 ? pkt->tuple.proto : -1);
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
	ip_vs_fnat_way_learn(&flow->way[IP_VS_FNAT_ORIG], flow->af, skb);
	WRITE_ONCE(flow->mark, skb->mark);
	ip_vs_fnat_leaves_by(flow, dst ?: skb_dst(skb));
	ip_vs_fnat_mss_learn(skb, pkt, flow);
	if (pkt->kind != IP_VS_FNAT_FLOW) {
		nf_reset_ct(skb);
	} else if (!ip_vs_fnat_track_enter(skb, fn, flow)) {
		IP_VS_FNAT_INC(fn, PORT_CONFLICT);
		/* The next packet chooses another port. */
		if (opened)
			ip_vs_fnat_flow_evict(fn, flow);
		return NF_DROP;
	}
	if (dst) {
		skb_dst_drop(skb);
		skb_dst_set_noref(skb, dst);
	} else {
		ip_vs_fnat_way_set(&flow->way[IP_VS_FNAT_ORIG], flow->af, skb_dst(skb));
	}
	if (!ip_vs_fnat_rewrite(skb, pkt, flow, IP_VS_FNAT_ORIG)) {
		IP_VS_FNAT_INC(fn, DROP_NO_MEMORY);
		return NF_DROP;
	}
	if (!ip_vs_fnat_policy_again(skb, fn->net, flow->af)) {
		IP_VS_FNAT_INC(fn, DROP_POLICY);
		return NF_DROP;
	}
	ip_vs_fnat_passed(fn, flow, IP_VS_FNAT_ORIG, pkt, skb, opened);
	skb->ipvs_property = 1;
	return NF_ACCEPT;
}

static bool is_multicast(u8 af, const union nf_inet_addr *addr)
{
	return af == AF_INET ? ipv4_is_multicast(addr->ip) : ipv6_addr_is_multicast(&addr->in6);
}

static unsigned int hook_forward(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	enum ip_vs_fnat_claim claim = ip_vs_fnat_claimed(skb);
	struct ip_vs_fnat_flow *flow = NULL;
	struct ip_vs_fnat_pkt pkt;
	enum ip_vs_fnat_dir dir;
	struct ip_vs_fnat_scope s;
	unsigned int verdict;
	bool opened;

	/* What a bridge forwards it shows here as well, on its way to a port. */
	if (claim == IP_VS_FNAT_OTHERS || netif_is_bridge_port(skb->dev) ||
	    !scope_begin(&s, state))
		return NF_ACCEPT;
	s.nated = claim == IP_VS_FNAT_SENT_ELSEWHERE;
	ip_vs_fnat_parse(skb, s.af, &pkt);
	if (s.nated)
		pkt.tuple.asked = ip_vs_fnat_track_asked(skb);
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
		/*
		 * The virtual address is elsewhere now, and packets to it like others. One
		 * from another device than the client's proves nothing.
		 */
		if (pkt.kind == IP_VS_FNAT_FLOW &&
		    ip_vs_fnat_way_is_from(&flow->way[IP_VS_FNAT_ORIG], skb))
			ip_vs_fnat_flow_retire(s.fn, ip_vs_fnat_conn(flow));
		flow = NULL;
	}
	if (flow && flow->kind == IP_VS_FNAT_OF_HOST)
		return NF_ACCEPT;
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
	flow = ip_vs_fnat_new(skb, &s, &pkt, &opened, &verdict);
	return flow ? send_on(skb, s.fn, &pkt, flow, opened) : verdict;
}

/* ---- LOCAL_IN ---- */

/*
 * A pool address may be the gateway's own. What no socket of the gateway waits
 * for is dropped without an answer (RFC 5382, REQ-4), so that nobody outside
 * can tell a closed port from a flow's.
 */
static unsigned int hook_local_in(void *priv, struct sk_buff *skb,
				  const struct nf_hook_state *state)
{
	struct ip_vs_fnat_pkt pkt;
	struct ip_vs_fnat_scope s;

	if (skb->sk || skb->ipvs_property || skb->pkt_type != PACKET_HOST ||
	    state->in->flags & IFF_LOOPBACK || !scope_begin(&s, state))
		return NF_ACCEPT;
	ip_vs_fnat_parse(skb, s.af, &pkt);
	if (pkt.kind != IP_VS_FNAT_FLOW || pkt.tuple.proto == IPPROTO_SCTP ||
	    !scope_packet(&s, &pkt) ||
	    !(ip_vs_fnat_pset_has(&s.snat->pools, s.af, &pkt.dst) ||
	      (s.zoned && ip_vs_fnat_pset_has(&s.zones->locals.set, s.af, &pkt.dst))))
		return NF_ACCEPT;
	if (ip_vs_fnat_sock_waits(skb, state, &pkt))
		return NF_ACCEPT;
	IP_VS_FNAT_INC(s.fn, DROP_UNSOLICITED);
	return NF_DROP;
}

/* ---- LOCAL_OUT ---- */

static unsigned int hook_local_out(void *priv, struct sk_buff *skb,
				   const struct nf_hook_state *state)
{
	struct ip_vs_fnat_flow *flow;
	struct ip_vs_fnat_net *fn;
	struct ip_vs_fnat_pkt pkt;
	enum ip_vs_fnat_dir dir;

	if (skb->ipvs_property)
		return NF_ACCEPT;
	fn = ip_vs_fnat_net(state->net);
	if (!atomic_read(&fn->flows))
		return NF_ACCEPT;
	ip_vs_fnat_parse(skb, state->pf, &pkt);
	if (pkt.kind != IP_VS_FNAT_FLOW && pkt.kind != IP_VS_FNAT_ERROR)
		return NF_ACCEPT;
	flow = ip_vs_fnat_flow_find(state->net, &pkt.tuple, &dir);
	if (!flow || !ip_vs_fnat_is_conn(flow) || dir != IP_VS_FNAT_REPLY)
		return NF_ACCEPT;
	return ip_vs_fnat_conn_answer(skb, fn, &pkt, flow);
}

static unsigned int hook_local_out_late(void *priv, struct sk_buff *skb,
					const struct nf_hook_state *state)
{
	return skb->ipvs_property ? NF_ACCEPT :
	       ip_vs_fnat_own_packet(skb, ip_vs_fnat_net(state->net), state->pf);
}

/* ---- registration ---- */

/*
 * FORWARD and LOCAL_IN come after the filter table (0), the security table
 * (50) and IPVS's own hooks (up to 100).
 */
#define AFTER_IPVS	101

static const struct nf_hook_ops hooks_v4[] = {
	{
		.hook		= hook_prerouting,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_PRE_ROUTING,
		.priority	= NF_IP_PRI_CONNTRACK - 1,
	},
	{
		.hook		= hook_prerouting_marked,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_PRE_ROUTING,
		.priority	= NF_IP_PRI_MANGLE + 1,
	},
	{
		.hook		= hook_forward,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_FORWARD,
		.priority	= AFTER_IPVS,
	},
	{
		.hook		= hook_local_in,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_LOCAL_IN,
		.priority	= AFTER_IPVS,
	},
	{
		.hook		= hook_local_out,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_LOCAL_OUT,
		.priority	= NF_IP_PRI_CONNTRACK - 1,
	},
	{
		.hook		= hook_local_out_late,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_LOCAL_OUT,
		.priority	= AFTER_IPVS,
	},
};

static const struct nf_hook_ops hooks_v6[] = {
	{
		.hook		= hook_prerouting,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_PRE_ROUTING,
		.priority	= NF_IP6_PRI_CONNTRACK - 1,
	},
	{
		.hook		= hook_forward,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_FORWARD,
		.priority	= AFTER_IPVS,
	},
	{
		.hook		= hook_local_in,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_LOCAL_IN,
		.priority	= AFTER_IPVS,
	},
	{
		.hook		= hook_local_out,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_LOCAL_OUT,
		.priority	= NF_IP6_PRI_CONNTRACK - 1,
	},
	{
		.hook		= hook_local_out_late,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_LOCAL_OUT,
		.priority	= AFTER_IPVS,
	},
};

/* One of them gathers fragments (nf_defrag), the others are ours. */
#define HOOKS_AT_PRE_ROUTING(af)	((af) == AF_INET ? 3 : 2)
/* Two are IPVS's. */
#define HOOKS_AT_FORWARD	3

static bool has_hooks(struct nf_hook_entries __rcu *list, unsigned int n)
{
	const struct nf_hook_entries *hooks = rcu_dereference(list);

	return n == (hooks ? hooks->num_hook_entries : 0);
}

/*
 * AppArmor's hook asks whether a socket may send; what is forwarded has none. It is
 * always there, and told from others by its place, where SELinux has none.
 */
static bool has_apparmor_alone(struct nf_hook_entries __rcu *list)
{
	const struct nf_hook_entries *hooks = rcu_dereference(list);
	const struct nf_hook_ops *ops;

	if (!IS_ENABLED(CONFIG_SECURITY_APPARMOR) || !hooks || hooks->num_hook_entries != 1)
		return false;
	ops = nf_hook_entries_get_hook_ops(hooks)[0];
	return ops->priority == NF_IP_PRI_SELINUX_FIRST &&
	       ops->hook_ops_type == NF_HOOK_OP_UNDEFINED;
}

/*
 * All of these are there together while a service is, and so their number tells:
 * with one more, somebody else's is among them.
 */
bool ip_vs_fnat_hooks_alone(const struct net *net, u8 af)
{
	struct nf_hook_entries __rcu *const *at = af == AF_INET ? net->nf.hooks_ipv4 :
								  net->nf.hooks_ipv6;

	return has_hooks(at[NF_INET_PRE_ROUTING], HOOKS_AT_PRE_ROUTING(af)) &&
	       has_hooks(at[NF_INET_FORWARD], HOOKS_AT_FORWARD) &&
	       (has_hooks(at[NF_INET_POST_ROUTING], 0) ||
		has_apparmor_alone(at[NF_INET_POST_ROUTING]));
}

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
