/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SYNPROXY: types and functions shared by the ip_vs_fnat_synproxy*.c files.
 *
 *	client                    director                       server
 *	  SYN isn, options  ----->  (nothing is kept)
 *	  <-----  SYN-ACK cookie
 *	  ACK cookie + 1    ----->  connection     SYN isn  ----->
 *	                                           <-----  SYN-ACK server_isn
 *	  <-----  window update             ACK server_isn + 1  ----->
 *
 * From then on the server's sequence numbers differ from those that the client
 * knows by server_isn - cookie, and its timestamps by another constant.
 */
#ifndef _IP_VS_FNAT_SYNPROXY_H
#define _IP_VS_FNAT_SYNPROXY_H

#include <linux/skbuff.h>
#include <linux/spinlock.h>
#include <linux/timer.h>

#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_proxy.h"

struct ip_vs_conn;

/* ---- segments (ip_vs_fnat_synproxy_segment.c) ---- */

/* Of segments to clients, but for SYN-ACKs. */
#define IP_VS_FNAT_HOPS		64

/* No window scale. */
#define IP_VS_FNAT_NO_WSCALE	0xf

/* TCP options; zero where there is none. */
struct ip_vs_fnat_tcp_options {
	u32	tsval;
	u32	tsecr;
	u16	mss;
	u8	wscale;			/* 0 to 14 or IP_VS_FNAT_NO_WSCALE */
	bool	sack;			/* permitted */
	bool	timestamp;
};

/* A segment without data, of this director's own making. Numbers in host order. */
struct ip_vs_fnat_segment {
	const union nf_inet_addr	*src;
	const union nf_inet_addr	*dst;
	__be16				sport;
	__be16				dport;
	u32				seq;
	u32				ack;
	u16				window;
	u8				flags;		/* TCPHDR_* */
	u8				ttl;
	u8				af;
	struct ip_vs_fnat_tcp_options	options;
};

/* What a cookie has kept for the client. */
struct ip_vs_fnat_cookie {
	u16	mss;
	bool	sack;
};

/* False when the header is cut short. */
bool ip_vs_fnat_tcp_options(const struct sk_buff *skb, unsigned int l4, const struct tcphdr *th,
			    struct ip_vs_fnat_tcp_options *options);
/* The sequence number of a SYN-ACK; the MSS is rounded down to one that cookies know. */
u32 ip_vs_fnat_cookie_make(const struct ip_vs_fnat_pkt *pkt, struct ip_vs_fnat_cookie *what);
/* Does the packet acknowledge a cookie of the last two minutes? */
bool ip_vs_fnat_cookie_check(const struct ip_vs_fnat_pkt *pkt, struct ip_vs_fnat_cookie *what);
/* NULL when memory is short. */
struct sk_buff *ip_vs_fnat_segment_make(const struct ip_vs_fnat_segment *segment);
/* Make and send one from a virtual address to a client; under RCU. */
void ip_vs_fnat_segment_send(struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_segment *segment);
/* Answer a TCP packet that has an ACK by a reset of that number (RFC 9293, 3.5.2); under RCU. */
void ip_vs_fnat_segment_reset(struct ip_vs_fnat_net *fn, const struct ip_vs_fnat_pkt *pkt);

/* ---- connections (ip_vs_fnat_synproxy.c) ---- */

/* NULL when the connection's client was not proxied. */
struct ip_vs_fnat_proxy *ip_vs_fnat_proxy(const struct ip_vs_conn *cp);
/* For a connection that is being made; NULL for others, or with the counter to raise in @why. */
struct ip_vs_fnat_proxy *ip_vs_fnat_proxy_begin(struct ip_vs_fnat_net *fn, struct ip_vs_conn *cp,
						unsigned int *why);
/* For one that is being made, and that another director has opened; NULL: no memory. */
struct ip_vs_fnat_proxy *ip_vs_fnat_proxy_take(struct ip_vs_conn *cp,
					       const struct ip_vs_fnat_proxied *from);
/*
 * Once nobody has a reference to the connection: the timer ends; and then, when
 * no packet finds the proxy any more, so does that.
 */
void ip_vs_fnat_proxy_stop(struct ip_vs_fnat_proxy *proxy);
void ip_vs_fnat_proxy_free(struct ip_vs_fnat_proxy *proxy);
/* Do the client's packets have to go through IPVS? */
bool ip_vs_fnat_proxy_is_ipvs_turn(const struct ip_vs_fnat_proxy *proxy,
				   const struct ip_vs_conn *cp);
/* Is it one ACK too many? Then it was counted. */
bool ip_vs_fnat_proxy_storm(struct ip_vs_fnat_net *fn, struct ip_vs_fnat_proxy *proxy,
			    const struct sk_buff *skb, const struct ip_vs_fnat_pkt *pkt);

#endif /* _IP_VS_FNAT_SYNPROXY_H */
