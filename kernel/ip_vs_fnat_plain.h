/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rewriting packets of TCP and UDP whose headers are plain, in a header so that
 * the fast path has it in place, for each family apart.
 */
#ifndef _IP_VS_FNAT_PLAIN_H
#define _IP_VS_FNAT_PLAIN_H

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>

#include "ip_vs_fnat_flow.h"

/*
 * What the checksums have to be told: sums of words of 32 bits, the old ones
 * inverted. No carry is lost in so few of them.
 */
struct ip_vs_fnat_sums {
	u64	addresses;
	u64	ports;
};

/* The one's complement of the sum's 16 bits, as csum_fold(). */
static __always_inline __sum16 ip_vs_fnat_fold(u64 sum)
{
	sum = (sum >> 32) + (u32)sum;
	sum = (sum >> 32) + (u32)sum;
	return csum_fold((__force __wsum)(u32)sum);
}

/* @sum, which is inverted, after words changed by @diff. */
static __always_inline __sum16 ip_vs_fnat_sum_apply(__sum16 sum, u64 diff)
{
	return ip_vs_fnat_fold(diff + (__force u16)~sum);
}

static __always_inline void ip_vs_fnat_plain_addr(void *at, const union nf_inet_addr *to, u8 af,
						  struct ip_vs_fnat_sums *sums)
{
	int i, words = af == AF_INET ? 1 : 4;
	u32 *word = at;

	for (i = 0; i < words; i++) {
		sums->addresses += (u32)~word[i];
		sums->addresses += (__force u32)to->all[i];
	}
	for (i = 0; i < words; i++)
		word[i] = (__force u32)to->all[i];
}

/* One end of the packet: its source, or its destination. Ports are where UDP has them. */
static __always_inline void ip_vs_fnat_plain_end(struct sk_buff *skb, u8 af, bool source,
						 const union nf_inet_addr *addr, __be16 port,
						 struct ip_vs_fnat_sums *sums)
{
	struct ipv6hdr *ip6h = (struct ipv6hdr *)skb->data;
	struct iphdr *iph = (struct iphdr *)skb->data;
	struct udphdr *uh;
	__be16 *at;

	if (af == AF_INET) {
		uh = (struct udphdr *)(iph + 1);
		ip_vs_fnat_plain_addr(source ? &iph->saddr : &iph->daddr, addr, af, sums);
	} else {
		uh = (struct udphdr *)(ip6h + 1);
		ip_vs_fnat_plain_addr(source ? &ip6h->saddr : &ip6h->daddr, addr, af, sums);
	}
	at = source ? &uh->source : &uh->dest;
	sums->ports += (__force u16)~*at;
	sums->ports += (__force u16)port;
	*at = port;
}

static __always_inline __sum16 ip_vs_fnat_plain_sum(const struct sk_buff *skb, __sum16 sum,
						    const struct ip_vs_fnat_sums *sums)
{
	/* With offload it is of the pseudo header only, and not inverted. */
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		return ~ip_vs_fnat_fold(sums->addresses + (__force u16)sum);
	return ip_vs_fnat_sum_apply(sum, sums->addresses + sums->ports);
}

static __always_inline void ip_vs_fnat_plain_server(struct sk_buff *skb,
						    const struct ip_vs_fnat_conn *conn,
						    enum ip_vs_fnat_dir dir, u8 af,
						    struct ip_vs_fnat_sums *sums)
{
	if (dir == IP_VS_FNAT_ORIG)
		ip_vs_fnat_plain_end(skb, af, false, &conn->flow.remote, conn->flow.rport, sums);
	else
		ip_vs_fnat_plain_end(skb, af, true, &conn->virtual, conn->vport, sums);
}

/*
 * Rewrite a packet of TCP or UDP whose headers are there and may be written, the
 * one right behind the other; its checksum is not CHECKSUM_COMPLETE. @af is the
 * flow's family.
 */
static __always_inline void ip_vs_fnat_rewrite_plain(struct sk_buff *skb,
						     const struct ip_vs_fnat_flow *flow,
						     enum ip_vs_fnat_dir dir, u8 af)
{
	void *l4 = skb->data + (af == AF_INET ? sizeof(struct iphdr) : sizeof(struct ipv6hdr));
	struct iphdr *iph = (struct iphdr *)skb->data;
	struct ip_vs_fnat_sums sums = { 0, 0 };
	struct udphdr *uh = l4;
	struct tcphdr *th = l4;

	if (dir == IP_VS_FNAT_ORIG)
		ip_vs_fnat_plain_end(skb, af, true, &flow->local, flow->lport, &sums);
	else
		ip_vs_fnat_plain_end(skb, af, false, &flow->client, flow->cport, &sums);
	if (unlikely(ip_vs_fnat_is_conn(flow)))
		ip_vs_fnat_plain_server(skb, ip_vs_fnat_conn(flow), dir, af, &sums);
	if (af == AF_INET)
		iph->check = ip_vs_fnat_sum_apply(iph->check, sums.addresses);
	if (flow->proto == IPPROTO_TCP)
		th->check = ip_vs_fnat_plain_sum(skb, th->check, &sums);
	else if (uh->check || skb->ip_summed == CHECKSUM_PARTIAL)
		uh->check = ip_vs_fnat_plain_sum(skb, uh->check, &sums) ?: CSUM_MANGLED_0;
}

#endif /* _IP_VS_FNAT_PLAIN_H */
