// SPDX-License-Identifier: GPL-2.0
/*
 * Flows and connection tracking. Where it is active, a flow of a rule or zone, and with
 * vs.conntrack a connection of FULLNAT, has the entry that its first packet was given, with
 * the reply tuple of the translation:
 * chains that ask for a connection's state or mark, counts of connections, lists and
 * events are as true as with nf_nat, and nf_nat gives no port twice.
 *
 * Flow and entry hold no reference to each other: each finds the other by its tuple.
 * The entry is confirmed at FORWARD, or where IPVS sends, and taken off the packet, so that
 * nat chains at POST_ROUTING do not translate what is translated. Packets on the full path
 * are shown to connection tracking, which follows TCP's states by them; those of the fast
 * path are not. The sweep of the flow table prolongs the entry while the flow lives, and who ends
 * the flow ends it.
 *
 * Where nf_nat has changed a packet's destination, our flow changes the source, and nf_nat
 * learns of it: it translates the answers back, destination and source, on the stack's way.
 * The entry has IPS_SRC_NAT for that, and not IPS_SRC_NAT_DONE, since it is not in nf_nat's
 * table of sources. No other's is so.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/jhash.h>
#include <linux/netfilter.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_zones.h>

#include "ip_vs_fnat_find.h"
#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_packet.h"
#include "ip_vs_fnat_track.h"

#ifdef CONFIG_IP_VS_NFCT

#define SRC_NAT_OF_OTHERS	(IPS_SRC_NAT | IPS_SRC_NAT_DONE)

enum ip_vs_fnat_claim ip_vs_fnat_claimed(const struct sk_buff *skb)
{
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct;

	if (skb->ipvs_property)
		return IP_VS_FNAT_OTHERS;
	ct = nf_ct_get(skb, &ctinfo);
	if (!ct)
		return IP_VS_FNAT_UNCLAIMED;
	if ((ct->status & SRC_NAT_OF_OTHERS) == SRC_NAT_OF_OTHERS ||
	    CTINFO2DIR(ctinfo) == IP_CT_DIR_REPLY)
		return IP_VS_FNAT_OTHERS;
	return ct->status & IPS_DST_NAT ? IP_VS_FNAT_SENT_ELSEWHERE : IP_VS_FNAT_UNCLAIMED;
}

u16 ip_vs_fnat_track_asked(const struct sk_buff *skb)
{
	const struct nf_conntrack_tuple *t;
	enum ip_conntrack_info ctinfo;
	u32 hash;

	t = &nf_ct_get(skb, &ctinfo)->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	hash = jhash2(t->dst.u3.all, ARRAY_SIZE(t->dst.u3.all),
		      ip_vs_fnat_table.key[0] ^ (__force u16)t->dst.u.all);
	return reciprocal_scale(hash, U16_MAX) + 1;
}

void ip_vs_fnat_track_choose(const struct sk_buff *skb, const struct ip_vs_fnat_net *fn,
			     struct ip_vs_fnat_flow *flow)
{
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct = nf_ct_get(skb, &ctinfo);

	if (!ct)
		return;
	WRITE_ONCE(flow->zone, nf_ct_zone_id(nf_ct_zone(ct), IP_CT_DIR_ORIGINAL));
	if (ip_vs_fnat_is_conn(flow)) {
		/* What nf_nat has sent to the virtual address it sends there again. */
		if (ip_vs_fnat_conn(flow)->track && !(ct->status & IPS_NAT_MASK))
			WRITE_ONCE(flow->tracked, IP_VS_FNAT_TRACK_OWN);
	} else if (ct->status & IPS_DST_NAT) {
		WRITE_ONCE(flow->tracked, IP_VS_FNAT_TRACK_NAT);
	} else if (READ_ONCE(fn->conntrack)) {
		WRITE_ONCE(flow->tracked, IP_VS_FNAT_TRACK_OWN);
	}
}

/* ---- entries ---- */

/* The tuple of the client's packets, as it sends them, or of the remote's answers. */
static void tuple_of(const struct ip_vs_fnat_flow *flow, enum ip_vs_fnat_dir dir, __be16 lport,
		     struct nf_conntrack_tuple *t)
{
	const struct ip_vs_fnat_conn *conn = ip_vs_fnat_is_conn(flow) ? ip_vs_fnat_conn(flow) :
									NULL;
	bool reply = dir == IP_VS_FNAT_REPLY;

	memset(t, 0, sizeof(*t));
	t->src.l3num = flow->af;
	t->dst.protonum = flow->proto;
	t->dst.dir = reply ? IP_CT_DIR_REPLY : IP_CT_DIR_ORIGINAL;
	t->src.u3 = reply ? flow->remote : flow->client;
	t->dst.u3 = reply ? flow->local : conn ? conn->virtual : flow->remote;
	if (flow->proto == IPPROTO_ICMP) {
		t->src.u.icmp.id = reply ? lport : flow->cport;
		t->dst.u.icmp.type = reply ? ICMP_ECHOREPLY : ICMP_ECHO;
	} else if (flow->proto == IPPROTO_ICMPV6) {
		t->src.u.icmp.id = reply ? lport : flow->cport;
		t->dst.u.icmp.type = reply ? ICMPV6_ECHO_REPLY : ICMPV6_ECHO_REQUEST;
	} else {
		t->src.u.all = reply ? flow->rport : flow->cport;
		t->dst.u.all = reply ? lport : conn ? conn->vport : flow->rport;
	}
}

/* The entry with the tuple, with a reference; or NULL. */
static struct nf_conn *track_find(const struct ip_vs_fnat_flow *flow,
				  const struct nf_conntrack_tuple *t)
{
	struct nf_conntrack_tuple_hash *h;
	struct nf_conntrack_zone zone;

	nf_ct_zone_init(&zone, READ_ONCE(flow->zone), NF_CT_DEFAULT_ZONE_DIR, 0);
	h = nf_conntrack_find_get(read_pnet(&flow->net), &zone, t);
	return h ? nf_ct_tuplehash_to_ctrack(h) : NULL;
}

bool ip_vs_fnat_track_has_port(const struct ip_vs_fnat_net *fn,
			       const struct ip_vs_fnat_flow *flow, u16 port)
{
	struct nf_conntrack_tuple t;
	struct nf_conn *ct;

	if (!nf_conntrack_count(fn->net))
		return false;
	tuple_of(flow, IP_VS_FNAT_REPLY, htons(port), &t);
	ct = track_find(flow, &t);
	if (!ct)
		return false;
	nf_ct_put(ct);
	return true;
}

/* Has the entry the flow's answers? */
static bool is_of(const struct nf_conn *ct, const struct ip_vs_fnat_flow *flow)
{
	struct nf_conntrack_tuple reply;

	tuple_of(flow, IP_VS_FNAT_REPLY, flow->lport, &reply);
	return nf_ct_tuple_equal(&ct->tuplehash[IP_CT_DIR_REPLY].tuple, &reply);
}

static bool has_entry(u8 tracked)
{
	return tracked == IP_VS_FNAT_TRACK_OWN || tracked == IP_VS_FNAT_TRACK_NAT;
}

/* The flow's entry, with a reference; or NULL. */
static struct nf_conn *entry(const struct ip_vs_fnat_flow *flow)
{
	u8 tracked = READ_ONCE(flow->tracked);
	struct nf_conntrack_tuple t;
	struct nf_conn *ct;

	if (!has_entry(tracked))
		return NULL;
	/* Where the client asked another than the remote, by the answers. */
	tuple_of(flow, tracked == IP_VS_FNAT_TRACK_NAT ? IP_VS_FNAT_REPLY : IP_VS_FNAT_ORIG,
		 flow->lport, &t);
	ct = track_find(flow, &t);
	if (!ct)
		return NULL;
	if (is_of(ct, flow))
		return ct;
	nf_ct_put(ct);
	return NULL;
}

void ip_vs_fnat_track_keep(const struct ip_vs_fnat_flow *flow, u32 left)
{
	unsigned long more = msecs_to_jiffies(left);
	struct nf_conn *ct = entry(flow);

	if (!ct)
		return;
	/* While nobody else ends it: time stands still for one that is being deleted. */
	if (!nf_ct_is_dying(ct) && nf_ct_expires(ct) < more)
		WRITE_ONCE(ct->timeout, nfct_time_stamp + more);
	nf_ct_put(ct);
}

void ip_vs_fnat_track_end(const struct ip_vs_fnat_flow *flow)
{
	struct nf_conn *ct = entry(flow);

	if (!ct)
		return;
	nf_ct_kill(ct);
	nf_ct_put(ct);
}

/* ---- packets ---- */

/* What connection tracking noted about the packet is told to who listens, as at its end. */
static void tell_events(struct sk_buff *skb)
{
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct = nf_ct_get(skb, &ctinfo);

	if (ct && nf_ct_is_confirmed(ct))
		nf_conntrack_confirm(skb);
}

/* Give a new entry the flow's answers, and have it found by them. */
static bool enter(struct sk_buff *skb, struct nf_conn *ct, const struct ip_vs_fnat_flow *flow)
{
	struct nf_conntrack_tuple reply;

	tuple_of(flow, IP_VS_FNAT_REPLY, flow->lport, &reply);
	nf_conntrack_alter_reply(ct, &reply);
	if (ct->status & IPS_DST_NAT)
		set_bit(IPS_SRC_NAT_BIT, &ct->status);
	if (flow->proto == IPPROTO_TCP) {
		/* It sees neither all packets, nor windows move on. */
		ct->proto.tcp.seen[0].flags |= IP_CT_TCP_FLAG_BE_LIBERAL;
		ct->proto.tcp.seen[1].flags |= IP_CT_TCP_FLAG_BE_LIBERAL;
	}
	return nf_conntrack_confirm(skb) == NF_ACCEPT;
}

bool ip_vs_fnat_track_enter(struct sk_buff *skb, struct ip_vs_fnat_net *fn,
			    struct ip_vs_fnat_flow *flow)
{
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct = nf_ct_get(skb, &ctinfo);
	bool entered = true;

	if (ct && READ_ONCE(flow->tracked) != IP_VS_FNAT_TRACK_OWN)
		ip_vs_fnat_track_choose(skb, fn, flow);
	if (ct && CTINFO2DIR(ctinfo) == IP_CT_DIR_ORIGINAL &&
	    has_entry(READ_ONCE(flow->tracked))) {
		/* One that has other answers belongs to nobody: the next is ours. */
		if (!nf_ct_is_confirmed(ct))
			entered = enter(skb, ct, flow);
		else if (!is_of(ct, flow))
			nf_ct_kill(ct);
		else
			tell_events(skb);
	}
	nf_reset_ct(skb);
	return entered;
}

unsigned int ip_vs_fnat_track_packet(struct sk_buff *skb, struct ip_vs_fnat_net *fn,
				     const struct ip_vs_fnat_pkt *pkt,
				     struct ip_vs_fnat_flow *flow, enum ip_vs_fnat_dir dir,
				     unsigned int hook)
{
	const struct nf_hook_state state = {
		.hook	= hook,
		.pf	= flow->af,
		.in	= hook == NF_INET_PRE_ROUTING ? skb->dev : NULL,
		.net	= fn->net,
	};
	unsigned int verdict;

	if (READ_ONCE(flow->tracked) != IP_VS_FNAT_TRACK_OWN || pkt->kind != IP_VS_FNAT_FLOW)
		return NF_ACCEPT;
	/* It would believe what the flow does not. */
	if (flow->proto == IPPROTO_TCP && (pkt->tcph.rst || pkt->tcph.fin) &&
	    !ip_vs_fnat_flow_is_near(flow, dir, ntohl(pkt->tcph.seq)))
		return NF_ACCEPT;
	verdict = nf_conntrack_in(skb, &state);
	if (verdict != NF_ACCEPT)
		return verdict;
	/* The entry may have been deleted. An answer makes none. */
	if (dir == IP_VS_FNAT_ORIG)
		return ip_vs_fnat_track_enter(skb, fn, flow) ? NF_ACCEPT : NF_DROP;
	tell_events(skb);
	nf_reset_ct(skb);
	return NF_ACCEPT;
}

#endif /* CONFIG_IP_VS_NFCT */
