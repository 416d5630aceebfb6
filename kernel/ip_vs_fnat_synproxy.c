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
#include "ip_vs_fnat_synproxy_server.h"
#include "ip_vs_fnat_uapi.h"
#include "ip_vs_fnat_xmit.h"

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
	return !ip_vs_fnat_proxy_is_open(proxy) || is_closing(cp);
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
	if (READ_ONCE(fn->synproxy_defer) && !ip_vs_fnat_payload_len(skb, pkt) && !pkt->tcph.fin) {
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
	if (!ip_vs_fnat_is_first_ack(&pkt) || !ip_vs_fnat_cookie_check(&pkt, &what.cookie)) {
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
	if (ip_vs_fnat_proxy_is_open(proxy) &&
	    !(is_closing(cp) && READ_ONCE(fn->synproxy_conn_reuse)))
		return false;
	ip_vs_fnat_parse(skb, cp->af, &pkt);
	if (pkt.kind != IP_VS_FNAT_FLOW)
		return false;
	if (pkt.syn)
		return ntohl(pkt.tcph.seq) != proxy->isn;
	if (!ip_vs_fnat_is_first_ack(&pkt) || ntohl(pkt.tcph.seq) - 1 == proxy->isn ||
	    !ip_vs_fnat_cookie_check(&pkt, &cookie))
		return false;
	ip_vs_conn_expire_now(cp);
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

	if (pkt->kind != IP_VS_FNAT_FLOW || !ip_vs_fnat_is_first_ack(pkt) || th->fin ||
	    ip_vs_fnat_payload_len(skb, pkt))
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
	if (pkt.kind == IP_VS_FNAT_FLOW && !ip_vs_fnat_proxy_is_open(proxy)) {
		ip_vs_fnat_proxy_wait(fn, proxy, skb, &pkt);
		return NF_STOLEN;
	}
	if (ip_vs_fnat_proxy_storm(fn, proxy, skb, &pkt)) {
		consume_skb(skb);
		return NF_STOLEN;
	}
	return ip_vs_fnat_proxy_send(skb, cp, pp, iph, proxy);
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
	    !ip_vs_fnat_proxy_is_open(proxy))
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

static struct ip_vs_fnat_proxy *proxy_alloc(struct ip_vs_conn *cp)
{
	struct ip_vs_fnat_proxy *proxy = kzalloc(sizeof(*proxy), GFP_ATOMIC);

	if (!proxy)
		return NULL;
	spin_lock_init(&proxy->lock);
	__skb_queue_head_init(&proxy->held);
	ip_vs_fnat_proxy_timer_init(proxy);
	proxy->cp = cp;
	cp->app_data = proxy;
	cp->flags &= ~IP_VS_CONN_F_NFCT;
	cp->packet_xmit = ip_vs_fnat_synproxy_xmit;
	return proxy;
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
	proxy = proxy_alloc(cp);
	if (proxy)
		proxy_fill(proxy, fn, from);
	else
		*why = IP_VS_FNAT_A_EXT_DROP_NO_MEMORY;
	return proxy;
}

struct ip_vs_fnat_proxy *ip_vs_fnat_proxy_take(struct ip_vs_conn *cp,
					       const struct ip_vs_fnat_proxied *from)
{
	struct ip_vs_fnat_proxy *proxy = proxy_alloc(cp);

	if (!proxy)
		return NULL;
	proxy->seq_offset = from->seq_offset;
	proxy->ts_offset = from->ts_offset;
	proxy->wscale_client = from->wscale_client;
	proxy->wscale_server = from->wscale_server;
	proxy->wscale_offered = from->wscale_offered;
	proxy->state = IP_VS_FNAT_PROXY_OPEN;
	return proxy;
}

void ip_vs_fnat_proxy_stop(struct ip_vs_fnat_proxy *proxy)
{
	timer_delete_sync(&proxy->timer);
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
