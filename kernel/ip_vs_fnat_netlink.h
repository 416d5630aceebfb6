/* SPDX-License-Identifier: GPL-2.0 */
/* What the handlers of the family IPVS_FNAT share. */
#ifndef _IP_VS_FNAT_NETLINK_H
#define _IP_VS_FNAT_NETLINK_H

#include <net/genetlink.h>

#include "ip_vs_fnat_addr.h"
#include "ip_vs_fnat_laddr.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_uapi.h"

extern struct genl_family ip_vs_fnat_family;

/* Refuse a request: returns @err. @what has to be a constant, since it outlives the call. */
static inline int bad(struct netlink_ext_ack *extack, const struct nlattr *attr, int err,
		      const char *what)
{
	NL_SET_BAD_ATTR(extack, attr);
	if (extack)
		extack->_msg = what;
	return err;
}

/* An address of exactly the family's length. */
static inline int read_addr(const struct nlattr *attr, u8 af, union nf_inet_addr *addr,
			    struct netlink_ext_ack *extack)
{
	memset(addr, 0, sizeof(*addr));
	if (nla_len(attr) != ip_vs_fnat_addr_bytes(af))
		return bad(extack, attr, -EINVAL, "address is not of the family");
	nla_memcpy(addr, attr, sizeof(*addr));
	return 0;
}

/* A prefix without bits beyond its length; without @len_attr that is all of the address. */
static inline int read_prefix(const struct nlattr *attr, const struct nlattr *len_attr, u8 af,
			      union nf_inet_addr *addr, u8 *len, struct netlink_ext_ack *extack)
{
	union nf_inet_addr net;
	int err;

	err = read_addr(attr, af, addr, extack);
	if (err)
		return err;
	*len = len_attr ? nla_get_u8(len_attr) : ip_vs_fnat_addr_bits(af);
	if (*len > ip_vs_fnat_addr_bits(af))
		return bad(extack, len_attr, -EINVAL, "prefix length exceeds the address");
	ip_vs_fnat_addr_prefix(af, &net, addr, *len);
	if (!ip_vs_fnat_addr_eq(af, &net, addr))
		return bad(extack, attr, -EINVAL, "address has bits beyond its prefix length");
	return 0;
}

/* Unicast addresses @min to @max, or @min alone when that is NULL; -EINVAL, -ERANGE. */
static inline int read_range(const struct nlattr *min, const struct nlattr *max, u8 af,
			     union nf_inet_addr *first, u32 *count,
			     struct netlink_ext_ack *extack)
{
	union nf_inet_addr last;
	int err;

	err = read_addr(min, af, first, extack);
	if (err)
		return err;
	err = read_addr(max ? max : min, af, &last, extack);
	if (err)
		return err;
	*count = ip_vs_fnat_addr_count(af, first, &last);
	if (!*count)
		return bad(extack, max, -EINVAL, "range ends before it begins");
	if (*count > IP_VS_FNAT_POOL_MAX)
		return bad(extack, max, -ERANGE, "range has over 65536 addresses");
	if (!ip_vs_fnat_addr_is_unicast(af, first) || !ip_vs_fnat_addr_is_unicast(af, &last))
		return bad(extack, min, -EINVAL, "range holds what is no unicast address");
	return 0;
}

static inline int put_addr(struct sk_buff *skb, int type, u8 af, const union nf_inet_addr *addr)
{
	return nla_put(skb, type, ip_vs_fnat_addr_bytes(af), addr);
}

/* ---- rules (ip_vs_fnat_netlink_rule.c) ---- */

int ip_vs_fnat_nl_rule_new(struct sk_buff *skb, struct genl_info *info);
int ip_vs_fnat_nl_rule_set(struct sk_buff *skb, struct genl_info *info);
int ip_vs_fnat_nl_rule_del(struct sk_buff *skb, struct genl_info *info);
int ip_vs_fnat_nl_rule_dump_start(struct netlink_callback *cb);
int ip_vs_fnat_nl_rule_dump(struct sk_buff *skb, struct netlink_callback *cb);
int ip_vs_fnat_nl_rule_dump_done(struct netlink_callback *cb);

/* ---- zones (ip_vs_fnat_netlink_zone.c) ---- */

int ip_vs_fnat_nl_zone_new(struct sk_buff *skb, struct genl_info *info);
int ip_vs_fnat_nl_zone_del(struct sk_buff *skb, struct genl_info *info);
int ip_vs_fnat_nl_zone_laddr_new(struct genl_info *info);
int ip_vs_fnat_nl_zone_laddr_del(struct genl_info *info);
int ip_vs_fnat_nl_zone_dump_start(struct netlink_callback *cb);
int ip_vs_fnat_nl_zone_dump(struct sk_buff *skb, struct netlink_callback *cb);
int ip_vs_fnat_nl_zone_dump_done(struct netlink_callback *cb);

/* ---- services (ip_vs_fnat_netlink_service.c) ---- */

/* What names a service; the mark alone, when that is not 0. */
struct ip_vs_fnat_nl_service {
	u8			af;
	u8			protocol;
	__be16			port;
	u32			fwmark;
	union nf_inet_addr	addr;
};

int ip_vs_fnat_nl_read_service(struct nlattr *attr, struct ip_vs_fnat_nl_service *name,
			       struct netlink_ext_ack *extack);

/* ---- local addresses of zones and services (the same file) ---- */

int ip_vs_fnat_nl_read_laddr(struct genl_info *info, u8 af, union nf_inet_addr *first,
			     u32 *count);
int ip_vs_fnat_nl_put_laddr(struct sk_buff *skb, const struct ip_vs_fnat_net *fn, u8 af,
			    const struct ip_vs_fnat_laddr *laddr);
int ip_vs_fnat_nl_laddr_new(struct sk_buff *skb, struct genl_info *info);
int ip_vs_fnat_nl_laddr_del(struct sk_buff *skb, struct genl_info *info);
int ip_vs_fnat_nl_laddr_dump_start(struct netlink_callback *cb);
int ip_vs_fnat_nl_laddr_dump(struct sk_buff *skb, struct netlink_callback *cb);
int ip_vs_fnat_nl_laddr_dump_done(struct netlink_callback *cb);

/* ---- synchronisation (ip_vs_fnat_netlink_sync.c) ---- */

int ip_vs_fnat_nl_sync_set(struct sk_buff *skb, struct genl_info *info);
int ip_vs_fnat_nl_sync_handover(struct sk_buff *skb, struct genl_info *info);
int ip_vs_fnat_nl_sync_dump(struct sk_buff *skb, struct netlink_callback *cb);

#endif /* _IP_VS_FNAT_NETLINK_H */
