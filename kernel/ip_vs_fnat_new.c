// SPDX-License-Identifier: GPL-2.0
/*
 * New flows: what is to be decided about a packet that no flow has. Rules are
 * asked, then zones; what neither takes is refused, or passes when the operator
 * said so.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/netfilter.h>

#include "ip_vs_fnat_addr.h"
#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_laddr.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_new.h"
#include "ip_vs_fnat_packet.h"
#include "ip_vs_fnat_port.h"
#include "ip_vs_fnat_rule.h"
#include "ip_vs_fnat_service.h"
#include "ip_vs_fnat_stats.h"
#include "ip_vs_fnat_synproxy.h"
#include "ip_vs_fnat_track.h"
#include "ip_vs_fnat_uapi.h"
#include "ip_vs_fnat_xmit.h"
#include "ip_vs_fnat_zone.h"

/* ---- what acts on the packet ---- */

bool ip_vs_fnat_scope_begin(struct ip_vs_fnat_scope *s, struct ip_vs_fnat_net *fn, u8 af)
{
	s->fn = fn;
	s->af = af;
	s->snat = ip_vs_fnat_snat(fn, af);
	s->zones = ip_vs_fnat_zones(fn, af);
	s->ruled = rcu_access_pointer(s->snat->svc);
	return s->ruled || ip_vs_fnat_zones_on(s->zones);
}

bool ip_vs_fnat_scope_packet(struct ip_vs_fnat_scope *s, int proto)
{
	s->zoned = proto < 0 ? ip_vs_fnat_zones_on(s->zones) :
			       ip_vs_fnat_zones_act(s->zones, proto);
	return s->ruled || s->zoned;
}

/* What a new packet met: a rule, or else a zone, or neither. */
struct match {
	struct ip_vs_fnat_rule	*rule;
	struct ip_vs_fnat_zone	*zone;
};

static void find_match(const struct ip_vs_fnat_scope *s, const struct dst_entry *dst,
		       const union nf_inet_addr *src, const union nf_inet_addr *daddr,
		       struct match *match)
{
	union nf_inet_addr gw;
	bool has_gw;

	match->rule = NULL;
	match->zone = NULL;
	if (s->ruled) {
		has_gw = ip_vs_fnat_next_hop(s->af, dst, daddr, &gw);
		match->rule = ip_vs_fnat_rule_match(s->snat, src, daddr, has_gw ? &gw : NULL,
						    dst->dev->name);
	}
	if (!match->rule && s->zoned)
		match->zone = ip_vs_fnat_zone_match(s->zones, src);
}

/* ---- opening ---- */

/* Choose address and port, and link the flow; the counter to raise when that fails. */
static int flow_assign(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow,
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

/*
 * Open a flow; NULL and the counter to raise when that can't be. @skb is NULL where the
 * packet did not come by the stack.
 */
static struct ip_vs_fnat_flow *open_flow(struct ip_vs_fnat_net *fn, const struct match *match,
					 const struct sk_buff *skb,
					 const struct ip_vs_fnat_tuple *tuple, bool *opened,
					 unsigned int *why)
{
	struct ip_vs_fnat_flow *flow;
	enum ip_vs_fnat_dir dir;
	int err;

	flow = ip_vs_fnat_flow_alloc(fn, match->rule, tuple, why);
	if (!flow)
		return NULL;
	if (skb)
		ip_vs_fnat_track_choose(skb, fn, flow);
	else
		flow->tracked = IP_VS_FNAT_TRACK_OFF;
	err = flow_assign(fn, flow, match, why);
	if (!err) {
		*opened = true;
		return flow;
	}
	ip_vs_fnat_flow_discard(fn, flow);
	if (err != -EEXIST)
		return NULL;
	/* The same flow's packet was quicker on another CPU. */
	*opened = false;
	flow = ip_vs_fnat_flow_find(fn->net, tuple, &dir);
	return flow && dir == IP_VS_FNAT_ORIG && flow->kind < IP_VS_FNAT_OF_HOST ? flow : NULL;
}

/* ---- behind the filter table ---- */

/*
 * What does not come from the inner side goes to a local address, or to the inner side:
 * it is dropped without a word, unless nf_nat sent it there.
 */
static bool from_inner(const struct ip_vs_fnat_scope *s, const struct ip_vs_fnat_pkt *pkt)
{
	return !ip_vs_fnat_is_local(s->fn, s->af, &pkt->dst) &&
	       !ip_vs_fnat_pset_has(&s->snat->inner, s->af, &pkt->dst) &&
	       !ip_vs_fnat_zones_inner(s->zones, &pkt->dst);
}

/*
 * The middle of a TCP connection that is not known any more, or never was: an ICMP error
 * would leave its client waiting, while a reset has it connect anew at once.
 */
static bool is_reset(const struct ip_vs_fnat_scope *s, const struct ip_vs_fnat_pkt *pkt,
		     unsigned int why)
{
	return why == IP_VS_FNAT_A_EXT_DROP_MIDSTREAM && READ_ONCE(s->fn->reset_midstream);
}

static unsigned int refuse(struct sk_buff *skb, const struct ip_vs_fnat_scope *s,
			   const struct ip_vs_fnat_pkt *pkt, unsigned int why)
{
	ip_vs_fnat_inc(s->fn, why, 1);
	if (!from_inner(s, pkt))
		return NF_DROP;
	if (!is_reset(s, pkt, why))
		ip_vs_fnat_prohibited(skb, s->af);
	else if (pkt->tcph.ack && !pkt->tcph.rst)
		ip_vs_fnat_segment_reset(s->fn, pkt);
	return NF_DROP;
}

static unsigned int unmatched(struct sk_buff *skb, const struct ip_vs_fnat_scope *s,
			      const struct ip_vs_fnat_pkt *pkt)
{
	if (!READ_ONCE(s->fn->pass_unmatched))
		return refuse(skb, s, pkt, s->zoned ? IP_VS_FNAT_A_EXT_DROP_NO_ZONE :
						      IP_VS_FNAT_A_EXT_DROP_NO_RULE);
	IP_VS_FNAT_INC(s->fn, PASS_UNMATCHED);
	return NF_ACCEPT;
}

struct ip_vs_fnat_flow *ip_vs_fnat_new(struct sk_buff *skb, const struct ip_vs_fnat_scope *s,
				       const struct ip_vs_fnat_pkt *pkt, bool *opened,
				       unsigned int *verdict)
{
	struct ip_vs_fnat_flow *flow;
	struct match match;
	unsigned int why;

	*verdict = s->nated ? NF_ACCEPT : NF_DROP;
	if (s->nated && !from_inner(s, pkt))
		return NULL;
	if (ip_vs_fnat_is_local(s->fn, s->af, &pkt->dst)) {
		IP_VS_FNAT_INC(s->fn, DROP_UNSOLICITED);
		return NULL;
	}
	find_match(s, skb_dst(skb), &pkt->src, &pkt->dst, &match);
	if (!match.rule && !match.zone && !s->nated)
		*verdict = unmatched(skb, s, pkt);
	if (!match.rule && !match.zone)
		return NULL;
	*verdict = NF_DROP;
	if (pkt->kind != IP_VS_FNAT_FLOW) {
		why = IP_VS_FNAT_A_EXT_DROP_PROTOCOL;
	} else if (pkt->tuple.proto == IPPROTO_TCP && !pkt->syn) {
		why = IP_VS_FNAT_A_EXT_DROP_MIDSTREAM;
	} else if (pkt->tuple.proto != IPPROTO_TCP && pkt->tuple.proto != IPPROTO_UDP &&
		   pkt->icmp_type != (s->af == AF_INET ? ICMP_ECHO : ICMPV6_ECHO_REQUEST)) {
		why = IP_VS_FNAT_A_EXT_DROP_PROTOCOL;
	} else {
		flow = open_flow(s->fn, &match, skb, &pkt->tuple, opened, &why);
		if (flow)
			return flow;
	}
	refuse(skb, s, pkt, why);
	return NULL;
}

/* ---- ahead of the network layer ---- */

struct ip_vs_fnat_flow *ip_vs_fnat_new_early(const struct ip_vs_fnat_scope *s,
					     const struct ip_vs_fnat_tuple *tuple,
					     const struct dst_entry *dst, bool *opened)
{
	struct match match;
	unsigned int why;

	if (ip_vs_fnat_is_local(s->fn, s->af, &tuple->dst))
		return NULL;
	find_match(s, dst, &tuple->src, &tuple->dst, &match);
	if (match.rule ? rcu_dereference(match.rule->target)->has_new_gw : !match.zone)
		return NULL;
	return open_flow(s->fn, &match, NULL, tuple, opened, &why);
}
