/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the patches to IPVS call. This header declares no structure and
 * includes nothing: a definition seen by a file that exports symbols would
 * change their MODVERSIONS checksums, and the distribution's schedulers
 * would no longer load.
 */
#ifndef _IP_VS_FNAT_H
#define _IP_VS_FNAT_H

struct ip_vs_conn;
struct ip_vs_iphdr;
struct ip_vs_protocol;
struct ip_vs_service;
struct netns_ipvs;
struct ip_vs_proto_data;
struct sk_buff;
struct tcphdr;
union nf_inet_addr;

/*
 * Forwarding method FULLNAT, beside IP_VS_CONN_F_MASQ and its like: both
 * addresses of a packet are translated.
 */
#define IP_VS_CONN_F_FULLNAT	0x0005

/* Before the first namespace of IPVS is set up, and after the last is gone. */
int ip_vs_fnat_init(void);
void ip_vs_fnat_exit(void);

/* Requests are taken between these two, while everything else is in place. */
int ip_vs_fnat_netlink_init(void);
void ip_vs_fnat_netlink_exit(void);

/* The counters of @svc are being zeroed; user context. */
void ip_vs_fnat_zero_service(struct ip_vs_service *svc);

/* True when the mark of @svc is only a name, so that no packet belongs to it. */
bool ip_vs_fnat_is_snat(const struct ip_vs_service *svc);

/*
 * The SNAT scheduler takes and leaves a service; user context, both may sleep.
 * Taking fails with -EINVAL (not a firewall-mark service), -EBUSY (the
 * namespace has an SNAT service of that family already) or -ENOMEM.
 */
int ip_vs_fnat_snat_bind(struct ip_vs_service *svc);
void ip_vs_fnat_snat_unbind(struct ip_vs_service *svc);

/*
 * A service is about to be added, or is being deleted, or could not be added,
 * for whatever reason; user context, may sleep. One for every address and port switches
 * zones on for its protocol, TCP or UDP. Adding fails with -ENOMEM and the like.
 */
int ip_vs_fnat_add_service(struct ip_vs_service *svc);
void ip_vs_fnat_del_service(struct ip_vs_service *svc);

/* All services were deleted, and so is all that lives without one; may sleep. */
void ip_vs_fnat_flush(struct netns_ipvs *ipvs);

/*
 * A connection was made, but is in no table yet; under RCU. Flows that have its
 * packets end. One to a FULLNAT server gets its local address and port. When
 * that fails, which was counted, the connection must not be.
 */
int ip_vs_fnat_conn_open(struct ip_vs_conn *cp);
/* A connection is out of the table, and will be freed. */
void ip_vs_fnat_conn_close(struct ip_vs_conn *cp);
/* True for one that no other director can take over. */
bool ip_vs_fnat_unsynced(const struct ip_vs_conn *cp);
/* The packet_xmit() of FULLNAT, for both families. */
int ip_vs_fnat_xmit(struct sk_buff *skb, struct ip_vs_conn *cp, struct ip_vs_protocol *pp,
		    struct ip_vs_iphdr *iph);

/*
 * SYNPROXY. What a service that has it makes of a TCP packet without a
 * connection: the value for conn_schedule() to return, or -1 when it is not
 * the packet's; under RCU.
 */
int ip_vs_fnat_synproxy(struct netns_ipvs *ipvs, int af, struct sk_buff *skb,
			struct ip_vs_proto_data *pd, int *verdict, struct ip_vs_conn **cpp,
			struct ip_vs_iphdr *iph);
/* True for a packet that is none of @cp any more, but opens a new connection. */
bool ip_vs_fnat_synproxy_again(struct ip_vs_conn *cp, struct sk_buff *skb,
			       const struct ip_vs_iphdr *iph);
/* A packet of the server's by NAT. False: it is for the director itself, or memory is short. */
bool ip_vs_fnat_synproxy_out(struct ip_vs_conn *cp, struct sk_buff *skb,
			     const struct ip_vs_iphdr *iph);
/* An ICMP error for the server, about what it sent. False when memory is short. */
bool ip_vs_fnat_synproxy_error(struct ip_vs_conn *cp, struct sk_buff *skb, unsigned int icmp,
			       const struct ip_vs_iphdr *quoted);
/* The packet_xmit() of a connection that SYNPROXY opened, for both families. */
int ip_vs_fnat_synproxy_xmit(struct sk_buff *skb, struct ip_vs_conn *cp,
			     struct ip_vs_protocol *pp, struct ip_vs_iphdr *iph);
/*
 * May the service, or the server, have these flags? -EINVAL: SYNPROXY is for
 * TCP. -EOPNOTSUPP: a server whose answers do not come back this way.
 */
int ip_vs_fnat_check_service(struct ip_vs_service *svc, unsigned int flags);
int ip_vs_fnat_check_server(const struct ip_vs_service *svc, unsigned int flags);

/*
 * IPVS's sync daemons of the namespace have started or stopped: flows are synchronised
 * while one of them runs; user context, may sleep.
 */
void ip_vs_fnat_sync_daemons(struct netns_ipvs *ipvs);

/* The listing /proc/net/ip_vs_conn, and the size of its iterator. In ip_vs_conn.c. */
extern const struct seq_operations ip_vs_conn_seq_ops;
extern const unsigned int ip_vs_conn_seq_size;

/*
 * The service of @af that has mark @fwmark or, when that is 0, protocol,
 * address and port; NULL when there is none; under RCU. In ip_vs_ctl.c.
 */
struct ip_vs_service *ip_vs_service_exact(struct netns_ipvs *ipvs, int af, u32 fwmark,
					  u16 protocol, const union nf_inet_addr *addr,
					  __be16 port);

/*
 * IPVS's own TCP state machine: the state that follows @state when @th is
 * seen in @direction (IP_VS_DIR_INPUT is from the client). In ip_vs_proto_tcp.c.
 */
int ip_vs_tcp_next_state(const struct ip_vs_proto_data *pd, int direction,
			 const struct tcphdr *th, int state);

#endif /* _IP_VS_FNAT_H */
