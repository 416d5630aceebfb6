/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Differences between kernel versions, each under the name of a capability.
 * No other file asks for the version.
 */
#ifndef _IP_VS_FNAT_COMPAT_H
#define _IP_VS_FNAT_COMPAT_H

#include <linux/version.h>

#ifndef CONFIG_IP_VS_IPV6
#error "source NAT needs CONFIG_IP_VS_IPV6"
#endif

/* Segmentation has a header of its own from 6.5. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#include <net/gso.h>
#endif

/* Per-namespace totals of IPVS moved behind a pointer in 6.7. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
#define ip_vs_fnat_total_stats(ipvs)	(&(ipvs)->tot_stats->s)
#else
#define ip_vs_fnat_total_stats(ipvs)	(&(ipvs)->tot_stats)
#endif

/* register_net_sysctl_sz() and its callers' const tables, from 6.6. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
#define ip_vs_fnat_register_sysctl(net, path, table, n) \
	register_net_sysctl_sz(net, path, table, n)
#else
#define ip_vs_fnat_register_sysctl(net, path, table, n) \
	register_net_sysctl(net, path, table)
#endif

/* The handlers of sysctls get const tables from 6.11. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
#define ip_vs_fnat_handled_table	const struct ctl_table
#else
#define ip_vs_fnat_handled_table	struct ctl_table
#endif

/* UDP sockets can have a table of their own in each namespace from 6.2. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define ip_vs_fnat_udp_table(net)	((net)->ipv4.udp_table)
#else
#define ip_vs_fnat_udp_table(net)	(&udp_table)
#endif

/* The attributes of a dump's request moved into its genl_info in 6.6. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
#define ip_vs_fnat_dump_attrs(cb)	(genl_info_dump(cb)->attrs)
#else
#define ip_vs_fnat_dump_attrs(cb)	(genl_dumpit_info(cb)->attrs)
#endif

/* Unaligned access has had a header of its own for all architectures since 6.12. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

/* What a packet acknowledges is no argument of its own any more from 6.8. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
#define ip_vs_fnat_cookie_v4_check(iph, th, cookie)	((void)(cookie), __cookie_v4_check(iph, th))
#define ip_vs_fnat_cookie_v6_check(iph, th, cookie)	((void)(cookie), __cookie_v6_check(iph, th))
#else
#define ip_vs_fnat_cookie_v4_check(iph, th, cookie)	__cookie_v4_check(iph, th, cookie)
#define ip_vs_fnat_cookie_v6_check(iph, th, cookie)	__cookie_v6_check(iph, th, cookie)
#endif

/* What a packet's policy is looked up by is told with the namespace from 6.8. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
#define ip_vs_fnat_decode_session(net, skb, fl, af)	xfrm_decode_session(net, skb, fl, af)
#else
#define ip_vs_fnat_decode_session(net, skb, fl, af)	xfrm_decode_session(skb, fl, af)
#endif

/* The list of routes that no table owns is in struct dst_entry, for IPv6 too, from 6.4. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
#define ip_vs_fnat_is_uncached_v6(rt)	(!list_empty(&(rt)->dst.rt_uncached))
#else
#define ip_vs_fnat_is_uncached_v6(rt)	(!list_empty(&(rt)->rt6i_uncached))
#endif

#endif /* _IP_VS_FNAT_COMPAT_H */
