// SPDX-License-Identifier: GPL-2.0
/*
 * Reading the option. A packet that has it is noted in a slot chosen by its
 * connection; when the connection is made, a moment later on the same way up
 * the stack, the note is taken. A note that nobody takes is overwritten, so
 * that packets without a connection cost nothing that lasts.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/mm.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/siphash.h>
#include <linux/spinlock.h>
#include <linux/tcp.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>
#include <net/tcp.h>

#include "toa.h"

/* Two connections share a slot rarely, and then only for that moment. */
#define SLOTS	4096

/* Kind, length, port, address. */
#define LEN4	8
#define LEN6	20

struct slot {
	spinlock_t		lock;	/* of all that follows */
	bool			full;
	u32			seq;
	struct toa_tuple	tuple;
	struct toa_client	client;
};

static struct slot *slots;
static siphash_key_t slot_key;

static struct slot *slot_of(const struct toa_tuple *tuple)
{
	return &slots[siphash(tuple, sizeof(*tuple), &slot_key) % SLOTS];
}

static void note(const struct toa_tuple *tuple, u32 seq, const struct toa_client *client)
{
	struct slot *slot = slot_of(tuple);

	spin_lock_bh(&slot->lock);
	slot->full = true;
	slot->seq = seq;
	slot->tuple = *tuple;
	slot->client = *client;
	spin_unlock_bh(&slot->lock);
}

bool toa_option_take(const struct toa_tuple *tuple, u32 seq, struct toa_client *client)
{
	struct slot *slot = slot_of(tuple);
	bool found;

	/* Most connections, when there is no director, leave every slot empty. */
	if (!READ_ONCE(slot->full))
		return false;
	spin_lock_bh(&slot->lock);
	found = slot->full && slot->seq == seq && !memcmp(&slot->tuple, tuple, sizeof(*tuple));
	if (found) {
		*client = slot->client;
		slot->full = false;
	}
	spin_unlock_bh(&slot->lock);
	return found;
}

/* ---- packets ---- */

static bool read_value(const u8 *option, u8 af, struct toa_client *client)
{
	memset(client, 0, sizeof(*client));
	client->af = af;
	memcpy(&client->port, option + 2, sizeof(client->port));
	memcpy(&client->addr, option + 4, af == AF_INET ? 4 : 16);
	return true;
}

/* The first option of the right kind and length counts. */
static bool find_option(const u8 *options, unsigned int len, u8 af, struct toa_client *client)
{
	u8 kind = af == AF_INET ? toa_opt : toa_opt6;
	u8 size = af == AF_INET ? LEN4 : LEN6;
	unsigned int i = 0;

	while (i < len && options[i] != TCPOPT_EOL) {
		if (options[i] == TCPOPT_NOP) {
			i++;
			continue;
		}
		if (i + 2 > len || options[i + 1] < 2 || i + options[i + 1] > len)
			return false;
		if (options[i] == kind && options[i + 1] == size)
			return read_value(options + i, af, client);
		i += options[i + 1];
	}
	return false;
}

/* Nothing but a timestamp, as in nearly every packet of a connection. */
static bool timestamp_only(const u8 *options, unsigned int len)
{
	static const u8 start[4] = { TCPOPT_NOP, TCPOPT_NOP, TCPOPT_TIMESTAMP, TCPOLEN_TIMESTAMP };

	return len == TCPOLEN_TSTAMP_ALIGNED && !memcmp(options, start, sizeof(start));
}

/* The transport header's offset, 0 when the packet is not one of TCP. */
static unsigned int tcp_offset(const struct sk_buff *skb, u8 af)
{
	unsigned int at = skb_network_offset(skb);
	__be16 frag_off = 0;
	u8 proto;
	int off;

	if (af == AF_INET)
		return ip_hdr(skb)->protocol == IPPROTO_TCP && !ip_is_fragment(ip_hdr(skb)) ?
		       at + ip_hdrlen(skb) : 0;
	proto = ipv6_hdr(skb)->nexthdr;
	off = ipv6_skip_exthdr(skb, at + sizeof(struct ipv6hdr), &proto, &frag_off);
	return off > 0 && proto == IPPROTO_TCP && !frag_off ? off : 0;
}

static void fill_tuple(struct toa_tuple *tuple, const struct sk_buff *skb, u8 af,
		       const struct net *net, const struct tcphdr *th)
{
	memset(tuple, 0, sizeof(*tuple));
	if (af == AF_INET) {
		tuple->peer.ip = ip_hdr(skb)->saddr;
		tuple->local.ip = ip_hdr(skb)->daddr;
	} else {
		tuple->peer.in6 = ipv6_hdr(skb)->saddr;
		tuple->local.in6 = ipv6_hdr(skb)->daddr;
	}
	tuple->net = net;
	tuple->peer_port = th->source;
	tuple->local_port = th->dest;
	tuple->af = af;
}

static unsigned int local_in(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	u8 af = state->pf == NFPROTO_IPV4 ? AF_INET : AF_INET6;
	unsigned int off = tcp_offset(skb, af), len;
	struct toa_client client;
	struct toa_tuple tuple;
	const struct tcphdr *th;
	struct tcphdr buf;
	u8 options[40];
	const u8 *opt;

	if (!off)
		return NF_ACCEPT;
	th = skb_header_pointer(skb, off, sizeof(buf), &buf);
	if (!th || th->doff * 4 <= sizeof(buf) || th->syn || th->rst)
		return NF_ACCEPT;
	len = th->doff * 4 - sizeof(buf);
	opt = skb_header_pointer(skb, off + sizeof(buf), len, options);
	if (!opt || timestamp_only(opt, len) || !find_option(opt, len, af, &client))
		return NF_ACCEPT;
	fill_tuple(&tuple, skb, af, state->net, th);
	if (toa_trusts(af, &tuple.peer))
		note(&tuple, ntohl(th->seq), &client);
	return NF_ACCEPT;
}

/* Last of all: what a firewall drops, or translates, is over by then. */
static const struct nf_hook_ops hooks[] = {
	{
		.hook		= local_in,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_LOCAL_IN,
		.priority	= NF_IP_PRI_LAST,
	},
	{
		.hook		= local_in,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_LOCAL_IN,
		.priority	= NF_IP6_PRI_LAST,
	},
};

static int __net_init net_begin(struct net *net)
{
	return nf_register_net_hooks(net, hooks, ARRAY_SIZE(hooks));
}

static void __net_exit net_end(struct net *net)
{
	nf_unregister_net_hooks(net, hooks, ARRAY_SIZE(hooks));
}

static struct pernet_operations net_ops = {
	.init	= net_begin,
	.exit	= net_end,
};

int toa_option_init(void)
{
	unsigned int i;
	int err;

	slots = kvcalloc(SLOTS, sizeof(*slots), GFP_KERNEL);
	if (!slots)
		return -ENOMEM;
	for (i = 0; i < SLOTS; i++)
		spin_lock_init(&slots[i].lock);
	get_random_bytes(&slot_key, sizeof(slot_key));
	err = register_pernet_subsys(&net_ops);
	if (err)
		kvfree(slots);
	return err;
}

/* Nobody takes notes any more. */
void toa_option_exit(void)
{
	unregister_pernet_subsys(&net_ops);
	kvfree(slots);
}
