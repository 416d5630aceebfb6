// SPDX-License-Identifier: GPL-2.0
/* FULLNAT's packets that IPVS sends itself: the first of a connection, and errors. */
#include <linux/netfilter.h>
#include <net/addrconf.h>
#include <net/ip.h>
#include <net/ip_vs.h>
#include <net/netfilter/nf_conntrack.h>

#include "ip_vs_fnat.h"
#include "ip_vs_fnat_conn.h"
#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_packet.h"
#include "ip_vs_fnat_rewrite.h"
#include "ip_vs_fnat_state.h"
#include "ip_vs_fnat_stats.h"
#include "ip_vs_fnat_sync.h"
#include "ip_vs_fnat_track.h"
#include "ip_vs_fnat_uapi.h"
#include "ip_vs_fnat_xmit.h"

static int drop(struct sk_buff *skb, struct ip_vs_fnat_net *fn, unsigned int why)
{
	ip_vs_fnat_inc(fn, why, 1);
	kfree_skb(skb);
	return NF_STOLEN;
}

/* It is no connection's any more, nor that of the socket that was expected. */
static void leave_conn(struct sk_buff *skb)
{
	skb->ipvs_property = 1;
	nf_reset_ct(skb);
	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
	if (skb->dev)
		skb_orphan(skb);
}

/*
 * The packet's entry becomes the connection's, if it is to have one; not where the client
 * is this host, which hears from the virtual address. False where somebody else has its
 * answers: it ends, and the client's next packet opens another.
 */
static bool track(struct sk_buff *skb, struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_pkt *pkt,
		  struct ip_vs_fnat_flow *flow)
{
	struct ip_vs_fnat_conn *conn = ip_vs_fnat_conn(flow);

	if (!skb->dev || !conn->track || pkt->kind != IP_VS_FNAT_FLOW ||
	    ip_vs_fnat_track_enter(skb, fn, flow))
		return true;
	conn->cp->timeout = 0;
	return false;
}

/* The real server is on this host: the packet goes on to its socket. */
static int deliver(struct sk_buff *skb, struct ip_vs_fnat_net *fn,
		   const struct ip_vs_fnat_pkt *pkt, struct ip_vs_fnat_flow *flow,
		   struct dst_entry *dst)
{
	bool here = ip_vs_fnat_dst_is_local(flow->af, skb_dst(skb));
	bool outside = skb->dev && !(skb->dev->flags & IFF_LOOPBACK);

	/* Not from where packets are forwarded, and not to a loopback address from outside. */
	if ((skb->dev && !here) ||
	    (outside && (flow->af == AF_INET ? ipv4_is_loopback(flow->remote.ip) :
					       ipv6_addr_loopback(&flow->remote.in6))))
		return drop(skb, fn, IP_VS_FNAT_A_EXT_DROP_NO_ROUTE);
	if (!track(skb, fn, pkt, flow))
		return drop(skb, fn, IP_VS_FNAT_A_EXT_PORT_CONFLICT);
	if (!ip_vs_fnat_rewrite(skb, pkt, flow, IP_VS_FNAT_ORIG))
		return drop(skb, fn, IP_VS_FNAT_A_EXT_DROP_NO_MEMORY);
	leave_conn(skb);
	if (!here) {
		skb_dst_drop(skb);
		skb_dst_set(skb, dst_clone(dst));
	}
	return NF_ACCEPT;
}

static int send_to_server(struct sk_buff *skb, struct ip_vs_fnat_net *fn,
			  const struct ip_vs_fnat_pkt *pkt, struct ip_vs_fnat_flow *flow,
			  struct dst_entry *dst)
{
	bool came = skb->dev;

	if ((came && !ip_vs_fnat_hops_left(skb, fn->net, flow->af)) ||
	    !ip_vs_fnat_fits(skb, fn->net, flow->af, dst)) {
		kfree_skb(skb);
		return NF_STOLEN;
	}
	if (!track(skb, fn, pkt, flow))
		return drop(skb, fn, IP_VS_FNAT_A_EXT_PORT_CONFLICT);
	if (skb_cow(skb, LL_RESERVED_SPACE(dst->dev) + dst->header_len) ||
	    !ip_vs_fnat_rewrite(skb, pkt, flow, IP_VS_FNAT_ORIG))
		return drop(skb, fn, IP_VS_FNAT_A_EXT_DROP_NO_MEMORY);
	if (came) {
		ip_vs_fnat_take_hop(skb_network_header(skb), flow->af);
		skb_clear_tstamp(skb);
	}
	skb_forward_csum(skb);
	leave_conn(skb);
	skb_dst_drop(skb);
	skb_dst_set(skb, dst_clone(dst));
	NF_HOOK(flow->af == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6, NF_INET_LOCAL_OUT, fn->net,
		NULL, skb, NULL, dst->dev, dst_output);
	return NF_STOLEN;
}

static bool checksum_bad(struct sk_buff *skb, const struct ip_vs_fnat_pkt *pkt, u8 af)
{
	return pkt->kind == IP_VS_FNAT_ERROR && skb->dev &&
	       nf_checksum(skb, NF_INET_LOCAL_IN, pkt->l4,
			   af == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6, af);
}

/* Also for an ICMP error about a packet of the connection's answers. */
int ip_vs_fnat_xmit(struct sk_buff *skb, struct ip_vs_conn *cp, struct ip_vs_protocol *pp,
		    struct ip_vs_iphdr *iph)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(cp->ipvs->net);
	struct ip_vs_fnat_conn *conn = ip_vs_fnat_cp_conn(cp);
	struct ip_vs_fnat_flow *flow;
	struct ip_vs_fnat_pkt pkt;
	struct dst_entry *dst;
	int ret;

	if (!conn)	/* taken over from another director, which has its local port */
		return drop(skb, fn, IP_VS_FNAT_A_EXT_DROP_NO_LADDR);
	flow = &conn->flow;
	ip_vs_fnat_parse(skb, flow->af, &pkt);
	if (pkt.kind != IP_VS_FNAT_FLOW && pkt.kind != IP_VS_FNAT_ERROR)
		return drop(skb, fn, pkt.kind == IP_VS_FNAT_FRAGMENT ?
			    IP_VS_FNAT_A_EXT_DROP_FRAGMENT : IP_VS_FNAT_A_EXT_DROP_MALFORMED);
	if (checksum_bad(skb, &pkt, flow->af))
		return drop(skb, fn, IP_VS_FNAT_A_EXT_DROP_MALFORMED);
	dst = ip_vs_fnat_output_route(fn->net, flow->af, &flow->local, &flow->remote);
	if (!dst) {
		if (!skb->dev)
			skb->dev = fn->net->loopback_dev;
		dst_link_failure(skb);
		return drop(skb, fn, IP_VS_FNAT_A_EXT_DROP_NO_ROUTE);
	}
	if (pkt.kind == IP_VS_FNAT_FLOW) {
		if (cp->protocol == IPPROTO_TCP)
			ip_vs_fnat_flow_tcp(flow, IP_VS_FNAT_ORIG, &pkt.tcph, cp->state);
		ip_vs_fnat_sync_passed(fn, flow);
	}
	if (ip_vs_fnat_dst_is_local(flow->af, dst)) {
		ret = deliver(skb, fn, &pkt, flow, dst);
	} else {
		ip_vs_fnat_flow_routed(flow, skb, dst);
		ret = send_to_server(skb, fn, &pkt, flow, dst);
	}
	dst_release(dst);
	return ret;
}
