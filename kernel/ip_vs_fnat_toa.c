// SPDX-License-Identifier: GPL-2.0
/*
 * The client's address and port, for the real server, in a TCP option of the
 * packet that ends the handshake and of the first data: kind, length (8 or
 * 20), port, address, the latter two in network byte order.
 *
 * Both packets begin at the client's first sequence number, which no later
 * one does but a retransmission. A server whose queue is full, or that waits
 * for data, does not look at the former; that is why the latter has it, too.
 *
 * A client's own option of that kind is blanked in each of its packets, whoever
 * translates them: the server would believe it. Which packets the server may
 * believe is not asked. That depends on sequence numbers, on cookies and on
 * states of the server that are not known here.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/tcp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/tcp.h>

#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_packet.h"
#include "ip_vs_fnat_rewrite.h"
#include "ip_vs_fnat_stats.h"
#include "ip_vs_fnat_tcp.h"
#include "ip_vs_fnat_way.h"

#define TCP_HEADER_MAX	60

/* Lengths of the option with an IPv4 and an IPv6 client. */
#define LEN4	8
#define LEN6	20

static unsigned int option_len(u8 af)
{
	return af == AF_INET ? LEN4 : LEN6;
}

static struct tcphdr *header(struct sk_buff *skb, const struct ip_vs_fnat_pkt *pkt)
{
	return (struct tcphdr *)(skb->data + pkt->l4);
}

/* ---- the handshake ---- */

/*
 * What the server offers to take is what the client sends; less, and there is
 * room for the option in every segment.
 */
static void lower_mss(struct sk_buff *skb, struct tcphdr *th, unsigned int by)
{
	u16 mss = ip_vs_fnat_mss(th);

	if (mss >= TCP_MIN_MSS + by)
		ip_vs_fnat_set_mss(skb, th, mss - by);
}

/* The server's answer tells which of the client's SYNs it took. */
static bool handshake(struct sk_buff *skb, const struct ip_vs_fnat_pkt *pkt,
		      struct ip_vs_fnat_conn *conn, enum ip_vs_fnat_dir dir)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(read_pnet(&conn->flow.net));

	if (dir == IP_VS_FNAT_ORIG) {
		WRITE_ONCE(conn->toa, READ_ONCE(fn->toa_entry));
		return true;
	}
	if (!conn->toa || !pkt->tcph.ack)
		return true;
	WRITE_ONCE(conn->client_first, ntohl(pkt->tcph.ack_seq));
	WRITE_ONCE(conn->server_first, ntohl(pkt->tcph.seq) + 1);
	if (!READ_ONCE(fn->mss_adjust_entry))
		return true;
	if (skb_ensure_writable(skb, pkt->l4 + pkt->tcph.doff * 4))
		return false;
	lower_mss(skb, header(skb, pkt), option_len(conn->flow.af));
	return true;
}

/* ---- a client's own option ---- */

/* The server may have been told another number than we have. */
static bool may_be_believed(const u8 *option)
{
	return ip_vs_fnat_toa_kind(option[0]) && (option[1] == LEN4 || option[1] == LEN6);
}

/* The next such option of the @len bytes at @options from @i on; @len when there is none. */
static unsigned int next_claim(const u8 *options, unsigned int i, unsigned int len)
{
	i = ip_vs_fnat_next_option(options, i, len);
	while (i < len && !may_be_believed(options + i))
		i = ip_vs_fnat_next_option(options, i + options[i + 1], len);
	return i;
}

bool ip_vs_fnat_toa_claimed(const struct sk_buff *skb, unsigned int l4, unsigned int doff)
{
	unsigned int len = doff * 4 - sizeof(struct tcphdr);
	u8 buf[TCP_HEADER_MAX - sizeof(struct tcphdr)];
	const u8 *options;

	if (!len)
		return false;
	options = skb_header_pointer(skb, l4 + sizeof(struct tcphdr), len, buf);
	return options && next_claim(options, 0, len) < len;
}

/* The packet's sum covers what is going to be changed: it is known no more. */
static bool open_headers(struct sk_buff *skb, const struct ip_vs_fnat_pkt *pkt)
{
	if (skb_ensure_writable(skb, pkt->l4 + pkt->tcph.doff * 4))
		return false;
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE;
	return true;
}

static bool blank(struct sk_buff *skb, const struct ip_vs_fnat_pkt *pkt)
{
	unsigned int len = pkt->tcph.doff * 4 - sizeof(struct tcphdr), i;
	struct tcphdr *th;
	u8 *options;
	__wsum was;

	if (!ip_vs_fnat_toa_claimed(skb, pkt->l4, pkt->tcph.doff))
		return true;
	if (!open_headers(skb, pkt))
		return false;
	th = header(skb, pkt);
	options = (u8 *)(th + 1);
	was = csum_partial(options, len, 0);
	for (i = next_claim(options, 0, len); i < len; i = next_claim(options, i, len))
		memset(options + i, TCPOPT_NOP, options[i + 1]);
	if (skb->ip_summed != CHECKSUM_PARTIAL)
		csum_replace_by_diff(&th->check, csum_sub(csum_partial(options, len, 0), was));
	return true;
}

/* ---- the option ---- */

/* Does the packet, or each segment of it, still pass the route when @more bytes longer? */
static bool has_room(const struct sk_buff *skb, const struct ip_vs_fnat_pkt *pkt, u8 af,
		     const struct dst_entry *dst, unsigned int more)
{
	unsigned int headers = pkt->l4 + pkt->tcph.doff * 4, len = skb->len, mtu;

	if (len + more > IP_MAX_MTU)
		return false;
	if (!dst)	/* unknown: what has no data is short */
		return len == headers;
	mtu = ip_vs_fnat_mtu(af, dst);
	if (skb_is_gso(skb))
		len = headers + skb_shinfo(skb)->gso_size;
	return len + more <= mtu;
}

static void write_option(u8 *option, const struct ip_vs_fnat_flow *flow, unsigned int kind)
{
	unsigned int len = option_len(flow->af);

	option[0] = kind;
	option[1] = len;
	memcpy(option + 2, &flow->cport, sizeof(flow->cport));
	memcpy(option + 4, &flow->client, len - 4);
}

static void lengthen_ip(struct sk_buff *skb, u8 af, unsigned int by)
{
	if (af == AF_INET) {
		struct iphdr *iph = ip_hdr(skb);
		__be16 len = htons(ntohs(iph->tot_len) + by);

		csum_replace2(&iph->check, iph->tot_len, len);
		iph->tot_len = len;
	} else {
		be16_add_cpu(&ipv6_hdr(skb)->payload_len, by);
	}
}

/* With offload the sum is one of the pseudo header only, whose length changes. */
static void fix_option_sum(struct sk_buff *skb, struct tcphdr *th, unsigned int was,
			   unsigned int len)
{
	__be16 *word = (__be16 *)th + 6, old = *word;

	th->doff += len / 4;
	inet_proto_csum_replace2(&th->check, skb, htons(was), htons(was + len), true);
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		return;
	csum_replace2(&th->check, old, *word);
	csum_replace_by_diff(&th->check, csum_partial(th + 1, len, 0));
}

/*
 * Ahead of other options, where an end-of-list does not hide it. The headers
 * before it move down; the room for them is there.
 */
static void insert(struct sk_buff *skb, const struct ip_vs_fnat_pkt *pkt,
		   const struct ip_vs_fnat_flow *flow, unsigned int kind)
{
	unsigned int keep = pkt->l4 + sizeof(struct tcphdr), was = skb->len - pkt->l4;
	unsigned int len = option_len(flow->af), network = skb_network_offset(skb);
	struct tcphdr *th;

	skb_push(skb, len);
	skb_mac_header_rebuild(skb);
	memmove(skb->data, skb->data + len, keep);
	skb_set_network_header(skb, network);
	skb_set_transport_header(skb, pkt->l4);
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		skb->csum_start -= len;
	th = header(skb, pkt);
	write_option((u8 *)(th + 1), flow, kind);
	fix_option_sum(skb, th, was, len);
	lengthen_ip(skb, flow->af, len);
}

static bool add(struct sk_buff *skb, const struct ip_vs_fnat_pkt *pkt, struct ip_vs_fnat_net *fn,
		struct ip_vs_fnat_flow *flow)
{
	const struct dst_entry *dst = ip_vs_fnat_way_dst(fn->net, flow->af,
							 &flow->way[IP_VS_FNAT_ORIG]);
	unsigned int len = option_len(flow->af);
	unsigned int room = dst ? LL_RESERVED_SPACE(dst->dev) + dst->header_len : LL_MAX_HEADER;

	if (pkt->tcph.doff * 4 + len > TCP_HEADER_MAX) {
		IP_VS_FNAT_INC(fn, TOA_NO_ROOM);
		return true;
	}
	if (!has_room(skb, pkt, flow->af, dst, len)) {
		IP_VS_FNAT_INC(fn, TOA_TOO_LONG);
		return true;
	}
	if (skb_cow(skb, len + skb->mac_len + room))
		return false;
	insert(skb, pkt, flow, flow->af == AF_INET ? READ_ONCE(fn->toa_opt) :
						     READ_ONCE(fn->toa6_opt));
	IP_VS_FNAT_INC(fn, TOA_ADDED);
	return true;
}

static bool tell(struct sk_buff *skb, const struct ip_vs_fnat_pkt *pkt,
		 struct ip_vs_fnat_conn *conn, enum ip_vs_fnat_dir dir)
{
	if (pkt->tcph.syn)
		return handshake(skb, pkt, conn, dir);
	if (dir == IP_VS_FNAT_REPLY || !conn->toa || pkt->tcph.rst ||
	    ntohl(pkt->tcph.seq) != READ_ONCE(conn->client_first))
		return true;
	/* Without data, only what acknowledges the server's SYN and no more. */
	if (skb->len == pkt->l4 + pkt->tcph.doff * 4 &&
	    ntohl(pkt->tcph.ack_seq) != READ_ONCE(conn->server_first))
		return true;
	return open_headers(skb, pkt) &&
	       add(skb, pkt, ip_vs_fnat_net(read_pnet(&conn->flow.net)), &conn->flow);
}

bool ip_vs_fnat_toa(struct sk_buff *skb, const struct ip_vs_fnat_pkt *pkt,
		    const struct ip_vs_fnat_flow *flow, enum ip_vs_fnat_dir dir)
{
	if (pkt->l4 + pkt->tcph.doff * 4 > skb->len)
		return true;
	/* No server takes the option from a SYN. */
	if (dir == IP_VS_FNAT_ORIG && !pkt->tcph.syn && !blank(skb, pkt))
		return false;
	return !ip_vs_fnat_is_conn(flow) || tell(skb, pkt, ip_vs_fnat_conn(flow), dir);
}
