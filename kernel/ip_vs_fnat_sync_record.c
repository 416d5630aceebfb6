// SPDX-License-Identifier: GPL-2.0
/* Records of flows, written and read: docs/sync-protocol.md. */
#include <linux/in.h>
#include <linux/jiffies.h>
#include <net/ip_vs.h>

#include "ip_vs_fnat_addr.h"
#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_rule.h"
#include "ip_vs_fnat_sync_record.h"
#include "ip_vs_fnat_sync_wire.h"

/* A day, in ms: no timeout is longer. */
#define IDLE_MOST	86400000

/* ---- writing ---- */

u8 ip_vs_fnat_sync_state(const struct ip_vs_fnat_flow *flow)
{
	return ip_vs_fnat_is_conn(flow) ? READ_ONCE(ip_vs_fnat_conn(flow)->cp->state) :
					  READ_ONCE(flow->state);
}

static __be32 write_idle(const struct ip_vs_fnat_flow *flow)
{
	return htonl(jiffies_to_msecs((u32)jiffies - READ_ONCE(flow->used)));
}

static u8 *write_addr(u8 *at, const union nf_inet_addr *addr, u8 af)
{
	unsigned int bytes = ip_vs_fnat_addr_bytes(af);

	memcpy(at, addr, bytes);
	return at + bytes;
}

static u8 *write_number(u8 *at, u32 number)
{
	__be32 value = htonl(number);

	memcpy(at, &value, sizeof(value));
	return at + sizeof(value);
}

static u8 *write_flow(const struct ip_vs_fnat_flow *flow, u8 state, u16 flags, u8 *at)
{
	bool zone = flow->kind == IP_VS_FNAT_OF_ZONE;
	struct ip_vs_fnat_sync_flow *told = (void *)at;

	*told = (struct ip_vs_fnat_sync_flow) {
		.record.type	= flow->af == AF_INET ? IP_VS_FNAT_SYNC_FLOW_V4 :
							IP_VS_FNAT_SYNC_FLOW_V6,
		.record.flags	= htons(flags | (zone ? IP_VS_FNAT_SYNC_R_ZONE : 0)),
		.proto		= flow->proto,
		.state		= state,
		.cport		= flow->cport,
		.rport		= flow->rport,
		.lport		= flow->lport,
		.idle		= write_idle(flow),
		.mark		= htonl(READ_ONCE(flow->mark)),
		.owner		= zone ? 0 : htonl(flow->rule->id),
	};
	at = write_addr((u8 *)(told + 1), &flow->client, flow->af);
	at = write_addr(at, &flow->remote, flow->af);
	return write_addr(at, &flow->local, flow->af);
}

static __be16 write_wscales(const struct ip_vs_fnat_proxy *proxy)
{
	return htons(READ_ONCE(proxy->wscale_client) |
		     READ_ONCE(proxy->wscale_server) << IP_VS_FNAT_SYNC_WSCALE_SERVER |
		     proxy->wscale_offered << IP_VS_FNAT_SYNC_WSCALE_OFFERED);
}

static u8 *write_conn(const struct ip_vs_fnat_conn *conn, u8 state, u16 flags, u8 *at)
{
	const struct ip_vs_fnat_flow *flow = &conn->flow;
	struct ip_vs_fnat_sync_conn *told = (void *)at;
	u32 fwmark = conn->cp->fwmark, first = READ_ONCE(conn->client_first);
	const struct ip_vs_fnat_proxy *proxy = conn->proxy;
	bool toa = READ_ONCE(conn->toa) && first;

	*told = (struct ip_vs_fnat_sync_conn) {
		.record.type	= flow->af == AF_INET ? IP_VS_FNAT_SYNC_CONN_V4 :
							IP_VS_FNAT_SYNC_CONN_V6,
		.record.flags	= htons(flags | (fwmark ? IP_VS_FNAT_SYNC_R_FWMARK : 0) |
					(toa ? IP_VS_FNAT_SYNC_R_TOA : 0) |
					(proxy ? IP_VS_FNAT_SYNC_R_PROXY : 0)),
		.proto		= flow->proto,
		.state		= state,
		.cport		= flow->cport,
		.vport		= conn->vport,
		.rport		= flow->rport,
		.lport		= flow->lport,
		.wscales	= proxy ? write_wscales(proxy) : 0,
		.idle		= write_idle(flow),
	};
	at = write_addr((u8 *)(told + 1), &flow->client, flow->af);
	at = write_addr(at, &conn->virtual, flow->af);
	at = write_addr(at, &flow->remote, flow->af);
	at = write_addr(at, &flow->local, flow->af);
	if (fwmark)
		at = write_number(at, fwmark);
	if (toa)
		at = write_number(at, first);
	if (!proxy)
		return at;
	at = write_number(at, proxy->seq_offset);
	return write_number(at, proxy->ts_offset);
}

unsigned int ip_vs_fnat_sync_write(const struct ip_vs_fnat_flow *flow, u8 state, bool end,
				   struct ip_vs_fnat_sync_buffer *to)
{
	struct ip_vs_fnat_sync_record *record = (void *)to->bytes;
	u16 flags = end ? IP_VS_FNAT_SYNC_R_END : 0;
	u8 *at;

	at = ip_vs_fnat_is_conn(flow) ?
	     write_conn(ip_vs_fnat_conn(flow), state, flags, to->bytes) :
	     write_flow(flow, state, flags, to->bytes);
	record->words = (at - to->bytes) / 4;
	return at - to->bytes;
}

/* ---- reading ---- */

static bool is_state(const struct ip_vs_fnat_told *told)
{
	switch (told->tuple.proto) {
	case IPPROTO_TCP:
		return told->end || (told->state && told->state < IP_VS_TCP_S_LAST);
	case IPPROTO_UDP:
		return told->state <= (told->conn ? IP_VS_UDP_S_NORMAL : IP_VS_FNAT_S_ANSWERED);
	case IPPROTO_SCTP:
		return told->conn && told->state < IP_VS_SCTP_S_LAST;
	case IPPROTO_ICMP:
		return !told->conn && told->tuple.af == AF_INET &&
		       told->state <= IP_VS_FNAT_S_ANSWERED;
	case IPPROTO_ICMPV6:
		return !told->conn && told->tuple.af == AF_INET6 &&
		       told->state <= IP_VS_FNAT_S_ANSWERED;
	default:
		return false;
	}
}

static bool has_ports(const struct ip_vs_fnat_told *told)
{
	if (told->tuple.proto == IPPROTO_ICMP || told->tuple.proto == IPPROTO_ICMPV6)
		return true;
	return told->tuple.sport && told->tuple.dport && told->rport && told->lport;
}

static bool is_valid(const struct ip_vs_fnat_told *told)
{
	u8 af = told->tuple.af;

	return is_state(told) && has_ports(told) &&
	       ip_vs_fnat_addr_is_unicast(af, &told->tuple.src) &&
	       ip_vs_fnat_addr_is_unicast(af, &told->tuple.dst) &&
	       ip_vs_fnat_addr_is_unicast(af, &told->remote) &&
	       ip_vs_fnat_addr_is_unicast(af, &told->local);
}

/* What is left of a record. */
struct rest {
	const u8	*at;
	unsigned int	len;
	u8		af;
};

static bool read_bytes(struct rest *rest, void *to, unsigned int bytes)
{
	if (rest->len < bytes)
		return false;
	memcpy(to, rest->at, bytes);
	rest->at += bytes;
	rest->len -= bytes;
	return true;
}

static bool read_addr(struct rest *rest, union nf_inet_addr *addr)
{
	return read_bytes(rest, addr, ip_vs_fnat_addr_bytes(rest->af));
}

static bool read_number(struct rest *rest, u32 *number)
{
	__be32 value;

	if (!read_bytes(rest, &value, sizeof(value)))
		return false;
	*number = ntohl(value);
	return true;
}

static u32 read_idle(__be32 idle)
{
	return (u32)jiffies - (u32)msecs_to_jiffies(min_t(u32, ntohl(idle), IDLE_MOST));
}

static bool read_flow(struct rest *rest, struct ip_vs_fnat_told *told)
{
	struct ip_vs_fnat_sync_flow flow;

	if (!read_bytes(rest, &flow, sizeof(flow)) || !read_addr(rest, &told->tuple.src) ||
	    !read_addr(rest, &told->tuple.dst) || !read_addr(rest, &told->local))
		return false;
	told->tuple.proto = flow.proto;
	told->tuple.sport = flow.cport;
	told->tuple.dport = flow.rport;
	told->remote = told->tuple.dst;
	told->rport = flow.rport;
	told->lport = flow.lport;
	told->state = flow.state;
	told->zone = flow.record.flags & htons(IP_VS_FNAT_SYNC_R_ZONE);
	told->used = read_idle(flow.idle);
	told->mark = ntohl(flow.mark);
	told->owner = ntohl(flow.owner);
	return true;
}

static bool read_proxy(struct rest *rest, u16 wscales, struct ip_vs_fnat_proxied *proxy)
{
	proxy->wscale_client = wscales & IP_VS_FNAT_SYNC_WSCALE_MASK;
	proxy->wscale_server = wscales >> IP_VS_FNAT_SYNC_WSCALE_SERVER &
			       IP_VS_FNAT_SYNC_WSCALE_MASK;
	proxy->wscale_offered = wscales >> IP_VS_FNAT_SYNC_WSCALE_OFFERED &
				IP_VS_FNAT_SYNC_WSCALE_MASK;
	return read_number(rest, &proxy->seq_offset) && read_number(rest, &proxy->ts_offset);
}

static bool read_conn(struct rest *rest, struct ip_vs_fnat_told *told)
{
	struct ip_vs_fnat_sync_conn conn;

	if (!read_bytes(rest, &conn, sizeof(conn)) || !read_addr(rest, &told->tuple.src) ||
	    !read_addr(rest, &told->tuple.dst) || !read_addr(rest, &told->remote) ||
	    !read_addr(rest, &told->local))
		return false;
	told->conn = true;
	told->tuple.proto = conn.proto;
	told->tuple.sport = conn.cport;
	told->tuple.dport = conn.vport;
	told->tuple.l3 = IP_VS_FNAT_L3_ANY;
	told->rport = conn.rport;
	told->lport = conn.lport;
	told->state = conn.state;
	told->used = read_idle(conn.idle);
	told->toa = conn.record.flags & htons(IP_VS_FNAT_SYNC_R_TOA);
	told->proxied = conn.record.flags & htons(IP_VS_FNAT_SYNC_R_PROXY);
	if (conn.record.flags & htons(IP_VS_FNAT_SYNC_R_FWMARK) && !read_number(rest, &told->mark))
		return false;
	if (told->toa && !read_number(rest, &told->client_first))
		return false;
	return !told->proxied || read_proxy(rest, ntohs(conn.wscales), &told->proxy);
}

bool ip_vs_fnat_sync_read(const struct ip_vs_fnat_sync_record *record, unsigned int len,
			  struct ip_vs_fnat_told *told)
{
	struct rest rest = { .at = (const u8 *)record, .len = len };
	bool conn = record->type == IP_VS_FNAT_SYNC_CONN_V4 ||
		    record->type == IP_VS_FNAT_SYNC_CONN_V6;

	rest.af = record->type == IP_VS_FNAT_SYNC_FLOW_V4 ||
		  record->type == IP_VS_FNAT_SYNC_CONN_V4 ? AF_INET : AF_INET6;
	memset(told, 0, sizeof(*told));
	told->tuple.af = rest.af;
	told->end = record->flags & htons(IP_VS_FNAT_SYNC_R_END);
	return (conn ? read_conn(&rest, told) : read_flow(&rest, told)) && is_valid(told);
}
