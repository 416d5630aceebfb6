// SPDX-License-Identifier: GPL-2.0
/*
 * SYNPROXY towards the server: the handshake that the client has had already, what the
 * client sends meanwhile, and the server's answers.
 */
#include <linux/netfilter.h>
#include <linux/tcp.h>
#include <net/ip_vs.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/tcp.h>

#include "ip_vs_fnat.h"
#include "ip_vs_fnat_conn.h"
#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_packet.h"
#include "ip_vs_fnat_stats.h"
#include "ip_vs_fnat_synproxy.h"
#include "ip_vs_fnat_synproxy_seq.h"
#include "ip_vs_fnat_synproxy_server.h"
#include "ip_vs_fnat_uapi.h"
#include "ip_vs_fnat_xmit.h"

#define SYN_PERIOD	HZ	/* until the first SYN to the server is repeated; doubles */

/* ---- sending to the server ---- */

static void fill_from_client(struct ip_vs_fnat_segment *s, const struct ip_vs_fnat_proxy *proxy)
{
	const struct ip_vs_conn *cp = proxy->cp;

	memset(s, 0, sizeof(*s));
	s->src = &cp->caddr;
	s->dst = &cp->vaddr;
	s->sport = cp->cport;
	s->dport = cp->vport;
	s->ttl = IP_VS_FNAT_HOPS;
	s->af = cp->af;
	s->options.wscale = IP_VS_FNAT_NO_WSCALE;
}

int ip_vs_fnat_proxy_send(struct sk_buff *skb, struct ip_vs_conn *cp, struct ip_vs_protocol *pp,
			  struct ip_vs_iphdr *iph, struct ip_vs_fnat_proxy *proxy)
{
	/* FULLNAT translates where it rewrites, also what never comes here. */
	if (IP_VS_FWD_METHOD(cp) != IP_VS_CONN_F_MASQ)
		return ip_vs_fnat_xmit(skb, cp, pp, iph);
	if (!iph->fragoffs &&
	    !ip_vs_fnat_proxy_translate(skb, iph->len, proxy, IP_VS_FNAT_ORIG)) {
		kfree_skb(skb);
		return NF_STOLEN;
	}
	return cp->af == AF_INET ? ip_vs_nat_xmit(skb, cp, pp, iph) :
				   ip_vs_nat_xmit_v6(skb, cp, pp, iph);
}

/* A packet that comes from no hook: as one of this host's own it needs a route. */
static void inject(struct sk_buff *skb, struct ip_vs_fnat_proxy *proxy)
{
	struct ip_vs_conn *cp = proxy->cp;
	struct net *net = cp->ipvs->net;
	struct ip_vs_proto_data *pd = ip_vs_proto_data_get(cp->ipvs, IPPROTO_TCP);
	struct ip_vs_iphdr iph;
	struct dst_entry *dst;
	int ret;

	dst = ip_vs_fnat_output_route(net, cp->af, &cp->caddr, &cp->daddr);
	if (!dst) {
		IP_VS_FNAT_INC(ip_vs_fnat_net(net), DROP_NO_ROUTE);
		kfree_skb(skb);
		return;
	}
	skb_dst_set(skb, dst);
	ip_vs_fill_iph_skb(cp->af, skb, false, &iph);
	ret = ip_vs_fnat_proxy_send(skb, cp, pd->pp, &iph, proxy);
	if (ret == NF_ACCEPT)	/* the server is on this host */
		dst_output(net, NULL, skb);
	else if (ret == NF_DROP)
		kfree_skb(skb);
}

static void inject_segment(struct ip_vs_fnat_proxy *proxy, const struct ip_vs_fnat_segment *s)
{
	struct sk_buff *skb = ip_vs_fnat_segment_make(s);

	if (skb)
		inject(skb, proxy);
	else
		IP_VS_FNAT_INC(ip_vs_fnat_net(proxy->cp->ipvs->net), DROP_NO_MEMORY);
}

static void send_syn(struct ip_vs_fnat_proxy *proxy)
{
	u8 wscale = proxy->wscale == IP_VS_FNAT_NO_WSCALE ? 0 : proxy->wscale;
	struct ip_vs_fnat_segment s;

	fill_from_client(&s, proxy);
	s.seq = proxy->isn;
	s.flags = TCPHDR_SYN;
	s.window = min_t(u32, (u32)proxy->window << wscale, U16_MAX);
	s.options.mss = proxy->mss;
	s.options.sack = proxy->sack;
	s.options.wscale = proxy->wscale;
	s.options.timestamp = proxy->timestamp;
	s.options.tsval = proxy->tsval;
	inject_segment(proxy, &s);
}

/* What the client said when it acknowledged the cookie. */
static void send_ack(struct ip_vs_fnat_proxy *proxy)
{
	struct ip_vs_fnat_segment s;

	fill_from_client(&s, proxy);
	s.seq = proxy->isn + 1;
	s.ack = proxy->cookie + 1;
	s.flags = TCPHDR_ACK;
	s.window = proxy->window;
	s.options.timestamp = proxy->timestamp;
	s.options.tsval = proxy->tsval;
	s.options.tsecr = proxy->tsecr;
	inject_segment(proxy, &s);
}

static void send_reset(struct ip_vs_fnat_proxy *proxy, u32 seq)
{
	struct ip_vs_fnat_segment s;

	fill_from_client(&s, proxy);
	s.seq = seq;
	s.flags = TCPHDR_RST;
	inject_segment(proxy, &s);
}

/* To the client: the first number after the SYN-ACK. */
static void tell_client(struct ip_vs_fnat_proxy *proxy, u8 flags, u16 window, u32 tsval)
{
	struct ip_vs_conn *cp = proxy->cp;
	const struct ip_vs_fnat_segment s = {
		.src		= &cp->vaddr,
		.dst		= &cp->caddr,
		.sport		= cp->vport,
		.dport		= cp->cport,
		.seq		= proxy->cookie + 1,
		.ack		= proxy->isn + 1,
		.window		= window,
		.flags		= flags,
		.ttl		= IP_VS_FNAT_HOPS,
		.af		= cp->af,
		.options	= {
			.wscale		= IP_VS_FNAT_NO_WSCALE,
			.timestamp	= proxy->timestamp,
			.tsval		= tsval,
			.tsecr		= proxy->tsval,
		},
	};

	ip_vs_fnat_segment_send(ip_vs_fnat_net(cp->ipvs->net), &s);
}

/* ---- waiting for the server ---- */

/* IPVS ends the connection when its reference is put, or now. */
static bool die(struct ip_vs_fnat_proxy *proxy)
{
	struct sk_buff_head held;
	bool died = false;

	__skb_queue_head_init(&held);
	spin_lock_bh(&proxy->lock);
	if (proxy->state != IP_VS_FNAT_PROXY_OPEN && proxy->state != IP_VS_FNAT_PROXY_DEAD) {
		WRITE_ONCE(proxy->state, IP_VS_FNAT_PROXY_DEAD);
		skb_queue_splice_init(&proxy->held, &held);
		died = true;
	}
	spin_unlock_bh(&proxy->lock);
	__skb_queue_purge(&held);
	proxy->cp->timeout = 0;
	return died;
}

static void give_up(struct ip_vs_fnat_proxy *proxy, unsigned int why)
{
	if (!die(proxy))
		return;
	ip_vs_fnat_inc(ip_vs_fnat_net(proxy->cp->ipvs->net), why, 1);
	tell_client(proxy, TCPHDR_RST | TCPHDR_ACK, 0, proxy->tsecr);
}

static void repeat_syn(struct timer_list *timer)
{
	struct ip_vs_fnat_proxy *proxy = container_of(timer, struct ip_vs_fnat_proxy, timer);
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(proxy->cp->ipvs->net);
	bool again = false, lost = false;

	spin_lock(&proxy->lock);
	if (proxy->state == IP_VS_FNAT_PROXY_SYN_SENT) {
		again = proxy->tries < READ_ONCE(fn->synproxy_syn_retry);
		lost = !again;
		if (again)
			mod_timer(&proxy->timer, jiffies + (SYN_PERIOD << ++proxy->tries));
	}
	spin_unlock(&proxy->lock);
	rcu_read_lock();
	if (again) {
		IP_VS_FNAT_INC(fn, SYNPROXY_SYN_REPEATED);
		send_syn(proxy);
	} else if (lost) {
		give_up(proxy, IP_VS_FNAT_A_EXT_SYNPROXY_SERVER_SILENT);
		ip_vs_conn_expire_now(proxy->cp);
	}
	rcu_read_unlock();
}

void ip_vs_fnat_proxy_timer_init(struct ip_vs_fnat_proxy *proxy)
{
	timer_setup(&proxy->timer, repeat_syn, 0);
}

/* Ahead of the server's window, or more than is kept? It comes again. */
static bool is_too_much(struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_proxy *proxy,
			const struct ip_vs_fnat_pkt *pkt, u32 len)
{
	u32 from = ntohl(pkt->tcph.seq) - (proxy->isn + 1);

	return from > proxy->room || len > proxy->room - from ||
	       skb_queue_len(&proxy->held) >= READ_ONCE(fn->synproxy_ack_skb_store_thresh);
}

/* Nothing of where it came from may be gone when it is sent. */
static void forget_origin(struct sk_buff *skb)
{
	skb_orphan(skb);
	skb_dst_drop(skb);
	nf_reset_ct(skb);
	skb->dev = NULL;
}

/* The client's packet while the server has not answered; the lock is held. */
static bool hold(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_proxy *proxy, struct sk_buff *skb,
		 const struct ip_vs_fnat_pkt *pkt)
{
	u32 len = ip_vs_fnat_payload_len(skb, pkt);

	if (!len && !pkt->tcph.fin)
		return false;	/* the director's own ACK says as much */
	if (is_too_much(fn, proxy, pkt, len)) {
		IP_VS_FNAT_INC(fn, DROP_SYNPROXY_STORE);
		return false;
	}
	__skb_queue_tail(&proxy->held, skb);
	IP_VS_FNAT_INC(fn, SYNPROXY_STORED);
	return true;
}

void ip_vs_fnat_proxy_wait(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_proxy *proxy,
			   struct sk_buff *skb, const struct ip_vs_fnat_pkt *pkt)
{
	bool held = false, first = false, left = false;

	forget_origin(skb);
	spin_lock_bh(&proxy->lock);
	if (proxy->state == IP_VS_FNAT_PROXY_NEW) {
		WRITE_ONCE(proxy->state, IP_VS_FNAT_PROXY_SYN_SENT);
		mod_timer(&proxy->timer, jiffies + SYN_PERIOD);
		first = true;
	}
	if (proxy->state == IP_VS_FNAT_PROXY_DEAD)
		proxy->cp->timeout = 0;
	else if (pkt->tcph.rst)
		left = ntohl(pkt->tcph.seq) == proxy->isn + 1;
	else if (ip_vs_fnat_is_first_ack(pkt) && proxy->state == IP_VS_FNAT_PROXY_SYN_SENT)
		held = hold(fn, proxy, skb, pkt);
	spin_unlock_bh(&proxy->lock);
	if (first)
		send_syn(proxy);
	if (left && die(proxy))
		send_reset(proxy, proxy->isn + 1);
	if (!held)
		consume_skb(skb);
}

/* ---- the server's answers ---- */

static void learn(struct ip_vs_fnat_proxy *proxy, const struct tcphdr *th,
		  const struct ip_vs_fnat_tcp_options *options)
{
	proxy->seq_offset = ntohl(th->seq) - proxy->cookie;
	if (proxy->timestamp && options->timestamp)
		proxy->ts_offset = options->tsval - proxy->tsecr;
	if (proxy->wscale == IP_VS_FNAT_NO_WSCALE)
		return;
	if (options->wscale == IP_VS_FNAT_NO_WSCALE)
		proxy->wscale_client = proxy->wscale;
	else
		proxy->wscale_server = options->wscale;
}

/* The handshake's end on both sides, and what the client sent meanwhile. */
static void open_server(struct ip_vs_fnat_proxy *proxy, const struct sk_buff *skb,
			unsigned int l4, const struct tcphdr *th)
{
	struct ip_vs_fnat_tcp_options options;
	struct sk_buff_head held;
	struct sk_buff *data;
	bool opened = false;

	if (!ip_vs_fnat_tcp_options(skb, l4, th, &options))
		return;
	__skb_queue_head_init(&held);
	spin_lock_bh(&proxy->lock);
	if (proxy->state == IP_VS_FNAT_PROXY_SYN_SENT) {
		learn(proxy, th, &options);
		skb_queue_splice_init(&proxy->held, &held);
		/* Pairs with ip_vs_fnat_proxy_is_open(): who sees it sees what was learned. */
		smp_store_release(&proxy->state, IP_VS_FNAT_PROXY_OPEN);
		opened = true;
	}
	spin_unlock_bh(&proxy->lock);
	if (!opened)
		return;
	timer_delete(&proxy->timer);
	ip_vs_fnat_conn_proxied(proxy->cp, proxy->isn + 1, proxy->cookie + 1);
	IP_VS_FNAT_INC(ip_vs_fnat_net(proxy->cp->ipvs->net), SYNPROXY_OPENED);
	send_ack(proxy);
	while ((data = __skb_dequeue(&held)))
		inject(data, proxy);
	tell_client(proxy, TCPHDR_ACK, ntohs(th->window) >> proxy->wscale_offered, proxy->tsecr);
}

/* What the server says to a SYN; the packet is not for the client. */
static void answered(struct ip_vs_fnat_proxy *proxy, const struct sk_buff *skb, unsigned int l4,
		     const struct tcphdr *th)
{
	bool ours = th->ack && ntohl(th->ack_seq) == proxy->isn + 1;

	if (READ_ONCE(proxy->state) != IP_VS_FNAT_PROXY_SYN_SENT)
		return;
	if (th->rst && ours)
		give_up(proxy, IP_VS_FNAT_A_EXT_SYNPROXY_SERVER_RESET);
	else if (th->syn && ours && !th->rst)
		open_server(proxy, skb, l4, th);
	else if (th->ack && !th->rst)	/* about an older connection: RFC 9293, 3.10.7.3 */
		send_reset(proxy, ntohl(th->ack_seq));
}

bool ip_vs_fnat_proxy_answered(struct ip_vs_fnat_proxy *proxy, const struct sk_buff *skb,
			       unsigned int l4)
{
	const struct tcphdr *th;
	struct tcphdr buf;

	th = skb_header_pointer(skb, l4, sizeof(buf), &buf);
	if (!th || th->doff * 4 < sizeof(*th))
		return true;
	if (!ip_vs_fnat_proxy_is_open(proxy)) {
		answered(proxy, skb, l4, th);
		return true;
	}
	if (!th->syn || ntohl(th->seq) != proxy->cookie + proxy->seq_offset)
		return false;
	/* The SYN-ACK once more: the ACK was lost. */
	send_ack(proxy);
	return true;
}
