// SPDX-License-Identifier: GPL-2.0
/* Requests about local addresses, and about the services that have them. */
#include <linux/slab.h>
#include <net/ip_vs.h>

#include "ip_vs_fnat.h"
#include "ip_vs_fnat_compat.h"
#include "ip_vs_fnat_laddr.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_netlink.h"
#include "ip_vs_fnat_nla.h"
#include "ip_vs_fnat_port.h"
#include "ip_vs_fnat_service.h"
#include "ip_vs_fnat_uapi.h"

/* ---- reading requests ---- */

int ip_vs_fnat_nl_read_service(struct nlattr *attr, struct ip_vs_fnat_nl_service *name,
			       struct netlink_ext_ack *extack)
{
	struct nlattr *tb[IP_VS_FNAT_A_SERVICE_MAX + 1];
	u16 af;
	int err;

	if (!attr)
		return bad(extack, NULL, -EINVAL, "service is missing");
	err = nla_parse_nested(tb, IP_VS_FNAT_A_SERVICE_MAX, attr, ip_vs_fnat_service_policy,
			       extack);
	if (err)
		return err;
	if (!tb[IP_VS_FNAT_A_SERVICE_AF])
		return bad(extack, attr, -EINVAL, "service: af is missing");
	af = nla_get_u16(tb[IP_VS_FNAT_A_SERVICE_AF]);
	if (af != AF_INET && af != AF_INET6)
		return bad(extack, tb[IP_VS_FNAT_A_SERVICE_AF], -EAFNOSUPPORT,
			   "service: af is neither AF_INET nor AF_INET6");
	memset(name, 0, sizeof(*name));
	name->af = af;
	if (tb[IP_VS_FNAT_A_SERVICE_FWMARK]) {
		name->fwmark = nla_get_u32(tb[IP_VS_FNAT_A_SERVICE_FWMARK]);
		return 0;
	}
	if (!tb[IP_VS_FNAT_A_SERVICE_PROTOCOL] || !tb[IP_VS_FNAT_A_SERVICE_ADDRESS] ||
	    !tb[IP_VS_FNAT_A_SERVICE_PORT])
		return bad(extack, attr, -EINVAL,
			   "service: fwmark, or protocol, address and port, are needed");
	name->protocol = nla_get_u8(tb[IP_VS_FNAT_A_SERVICE_PROTOCOL]);
	name->port = nla_get_be16(tb[IP_VS_FNAT_A_SERVICE_PORT]);
	return read_addr(tb[IP_VS_FNAT_A_SERVICE_ADDRESS], name->af, &name->addr, extack);
}

int ip_vs_fnat_nl_read_laddr(struct genl_info *info, u8 af, union nf_inet_addr *first,
			     u32 *count)
{
	struct nlattr *attr = info->attrs[IP_VS_FNAT_A_LADDR];
	struct nlattr *tb[IP_VS_FNAT_A_LADDR_MAX + 1];
	int err;

	if (!attr)
		return bad(info->extack, NULL, -EINVAL, "laddr is missing");
	err = nla_parse_nested(tb, IP_VS_FNAT_A_LADDR_MAX, attr, ip_vs_fnat_laddr_policy,
			       info->extack);
	if (err)
		return err;
	if (!tb[IP_VS_FNAT_A_LADDR_FIRST])
		return bad(info->extack, attr, -EINVAL, "laddr: first is missing");
	return read_range(tb[IP_VS_FNAT_A_LADDR_FIRST], tb[IP_VS_FNAT_A_LADDR_LAST], af, first,
			  count, info->extack);
}

/*
 * Under the mutex, which a service that is being deleted has to pass before
 * it goes; it can't be found any more then.
 */
static struct ip_vs_service *find_service(struct ip_vs_fnat_net *fn,
					  const struct ip_vs_fnat_nl_service *name)
{
	struct ip_vs_service *svc;

	rcu_read_lock();
	svc = ip_vs_service_exact(net_ipvs(fn->net), name->af, name->fwmark, name->protocol,
				  &name->addr, name->port);
	rcu_read_unlock();
	return svc;
}

/* ---- changing ---- */

static int service_change_laddr(struct genl_info *info,
				int (*change)(struct ip_vs_fnat_net *fn, struct ip_vs_service *svc,
					      const union nf_inet_addr *first, u32 count))
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(genl_info_net(info));
	struct ip_vs_fnat_nl_service name;
	struct ip_vs_service *svc;
	union nf_inet_addr first;
	u32 count;
	int err;

	err = ip_vs_fnat_nl_read_service(info->attrs[IP_VS_FNAT_A_SERVICE], &name, info->extack);
	if (!err)
		err = ip_vs_fnat_nl_read_laddr(info, name.af, &first, &count);
	if (err)
		return err;
	mutex_lock(&fn->mutex);
	svc = find_service(fn, &name);
	err = svc ? change(fn, svc, &first, count) : -ESRCH;
	if (!err)
		fn->services_gen++;
	mutex_unlock(&fn->mutex);
	switch (err) {
	case -ESRCH:
		return bad(info->extack, NULL, err, "the service is not there");
	case -EEXIST:
		return bad(info->extack, NULL, err, "the service has it, or one of the range");
	case -ENOENT:
		return bad(info->extack, NULL, err, "the service lacks it, or one of the range");
	case -ENOSPC:
		return bad(info->extack, NULL, err,
			   "services of a family have 1048576 addresses at most");
	}
	return err;
}

/* A request names a zone or a service. */
static int read_owner(struct genl_info *info, bool *zone)
{
	*zone = info->attrs[IP_VS_FNAT_A_ZONE];
	if (*zone && info->attrs[IP_VS_FNAT_A_SERVICE])
		return bad(info->extack, info->attrs[IP_VS_FNAT_A_ZONE], -EINVAL,
			   "zone and service can't both have it");
	if (!*zone && !info->attrs[IP_VS_FNAT_A_SERVICE])
		return bad(info->extack, NULL, -EINVAL, "zone or service is missing");
	return 0;
}

int ip_vs_fnat_nl_laddr_new(struct sk_buff *skb, struct genl_info *info)
{
	bool zone;
	int err = read_owner(info, &zone);

	if (err)
		return err;
	return zone ? ip_vs_fnat_nl_zone_laddr_new(info) :
		      service_change_laddr(info, ip_vs_fnat_service_laddr_add);
}

int ip_vs_fnat_nl_laddr_del(struct sk_buff *skb, struct genl_info *info)
{
	bool zone;
	int err = read_owner(info, &zone);

	if (err)
		return err;
	return zone ? ip_vs_fnat_nl_zone_laddr_del(info) :
		      service_change_laddr(info, ip_vs_fnat_service_laddr_del);
}

/* ---- listing ---- */

struct laddr_dump {
	struct ip_vs_fnat_service	*service;	/* held; being listed */
	u32				row;		/* 0: the service, else an address */
	u8				family;		/* 0 or 1, 2 when done */
	bool				started;	/* with that family */
	bool				only;		/* that service */
};

static_assert(sizeof(struct laddr_dump) <= sizeof_field(struct netlink_callback, ctx));

static int put_service(struct sk_buff *skb, const struct ip_vs_service *svc, u32 total)
{
	struct nlattr *nest = nla_nest_start(skb, IP_VS_FNAT_A_SERVICE);

	if (!nest || nla_put_u16(skb, IP_VS_FNAT_A_SERVICE_AF, svc->af) ||
	    nla_put_u32(skb, IP_VS_FNAT_A_SERVICE_TOTAL, total))
		return -EMSGSIZE;
	if (svc->fwmark) {
		if (nla_put_u32(skb, IP_VS_FNAT_A_SERVICE_FWMARK, svc->fwmark))
			return -EMSGSIZE;
	} else if (nla_put_u8(skb, IP_VS_FNAT_A_SERVICE_PROTOCOL, svc->protocol) ||
		   put_addr(skb, IP_VS_FNAT_A_SERVICE_ADDRESS, svc->af, &svc->addr) ||
		   nla_put_be16(skb, IP_VS_FNAT_A_SERVICE_PORT, svc->port)) {
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

int ip_vs_fnat_nl_put_laddr(struct sk_buff *skb, const struct ip_vs_fnat_net *fn, u8 af,
			    const struct ip_vs_fnat_laddr *laddr)
{
	struct nlattr *nest = nla_nest_start(skb, IP_VS_FNAT_A_LADDR);
	u32 range = ip_vs_fnat_port_range(fn), used = ip_vs_fnat_laddr_used(laddr);

	if (!nest ||
	    put_addr(skb, IP_VS_FNAT_A_LADDR_FIRST, af, &laddr->addr) ||
	    nla_put_u32(skb, IP_VS_FNAT_A_LADDR_FLOWS, atomic_read(&laddr->flows)) ||
	    nla_put_u64_64bit(skb, IP_VS_FNAT_A_LADDR_CONFLICTS,
			      atomic_long_read(&laddr->conflicts), IP_VS_FNAT_A_LADDR_PAD) ||
	    nla_put_u32(skb, IP_VS_FNAT_A_LADDR_USED, used) ||
	    nla_put_u32(skb, IP_VS_FNAT_A_LADDR_FREE, range > used ? range - used : 0))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* A row of @svc; of its addresses, @laddr when that is not NULL. */
static int put_laddr_row(struct sk_buff *skb, struct netlink_callback *cb,
			 const struct ip_vs_fnat_net *fn, const struct ip_vs_service *svc,
			 u32 total, const struct ip_vs_fnat_laddr *laddr)
{
	void *hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				&ip_vs_fnat_family, NLM_F_MULTI, IP_VS_FNAT_CMD_LADDR_GET);

	if (!hdr)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, hdr);
	if (put_service(skb, svc, total) ||
	    (laddr && ip_vs_fnat_nl_put_laddr(skb, fn, svc->af, laddr))) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/*
 * The dump holds the service that it is at: deleted, that leads nowhere, and
 * the reader is told.
 */
static void laddrs_dump_move(struct laddr_dump *dump, struct ip_vs_fnat_service *service)
{
	if (service)
		refcount_inc(&service->refs);
	if (dump->service)
		ip_vs_fnat_service_put(dump->service);
	dump->service = service;
	dump->row = 0;
}

static void laddrs_dump_next(struct laddr_dump *dump, struct ip_vs_fnat_services *services)
{
	struct list_head *next = dump->service ? dump->service->list.next : services->list.next;

	if ((dump->service && (dump->only || !dump->service->linked)) ||
	    next == &services->list)
		laddrs_dump_move(dump, NULL);
	else
		laddrs_dump_move(dump, list_entry(next, struct ip_vs_fnat_service, list));
}

int ip_vs_fnat_nl_laddr_dump_start(struct netlink_callback *cb)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(sock_net(cb->skb->sk));
	struct nlattr *attr = ip_vs_fnat_dump_attrs(cb)[IP_VS_FNAT_A_SERVICE];
	struct laddr_dump *dump = (struct laddr_dump *)cb->ctx;
	struct ip_vs_fnat_service *service = NULL;
	struct ip_vs_fnat_nl_service name;
	struct ip_vs_service *svc;
	int err;

	memset(dump, 0, sizeof(*dump));
	if (!attr)
		return 0;
	err = ip_vs_fnat_nl_read_service(attr, &name, cb->extack);
	if (err)
		return err;
	mutex_lock(&fn->mutex);
	svc = find_service(fn, &name);
	if (svc)
		service = ip_vs_fnat_service_find(fn, svc);
	if (service)
		laddrs_dump_move(dump, service);
	mutex_unlock(&fn->mutex);
	if (!svc)
		return bad(cb->extack, attr, -ESRCH, "the service is not there");
	/* One that never had a local address has nothing to list. */
	dump->family = service ? name.af == AF_INET6 : 2;
	dump->started = true;
	dump->only = true;
	return 0;
}

int ip_vs_fnat_nl_laddr_dump_done(struct netlink_callback *cb)
{
	struct laddr_dump *dump = (struct laddr_dump *)cb->ctx;

	if (dump->service)
		ip_vs_fnat_service_put(dump->service);
	return 0;
}

/* List the services of one family from where the last message ended. */
static int laddrs_dump_family(struct sk_buff *skb, struct netlink_callback *cb,
			      struct ip_vs_fnat_net *fn, struct laddr_dump *dump)
{
	struct ip_vs_fnat_services *services = &fn->services[dump->family];

	if (!dump->started)
		laddrs_dump_next(dump, services);
	dump->started = true;
	for (; dump->service; laddrs_dump_next(dump, services)) {
		const struct ip_vs_fnat_lset *set = &dump->service->set;
		u32 total = ip_vs_fnat_lset_total(set);

		for (; dump->service->linked && dump->row <= total; dump->row++)
			if (put_laddr_row(skb, cb, fn, dump->service->svc, total,
					  dump->row ? ip_vs_fnat_lset_at(set, dump->row - 1) :
						      NULL))
				return -EMSGSIZE;
	}
	return 0;
}

int ip_vs_fnat_nl_laddr_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(sock_net(skb->sk));
	struct laddr_dump *dump = (struct laddr_dump *)cb->ctx;

	mutex_lock(&fn->mutex);
	cb->seq = fn->services_gen + 1;
	while (dump->family < 2) {
		if (laddrs_dump_family(skb, cb, fn, dump))
			break;
		dump->family = dump->only ? 2 : dump->family + 1;
		dump->started = false;
	}
	mutex_unlock(&fn->mutex);
	return skb->len;
}
