// SPDX-License-Identifier: GPL-2.0
/*
 * Connections whose client is known. One is remembered when TCP establishes
 * it, and forgotten when TCP destroys its socket, so that there are never more
 * of them than connections, and packets that belong to none leave nothing.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <linux/tracepoint.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "toa.h"

static unsigned int max = 1000000;
module_param(max, uint, 0644);
MODULE_PARM_DESC(max, "most connections whose client is remembered (default: 1000000)");

struct conn {
	struct rhash_head	hnode;
	const struct sock	*sk;	/* the key, never followed */
	struct toa_client	client;
	struct rcu_head		rcu;
};

static const struct rhashtable_params params = {
	.key_len		= sizeof(const struct sock *),
	.key_offset		= offsetof(struct conn, sk),
	.head_offset		= offsetof(struct conn, hnode),
	.automatic_shrinking	= true,
};

static struct rhashtable conns;
static atomic_t count;
static atomic_t full;

unsigned int toa_conn_count(void)
{
	return atomic_read(&count);
}

unsigned int toa_conn_full(void)
{
	return atomic_read(&full);
}

bool toa_conn_client(const struct sock *sk, struct toa_client *client)
{
	struct conn *conn;

	rcu_read_lock();
	conn = rhashtable_lookup(&conns, &sk, params);
	if (conn)
		*client = conn->client;
	rcu_read_unlock();
	return conn;
}

static void forget(const struct sock *sk)
{
	struct conn *conn;

	if (!atomic_read(&count))
		return;
	rcu_read_lock();
	conn = rhashtable_lookup(&conns, &sk, params);
	if (conn && !rhashtable_remove_fast(&conns, &conn->hnode, params)) {
		atomic_dec(&count);
		kfree_rcu(conn, rcu);
	}
	rcu_read_unlock();
}

static void remember(const struct sock *sk, const struct toa_client *client)
{
	struct conn *conn = NULL;

	if (atomic_inc_return(&count) <= READ_ONCE(max))
		conn = kmalloc(sizeof(*conn), GFP_ATOMIC | __GFP_NOWARN);
	if (conn) {
		conn->sk = sk;
		conn->client = *client;
		if (!rhashtable_insert_fast(&conns, &conn->hnode, params))
			return;
		kfree(conn);
	}
	atomic_dec(&count);
	atomic_inc(&full);
}

/* ---- what TCP tells ---- */

/* An IPv6 socket's connection with IPv4 is an IPv4 connection. */
static void fill_tuple(struct toa_tuple *tuple, const struct sock *sk)
{
	const struct inet_sock *inet = inet_sk(sk);

	memset(tuple, 0, sizeof(*tuple));
	if (sk->sk_family == AF_INET6 && !ipv6_addr_v4mapped(&sk->sk_v6_daddr)) {
		tuple->af = AF_INET6;
		tuple->peer.in6 = sk->sk_v6_daddr;
		tuple->local.in6 = sk->sk_v6_rcv_saddr;
	} else {
		tuple->af = AF_INET;
		tuple->peer.ip = inet->inet_daddr;
		tuple->local.ip = inet->inet_rcv_saddr;
	}
	tuple->net = sock_net(sk);
	tuple->peer_port = inet->inet_dport;
	tuple->local_port = inet->inet_sport;
}

static void established(const struct sock *sk)
{
	struct toa_client client;
	struct toa_tuple tuple;

	fill_tuple(&tuple, sk);
	/* No data was taken yet, so that the handshake's last packet began here. */
	if (toa_option_take(&tuple, tcp_sk(sk)->rcv_nxt, &client))
		remember(sk, &client);
}

static void state_changes(void *data, const struct sock *sk, const int from, const int to)
{
	if (sk->sk_protocol != IPPROTO_TCP)
		return;
	if (from == TCP_SYN_RECV && to == TCP_ESTABLISHED)
		established(sk);
	else if (to == TCP_SYN_SENT)
		forget(sk);	/* disconnected, and used again */
}

static void destroyed(void *data, struct sock *sk)
{
	forget(sk);
}

/* The kernel does not export these two to modules, but lets them be looked up. */
static struct {
	const char		*name;
	void			*probe;
	struct tracepoint	*point;
	bool			on;
} points[] = {
	{ .name = "tcp_destroy_sock", .probe = destroyed },
	{ .name = "inet_sock_set_state", .probe = state_changes },
};

static void match_point(struct tracepoint *point, void *unused)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(points); i++)
		if (!strcmp(point->name, points[i].name))
			points[i].point = point;
}

static void leave_points(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(points); i++)
		if (points[i].on)
			tracepoint_probe_unregister(points[i].point, points[i].probe, NULL);
	tracepoint_synchronize_unregister();
}

static int join_points(void)
{
	unsigned int i;
	int err;

	for_each_kernel_tracepoint(match_point, NULL);
	for (i = 0; i < ARRAY_SIZE(points); i++) {
		err = points[i].point ? tracepoint_probe_register(points[i].point,
								  points[i].probe, NULL) : -ENOENT;
		if (err) {
			pr_err("tracepoint %s: error %d\n", points[i].name, err);
			return err;
		}
		points[i].on = true;
	}
	return 0;
}

static void free_conn(void *conn, void *unused)
{
	kfree(conn);
}

int toa_conn_init(void)
{
	int err = rhashtable_init(&conns, &params);

	if (err)
		return err;
	err = join_points();
	if (err)
		toa_conn_exit();
	return err;
}

void toa_conn_exit(void)
{
	leave_points();
	rhashtable_free_and_destroy(&conns, free_conn, NULL);
}
