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

#include "ip_vs_fnat_int.h"

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

enum ip_vs_fnat_proxy_state {
	IP_VS_FNAT_PROXY_NEW,		/* the client's ACK is not looked at yet */
	IP_VS_FNAT_PROXY_SYN_SENT,	/* the server has not answered */
	IP_VS_FNAT_PROXY_OPEN,
	IP_VS_FNAT_PROXY_DEAD,		/* the server will not, or the client left */
};

/*
 * Beside an ip_vs_conn, made before that is in any table, and freed a grace
 * period after it left. The lock is for state and held, and is nobody else's
 * inner or outer lock. What stands below the state is constant from OPEN on,
 * which is stored last. The timer runs while the state is SYN_SENT, and is
 * started only by who holds a reference to the connection; its end waits for
 * the timer's, so that the timer needs none.
 */
struct ip_vs_fnat_proxy {
	spinlock_t			lock;		/* see above */
	enum ip_vs_fnat_proxy_state	state;
	struct ip_vs_conn		*cp;
	struct sk_buff_head		held;		/* the client's data */
	struct timer_list		timer;
	u8				tries;
	u8				wscale;		/* the client's, or IP_VS_FNAT_NO_WSCALE */
	u8				wscale_client;	/* what the server does not know of it */
	u8				wscale_server;	/* the server's, */
	u8				wscale_offered;	/* and what the client takes for it */
	bool				sack;
	bool				timestamp;
	u16				mss;
	u16				window;		/* the client's, as it came */
	u16				room;		/* bytes the client may send ahead */
	u32				isn;
	u32				cookie;
	u32				tsval;		/* the client's */
	u32				tsecr;		/* ours, as the client echoed it */
	u32				seq_offset;	/* server's less client's view */
	u32				ts_offset;
	/* The last ACK without data, and how often it came since; a guess with several CPUs. */
	u32				dup_seq;
	u32				dup_ack;
	u32				dup_since;
	u16				dup_window;
	u16				dups;
	struct rcu_head			rcu;
};

/* ---- translation (ip_vs_fnat_synproxy_seq.c) ---- */

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

#endif /* _IP_VS_FNAT_SYNPROXY_H */
