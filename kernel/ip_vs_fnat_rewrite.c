// SPDX-License-Identifier: GPL-2.0
/*
 * Rewriting addresses, ports and echo ids, with checksums kept by their
 * differences. Whether a checksum was right is not asked and not changed: a
 * wrong one stays wrong, so that the receiver sees what happened.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/sctp.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip6_checksum.h>
#include <net/sctp/checksum.h>

#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_packet.h"
#include "ip_vs_fnat_plain.h"
#include "ip_vs_fnat_rewrite.h"
#include "ip_vs_fnat_synproxy_seq.h"
#include "ip_vs_fnat_tcp.h"

/* One end of a tuple becomes another. */
struct edit {
	u8				af;
	u8				proto;
	bool				source;	/* which end */
	const union nf_inet_addr	*old_addr;
	const union nf_inet_addr	*new_addr;
	__be16				old_port;
	__be16				new_port;
};

static void edit_l3(struct sk_buff *skb, unsigned int off, const struct edit *e)
{
	if (e->af == AF_INET6) {
		struct ipv6hdr *ip6h = (struct ipv6hdr *)(skb->data + off);

		*(e->source ? &ip6h->saddr : &ip6h->daddr) = e->new_addr->in6;
	} else {
		struct iphdr *iph = (struct iphdr *)(skb->data + off);
		__be32 *addr = e->source ? &iph->saddr : &iph->daddr;

		csum_replace4(&iph->check, *addr, e->new_addr->ip);
		*addr = e->new_addr->ip;
	}
}

/* A checksum over a pseudo header with the address, and over the port. */
static void fix_sum(struct sk_buff *skb, __sum16 *sum, const struct edit *e)
{
	if (e->af == AF_INET6)
		inet_proto_csum_replace16(sum, skb, e->old_addr->ip6, e->new_addr->ip6, true);
	else
		inet_proto_csum_replace4(sum, skb, e->old_addr->ip, e->new_addr->ip, true);
	inet_proto_csum_replace2(sum, skb, e->old_port, e->new_port, false);
}

/* @len: bytes of the transport header that are there; a quoted one may be cut short. */
static void edit_tcp(struct sk_buff *skb, unsigned int off, unsigned int len,
		     const struct edit *e)
{
	struct tcphdr *th = (struct tcphdr *)(skb->data + off);

	if (len >= offsetofend(struct tcphdr, check))
		fix_sum(skb, &th->check, e);
	*(e->source ? &th->source : &th->dest) = e->new_port;
}

static void edit_udp(struct sk_buff *skb, unsigned int off, unsigned int len,
		     const struct edit *e)
{
	struct udphdr *uh = (struct udphdr *)(skb->data + off);

	/* 0 says that there is none, and stays; with offload it is only unfinished. */
	if (len >= sizeof(*uh) && (uh->check || skb->ip_summed == CHECKSUM_PARTIAL)) {
		fix_sum(skb, &uh->check, e);
		if (!uh->check)
			uh->check = CSUM_MANGLED_0;
	}
	*(e->source ? &uh->source : &uh->dest) = e->new_port;
}

/* The checksum, a CRC over the whole packet, comes after all edits. */
static void edit_sctp(struct sk_buff *skb, unsigned int off, const struct edit *e)
{
	struct sctphdr *sh = (struct sctphdr *)(skb->data + off);

	*(e->source ? &sh->source : &sh->dest) = e->new_port;
}

/* Is there a right CRC, which has to be made anew? With offload the device makes it. */
static bool sctp_sum_right(struct sk_buff *skb, unsigned int off)
{
	const struct sctphdr *sh = (const struct sctphdr *)(skb->data + off);

	if (skb->ip_summed == CHECKSUM_PARTIAL)
		return false;
	return skb_csum_unnecessary(skb) || sctp_compute_cksum(skb, off) == sh->checksum;
}

static void sctp_sum(struct sk_buff *skb, unsigned int off)
{
	struct sctphdr *sh = (struct sctphdr *)(skb->data + off);

	sh->checksum = sctp_compute_cksum(skb, off);
	skb->ip_summed = CHECKSUM_UNNECESSARY;
}

/* The id belongs to the side that asks, whichever end is being edited. */
static void edit_echo(struct sk_buff *skb, unsigned int off, const struct edit *e)
{
	struct icmphdr *icmph = (struct icmphdr *)(skb->data + off);

	if (e->af == AF_INET6)
		fix_sum(skb, &icmph->checksum, e);
	else
		inet_proto_csum_replace2(&icmph->checksum, skb, e->old_port, e->new_port, false);
	icmph->un.echo.id = e->new_port;
}

static void edit_l4(struct sk_buff *skb, unsigned int off, unsigned int len,
		    const struct edit *e)
{
	switch (e->proto) {
	case IPPROTO_TCP:
		edit_tcp(skb, off, len, e);
		break;
	case IPPROTO_UDP:
		edit_udp(skb, off, len, e);
		break;
	case IPPROTO_SCTP:
		edit_sctp(skb, off, e);
		break;
	default:
		edit_echo(skb, off, e);
	}
}

static unsigned int l4_size(u8 proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return sizeof(struct tcphdr);
	case IPPROTO_SCTP:
		return sizeof(struct sctphdr);
	default:	/* UDP headers and the fixed part of ICMP headers are of one size. */
		return sizeof(struct udphdr);
	}
}

/*
 * What the flow changes in a packet that goes in @dir: the client's end, and of
 * a connection the server's end too. Returns how many.
 */
static unsigned int packet_edits(struct edit e[2], const struct ip_vs_fnat_flow *flow,
				 enum ip_vs_fnat_dir dir)
{
	const struct ip_vs_fnat_conn *conn;
	bool orig = dir == IP_VS_FNAT_ORIG;

	e[0].af = flow->af;
	e[0].proto = flow->proto;
	e[0].source = orig;
	e[0].old_addr = orig ? &flow->client : &flow->local;
	e[0].new_addr = orig ? &flow->local : &flow->client;
	e[0].old_port = orig ? flow->cport : flow->lport;
	e[0].new_port = orig ? flow->lport : flow->cport;
	if (!ip_vs_fnat_is_conn(flow))
		return 1;
	conn = ip_vs_fnat_conn(flow);
	e[1].af = flow->af;
	e[1].proto = flow->proto;
	e[1].source = !orig;
	e[1].old_addr = orig ? &conn->virtual : &flow->remote;
	e[1].new_addr = orig ? &flow->remote : &conn->virtual;
	e[1].old_port = orig ? conn->vport : flow->rport;
	e[1].new_port = orig ? flow->rport : conn->vport;
	return 2;
}

static void sum_icmp(struct sk_buff *skb, u8 af, unsigned int l4)
{
	struct icmphdr *icmph = (struct icmphdr *)(skb->data + l4);
	unsigned int len = skb->len - l4;

	icmph->checksum = 0;
	if (af == AF_INET6)
		icmph->checksum = csum_ipv6_magic(&ipv6_hdr(skb)->saddr, &ipv6_hdr(skb)->daddr,
						  len, IPPROTO_ICMPV6,
						  skb_checksum(skb, l4, len, 0));
	else
		icmph->checksum = csum_fold(skb_checksum(skb, l4, len, 0));
	skb->ip_summed = CHECKSUM_NONE;
}

static struct ip_vs_fnat_proxy *flow_proxy(const struct ip_vs_fnat_flow *flow)
{
	return ip_vs_fnat_is_conn(flow) ? ip_vs_fnat_conn(flow)->proxy : NULL;
}

/*
 * An error about a packet of the other direction. The quoted packet becomes
 * what the error's receiver sent, and the error's other end the local address
 * on the way out; on the way in its source stays, so that the client sees
 * which router speaks. With FULLNAT it comes from the virtual address then:
 * the client may well have no way to the servers' network.
 */
static bool rewrite_error(struct sk_buff *skb, const struct ip_vs_fnat_pkt *pkt,
			  const struct ip_vs_fnat_flow *flow, enum ip_vs_fnat_dir dir)
{
	unsigned int room = skb->len - pkt->quoted_l4;
	unsigned int len = min(room, l4_size(flow->proto));
	struct edit outer[2], quoted;
	unsigned int n, i;

	if (skb_ensure_writable(skb, pkt->quoted_l4 + len))
		return false;
	n = packet_edits(outer, flow, dir);
	for (i = 0; i < n; i++) {
		quoted = outer[i];
		quoted.source = !quoted.source;
		edit_l3(skb, pkt->quoted, &quoted);
		edit_l4(skb, pkt->quoted_l4, len, &quoted);
		edit_l3(skb, skb_network_offset(skb), &outer[i]);
	}
	if (flow_proxy(flow) && dir == IP_VS_FNAT_ORIG &&
	    !ip_vs_fnat_proxy_translate_quoted(skb, pkt->l4, pkt->quoted_l4, flow_proxy(flow)))
		return false;
	sum_icmp(skb, flow->af, pkt->l4);
	return true;
}

static void rewrite_any(struct sk_buff *skb, const struct ip_vs_fnat_pkt *pkt,
			const struct ip_vs_fnat_flow *flow, enum ip_vs_fnat_dir dir)
{
	bool crc = flow->proto == IPPROTO_SCTP && sctp_sum_right(skb, pkt->l4);
	unsigned int n, i;
	struct edit e[2];

	n = packet_edits(e, flow, dir);
	for (i = 0; i < n; i++) {
		edit_l3(skb, skb_network_offset(skb), &e[i]);
		edit_l4(skb, pkt->l4, l4_size(flow->proto), &e[i]);
	}
	if (crc)
		sctp_sum(skb, pkt->l4);
}

/* ---- all packets ---- */

static void rewrite_plain(struct sk_buff *skb, const struct ip_vs_fnat_flow *flow,
			  enum ip_vs_fnat_dir dir)
{
	if (flow->af == AF_INET)
		ip_vs_fnat_rewrite_plain(skb, flow, dir, AF_INET);
	else
		ip_vs_fnat_rewrite_plain(skb, flow, dir, AF_INET6);
}

static bool is_plain(const struct sk_buff *skb, const struct ip_vs_fnat_pkt *pkt,
		     const struct ip_vs_fnat_flow *flow)
{
	return (flow->proto == IPPROTO_UDP || flow->proto == IPPROTO_TCP) &&
	       pkt->l4 == (flow->af == AF_INET ? sizeof(struct iphdr) : sizeof(struct ipv6hdr)) &&
	       skb->ip_summed != CHECKSUM_COMPLETE && !skb_network_offset(skb);
}

bool ip_vs_fnat_rewrite(struct sk_buff *skb, const struct ip_vs_fnat_pkt *pkt,
			const struct ip_vs_fnat_flow *flow, enum ip_vs_fnat_dir dir)
{
	unsigned int len = l4_size(flow->proto);

	if (pkt->kind == IP_VS_FNAT_ERROR)
		return rewrite_error(skb, pkt, flow, dir);
	if (skb_ensure_writable(skb, pkt->l4 + len))
		return false;
	if (flow_proxy(flow) && !ip_vs_fnat_proxy_translate(skb, pkt->l4, flow_proxy(flow), dir))
		return false;
	if (flow->proto == IPPROTO_TCP && pkt->tcph.syn && flow->kind != IP_VS_FNAT_OF_HOST &&
	    !ip_vs_fnat_mss_clamp(skb, pkt, flow, dir))
		return false;
	if (is_plain(skb, pkt, flow))
		rewrite_plain(skb, flow, dir);
	else
		rewrite_any(skb, pkt, flow, dir);
	return flow->proto != IPPROTO_TCP || ip_vs_fnat_toa(skb, pkt, flow, dir);
}
