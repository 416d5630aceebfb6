/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reading packets of TCP and UDP whose headers are plain, in a header so that the fast
 * path has it in place, for each family apart. What is not plain, ip_vs_fnat_parse() reads.
 */
#ifndef _IP_VS_FNAT_READ_H
#define _IP_VS_FNAT_READ_H

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include "ip_vs_fnat_find.h"
#include "ip_vs_fnat_way.h"

#define IP_VS_FNAT_TCP_FLAGS	(TCP_FLAG_SYN | TCP_FLAG_FIN | TCP_FLAG_RST | TCP_FLAG_ACK)

static __always_inline unsigned int ip_vs_fnat_l3_size(u8 af)
{
	return af == AF_INET ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
}

/*
 * The network header of a packet that is plain and has hops left. Returns the
 * packet's length by that header, behind which there may be padding; 0 when it
 * is another kind of packet. So much of it is there as UDP has headers.
 */
static __always_inline unsigned int ip_vs_fnat_read_l3(const struct sk_buff *skb, u8 af,
						       struct ip_vs_fnat_key *key)
{
	const struct ipv6hdr *ip6h = (const struct ipv6hdr *)skb->data;
	const struct iphdr *iph = (const struct iphdr *)skb->data;

	key->af = af;
	key->asked = 0;
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
static __always_inline bool ip_vs_fnat_read_l4(const struct sk_buff *skb, unsigned int l4,
					       unsigned int there, struct ip_vs_fnat_key *key)
{
	const struct tcphdr *th = (const struct tcphdr *)(skb->data + l4);
	__be32 flags;

	if (key->proto == IPPROTO_TCP) {
		if (there < l4 + sizeof(struct tcphdr) || th->doff < 5)
			return false;
		flags = tcp_flag_word(th) & IP_VS_FNAT_TCP_FLAGS;
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
static __always_inline unsigned int ip_vs_fnat_read_packet(const struct sk_buff *skb, u8 af,
							   struct ip_vs_fnat_key *key)
{
	const unsigned int l4 = ip_vs_fnat_l3_size(af);
	unsigned int there = skb_headlen(skb), len;

	if (there < l4 + sizeof(struct udphdr))
		return 0;
	len = ip_vs_fnat_read_l3(skb, af, key);
	if (len < l4 + sizeof(struct udphdr) || len > skb->len ||
	    !ip_vs_fnat_read_l4(skb, l4, min(there, len), key))
		return 0;
	return len;
}

#endif /* _IP_VS_FNAT_READ_H */
