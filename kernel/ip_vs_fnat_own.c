// SPDX-License-Identifier: GPL-2.0
/*
 * Most gateways have one address, which their own connections leave with as flows do.
 * A port that a socket of the host has is not given to a flow, towards no remote. Where
 * it is the host that begins a connection, its port may be a flow's towards the same
 * remote: the answers would be the flow's. Such a connection leaves with another port,
 * by a flow of its own; the host's sockets and connection tracking know nothing of it.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/inetdevice.h>
#include <linux/netfilter.h>
#include <net/addrconf.h>
#include <net/inet6_hashtables.h>

#include "ip_vs_fnat_own.h"

/* ---- sockets ---- */

static bool is_own(struct net *net, u8 af, const union nf_inet_addr *addr)
{
	if (af == AF_INET)
		return __ip_dev_find(net, addr->ip, false);
	return ipv6_chk_addr(net, &addr->in6, NULL, 0);
}

/* Of TCP, bound to whatever address. */
static bool tcp_has_port(const struct net *net, u16 port)
{
	struct inet_hashinfo *info = net->ipv4.tcp_death_row.hashinfo;
	struct inet_bind_hashbucket *head;
	struct inet_bind_bucket *tb;
	bool found = false;

	head = &info->bhash[inet_bhashfn(net, port, info->bhash_size)];
	spin_lock_bh(&head->lock);
	inet_bind_bucket_for_each(tb, &head->chain) {
		found = tb->port == port && net_eq(ib_net(tb), net);
		if (found)
			break;
	}
	spin_unlock_bh(&head->lock);
	return found;
}

/* Of UDP, bound to the address or to all. */
static bool is_bound_to(const struct sock *sk, u8 af, const union nf_inet_addr *addr)
{
	if (af == AF_INET6)
		return sk->sk_family == AF_INET6 &&
		       (ipv6_addr_any(&sk->sk_v6_rcv_saddr) ||
			ipv6_addr_equal(&sk->sk_v6_rcv_saddr, &addr->in6));
	return !ipv6_only_sock(sk) && (!sk->sk_rcv_saddr || sk->sk_rcv_saddr == addr->ip);
}

static bool udp_has_port(struct net *net, u8 af, const union nf_inet_addr *addr, u16 port)
{
	struct udp_hslot *slot = udp_hashslot(ip_vs_fnat_udp_table(net), net, port);
	struct sock *sk;

	sk_for_each_rcu(sk, &slot->head)
		if (inet_sk(sk)->inet_num == port && net_eq(sock_net(sk), net) &&
		    is_bound_to(sk, af, addr))
			return true;
	return false;
}

bool __ip_vs_fnat_own_has_port(struct net *net, const struct ip_vs_fnat_flow *flow, u16 port)
{
	return (flow->proto == IPPROTO_UDP ? udp_has_port(net, flow->af, &flow->local, port) :
					     tcp_has_port(net, port)) &&
	       is_own(net, flow->af, &flow->local);
}

/* UDP sockets are found without a reference, TCP sockets with one. */
static bool has_socket_v4(struct sk_buff *skb, const struct nf_hook_state *state,
			  const struct ip_vs_fnat_pkt *pkt)
{
	const struct ip_vs_fnat_tuple *t = &pkt->tuple;
	struct net *net = state->net;
	struct sock *sk;

	if (t->proto == IPPROTO_UDP)
		return __udp4_lib_lookup(net, t->src.ip, t->sport, t->dst.ip, t->dport,
					 state->in->ifindex, 0, ip_vs_fnat_udp_table(net), NULL);
	sk = inet_lookup(net, net->ipv4.tcp_death_row.hashinfo, skb,
			 pkt->l4 + __tcp_hdrlen(&pkt->tcph), t->src.ip, t->sport, t->dst.ip,
			 t->dport, state->in->ifindex);
	if (sk)
		sock_gen_put(sk);
	return sk;
}

static bool has_socket_v6(struct sk_buff *skb, const struct nf_hook_state *state,
			  const struct ip_vs_fnat_pkt *pkt)
{
	const struct ip_vs_fnat_tuple *t = &pkt->tuple;
	struct net *net = state->net;
	struct sock *sk;

	if (t->proto == IPPROTO_UDP)
		return __udp6_lib_lookup(net, &t->src.in6, t->sport, &t->dst.in6, t->dport,
					 state->in->ifindex, 0, ip_vs_fnat_udp_table(net), NULL);
	sk = inet6_lookup(net, net->ipv4.tcp_death_row.hashinfo, skb,
			  pkt->l4 + __tcp_hdrlen(&pkt->tcph), &t->src.in6, t->sport,
			  &t->dst.in6, t->dport, state->in->ifindex);
	if (sk)
		sock_gen_put(sk);
	return sk;
}

bool ip_vs_fnat_own_waits(struct sk_buff *skb, const struct nf_hook_state *state,
			  const struct ip_vs_fnat_pkt *pkt)
{
	/* Pings are the host's, and so are their answers. */
	if (pkt->tuple.proto != IPPROTO_TCP && pkt->tuple.proto != IPPROTO_UDP)
		return true;
	return state->pf == NFPROTO_IPV4 ? has_socket_v4(skb, state, pkt) :
					   has_socket_v6(skb, state, pkt);
}

/* ---- the host's own connections ---- */

/* Would the answers be another flow's? */
static bool meets_flow(const struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_tuple *tuple)
{
	const struct ip_vs_fnat_tuple answer = {
		.src	= tuple->dst,
		.dst	= tuple->src,
		.sport	= tuple->dport,
		.dport	= tuple->sport,
		.af	= tuple->af,
		.proto	= tuple->proto,
		.l3	= IP_VS_FNAT_L3_ANY,
	};
	enum ip_vs_fnat_dir dir;

	return ip_vs_fnat_flow_find(fn->net, &answer, &dir) && dir == IP_VS_FNAT_REPLY;
}

/* May the packet begin a connection? */
static bool begins(u8 af, const struct ip_vs_fnat_pkt *pkt)
{
	switch (pkt->tuple.proto) {
	case IPPROTO_TCP:
		return pkt->syn;
	case IPPROTO_UDP:
		return true;
	default:
		return pkt->icmp_type == (af == AF_INET ? ICMP_ECHO : ICMPV6_ECHO_REQUEST);
	}
}

/* NULL and *@why to raise when it can't be opened; NULL and 0 when none is needed. */
static struct ip_vs_fnat_flow *open_own(struct ip_vs_fnat_net *fn,
					const struct ip_vs_fnat_pkt *pkt, unsigned int *why)
{
	struct ip_vs_fnat_flow *flow;

	*why = 0;
	if (!begins(pkt->tuple.af, pkt) || !meets_flow(fn, &pkt->tuple))
		return NULL;
	flow = ip_vs_fnat_flow_alloc_own(fn, &pkt->tuple, why);
	if (!flow)
		return NULL;
	if (!ip_vs_fnat_port_assign_own(fn, flow))
		return flow;
	ip_vs_fnat_flow_discard(fn, flow);
	*why = IP_VS_FNAT_A_EXT_DROP_POOL_EXHAUSTED;
	return NULL;
}

unsigned int ip_vs_fnat_own_packet(struct sk_buff *skb, struct ip_vs_fnat_net *fn, u8 af)
{
	struct ip_vs_fnat_flow *flow;
	struct ip_vs_fnat_pkt pkt;
	enum ip_vs_fnat_dir dir;
	unsigned int why;

	if (skb->ipvs_property || !atomic_read(&fn->flows))
		return NF_ACCEPT;
	ip_vs_fnat_parse(skb, af, &pkt);
	if (pkt.kind != IP_VS_FNAT_FLOW || pkt.tuple.proto == IPPROTO_SCTP ||
	    !ip_vs_fnat_is_local(fn, af, &pkt.src))
		return NF_ACCEPT;
	pkt.tuple.l3 = ip_vs_fnat_l3(skb_dst(skb)->dev);
	flow = ip_vs_fnat_flow_find(fn->net, &pkt.tuple, &dir);
	if (flow && (flow->kind != IP_VS_FNAT_OF_HOST || dir != IP_VS_FNAT_ORIG))
		return NF_ACCEPT;
	if (!flow) {
		flow = open_own(fn, &pkt, &why);
		if (!flow && !why)
			return NF_ACCEPT;
	}
	if (!flow) {
		ip_vs_fnat_inc(fn, why, 1);
		return NF_DROP;
	}
	ip_vs_fnat_leaves_by(flow, skb_dst(skb));
	if (!ip_vs_fnat_rewrite(skb, &pkt, flow, IP_VS_FNAT_ORIG)) {
		IP_VS_FNAT_INC(fn, DROP_NO_MEMORY);
		return NF_DROP;
	}
	ip_vs_fnat_flow_touch(fn, flow, IP_VS_FNAT_ORIG, &pkt.tcph);
	return NF_ACCEPT;
}
