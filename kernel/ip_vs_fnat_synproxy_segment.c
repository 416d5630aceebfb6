// SPDX-License-Identifier: GPL-2.0
/*
 * Segments that SYNPROXY reads and makes itself, and the kernel's own cookies.
 */
#include <linux/netfilter.h>
#include <linux/tcp.h>
#include <net/checksum.h>
#include <net/dst.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/tcp.h>

#include "ip_vs_fnat_compat.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_packet.h"
#include "ip_vs_fnat_stats.h"
#include "ip_vs_fnat_synproxy.h"
#include "ip_vs_fnat_tcp.h"
#include "ip_vs_fnat_xmit.h"

#define OPTIONS_MAX	40	/* of any TCP header */
#define OPTIONS_OURS	24	/* four, each filled up to words */

/* ---- reading ---- */

static void read_option(const u8 *option, struct ip_vs_fnat_tcp_options *options)
{
	switch (option[0]) {
	case TCPOPT_MSS:
		if (option[1] == TCPOLEN_MSS)
			options->mss = get_unaligned_be16(option + 2);
		break;
	case TCPOPT_WINDOW:
		if (option[1] == TCPOLEN_WINDOW)
			options->wscale = min_t(u8, option[2], TCP_MAX_WSCALE);
		break;
	case TCPOPT_SACK_PERM:
		if (option[1] == TCPOLEN_SACK_PERM)
			options->sack = true;
		break;
	case TCPOPT_TIMESTAMP:
		if (option[1] != TCPOLEN_TIMESTAMP)
			break;
		options->timestamp = true;
		options->tsval = get_unaligned_be32(option + 2);
		options->tsecr = get_unaligned_be32(option + 6);
		break;
	}
}

bool ip_vs_fnat_tcp_options(const struct sk_buff *skb, unsigned int l4, const struct tcphdr *th,
			    struct ip_vs_fnat_tcp_options *options)
{
	unsigned int len = th->doff * 4 - sizeof(*th), i;
	u8 buf[OPTIONS_MAX];
	const u8 *at;

	memset(options, 0, sizeof(*options));
	options->wscale = IP_VS_FNAT_NO_WSCALE;
	at = skb_header_pointer(skb, l4 + sizeof(*th), len, buf);
	if (!at)
		return false;
	for (i = ip_vs_fnat_next_option(at, 0, len); i < len;
	     i = ip_vs_fnat_next_option(at, i + at[i + 1], len))
		read_option(at + i, options);
	return true;
}

/* ---- cookies ---- */

/*
 * The headers that a cookie is made of. The kernel's cookies keep an MSS and
 * nothing else; that SACK is permitted is kept by turning the packet round,
 * which gives other cookies of the same strength.
 */
struct headers {
	union {
		struct iphdr	v4;
		struct ipv6hdr	v6;
	};
	struct tcphdr	tcp;
};

static void fill_headers(struct headers *h, const struct ip_vs_fnat_pkt *pkt, bool sack)
{
	const union nf_inet_addr *src = sack ? &pkt->dst : &pkt->src;
	const union nf_inet_addr *dst = sack ? &pkt->src : &pkt->dst;

	h->tcp = pkt->tcph;
	h->tcp.source = sack ? pkt->tcph.dest : pkt->tcph.source;
	h->tcp.dest = sack ? pkt->tcph.source : pkt->tcph.dest;
	if (pkt->tuple.af == AF_INET) {
		h->v4.saddr = src->ip;
		h->v4.daddr = dst->ip;
	} else {
		h->v6.saddr = src->in6;
		h->v6.daddr = dst->in6;
	}
}

u32 ip_vs_fnat_cookie_make(const struct ip_vs_fnat_pkt *pkt, struct ip_vs_fnat_cookie *what)
{
	struct headers h;

	fill_headers(&h, pkt, what->sack);
	return pkt->tuple.af == AF_INET ?
	       __cookie_v4_init_sequence(&h.v4, &h.tcp, &what->mss) :
	       __cookie_v6_init_sequence(&h.v6, &h.tcp, &what->mss);
}

bool ip_vs_fnat_cookie_check(const struct ip_vs_fnat_pkt *pkt, struct ip_vs_fnat_cookie *what)
{
	u32 cookie = ntohl(pkt->tcph.ack_seq) - 1;
	struct headers h;
	int sack, mss;

	for (sack = 1; sack >= 0; sack--) {
		fill_headers(&h, pkt, sack);
		mss = pkt->tuple.af == AF_INET ?
		      ip_vs_fnat_cookie_v4_check(&h.v4, &h.tcp, cookie) :
		      ip_vs_fnat_cookie_v6_check(&h.v6, &h.tcp, cookie);
		if (!mss)
			continue;
		what->mss = mss;
		what->sack = sack;
		return true;
	}
	return false;
}

/* ---- making ---- */

/* Returns their length, a multiple of four. */
static unsigned int write_options(u8 *at, const struct ip_vs_fnat_tcp_options *options)
{
	u8 *start = at;

	if (options->mss) {
		*at++ = TCPOPT_MSS;
		*at++ = TCPOLEN_MSS;
		put_unaligned_be16(options->mss, at);
		at += 2;
	}
	if (options->sack) {
		*at++ = TCPOPT_NOP;
		*at++ = TCPOPT_NOP;
		*at++ = TCPOPT_SACK_PERM;
		*at++ = TCPOLEN_SACK_PERM;
	}
	if (options->timestamp) {
		*at++ = TCPOPT_NOP;
		*at++ = TCPOPT_NOP;
		*at++ = TCPOPT_TIMESTAMP;
		*at++ = TCPOLEN_TIMESTAMP;
		put_unaligned_be32(options->tsval, at);
		put_unaligned_be32(options->tsecr, at + 4);
		at += 8;
	}
	if (options->wscale != IP_VS_FNAT_NO_WSCALE) {
		*at++ = TCPOPT_NOP;
		*at++ = TCPOPT_WINDOW;
		*at++ = TCPOLEN_WINDOW;
		*at++ = options->wscale;
	}
	return at - start;
}

static void write_network(struct sk_buff *skb, const struct ip_vs_fnat_segment *s,
			  unsigned int len)
{
	if (s->af == AF_INET) {
		struct iphdr *iph = ip_hdr(skb);

		memset(iph, 0, sizeof(*iph));
		iph->version = 4;
		iph->ihl = sizeof(*iph) / 4;
		iph->tot_len = htons(sizeof(*iph) + len);
		iph->frag_off = htons(IP_DF);
		iph->ttl = s->ttl;
		iph->protocol = IPPROTO_TCP;
		iph->saddr = s->src->ip;
		iph->daddr = s->dst->ip;
		ip_send_check(iph);
		skb->protocol = htons(ETH_P_IP);
	} else {
		struct ipv6hdr *iph = ipv6_hdr(skb);

		memset(iph, 0, sizeof(*iph));
		iph->version = 6;
		iph->payload_len = htons(len);
		iph->nexthdr = IPPROTO_TCP;
		iph->hop_limit = s->ttl;
		iph->saddr = s->src->in6;
		iph->daddr = s->dst->in6;
		skb->protocol = htons(ETH_P_IPV6);
	}
}

static unsigned int write_tcp(struct tcphdr *th, const struct ip_vs_fnat_segment *s)
{
	unsigned int len = sizeof(*th) + write_options((u8 *)(th + 1), &s->options);

	th->source = s->sport;
	th->dest = s->dport;
	th->seq = htonl(s->seq);
	th->ack_seq = htonl(s->ack);
	*((__be16 *)th + 6) = htons(len / 4 << 12 | s->flags);
	th->window = htons(s->window);
	th->check = 0;
	th->urg_ptr = 0;
	if (s->af == AF_INET)
		th->check = csum_tcpudp_magic(s->src->ip, s->dst->ip, len, IPPROTO_TCP,
					      csum_partial(th, len, 0));
	else
		th->check = csum_ipv6_magic(&s->src->in6, &s->dst->in6, len, IPPROTO_TCP,
					    csum_partial(th, len, 0));
	return len;
}

struct sk_buff *ip_vs_fnat_segment_make(const struct ip_vs_fnat_segment *s)
{
	unsigned int network = s->af == AF_INET ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
	struct sk_buff *skb;
	unsigned int len;

	skb = alloc_skb(MAX_HEADER + network + sizeof(struct tcphdr) + OPTIONS_OURS, GFP_ATOMIC);
	if (!skb)
		return NULL;
	skb_reserve(skb, MAX_HEADER);
	skb_reset_network_header(skb);
	skb_put(skb, network);
	skb_set_transport_header(skb, network);
	len = write_tcp(tcp_hdr(skb), s);
	skb_put(skb, len);
	write_network(skb, s, len);
	return skb;
}

void ip_vs_fnat_segment_send(struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_segment *s)
{
	struct sk_buff *skb = ip_vs_fnat_segment_make(s);
	struct dst_entry *dst;

	if (!skb) {
		IP_VS_FNAT_INC(fn, DROP_NO_MEMORY);
		return;
	}
	dst = ip_vs_fnat_output_route(fn->net, s->af, s->src, s->dst);
	if (!dst) {
		IP_VS_FNAT_INC(fn, DROP_NO_ROUTE);
		kfree_skb(skb);
		return;
	}
	skb_dst_set(skb, dst);
	/* Neither IPVS nor connection tracking would know what to make of it. */
	skb->ipvs_property = 1;
	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
	NF_HOOK(s->af == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6, NF_INET_LOCAL_OUT, fn->net, NULL,
		skb, NULL, dst->dev, dst_output);
}

void ip_vs_fnat_segment_reset(struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_pkt *pkt)
{
	const struct ip_vs_fnat_segment s = {
		.src		= &pkt->dst,
		.dst		= &pkt->src,
		.sport		= pkt->tcph.dest,
		.dport		= pkt->tcph.source,
		.seq		= ntohl(pkt->tcph.ack_seq),
		.flags		= TCPHDR_RST,
		.ttl		= IP_VS_FNAT_HOPS,
		.af		= pkt->tuple.af,
		.options	= { .wscale = IP_VS_FNAT_NO_WSCALE },
	};

	ip_vs_fnat_segment_send(fn, &s);
}
