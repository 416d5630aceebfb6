// SPDX-License-Identifier: GPL-2.0
/* The generic-netlink family IPVS_FNAT: rules. */
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <net/ip_vs.h>
#include <net/ipv6.h>

#include "ip_vs_fnat_addr.h"
#include "ip_vs_fnat_compat.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_netlink.h"
#include "ip_vs_fnat_nla.h"
#include "ip_vs_fnat_rule.h"
#include "ip_vs_fnat_stats.h"
#include "ip_vs_fnat_uapi.h"

/* ---- reading requests ---- */

struct rule_request {
	u8				af;
	u32				fwmark;
	struct ip_vs_fnat_rule_key	key;
	struct ip_vs_fnat_target	*target;
};

/* An SNAT service. */
static int read_service(struct nlattr *attr, u8 *af, u32 *fwmark, struct netlink_ext_ack *extack)
{
	struct ip_vs_fnat_nl_service name;
	int err = ip_vs_fnat_nl_read_service(attr, &name, extack);

	if (err)
		return err;
	if (!name.fwmark)
		return bad(extack, attr, -EINVAL, "service: fwmark is missing");
	*af = name.af;
	*fwmark = name.fwmark;
	return 0;
}

/* A link-local one only where it can do without a device, or has one. */
static int read_next_hop(const struct nlattr *attr, u8 af, union nf_inet_addr *addr,
			 bool link_local, struct netlink_ext_ack *extack)
{
	int err = read_addr(attr, af, addr, extack);

	if (err)
		return err;
	if (af == AF_INET6 && ipv6_addr_type(&addr->in6) & IPV6_ADDR_LINKLOCAL)
		return link_local ? 0 : bad(extack, attr, -EINVAL,
					    "a link-local next hop needs a device: new-oif");
	if (!ip_vs_fnat_addr_is_unicast(af, addr))
		return bad(extack, attr, -EINVAL, "next hop is no unicast address");
	return 0;
}

static int read_key(struct nlattr **tb, struct rule_request *req, struct netlink_ext_ack *extack)
{
	struct ip_vs_fnat_rule_key *key = &req->key;
	int err;

	memset(key, 0, sizeof(*key));
	if (!tb[IP_VS_FNAT_A_RULE_FROM])
		return bad(extack, NULL, -EINVAL, "rule: from is missing");
	err = read_prefix(tb[IP_VS_FNAT_A_RULE_FROM], tb[IP_VS_FNAT_A_RULE_FROM_LEN], req->af,
			  &key->from, &key->from_len, extack);
	if (err)
		return err;
	if (tb[IP_VS_FNAT_A_RULE_TO]) {
		err = read_prefix(tb[IP_VS_FNAT_A_RULE_TO], tb[IP_VS_FNAT_A_RULE_TO_LEN], req->af,
				  &key->to, &key->to_len, extack);
		if (err)
			return err;
	}
	if (tb[IP_VS_FNAT_A_RULE_GW]) {
		err = read_next_hop(tb[IP_VS_FNAT_A_RULE_GW], req->af, &key->gw, true, extack);
		if (err)
			return err;
		key->has_gw = 1;
	}
	if (tb[IP_VS_FNAT_A_RULE_OIF]) {
		nla_strscpy(key->oif, tb[IP_VS_FNAT_A_RULE_OIF], sizeof(key->oif));
		if (!key->oif[0])
			return bad(extack, tb[IP_VS_FNAT_A_RULE_OIF], -EINVAL,
				   "rule: oif is empty");
		key->has_oif = 1;
	}
	return 0;
}

static int read_pool(struct nlattr **tb, u8 af, struct ip_vs_fnat_target *target,
		     struct netlink_ext_ack *extack)
{
	if (!tb[IP_VS_FNAT_A_RULE_POOL_MIN])
		return bad(extack, NULL, -EINVAL, "rule: pool-min is missing");
	return read_range(tb[IP_VS_FNAT_A_RULE_POOL_MIN], tb[IP_VS_FNAT_A_RULE_POOL_MAX], af,
			  &target->first, &target->count, extack);
}

static bool device_exists(struct net *net, const char *name)
{
	bool exists;

	rcu_read_lock();
	exists = dev_get_by_name_rcu(net, name);
	rcu_read_unlock();
	return exists;
}

/* The rule's own next hop. Its device has to be there now; later it may come and go. */
static int read_new_gw(struct net *net, struct nlattr **tb, struct ip_vs_fnat_target *target,
		       struct netlink_ext_ack *extack)
{
	struct nlattr *gw = tb[IP_VS_FNAT_A_RULE_NEW_GW], *oif = tb[IP_VS_FNAT_A_RULE_NEW_OIF];

	if (!gw)
		return oif ? bad(extack, oif, -EINVAL, "rule: new-oif without new-gw") : 0;
	target->has_new_gw = true;
	if (oif) {
		nla_strscpy(target->new_oif, oif, sizeof(target->new_oif));
		if (!device_exists(net, target->new_oif))
			return bad(extack, oif, -ENODEV,
				   "the namespace has no device of the name in new-oif");
	}
	return read_next_hop(gw, target->af, &target->new_gw, oif, extack);
}

static int read_target(struct net *net, struct nlattr **tb, struct rule_request *req,
		       struct netlink_ext_ack *extack)
{
	struct ip_vs_fnat_target *target = kzalloc(sizeof(*target), GFP_KERNEL);
	int err;

	if (!target)
		return -ENOMEM;
	target->af = req->af;
	target->algo = IP_VS_FNAT_ALGO_SDH;
	err = read_pool(tb, req->af, target, extack);
	if (!err)
		err = read_new_gw(net, tb, target, extack);
	if (err) {
		kfree(target);
		return err;
	}
	if (tb[IP_VS_FNAT_A_RULE_ALGO])
		target->algo = nla_get_u32(tb[IP_VS_FNAT_A_RULE_ALGO]);
	req->target = target;
	return 0;
}

static int read_request(struct genl_info *info, struct rule_request *req, bool with_target)
{
	struct nlattr *tb[IP_VS_FNAT_A_RULE_MAX + 1];
	struct nlattr *rule = info->attrs[IP_VS_FNAT_A_RULE];
	int err;

	err = read_service(info->attrs[IP_VS_FNAT_A_SERVICE], &req->af, &req->fwmark,
			   info->extack);
	if (err)
		return err;
	if (!rule)
		return bad(info->extack, NULL, -EINVAL, "rule is missing");
	err = nla_parse_nested(tb, IP_VS_FNAT_A_RULE_MAX, rule, ip_vs_fnat_rule_policy,
			       info->extack);
	if (err)
		return err;
	err = read_key(tb, req, info->extack);
	if (err || !with_target)
		return err;
	return read_target(genl_info_net(info), tb, req, info->extack);
}

/* The service that a request names, under the namespace's mutex; ERR_PTR(-ESRCH). */
static struct ip_vs_fnat_snat *find_snat(struct ip_vs_fnat_net *fn, u8 af, u32 fwmark)
{
	struct ip_vs_fnat_snat *snat = ip_vs_fnat_snat(fn, af);
	struct ip_vs_service *svc;

	svc = rcu_dereference_protected(snat->svc, lockdep_is_held(&fn->mutex));
	return svc && svc->fwmark == fwmark ? snat : ERR_PTR(-ESRCH);
}

/* ---- changing rules ---- */

static int explain(struct netlink_ext_ack *extack, const struct nlattr *rule, int err)
{
	switch (err) {
	case -EEXIST:
		return bad(extack, rule, err, "a rule of the same from, to, gw and oif exists");
	case -ENOENT:
		return bad(extack, rule, err, "no rule has this from, to, gw and oif");
	case -ENOMEM:
		return bad(extack, NULL, err, "out of memory");
	}
	return err;
}

/* Do one of the three verbs; @change owns the target when it returns 0. */
static int change_rule(struct genl_info *info, struct rule_request *req,
		       int (*change)(struct ip_vs_fnat_snat *snat, struct rule_request *req))
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(genl_info_net(info));
	struct ip_vs_fnat_snat *snat;
	int err;

	mutex_lock(&fn->mutex);
	snat = find_snat(fn, req->af, req->fwmark);
	if (IS_ERR(snat)) {
		err = bad(info->extack, info->attrs[IP_VS_FNAT_A_SERVICE], PTR_ERR(snat),
			  "no SNAT service of this family has that fwmark");
	} else {
		err = change(snat, req);
		if (!err)
			fn->rules_gen++;
		else
			err = explain(info->extack, info->attrs[IP_VS_FNAT_A_RULE], err);
	}
	mutex_unlock(&fn->mutex);
	if (err)
		kfree(req->target);
	return err;
}

static int do_add(struct ip_vs_fnat_snat *snat, struct rule_request *req)
{
	return ip_vs_fnat_rule_add(snat, &req->key, req->target);
}

static int do_set(struct ip_vs_fnat_snat *snat, struct rule_request *req)
{
	return ip_vs_fnat_rule_set(snat, &req->key, req->target);
}

static int do_del(struct ip_vs_fnat_snat *snat, struct rule_request *req)
{
	return ip_vs_fnat_rule_del(snat, &req->key);
}

int ip_vs_fnat_nl_rule_new(struct sk_buff *skb, struct genl_info *info)
{
	struct rule_request req = {};
	int err = read_request(info, &req, true);

	if (err)
		return err;
	if (req.key.has_oif && !device_exists(genl_info_net(info), req.key.oif)) {
		kfree(req.target);
		return bad(info->extack, info->attrs[IP_VS_FNAT_A_RULE], -ENODEV,
			   "the namespace has no device of the name in oif");
	}
	return change_rule(info, &req, do_add);
}

int ip_vs_fnat_nl_rule_set(struct sk_buff *skb, struct genl_info *info)
{
	struct rule_request req = {};
	int err = read_request(info, &req, true);

	return err ? err : change_rule(info, &req, do_set);
}

int ip_vs_fnat_nl_rule_del(struct sk_buff *skb, struct genl_info *info)
{
	struct rule_request req = {};
	int err = read_request(info, &req, false);

	return err ? err : change_rule(info, &req, do_del);
}

/* ---- listing rules ---- */

struct rule_dump {
	struct ip_vs_fnat_rule	*next;		/* held; to be listed next */
	u32			fwmark;		/* 0: of all services */
	u8			af;
	u8			family;		/* being listed: 0 or 1, 2 when done */
	bool			started;	/* with that family */
};

static_assert(sizeof(struct rule_dump) <= sizeof_field(struct netlink_callback, ctx));

static int put_u64(struct sk_buff *skb, int type, u64 value)
{
	return nla_put_u64_64bit(skb, type, value, IP_VS_FNAT_A_STATS_PAD);
}

static int put_stats(struct sk_buff *skb, const struct ip_vs_fnat_rule *rule)
{
	const struct ip_vs_fnat_kstats *zero = &rule->zero, *rate = &rule->rate;
	struct ip_vs_fnat_kstats now;
	struct nlattr *nest;
	long flows, active;

	ip_vs_fnat_rule_read(rule, &now, &flows, &active);
	/* CPUs are read one after the other while flows come and go. */
	active = max(active, 0L);
	flows = max(flows, active);
	nest = nla_nest_start(skb, IP_VS_FNAT_A_RULE_STATS);
	if (!nest ||
	    put_u64(skb, IP_VS_FNAT_A_STATS_CONNS, now.conns - zero->conns) ||
	    put_u64(skb, IP_VS_FNAT_A_STATS_IN_PKTS, now.inpkts - zero->inpkts) ||
	    put_u64(skb, IP_VS_FNAT_A_STATS_OUT_PKTS, now.outpkts - zero->outpkts) ||
	    put_u64(skb, IP_VS_FNAT_A_STATS_IN_BYTES, now.inbytes - zero->inbytes) ||
	    put_u64(skb, IP_VS_FNAT_A_STATS_OUT_BYTES, now.outbytes - zero->outbytes) ||
	    put_u64(skb, IP_VS_FNAT_A_STATS_CPS, (rate->conns + 512) >> 10) ||
	    put_u64(skb, IP_VS_FNAT_A_STATS_IN_PPS, (rate->inpkts + 512) >> 10) ||
	    put_u64(skb, IP_VS_FNAT_A_STATS_OUT_PPS, (rate->outpkts + 512) >> 10) ||
	    put_u64(skb, IP_VS_FNAT_A_STATS_IN_BPS, (rate->inbytes + 512) >> 10) ||
	    put_u64(skb, IP_VS_FNAT_A_STATS_OUT_BPS, (rate->outbytes + 512) >> 10) ||
	    put_u64(skb, IP_VS_FNAT_A_STATS_ACTIVE, active) ||
	    put_u64(skb, IP_VS_FNAT_A_STATS_INACTIVE, flows - active))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_key(struct sk_buff *skb, u8 af, const struct ip_vs_fnat_rule_key *key)
{
	if (put_addr(skb, IP_VS_FNAT_A_RULE_FROM, af, &key->from) ||
	    nla_put_u8(skb, IP_VS_FNAT_A_RULE_FROM_LEN, key->from_len))
		return -EMSGSIZE;
	if (key->to_len &&
	    (put_addr(skb, IP_VS_FNAT_A_RULE_TO, af, &key->to) ||
	     nla_put_u8(skb, IP_VS_FNAT_A_RULE_TO_LEN, key->to_len)))
		return -EMSGSIZE;
	if (key->has_gw && put_addr(skb, IP_VS_FNAT_A_RULE_GW, af, &key->gw))
		return -EMSGSIZE;
	if (key->has_oif && nla_put_string(skb, IP_VS_FNAT_A_RULE_OIF, key->oif))
		return -EMSGSIZE;
	return 0;
}

static int put_target(struct sk_buff *skb, u8 af, const struct ip_vs_fnat_target *target)
{
	union nf_inet_addr last;

	ip_vs_fnat_addr_add(af, &last, &target->first, target->count - 1);
	if (put_addr(skb, IP_VS_FNAT_A_RULE_POOL_MIN, af, &target->first) ||
	    put_addr(skb, IP_VS_FNAT_A_RULE_POOL_MAX, af, &last) ||
	    nla_put_u32(skb, IP_VS_FNAT_A_RULE_ALGO, target->algo))
		return -EMSGSIZE;
	if (target->has_new_gw && put_addr(skb, IP_VS_FNAT_A_RULE_NEW_GW, af, &target->new_gw))
		return -EMSGSIZE;
	if (target->new_oif[0] && nla_put_string(skb, IP_VS_FNAT_A_RULE_NEW_OIF, target->new_oif))
		return -EMSGSIZE;
	return 0;
}

static int put_snat_service(struct sk_buff *skb, u8 af, u32 fwmark)
{
	struct nlattr *nest = nla_nest_start(skb, IP_VS_FNAT_A_SERVICE);

	if (!nest || nla_put_u16(skb, IP_VS_FNAT_A_SERVICE_AF, af) ||
	    nla_put_u32(skb, IP_VS_FNAT_A_SERVICE_FWMARK, fwmark))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_rule(struct sk_buff *skb, struct netlink_callback *cb, u32 fwmark,
		    const struct ip_vs_fnat_rule *rule)
{
	struct nlattr *nest;
	void *hdr;

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &ip_vs_fnat_family,
			  NLM_F_MULTI, IP_VS_FNAT_CMD_RULE_GET);
	if (!hdr)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, hdr);
	if (put_snat_service(skb, rule->af, fwmark))
		goto cancel;
	nest = nla_nest_start(skb, IP_VS_FNAT_A_RULE);
	if (!nest || put_key(skb, rule->af, &rule->key) ||
	    put_target(skb, rule->af, rcu_dereference_protected(rule->target, 1)) ||
	    put_stats(skb, rule))
		goto cancel;
	nla_nest_end(skb, nest);
	genlmsg_end(skb, hdr);
	return 0;

cancel:
	genlmsg_cancel(skb, hdr);
	return -EMSGSIZE;
}

int ip_vs_fnat_nl_rule_dump_start(struct netlink_callback *cb)
{
	struct rule_dump *dump = (struct rule_dump *)cb->ctx;
	struct nlattr *service = ip_vs_fnat_dump_attrs(cb)[IP_VS_FNAT_A_SERVICE];

	memset(dump, 0, sizeof(*dump));
	return service ? read_service(service, &dump->af, &dump->fwmark, cb->extack) : 0;
}

int ip_vs_fnat_nl_rule_dump_done(struct netlink_callback *cb)
{
	struct rule_dump *dump = (struct rule_dump *)cb->ctx;

	if (dump->next)
		ip_vs_fnat_rule_put(dump->next);
	return 0;
}

/* List one family's rules from where the last message ended. */
static int rules_dump_family(struct sk_buff *skb, struct netlink_callback *cb,
			     struct rule_dump *dump, struct ip_vs_fnat_snat *snat, u32 fwmark)
{
	struct ip_vs_fnat_rule *rule = dump->next;

	dump->next = NULL;
	if (rule) {
		/* The dump holds it; unlinked, it leads nowhere, and the reader is told. */
		bool linked = rule->linked;

		ip_vs_fnat_rule_put(rule);
		if (!linked)
			return 0;
	} else if (!dump->started) {
		rule = ip_vs_fnat_rule_next(snat, NULL);
	}
	dump->started = true;
	for (; rule; rule = ip_vs_fnat_rule_next(snat, rule)) {
		if (put_rule(skb, cb, fwmark, rule)) {
			refcount_inc(&rule->refs);
			dump->next = rule;
			return -EMSGSIZE;
		}
	}
	return 0;
}

int ip_vs_fnat_nl_rule_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(sock_net(skb->sk));
	struct rule_dump *dump = (struct rule_dump *)cb->ctx;

	mutex_lock(&fn->mutex);
	cb->seq = fn->rules_gen + 1;
	for (; dump->family < 2; dump->family++, dump->started = false) {
		struct ip_vs_fnat_snat *snat = &fn->snat[dump->family];
		const struct ip_vs_service *svc;

		svc = rcu_dereference_protected(snat->svc, lockdep_is_held(&fn->mutex));
		if (!svc || (dump->fwmark &&
			     (dump->af != snat->af || dump->fwmark != svc->fwmark)))
			continue;
		if (rules_dump_family(skb, cb, dump, snat, svc->fwmark))
			break;
	}
	mutex_unlock(&fn->mutex);
	return skb->len;
}
