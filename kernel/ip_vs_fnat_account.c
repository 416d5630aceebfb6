// SPDX-License-Identifier: GPL-2.0
/* What a packet that passes changes: its flow, and the counters of those that it is of. */
#include <net/ip_vs.h>

#include "ip_vs_fnat_account.h"
#include "ip_vs_fnat_compat.h"
#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_packet.h"
#include "ip_vs_fnat_rule.h"
#include "ip_vs_fnat_state.h"
#include "ip_vs_fnat_sync.h"
#include "ip_vs_fnat_zone.h"

/* ---- counters of services and rules ---- */

static void account_ipvs(struct ip_vs_stats *stats, enum ip_vs_fnat_dir dir, unsigned int len,
			 bool opened)
{
	struct ip_vs_cpu_stats *s = this_cpu_ptr(stats->cpustats);

	u64_stats_update_begin(&s->syncp);
	if (opened)
		u64_stats_inc(&s->cnt.conns);
	if (dir == IP_VS_FNAT_ORIG) {
		u64_stats_inc(&s->cnt.inpkts);
		u64_stats_add(&s->cnt.inbytes, len);
	} else {
		u64_stats_inc(&s->cnt.outpkts);
		u64_stats_add(&s->cnt.outbytes, len);
	}
	u64_stats_update_end(&s->syncp);
}

static void account_rule(struct ip_vs_fnat_rule *rule, enum ip_vs_fnat_dir dir, unsigned int len,
			 bool opened)
{
	struct ip_vs_fnat_cpu_stats *s = this_cpu_ptr(rule->stats);

	u64_stats_update_begin(&s->syncp);
	if (opened)
		u64_stats_inc(&s->conns);
	if (dir == IP_VS_FNAT_ORIG) {
		u64_stats_inc(&s->inpkts);
		u64_stats_add(&s->inbytes, len);
	} else {
		u64_stats_inc(&s->outpkts);
		u64_stats_add(&s->outbytes, len);
	}
	u64_stats_update_end(&s->syncp);
}

/* The service that a flow counts for; an echo of a zone, TCP's before UDP's. */
static struct ip_vs_service *flow_service(struct ip_vs_fnat_net *fn,
					  const struct ip_vs_fnat_flow *flow)
{
	const struct ip_vs_fnat_zones *zones = ip_vs_fnat_zones(fn, flow->af);
	struct ip_vs_service *svc = NULL;

	if (flow->kind == IP_VS_FNAT_OF_RULE)
		return rcu_dereference(ip_vs_fnat_snat(fn, flow->af)->svc);
	if (flow->proto != IPPROTO_UDP)
		svc = rcu_dereference(zones->svc[IP_VS_FNAT_ZONES_TCP]);
	if (!svc && flow->proto != IPPROTO_TCP)
		svc = rcu_dereference(zones->svc[IP_VS_FNAT_ZONES_UDP]);
	return svc;
}

/* A real server and its service count while the server is in use. */
static void account_conn(struct netns_ipvs *ipvs, const struct ip_vs_fnat_conn *conn,
			 enum ip_vs_fnat_dir dir, unsigned int len)
{
	struct ip_vs_dest *dest = ip_vs_fnat_conn_dest(conn);
	struct ip_vs_service *svc;

	if (!dest || !(dest->cflags & IP_VS_DEST_CF_AVAILABLE))
		return;
	svc = rcu_dereference(dest->svc);
	account_ipvs(&dest->stats, dir, len, false);
	account_ipvs(&svc->stats, dir, len, false);
	account_ipvs(ip_vs_fnat_total_stats(ipvs), dir, len, false);
}

/* Lengths count from the network header on, as IPVS counts. */
void __ip_vs_fnat_account(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow,
			  enum ip_vs_fnat_dir dir, const struct sk_buff *skb, bool opened)
{
	struct netns_ipvs *ipvs = net_ipvs(fn->net);
	struct ip_vs_service *svc;

	if (ip_vs_fnat_is_conn(flow)) {
		account_conn(ipvs, ip_vs_fnat_conn(flow), dir, skb->len);
		return;
	}
	if (flow->kind == IP_VS_FNAT_OF_HOST)
		return;
	svc = flow_service(fn, flow);
	if (svc)
		account_ipvs(&svc->stats, dir, skb->len, opened);
	account_ipvs(ip_vs_fnat_total_stats(ipvs), dir, skb->len, opened);
	if (flow->kind == IP_VS_FNAT_OF_RULE)
		account_rule(flow->rule, dir, skb->len, opened);
}

void ip_vs_fnat_passed(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow,
		       enum ip_vs_fnat_dir dir, const struct ip_vs_fnat_pkt *pkt,
		       const struct sk_buff *skb, bool opened)
{
	if (ip_vs_fnat_is_conn(flow))
		ip_vs_fnat_conn_touch(ip_vs_fnat_conn(flow), dir, pkt, skb);
	else if (pkt->kind == IP_VS_FNAT_FLOW)
		ip_vs_fnat_flow_touch(fn, flow, dir, &pkt->tcph);
	ip_vs_fnat_sync_passed(fn, flow);
	local_bh_disable();
	__ip_vs_fnat_account(fn, flow, dir, skb, opened);
	local_bh_enable();
}
