// SPDX-License-Identifier: GPL-2.0
/* Messages between sync daemons: UDP, with a tag where there is a key. */
#include <crypto/algapi.h>
#include <crypto/hash.h>
#include <crypto/sha2.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/sockptr.h>
#include <net/ip_vs.h>

#include "ip_vs_fnat_compat.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_stats.h"
#include "ip_vs_fnat_sync_session.h"
#include "ip_vs_fnat_sync_wire.h"
#include "ip_vs_fnat_uapi.h"

MODULE_SOFTDEP("pre: hmac sha256");

/* Messages that come in a burst, as when everything is asked for, wait here: bytes. */
#define RECEIVE_BUFFER	(4 << 20)
/* Buffers are of this size: what is longer is cut, and dropped for its length. */
#define BUFFER	2048

/* ---- the tag ---- */

static int socket_tag(const struct ip_vs_fnat_session *s, const u8 *data, unsigned int len,
		      u8 *digest)
{
	return crypto_shash_tfm_digest(s->tfm, data, len, digest);
}

static int socket_key(struct ip_vs_fnat_session *s)
{
	struct crypto_shash *tfm;
	int err;

	if (!s->config.has_key)
		return 0;
	tfm = crypto_alloc_shash("hmac(sha256)", 0, 0);
	if (IS_ERR(tfm))
		return PTR_ERR(tfm);
	err = crypto_shash_setkey(tfm, s->config.key, sizeof(s->config.key));
	if (err)
		crypto_free_shash(tfm);
	else
		s->tfm = tfm;
	return err;
}

/* ---- sending ---- */

static void socket_send_to(struct ip_vs_fnat_session *s, unsigned int len,
			   const union ip_vs_fnat_sync_addr *addr)
{
	struct kvec vec = { .iov_base = s->out, .iov_len = len };
	union ip_vs_fnat_sync_addr to = *addr;
	struct msghdr msg = {
		.msg_name	= &to,
		.msg_namelen	= to.sa.sa_family == AF_INET ? sizeof(to.in) : sizeof(to.in6),
		.msg_flags	= MSG_NOSIGNAL,
	};

	kernel_sendmsg(s->sock, &msg, &vec, 1, len);
}

/* Build the message in s->out; its length, with the tag, or 0. */
static unsigned int socket_build(struct ip_vs_fnat_session *s,
				 const struct ip_vs_fnat_sync_out *out)
{
	struct ip_vs_fnat_sync_header *header = (void *)s->out;
	unsigned int len = sizeof(*header) + out->len;
	u64 number = out->number ?: atomic64_inc_return(&s->control);
	u8 digest[SHA256_DIGEST_SIZE];

	*header = (struct ip_vs_fnat_sync_header) {
		.magic		= htonl(IP_VS_FNAT_SYNC_MAGIC),
		.version	= IP_VS_FNAT_SYNC_VERSION,
		.type		= out->type,
		.syncid		= ip_vs_fnat_sync_id(s),
		.flags		= s->tfm ? IP_VS_FNAT_SYNC_F_TAG : 0,
		.len		= htons(len),
		.records	= htons(out->records),
		.header_len	= htons(sizeof(*header)),
		.stream		= htons(out->number ? out->stream : IP_VS_FNAT_SYNC_CONTROL),
		.node		= cpu_to_be64(s->node),
		.boot		= cpu_to_be64(s->boot),
		.number		= cpu_to_be64(number),
		.to		= cpu_to_be64(out->to),
		.answer		= cpu_to_be64(out->answer),
		.clock		= cpu_to_be64(jiffies_to_msecs(jiffies - s->started)),
	};
	memcpy(header + 1, out->body, out->len);
	if (!s->tfm)
		return len;
	if (socket_tag(s, s->out, len, digest))
		return 0;
	memcpy(s->out + len, digest, IP_VS_FNAT_SYNC_TAG);
	return len + IP_VS_FNAT_SYNC_TAG;
}

void ip_vs_fnat_sync_send(struct ip_vs_fnat_session *s, const struct ip_vs_fnat_sync_out *out)
{
	unsigned int len, i;

	mutex_lock(&s->out_mutex);
	len = socket_build(s, out);
	if (len && out->addr)
		socket_send_to(s, len, out->addr);
	else if (len && !s->config.n)
		socket_send_to(s, len, &s->group);
	else if (len)
		for (i = 0; i < s->config.n; i++)
			socket_send_to(s, len, &s->config.peer[i]);
	mutex_unlock(&s->out_mutex);
}

void ip_vs_fnat_sync_send_peer(struct ip_vs_fnat_session *s,
			       const struct ip_vs_fnat_sync_peer *peer, u8 type, const void *body,
			       unsigned int len)
{
	const struct ip_vs_fnat_sync_out out = {
		.type	= type,
		.to	= peer->boot,
		.body	= body,
		.len	= len,
		.addr	= &peer->addr,
	};

	ip_vs_fnat_sync_send(s, &out);
}

void ip_vs_fnat_sync_send_range(struct ip_vs_fnat_session *s,
				const struct ip_vs_fnat_sync_peer *peer, u8 type,
				unsigned int stream, u64 from, u64 to)
{
	const struct ip_vs_fnat_sync_range range = {
		.stream	= htons(stream),
		.from	= cpu_to_be64(from),
		.to	= cpu_to_be64(to),
	};

	ip_vs_fnat_sync_send_peer(s, peer, type, &range, sizeof(range));
}

void ip_vs_fnat_sync_send_flows(struct ip_vs_fnat_session *s, unsigned int stream, u64 number,
				const struct ip_vs_fnat_sync_message *message,
				const struct ip_vs_fnat_sync_peer *peer)
{
	const struct ip_vs_fnat_sync_out out = {
		.type		= IP_VS_FNAT_SYNC_FLOWS,
		.stream		= stream,
		.records	= message->records,
		.number		= number,
		.to		= peer ? peer->boot : 0,
		.body		= message->body,
		.len		= message->len,
		.addr		= peer ? &peer->addr : NULL,
	};

	ip_vs_fnat_sync_send(s, &out);
}

/* ---- receiving ---- */

/* Its length without the tag, or 0 and the counter to raise. */
static unsigned int socket_check(struct ip_vs_fnat_session *s, unsigned int size,
				 unsigned int *why)
{
	const struct ip_vs_fnat_sync_header *header = (const void *)s->in;
	unsigned int len = ntohs(header->len), header_len = ntohs(header->header_len);
	unsigned int tag = header->flags & IP_VS_FNAT_SYNC_F_TAG ? IP_VS_FNAT_SYNC_TAG : 0;
	u8 digest[SHA256_DIGEST_SIZE];

	*why = IP_VS_FNAT_A_EXT_DROP_SYNC_MALFORMED;
	if (size < sizeof(*header) || size > BUFFER ||
	    header->magic != htonl(IP_VS_FNAT_SYNC_MAGIC) || len + tag != size)
		return 0;
	*why = IP_VS_FNAT_A_EXT_DROP_SYNC_KEY;
	if (!tag != !s->tfm)
		return 0;
	if (s->tfm && (socket_tag(s, s->in, len, digest) ||
		       crypto_memneq(digest, s->in + len, IP_VS_FNAT_SYNC_TAG)))
		return 0;
	*why = IP_VS_FNAT_A_EXT_DROP_SYNC_MALFORMED;
	if (header->version != IP_VS_FNAT_SYNC_VERSION || header_len < sizeof(*header) ||
	    header_len > len || header_len % 8 || !header->node || !header->boot ||
	    !header->number)
		return 0;
	return len;
}

unsigned int ip_vs_fnat_sync_receive(struct ip_vs_fnat_session *s, long timeout,
				     union ip_vs_fnat_sync_addr *from)
{
	struct kvec vec = { .iov_base = s->in, .iov_len = BUFFER };
	struct msghdr msg = { .msg_name = from };
	unsigned int len, why;
	int size;

	WRITE_ONCE(s->sock->sk->sk_rcvtimeo, timeout);
	size = kernel_recvmsg(s->sock, &msg, &vec, 1, BUFFER, MSG_TRUNC);
	if (size < 0)
		return 0;
	len = socket_check(s, size, &why);
	if (!len)
		ip_vs_fnat_inc(s->fn, why, 1);
	return len;
}

/* ---- the socket ---- */

static int socket_option(struct socket *sock, int level, int option, void *value,
			 unsigned int len)
{
	return sock->ops->setsockopt(sock, level, option, KERNEL_SOCKPTR(value), len);
}

/* Messages to the group leave by the device, are not for ourselves, and come from it. */
static int socket_join(struct socket *sock, const union ip_vs_fnat_sync_addr *group, int ifindex,
		       int ttl)
{
	struct ip_mreqn mreq = { .imr_multiaddr = group->in.sin_addr, .imr_ifindex = ifindex };
	struct ipv6_mreq mreq6 = {
		.ipv6mr_multiaddr = group->in6.sin6_addr, .ipv6mr_ifindex = ifindex
	};
	int none = 0;

	if (group->sa.sa_family == AF_INET6)
		return socket_option(sock, SOL_IPV6, IPV6_MULTICAST_IF, &ifindex, sizeof(int)) ?:
		       socket_option(sock, SOL_IPV6, IPV6_MULTICAST_HOPS, &ttl, sizeof(int)) ?:
		       socket_option(sock, SOL_IPV6, IPV6_MULTICAST_LOOP, &none, sizeof(int)) ?:
		       socket_option(sock, SOL_IPV6, IPV6_ADD_MEMBERSHIP, &mreq6, sizeof(mreq6));
	return socket_option(sock, SOL_IP, IP_MULTICAST_IF, &mreq, sizeof(mreq)) ?:
	       socket_option(sock, SOL_IP, IP_MULTICAST_TTL, &ttl, sizeof(int)) ?:
	       socket_option(sock, SOL_IP, IP_MULTICAST_LOOP, &none, sizeof(int)) ?:
	       socket_option(sock, SOL_IP, IP_ADD_MEMBERSHIP, &mreq, sizeof(mreq));
}

static int socket_bind(struct ip_vs_fnat_session *s, const char *device, int ttl)
{
	const union ip_vs_fnat_sync_addr *to = s->config.n ? &s->config.peer[0] : &s->group;
	union ip_vs_fnat_sync_addr any = { .sa.sa_family = to->sa.sa_family };
	struct net_device *dev;
	int err, ifindex;

	rcu_read_lock();
	dev = dev_get_by_name_rcu(s->fn->net, device);
	ifindex = dev ? dev->ifindex : 0;
	rcu_read_unlock();
	if (!ifindex)
		return -ENODEV;
	err = sock_create_kern(s->fn->net, to->sa.sa_family, SOCK_DGRAM, IPPROTO_UDP, &s->sock);
	if (err)
		return err;
	sock_set_rcvbuf(s->sock->sk, RECEIVE_BUFFER);
	/* The port lies alike in both families. */
	any.in.sin_port = to->in.sin_port;
	err = kernel_bind(s->sock, (void *)&any,
			  any.sa.sa_family == AF_INET ? sizeof(any.in) : sizeof(any.in6));
	if (!err && !s->config.n) {
		err = sock_bindtoindex(s->sock->sk, ifindex, true) ?:
		      socket_join(s->sock, &s->group, ifindex, ttl);
	}
	return err;
}

int ip_vs_fnat_sync_open(struct ip_vs_fnat_session *s, const char *device, int ttl)
{
	int err;

	s->out = kmalloc(BUFFER, GFP_KERNEL);
	s->in = kmalloc(BUFFER, GFP_KERNEL);
	err = s->out && s->in ? socket_key(s) : -ENOMEM;
	if (!err)
		err = socket_bind(s, device, ttl);
	if (err)
		ip_vs_fnat_sync_close(s);
	return err;
}

void ip_vs_fnat_sync_close(struct ip_vs_fnat_session *s)
{
	if (s->sock)
		sock_release(s->sock);
	s->sock = NULL;
	if (s->tfm)
		crypto_free_shash(s->tfm);
	s->tfm = NULL;
	kfree(s->in);
	kfree(s->out);
	s->in = NULL;
	s->out = NULL;
}
