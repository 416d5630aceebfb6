/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The client's address on a real server behind FULLNAT.
 *
 * The director's local address is the peer of the server's TCP connections.
 * The packet that ends the handshake has the client's own address and port in
 * a TCP option. Three parts, which know each other by what is declared here:
 *
 *	toa_option.c	a netfilter hook reads the option
 *	toa_conn.c	tracepoints of TCP tell when a connection is made, and ends
 *	toa_getname.c	return probes change what accept() and getpeername() tell
 */
#ifndef _TOA_H
#define _TOA_H

#include <linux/netfilter.h>
#include <linux/types.h>

#if !IS_ENABLED(CONFIG_IPV6)
#error "toa needs CONFIG_IPV6"
#endif

struct net;
struct sock;

struct toa_client {
	union nf_inet_addr	addr;
	__be16			port;
	u8			af;
};

/* A connection as its server sees it. Hashed as bytes, so that every byte is set. */
struct toa_tuple {
	union nf_inet_addr	peer;
	union nf_inet_addr	local;
	const struct net	*net;
	__be16			peer_port;
	__be16			local_port;
	u32			af;
};

/* What a connection's packets can carry, from the module's parameters. */
extern unsigned int toa_opt;
extern unsigned int toa_opt6;
/* Does the operator take the option from @addr? */
bool toa_trusts(u8 af, const union nf_inet_addr *addr);

int toa_option_init(void);
void toa_option_exit(void);
/*
 * The client that a packet of @tuple with sequence number @seq named; true
 * once for each such packet.
 */
bool toa_option_take(const struct toa_tuple *tuple, u32 seq, struct toa_client *client);

int toa_conn_init(void);
void toa_conn_exit(void);
/* False when @sk is the connection of no client of a director. */
bool toa_conn_client(const struct sock *sk, struct toa_client *client);
/* Connections whose client is known, and those not remembered at the limit. */
unsigned int toa_conn_count(void);
unsigned int toa_conn_full(void);

int toa_getname_init(void);
void toa_getname_exit(void);
/* Calls that could not be followed, and told the local address. */
unsigned int toa_getname_missed(void);

#endif /* _TOA_H */
