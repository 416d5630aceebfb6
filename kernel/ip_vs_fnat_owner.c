// SPDX-License-Identifier: GPL-2.0
/* What a flow owes whom it is of: a rule, a zone, the host itself, or a connection of IPVS. */
#include <net/ip_vs.h>

#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_laddr.h"
#include "ip_vs_fnat_owner.h"
#include "ip_vs_fnat_rule.h"
#include "ip_vs_fnat_stats.h"
#include "ip_vs_fnat_sweep.h"

/* What an answer may take under one-packet scheduling. */
#define ANSWER_TIMEOUT	(10 * HZ)

static void owes_nothing(const struct ip_vs_fnat_flow *flow)
{
}

static void owes_no_count(const struct ip_vs_fnat_flow *flow, int by)
{
}

/* ---- rules ---- */

static void rule_linked(const struct ip_vs_fnat_flow *flow)
{
	this_cpu_inc(flow->rule->stats->flows);
}

static void rule_unlinked(const struct ip_vs_fnat_flow *flow)
{
	this_cpu_dec(flow->rule->stats->flows);
}

static void rule_established(const struct ip_vs_fnat_flow *flow, int by)
{
	this_cpu_add(flow->rule->stats->active, by);
}

static void rule_put(const struct ip_vs_fnat_flow *flow)
{
	ip_vs_fnat_rule_put(flow->rule);
}

static bool is_of_rules(const struct ip_vs_fnat_flow *flow, const struct ip_vs_fnat_flush *what)
{
	return what->kind == IP_VS_FNAT_OF_RULE;
}

/* ---- local addresses, which zones and services have ---- */

static void laddr_linked(const struct ip_vs_fnat_flow *flow)
{
	ip_vs_fnat_laddr_count(flow, true);
}

static void laddr_unlinked(const struct ip_vs_fnat_flow *flow)
{
	ip_vs_fnat_laddr_count(flow, false);
}

/* A flow that was refused may have none. */
static void laddr_put(const struct ip_vs_fnat_flow *flow)
{
	if (flow->laddr)
		ip_vs_fnat_laddr_put(flow->laddr);
}

static bool is_of_zones(const struct ip_vs_fnat_flow *flow, const struct ip_vs_fnat_flush *what)
{
	return what->kind == IP_VS_FNAT_OF_ZONE && (!what->proto || what->proto == flow->proto);
}

/* ---- the host's own ---- */

static bool is_of_host(const struct ip_vs_fnat_flow *flow, const struct ip_vs_fnat_flush *what)
{
	return what->kind == IP_VS_FNAT_OF_HOST;
}

/* ---- connections of IPVS ---- */

static u32 conn_timeout(const struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_flow *flow)
{
	return 0;
}

static bool is_of_ipvs(const struct ip_vs_fnat_flow *flow, const struct ip_vs_fnat_flush *what)
{
	return false;
}

/* Before its real server may be freed; who still looks at that has RCU. */
static void one_packet_unlinked(const struct ip_vs_fnat_flow *flow)
{
	laddr_unlinked(flow);
	ip_vs_dest_put(ip_vs_fnat_conn(flow)->dest);
}

static u32 one_packet_timeout(const struct ip_vs_fnat_net *fn,
			      const struct ip_vs_fnat_flow *flow)
{
	return ANSWER_TIMEOUT;
}

static bool is_one_packet_of(const struct ip_vs_fnat_flow *flow,
			     const struct ip_vs_fnat_flush *what)
{
	const struct ip_vs_dest *dest = ip_vs_fnat_conn(flow)->dest;

	return what->kind == IP_VS_FNAT_OF_ONE_PACKET &&
	       (!what->svc || rcu_access_pointer(dest->svc) == what->svc);
}

/* ---- the table ---- */

const struct ip_vs_fnat_owner_ops ip_vs_fnat_owners[] = {
	[IP_VS_FNAT_OF_RULE] = {
		.linked		= rule_linked,
		.unlinked	= rule_unlinked,
		.established	= rule_established,
		.put		= rule_put,
		.timeout	= ip_vs_fnat_flow_timeout,
		.is_of		= is_of_rules,
	},
	[IP_VS_FNAT_OF_ZONE] = {
		.linked		= laddr_linked,
		.unlinked	= laddr_unlinked,
		.established	= owes_no_count,
		.put		= laddr_put,
		.timeout	= ip_vs_fnat_flow_timeout,
		.is_of		= is_of_zones,
	},
	[IP_VS_FNAT_OF_HOST] = {
		.linked		= owes_nothing,
		.unlinked	= owes_nothing,
		.established	= owes_no_count,
		.put		= owes_nothing,
		.timeout	= ip_vs_fnat_flow_timeout,
		.is_of		= is_of_host,
	},
	[IP_VS_FNAT_OF_CONN] = {
		.linked		= laddr_linked,
		.unlinked	= laddr_unlinked,
		.established	= owes_no_count,
		.put		= laddr_put,
		.timeout	= conn_timeout,
		.is_of		= is_of_ipvs,
	},
	[IP_VS_FNAT_OF_ONE_PACKET] = {
		.linked		= laddr_linked,
		.unlinked	= one_packet_unlinked,
		.established	= owes_no_count,
		.put		= laddr_put,
		.timeout	= one_packet_timeout,
		.is_of		= is_one_packet_of,
	},
};
