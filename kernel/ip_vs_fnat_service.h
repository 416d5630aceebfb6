/* SPDX-License-Identifier: GPL-2.0 */
/* Services of IPVS that have local addresses (ip_vs_fnat_service.c). */
#ifndef _IP_VS_FNAT_SERVICE_H
#define _IP_VS_FNAT_SERVICE_H

#include <linux/list.h>
#include <linux/refcount.h>

#include "ip_vs_fnat_laddr.h"

struct ip_vs_fnat_net;
struct ip_vs_service;

/*
 * The local addresses of a service of IPVS; made with the first of them, and
 * gone with the service. Linked under the namespace's mutex, found under RCU.
 */
struct ip_vs_fnat_service {
	struct rhash_head	hnode;
	struct ip_vs_service	*svc;		/* the key; valid while linked */
	struct ip_vs_fnat_lset	set;
	struct list_head	list;
	refcount_t		refs;
	bool			linked;		/* under the mutex */
	bool			one_packet;	/* has had flows of that kind */
	struct rcu_head		rcu;
};

/* Those of one namespace and family. */
struct ip_vs_fnat_services {
	struct list_head		list;		/* oldest first */
	struct ip_vs_fnat_locals	locals;
	bool				one_packet;	/* one of them has had such flows */
};

int ip_vs_fnat_services_init(struct ip_vs_fnat_net *fn);
void ip_vs_fnat_services_exit(struct ip_vs_fnat_net *fn);
/* Does a service of the family have, or had it, a local address? */
bool ip_vs_fnat_services_on(const struct ip_vs_fnat_services *services);
/* Under RCU, or the mutex. */
struct ip_vs_fnat_service *ip_vs_fnat_service_find(struct ip_vs_fnat_net *fn,
						   const struct ip_vs_service *svc);
/* As those of a set; the first address brings the hooks, whose errors come as well. */
int ip_vs_fnat_service_laddr_add(struct ip_vs_fnat_net *fn, struct ip_vs_service *svc,
				 const union nf_inet_addr *first, u32 count);
int ip_vs_fnat_service_laddr_del(struct ip_vs_fnat_net *fn, struct ip_vs_service *svc,
				 const union nf_inet_addr *first, u32 count);
/* The service is being deleted; takes the mutex. */
void ip_vs_fnat_service_gone(struct ip_vs_fnat_net *fn, struct ip_vs_service *svc);
void ip_vs_fnat_service_put(struct ip_vs_fnat_service *service);

#endif /* _IP_VS_FNAT_SERVICE_H */
