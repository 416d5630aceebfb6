// SPDX-License-Identifier: GPL-2.0
/*
 * The MSS of handshakes. Where a link is narrower than the ends know and ICMP does not
 * reach them, as with PPPoE and tunnels, connections hang as soon as they send much;
 * with a smaller MSS nobody sends what does not pass.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <net/checksum.h>
#include <net/dst.h>

#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_packet.h"
#include "ip_vs_fnat_tcp.h"
#include "ip_vs_fnat_way.h"

#define TCP_HEADER_MAX	60

/* Where the value of the MSS stands, from the TCP header on; 0: there is none. */
static unsigned int mss_offset(const struct tcphdr *th)
{
	unsigned int len = th->doff * 4 - sizeof(*th), i;
	const u8 *options = (const u8 *)(th + 1);

	for (i = ip_vs_fnat_next_option(options, 0, len); i < len;
	     i = ip_vs_fnat_next_option(options, i + options[i + 1], len))
		if (options[i] == TCPOPT_MSS && options[i + 1] == TCPOLEN_MSS)
			return sizeof(*th) + i + 2;
	return 0;
}

u16 ip_vs_fnat_mss(const struct tcphdr *th)
{
	unsigned int at = mss_offset(th);

	return at ? get_unaligned_be16((const u8 *)th + at) : 0;
}

void ip_vs_fnat_set_mss(struct sk_buff *skb, struct tcphdr *th, u16 mss)
{
	unsigned int at = mss_offset(th);
	u16 was = ip_vs_fnat_mss(th);

	if (!at)
		return;
	put_unaligned_be16(mss, (u8 *)th + at);
	/* At an odd offset, the bytes are in each other's place. */
	inet_proto_csum_replace2(&th->check, skb, at & 1 ? htons(swab16(was)) : htons(was),
				 at & 1 ? htons(swab16(mss)) : htons(mss), false);
}

/* ---- what the operator's chains make of it ---- */

/* Of the last SYN that this CPU saw at PRE_ROUTING. */
struct note {
	const struct sk_buff	*skb;
	u16			mss;
};

static DEFINE_PER_CPU(struct note, note);

/* The MSS of the SYN whose TCP header is at @l4; 0 if it is none, or has none. */
static u16 syn_mss(const struct sk_buff *skb, unsigned int l4)
{
	u8 buf[TCP_HEADER_MAX];
	const struct tcphdr *th;

	th = skb_header_pointer(skb, l4, sizeof(*th), buf);
	if (!th || !th->syn || th->doff < 5)
		return 0;
	th = skb_header_pointer(skb, l4, th->doff * 4, buf);
	return th ? ip_vs_fnat_mss(th) : 0;
}

void ip_vs_fnat_mss_note(const struct sk_buff *skb, u8 af)
{
	unsigned int l4 = af == AF_INET ? ip_hdrlen(skb) : sizeof(struct ipv6hdr);

	if ((af == AF_INET ? ip_hdr(skb)->protocol : ipv6_hdr(skb)->nexthdr) != IPPROTO_TCP)
		return;
	this_cpu_write(note.skb, skb);
	this_cpu_write(note.mss, syn_mss(skb, skb_network_offset(skb) + l4));
}

void ip_vs_fnat_mss_learn(const struct sk_buff *skb, const struct ip_vs_fnat_pkt *pkt,
			  struct ip_vs_fnat_flow *flow)
{
	u16 before = this_cpu_read(note.mss), now;

	if (!pkt->syn || this_cpu_read(note.skb) != skb)
		return;
	this_cpu_write(note.skb, NULL);
	now = syn_mss(skb, pkt->l4);
	if (now >= before)
		return;
	WRITE_ONCE(flow->way[IP_VS_FNAT_ORIG].mss, now);
	WRITE_ONCE(flow->way[IP_VS_FNAT_REPLY].mss, now);
}

/* ---- what the links take ---- */

/* Of a segment without options, in a packet of @mtu bytes. */
static unsigned int mss_of(u8 af, unsigned int mtu)
{
	unsigned int headers = sizeof(struct tcphdr) + (af == AF_INET ? sizeof(struct iphdr) :
									sizeof(struct ipv6hdr));

	return mtu > headers + TCP_MIN_MSS ? mtu - headers : TCP_MIN_MSS;
}

/* The other direction's route, or what is known of it: the device that the packet came by. */
static unsigned int way_mtu(const struct ip_vs_fnat_way *way, const struct sk_buff *skb)
{
	const struct dst_entry *dst = rcu_dereference(way->dst);

	if (dst)
		return dst_mtu(dst);
	return skb->dev ? READ_ONCE(skb->dev->mtu) : IP_MAX_MTU;
}

static unsigned int mss_limit(const struct sk_buff *skb, const struct ip_vs_fnat_flow *flow,
			      enum ip_vs_fnat_dir dir)
{
	const struct ip_vs_fnat_net *fn = ip_vs_fnat_net(read_pnet(&flow->net));
	unsigned int limit = READ_ONCE(flow->way[dir].mss) ?: U16_MAX, mtu;

	if (!READ_ONCE(fn->mss_clamp))
		return limit;
	mtu = min(dst_mtu(skb_dst(skb)), way_mtu(&flow->way[!dir], skb));
	if (ip_vs_fnat_is_conn(flow))
		/* What IPVS sends has the route that it came by. */
		mtu = min(mtu, way_mtu(&flow->way[dir], skb));
	return min(limit, mss_of(flow->af, mtu));
}

bool ip_vs_fnat_mss_clamp(struct sk_buff *skb, const struct ip_vs_fnat_pkt *pkt,
			  const struct ip_vs_fnat_flow *flow, enum ip_vs_fnat_dir dir)
{
	unsigned int headers = pkt->l4 + pkt->tcph.doff * 4, limit;
	struct tcphdr *th;

	if (headers > skb->len || !skb_dst(skb))
		return true;
	limit = mss_limit(skb, flow, dir);
	if (syn_mss(skb, pkt->l4) <= limit)
		return true;
	if (skb_ensure_writable(skb, headers))
		return false;
	th = (struct tcphdr *)(skb->data + pkt->l4);
	ip_vs_fnat_set_mss(skb, th, limit);
	return true;
}

bool ip_vs_fnat_mss_fits(const struct sk_buff *skb, const struct ip_vs_fnat_net *fn, u8 af,
			 const struct tcphdr *th, const struct dst_entry *dst)
{
	return !READ_ONCE(fn->mss_clamp) ||
	       ip_vs_fnat_mss(th) <= mss_of(af, min(dst_mtu(dst), READ_ONCE(skb->dev->mtu)));
}
