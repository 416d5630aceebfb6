// SPDX-License-Identifier: GPL-2.0
/*
 * The generic-netlink family IPVS_FNAT: flows and counters; the rest is in
 * ip_vs_fnat_netlink_rule.c, _zone.c, _sync.c and _service.c, which has the local addresses.
 * Its spec is netlink/ip_vs_fnat.yaml; header and policies are made from that.
 */
#include <net/ip_vs.h>

#include "ip_vs_fnat.h"
#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_limit.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_netlink.h"
#include "ip_vs_fnat_nla.h"
#include "ip_vs_fnat_rule.h"
#include "ip_vs_fnat_stats.h"
#include "ip_vs_fnat_sweep.h"
#include "ip_vs_fnat_uapi.h"

MODULE_ALIAS_GENL_FAMILY(IP_VS_FNAT_GENL_NAME);
/* By this a file, or what is loaded, is told from the stock module. */
MODULE_VERSION(IP_VS_FNAT_VERSION);

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
			   IP_VS_FNAT_FEATURE_FULLNAT | IP_VS_FNAT_FEATURE_SYNPROXY |
			   IP_VS_FNAT_FEATURE_SYNC) ||
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
	DO(IP_VS_FNAT_CMD_RULE_NEW, ip_vs_fnat_nl_rule_new),
	DO(IP_VS_FNAT_CMD_RULE_SET, ip_vs_fnat_nl_rule_set),
	DO(IP_VS_FNAT_CMD_RULE_DEL, ip_vs_fnat_nl_rule_del),
	DO(IP_VS_FNAT_CMD_EXT_STATS_GET, ext_stats_get),
	DO(IP_VS_FNAT_CMD_ZONE_NEW, ip_vs_fnat_nl_zone_new),
	DO(IP_VS_FNAT_CMD_ZONE_DEL, ip_vs_fnat_nl_zone_del),
	DO(IP_VS_FNAT_CMD_LADDR_NEW, ip_vs_fnat_nl_laddr_new),
	DO(IP_VS_FNAT_CMD_LADDR_DEL, ip_vs_fnat_nl_laddr_del),
	DO(IP_VS_FNAT_CMD_SYNC_SET, ip_vs_fnat_nl_sync_set),
	DO(IP_VS_FNAT_CMD_SYNC_HANDOVER, ip_vs_fnat_nl_sync_handover),
	{
		.cmd	= IP_VS_FNAT_CMD_SYNC_GET,
		.flags	= GENL_ADMIN_PERM,
		.dumpit	= ip_vs_fnat_nl_sync_dump,
	},
	{
		.cmd	= IP_VS_FNAT_CMD_RULE_GET,
		.flags	= GENL_ADMIN_PERM,
		.start	= ip_vs_fnat_nl_rule_dump_start,
		.dumpit	= ip_vs_fnat_nl_rule_dump,
		.done	= ip_vs_fnat_nl_rule_dump_done,
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
