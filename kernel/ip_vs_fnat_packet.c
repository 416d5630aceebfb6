// SPDX-License-Identifier: GPL-2.0
/*
 * Reading packets. Nothing here changes one, and nothing trusts a length: what
 * is not there in whole makes the packet malformed.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/sctp.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "ip_vs_fnat_addr.h"
#include "ip_vs_fnat_packet.h"
#include "ip_vs_fnat_way.h"

/* A network header, read at some offset: the packet's own, or a quoted one. */
struct l3 {
	union nf_inet_addr	src;
	union nf_inet_addr	dst;
	unsigned int		l4;
	u8			proto;
	bool			fragment;	/* not the first: no transport header */
	bool			partial;	/* a first fragment */
	bool			options;
};

static bool read_l3_v4(const struct sk_buff *skb, unsigned int off, struct l3 *l3)
{
	const struct iphdr *iph;
	struct iphdr buf;

	iph = skb_header_pointer(skb, off, sizeof(buf), &buf);
	if (!iph || iph->version != 4 || iph->ihl < 5)
		return false;
	l3->src.ip = iph->saddr;
	l3->dst.ip = iph->daddr;
	l3->l4 = off + iph->ihl * 4;
	l3->proto = iph->protocol;
	l3->fragment = iph->frag_off & htons(IP_OFFSET);
	l3->partial = iph->frag_off & htons(IP_MF);
	l3->options = iph->ihl > 5;
	return true;
}

static bool read_l3_v6(const struct sk_buff *skb, unsigned int off, struct l3 *l3)
{
	const struct ipv6hdr *iph;
	struct ipv6hdr buf;
	__be16 frag_off;
	int l4;

	iph = skb_header_pointer(skb, off, sizeof(buf), &buf);
	if (!iph || iph->version != 6)
		return false;
	l3->src.in6 = iph->saddr;
	l3->dst.in6 = iph->daddr;
	l3->proto = iph->nexthdr;
	l4 = ipv6_skip_exthdr(skb, off + sizeof(*iph), &l3->proto, &frag_off);
	if (l4 < 0)
		return false;
	l3->l4 = l4;
	l3->fragment = frag_off & htons(IP6_OFFSET);
	l3->partial = frag_off & htons(IP6_MF);
	l3->options = false;
	return true;
}

static bool read_l3(const struct sk_buff *skb, u8 af, unsigned int off, struct l3 *l3)
{
	memset(&l3->src, 0, sizeof(l3->src));
	memset(&l3->dst, 0, sizeof(l3->dst));
	return af == AF_INET ? read_l3_v4(skb, off, l3) : read_l3_v6(skb, off, l3);
}

static bool read_tcp(const struct sk_buff *skb, struct ip_vs_fnat_pkt *pkt)
{
	const struct tcphdr *th;

	th = skb_header_pointer(skb, pkt->l4, sizeof(pkt->tcph), &pkt->tcph);
	if (!th || th->doff < 5)
		return false;
	if (th != &pkt->tcph)
		pkt->tcph = *th;
	pkt->syn = th->syn && !th->ack && !th->rst && !th->fin;
	pkt->tuple.sport = th->source;
	pkt->tuple.dport = th->dest;
	return true;
}

static bool read_udp(const struct sk_buff *skb, struct ip_vs_fnat_pkt *pkt)
{
	const struct udphdr *uh;
	struct udphdr buf;

	uh = skb_header_pointer(skb, pkt->l4, sizeof(buf), &buf);
	if (!uh)
		return false;
	pkt->tuple.sport = uh->source;
	pkt->tuple.dport = uh->dest;
	return true;
}

static bool read_sctp(const struct sk_buff *skb, struct ip_vs_fnat_pkt *pkt)
{
	const struct sctphdr *sh;
	struct sctphdr buf;

	sh = skb_header_pointer(skb, pkt->l4, sizeof(buf), &buf);
	if (!sh)
		return false;
	pkt->tuple.sport = sh->source;
	pkt->tuple.dport = sh->dest;
	return true;
}

enum echo { ECHO_NONE, ECHO_REQUEST, ECHO_REPLY };

static enum echo echo_type(u8 af, u8 type)
{
	if (type == (af == AF_INET ? ICMP_ECHO : ICMPV6_ECHO_REQUEST))
		return ECHO_REQUEST;
	if (type == (af == AF_INET ? ICMP_ECHOREPLY : ICMPV6_ECHO_REPLY))
		return ECHO_REPLY;
	return ECHO_NONE;
}

/* Errors about a packet; redirects are for the next router only. */
static bool is_error(u8 af, u8 type)
{
	if (af == AF_INET6)
		return type >= ICMPV6_DEST_UNREACH && type <= ICMPV6_PARAMPROB;
	return type == ICMP_DEST_UNREACH || type == ICMP_TIME_EXCEEDED ||
	       type == ICMP_PARAMETERPROB || type == ICMP_SOURCE_QUENCH;
}

/*
 * The id of an echo stands for the port of the side that asks; the side that
 * answers has port 0.
 */
static bool read_echo(const struct sk_buff *skb, unsigned int off, u8 af,
		      __be16 *sport, __be16 *dport)
{
	/* The first eight bytes of an echo are the same in both families. */
	const struct icmphdr *icmph;
	struct icmphdr buf;
	enum echo echo;

	icmph = skb_header_pointer(skb, off, sizeof(buf), &buf);
	if (!icmph)
		return false;
	echo = echo_type(af, icmph->type);
	if (echo == ECHO_NONE)
		return false;
	*sport = echo == ECHO_REQUEST ? icmph->un.echo.id : 0;
	*dport = echo == ECHO_REQUEST ? 0 : icmph->un.echo.id;
	return true;
}

/* The quoted packet's tuple, turned round: the way that the error goes. */
static enum ip_vs_fnat_kind read_error(const struct sk_buff *skb, u8 af,
				       struct ip_vs_fnat_pkt *pkt)
{
	struct ip_vs_fnat_tuple *t = &pkt->tuple;
	const __be16 *ports;
	struct l3 quoted;
	__be16 buf[2];

	pkt->quoted = pkt->l4 + sizeof(struct icmphdr);
	if (!read_l3(skb, af, pkt->quoted, &quoted) || quoted.fragment)
		return IP_VS_FNAT_MALFORMED;
	/* An error goes to whom it quotes. */
	if (!ip_vs_fnat_addr_eq(af, &quoted.src, &pkt->dst))
		return IP_VS_FNAT_MALFORMED;
	pkt->quoted_l4 = quoted.l4;
	t->proto = quoted.proto;
	t->src = quoted.dst;
	t->dst = quoted.src;
	if (t->proto == IPPROTO_TCP || t->proto == IPPROTO_UDP || t->proto == IPPROTO_SCTP) {
		ports = skb_header_pointer(skb, quoted.l4, sizeof(buf), buf);
		if (!ports)
			return IP_VS_FNAT_MALFORMED;
		t->sport = ports[1];
		t->dport = ports[0];
		return IP_VS_FNAT_ERROR;
	}
	if (t->proto == (af == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6) &&
	    read_echo(skb, quoted.l4, af, &t->dport, &t->sport))
		return IP_VS_FNAT_ERROR;
	return IP_VS_FNAT_OTHER;
}

static enum ip_vs_fnat_kind read_icmp(const struct sk_buff *skb, u8 af,
				      struct ip_vs_fnat_pkt *pkt)
{
	const struct icmphdr *icmph;
	struct icmphdr buf;

	icmph = skb_header_pointer(skb, pkt->l4, sizeof(buf), &buf);
	if (!icmph)
		return IP_VS_FNAT_MALFORMED;
	pkt->icmp_type = icmph->type;
	if (is_error(af, icmph->type))
		return read_error(skb, af, pkt);
	if (read_echo(skb, pkt->l4, af, &pkt->tuple.sport, &pkt->tuple.dport))
		return IP_VS_FNAT_FLOW;
	return IP_VS_FNAT_OTHER;
}

void ip_vs_fnat_parse(const struct sk_buff *skb, u8 af, struct ip_vs_fnat_pkt *pkt)
{
	struct l3 l3;

	pkt->syn = false;
	pkt->icmp_type = 0;
	pkt->kind = IP_VS_FNAT_MALFORMED;
	pkt->l4 = 0;
	if (!read_l3(skb, af, skb_network_offset(skb), &l3))
		return;
	pkt->l4 = l3.l4;
	pkt->src = l3.src;
	pkt->dst = l3.dst;
	pkt->options = l3.options;
	pkt->tuple.af = af;
	pkt->tuple.l3 = skb->dev ? ip_vs_fnat_l3(skb->dev) : 0;
	pkt->tuple.proto = l3.proto;
	pkt->tuple.asked = 0;
	pkt->tuple.src = l3.src;
	pkt->tuple.dst = l3.dst;
	if (l3.fragment || l3.partial) {
		pkt->kind = IP_VS_FNAT_FRAGMENT;
		return;
	}
	switch (l3.proto) {
	case IPPROTO_TCP:
		pkt->kind = read_tcp(skb, pkt) ? IP_VS_FNAT_FLOW : IP_VS_FNAT_MALFORMED;
		break;
	case IPPROTO_UDP:
		pkt->kind = read_udp(skb, pkt) ? IP_VS_FNAT_FLOW : IP_VS_FNAT_MALFORMED;
		break;
	case IPPROTO_SCTP:
		pkt->kind = read_sctp(skb, pkt) ? IP_VS_FNAT_FLOW : IP_VS_FNAT_MALFORMED;
		break;
	case IPPROTO_ICMP:
		pkt->kind = af == AF_INET ? read_icmp(skb, af, pkt) : IP_VS_FNAT_OTHER;
		break;
	case IPPROTO_ICMPV6:
		pkt->kind = af == AF_INET6 ? read_icmp(skb, af, pkt) : IP_VS_FNAT_OTHER;
		break;
	default:
		pkt->kind = IP_VS_FNAT_OTHER;
	}
}
