// SPDX-License-Identifier: GPL-2.0
/*
 * What accept(), accept4(), getpeername() and SO_PEERNAME tell. They all ask
 * inet_getname() or inet6_getname(), whose answer is changed when it returns.
 *
 * The functions stand in a constant table, so that it is the functions which
 * are watched: by return probes, which may be taken away at any time. A task
 * that is in the function then returns as if there had been no probe.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/kprobes.h>
#include <linux/net.h>
#include <linux/ptrace.h>
#include <net/ipv6.h>
#include <net/sock.h>

#include "toa.h"

/* Calls at the same time, since a call may wait for the socket's lock. */
#define CALLS	1024

struct call {
	struct sockaddr		*name;
	struct toa_client	client;
};

/* Returns 0 for a call whose return is of interest. */
static int begins(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct socket *sock = (struct socket *)regs_get_kernel_argument(regs, 0);
	struct call *call = (struct call *)ri->data;

	/* Of the peer's name, and of a connection with a client. */
	if (!(int)regs_get_kernel_argument(regs, 2) || !toa_conn_count())
		return 1;
	if (!sock->sk || !toa_conn_client(sock->sk, &call->client))
		return 1;
	call->name = (struct sockaddr *)regs_get_kernel_argument(regs, 1);
	return 0;
}

static void write_name4(struct sockaddr_in *sin, const struct toa_client *client)
{
	if (client->af != AF_INET)
		return;
	sin->sin_addr.s_addr = client->addr.ip;
	sin->sin_port = client->port;
}

static void write_name6(struct sockaddr_in6 *sin6, const struct toa_client *client)
{
	if (client->af == AF_INET)
		ipv6_addr_set_v4mapped(client->addr.ip, &sin6->sin6_addr);
	else
		sin6->sin6_addr = client->addr.in6;
	sin6->sin6_port = client->port;
	sin6->sin6_flowinfo = 0;
	sin6->sin6_scope_id = 0;
}

static int returns(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct call *call = (struct call *)ri->data;

	if ((int)regs_return_value(regs) <= 0)
		return 0;
	if (call->name->sa_family == AF_INET)
		write_name4((struct sockaddr_in *)call->name, &call->client);
	else
		write_name6((struct sockaddr_in6 *)call->name, &call->client);
	return 0;
}

#define PROBE(function) {				\
	.kp.symbol_name	= function,			\
	.entry_handler	= begins,			\
	.handler	= returns,			\
	.data_size	= sizeof(struct call),		\
	.maxactive	= CALLS,			\
}

static struct kretprobe inet_probe = PROBE("inet_getname");
static struct kretprobe inet6_probe = PROBE("inet6_getname");
static struct kretprobe *probes[] = { &inet_probe, &inet6_probe };

unsigned int toa_getname_missed(void)
{
	return inet_probe.nmissed + inet6_probe.nmissed;
}

int toa_getname_init(void)
{
	int err = register_kretprobes(probes, ARRAY_SIZE(probes));

	if (err)
		pr_err("probes on inet_getname and inet6_getname: error %d\n", err);
	return err;
}

void toa_getname_exit(void)
{
	unregister_kretprobes(probes, ARRAY_SIZE(probes));
}
