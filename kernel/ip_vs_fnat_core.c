// SPDX-License-Identifier: GPL-2.0
/* Namespaces, services, and the module's beginning and end. */
#include <linux/module.h>
#include <net/ip_vs.h>

#include "ip_vs_fnat_int.h"

/* Rates are sampled as often as IPVS samples its own, in seconds. */
#define SAMPLE_PERIOD	2

unsigned int ip_vs_fnat_net_id __read_mostly;

/* ---- services ---- */

static void sample(struct work_struct *work)
{
	struct ip_vs_fnat_net *fn = container_of(to_delayed_work(work), struct ip_vs_fnat_net,
						 sample_work);
	int i;

	mutex_lock(&fn->mutex);
	for (i = 0; i < 2; i++)
		ip_vs_fnat_rules_sample(&fn->snat[i], SAMPLE_PERIOD);
	mutex_unlock(&fn->mutex);
	ip_vs_fnat_port_sweep(fn);
	schedule_delayed_work(&fn->sample_work, SAMPLE_PERIOD * HZ);
}

static bool any_service(const struct ip_vs_fnat_net *fn)
{
	return rcu_access_pointer(fn->snat[0].svc) || rcu_access_pointer(fn->snat[1].svc);
}

int ip_vs_fnat_snat_bind(struct ip_vs_service *svc)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(svc->ipvs->net);
	struct ip_vs_fnat_snat *snat = ip_vs_fnat_snat(fn, svc->af);
	bool first;
	int err;

	if (!svc->fwmark)
		return -EINVAL;
	mutex_lock(&fn->mutex);
	first = !any_service(fn);
	err = -EBUSY;
	if (rcu_access_pointer(snat->svc))
		goto out;
	err = ip_vs_fnat_hooks_register(fn->net, svc->af);
	if (err)
		goto out;
	fn->tcp = ip_vs_proto_data_get(svc->ipvs, IPPROTO_TCP);
	fn->udp = ip_vs_proto_data_get(svc->ipvs, IPPROTO_UDP);
	rcu_assign_pointer(snat->svc, svc);
	if (first)
		schedule_delayed_work(&fn->sample_work, SAMPLE_PERIOD * HZ);
out:
	mutex_unlock(&fn->mutex);
	return err;
}
EXPORT_SYMBOL_GPL(ip_vs_fnat_snat_bind);

/*
 * New flows end with the first grace period, since no packet sees the service
 * any more; after the second, nobody looks at a flow of it, so that IPVS may
 * free the timeouts that flows are measured by.
 */
void ip_vs_fnat_snat_unbind(struct ip_vs_service *svc)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(svc->ipvs->net);
	struct ip_vs_fnat_snat *snat = ip_vs_fnat_snat(fn, svc->af);
	bool last;

	mutex_lock(&fn->mutex);
	if (rcu_access_pointer(snat->svc) != svc) {
		mutex_unlock(&fn->mutex);
		return;
	}
	rcu_assign_pointer(snat->svc, NULL);
	last = !any_service(fn);
	ip_vs_fnat_hooks_unregister(fn->net, svc->af);
	synchronize_net();
	fn->rules_gen++;
	ip_vs_fnat_rules_flush(snat);
	ip_vs_fnat_flow_flush(fn, svc->af);
	synchronize_net();
	mutex_unlock(&fn->mutex);
	if (last)
		cancel_delayed_work_sync(&fn->sample_work);
}
EXPORT_SYMBOL_GPL(ip_vs_fnat_snat_unbind);

void ip_vs_fnat_zero_service(struct ip_vs_service *svc)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(svc->ipvs->net);
	struct ip_vs_fnat_snat *snat = ip_vs_fnat_snat(fn, svc->af);

	mutex_lock(&fn->mutex);
	if (rcu_access_pointer(snat->svc) == svc)
		ip_vs_fnat_rules_zero(snat);
	mutex_unlock(&fn->mutex);
}

bool ip_vs_fnat_is_snat(const struct ip_vs_service *svc)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(svc->ipvs->net);

	return rcu_access_pointer(ip_vs_fnat_snat(fn, svc->af)->svc) == svc;
}

/* ---- namespaces ---- */

static int __net_init fnat_net_init(struct net *net)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(net);
	int err;

	fn->net = net;
	mutex_init(&fn->mutex);
	INIT_DELAYED_WORK(&fn->sample_work, sample);
	err = ip_vs_fnat_snat_init(&fn->snat[0], AF_INET);
	if (err)
		return err;
	err = ip_vs_fnat_snat_init(&fn->snat[1], AF_INET6);
	if (err)
		goto out_v4;
	err = ip_vs_fnat_port_init(fn);
	if (err)
		goto out_v6;
	err = ip_vs_fnat_stats_init(fn);
	if (err)
		goto out_port;
	err = ip_vs_fnat_sysctl_init(fn);
	if (err)
		goto out_stats;
	return 0;

out_stats:
	ip_vs_fnat_stats_exit(fn);
out_port:
	ip_vs_fnat_port_exit(fn);
out_v6:
	ip_vs_fnat_snat_destroy(&fn->snat[1]);
out_v4:
	ip_vs_fnat_snat_destroy(&fn->snat[0]);
	return err;
}

/*
 * IPVS registers after this and so has left before: its services took their
 * rules and flows with them.
 */
static void __net_exit fnat_net_exit(struct net *net)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(net);

	WARN_ON_ONCE(atomic_read(&fn->flows));
	ip_vs_fnat_sysctl_exit(fn);
	ip_vs_fnat_stats_exit(fn);
	ip_vs_fnat_port_exit(fn);
	ip_vs_fnat_snat_destroy(&fn->snat[1]);
	ip_vs_fnat_snat_destroy(&fn->snat[0]);
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
		ip_vs_fnat_flow_exit();
	return err;
}

void ip_vs_fnat_exit(void)
{
	unregister_pernet_subsys(&fnat_net_ops);
	ip_vs_fnat_flow_exit();
}
