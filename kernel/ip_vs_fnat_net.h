/* SPDX-License-Identifier: GPL-2.0 */
/* What a network namespace has of ours (ip_vs_fnat_core.c), and its sysctls. */
#ifndef _IP_VS_FNAT_NET_H
#define _IP_VS_FNAT_NET_H

#include <linux/mutex.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "ip_vs_fnat_rule.h"
#include "ip_vs_fnat_service.h"
#include "ip_vs_fnat_stats.h"
#include "ip_vs_fnat_way.h"
#include "ip_vs_fnat_zone.h"

#define IP_VS_FNAT_VERSION	"0.1.0"
#define IP_VS_FNAT_ABI		5

struct ip_vs_fnat_net {
	struct net			*net;
	struct mutex			mutex;		/* services, rules, targets and zones */
	struct ip_vs_fnat_snat		snat[2];	/* IPv4, IPv6 */
	struct ip_vs_fnat_zones		zones[2];
	struct ip_vs_fnat_services	services[2];
	struct rhashtable		service_table;
	struct ip_vs_fnat_counters __percpu *counters;
	struct ip_vs_fnat_sync_streams __rcu *sync;	/* NULL: flows are not synchronised */
	atomic_t			flows;
	atomic_t			crowds;
	struct rhashtable		crowd_table;
	struct delayed_work		sample_work;	/* while users are there */
	unsigned int			users[2];	/* of each family; under the mutex */
	struct list_head		ports;		/* devices with our hook; under RTNL */
	struct work_struct		ingress_work;
	bool				ingress;	/* they ought to have it */
	struct ip_vs_proto_data		*tcp;		/* set with the first service */
	struct ip_vs_proto_data		*udp;
	int				lport_min;
	int				lport_max;
	int				lport_tries;
	int				pass_unmatched;
	int				reset_midstream;
	int				mss_clamp;
	int				conntrack;	/* flows have entries there */
	int				flow_limit;	/* 0: only the global limit */
	unsigned long			flow_no_spare;	/* jiffies when none was found */
	int				timeout_unanswered;	/* seconds */
	int				sync_flow_age;	/* ms */
	int				sync_bulk_rate;	/* flows a second */
	int				fast_xmit[IP_VS_FNAT_DIRS];
	int				toa_entry;
	int				toa_opt;
	int				toa6_opt;
	int				mss_adjust_entry;
	bool				synproxy;	/* a service has, or had it */
	int				synproxy_init_mss;
	int				synproxy_sack;
	int				synproxy_wscale;
	int				synproxy_timestamp;
	int				synproxy_synack_ttl;
	int				synproxy_defer;
	int				synproxy_conn_reuse;
	int				synproxy_ack_skb_store_thresh;
	int				synproxy_ack_storm_thresh;
	int				synproxy_syn_retry;
	struct mutex			sync_mutex;	/* starts and stops the session */
	struct ip_vs_fnat_session	*session;	/* under sync_mutex */
	struct ip_vs_fnat_sync_config	*sync_config;	/* the same */
	struct ctl_table_header		*sysctl_header;
	struct ctl_table		*sysctl_table;
	u32				rules_gen;	/* under the mutex */
	u32				zones_gen;
	u32				services_gen;
};

extern unsigned int ip_vs_fnat_net_id;

/*
 * A service of the family is being switched on, or was switched off. They are counted:
 * the first brings the hooks, the last takes them. Under the mutex.
 */
int ip_vs_fnat_family_start(struct ip_vs_fnat_net *fn, u8 af);
void ip_vs_fnat_family_stop(struct ip_vs_fnat_net *fn, u8 af);

static inline struct ip_vs_fnat_net *ip_vs_fnat_net(const struct net *net)
{
	return net_generic(net, ip_vs_fnat_net_id);
}

static inline struct ip_vs_fnat_snat *ip_vs_fnat_snat(struct ip_vs_fnat_net *fn, u8 af)
{
	return &fn->snat[af == AF_INET6];
}

static inline struct ip_vs_fnat_zones *ip_vs_fnat_zones(struct ip_vs_fnat_net *fn, u8 af)
{
	return &fn->zones[af == AF_INET6];
}

static inline struct ip_vs_fnat_services *ip_vs_fnat_services(struct ip_vs_fnat_net *fn, u8 af)
{
	return &fn->services[af == AF_INET6];
}

/* Is it an address that flows leave with? Then nothing from outside to it begins one. */
static inline bool ip_vs_fnat_is_local(struct ip_vs_fnat_net *fn, u8 af,
				       const union nf_inet_addr *addr)
{
	struct ip_vs_fnat_locals *services = &ip_vs_fnat_services(fn, af)->locals;
	struct ip_vs_fnat_locals *zones = &ip_vs_fnat_zones(fn, af)->locals;

	return ip_vs_fnat_pset_has(&ip_vs_fnat_snat(fn, af)->pools, af, addr) ||
	       (READ_ONCE(services->count) && ip_vs_fnat_pset_has(&services->set, af, addr)) ||
	       (READ_ONCE(zones->count) && ip_vs_fnat_pset_has(&zones->set, af, addr));
}

int ip_vs_fnat_sysctl_init(struct ip_vs_fnat_net *fn);
void ip_vs_fnat_sysctl_exit(struct ip_vs_fnat_net *fn);

#endif /* _IP_VS_FNAT_NET_H */
