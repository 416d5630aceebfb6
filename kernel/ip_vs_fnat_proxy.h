/* SPDX-License-Identifier: GPL-2.0 */
/* What a connection has that SYNPROXY opened. */
#ifndef _IP_VS_FNAT_PROXY_H
#define _IP_VS_FNAT_PROXY_H

#include <linux/skbuff.h>
#include <linux/spinlock.h>
#include <linux/timer.h>

struct ip_vs_conn;

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

static inline bool ip_vs_fnat_proxy_is_open(const struct ip_vs_fnat_proxy *proxy)
{
	/* Pairs with the store in open_server(): what was learned comes with it. */
	return smp_load_acquire(&proxy->state) == IP_VS_FNAT_PROXY_OPEN;
}

/* How an open one translates: all that another director has to know. */
struct ip_vs_fnat_proxied {
	u32	seq_offset;
	u32	ts_offset;
	u8	wscale_client;
	u8	wscale_server;
	u8	wscale_offered;
};

#endif /* _IP_VS_FNAT_PROXY_H */
