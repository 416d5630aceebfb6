// SPDX-License-Identifier: GPL-2.0
/*
 * Most gateways have one address, which their own connections leave with as flows do.
 * A port that a socket of the host has is not given to a flow, towards no remote. Where
 * it is the host that begins a connection, its port may be a flow's towards the same
 * remote: the answers would be the flow's. Such a connection leaves with another port,
 * by a flow of its own; the host's sockets and connection tracking know nothing of it.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/netfilter.h>

#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_own.h"
#include "ip_vs_fnat_packet.h"
#include "ip_vs_fnat_port.h"
#include "ip_vs_fnat_rewrite.h"
#include "ip_vs_fnat_state.h"
#include "ip_vs_fnat_stats.h"
#include "ip_vs_fnat_uapi.h"
#include "ip_vs_fnat_way.h"

/* Would the answers be another flow's? */
static bool meets_flow(const struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_tuple *tuple)
{
	const struct ip_vs_fnat_tuple answer = {
		.src	= tuple->dst,
		.dst	= tuple->src,
		.sport	= tuple->dport,
		.dport	= tuple->sport,
		.af	= tuple->af,
		.proto	= tuple->proto,
		.l3	= IP_VS_FNAT_L3_ANY,
	};
	enum ip_vs_fnat_dir dir;

	return ip_vs_fnat_flow_find(fn->net, &answer, &dir) && dir == IP_VS_FNAT_REPLY;
}

/* May the packet begin a connection? */
static bool begins(u8 af, const struct ip_vs_fnat_pkt *pkt)
{
	switch (pkt->tuple.proto) {
	case IPPROTO_TCP:
		return pkt->syn;
	case IPPROTO_UDP:
		return true;
	default:
		return pkt->icmp_type == (af == AF_INET ? ICMP_ECHO : ICMPV6_ECHO_REQUEST);
	}
}

/* NULL and *why to raise when it can't be opened; NULL and 0 when none is needed. */
static struct ip_vs_fnat_flow *open_own(struct ip_vs_fnat_net *fn,
					const struct ip_vs_fnat_pkt *pkt, unsigned int *why)
{
	struct ip_vs_fnat_flow *flow;

	*why = 0;
	if (!begins(pkt->tuple.af, pkt) || !meets_flow(fn, &pkt->tuple))
		return NULL;
	flow = ip_vs_fnat_flow_alloc_own(fn, &pkt->tuple, why);
	if (!flow)
		return NULL;
	if (!ip_vs_fnat_port_assign_own(fn, flow))
		return flow;
	ip_vs_fnat_flow_discard(fn, flow);
	*why = IP_VS_FNAT_A_EXT_DROP_POOL_EXHAUSTED;
	return NULL;
}

unsigned int ip_vs_fnat_own_packet(struct sk_buff *skb, struct ip_vs_fnat_net *fn, u8 af)
{
	struct ip_vs_fnat_flow *flow;
	struct ip_vs_fnat_pkt pkt;
	enum ip_vs_fnat_dir dir;
	unsigned int why;

	if (!atomic_read(&fn->flows))
		return NF_ACCEPT;
	ip_vs_fnat_parse(skb, af, &pkt);
	if (pkt.kind != IP_VS_FNAT_FLOW || pkt.tuple.proto == IPPROTO_SCTP ||
	    !ip_vs_fnat_is_local(fn, af, &pkt.src))
		return NF_ACCEPT;
	pkt.tuple.l3 = ip_vs_fnat_l3(skb_dst(skb)->dev);
	flow = ip_vs_fnat_flow_find(fn->net, &pkt.tuple, &dir);
	if (flow && (flow->kind != IP_VS_FNAT_OF_HOST || dir != IP_VS_FNAT_ORIG))
		return NF_ACCEPT;
	if (!flow) {
		flow = open_own(fn, &pkt, &why);
		if (!flow && !why)
			return NF_ACCEPT;
	}
	if (!flow) {
		ip_vs_fnat_inc(fn, why, 1);
		return NF_DROP;
	}
	ip_vs_fnat_leaves_by(flow, skb_dst(skb));
	if (!ip_vs_fnat_rewrite(skb, &pkt, flow, IP_VS_FNAT_ORIG)) {
		IP_VS_FNAT_INC(fn, DROP_NO_MEMORY);
		return NF_DROP;
	}
	ip_vs_fnat_flow_touch(fn, flow, IP_VS_FNAT_ORIG, &pkt.tcph);
	return NF_ACCEPT;
}
