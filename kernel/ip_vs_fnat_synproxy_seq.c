// SPDX-License-Identifier: GPL-2.0
/*
 * Translation between the client's view of a connection, whose server has the
 * cookie for its first sequence number, and the server's own. A client's own
 * sequence numbers are the same in both.
 */
#include <linux/icmp.h>
#include <linux/tcp.h>
#include <net/checksum.h>
#include <net/tcp.h>

#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_proxy.h"
#include "ip_vs_fnat_synproxy_seq.h"
#include "ip_vs_fnat_tcp.h"

static void add_be32(u8 *at, u32 n)
{
	put_unaligned_be32(get_unaligned_be32(at) + n, at);
}

static void translate_option(u8 *option, const struct ip_vs_fnat_proxy *proxy,
			     enum ip_vs_fnat_dir dir)
{
	unsigned int i;

	switch (option[0]) {
	case TCPOPT_TIMESTAMP:
		if (option[1] != TCPOLEN_TIMESTAMP || !proxy->ts_offset)
			break;
		if (dir == IP_VS_FNAT_ORIG)
			add_be32(option + 6, proxy->ts_offset);
		else
			add_be32(option + 2, -proxy->ts_offset);
		break;
	case TCPOPT_SACK:
		/* What the client has of the server's data; the server's are about the client's. */
		if (dir != IP_VS_FNAT_ORIG)
			break;
		for (i = 2; i + 8 <= option[1]; i += 4) {
			add_be32(option + i, proxy->seq_offset);
			i += 4;
			add_be32(option + i, proxy->seq_offset);
		}
		break;
	}
}

static void translate_options(struct tcphdr *th, const struct ip_vs_fnat_proxy *proxy,
			      enum ip_vs_fnat_dir dir)
{
	unsigned int len = th->doff * 4 - sizeof(*th), i;
	u8 *options = (u8 *)(th + 1);

	for (i = ip_vs_fnat_next_option(options, 0, len); i < len;
	     i = ip_vs_fnat_next_option(options, i + options[i + 1], len))
		translate_option(options + i, proxy, dir);
}

/* Each side reads the other's windows by the scale that the director told it. */
static __be16 translate_window(__be16 window, unsigned int from, unsigned int to)
{
	if (from == to)
		return window;
	return htons(min_t(u32, (u32)ntohs(window) << from >> to, U16_MAX));
}

/*
 * The server took the client's address and port for a new connection, whose
 * SYN was passed on to it: the two agree on windows by themselves.
 */
static void forget_wscale(struct ip_vs_fnat_proxy *proxy)
{
	WRITE_ONCE(proxy->wscale_server, proxy->wscale_offered);
	WRITE_ONCE(proxy->wscale_client, 0);
}

static void translate_header(struct tcphdr *th, struct ip_vs_fnat_proxy *proxy,
			     enum ip_vs_fnat_dir dir)
{
	if (dir == IP_VS_FNAT_ORIG) {
		if (th->ack)
			th->ack_seq = htonl(ntohl(th->ack_seq) + proxy->seq_offset);
		if (!th->syn)
			th->window = translate_window(th->window,
						      READ_ONCE(proxy->wscale_client), 0);
		return;
	}
	/* A reset that answers a packet without ACK has number 0. */
	if (!th->rst || th->seq)
		th->seq = htonl(ntohl(th->seq) - proxy->seq_offset);
	if (th->syn)
		forget_wscale(proxy);
	else
		th->window = translate_window(th->window, READ_ONCE(proxy->wscale_server),
					      proxy->wscale_offered);
}

bool ip_vs_fnat_proxy_translate(struct sk_buff *skb, unsigned int l4,
				struct ip_vs_fnat_proxy *proxy, enum ip_vs_fnat_dir dir)
{
	struct tcphdr *th;
	unsigned int len;
	__wsum was;

	if (skb_ensure_writable(skb, l4 + sizeof(*th)))
		return false;
	th = (struct tcphdr *)(skb->data + l4);
	len = th->doff * 4;
	if (len < sizeof(*th) || skb_ensure_writable(skb, l4 + len))
		return false;
	th = (struct tcphdr *)(skb->data + l4);
	was = csum_partial(th, len, 0);
	translate_header(th, proxy, dir);
	translate_options(th, proxy, dir);
	/* With offload it is the sum of the pseudo header only, which stays. */
	if (skb->ip_summed != CHECKSUM_PARTIAL)
		csum_replace_by_diff(&th->check, csum_sub(csum_partial(th, len, 0), was));
	return true;
}

bool ip_vs_fnat_proxy_translate_quoted(struct sk_buff *skb, unsigned int icmp,
				       unsigned int quoted_l4,
				       const struct ip_vs_fnat_proxy *proxy)
{
	unsigned int end = quoted_l4 + offsetofend(struct tcphdr, seq);
	struct icmphdr *icmph;
	struct tcphdr *th;
	__be32 seq;

	/* Eight bytes of it are there, or the sender has no use for it. */
	if (skb->len < end)
		return true;
	if (skb_ensure_writable(skb, end))
		return false;
	icmph = (struct icmphdr *)(skb->data + icmp);
	th = (struct tcphdr *)(skb->data + quoted_l4);
	seq = htonl(ntohl(th->seq) + proxy->seq_offset);
	csum_replace4(&icmph->checksum, th->seq, seq);
	th->seq = seq;
	return true;
}
