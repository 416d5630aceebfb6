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

static const struct ctl_table template[] = {
	{
		.procname	= "fullnat_lport_min",
		.data		= FIELD(lport_min),
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= &port_first,
		.extra2		= &port_last,
	},
	{
		.procname	= "fullnat_lport_max",
		.data		= FIELD(lport_max),
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= &port_first,
		.extra2		= &port_last,
	},
	{
		.procname	= "fullnat_lport_tries",
		.data		= FIELD(lport_tries),
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ONE,
		.extra2		= &tries_last,
	},
	{
		.procname	= "snat_pass_unmatched",
		.data		= FIELD(pass_unmatched),
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ZERO,
		.extra2		= SYSCTL_ONE,
	},
	{
		.procname	= "snat_reset_midstream",
		.data		= FIELD(reset_midstream),
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ZERO,
		.extra2		= SYSCTL_ONE,
	},
	{
		.procname	= "flow_limit",
		.data		= FIELD(flow_limit),
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ZERO,
		.extra2		= SYSCTL_INT_MAX,
	},
	{
		.procname	= "flow_timeout_unanswered",
		.data		= FIELD(timeout_unanswered),
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ONE,
		.extra2		= &day,
	},
	{
		.procname	= "snat_conntrack",
		.data		= FIELD(conntrack),
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ZERO,
		.extra2		= SYSCTL_ONE,
	},
	{
		.procname	= "mss_clamp",
		.data		= FIELD(mss_clamp),
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ZERO,
		.extra2		= SYSCTL_ONE,
	},
	{
		.procname	= "fullnat_toa_entry",
		.data		= FIELD(toa_entry),
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ZERO,
		.extra2		= SYSCTL_ONE,
	},
	{
		.procname	= "fullnat_toa_opt",
		.data		= FIELD(toa_opt),
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= set_option,
		.extra1		= &option_first,
		.extra2		= &option_last,
	},
	{
		.procname	= "fullnat_toa6_opt",
		.data		= FIELD(toa6_opt),
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= set_option,
		.extra1		= &option_first,
		.extra2		= &option_last,
	},
	{
		.procname	= "fullnat_mss_adjust_entry",
		.data		= FIELD(mss_adjust_entry),
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ZERO,
		.extra2		= SYSCTL_ONE,
	},
	{
		.procname	= "fast_response_xmit",
		.data		= FIELD(fast_xmit[IP_VS_FNAT_REPLY]),
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ZERO,
		.extra2		= SYSCTL_ONE,
	},
	{
		.procname	= "fast_response_xmit_inside",
		.data		= FIELD(fast_xmit[IP_VS_FNAT_ORIG]),
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ZERO,
		.extra2		= SYSCTL_ONE,
	},
	{
		.procname	= "synproxy_init_mss",
		.data		= FIELD(synproxy_init_mss),
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= &mss_first,
		.extra2		= &mss_last,
	},
	{
		.procname	= "synproxy_sack",
		.data		= FIELD(synproxy_sack),
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ZERO,
		.extra2		= SYSCTL_ONE,
	},
	{
		.procname	= "synproxy_wscale",
		.data		= FIELD(synproxy_wscale),
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ZERO,
		.extra2		= &wscale_last,
	},
	{
		.procname	= "synproxy_timestamp",
		.data		= FIELD(synproxy_timestamp),
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ZERO,
		.extra2		= SYSCTL_ONE,
	},
	{
		.procname	= "synproxy_synack_ttl",
		.data		= FIELD(synproxy_synack_ttl),
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ONE,
		.extra2		= &ttl_last,
	},
	{
		.procname	= "synproxy_defer",
		.data		= FIELD(synproxy_defer),
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ZERO,
		.extra2		= SYSCTL_ONE,
	},
	{
		.procname	= "synproxy_conn_reuse",
		.data		= FIELD(synproxy_conn_reuse),
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ZERO,
		.extra2		= SYSCTL_ONE,
	},
	{
		.procname	= "synproxy_ack_skb_store_thresh",
		.data		= FIELD(synproxy_ack_skb_store_thresh),
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ZERO,
		.extra2		= &store_last,
	},
	{
		.procname	= "synproxy_ack_storm_thresh",
		.data		= FIELD(synproxy_ack_storm_thresh),
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ONE,
		.extra2		= &storm_last,
	},
	{
		.procname	= "synproxy_syn_retry",
		.data		= FIELD(synproxy_syn_retry),
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ZERO,
		.extra2		= &retry_last,
	},
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
