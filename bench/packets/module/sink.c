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

static bool is_client(const struct scene *scene, u32 flow, const union nf_inet_addr *addr,
		      __be16 port)
{
	union nf_inet_addr client;
	__be16 own;

	scene_client(scene, flow, &client, &own);
	return port == own && equal(scene->af, addr, &client);
}

static bool request_right(const struct scene *scene, const struct view *view, enum role role)
{
	const union nf_inet_addr *to = role == SERVER ? &scene->server : &scene->service;

	if (view->dest != htons(SERVICE_PORT) || !equal(scene->af, &view->to, to))
		return false;
	if (role == SERVER && scene->translated)
		return in_pool(scene, &view->from);
	return is_client(scene, view->flow, &view->from, view->source);
}

static bool reply_right(const struct scene *scene, const struct view *view, enum role role)
{
	const struct seen *seen = &scene->seen[view->flow];

	if (view->source != htons(SERVICE_PORT))
		return false;
	if (role == GATE_OUT)
		return view->dest == seen->port && equal(scene->af, &view->to, &seen->addr) &&
		       equal(scene->af, &view->from, &scene->server);
	return equal(scene->af, &view->from, &scene->service) &&
	       is_client(scene, view->flow, &view->to, view->dest);
}

/* A flow keeps the address and port by which the server saw it first. */
static bool remember(struct scene *scene, const struct view *view)
{
	struct seen *seen = &scene->seen[view->flow];

	if (seen->known)
		return seen->port == view->source && equal(scene->af, &seen->addr, &view->from);
	seen->addr = view->from;
	seen->port = view->source;
	seen->known = true;
	return true;
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
	enum role role = CLIENT;
	struct count *count;
	struct view view;
	bool right;

	while (role < ROLES && scene->ends[role].dev != skb->dev)
		role++;
	if (role == ROLES || !look(skb, scene->af, &view))
		return RX_HANDLER_PASS;
	right = view.flow < scene->flows;
	if (right && (role == SERVER || role == GATE_IN))
		right = request_right(scene, &view, role) && remember(scene, &view);
	else if (right)
		right = reply_right(scene, &view, role);
	if (scene->verify && !sums_right(skb, scene->af))
		right = false;
	count = this_cpu_ptr(scene->count);
	count->arrived++;
	count->wrong += !right;
	consume_skb(skb);
	return RX_HANDLER_CONSUMED;
}
