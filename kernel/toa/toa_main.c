// SPDX-License-Identifier: GPL-2.0
/* Parameters, loading and unloading. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/inet.h>
#include <linux/module.h>
#include <linux/string.h>
#include <net/ipv6.h>

#include "toa.h"

/*
 * Kinds below are in use, or have been; the two are those of Accurate ECN (RFC 9768).
 * Gateways blank what clients send of all others that are as long as ours.
 */
#define KIND_MIN	40
#define KIND_MAX	255
#define KIND_ACCECN0	172
#define KIND_ACCECN1	174
#define PREFIXES	64

unsigned int toa_opt = 254;
module_param_named(opt, toa_opt, uint, 0444);
MODULE_PARM_DESC(opt, "TCP option with an IPv4 client, 40 to 255 but 172 and 174 (default: 254)");

unsigned int toa_opt6 = 253;
module_param_named(opt6, toa_opt6, uint, 0444);
MODULE_PARM_DESC(opt6, "TCP option with an IPv6 client, 40 to 255 but 172 and 174 (default: 253)");

static char *from;
module_param(from, charp, 0444);
MODULE_PARM_DESC(from,
		 "has to be set: directors' local addresses, ADDRESS[/BITS],...; or any, and whoever reaches this host can claim to be any client");

static int counter_get(char *buffer, const struct kernel_param *kp)
{
	unsigned int (*read)(void) = kp->arg;

	return sysfs_emit(buffer, "%u\n", read());
}

static const struct kernel_param_ops counter_ops = { .get = counter_get };

module_param_cb(connections, &counter_ops, toa_conn_count, 0444);
MODULE_PARM_DESC(connections, "read: connections whose client is known");
module_param_cb(full, &counter_ops, toa_conn_full, 0444);
MODULE_PARM_DESC(full, "read: connections not remembered, at the limit or short of memory");
module_param_cb(missed, &counter_ops, toa_getname_missed, 0444);
MODULE_PARM_DESC(missed, "read: calls that told the director's address for want of room");

/* ---- who may name a client ---- */

static struct {
	union nf_inet_addr	net;
	unsigned int		bits;
	u8			af;
} trusted[PREFIXES];

static unsigned int trusted_count;
static bool trust_all;

static __be32 mask_of(unsigned int bits)
{
	return bits ? htonl(~0u << (32 - bits)) : 0;
}

bool toa_trusts(u8 af, const union nf_inet_addr *addr)
{
	unsigned int i;

	if (trust_all)
		return true;
	for (i = 0; i < trusted_count; i++) {
		if (trusted[i].af != af)
			continue;
		if (af == AF_INET ? !((addr->ip ^ trusted[i].net.ip) &
				      mask_of(trusted[i].bits)) :
				    ipv6_prefix_equal(&addr->in6, &trusted[i].net.in6,
						      trusted[i].bits))
			return true;
	}
	return false;
}

/* ADDRESS or ADDRESS/BITS. */
static int parse_prefix(const char *text, unsigned int i)
{
	union nf_inet_addr *net = &trusted[i].net;
	unsigned int most;
	const char *end;

	if (in4_pton(text, -1, (u8 *)&net->ip, '/', &end))
		trusted[i].af = AF_INET;
	else if (in6_pton(text, -1, (u8 *)&net->in6, '/', &end))
		trusted[i].af = AF_INET6;
	else
		return -EINVAL;
	most = trusted[i].af == AF_INET ? 32 : 128;
	trusted[i].bits = most;
	if (!*end)
		return 0;
	return kstrtouint(end + 1, 10, &trusted[i].bits) || trusted[i].bits > most ? -EINVAL : 0;
}

static int parse_from(void)
{
	char *text, *rest, *word;
	int err = 0;

	if (!from || !*from) {
		pr_err("from is not set: name the directors' local addresses, or any\n");
		return -EINVAL;
	}
	trust_all = !strcmp(from, "any");
	if (trust_all)
		return 0;
	text = kstrdup(from, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	rest = text;
	while (!err && (word = strsep(&rest, ","))) {
		err = trusted_count < PREFIXES ? parse_prefix(word, trusted_count) : -ENOSPC;
		if (err)
			pr_err("from: \"%s\" is %s\n", word, err == -ENOSPC ?
			       "one too many, 64 are possible" : "not ADDRESS or ADDRESS/BITS");
		else
			trusted_count++;
	}
	kfree(text);
	return err;
}

static bool kind_legal(const char *name, unsigned int kind)
{
	if (kind >= KIND_MIN && kind <= KIND_MAX && kind != KIND_ACCECN0 && kind != KIND_ACCECN1)
		return true;
	pr_err("%s: %u is no option number from %u to %u but %u and %u\n", name, kind, KIND_MIN,
	       KIND_MAX, KIND_ACCECN0, KIND_ACCECN1);
	return false;
}

static int __init toa_init(void)
{
	int err;

	if (!kind_legal("opt", toa_opt) || !kind_legal("opt6", toa_opt6))
		return -EINVAL;
	err = parse_from();
	if (err)
		return err;
	err = toa_option_init();
	if (err)
		return err;
	err = toa_conn_init();
	if (err)
		goto option;
	err = toa_getname_init();
	if (err)
		goto conn;
	return 0;
conn:
	toa_conn_exit();
option:
	toa_option_exit();
	return err;
}

/* Connections that live on have their true peer again. */
static void __exit toa_exit(void)
{
	toa_getname_exit();
	toa_conn_exit();
	toa_option_exit();
}

module_init(toa_init);
module_exit(toa_exit);
MODULE_DESCRIPTION("Client addresses from a TCP option, for real servers behind FULLNAT");
MODULE_LICENSE("GPL");
