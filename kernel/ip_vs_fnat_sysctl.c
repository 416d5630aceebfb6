// SPDX-License-Identifier: GPL-2.0
/* net.ipv4.vs.*, beside IPVS's own; each namespace has its own values. */
#include <linux/slab.h>
#include <linux/sysctl.h>

#include "ip_vs_fnat_int.h"

static int port_first = 1, port_last = 65535, tries_last = 1000000;
/* TCP options below are in use, or have been. */
static int option_first = 40, option_last = 255;

/* data is an offset into struct ip_vs_fnat_net until the table is copied. */
#define FIELD(name) ((void *)offsetof(struct ip_vs_fnat_net, name))

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
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= &option_first,
		.extra2		= &option_last,
	},
	{
		.procname	= "fullnat_toa6_opt",
		.data		= FIELD(toa6_opt),
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
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
	fn->fast_xmit[IP_VS_FNAT_ORIG] = 1;
	fn->fast_xmit[IP_VS_FNAT_REPLY] = 1;
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
