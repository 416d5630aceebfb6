/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Differences between kernels, each under the name of a capability that kernel/dkms/probes
 * looks for in their headers. No file asks for the version.
 */
#ifndef _IP_VS_FNAT_COMPAT_H
#define _IP_VS_FNAT_COMPAT_H

#include <net/inet6_hashtables.h>
#include <net/inet_hashtables.h>
#include <net/udp.h>

#include "ip_vs_fnat_probes.h"

#ifndef CONFIG_IP_VS_IPV6
#error "source NAT needs CONFIG_IP_VS_IPV6"
#endif

/* Segmentation has a header of its own from 6.5. */
#ifdef IP_VS_FNAT_HAS_GSO_H
#include <net/gso.h>
#endif

/* Per-namespace totals of IPVS moved behind a pointer in 6.7. */
#ifdef IP_VS_FNAT_HAS_TOTALS_BY_POINTER
#define ip_vs_fnat_total_stats(ipvs)	(&(ipvs)->tot_stats->s)
#else
#define ip_vs_fnat_total_stats(ipvs)	(&(ipvs)->tot_stats)
#endif

/* register_net_sysctl_sz() and its callers' const tables, from 6.6. */
#ifdef IP_VS_FNAT_HAS_SYSCTL_SZ
#define ip_vs_fnat_register_sysctl(net, path, table, n) \
	register_net_sysctl_sz(net, path, table, n)
#else
#define ip_vs_fnat_register_sysctl(net, path, table, n) \
	register_net_sysctl(net, path, table)
#endif

/* The handlers of sysctls get const tables from 6.11. */
#ifdef IP_VS_FNAT_HAS_CONST_HANDLERS
#define ip_vs_fnat_handled_table	const struct ctl_table
#else
#define ip_vs_fnat_handled_table	struct ctl_table
#endif

/* UDP sockets can have a table of their own in each namespace from 6.2. */
#ifdef IP_VS_FNAT_HAS_UDP_TABLE_OF_NET
#define ip_vs_fnat_udp_table(net)	((net)->ipv4.udp_table)
#else
#define ip_vs_fnat_udp_table(net)	(&udp_table)
#endif

/* The attributes of a dump's request moved into its genl_info in 6.6. */
#ifdef IP_VS_FNAT_HAS_INFO_OF_DUMP
#define ip_vs_fnat_dump_attrs(cb)	(genl_info_dump(cb)->attrs)
#else
#define ip_vs_fnat_dump_attrs(cb)	(genl_dumpit_info(cb)->attrs)
#endif

/* Unaligned access has had a header of its own for all architectures since 6.12. */
#ifdef IP_VS_FNAT_HAS_UNALIGNED_H
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

/* What a packet acknowledges is no argument of its own any more from 6.8. */
#ifdef IP_VS_FNAT_HAS_COOKIE_OF_HEADER
#define ip_vs_fnat_cookie_v4_check(iph, th, cookie)	((void)(cookie), __cookie_v4_check(iph, th))
#define ip_vs_fnat_cookie_v6_check(iph, th, cookie)	((void)(cookie), __cookie_v6_check(iph, th))
#else
#define ip_vs_fnat_cookie_v4_check(iph, th, cookie)	__cookie_v4_check(iph, th, cookie)
#define ip_vs_fnat_cookie_v6_check(iph, th, cookie)	__cookie_v6_check(iph, th, cookie)
#endif

/* What a packet's policy is looked up by is told with the namespace from 6.8. */
#ifdef IP_VS_FNAT_HAS_NET_OF_SESSION
#define ip_vs_fnat_decode_session(net, skb, fl, af)	xfrm_decode_session(net, skb, fl, af)
#else
#define ip_vs_fnat_decode_session(net, skb, fl, af)	xfrm_decode_session(skb, fl, af)
#endif

/* The list of routes that no table owns is in struct dst_entry, for IPv6 too, from 6.4. */
#ifdef IP_VS_FNAT_HAS_UNCACHED_OF_DST
#define ip_vs_fnat_is_uncached_v6(rt)	(!list_empty(&(rt)->dst.rt_uncached))
#else
#define ip_vs_fnat_is_uncached_v6(rt)	(!list_empty(&(rt)->rt6i_uncached))
#endif

/* The tables that sockets are looked for in are arguments no more. No references for UDP. */
static inline struct sock *ip_vs_fnat_udp4_lookup(struct net *net, __be32 saddr, __be16 sport,
						  __be32 daddr, __be16 dport, int dif)
{
#ifdef IP_VS_FNAT_HAS_LOOKUP_IN_NET
	return __udp4_lib_lookup(net, saddr, sport, daddr, dport, dif, 0, NULL);
#else
	return __udp4_lib_lookup(net, saddr, sport, daddr, dport, dif, 0,
				 ip_vs_fnat_udp_table(net), NULL);
#endif
}

static inline struct sock *ip_vs_fnat_udp6_lookup(struct net *net, const struct in6_addr *saddr,
						  __be16 sport, const struct in6_addr *daddr,
						  __be16 dport, int dif)
{
#ifdef IP_VS_FNAT_HAS_LOOKUP_IN_NET
	return __udp6_lib_lookup(net, saddr, sport, daddr, dport, dif, 0, NULL);
#else
	return __udp6_lib_lookup(net, saddr, sport, daddr, dport, dif, 0,
				 ip_vs_fnat_udp_table(net), NULL);
#endif
}

static inline struct sock *ip_vs_fnat_tcp4_lookup(struct net *net, struct sk_buff *skb, int doff,
						  __be32 saddr, __be16 sport, __be32 daddr,
						  __be16 dport, int dif)
{
#ifdef IP_VS_FNAT_HAS_LOOKUP_IN_NET
	return inet_lookup(net, skb, doff, saddr, sport, daddr, dport, dif);
#else
	return inet_lookup(net, net->ipv4.tcp_death_row.hashinfo, skb, doff, saddr, sport, daddr,
			   dport, dif);
#endif
}

static inline struct sock *ip_vs_fnat_tcp6_lookup(struct net *net, struct sk_buff *skb, int doff,
						  const struct in6_addr *saddr, __be16 sport,
						  const struct in6_addr *daddr, __be16 dport,
						  int dif)
{
#ifdef IP_VS_FNAT_HAS_LOOKUP_IN_NET
	return inet6_lookup(net, skb, doff, saddr, sport, daddr, dport, dif);
#else
	return inet6_lookup(net, net->ipv4.tcp_death_row.hashinfo, skb, doff, saddr, sport, daddr,
			    dport, dif);
#endif
}

/* A route's input is looked up by a dscp_t, which has no ECN, instead of the whole byte. */
#ifdef IP_VS_FNAT_HAS_DSCP_OF_INPUT
#define ip_vs_fnat_dsfield(iph)		ip4h_dscp(iph)
#else
#define ip_vs_fnat_dsfield(iph)		((iph)->tos)
#endif

/* What an input route was refused for, by reverse-path filtering. */
#ifdef IP_VS_FNAT_HAS_REASON_OF_INPUT
#define ip_vs_fnat_is_rp_refusal(err)	((err) == SKB_DROP_REASON_IP_RPFILTER)
#else
#define ip_vs_fnat_is_rp_refusal(err)	((err) == -EXDEV)
#endif

/* Connections that servers may begin were counted for both families together. */
#ifdef IP_VS_FNAT_HAS_CONNS_OF_FAMILY
#define ip_vs_fnat_conns_out(ipvs, af) \
	atomic_read(&(ipvs)->conn_out_counter[ip_vs_af_index(af)])
#else
#define ip_vs_fnat_conns_out(ipvs, af)	((void)(af), atomic_read(&(ipvs)->conn_out_counter))
#endif

#endif /* _IP_VS_FNAT_COMPAT_H */
