// SPDX-License-Identifier: GPL-2.0
/*
 * The scheduler that makes a firewall-mark service the home of source-NAT
 * rules. It schedules nothing: the mark is a name, and packets are matched by
 * the rules where they are forwarded.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <net/ip_vs.h>

#include "ip_vs_fnat.h"

static struct ip_vs_dest *snat_schedule(struct ip_vs_service *svc, const struct sk_buff *skb,
					struct ip_vs_iphdr *iph)
{
	return NULL;
}

static struct ip_vs_scheduler snat_scheduler = {
	.name		= "snat_sched",
	.module		= THIS_MODULE,
	.n_list		= LIST_HEAD_INIT(snat_scheduler.n_list),
	.init_service	= ip_vs_fnat_snat_bind,
	.done_service	= ip_vs_fnat_snat_unbind,
	.schedule	= snat_schedule,
};

static int __init snat_sched_init(void)
{
	return register_ip_vs_scheduler(&snat_scheduler);
}

static void __exit snat_sched_exit(void)
{
	unregister_ip_vs_scheduler(&snat_scheduler);
	synchronize_rcu();
}

module_init(snat_sched_init);
module_exit(snat_sched_exit);
MODULE_DESCRIPTION("IPVS: source-NAT gateway");
MODULE_LICENSE("GPL");
