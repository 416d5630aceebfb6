// SPDX-License-Identifier: GPL-2.0
/*
 * The generic-netlink family IPVS_FNAT: rules, flows and counters; zones are in
 * ip_vs_fnat_netlink_zone.c, local addresses in ip_vs_fnat_netlink_service.c.
 * Its spec is netlink/ip_vs_fnat.yaml; header and policies are made from that.
 */
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <net/ip_vs.h>
#include <net/ipv6.h>

#include "ip_vs_fnat.h"
#include "ip_vs_fnat_addr.h"
#include "ip_vs_fnat_compat.h"
#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_netlink.h"
#include "ip_vs_fnat_nla.h"
#include "ip_vs_fnat_rule.h"
#include "ip_vs_fnat_stats.h"
#include "ip_vs_fnat_uapi.h"

MODULE_ALIAS_GENL_FAMILY(IP_VS_FNAT_GENL_NAME);
/* By this a file, or what is loaded, is told from the stock module. */
MODULE_VERSION(IP_VS_FNAT_VERSION);

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
static struct ip_vs_fnat_snat *find_service(struct ip_vs_fnat_net *fn, u8 af, u32 fwmark)
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
	snat = find_service(fn, req->af, req->fwmark);
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

static int rule_new(struct sk_buff *skb, struct genl_info *info)
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

static int rule_set(struct sk_buff *skb, struct genl_info *info)
{
	struct rule_request req = {};
	int err = read_request(info, &req, true);

	return err ? err : change_rule(info, &req, do_set);
}

static int rule_del(struct sk_buff *skb, struct genl_info *info)
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

static int put_service(struct sk_buff *skb, u8 af, u32 fwmark)
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
	if (put_service(skb, rule->af, fwmark))
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

static int rule_dump_start(struct netlink_callback *cb)
{
	struct rule_dump *dump = (struct rule_dump *)cb->ctx;
	struct nlattr *service = ip_vs_fnat_dump_attrs(cb)[IP_VS_FNAT_A_SERVICE];

	memset(dump, 0, sizeof(*dump));
	return service ? read_service(service, &dump->af, &dump->fwmark, cb->extack) : 0;
}

static int rule_dump_done(struct netlink_callback *cb)
{
	struct rule_dump *dump = (struct rule_dump *)cb->ctx;

	if (dump->next)
		ip_vs_fnat_rule_put(dump->next);
	return 0;
}

/* List one family's rules from where the last message ended. */
static int dump_family(struct sk_buff *skb, struct netlink_callback *cb, struct rule_dump *dump,
		       struct ip_vs_fnat_snat *snat, u32 fwmark)
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

static int rule_dump(struct sk_buff *skb, struct netlink_callback *cb)
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
		if (dump_family(skb, cb, dump, snat, svc->fwmark))
			break;
	}
	mutex_unlock(&fn->mutex);
	return skb->len;
}

/* ---- listing flows ---- */

struct flow_dump {
	u32	bucket;
	u32	skip;
};

struct flow_emit {
	struct sk_buff		*skb;
	struct netlink_callback	*cb;
	u32			fwmark[2];
};

static u8 flow_state(const struct ip_vs_fnat_flow *flow)
{
	u32 state = READ_ONCE(flow->state);

	if (flow->proto == IPPROTO_UDP)
		return IP_VS_FNAT_STATE_UDP;
	if (flow->proto != IPPROTO_TCP)
		return IP_VS_FNAT_STATE_ICMP;
	BUILD_BUG_ON((int)IP_VS_FNAT_STATE_SYNACK != (int)IP_VS_TCP_S_SYNACK);
	return state < IP_VS_TCP_S_LAST ? state : IP_VS_FNAT_STATE_NONE;
}

static int put_flow(struct ip_vs_fnat_flow *flow, u32 left, void *arg)
{
	struct flow_emit *emit = arg;
	struct sk_buff *skb = emit->skb;
	struct nlattr *nest;
	void *hdr;

	if (ip_vs_fnat_is_conn(flow))
		return 0;	/* IPVS lists it */

	hdr = genlmsg_put(skb, NETLINK_CB(emit->cb->skb).portid, emit->cb->nlh->nlmsg_seq,
			  &ip_vs_fnat_family, NLM_F_MULTI, IP_VS_FNAT_CMD_FLOW_GET);
	if (!hdr)
		return -EMSGSIZE;
	nest = nla_nest_start(skb, IP_VS_FNAT_A_FLOW);
	if (!nest ||
	    nla_put_u16(skb, IP_VS_FNAT_A_FLOW_AF, flow->af) ||
	    nla_put_u8(skb, IP_VS_FNAT_A_FLOW_PROTOCOL, flow->proto) ||
	    nla_put_u8(skb, IP_VS_FNAT_A_FLOW_STATE, flow_state(flow)) ||
	    put_addr(skb, IP_VS_FNAT_A_FLOW_CLIENT, flow->af, &flow->client) ||
	    nla_put_be16(skb, IP_VS_FNAT_A_FLOW_CLIENT_PORT, flow->cport) ||
	    put_addr(skb, IP_VS_FNAT_A_FLOW_LOCAL, flow->af, &flow->local) ||
	    nla_put_be16(skb, IP_VS_FNAT_A_FLOW_LOCAL_PORT, flow->lport) ||
	    put_addr(skb, IP_VS_FNAT_A_FLOW_REMOTE, flow->af, &flow->remote) ||
	    nla_put_be16(skb, IP_VS_FNAT_A_FLOW_REMOTE_PORT, flow->rport) ||
	    nla_put_u32(skb, IP_VS_FNAT_A_FLOW_EXPIRES, left) ||
	    (flow->kind == IP_VS_FNAT_OF_RULE && nla_put_u32(skb, IP_VS_FNAT_A_FLOW_FWMARK,
				       emit->fwmark[flow->af == AF_INET6]))) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	genlmsg_end(skb, hdr);
	return 0;
}

static u32 service_fwmark(struct ip_vs_fnat_snat *snat)
{
	const struct ip_vs_service *svc;
	u32 fwmark;

	rcu_read_lock();
	svc = rcu_dereference(snat->svc);
	fwmark = svc ? svc->fwmark : 0;
	rcu_read_unlock();
	return fwmark;
}

static int flow_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(sock_net(skb->sk));
	struct flow_dump *dump = (struct flow_dump *)cb->ctx;
	struct flow_emit emit = {
		.skb	= skb,
		.cb	= cb,
		.fwmark	= { service_fwmark(&fn->snat[0]), service_fwmark(&fn->snat[1]) },
	};

	/* Timeouts are those of a service's protocols: no service, no flows. */
	mutex_lock(&fn->mutex);
	if (atomic_read(&fn->flows))
		ip_vs_fnat_flow_walk(fn, &dump->bucket, &dump->skip, put_flow, &emit);
	mutex_unlock(&fn->mutex);
	return skb->len;
}

/* ---- counters and what the module is ---- */

static int reply(struct genl_info *info, u8 cmd, int nest_type,
		 int (*fill)(struct sk_buff *skb, struct ip_vs_fnat_net *fn))
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(genl_info_net(info));
	struct sk_buff *skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	struct nlattr *nest;
	void *hdr;

	if (!skb)
		return -ENOMEM;
	hdr = genlmsg_put_reply(skb, info, &ip_vs_fnat_family, 0, cmd);
	nest = hdr ? nla_nest_start(skb, nest_type) : NULL;
	if (!nest || fill(skb, fn)) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	genlmsg_end(skb, hdr);
	return genlmsg_reply(skb, info);
}

static int fill_ext_stats(struct sk_buff *skb, struct ip_vs_fnat_net *fn)
{
	unsigned int i;

	for (i = IP_VS_FNAT_A_EXT_PAD + 1; i <= IP_VS_FNAT_A_EXT_MAX; i++)
		if (nla_put_u64_64bit(skb, i, ip_vs_fnat_counter(fn, i), IP_VS_FNAT_A_EXT_PAD))
			return -EMSGSIZE;
	return 0;
}

static int ext_stats_get(struct sk_buff *skb, struct genl_info *info)
{
	return reply(info, IP_VS_FNAT_CMD_EXT_STATS_GET, IP_VS_FNAT_A_EXT_STATS, fill_ext_stats);
}

static int fill_info(struct sk_buff *skb, struct ip_vs_fnat_net *fn)
{
	return nla_put_u32(skb, IP_VS_FNAT_A_INFO_ABI, IP_VS_FNAT_ABI) ||
	       nla_put_u32(skb, IP_VS_FNAT_A_INFO_FEATURES,
			   IP_VS_FNAT_FEATURE_SNAT | IP_VS_FNAT_FEATURE_ZONES |
			   IP_VS_FNAT_FEATURE_FULLNAT | IP_VS_FNAT_FEATURE_SYNPROXY) ||
	       nla_put_u32(skb, IP_VS_FNAT_A_INFO_FLOWS, atomic_read(&fn->flows)) ||
	       nla_put_u32(skb, IP_VS_FNAT_A_INFO_FLOWS_TOTAL, ip_vs_fnat_flow_total()) ||
	       nla_put_u32(skb, IP_VS_FNAT_A_INFO_FLOWS_MAX, ip_vs_fnat_flow_max()) ||
	       nla_put_u32(skb, IP_VS_FNAT_A_INFO_BUCKETS, ip_vs_fnat_flow_buckets()) ||
	       nla_put_string(skb, IP_VS_FNAT_A_INFO_VERSION, IP_VS_FNAT_VERSION);
}

static int info_get(struct sk_buff *skb, struct genl_info *info)
{
	return reply(info, IP_VS_FNAT_CMD_INFO_GET, IP_VS_FNAT_A_INFO, fill_info);
}

/* ---- the family ---- */

#define DO(COMMAND, FUNCTION)	{ .cmd = COMMAND, .flags = GENL_ADMIN_PERM, .doit = FUNCTION }

static const struct genl_ops ops[] = {
	DO(IP_VS_FNAT_CMD_INFO_GET, info_get),
	DO(IP_VS_FNAT_CMD_RULE_NEW, rule_new),
	DO(IP_VS_FNAT_CMD_RULE_SET, rule_set),
	DO(IP_VS_FNAT_CMD_RULE_DEL, rule_del),
	DO(IP_VS_FNAT_CMD_EXT_STATS_GET, ext_stats_get),
	DO(IP_VS_FNAT_CMD_ZONE_NEW, ip_vs_fnat_nl_zone_new),
	DO(IP_VS_FNAT_CMD_ZONE_DEL, ip_vs_fnat_nl_zone_del),
	DO(IP_VS_FNAT_CMD_LADDR_NEW, ip_vs_fnat_nl_laddr_new),
	DO(IP_VS_FNAT_CMD_LADDR_DEL, ip_vs_fnat_nl_laddr_del),
	{
		.cmd	= IP_VS_FNAT_CMD_RULE_GET,
		.flags	= GENL_ADMIN_PERM,
		.start	= rule_dump_start,
		.dumpit	= rule_dump,
		.done	= rule_dump_done,
	},
	{
		.cmd	= IP_VS_FNAT_CMD_FLOW_GET,
		.flags	= GENL_ADMIN_PERM,
		.dumpit	= flow_dump,
	},
	{
		.cmd	= IP_VS_FNAT_CMD_ZONE_GET,
		.flags	= GENL_ADMIN_PERM,
		.start	= ip_vs_fnat_nl_zone_dump_start,
		.dumpit	= ip_vs_fnat_nl_zone_dump,
		.done	= ip_vs_fnat_nl_zone_dump_done,
	},
	{
		.cmd	= IP_VS_FNAT_CMD_LADDR_GET,
		.flags	= GENL_ADMIN_PERM,
		.start	= ip_vs_fnat_nl_laddr_dump_start,
		.dumpit	= ip_vs_fnat_nl_laddr_dump,
		.done	= ip_vs_fnat_nl_laddr_dump_done,
	},
};

struct genl_family ip_vs_fnat_family __ro_after_init = {
	.name		= IP_VS_FNAT_GENL_NAME,
	.version	= IP_VS_FNAT_GENL_VERSION,
	.maxattr	= IP_VS_FNAT_A_MAX,
	.policy		= ip_vs_fnat_main_policy,
	.netnsok	= true,
	.module		= THIS_MODULE,
	.ops		= ops,
	.n_ops		= ARRAY_SIZE(ops),
	.resv_start_op	= IP_VS_FNAT_CMD_INFO_GET,
};

int ip_vs_fnat_netlink_init(void)
{
	return genl_register_family(&ip_vs_fnat_family);
}

void ip_vs_fnat_netlink_exit(void)
{
	genl_unregister_family(&ip_vs_fnat_family);
}
