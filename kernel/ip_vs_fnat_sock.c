// SPDX-License-Identifier: GPL-2.0
/* Sockets of the host, which may have addresses that flows leave with. */
#include <linux/inetdevice.h>
#include <linux/netfilter.h>
#include <net/addrconf.h>
#include <net/inet6_hashtables.h>

#include "ip_vs_fnat_compat.h"
#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_packet.h"
#include "ip_vs_fnat_sock.h"

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

bool __ip_vs_fnat_sock_has_port(struct net *net, const struct ip_vs_fnat_flow *flow, u16 port)
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
		return ip_vs_fnat_udp4_lookup(net, t->src.ip, t->sport, t->dst.ip, t->dport,
					      state->in->ifindex);
	sk = ip_vs_fnat_tcp4_lookup(net, skb, pkt->l4 + __tcp_hdrlen(&pkt->tcph), t->src.ip,
				    t->sport, t->dst.ip, t->dport, state->in->ifindex);
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
		return ip_vs_fnat_udp6_lookup(net, &t->src.in6, t->sport, &t->dst.in6, t->dport,
					      state->in->ifindex);
	sk = ip_vs_fnat_tcp6_lookup(net, skb, pkt->l4 + __tcp_hdrlen(&pkt->tcph), &t->src.in6,
				    t->sport, &t->dst.in6, t->dport, state->in->ifindex);
	if (sk)
		sock_gen_put(sk);
	return sk;
}

bool ip_vs_fnat_sock_waits(struct sk_buff *skb, const struct nf_hook_state *state,
			   const struct ip_vs_fnat_pkt *pkt)
{
	/* Pings are the host's, and so are their answers. */
	if (pkt->tuple.proto != IPPROTO_TCP && pkt->tuple.proto != IPPROTO_UDP)
		return true;
	return state->pf == NFPROTO_IPV4 ? has_socket_v4(skb, state, pkt) :
					   has_socket_v6(skb, state, pkt);
}
