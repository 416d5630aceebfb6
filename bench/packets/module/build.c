// SPDX-License-Identifier: GPL-2.0
/* Making packets: UDP with full checksums, marked as checked by the device. */
#include <linux/etherdevice.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip6_checksum.h>

#include "packets.h"

/* Address and port of a flow's client. */
void scene_client(const struct scene *scene, u32 flow, union nf_inet_addr *addr, __be16 *port)
{
	int last = scene->af == AF_INET ? 0 : 3;

	*addr = scene->client;
	addr->all[last] = (__force u32)htonl(ntohl((__force __be32)addr->all[last]) +
					     flow % CLIENTS);
	*port = htons(FIRST_PORT + flow % PORTS);
}

static void fill_udp(struct udphdr *udp, u32 flow, __be16 source, __be16 dest)
{
	struct payload *payload = (struct payload *)(udp + 1);

	memset(payload, 0, PAYLOAD);
	payload->magic = htonl(MAGIC);
	payload->flow = htonl(flow);
	udp->source = source;
	udp->dest = dest;
	udp->len = htons(sizeof(*udp) + PAYLOAD);
	udp->check = 0;
}

static void fill_v4(struct sk_buff *skb, const union nf_inet_addr *from,
		    const union nf_inet_addr *to)
{
	struct iphdr *ip = ip_hdr(skb);
	struct udphdr *udp = udp_hdr(skb);
	int length = sizeof(*udp) + PAYLOAD;

	memset(ip, 0, sizeof(*ip));
	ip->version = 4;
	ip->ihl = 5;
	ip->tot_len = htons(sizeof(*ip) + length);
	ip->frag_off = htons(IP_DF);
	ip->ttl = 64;
	ip->protocol = IPPROTO_UDP;
	ip->saddr = from->ip;
	ip->daddr = to->ip;
	ip->check = ip_fast_csum(ip, ip->ihl);
	udp->check = csum_tcpudp_magic(ip->saddr, ip->daddr, length, IPPROTO_UDP,
				       csum_partial(udp, length, 0)) ?: CSUM_MANGLED_0;
}

static void fill_v6(struct sk_buff *skb, const union nf_inet_addr *from,
		    const union nf_inet_addr *to)
{
	struct ipv6hdr *ip = ipv6_hdr(skb);
	struct udphdr *udp = udp_hdr(skb);
	int length = sizeof(*udp) + PAYLOAD;

	memset(ip, 0, sizeof(*ip));
	ip->version = 6;
	ip->payload_len = htons(length);
	ip->nexthdr = IPPROTO_UDP;
	ip->hop_limit = 64;
	ip->saddr = from->in6;
	ip->daddr = to->in6;
	udp->check = csum_ipv6_magic(&ip->saddr, &ip->daddr, length, IPPROTO_UDP,
				     csum_partial(udp, length, 0)) ?: CSUM_MANGLED_0;
}

/* A frame of a flow, ready for the client's or the server's device; NULL without memory. */
struct sk_buff *packet_build(const struct scene *scene, enum way way, u32 flow)
{
	const struct end *end = &scene->ends[way == REQUEST ? CLIENT : SERVER];
	int header = scene->af == AF_INET ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
	const union nf_inet_addr *from = &scene->server, *to = &scene->seen[flow].addr;
	__be16 source = htons(SERVICE_PORT), dest = scene->seen[flow].port;
	union nf_inet_addr client;
	struct sk_buff *skb;
	struct ethhdr *eth;

	if (way == REQUEST) {
		scene_client(scene, flow, &client, &source);
		dest = htons(SERVICE_PORT);
		from = &client;
		to = &scene->service;
	}
	skb = netdev_alloc_skb_ip_align(end->dev,
					ETH_HLEN + header + sizeof(struct udphdr) + PAYLOAD);
	if (!skb)
		return NULL;
	eth = skb_put(skb, ETH_HLEN);
	ether_addr_copy(eth->h_dest, end->mac);
	ether_addr_copy(eth->h_source, end->dev->dev_addr);
	eth->h_proto = scene->af == AF_INET ? htons(ETH_P_IP) : htons(ETH_P_IPV6);
	skb->protocol = eth->h_proto;
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, ETH_HLEN);
	skb_set_transport_header(skb, ETH_HLEN + header);
	skb_put(skb, header + sizeof(struct udphdr) + PAYLOAD);
	fill_udp(udp_hdr(skb), flow, source, dest);
	if (scene->af == AF_INET)
		fill_v4(skb, from, to);
	else
		fill_v6(skb, from, to);
	/* As most devices do it; it spares connection tracking its own sum. */
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	return skb;
}
