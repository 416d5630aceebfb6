// SPDX-License-Identifier: GPL-2.0
/* Taking packets off the devices, and telling right ones from wrong ones. */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>

#include "packets.h"

/* What a packet has in it. */
struct view {
	union nf_inet_addr	from;
	union nf_inet_addr	to;
	__be16			source;
	__be16			dest;
	u32			flow;
};

/* False when it is none of ours. */
static bool look(struct sk_buff *skb, u8 af, struct view *view)
{
	int header = af == AF_INET ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
	const struct payload *payload;
	const struct udphdr *udp;

	if (skb->protocol != (af == AF_INET ? htons(ETH_P_IP) : htons(ETH_P_IPV6)) ||
	    !pskb_may_pull(skb, header + sizeof(*udp) + PAYLOAD))
		return false;
	if (af == AF_INET) {
		const struct iphdr *ip = (struct iphdr *)skb->data;

		if (ip->protocol != IPPROTO_UDP || ip->ihl != 5)
			return false;
		view->from.ip = ip->saddr;
		view->to.ip = ip->daddr;
	} else {
		const struct ipv6hdr *ip = (struct ipv6hdr *)skb->data;

		if (ip->nexthdr != IPPROTO_UDP)
			return false;
		view->from.in6 = ip->saddr;
		view->to.in6 = ip->daddr;
	}
	udp = (struct udphdr *)(skb->data + header);
	view->source = udp->source;
	view->dest = udp->dest;
	payload = (struct payload *)(udp + 1);
	view->flow = ntohl(payload->flow);
	return payload->magic == htonl(MAGIC);
}

static bool equal(u8 af, const union nf_inet_addr *a, const union nf_inet_addr *b)
{
	return af == AF_INET ? a->ip == b->ip : ipv6_addr_equal(&a->in6, &b->in6);
}

static bool in_pool(const struct scene *scene, const union nf_inet_addr *addr)
{
	int last = scene->af == AF_INET ? 0 : 3;
	u32 value = ntohl((__force __be32)addr->all[last]);

	if (last && memcmp(addr, &scene->pool_min, last * sizeof(u32)))
		return false;
	return value >= ntohl((__force __be32)scene->pool_min.all[last]) &&
	       value <= ntohl((__force __be32)scene->pool_max.all[last]);
}

/* Which address and port the server sees, is told by the first packet that it gets. */
static bool learn(struct scene *scene, const struct view *view, enum role role,
		  const union nf_inet_addr *client, __be16 port)
{
	struct seen *seen = &scene->seen[view->flow];

	if (role != SERVER && role != GATE_IN)
		return false;
	if (role == SERVER && scene->translated ? !in_pool(scene, &view->from) :
	    port != view->source || !equal(scene->af, client, &view->from))
		return false;
	seen->addr = view->from;
	seen->port = view->source;
	seen->known = true;
	return true;
}

/*
 * Is it what has to come there? Each end does the same work for that, so that it
 * cancels out where one end's packets are compared to another's.
 */
static bool is_right(struct scene *scene, const struct view *view, enum role role)
{
	bool request = role == SERVER || role == GATE_IN;
	const struct seen *seen = &scene->seen[view->flow];
	const union nf_inet_addr *near = &seen->addr, *far = &scene->server;
	union nf_inet_addr client;
	__be16 port, near_port;

	scene_client(scene, view->flow, &client, &port);
	if (!seen->known && !learn(scene, view, role, &client, port))
		return false;
	near_port = seen->port;
	if (role == CLIENT) {
		near = &client;
		near_port = port;
	}
	if (role == CLIENT || role == GATE_IN)
		far = &scene->service;
	return (request ? view->source : view->dest) == near_port &&
	       (request ? view->dest : view->source) == htons(SERVICE_PORT) &&
	       equal(scene->af, request ? &view->from : &view->to, near) &&
	       equal(scene->af, request ? &view->to : &view->from, far);
}

static bool sums_right(const struct sk_buff *skb, u8 af)
{
	const struct ipv6hdr *ip6 = (struct ipv6hdr *)skb->data;
	const struct iphdr *ip = (struct iphdr *)skb->data;
	int length = sizeof(struct udphdr) + PAYLOAD;

	if (af == AF_INET)
		return !ip_fast_csum(ip, ip->ihl) &&
		       !csum_tcpudp_magic(ip->saddr, ip->daddr, length, IPPROTO_UDP,
					  csum_partial(ip + 1, length, 0));
	return !csum_ipv6_magic(&ip6->saddr, &ip6->daddr, length, IPPROTO_UDP,
				csum_partial(ip6 + 1, length, 0));
}

/* The devices' receive handler, in softirq. What is not the benchmark's goes on. */
rx_handler_result_t packet_sink(struct sk_buff **pskb)
{
	struct sk_buff *skb = *pskb;
	struct scene *scene = rcu_dereference(skb->dev->rx_handler_data);
	enum role end, role = ROLES;
	struct count *count;
	struct view view;
	bool right;

	for (end = CLIENT; end < ROLES; end++)
		if (scene->ends[end].dev == skb->dev)
			role = end;
	if (role == ROLES || !look(skb, scene->af, &view))
		return RX_HANDLER_PASS;
	right = view.flow < scene->flows && is_right(scene, &view, role);
	if (scene->verify && !sums_right(skb, scene->af))
		right = false;
	count = this_cpu_ptr(scene->count);
	count->arrived++;
	count->wrong += !right;
	consume_skb(skb);
	return RX_HANDLER_CONSUMED;
}
