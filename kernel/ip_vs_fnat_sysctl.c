// SPDX-License-Identifier: GPL-2.0
/* net.ipv4.vs.*, beside IPVS's own; each namespace has its own values. */
#include <linux/slab.h>
#include <linux/sysctl.h>

#include "ip_vs_fnat_compat.h"
#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_rewrite.h"

static int port_first = 1, port_last = 65535, tries_last = 1000000;
static int option_first = IP_VS_FNAT_TOA_KIND_MIN, option_last = 255;
/* IPv4's least and most. */
static int mss_first = 536, mss_last = 65495;
static int day = 86400;
static int bulk_first = 100, bulk_last = 10000000;
static int wscale_last = 14, ttl_last = 255, store_last = 44, storm_last = 10000, retry_last = 6;

/* data is an offset into struct ip_vs_fnat_net until the table is copied. */
#define FIELD(name) ((void *)offsetof(struct ip_vs_fnat_net, name))

/* The range, and what is not to be had in it. */
static int set_option(ip_vs_fnat_handled_table *table, int write, void *buffer, size_t *len,
		      loff_t *pos)
{
	struct ctl_table checked = *table;
	int *option = table->data, value = READ_ONCE(*option), err;

	checked.data = &value;
	err = proc_dointvec_minmax(&checked, write, buffer, len, pos);
	if (err || !write)
		return err;
	if (!ip_vs_fnat_toa_kind(value))
		return -EINVAL;
	WRITE_ONCE(*option, value);
	return 0;
}

/* A number from *@first to *@last, read and written by @handler. */
#define SETTING(name, field, handler, first, last)	\
	{						\
		.procname	= (name),		\
		.data		= FIELD(field),		\
		.maxlen		= sizeof(int),		\
		.mode		= 0644,			\
		.proc_handler	= (handler),		\
		.extra1		= (first),		\
		.extra2		= (last),		\
	}

static const struct ctl_table template[] = {
	SETTING("fullnat_lport_min", lport_min, proc_dointvec_minmax, &port_first, &port_last),
	SETTING("fullnat_lport_max", lport_max, proc_dointvec_minmax, &port_first, &port_last),
	SETTING("fullnat_lport_tries", lport_tries, proc_dointvec_minmax, SYSCTL_ONE, &tries_last),
	SETTING("snat_pass_unmatched", pass_unmatched, proc_dointvec_minmax,
		SYSCTL_ZERO, SYSCTL_ONE),
	SETTING("snat_reset_midstream", reset_midstream, proc_dointvec_minmax,
		SYSCTL_ZERO, SYSCTL_ONE),
	SETTING("flow_limit", flow_limit, proc_dointvec_minmax, SYSCTL_ZERO, SYSCTL_INT_MAX),
	SETTING("flow_timeout_unanswered", timeout_unanswered, proc_dointvec_minmax,
		SYSCTL_ONE, &day),
	SETTING("sync_flow_age", sync_flow_age, proc_dointvec_minmax, SYSCTL_ZERO, &day),
	SETTING("sync_bulk_rate", sync_bulk_rate, proc_dointvec_minmax,
		&bulk_first, &bulk_last),
	SETTING("snat_conntrack", conntrack, proc_dointvec_minmax, SYSCTL_ZERO, SYSCTL_ONE),
	SETTING("mss_clamp", mss_clamp, proc_dointvec_minmax, SYSCTL_ZERO, SYSCTL_ONE),
	SETTING("fullnat_toa_entry", toa_entry, proc_dointvec_minmax, SYSCTL_ZERO, SYSCTL_ONE),
	SETTING("fullnat_toa_opt", toa_opt, set_option, &option_first, &option_last),
	SETTING("fullnat_toa6_opt", toa6_opt, set_option, &option_first, &option_last),
	SETTING("fullnat_mss_adjust_entry", mss_adjust_entry, proc_dointvec_minmax,
		SYSCTL_ZERO, SYSCTL_ONE),
	SETTING("fast_response_xmit", fast_xmit[IP_VS_FNAT_REPLY], proc_dointvec_minmax,
		SYSCTL_ZERO, SYSCTL_ONE),
	SETTING("fast_response_xmit_inside", fast_xmit[IP_VS_FNAT_ORIG], proc_dointvec_minmax,
		SYSCTL_ZERO, SYSCTL_ONE),
	SETTING("synproxy_init_mss", synproxy_init_mss, proc_dointvec_minmax,
		&mss_first, &mss_last),
	SETTING("synproxy_sack", synproxy_sack, proc_dointvec_minmax, SYSCTL_ZERO, SYSCTL_ONE),
	SETTING("synproxy_wscale", synproxy_wscale, proc_dointvec_minmax,
		SYSCTL_ZERO, &wscale_last),
	SETTING("synproxy_timestamp", synproxy_timestamp, proc_dointvec_minmax,
		SYSCTL_ZERO, SYSCTL_ONE),
	SETTING("synproxy_synack_ttl", synproxy_synack_ttl, proc_dointvec_minmax,
		SYSCTL_ONE, &ttl_last),
	SETTING("synproxy_defer", synproxy_defer, proc_dointvec_minmax, SYSCTL_ZERO, SYSCTL_ONE),
	SETTING("synproxy_conn_reuse", synproxy_conn_reuse, proc_dointvec_minmax,
		SYSCTL_ZERO, SYSCTL_ONE),
	SETTING("synproxy_ack_skb_store_thresh", synproxy_ack_skb_store_thresh,
		proc_dointvec_minmax, SYSCTL_ZERO, &store_last),
	SETTING("synproxy_ack_storm_thresh", synproxy_ack_storm_thresh, proc_dointvec_minmax,
		SYSCTL_ONE, &storm_last),
	SETTING("synproxy_syn_retry", synproxy_syn_retry, proc_dointvec_minmax,
		SYSCTL_ZERO, &retry_last),
	{ }
};

int ip_vs_fnat_sysctl_init(struct ip_vs_fnat_net *fn)
{
	const unsigned int n = ARRAY_SIZE(template) - 1;
	unsigned int i;

	fn->lport_min = 5000;
	fn->lport_max = 65535;
	fn->lport_tries = 10000;
	fn->toa_entry = 1;
	fn->toa_opt = 254;
	fn->toa6_opt = 253;
	fn->mss_adjust_entry = 1;
	fn->reset_midstream = 1;
	fn->mss_clamp = 1;
	fn->conntrack = 1;
	/* RFC 4787, REQ-5: no less than two minutes. */
	fn->timeout_unanswered = 120;
	fn->sync_flow_age = 1000;
	fn->sync_bulk_rate = 100000;
	fn->fast_xmit[IP_VS_FNAT_ORIG] = 1;
	fn->fast_xmit[IP_VS_FNAT_REPLY] = 1;
	fn->synproxy_init_mss = 1452;
	fn->synproxy_sack = 1;
	fn->synproxy_synack_ttl = 63;
	fn->synproxy_conn_reuse = 1;
	fn->synproxy_ack_skb_store_thresh = 3;
	fn->synproxy_ack_storm_thresh = 10;
	fn->synproxy_syn_retry = 3;
	fn->sysctl_table = kmemdup(template, sizeof(template), GFP_KERNEL);
	if (!fn->sysctl_table)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		fn->sysctl_table[i].data = (char *)fn + (unsigned long)template[i].data;
		/* As IPVS: the root of a user namespace changes nothing here. */
		if (fn->net->user_ns != &init_user_ns)
			fn->sysctl_table[i].mode = 0444;
	}
	fn->sysctl_header = ip_vs_fnat_register_sysctl(fn->net, "net/ipv4/vs",
						       fn->sysctl_table, n);
	if (!fn->sysctl_header) {
		kfree(fn->sysctl_table);
		return -ENOMEM;
	}
	return 0;
}

void ip_vs_fnat_sysctl_exit(struct ip_vs_fnat_net *fn)
{
	unregister_net_sysctl_table(fn->sysctl_header);
	kfree(fn->sysctl_table);
}
