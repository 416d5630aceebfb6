// SPDX-License-Identifier: GPL-2.0
/*
 * FULLNAT: IPVS connections whose packets leave with a local address.
 *
 * IPVS opens a connection and sends its first packets through
 * ip_vs_fnat_xmit(). Once both routes are known, the packets of both directions
 * are taken at PRE_ROUTING; what IPVS has to decide about still goes to it.
 */
#include <linux/icmp.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <net/addrconf.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ip_vs.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/route.h>

#include "ip_vs_fnat.h"
#include "ip_vs_fnat_account.h"
#include "ip_vs_fnat_conn.h"
#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_laddr.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_packet.h"
#include "ip_vs_fnat_port.h"
#include "ip_vs_fnat_rewrite.h"
#include "ip_vs_fnat_rule.h"
#include "ip_vs_fnat_service.h"
#include "ip_vs_fnat_state.h"
#include "ip_vs_fnat_stats.h"
#include "ip_vs_fnat_sync.h"
#include "ip_vs_fnat_synproxy.h"
#include "ip_vs_fnat_synproxy_server.h"
#include "ip_vs_fnat_track.h"
#include "ip_vs_fnat_uapi.h"
#include "ip_vs_fnat_way.h"
#include "ip_vs_fnat_xmit.h"
#include "ip_vs_fnat_zone.h"

static bool is_fullnat(const struct ip_vs_conn *cp)
{
	return IP_VS_FWD_METHOD(cp) == IP_VS_CONN_F_FULLNAT &&
	       !(cp->flags & (IP_VS_CONN_F_TEMPLATE | IP_VS_CONN_F_SYNC));
}

/* ---- opening and closing ---- */

/* What keeps the connection from being opened, or 0. */
static unsigned int refusal(const struct ip_vs_conn *cp)
{
	if (cp->protocol != IPPROTO_TCP && cp->protocol != IPPROTO_UDP &&
	    cp->protocol != IPPROTO_SCTP)
		return IP_VS_FNAT_A_EXT_DROP_PROTOCOL;
	/* An application helper's, whose other end is not known yet. */
	if (cp->flags & IP_VS_CONN_F_NO_CPORT || cp->af != cp->daf)
		return IP_VS_FNAT_A_EXT_DROP_PROTOCOL;
	return 0;
}

static void fill_tuple(const struct ip_vs_conn *cp, struct ip_vs_fnat_tuple *tuple)
{
	tuple->src = cp->caddr;
	tuple->sport = cp->cport;
	tuple->dst = cp->vaddr;
	tuple->dport = cp->vport;
	tuple->af = cp->af;
	tuple->asked = 0;
	tuple->l3 = IP_VS_FNAT_L3_ANY;
	tuple->proto = cp->protocol;
}

/*
 * IPVS has given the client's address and port to a new connection, while an
 * old one is on its way out: the new one has its packets from now on.
 */
static bool retire_old(struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_tuple *tuple)
{
	struct ip_vs_fnat_flow *flow;
	enum ip_vs_fnat_dir dir;

	flow = ip_vs_fnat_flow_find(fn->net, tuple, &dir);
	if (!flow || !ip_vs_fnat_is_conn(flow) || dir != IP_VS_FNAT_ORIG)
		return false;
	ip_vs_fnat_flow_retire(fn, ip_vs_fnat_conn(flow));
	return true;
}

/* Choose local address and port; the counter to raise when that can't be, or 0. */
static unsigned int conn_assign(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_conn *conn,
				const struct ip_vs_fnat_tuple *tuple,
				struct ip_vs_fnat_service *service)
{
	int tries, err = -EEXIST;

	for (tries = 0; err == -EEXIST && tries < 2; tries++) {
		err = ip_vs_fnat_port_assign_set(fn, &conn->flow, &service->set);
		if (err != -EEXIST)
			break;
		ip_vs_fnat_laddr_put(conn->flow.laddr);
		conn->flow.laddr = NULL;
		if (!retire_old(fn, tuple))
			break;
	}
	switch (err) {
	case 0:
		return 0;
	case -ENOENT:
		return IP_VS_FNAT_A_EXT_DROP_NO_LADDR;
	default:
		return IP_VS_FNAT_A_EXT_DROP_LADDR_EXHAUSTED;
	}
}

/*
 * Set while this processor opens a connection that a peer has told of, with softirqs off,
 * and so nobody else's.
 */
static DEFINE_PER_CPU(struct ip_vs_fnat_given *, conn_given);

/* Local address and port as given; the counter to raise when that can't be, or 0. */
static unsigned int conn_take(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_conn *conn,
			      struct ip_vs_fnat_service *service,
			      struct ip_vs_fnat_given *given)
{
	const struct ip_vs_fnat_told *told = given->told;
	struct ip_vs_fnat_flow *flow = &conn->flow;
	struct ip_vs_fnat_laddr *laddr;

	laddr = ip_vs_fnat_lset_find(&service->set, flow->af, &told->local);
	if (!laddr || !refcount_inc_not_zero(&laddr->refs))
		return IP_VS_FNAT_A_EXT_SYNC_NO_OWNER;
	flow->laddr = laddr;
	flow->local = told->local;
	flow->lport = told->lport;
	flow->used = told->used;
	flow->sync = IP_VS_FNAT_SYNC_PEERS;
	conn->toa = told->toa;
	conn->client_first = told->client_first;
	given->err = ip_vs_fnat_flow_link(fn, flow);
	return given->err ? IP_VS_FNAT_A_EXT_SYNC_CONFLICT : 0;
}

/* A flow of a rule or zone that has such packets ends. */
static void claim(struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_tuple *tuple)
{
	struct ip_vs_fnat_flow *flow;
	enum ip_vs_fnat_dir dir;

	flow = ip_vs_fnat_flow_find(fn->net, tuple, &dir);
	if (flow && dir == IP_VS_FNAT_ORIG && !ip_vs_fnat_is_conn(flow))
		ip_vs_fnat_flow_evict(fn, flow);
}

/*
 * What IPVS has a connection for is its own from now on: the client's packets,
 * which were forwarded before the virtual address came here, and the answers of
 * a masqueraded server, which may have sent the like of its own accord before.
 */
static void claim_packets(struct ip_vs_fnat_net *fn, const struct ip_vs_conn *cp)
{
	struct ip_vs_fnat_tuple tuple;

	/* Without them there are no such flows. */
	if (!rcu_access_pointer(ip_vs_fnat_snat(fn, cp->af)->svc) &&
	    !ip_vs_fnat_zones_on(ip_vs_fnat_zones(fn, cp->af)))
		return;
	if (!atomic_read(&fn->flows) ||
	    cp->flags & (IP_VS_CONN_F_TEMPLATE | IP_VS_CONN_F_SYNC | IP_VS_CONN_F_ONE_PACKET))
		return;
	fill_tuple(cp, &tuple);
	claim(fn, &tuple);
	if (IP_VS_FWD_METHOD(cp) != IP_VS_CONN_F_MASQ)
		return;
	tuple.dst = tuple.src;
	tuple.dport = tuple.sport;
	tuple.src = cp->daddr;
	tuple.sport = cp->dport;
	claim(fn, &tuple);
}

static unsigned int open_conn(struct ip_vs_fnat_net *fn, struct ip_vs_conn *cp,
			      struct ip_vs_fnat_proxy *proxy, bool track)
{
	struct ip_vs_fnat_given *given = this_cpu_read(conn_given);
	struct ip_vs_fnat_service *service;
	struct ip_vs_fnat_tuple tuple;
	struct ip_vs_fnat_conn *conn;
	unsigned int why;

	service = ip_vs_fnat_service_find(fn, rcu_dereference(cp->dest->svc));
	if (!service)
		return IP_VS_FNAT_A_EXT_DROP_NO_LADDR;
	fill_tuple(cp, &tuple);
	conn = ip_vs_fnat_flow_alloc_conn(fn, &tuple, cp->flags & IP_VS_CONN_F_ONE_PACKET, &why);
	if (!conn)
		return why;
	conn->flow.remote = cp->daddr;
	conn->flow.rport = cp->dport;
	conn->proxy = proxy;
	conn->track = track;
	if (ip_vs_fnat_is_one_packet(&conn->flow)) {
		WRITE_ONCE(ip_vs_fnat_services(fn, cp->af)->one_packet, true);
		WRITE_ONCE(service->one_packet, true);
		conn->dest = cp->dest;
		ip_vs_dest_hold(conn->dest);
	} else {
		conn->cp = cp;
	}
	why = given ? conn_take(fn, conn, service, given) :
		      conn_assign(fn, conn, &tuple, service);
	if (!why) {
		cp->app_data = conn;
		return 0;
	}
	if (ip_vs_fnat_is_one_packet(&conn->flow))
		ip_vs_dest_put(conn->dest);
	ip_vs_fnat_flow_discard(fn, &conn->flow);
	return why;
}

static unsigned int open_fullnat(struct ip_vs_fnat_net *fn, struct ip_vs_conn *cp,
				 struct ip_vs_fnat_proxy *proxy)
{
	bool track = cp->flags & IP_VS_CONN_F_NFCT && !(cp->flags & IP_VS_CONN_F_ONE_PACKET);
	unsigned int why;

	/* The entry is the flow's to keep, not IPVS's; and answers do come back here. */
	cp->flags &= ~(IP_VS_CONN_F_NFCT | IP_VS_CONN_F_NOOUTPUT);
	why = refusal(cp);
	return why ?: open_conn(fn, cp, proxy, track);
}

/* What a peer has told of; the counter to raise when it can't be here, or 0. */
static unsigned int open_given(struct ip_vs_fnat_net *fn, struct ip_vs_conn *cp,
			       const struct ip_vs_fnat_told *told)
{
	struct ip_vs_fnat_proxy *proxy = NULL;
	unsigned int why;

	if (told->proxied) {
		proxy = ip_vs_fnat_proxy_take(cp, &told->proxy);
		if (!proxy)
			return IP_VS_FNAT_A_EXT_DROP_NO_MEMORY;
	}
	why = open_fullnat(fn, cp, proxy);
	if (why && proxy)
		ip_vs_fnat_proxy_free(proxy);
	return why;
}

int ip_vs_fnat_conn_open(struct ip_vs_conn *cp)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(cp->ipvs->net);
	struct ip_vs_fnat_given *given;
	struct ip_vs_fnat_proxy *proxy;
	unsigned int why;

	given = this_cpu_read(conn_given);
	if (given) {
		given->why = open_given(fn, cp, given->told);
		return given->why ? -EADDRNOTAVAIL : 0;
	}
	claim_packets(fn, cp);
	proxy = ip_vs_fnat_proxy_begin(fn, cp, &why);
	if (!why && is_fullnat(cp))
		why = open_fullnat(fn, cp, proxy);
	if (!why)
		return 0;
	if (proxy)
		ip_vs_fnat_proxy_free(proxy);
	ip_vs_fnat_inc(fn, why, 1);
	return -EADDRNOTAVAIL;
}

struct ip_vs_conn *ip_vs_fnat_conn_open_given(const struct ip_vs_conn_param *param,
					      struct ip_vs_dest *dest,
					      struct ip_vs_fnat_given *given)
{
	struct ip_vs_conn *cp;

	local_bh_disable();
	this_cpu_write(conn_given, given);
	cp = ip_vs_conn_new(param, dest->af, &dest->addr, given->told->rport, 0, dest,
			    given->told->mark);
	this_cpu_write(conn_given, NULL);
	local_bh_enable();
	return cp;
}

void ip_vs_fnat_conn_close(struct ip_vs_conn *cp)
{
	struct ip_vs_fnat_proxy *proxy = ip_vs_fnat_proxy(cp);
	struct ip_vs_fnat_conn *conn = ip_vs_fnat_cp_conn(cp);

	if (proxy)
		ip_vs_fnat_proxy_stop(proxy);
	if (is_fullnat(cp) && conn && !(cp->flags & IP_VS_CONN_F_ONE_PACKET))
		ip_vs_fnat_flow_close(ip_vs_fnat_net(cp->ipvs->net), conn);
	/* Packets find it by the flow, and no more from here on. */
	if (proxy)
		ip_vs_fnat_proxy_free(proxy);
}

bool ip_vs_fnat_unsynced(const struct ip_vs_conn *cp)
{
	return is_fullnat(cp) || ip_vs_fnat_proxy(cp);
}

void ip_vs_fnat_conn_proxied(struct ip_vs_conn *cp, u32 client_first, u32 server_first)
{
	if (!is_fullnat(cp))
		return;
	WRITE_ONCE(ip_vs_fnat_cp_conn(cp)->client_first, client_first);
	WRITE_ONCE(ip_vs_fnat_cp_conn(cp)->server_first, server_first);
	ip_vs_fnat_flow_opened(ip_vs_fnat_net(cp->ipvs->net), &ip_vs_fnat_cp_conn(cp)->flow);
}

/* ---- /proc ---- */

static void *local_seq_start(struct seq_file *seq, loff_t *pos)
{
	return ip_vs_conn_seq_ops.start(seq, pos);
}

static void *local_seq_next(struct seq_file *seq, void *v, loff_t *pos)
{
	return ip_vs_conn_seq_ops.next(seq, v, pos);
}

static void local_seq_stop(struct seq_file *seq, void *v)
{
	ip_vs_conn_seq_ops.stop(seq, v);
}

/* The line of /proc/net/ip_vs_conn, and where that has a persistence engine's name and data: */
static int local_seq_show(struct seq_file *seq, void *v)
{
	const struct ip_vs_conn *cp = v;
	const struct ip_vs_fnat_conn *conn;
	size_t before = seq->count;
	int err = ip_vs_conn_seq_ops.show(seq, v);

	if (err || v == SEQ_START_TOKEN || seq->count == before || seq_has_overflowed(seq) ||
	    !is_fullnat(cp))
		return err;
	conn = ip_vs_fnat_cp_conn(cp);
	if (!conn)
		return 0;
	seq->count--;	/* the line's end */
	if (cp->af == AF_INET6)
		seq_printf(seq, " fullnat %pI6 %04X\n", &conn->flow.local.in6,
			   ntohs(conn->flow.lport));
	else
		seq_printf(seq, " fullnat %08X %04X\n", ntohl(conn->flow.local.ip),
			   ntohs(conn->flow.lport));
	return 0;
}

static const struct seq_operations local_seq_ops = {
	.start	= local_seq_start,
	.next	= local_seq_next,
	.stop	= local_seq_stop,
	.show	= local_seq_show,
};

int ip_vs_fnat_conn_proc_init(struct net *net)
{
	return proc_create_net("ip_vs_conn_local", 0, net->proc_net, &local_seq_ops,
			       ip_vs_conn_seq_size) ? 0 : -ENOMEM;
}

void ip_vs_fnat_conn_proc_exit(struct net *net)
{
	remove_proc_entry("ip_vs_conn_local", net->proc_net);
}

/* ---- known packets ---- */

/*
 * IPVS decides about the start of a connection, which in SCTP only it can see,
 * and about what its server can't take.
 */
static bool is_ipvs_turn(const struct ip_vs_fnat_conn *conn, const struct ip_vs_fnat_pkt *pkt)
{
	struct ip_vs_conn *cp = conn->cp;

	return pkt->syn || pkt->tuple.proto == IPPROTO_SCTP || pkt->options || !cp->dest ||
	       !(cp->dest->cflags & IP_VS_DEST_CF_AVAILABLE) || !cp->ipvs->enable ||
	       sysctl_backup_only(cp->ipvs) ||
	       (conn->proxy && ip_vs_fnat_proxy_is_ipvs_turn(conn->proxy, cp));
}

/* The route to the client is that of the virtual address, as for IPVS's own answers. */
static struct dst_entry *client_dst(struct net *net, struct ip_vs_fnat_conn *conn)
{
	struct ip_vs_fnat_flow *flow = &conn->flow;
	struct ip_vs_fnat_way *way = &flow->way[IP_VS_FNAT_REPLY];
	struct dst_entry *dst = ip_vs_fnat_way_dst(net, flow->af, way);

	if (dst)
		return dst;
	dst = ip_vs_fnat_output_route(net, flow->af, &conn->virtual, &flow->client);
	if (!dst)
		return NULL;
	ip_vs_fnat_way_set(way, flow->af, dst);
	/* A route is freed a grace period after its last reference. */
	dst_release(dst);
	return dst;
}

/* Is the virtual address one of this host's still, where no mark decides that? */
static bool is_here(struct net *net, const struct ip_vs_fnat_conn *conn)
{
	static const union nf_inet_addr any;
	u8 af = conn->flow.af;
	struct dst_entry *dst = ip_vs_fnat_output_route(net, af, &any, &conn->virtual);
	bool yes = dst && ip_vs_fnat_dst_is_local(af, dst);

	dst_release(dst);
	return yes;
}

/*
 * The route to the server is that of the local address, as for what IPVS sends; not
 * here. Where it has to be looked up, the client's packet may lead elsewhere now.
 */
static struct dst_entry *server_dst(struct net *net, struct ip_vs_fnat_conn *conn)
{
	struct ip_vs_fnat_flow *flow = &conn->flow;
	struct ip_vs_fnat_way *way = &flow->way[IP_VS_FNAT_ORIG];
	struct dst_entry *dst = ip_vs_fnat_way_dst(net, flow->af, way);

	if (dst)
		return dst;
	if (!is_here(net, conn))
		return NULL;
	dst = ip_vs_fnat_output_route(net, flow->af, &flow->local, &flow->remote);
	if (!dst)
		return NULL;
	if (!ip_vs_fnat_dst_is_local(flow->af, dst)) {
		ip_vs_fnat_way_set(way, flow->af, dst);
		ip_vs_fnat_leaves_by(flow, dst);
	}
	/* A route is freed a grace period after its last reference. */
	dst_release(dst);
	return ip_vs_fnat_dst_is_local(flow->af, dst) ? NULL : dst;
}

/*
 * What SYNPROXY does not let through, counted. From the server, that is what
 * is for the director itself: it may send an answer by IPVS's connection.
 */
static bool is_withheld(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_conn *conn,
			const struct sk_buff *skb, const struct ip_vs_fnat_pkt *pkt,
			enum ip_vs_fnat_dir dir)
{
	bool yes;

	if (!conn->proxy || pkt->kind != IP_VS_FNAT_FLOW)
		return false;
	if (dir == IP_VS_FNAT_ORIG)
		return ip_vs_fnat_proxy_storm(fn, conn->proxy, skb, pkt);
	if (!__ip_vs_conn_get(conn->cp))
		return true;
	yes = ip_vs_fnat_proxy_answered(conn->proxy, skb, pkt->l4);
	/* Its timer is left alone, but for that of one that is to end. */
	if (yes)
		ip_vs_conn_put(conn->cp);
	else
		__ip_vs_conn_put(conn->cp);
	return yes;
}

static unsigned int withhold(struct sk_buff *skb)
{
	consume_skb(skb);
	return NF_STOLEN;
}

unsigned int ip_vs_fnat_conn_packet(struct sk_buff *skb, struct ip_vs_fnat_net *fn,
				    const struct ip_vs_fnat_pkt *pkt,
				    struct ip_vs_fnat_flow *flow, enum ip_vs_fnat_dir dir)
{
	struct ip_vs_fnat_conn *conn = ip_vs_fnat_conn(flow);
	struct ip_vs_fnat_way *way = &flow->way[dir];
	struct dst_entry *dst;

	if (dir == IP_VS_FNAT_ORIG) {
		if (is_ipvs_turn(conn, pkt) || !ip_vs_fnat_way_is_from(way, skb))
			return NF_ACCEPT;
		dst = server_dst(fn->net, conn);
		if (!dst)
			return NF_ACCEPT;
	} else {
		/* The stack refuses and counts it. */
		if (!ip_vs_fnat_way_is_from(way, skb)) {
			if (ip_vs_fnat_is_forged(skb, flow->af))
				return NF_ACCEPT;
			ip_vs_fnat_way_learn(way, flow->af, skb);
		}
		dst = client_dst(fn->net, conn);
		if (!dst) {
			IP_VS_FNAT_INC(fn, DROP_NO_ROUTE);
			return NF_DROP;
		}
	}
	if (is_withheld(fn, conn, skb, pkt, dir))
		return withhold(skb);
	return ip_vs_fnat_forward(skb, fn, pkt, flow, dir, dst);
}

unsigned int ip_vs_fnat_conn_answer(struct sk_buff *skb, struct ip_vs_fnat_net *fn,
				    const struct ip_vs_fnat_pkt *pkt,
				    struct ip_vs_fnat_flow *flow)
{
	struct ip_vs_fnat_conn *conn = ip_vs_fnat_conn(flow);
	struct dst_entry *dst = client_dst(fn->net, conn);
	unsigned int verdict;

	if (!dst) {
		IP_VS_FNAT_INC(fn, DROP_NO_ROUTE);
		return NF_DROP;
	}
	if (is_withheld(fn, conn, skb, pkt, IP_VS_FNAT_REPLY))
		return withhold(skb);
	if (!ip_vs_fnat_fits(skb, fn->net, flow->af, dst))
		return NF_DROP;
	verdict = ip_vs_fnat_track_packet(skb, fn, pkt, flow, IP_VS_FNAT_REPLY,
					  NF_INET_LOCAL_OUT);
	if (verdict != NF_ACCEPT)
		return verdict;
	if (!ip_vs_fnat_rewrite(skb, pkt, flow, IP_VS_FNAT_REPLY)) {
		IP_VS_FNAT_INC(fn, DROP_NO_MEMORY);
		return NF_DROP;
	}
	/* The stack sends it outside of RCU. */
	if (!dst_hold_safe(dst)) {
		IP_VS_FNAT_INC(fn, DROP_NO_ROUTE);
		return NF_DROP;
	}
	ip_vs_fnat_passed(fn, flow, IP_VS_FNAT_REPLY, pkt, skb, false);
	skb_dst_drop(skb);
	skb_dst_set(skb, dst);
	skb->ipvs_property = 1;
	nf_reset_ct(skb);
	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
	return NF_ACCEPT;
}
