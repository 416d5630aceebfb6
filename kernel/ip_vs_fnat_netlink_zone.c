// SPDX-License-Identifier: GPL-2.0
/* Requests about zones and their local addresses. */
#include <linux/slab.h>

#include "ip_vs_fnat_compat.h"
#include "ip_vs_fnat_laddr.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_netlink.h"
#include "ip_vs_fnat_nla.h"
#include "ip_vs_fnat_uapi.h"
#include "ip_vs_fnat_zone.h"

/* ---- reading requests ---- */

static int read_zone(struct nlattr *attr, u8 *af, struct ip_vs_fnat_zone_key *key,
		     struct netlink_ext_ack *extack)
{
	struct nlattr *tb[IP_VS_FNAT_A_ZONE_MAX + 1];
	u16 family;
	u8 len;
	int err;

	if (!attr)
		return bad(extack, NULL, -EINVAL, "zone is missing");
	err = nla_parse_nested(tb, IP_VS_FNAT_A_ZONE_MAX, attr, ip_vs_fnat_zone_policy, extack);
	if (err)
		return err;
	if (!tb[IP_VS_FNAT_A_ZONE_AF] || !tb[IP_VS_FNAT_A_ZONE_NETWORK] ||
	    !tb[IP_VS_FNAT_A_ZONE_LENGTH])
		return bad(extack, attr, -EINVAL, "zone: af, network and length are needed");
	family = nla_get_u16(tb[IP_VS_FNAT_A_ZONE_AF]);
	if (family != AF_INET && family != AF_INET6)
		return bad(extack, tb[IP_VS_FNAT_A_ZONE_AF], -EAFNOSUPPORT,
			   "zone: af is neither AF_INET nor AF_INET6");
	*af = family;
	err = read_prefix(tb[IP_VS_FNAT_A_ZONE_NETWORK], tb[IP_VS_FNAT_A_ZONE_LENGTH], *af,
			  &key->net, &len, extack);
	key->len = len;
	return err;
}

/* ---- changing ---- */

/* Count the change, and let the namespace go; an error gets its message. */
static int end_change(struct genl_info *info, struct ip_vs_fnat_net *fn, int err,
		      const char *what)
{
	if (!err)
		fn->zones_gen++;
	mutex_unlock(&fn->mutex);
	return err ? bad(info->extack, NULL, err, what) : 0;
}

int ip_vs_fnat_nl_zone_new(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *before_attr = info->attrs[IP_VS_FNAT_A_BEFORE];
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(genl_info_net(info));
	struct ip_vs_fnat_zone_key key, before;
	u8 af, before_af;
	int err;

	err = read_zone(info->attrs[IP_VS_FNAT_A_ZONE], &af, &key, info->extack);
	if (err)
		return err;
	if (before_attr) {
		err = read_zone(before_attr, &before_af, &before, info->extack);
		if (err)
			return err;
		if (before_af != af)
			return bad(info->extack, before_attr, -EINVAL,
				   "before is a zone of the other family");
	}
	mutex_lock(&fn->mutex);
	err = ip_vs_fnat_zone_add(ip_vs_fnat_zones(fn, af), &key, before_attr ? &before : NULL);
	return end_change(info, fn, err,
			  err == -EEXIST ? "the zone is there" :
			  err == -ESRCH ? "the zone to put it before is not there" :
			  err == -ENOSPC ? "there are 65536 zones of the family" :
			  "out of memory");
}

int ip_vs_fnat_nl_zone_del(struct sk_buff *skb, struct genl_info *info)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(genl_info_net(info));
	struct ip_vs_fnat_zone_key key;
	u8 af;
	int err;

	err = read_zone(info->attrs[IP_VS_FNAT_A_ZONE], &af, &key, info->extack);
	if (err)
		return err;
	mutex_lock(&fn->mutex);
	err = ip_vs_fnat_zone_del(ip_vs_fnat_zones(fn, af), &key);
	return end_change(info, fn, err, "the zone is not there");
}

static int zone_change_laddr(struct genl_info *info,
			     int (*change)(struct ip_vs_fnat_zones *zones,
					   const struct ip_vs_fnat_zone_key *key,
					   const union nf_inet_addr *first, u32 count))
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(genl_info_net(info));
	struct ip_vs_fnat_zone_key key;
	union nf_inet_addr first;
	u32 count;
	u8 af;
	int err;

	err = read_zone(info->attrs[IP_VS_FNAT_A_ZONE], &af, &key, info->extack);
	if (!err)
		err = ip_vs_fnat_nl_read_laddr(info, af, &first, &count);
	if (err)
		return err;
	mutex_lock(&fn->mutex);
	err = change(ip_vs_fnat_zones(fn, af), &key, &first, count);
	return end_change(info, fn, err,
			  err == -ESRCH ? "the zone is not there" :
			  err == -EEXIST ? "the zone has it, or one of the range" :
			  err == -ENOENT ? "the zone lacks it, or one of the range" :
			  err == -ENOSPC ? "zones of a family have 65536 addresses at most" :
			  "out of memory");
}

int ip_vs_fnat_nl_zone_laddr_new(struct genl_info *info)
{
	return zone_change_laddr(info, ip_vs_fnat_zone_laddr_add);
}

int ip_vs_fnat_nl_zone_laddr_del(struct genl_info *info)
{
	return zone_change_laddr(info, ip_vs_fnat_zone_laddr_del);
}

/* ---- listing ---- */

struct zone_dump {
	struct ip_vs_fnat_zone	*zone;		/* held; being listed */
	u32			row;		/* 0: the zone, else an address of it */
	u8			family;		/* 0 or 1, 2 when done */
	bool			started;	/* with that family */
	bool			only;		/* that zone */
};

static_assert(sizeof(struct zone_dump) <= sizeof_field(struct netlink_callback, ctx));

static int put_zone(struct sk_buff *skb, const struct ip_vs_fnat_zone *zone)
{
	struct nlattr *nest = nla_nest_start(skb, IP_VS_FNAT_A_ZONE);

	if (!nest || nla_put_u16(skb, IP_VS_FNAT_A_ZONE_AF, zone->af) ||
	    put_addr(skb, IP_VS_FNAT_A_ZONE_NETWORK, zone->af, &zone->key.net) ||
	    nla_put_u8(skb, IP_VS_FNAT_A_ZONE_LENGTH, zone->key.len) ||
	    nla_put_u32(skb, IP_VS_FNAT_A_ZONE_TOTAL, ip_vs_fnat_lset_total(&zone->set)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_zone_row(struct sk_buff *skb, struct netlink_callback *cb,
			const struct ip_vs_fnat_net *fn, const struct zone_dump *dump)
{
	const struct ip_vs_fnat_zone *zone = dump->zone;
	void *hdr;

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &ip_vs_fnat_family, NLM_F_MULTI, IP_VS_FNAT_CMD_ZONE_GET);
	if (!hdr)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, hdr);
	if (put_zone(skb, zone) ||
	    (dump->row && ip_vs_fnat_nl_put_laddr(skb, fn, zone->af,
						  ip_vs_fnat_lset_at(&zone->set,
								     dump->row - 1)))) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/* The dump holds the zone that it is at: deleted, that leads nowhere, and the reader is told. */
static void zones_dump_move(struct zone_dump *dump, struct ip_vs_fnat_zone *zone)
{
	if (zone)
		refcount_inc(&zone->refs);
	if (dump->zone)
		ip_vs_fnat_zone_put(dump->zone);
	dump->zone = zone;
	dump->row = 0;
}

static void zones_dump_next(struct zone_dump *dump, struct ip_vs_fnat_zones *zones)
{
	struct list_head *next = dump->zone ? dump->zone->list.next : zones->list.next;

	if ((dump->zone && (dump->only || !dump->zone->linked)) || next == &zones->list)
		zones_dump_move(dump, NULL);
	else
		zones_dump_move(dump, list_entry(next, struct ip_vs_fnat_zone, list));
}

int ip_vs_fnat_nl_zone_dump_start(struct netlink_callback *cb)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(sock_net(cb->skb->sk));
	struct zone_dump *dump = (struct zone_dump *)cb->ctx;
	struct nlattr *attr = ip_vs_fnat_dump_attrs(cb)[IP_VS_FNAT_A_ZONE];
	struct ip_vs_fnat_zone_key key;
	struct ip_vs_fnat_zone *zone;
	u8 af;
	int err;

	memset(dump, 0, sizeof(*dump));
	if (!attr)
		return 0;
	err = read_zone(attr, &af, &key, cb->extack);
	if (err)
		return err;
	mutex_lock(&fn->mutex);
	zone = ip_vs_fnat_zone_find(ip_vs_fnat_zones(fn, af), &key);
	if (zone)
		zones_dump_move(dump, zone);
	mutex_unlock(&fn->mutex);
	if (!zone)
		return bad(cb->extack, attr, -ESRCH, "the zone is not there");
	dump->family = af == AF_INET6;
	dump->started = true;
	dump->only = true;
	return 0;
}

int ip_vs_fnat_nl_zone_dump_done(struct netlink_callback *cb)
{
	struct zone_dump *dump = (struct zone_dump *)cb->ctx;

	if (dump->zone)
		ip_vs_fnat_zone_put(dump->zone);
	return 0;
}

/* List the zones of one family from where the last message ended. */
static int zones_dump_family(struct sk_buff *skb, struct netlink_callback *cb,
			     struct ip_vs_fnat_net *fn, struct zone_dump *dump)
{
	struct ip_vs_fnat_zones *zones = &fn->zones[dump->family];

	if (!dump->started)
		zones_dump_next(dump, zones);
	dump->started = true;
	for (; dump->zone; zones_dump_next(dump, zones)) {
		if (!dump->zone->linked)
			continue;
		for (; dump->row <= ip_vs_fnat_lset_total(&dump->zone->set); dump->row++)
			if (put_zone_row(skb, cb, fn, dump))
				return -EMSGSIZE;
	}
	return 0;
}

int ip_vs_fnat_nl_zone_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(sock_net(skb->sk));
	struct zone_dump *dump = (struct zone_dump *)cb->ctx;

	mutex_lock(&fn->mutex);
	cb->seq = fn->zones_gen + 1;
	while (dump->family < 2) {
		if (zones_dump_family(skb, cb, fn, dump))
			break;
		dump->family = dump->only ? 2 : dump->family + 1;
		dump->started = false;
	}
	mutex_unlock(&fn->mutex);
	return skb->len;
}
