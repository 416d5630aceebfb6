/* SPDX-License-Identifier: GPL-2.0 */
/* Choosing local ports (ip_vs_fnat_port.c). */
#ifndef _IP_VS_FNAT_PORT_H
#define _IP_VS_FNAT_PORT_H

#include <linux/types.h>

struct ip_vs_fnat_flow;
struct ip_vs_fnat_lset;
struct ip_vs_fnat_net;
struct ip_vs_fnat_target;

int ip_vs_fnat_port_init(struct ip_vs_fnat_net *fn);
void ip_vs_fnat_port_exit(struct ip_vs_fnat_net *fn);
/* Choose local address and port, and link. -EADDRNOTAVAIL: pool exhausted; -EEXIST as above. */
int ip_vs_fnat_port_assign(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow,
			   const struct ip_vs_fnat_target *target);
/* As above, of the set's addresses in turn; -ENOENT: it has none. */
int ip_vs_fnat_port_assign_set(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow,
			       struct ip_vs_fnat_lset *set);
/* As above, of the client's own address. */
int ip_vs_fnat_port_assign_own(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_flow *flow);
/* Ports that flows can have. */
u32 ip_vs_fnat_port_range(const struct ip_vs_fnat_net *fn);
/* A linked flow took its port, an unlinked one left it; under the locks of its buckets. */
void ip_vs_fnat_port_note(struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_flow *flow,
			  bool taken);
void ip_vs_fnat_port_sweep(struct ip_vs_fnat_net *fn);

#endif /* _IP_VS_FNAT_PORT_H */
