// SPDX-License-Identifier: GPL-2.0
/* Namespaces, services, and the module's beginning and end. */
#include <linux/module.h>
#include <net/ip_vs.h>

#include "ip_vs_fnat.h"
#include "ip_vs_fnat_conn.h"
#include "ip_vs_fnat_fast.h"
#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_hook.h"
#include "ip_vs_fnat_laddr.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_port.h"
#include "ip_vs_fnat_rule.h"
#include "ip_vs_fnat_service.h"
#include "ip_vs_fnat_stats.h"
#include "ip_vs_fnat_sweep.h"
#include "ip_vs_fnat_sync_session.h"
#include "ip_vs_fnat_uapi.h"
#include "ip_vs_fnat_zone.h"

/* Rates are sampled as often as IPVS samples its own, in seconds. */
#define SAMPLE_PERIOD	2

unsigned int ip_vs_fnat_net_id __read_mostly;

/* ---- services ---- */

static bool any_users(const struct ip_vs_fnat_net *fn)
{
	return fn->users[0] || fn->users[1];
}

static void sample_rates(struct work_struct *work)
{
	struct ip_vs_fnat_net *fn = container_of(to_delayed_work(work), struct ip_vs_fnat_net,
						 sample_work);
	bool again;
	int i;

	mutex_lock(&fn->mutex);
	for (i = 0; i < 2; i++)
		ip_vs_fnat_rules_sample(&fn->snat[i], SAMPLE_PERIOD);
	again = any_users(fn);
	mutex_unlock(&fn->mutex);
	ip_vs_fnat_port_sweep(fn);
	if (again)
		schedule_delayed_work(&fn->sample_work, SAMPLE_PERIOD * HZ);
}

int ip_vs_fnat_family_start(struct ip_vs_fnat_net *fn, u8 af)
{
	struct netns_ipvs *ipvs = net_ipvs(fn->net);
	unsigned int *users = &fn->users[af == AF_INET6];
	int err;

	if (!*users) {
		err = ip_vs_fnat_hooks_register(fn->net, af);
		if (err)
			return err;
	}
	fn->tcp = ip_vs_proto_data_get(ipvs, IPPROTO_TCP);
	fn->udp = ip_vs_proto_data_get(ipvs, IPPROTO_UDP);
	if (!any_users(fn)) {
		schedule_delayed_work(&fn->sample_work, SAMPLE_PERIOD * HZ);
		ip_vs_fnat_ingress(fn, true);
	}
	++*users;
	return 0;
}

void ip_vs_fnat_family_stop(struct ip_vs_fnat_net *fn, u8 af)
{
	const struct ip_vs_fnat_flush own = { .kind = IP_VS_FNAT_OF_HOST, .af = af };
	unsigned int *users = &fn->users[af == AF_INET6];

	if (!--*users) {
		ip_vs_fnat_hooks_unregister(fn->net, af);
		synchronize_net();
		ip_vs_fnat_flow_flush(fn, &own);
	}
	if (any_users(fn))
		return;
	/* One that runs waits for the mutex, and does not come again. */
	cancel_delayed_work(&fn->sample_work);
	ip_vs_fnat_ingress(fn, false);
}

/* Put @svc into the empty @slot. */
static int bind(struct ip_vs_fnat_net *fn, struct ip_vs_service *svc,
		struct ip_vs_service __rcu **slot)
{
	int err = ip_vs_fnat_family_start(fn, svc->af);

	if (!err)
		rcu_assign_pointer(*slot, svc);
	return err;
}

/*
 * Empty @slot, and with it the family's hooks when it was the last. No packet
 * sees the service when this returns, so that no flow of it is opened.
 */
static void unbind(struct ip_vs_fnat_net *fn, u8 af, struct ip_vs_service __rcu **slot)
{
	rcu_assign_pointer(*slot, NULL);
	ip_vs_fnat_family_stop(fn, af);
	synchronize_net();
}

/*
 * End a service's flows. After the grace period nobody looks at one of them, so
 * that IPVS may free the timeouts that flows are measured by.
 */
static void end_flows(struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_flush *what)
{
	ip_vs_fnat_flow_flush(fn, what);
	synchronize_net();
}

int ip_vs_fnat_snat_bind(struct ip_vs_service *svc)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(svc->ipvs->net);
	struct ip_vs_fnat_snat *snat = ip_vs_fnat_snat(fn, svc->af);
	int err;

	if (!svc->fwmark || svc->flags & IP_VS_FNAT_SERVICE_SYNPROXY)
		return -EINVAL;
	mutex_lock(&fn->mutex);
	err = rcu_access_pointer(snat->svc) ? -EBUSY : bind(fn, svc, &snat->svc);
	mutex_unlock(&fn->mutex);
	return err;
}
EXPORT_SYMBOL_GPL(ip_vs_fnat_snat_bind);

void ip_vs_fnat_snat_unbind(struct ip_vs_service *svc)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(svc->ipvs->net);
	struct ip_vs_fnat_snat *snat = ip_vs_fnat_snat(fn, svc->af);
	const struct ip_vs_fnat_flush what = { .kind = IP_VS_FNAT_OF_RULE, .af = svc->af };

	mutex_lock(&fn->mutex);
	if (rcu_access_pointer(snat->svc) != svc) {
		mutex_unlock(&fn->mutex);
		return;
	}
	unbind(fn, svc->af, &snat->svc);
	fn->rules_gen++;
	ip_vs_fnat_rules_flush(snat);
	end_flows(fn, &what);
	mutex_unlock(&fn->mutex);
}
EXPORT_SYMBOL_GPL(ip_vs_fnat_snat_unbind);

/* ---- catch-all services ---- */

static bool is_any(const struct ip_vs_service *svc)
{
	return svc->af == AF_INET ? !svc->addr.ip : ipv6_addr_any(&svc->addr.in6);
}

/* Where the service switches zones on; NULL when it is no catch-all one. */
static struct ip_vs_service __rcu **zones_slot(struct ip_vs_fnat_net *fn,
					       const struct ip_vs_service *svc)
{
	struct ip_vs_fnat_zones *zones = ip_vs_fnat_zones(fn, svc->af);

	if (svc->fwmark || svc->port || !is_any(svc))
		return NULL;
	switch (svc->protocol) {
	case IPPROTO_TCP:
		return &zones->svc[IP_VS_FNAT_ZONES_TCP];
	case IPPROTO_UDP:
		return &zones->svc[IP_VS_FNAT_ZONES_UDP];
	}
	return NULL;
}

int ip_vs_fnat_add_service(struct ip_vs_service *svc)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(svc->ipvs->net);
	struct ip_vs_service __rcu **slot = zones_slot(fn, svc);
	int err = ip_vs_fnat_check_service(svc, svc->flags);

	if (err || !slot)
		return err;
	/* It is for no packets of its own. */
	if (svc->flags & IP_VS_FNAT_SERVICE_SYNPROXY)
		return -EINVAL;
	mutex_lock(&fn->mutex);
	err = bind(fn, svc, slot);
	mutex_unlock(&fn->mutex);
	return err;
}

static void zones_switch_off(struct ip_vs_fnat_net *fn, const struct ip_vs_service *svc,
			     struct ip_vs_service __rcu **slot)
{
	struct ip_vs_fnat_flush what = {
		.kind	= IP_VS_FNAT_OF_ZONE,
		.af	= svc->af,
		.proto	= svc->protocol,
	};

	mutex_lock(&fn->mutex);
	if (rcu_access_pointer(*slot) == svc) {
		unbind(fn, svc->af, slot);
		/* Echoes go with the last. */
		if (!ip_vs_fnat_zones_on(ip_vs_fnat_zones(fn, svc->af)))
			what.proto = 0;
		end_flows(fn, &what);
	}
	mutex_unlock(&fn->mutex);
}

void ip_vs_fnat_del_service(struct ip_vs_service *svc)
{
	struct ip_vs_service __rcu **slot;
	struct ip_vs_fnat_net *fn;

	/* One that could not be added may not have come so far. */
	if (!svc->ipvs)
		return;
	fn = ip_vs_fnat_net(svc->ipvs->net);
	ip_vs_fnat_service_gone(fn, svc);
	slot = zones_slot(fn, svc);
	if (slot)
		zones_switch_off(fn, svc, slot);
}

void ip_vs_fnat_flush(struct netns_ipvs *ipvs)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(ipvs->net);

	mutex_lock(&fn->mutex);
	fn->zones_gen++;
	ip_vs_fnat_zones_flush(&fn->zones[0]);
	ip_vs_fnat_zones_flush(&fn->zones[1]);
	mutex_unlock(&fn->mutex);
}

/* ---- all services ---- */

void ip_vs_fnat_zero_service(struct ip_vs_service *svc)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(svc->ipvs->net);
	struct ip_vs_fnat_snat *snat = ip_vs_fnat_snat(fn, svc->af);
	struct ip_vs_fnat_service *service;

	mutex_lock(&fn->mutex);
	if (rcu_access_pointer(snat->svc) == svc)
		ip_vs_fnat_rules_zero(snat);
	if (zones_slot(fn, svc))
		ip_vs_fnat_zones_zero(ip_vs_fnat_zones(fn, svc->af));
	service = ip_vs_fnat_service_find(fn, svc);
	if (service)
		ip_vs_fnat_lset_zero(&service->set);
	mutex_unlock(&fn->mutex);
}

bool ip_vs_fnat_is_snat(const struct ip_vs_service *svc)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(svc->ipvs->net);

	return rcu_access_pointer(ip_vs_fnat_snat(fn, svc->af)->svc) == svc;
}

/* ---- namespaces ---- */

static int __net_init families_init(struct ip_vs_fnat_net *fn)
{
	int err;

	err = ip_vs_fnat_snat_init(&fn->snat[0], AF_INET);
	if (err)
		return err;
	err = ip_vs_fnat_snat_init(&fn->snat[1], AF_INET6);
	if (err)
		goto out_snat_v4;
	err = ip_vs_fnat_zones_init(&fn->zones[0], AF_INET);
	if (err)
		goto out_snat_v6;
	err = ip_vs_fnat_zones_init(&fn->zones[1], AF_INET6);
	if (err)
		goto out_zones_v4;
	return 0;

out_zones_v4:
	ip_vs_fnat_zones_destroy(&fn->zones[0]);
out_snat_v6:
	ip_vs_fnat_snat_destroy(&fn->snat[1]);
out_snat_v4:
	ip_vs_fnat_snat_destroy(&fn->snat[0]);
	return err;
}

static void families_exit(struct ip_vs_fnat_net *fn)
{
	ip_vs_fnat_zones_destroy(&fn->zones[1]);
	ip_vs_fnat_zones_destroy(&fn->zones[0]);
	ip_vs_fnat_snat_destroy(&fn->snat[1]);
	ip_vs_fnat_snat_destroy(&fn->snat[0]);
}

static int __net_init fnat_net_init(struct net *net)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(net);
	int err;

	fn->net = net;
	ip_vs_fnat_ingress_net_init(fn);
	mutex_init(&fn->mutex);
	ip_vs_fnat_sync_net_init(fn);
	INIT_DELAYED_WORK(&fn->sample_work, sample_rates);
	err = families_init(fn);
	if (err)
		return err;
	err = ip_vs_fnat_services_init(fn);
	if (err)
		goto out_families;
	err = ip_vs_fnat_port_init(fn);
	if (err)
		goto out_services;
	err = ip_vs_fnat_stats_init(fn);
	if (err)
		goto out_port;
	err = ip_vs_fnat_conn_proc_init(net);
	if (err)
		goto out_stats;
	err = ip_vs_fnat_sysctl_init(fn);
	if (err)
		goto out_proc;
	return 0;

out_proc:
	ip_vs_fnat_conn_proc_exit(net);
out_stats:
	ip_vs_fnat_stats_exit(fn);
out_port:
	ip_vs_fnat_port_exit(fn);
out_services:
	ip_vs_fnat_services_exit(fn);
out_families:
	families_exit(fn);
	return err;
}

/*
 * IPVS registers after this and so has left before: its services took their
 * rules and flows with them.
 */
static void __net_exit fnat_net_exit(struct net *net)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(net);

	WARN_ON_ONCE(atomic_read(&fn->flows) || any_users(fn));
	cancel_delayed_work_sync(&fn->sample_work);
	ip_vs_fnat_sync_net_exit(fn);
	ip_vs_fnat_ingress_net_exit(fn);
	ip_vs_fnat_sysctl_exit(fn);
	ip_vs_fnat_conn_proc_exit(net);
	ip_vs_fnat_stats_exit(fn);
	ip_vs_fnat_port_exit(fn);
	ip_vs_fnat_services_exit(fn);
	families_exit(fn);
}

static struct pernet_operations fnat_net_ops = {
	.init = fnat_net_init,
	.exit = fnat_net_exit,
	.id   = &ip_vs_fnat_net_id,
	.size = sizeof(struct ip_vs_fnat_net),
};

int ip_vs_fnat_init(void)
{
	int err;

	err = ip_vs_fnat_flow_init();
	if (err)
		return err;
	err = register_pernet_subsys(&fnat_net_ops);
	if (err)
		goto out_flow;
	err = ip_vs_fnat_ingress_init();
	if (err)
		goto out_net;
	return 0;

out_net:
	unregister_pernet_subsys(&fnat_net_ops);
out_flow:
	ip_vs_fnat_flow_exit();
	return err;
}

void ip_vs_fnat_exit(void)
{
	ip_vs_fnat_ingress_exit();
	unregister_pernet_subsys(&fnat_net_ops);
	ip_vs_fnat_flow_exit();
}
