// SPDX-License-Identifier: GPL-2.0
/*
 * SYNPROXY: the director answers a service's SYNs with cookies, and opens a
 * connection when the client has acknowledged one. Until then nothing is kept.
 *
 * The connection is one of IPVS's, to a server of NAT or FULLNAT; what belongs
 * to the proxy hangs beside it. Packets of the director's own are made as the
 * client would have made them, and translated as the client's are.
 */
#include <linux/netfilter.h>
#include <linux/slab.h>
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
#include "ip_vs_fnat_uapi.h"
#include "ip_vs_fnat_xmit.h"

#define SYN_PERIOD	HZ	/* until the first SYN to the server is repeated; doubles */
/* Low bits of the timestamp in a SYN-ACK keep the client's window scale. */
#define TSVAL_BITS	4
#define TSVAL_MASK	(BIT(TSVAL_BITS) - 1)
/* How much longer IPv6's header and option for the client's address are than IPv4's. */
#define MSS_IPV6	(20 + 12)

/* What an ACK has told, for the connection that IPVS makes of it on this CPU. */
struct opening {
	const struct ip_vs_fnat_pkt	*pkt;
	struct ip_vs_fnat_cookie	cookie;
	struct ip_vs_fnat_tcp_options	options;
};

static DEFINE_PER_CPU(struct opening *, opening);

/* ---- finding ---- */

struct ip_vs_fnat_proxy *ip_vs_fnat_proxy(const struct ip_vs_conn *cp)
{
	if (cp->packet_xmit != ip_vs_fnat_synproxy_xmit)
		return NULL;
	if (IP_VS_FWD_METHOD(cp) == IP_VS_CONN_F_MASQ)
		return cp->app_data;
	return cp->app_data ? ((struct ip_vs_fnat_conn *)cp->app_data)->proxy : NULL;
}

static bool is_open(const struct ip_vs_fnat_proxy *proxy)
{
	/* Pairs with the store in open_server(): what was learned comes with it. */
	return smp_load_acquire(&proxy->state) == IP_VS_FNAT_PROXY_OPEN;
}

static bool is_proxied(const struct ip_vs_service *svc)
{
	return svc->flags & IP_VS_FNAT_SERVICE_SYNPROXY;
}

/* Either side has said that it will send no more. */
static bool is_closing(const struct ip_vs_conn *cp)
{
	switch (READ_ONCE(cp->state)) {
	case IP_VS_TCP_S_FIN_WAIT:
	case IP_VS_TCP_S_TIME_WAIT:
	case IP_VS_TCP_S_CLOSE:
	case IP_VS_TCP_S_CLOSE_WAIT:
	case IP_VS_TCP_S_LAST_ACK:
		return true;
	}
	return false;
}

bool ip_vs_fnat_proxy_is_ipvs_turn(const struct ip_vs_fnat_proxy *proxy,
				   const struct ip_vs_conn *cp)
{
	return !is_open(proxy) || is_closing(cp);
}

/* ---- before there is a connection ---- */

/* The window in a SYN-ACK: what would be kept for a server that has not answered yet. */
static u16 room(const struct ip_vs_fnat_net *fn, unsigned int mss)
{
	unsigned int packets = READ_ONCE(fn->synproxy_ack_skb_store_thresh);

	/* A client that may send nothing would never get a deferred connection. */
	if (!packets && READ_ONCE(fn->synproxy_defer))
		packets = 1;
	return min_t(unsigned int, packets * mss, U16_MAX);
}

static u16 own_mss(const struct ip_vs_fnat_net *fn, u8 af)
{
	return READ_ONCE(fn->synproxy_init_mss) - (af == AF_INET6 ? MSS_IPV6 : 0);
}

/*
 * The window scale is kept in the timestamp that the client echoes; without one
 * there is none.
 */
static void offer(struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_tcp_options *theirs,
		  struct ip_vs_fnat_tcp_options *ours)
{
	u32 now = (u32)ktime_to_ms(ktime_get());
	unsigned int wscale = READ_ONCE(fn->synproxy_wscale);
	u8 kept = IP_VS_FNAT_NO_WSCALE;

	ours->wscale = IP_VS_FNAT_NO_WSCALE;
	ours->sack = theirs->sack && READ_ONCE(fn->synproxy_sack);
	ours->timestamp = theirs->timestamp && READ_ONCE(fn->synproxy_timestamp);
	if (!ours->timestamp)
		return;
	if (wscale && theirs->wscale != IP_VS_FNAT_NO_WSCALE) {
		ours->wscale = wscale;
		kept = theirs->wscale;
	}
	ours->tsval = (now & ~TSVAL_MASK) | kept;
	ours->tsecr = theirs->tsval;
}

static void answer_syn(struct ip_vs_fnat_net *fn, struct sk_buff *skb,
		       const struct ip_vs_fnat_pkt *pkt)
{
	struct ip_vs_fnat_segment s = {
		.src	= &pkt->dst,
		.dst	= &pkt->src,
		.sport	= pkt->tcph.dest,
		.dport	= pkt->tcph.source,
		.ack	= ntohl(pkt->tcph.seq) + 1,
		.flags	= TCPHDR_SYN | TCPHDR_ACK,
		.ttl	= READ_ONCE(fn->synproxy_synack_ttl),
		.af	= pkt->tuple.af,
	};
	struct ip_vs_fnat_tcp_options theirs;
	struct ip_vs_fnat_cookie kept;

	if (!ip_vs_fnat_tcp_options(skb, pkt->l4, &pkt->tcph, &theirs)) {
		IP_VS_FNAT_INC(fn, DROP_MALFORMED);
		return;
	}
	offer(fn, &theirs, &s.options);
	s.options.mss = own_mss(fn, s.af);
	s.window = room(fn, s.options.mss);
	kept.sack = s.options.sack;
	kept.mss = theirs.mss ?: (s.af == AF_INET ? TCP_MSS_DEFAULT :
						   IPV6_MIN_MTU - sizeof(struct tcphdr) -
						   sizeof(struct ipv6hdr));
	s.seq = ip_vs_fnat_cookie_make(pkt, &kept);
	IP_VS_FNAT_INC(fn, SYNPROXY_SYN_ACK);
	ip_vs_fnat_segment_send(fn, &s);
}

/* A client whose ACK was right gets no connection. */
static void refuse_client(struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_pkt *pkt)
{
	IP_VS_FNAT_INC(fn, SYNPROXY_NO_SERVER);
	ip_vs_fnat_segment_reset(fn, pkt);
}

static u32 payload_len(const struct sk_buff *skb, const struct ip_vs_fnat_pkt *pkt)
{
	unsigned int headers = pkt->l4 + pkt->tcph.doff * 4;

	return skb->len > headers ? skb->len - headers : 0;
}

static bool is_first_ack(const struct ip_vs_fnat_pkt *pkt)
{
	return pkt->tcph.ack && !pkt->tcph.syn && !pkt->tcph.rst;
}

/* Schedule a server; what was learned of the client goes along by the CPU. */
static struct ip_vs_conn *choose_server(struct ip_vs_service *svc, struct sk_buff *skb,
					struct ip_vs_proto_data *pd, struct ip_vs_iphdr *iph,
					struct opening *what, int *ignored)
{
	struct ip_vs_conn *cp;

	local_bh_disable();
	__this_cpu_write(opening, what);
	cp = ip_vs_schedule(svc, skb, pd, ignored, iph);
	__this_cpu_write(opening, NULL);
	local_bh_enable();
	return cp;
}

/* The value for tcp_conn_schedule() to return. */
static int open_connection(struct ip_vs_service *svc, struct sk_buff *skb,
			   struct ip_vs_proto_data *pd, struct ip_vs_iphdr *iph,
			   struct opening *what, int *verdict, struct ip_vs_conn **cpp)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(svc->ipvs->net);
	const struct ip_vs_fnat_pkt *pkt = what->pkt;
	int ignored;

	*verdict = NF_DROP;
	if (!ip_vs_fnat_tcp_options(skb, pkt->l4, &pkt->tcph, &what->options) ||
	    nf_checksum(skb, NF_INET_LOCAL_IN, pkt->l4, IPPROTO_TCP, svc->af)) {
		IP_VS_FNAT_INC(fn, DROP_MALFORMED);
		return 0;
	}
	if (READ_ONCE(fn->synproxy_defer) && !payload_len(skb, pkt) && !pkt->tcph.fin) {
		IP_VS_FNAT_INC(fn, SYNPROXY_DEFERRED);
		return 0;
	}
	if (ip_vs_todrop(svc->ipvs))
		return 0;
	*cpp = choose_server(svc, skb, pd, iph, what, &ignored);
	if (*cpp || ignored > 0)
		return 1;
	refuse_client(fn, pkt);
	return 0;
}

/* The service of a packet that may open a connection, if it has SYNPROXY. */
static struct ip_vs_service *proxied_service(struct netns_ipvs *ipvs, int af,
					     const struct sk_buff *skb,
					     const struct ip_vs_iphdr *iph)
{
	struct ip_vs_service *svc;
	const struct tcphdr *th;
	struct tcphdr buf;

	if (iph->hdr_flags & (IP_VS_HDR_ICMP | IP_VS_HDR_INVERSE))
		return NULL;
	th = skb_header_pointer(skb, iph->len, sizeof(buf), &buf);
	if (!th || th->rst)
		return NULL;
	svc = ip_vs_service_find(ipvs, af, skb->mark, IPPROTO_TCP, &iph->daddr, th->dest);
	return svc && is_proxied(svc) ? svc : NULL;
}

int ip_vs_fnat_synproxy(struct netns_ipvs *ipvs, int af, struct sk_buff *skb,
			struct ip_vs_proto_data *pd, int *verdict, struct ip_vs_conn **cpp,
			struct ip_vs_iphdr *iph)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(ipvs->net);
	struct ip_vs_service *svc;
	struct ip_vs_fnat_pkt pkt;
	struct opening what;

	svc = READ_ONCE(fn->synproxy) ? proxied_service(ipvs, af, skb, iph) : NULL;
	if (!svc)
		return -1;
	/* From here on nothing is left to IPVS, which would schedule what no cookie covers. */
	*verdict = NF_DROP;
	ip_vs_fnat_parse(skb, af, &pkt);
	if (pkt.kind != IP_VS_FNAT_FLOW) {
		IP_VS_FNAT_INC(fn, DROP_MALFORMED);
		return 0;
	}
	if (pkt.syn) {
		if (nf_checksum(skb, NF_INET_LOCAL_IN, pkt.l4, IPPROTO_TCP, af)) {
			IP_VS_FNAT_INC(fn, DROP_MALFORMED);
			return 0;
		}
		answer_syn(fn, skb, &pkt);
		consume_skb(skb);
		*verdict = NF_STOLEN;
		return 0;
	}
	if (!is_first_ack(&pkt) || !ip_vs_fnat_cookie_check(&pkt, &what.cookie)) {
		IP_VS_FNAT_INC(fn, DROP_SYNPROXY_COOKIE);
		return 0;
	}
	what.pkt = &pkt;
	return open_connection(svc, skb, pd, iph, &what, verdict, cpp);
}

/*
 * A SYN, or the ACK that follows its cookie, about a connection that is on its
 * way out: true when it opens a new one. A SYN leaves the old one alone, since
 * anybody may have sent it.
 */
bool ip_vs_fnat_synproxy_again(struct ip_vs_conn *cp, struct sk_buff *skb,
			       const struct ip_vs_iphdr *iph)
{
	struct ip_vs_fnat_proxy *proxy = ip_vs_fnat_proxy(cp);
	struct ip_vs_fnat_cookie cookie;
	struct ip_vs_fnat_net *fn;
	struct ip_vs_fnat_pkt pkt;

	if (!proxy)
		return false;
	fn = ip_vs_fnat_net(cp->ipvs->net);
	if (is_open(proxy) && !(is_closing(cp) && READ_ONCE(fn->synproxy_conn_reuse)))
		return false;
	ip_vs_fnat_parse(skb, cp->af, &pkt);
	if (pkt.kind != IP_VS_FNAT_FLOW)
		return false;
	if (pkt.syn)
		return ntohl(pkt.tcph.seq) != proxy->isn;
	if (!is_first_ack(&pkt) || ntohl(pkt.tcph.seq) - 1 == proxy->isn ||
	    !ip_vs_fnat_cookie_check(&pkt, &cookie))
		return false;
	ip_vs_conn_expire_now(cp);
	return true;
}

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

/* Numbers become the server's, when it has any, and the packet goes. Returns a verdict. */
static int send_on(struct sk_buff *skb, struct ip_vs_conn *cp, struct ip_vs_protocol *pp,
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
	ret = send_on(skb, cp, pd->pp, &iph, proxy);
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
	struct ip_vs_fnat_proxy *proxy = from_timer(proxy, timer, timer);
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

/* Ahead of the server's window, or more than is kept? It comes again. */
static bool is_too_much(struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_proxy *proxy,
			const struct ip_vs_fnat_pkt *pkt, u32 len)
{
	u32 from = ntohl(pkt->tcph.seq) - (proxy->isn + 1);

	return from > proxy->room || len > proxy->room - from ||
	       skb_queue_len(&proxy->held) >= READ_ONCE(fn->synproxy_ack_skb_store_thresh);
}

/* Nothing of where it came from may be gone when it is sent. */
static void set_free(struct sk_buff *skb)
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
	u32 len = payload_len(skb, pkt);

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

/* What the client sends before the server answered; takes the packet. */
static void wait_for_server(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_proxy *proxy,
			    struct sk_buff *skb, const struct ip_vs_fnat_pkt *pkt)
{
	bool held = false, first = false, left = false;

	set_free(skb);
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
	else if (is_first_ack(pkt) && proxy->state == IP_VS_FNAT_PROXY_SYN_SENT)
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
		/* Pairs with is_open(): who sees it sees what was learned. */
		smp_store_release(&proxy->state, IP_VS_FNAT_PROXY_OPEN);
		opened = true;
	}
	spin_unlock_bh(&proxy->lock);
	if (!opened)
		return;
	del_timer(&proxy->timer);
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
	if (!is_open(proxy)) {
		answered(proxy, skb, l4, th);
		return true;
	}
	if (!th->syn || ntohl(th->seq) != proxy->cookie + proxy->seq_offset)
		return false;
	/* The SYN-ACK once more: the ACK was lost. */
	send_ack(proxy);
	return true;
}

/* ---- IPVS's packets ---- */

/*
 * The same ACK over and over: two ends that do not agree, or somebody who wants
 * them busy. One with SACK blocks has something to say. It counts for a second,
 * so that keepalives are no storm.
 */
bool ip_vs_fnat_proxy_storm(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_proxy *proxy,
			    const struct sk_buff *skb, const struct ip_vs_fnat_pkt *pkt)
{
	const struct tcphdr *th = &pkt->tcph;
	u32 now = jiffies;

	if (pkt->kind != IP_VS_FNAT_FLOW || !is_first_ack(pkt) || th->fin ||
	    payload_len(skb, pkt))
		return false;
	/* No option, or a timestamp: no block of SACK fits into so little. */
	if (th->doff * 4 > sizeof(*th) + TCPOLEN_TSTAMP_ALIGNED)
		return false;
	if (READ_ONCE(proxy->dup_seq) != ntohl(th->seq) ||
	    READ_ONCE(proxy->dup_ack) != ntohl(th->ack_seq) ||
	    READ_ONCE(proxy->dup_window) != ntohs(th->window) ||
	    now - READ_ONCE(proxy->dup_since) > HZ) {
		WRITE_ONCE(proxy->dup_seq, ntohl(th->seq));
		WRITE_ONCE(proxy->dup_ack, ntohl(th->ack_seq));
		WRITE_ONCE(proxy->dup_window, ntohs(th->window));
		WRITE_ONCE(proxy->dup_since, now);
		WRITE_ONCE(proxy->dups, 0);
		return false;
	}
	if (READ_ONCE(proxy->dups) < READ_ONCE(fn->synproxy_ack_storm_thresh)) {
		WRITE_ONCE(proxy->dups, READ_ONCE(proxy->dups) + 1);
		return false;
	}
	IP_VS_FNAT_INC(fn, DROP_SYNPROXY_STORM);
	return true;
}

int ip_vs_fnat_synproxy_xmit(struct sk_buff *skb, struct ip_vs_conn *cp,
			     struct ip_vs_protocol *pp, struct ip_vs_iphdr *iph)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(cp->ipvs->net);
	struct ip_vs_fnat_proxy *proxy = ip_vs_fnat_proxy(cp);
	struct ip_vs_fnat_pkt pkt;

	ip_vs_fnat_parse(skb, cp->af, &pkt);
	if (pkt.kind == IP_VS_FNAT_FLOW && !is_open(proxy)) {
		wait_for_server(fn, proxy, skb, &pkt);
		return NF_STOLEN;
	}
	if (ip_vs_fnat_proxy_storm(fn, proxy, skb, &pkt)) {
		consume_skb(skb);
		return NF_STOLEN;
	}
	return send_on(skb, cp, pp, iph, proxy);
}

bool ip_vs_fnat_synproxy_out(struct ip_vs_conn *cp, struct sk_buff *skb,
			     const struct ip_vs_iphdr *iph)
{
	struct ip_vs_fnat_proxy *proxy = ip_vs_fnat_proxy(cp);

	if (!proxy || iph->fragoffs)
		return true;
	return !ip_vs_fnat_proxy_answered(proxy, skb, iph->len) &&
	       ip_vs_fnat_proxy_translate(skb, iph->len, proxy, IP_VS_FNAT_REPLY);
}

bool ip_vs_fnat_synproxy_error(struct ip_vs_conn *cp, struct sk_buff *skb, unsigned int icmp,
			       const struct ip_vs_iphdr *quoted)
{
	struct ip_vs_fnat_proxy *proxy = ip_vs_fnat_proxy(cp);

	/* FULLNAT translates where it rewrites. */
	if (!proxy || IP_VS_FWD_METHOD(cp) != IP_VS_CONN_F_MASQ || quoted->fragoffs ||
	    !is_open(proxy))
		return true;
	return ip_vs_fnat_proxy_translate_quoted(skb, icmp, quoted->len, proxy);
}

/* ---- beginning and end ---- */

static void proxy_fill(struct ip_vs_fnat_proxy *proxy, const struct ip_vs_fnat_net *fn,
		       const struct opening *from)
{
	const struct tcphdr *th = &from->pkt->tcph;

	proxy->isn = ntohl(th->seq) - 1;
	proxy->cookie = ntohl(th->ack_seq) - 1;
	proxy->window = ntohs(th->window);
	proxy->mss = from->cookie.mss;
	proxy->sack = from->cookie.sack;
	proxy->room = room(fn, own_mss(fn, from->pkt->tuple.af));
	proxy->wscale = IP_VS_FNAT_NO_WSCALE;
	if (!from->options.timestamp || !READ_ONCE(fn->synproxy_timestamp))
		return;
	proxy->timestamp = true;
	proxy->tsval = from->options.tsval;
	proxy->tsecr = from->options.tsecr;
	if (!READ_ONCE(fn->synproxy_wscale) ||
	    (proxy->tsecr & TSVAL_MASK) == IP_VS_FNAT_NO_WSCALE)
		return;
	proxy->wscale = proxy->tsecr & TSVAL_MASK;
	proxy->wscale_offered = READ_ONCE(fn->synproxy_wscale);
}

struct ip_vs_fnat_proxy *ip_vs_fnat_proxy_begin(struct ip_vs_fnat_net *fn, struct ip_vs_conn *cp,
						unsigned int *why)
{
	const struct opening *from = this_cpu_read(opening);
	struct ip_vs_fnat_proxy *proxy;

	*why = 0;
	if (!from || cp->flags & IP_VS_CONN_F_TEMPLATE)
		return NULL;
	if ((IP_VS_FWD_METHOD(cp) != IP_VS_CONN_F_MASQ &&
	     IP_VS_FWD_METHOD(cp) != IP_VS_CONN_F_FULLNAT) || cp->af != cp->daf) {
		*why = IP_VS_FNAT_A_EXT_DROP_SYNPROXY_METHOD;
		return NULL;
	}
	/* A helper reads and changes data by sequence numbers of its own. */
	if (cp->app)
		ip_vs_unbind_app(cp);
	proxy = kzalloc(sizeof(*proxy), GFP_ATOMIC);
	if (!proxy) {
		*why = IP_VS_FNAT_A_EXT_DROP_NO_MEMORY;
		return NULL;
	}
	spin_lock_init(&proxy->lock);
	__skb_queue_head_init(&proxy->held);
	timer_setup(&proxy->timer, repeat_syn, 0);
	proxy->cp = cp;
	proxy_fill(proxy, fn, from);
	cp->app_data = proxy;
	cp->flags &= ~IP_VS_CONN_F_NFCT;
	cp->packet_xmit = ip_vs_fnat_synproxy_xmit;
	return proxy;
}

void ip_vs_fnat_proxy_stop(struct ip_vs_fnat_proxy *proxy)
{
	del_timer_sync(&proxy->timer);
}

void ip_vs_fnat_proxy_free(struct ip_vs_fnat_proxy *proxy)
{
	__skb_queue_purge(&proxy->held);
	kfree_rcu(proxy, rcu);
}

/* ---- services ---- */

static bool method_fits(unsigned int flags)
{
	unsigned int method = flags & IP_VS_CONN_F_FWD_MASK;

	return method == IP_VS_CONN_F_MASQ || method == IP_VS_CONN_F_FULLNAT;
}

int ip_vs_fnat_check_service(struct ip_vs_service *svc, unsigned int flags)
{
	struct ip_vs_dest *dest;

	if (!(flags & IP_VS_FNAT_SERVICE_SYNPROXY))
		return 0;
	if (!svc->fwmark && svc->protocol != IPPROTO_TCP)
		return -EINVAL;
	list_for_each_entry(dest, &svc->destinations, n_list)
		if (!method_fits(atomic_read(&dest->conn_flags)))
			return -EOPNOTSUPP;
	WRITE_ONCE(ip_vs_fnat_net(svc->ipvs->net)->synproxy, true);
	return 0;
}

int ip_vs_fnat_check_server(const struct ip_vs_service *svc, unsigned int flags)
{
	return is_proxied(svc) && !method_fits(flags) ? -EOPNOTSUPP : 0;
}
