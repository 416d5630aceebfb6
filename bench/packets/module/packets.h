/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The benchmark's packets: made in the client's or the server's namespace,
 * handed to the device as a driver hands them over (one reference, no socket),
 * and taken off the device at the other end before its stack sees them.
 *
 * A scene is one gateway with its client and its server. Flow i has the client
 * address i % 251 after the first one and a port of its own, and says i in its
 * payload, so that each end knows what has to arrive.
 *
 * Scenes are changed only by writers of /proc/fnat_packets, one at a time; the
 * receiving ends read them in softirq, and count per CPU.
 */
#ifndef FNAT_PACKETS_H
#define FNAT_PACKETS_H

#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/skbuff.h>

#define SCENES		16
#define CLIENTS		251
#define PORTS		60000	/* with CLIENTS: 15,060,000 pairs before one comes again */
#define FIRST_PORT	1024
#define SERVICE_PORT	7
#define PAYLOAD		36	/* makes an IPv4 packet 64 bytes long */
#define MAGIC		0x666e6174

enum role {
	CLIENT,		/* sends requests, takes replies */
	SERVER,		/* takes requests, sends replies */
	GATE_IN,	/* takes requests where they come into the gateway */
	GATE_OUT,	/* takes replies where they come into the gateway */
	ROLES,
};

enum way {
	REQUEST,
	REPLY,
};

/* What the server saw of a flow, which is where it answers to. */
struct seen {
	union nf_inet_addr	addr;
	__be16			port;
	bool			known;
};

struct end {
	struct net_device	*dev;
	u8			mac[ETH_ALEN];	/* where its frames go */
};

struct count {
	u64	arrived;
	u64	wrong;		/* with other addresses, ports or checksums than expected */
};

struct scene {
	struct end		ends[ROLES];
	u8			af;
	bool			verify;		/* checksums as well */
	bool			translated;	/* the server has to see a pool address */
	union nf_inet_addr	client;		/* the first one */
	union nf_inet_addr	service;	/* what clients send to */
	union nf_inet_addr	server;		/* what the server is reached by */
	union nf_inet_addr	pool_min;
	union nf_inet_addr	pool_max;
	u32			flows;
	struct seen		*seen;
	struct count __percpu	*count;
};

struct payload {
	__be32	magic;
	__be32	flow;
};

void scene_client(const struct scene *scene, u32 flow, union nf_inet_addr *addr, __be16 *port);
struct sk_buff *packet_build(const struct scene *scene, enum way way, u32 flow);
rx_handler_result_t packet_sink(struct sk_buff **pskb);

void monitor_set(bool on);
u64 monitor_worst(void);

#endif
