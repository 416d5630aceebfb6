/* SPDX-License-Identifier: GPL-2.0 */
/* Translation of sequence numbers for SYNPROXY (ip_vs_fnat_synproxy_seq.c). */
#ifndef _IP_VS_FNAT_SYNPROXY_SEQ_H
#define _IP_VS_FNAT_SYNPROXY_SEQ_H

#include <linux/skbuff.h>

#include "ip_vs_fnat_way.h"

struct ip_vs_fnat_proxy;

/*
 * Numbers of the one side's view become those of the other's, in a packet whose
 * TCP header is at @l4. False when memory is short.
 */
bool ip_vs_fnat_proxy_translate(struct sk_buff *skb, unsigned int l4,
				struct ip_vs_fnat_proxy *proxy, enum ip_vs_fnat_dir dir);
/* The same in what an ICMP error at @icmp quotes, which is on its way to the server. */
bool ip_vs_fnat_proxy_translate_quoted(struct sk_buff *skb, unsigned int icmp,
				       unsigned int quoted_l4,
				       const struct ip_vs_fnat_proxy *proxy);

#endif /* _IP_VS_FNAT_SYNPROXY_SEQ_H */
