// SPDX-License-Identifier: GPL-2.0
/*
 * Services that have local addresses, for their FULLNAT servers. They are kept
 * beside IPVS's services and found by their address in memory, since those
 * have no room for anything.
 */
#include <linux/slab.h>
#include <net/ip_vs.h>

#include "ip_vs_fnat.h"
#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_laddr.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_service.h"
#include "ip_vs_fnat_sweep.h"
#include "ip_vs_fnat_uapi.h"

static const struct rhashtable_params service_params = {
	.head_offset		= offsetof(struct ip_vs_fnat_service, hnode),
	.key_offset		= offsetof(struct ip_vs_fnat_service, svc),
	.key_len		= sizeof(struct ip_vs_service *),
	.automatic_shrinking	= true,
};

int ip_vs_fnat_services_init(struct ip_vs_fnat_net *fn)
{
	int i, err;

	err = rhashtable_init(&fn->service_table, &service_params);
	if (err)
		return err;
	for (i = 0; i < 2; i++) {
		INIT_LIST_HEAD(&fn->services[i].list);
		err = ip_vs_fnat_locals_init(&fn->services[i].locals, i ? AF_INET6 : AF_INET,
					     IP_VS_FNAT_SERVICE_ADDRESSES_MAX,
					     IP_VS_FNAT_TOWARDS_SERVERS);
		if (err)
			goto out;
	}
	return 0;

out:
	while (i--)
		ip_vs_fnat_locals_destroy(&fn->services[i].locals);
	rhashtable_destroy(&fn->service_table);
	return err;
}

void ip_vs_fnat_services_exit(struct ip_vs_fnat_net *fn)
{
	ip_vs_fnat_locals_destroy(&fn->services[1].locals);
	ip_vs_fnat_locals_destroy(&fn->services[0].locals);
	rhashtable_destroy(&fn->service_table);
}

bool ip_vs_fnat_services_on(const struct ip_vs_fnat_services *services)
{
	return !list_empty(&services->list);
}

struct ip_vs_fnat_service *ip_vs_fnat_service_find(struct ip_vs_fnat_net *fn,
						   const struct ip_vs_service *svc)
{
	return rhashtable_lookup_fast(&fn->service_table, &svc, service_params);
}

static void service_free_rcu(struct rcu_head *head)
{
	struct ip_vs_fnat_service *service = container_of(head, struct ip_vs_fnat_service, rcu);

	ip_vs_fnat_lset_free(&service->set);
	kfree(service);
}

void ip_vs_fnat_service_put(struct ip_vs_fnat_service *service)
{
	if (refcount_dec_and_test(&service->refs))
		call_rcu(&service->rcu, service_free_rcu);
}

static struct ip_vs_fnat_service *service_make(struct ip_vs_fnat_net *fn,
					       struct ip_vs_service *svc)
{
	struct ip_vs_fnat_service *service = kzalloc(sizeof(*service), GFP_KERNEL);
	int err;

	if (!service)
		return ERR_PTR(-ENOMEM);
	service->svc = svc;
	refcount_set(&service->refs, 1);
	err = ip_vs_fnat_family_start(fn, svc->af);
	if (err)
		goto out;
	err = rhashtable_insert_fast(&fn->service_table, &service->hnode, service_params);
	if (err)
		goto out_family;
	list_add_tail(&service->list, &ip_vs_fnat_services(fn, svc->af)->list);
	service->linked = true;
	return service;

out_family:
	ip_vs_fnat_family_stop(fn, svc->af);
out:
	kfree(service);
	return ERR_PTR(err);
}

/* Out of sight for new connections; those under way may still use it. */
static void service_unlink(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_service *service)
{
	struct ip_vs_fnat_services *services = ip_vs_fnat_services(fn, service->svc->af);

	rhashtable_remove_fast(&fn->service_table, &service->hnode, service_params);
	list_del(&service->list);
	service->linked = false;
	ip_vs_fnat_lset_drop(&services->locals, &service->set);
}

int ip_vs_fnat_service_laddr_add(struct ip_vs_fnat_net *fn, struct ip_vs_service *svc,
				 const union nf_inet_addr *first, u32 count)
{
	struct ip_vs_fnat_services *services = ip_vs_fnat_services(fn, svc->af);
	struct ip_vs_fnat_service *service = ip_vs_fnat_service_find(fn, svc);
	bool made = !service;
	int err;

	if (made) {
		service = service_make(fn, svc);
		if (IS_ERR(service))
			return PTR_ERR(service);
	}
	err = ip_vs_fnat_lset_add(&services->locals, &service->set, first, count);
	if (err && made) {
		service_unlink(fn, service);
		ip_vs_fnat_family_stop(fn, svc->af);
		ip_vs_fnat_service_put(service);
	}
	return err;
}

int ip_vs_fnat_service_laddr_del(struct ip_vs_fnat_net *fn, struct ip_vs_service *svc,
				 const union nf_inet_addr *first, u32 count)
{
	struct ip_vs_fnat_service *service = ip_vs_fnat_service_find(fn, svc);

	if (!service)
		return -ENOENT;
	return ip_vs_fnat_lset_del(&ip_vs_fnat_services(fn, svc->af)->locals, &service->set,
				   first, count);
}

/*
 * Connections stay, as they do with IPVS, and hold their addresses. Flows of
 * one-packet scheduling hold their real server, which IPVS may free without
 * asking when the namespace ends, so they go with the service; so do the hooks,
 * with the last of the family.
 */
void ip_vs_fnat_service_gone(struct ip_vs_fnat_net *fn, struct ip_vs_service *svc)
{
	struct ip_vs_fnat_services *services = ip_vs_fnat_services(fn, svc->af);
	struct ip_vs_fnat_flush what = { .kind = IP_VS_FNAT_OF_ONE_PACKET, .af = svc->af };
	struct ip_vs_fnat_service *service;
	bool last;

	mutex_lock(&fn->mutex);
	service = ip_vs_fnat_service_find(fn, svc);
	if (!service) {
		mutex_unlock(&fn->mutex);
		return;
	}
	fn->services_gen++;
	service_unlink(fn, service);
	ip_vs_fnat_family_stop(fn, svc->af);
	last = !ip_vs_fnat_services_on(services);
	if (last || svc->flags & IP_VS_SVC_F_ONEPACKET)
		synchronize_net();
	if (!last)
		what.svc = svc;
	if (last ? READ_ONCE(services->one_packet) : READ_ONCE(service->one_packet))
		ip_vs_fnat_flow_flush(fn, &what);
	ip_vs_fnat_service_put(service);
	mutex_unlock(&fn->mutex);
}
