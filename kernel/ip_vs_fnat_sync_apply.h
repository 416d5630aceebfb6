/* SPDX-License-Identifier: GPL-2.0 */
/* What a peer tells of flows (ip_vs_fnat_sync_apply.c). */
#ifndef _IP_VS_FNAT_SYNC_APPLY_H
#define _IP_VS_FNAT_SYNC_APPLY_H

#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_sync_wire.h"

/*
 * Open, change or end the flow of the record, of which all @len bytes are there. A record
 * that can't be is counted. May sleep.
 */
void ip_vs_fnat_sync_apply(struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_sync_record *record,
			   unsigned int len);

#endif /* _IP_VS_FNAT_SYNC_APPLY_H */
