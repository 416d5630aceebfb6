// SPDX-License-Identifier: GPL-2.0
/* The netlink family: flow synchronisation. */
#include <linux/jiffies.h>
#include <linux/slab.h>

#include "ip_vs_fnat_addr.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_netlink.h"
#include "ip_vs_fnat_nla.h"
#include "ip_vs_fnat_sync_session.h"
#include "ip_vs_fnat_uapi.h"

/* Milliseconds, where a request says nothing. */
#define HANDOVER_TIMEOUT	5000
#define HANDOVER_MOST		60000

/* Roles are passed on as they are. */
static_assert((int)IP_VS_FNAT_SYNC_MASTER == (int)IP_VS_FNAT_SYNC_ROLE_MASTER);
static_assert((int)IP_VS_FNAT_SYNC_BACKUP == (int)IP_VS_FNAT_SYNC_ROLE_BACKUP);

static int read_sync(struct genl_info *info, struct nlattr **tb)
{
	struct nlattr *nest = info->attrs[IP_VS_FNAT_A_SYNC];

	if (!nest) {
		memset(tb, 0, (IP_VS_FNAT_A_SYNC_MAX + 1) * sizeof(*tb));
		return 0;
	}
	return nla_parse_nested(tb, IP_VS_FNAT_A_SYNC_MAX, nest, ip_vs_fnat_sync_policy,
				info->extack);
}

static int read_peers(struct nlattr **tb, struct ip_vs_fnat_sync_config *config,
		      struct netlink_ext_ack *extack)
{
	struct nlattr *peers = tb[IP_VS_FNAT_A_SYNC_PEERS];
	u16 af = tb[IP_VS_FNAT_A_SYNC_AF] ? nla_get_u16(tb[IP_VS_FNAT_A_SYNC_AF]) : AF_INET;
	unsigned int bytes = ip_vs_fnat_addr_bytes(af), i;

	if (!peers)
		return 0;
	if (af != AF_INET && af != AF_INET6)
		return bad(extack, tb[IP_VS_FNAT_A_SYNC_AF], -EAFNOSUPPORT,
			   "peers are neither of IPv4 nor of IPv6");
	config->n = nla_len(peers) / bytes;
	if (nla_len(peers) % bytes || !config->n || config->n > IP_VS_FNAT_SYNC_PEERS_MAX)
		return bad(extack, peers, -EINVAL, "not 1 to 8 addresses of the family");
	for (i = 0; i < config->n; i++) {
		union ip_vs_fnat_sync_addr *peer = &config->peer[i];
		const u8 *at = (const u8 *)nla_data(peers) + i * bytes;
		union nf_inet_addr addr = {};

		memcpy(&addr, at, bytes);
		if (!ip_vs_fnat_addr_is_unicast(af, &addr))
			return bad(extack, peers, -EINVAL, "a peer has no unicast address");
		peer->sa.sa_family = af;
		if (af == AF_INET)
			peer->in.sin_addr = addr.in;
		else
			peer->in6.sin6_addr = addr.in6;
	}
	return 0;
}

int ip_vs_fnat_nl_sync_set(struct sk_buff *skb, struct genl_info *info)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(genl_info_net(info));
	struct nlattr *tb[IP_VS_FNAT_A_SYNC_MAX + 1];
	struct ip_vs_fnat_sync_config config = {};
	int err;

	err = read_sync(info, tb);
	if (!err)
		err = read_peers(tb, &config, info->extack);
	if (err)
		return err;
	if (tb[IP_VS_FNAT_A_SYNC_OFF])
		config.off = nla_get_u8(tb[IP_VS_FNAT_A_SYNC_OFF]);
	if (tb[IP_VS_FNAT_A_SYNC_PORT])
		config.port = nla_get_u16(tb[IP_VS_FNAT_A_SYNC_PORT]);
	if (tb[IP_VS_FNAT_A_SYNC_KEY]) {
		if (nla_len(tb[IP_VS_FNAT_A_SYNC_KEY]) != sizeof(config.key))
			return bad(info->extack, tb[IP_VS_FNAT_A_SYNC_KEY], -EINVAL,
				   "a key has 32 bytes");
		nla_memcpy(config.key, tb[IP_VS_FNAT_A_SYNC_KEY], sizeof(config.key));
		config.has_key = true;
	}
	err = ip_vs_fnat_sync_configure(fn, &config);
	memzero_explicit(&config, sizeof(config));
	return err;
}

int ip_vs_fnat_nl_sync_handover(struct sk_buff *skb, struct genl_info *info)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(genl_info_net(info));
	struct nlattr *tb[IP_VS_FNAT_A_SYNC_MAX + 1];
	u32 timeout = HANDOVER_TIMEOUT;
	int err;

	err = read_sync(info, tb);
	if (err)
		return err;
	if (tb[IP_VS_FNAT_A_SYNC_TIMEOUT])
		timeout = nla_get_u32(tb[IP_VS_FNAT_A_SYNC_TIMEOUT]);
	err = ip_vs_fnat_sync_handover(fn, min_t(u32, timeout, HANDOVER_MOST));
	return err == -ERESTARTSYS ? -EINTR : err;
}

/* ---- listing; under sync_mutex ---- */

static int put_session(struct sk_buff *skb, const struct ip_vs_fnat_net *fn)
{
	const struct ip_vs_fnat_sync_config *config = fn->sync_config;
	struct ip_vs_fnat_session *s = fn->session;
	struct nlattr *nest = nla_nest_start(skb, IP_VS_FNAT_A_SYNC);
	bool complete = false;
	u32 queued = 0;
	unsigned int i;

	if (s) {
		mutex_lock(&s->mutex);
		complete = ip_vs_fnat_sync_is_complete(s);
		mutex_unlock(&s->mutex);
		for (i = 0; i < s->streams->n; i++)
			queued += READ_ONCE(s->streams->stream[i].next) -
				  READ_ONCE(s->streams->stream[i].unsent);
	}
	if (!nest || nla_put_u32(skb, IP_VS_FNAT_A_SYNC_ROLES, s ? s->roles : 0) ||
	    nla_put_u8(skb, IP_VS_FNAT_A_SYNC_OFF, config && config->off) ||
	    nla_put_u8(skb, IP_VS_FNAT_A_SYNC_KEYED, config && config->has_key) ||
	    nla_put_u8(skb, IP_VS_FNAT_A_SYNC_COMPLETE, complete) ||
	    nla_put_u16(skb, IP_VS_FNAT_A_SYNC_PORT,
			config && config->port ? config->port : IP_VS_FNAT_SYNC_PORT) ||
	    nla_put_u32(skb, IP_VS_FNAT_A_SYNC_SYNC_ID, s ? ip_vs_fnat_sync_id(s) : 0) ||
	    nla_put_u32(skb, IP_VS_FNAT_A_SYNC_QUEUED, queued))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_peer(struct sk_buff *skb, const struct ip_vs_fnat_sync_peer *peer)
{
	struct nlattr *nest = nla_nest_start(skb, IP_VS_FNAT_A_SYNC_PEER);
	union nf_inet_addr addr = {};
	u8 af = peer->addr.sa.sa_family;
	u64 behind = 0;
	unsigned int i;

	if (af == AF_INET)
		addr.in = peer->addr.in.sin_addr;
	else
		addr.in6 = peer->addr.in6.sin6_addr;
	for (i = 0; i < peer->streams; i++)
		if (peer->in[i].next && peer->in[i].last >= peer->in[i].next)
			behind += peer->in[i].last - peer->in[i].next + 1;
	if (!nest ||
	    nla_put_u64_64bit(skb, IP_VS_FNAT_A_SYNC_PEER_NODE, peer->node,
			      IP_VS_FNAT_A_SYNC_PEER_PAD) ||
	    put_addr(skb, IP_VS_FNAT_A_SYNC_PEER_ADDRESS, af, &addr) ||
	    nla_put_u32(skb, IP_VS_FNAT_A_SYNC_PEER_ROLES,
			peer->flags & (IP_VS_FNAT_SYNC_MASTER | IP_VS_FNAT_SYNC_BACKUP)) ||
	    nla_put_u32(skb, IP_VS_FNAT_A_SYNC_PEER_FLOWS, peer->flows) ||
	    nla_put_u8(skb, IP_VS_FNAT_A_SYNC_PEER_COMPLETE, peer->complete) ||
	    nla_put_u8(skb, IP_VS_FNAT_A_SYNC_PEER_ITS_COMPLETE,
		       !!(peer->flags & IP_VS_FNAT_SYNC_COMPLETE)) ||
	    nla_put_u32(skb, IP_VS_FNAT_A_SYNC_PEER_DONE, peer->done) ||
	    nla_put_u32(skb, IP_VS_FNAT_A_SYNC_PEER_HEARD,
			jiffies_to_msecs(jiffies - peer->heard)) ||
	    nla_put_u32(skb, IP_VS_FNAT_A_SYNC_PEER_BEHIND, min_t(u64, behind, U32_MAX)) ||
	    nla_put_u64_64bit(skb, IP_VS_FNAT_A_SYNC_PEER_LOST, peer->lost,
			      IP_VS_FNAT_A_SYNC_PEER_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* The session is row 0, its peers the others. */
static int put_row(struct sk_buff *skb, struct netlink_callback *cb,
		   const struct ip_vs_fnat_net *fn, unsigned int row)
{
	struct ip_vs_fnat_session *s = fn->session;
	void *hdr;
	int err;

	if (row && !s->peers[row - 1].boot)
		return 0;
	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &ip_vs_fnat_family,
			  NLM_F_MULTI, IP_VS_FNAT_CMD_SYNC_GET);
	if (!hdr)
		return -EMSGSIZE;
	if (row) {
		mutex_lock(&s->mutex);
		err = put_peer(skb, &s->peers[row - 1]);
		mutex_unlock(&s->mutex);
	} else {
		err = put_session(skb, fn);
	}
	if (err) {
		genlmsg_cancel(skb, hdr);
		return err;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

int ip_vs_fnat_nl_sync_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(sock_net(skb->sk));
	unsigned int row = cb->args[0], rows;

	mutex_lock(&fn->sync_mutex);
	rows = fn->session ? 1 + IP_VS_FNAT_SYNC_PEERS_MAX : 1;
	while (row < rows && !put_row(skb, cb, fn, row))
		row++;
	mutex_unlock(&fn->sync_mutex);
	cb->args[0] = row;
	return skb->len;
}
