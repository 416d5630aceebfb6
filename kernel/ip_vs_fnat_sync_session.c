// SPDX-License-Identifier: GPL-2.0
/*
 * Flow synchronisation follows IPVS's daemons: it starts with the first of them and stops
 * with the last. Its threads, and what an operator asks of it.
 */
#include <linux/cpumask.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/log2.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <net/ip_vs.h>

#include "ip_vs_fnat.h"
#include "ip_vs_fnat_find.h"
#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_sync.h"
#include "ip_vs_fnat_sync_queue.h"
#include "ip_vs_fnat_sync_session.h"
#include "ip_vs_fnat_sync_wire.h"

#define BEAT_PERIOD	(HZ / 5)
#define HELLOS		5	/* a HELLO with each fifth BEAT */
/* Flows that have come of age are looked for so often at most. */
#define AGE_PERIOD	max_t(unsigned long, HZ / 50, 1)
#define BULK_PERIOD	max_t(unsigned long, HZ / 100, 1)
/* After a handover flows are told of at once, until the addresses have moved. */
#define EAGER		(30 * HZ)

/* By this a node is told from others, for as long as its module is loaded. */
static u64 this_node;

/* ---- everything ---- */

struct bulk {
	struct ip_vs_fnat_sync_streams	*streams;
	bool				fresh;
	u32				flows;
};

static void bulk_flow(struct ip_vs_fnat_flow *flow, void *arg)
{
	struct bulk *bulk = arg;

	if (!net_eq(read_pnet(&flow->net), bulk->streams->fn->net))
		return;
	ip_vs_fnat_sync_show(bulk->streams, flow, bulk->fresh);
	bulk->flows++;
}

/* Is there room for a slice of the table in every stream? */
static bool bulk_has_room(struct ip_vs_fnat_sync_streams *streams)
{
	unsigned int i;

	for (i = 0; i < streams->n; i++) {
		const struct ip_vs_fnat_sync_stream *stream = &streams->stream[i];

		if (READ_ONCE(stream->next) - READ_ONCE(stream->unsent) >
		    IP_VS_FNAT_SYNC_QUEUE / 2)
			return false;
	}
	return true;
}

/* A bucket is done. Who has asked and has all now is told, as is who walks for itself. */
static void bulk_count(struct ip_vs_fnat_session *s)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(s->asks); i++) {
		struct ip_vs_fnat_sync_ask *ask = &s->asks[i];

		if (!ask->node || --ask->left)
			continue;
		if (ask->node != s->node)
			ip_vs_fnat_sync_mark(s->streams, IP_VS_FNAT_SYNC_BULK_END, ask->node,
					     ask->token);
		ask->node = 0;
	}
}

/* Somebody else's wish, our own, or none. */
static bool bulk_wanted(const struct ip_vs_fnat_session *s, bool *fresh)
{
	bool any = false;
	unsigned int i;

	*fresh = true;
	for (i = 0; i < ARRAY_SIZE(s->asks); i++) {
		if (!s->asks[i].node)
			continue;
		any = true;
		if (s->asks[i].node != s->node)
			*fresh = false;
	}
	return any;
}

/* A nursery had no room: what was not told of is looked for in the table. */
static void bulk_overrun(struct ip_vs_fnat_session *s)
{
	unsigned int i;

	if (!READ_ONCE(s->streams->overrun))
		return;
	for (i = 0; i < ARRAY_SIZE(s->asks); i++) {
		if (s->asks[i].node && s->asks[i].node != s->node)
			continue;
		WRITE_ONCE(s->streams->overrun, false);
		s->asks[i].node = s->node;
		s->asks[i].left = ip_vs_fnat_table.mask + 1;
		return;
	}
}

/* A slice of the table to those who asked; jiffies until the next, at most @most. */
static unsigned long session_bulk(struct ip_vs_fnat_session *s, unsigned long most)
{
	struct bulk bulk = { .streams = s->streams };
	u32 rate = READ_ONCE(s->fn->sync_bulk_rate);
	u32 flows = max_t(u32, rate / HZ * BULK_PERIOD, 1);
	bool wanted;

	mutex_lock(&s->mutex);
	bulk_overrun(s);
	while ((wanted = bulk_wanted(s, &bulk.fresh)) && bulk.flows < flows) {
		if (!hlist_empty(ip_vs_fnat_chain_at(s->bulk_at))) {
			if (!bulk_has_room(s->streams))
				break;
			ip_vs_fnat_flow_each(s->bulk_at, bulk_flow, &bulk);
		}
		s->bulk_at = (s->bulk_at + 1) & ip_vs_fnat_table.mask;
		bulk_count(s);
		if (!(s->bulk_at & 255))
			cond_resched();
	}
	mutex_unlock(&s->mutex);
	return wanted ? min(most, BULK_PERIOD) : most;
}

/* ---- what we say about ourselves ---- */

static void session_hello(struct ip_vs_fnat_session *s)
{
	struct ip_vs_fnat_sync_hello hello = { .streams = htons(s->streams->n) };
	const struct ip_vs_fnat_sync_out out = {
		.type	= IP_VS_FNAT_SYNC_HELLO,
		.body	= &hello,
		.len	= sizeof(hello),
	};

	mutex_lock(&s->mutex);
	hello.flags = htonl(ip_vs_fnat_sync_flags(s));
	mutex_unlock(&s->mutex);
	ip_vs_fnat_sync_send(s, &out);
}

static void session_beat(struct ip_vs_fnat_session *s)
{
	struct {
		struct ip_vs_fnat_sync_beat	beat;
		__be64				last[IP_VS_FNAT_SYNC_STREAMS +
						     IP_VS_FNAT_SYNC_PEERS_MAX *
						     sizeof(struct ip_vs_fnat_sync_asked) / 8];
	} body = { .beat = {
		.flows		= htonl(atomic_read(&s->fn->flows)),
		.streams	= htons(s->streams->n),
	} };
	struct ip_vs_fnat_sync_asked *asked = (void *)&body.last[s->streams->n];
	struct ip_vs_fnat_sync_out out = { .type = IP_VS_FNAT_SYNC_BEAT, .body = &body };
	u32 buckets = ip_vs_fnat_table.mask + 1;
	unsigned int i, n = 0;

	for (i = 0; i < s->streams->n; i++)
		body.last[i] = cpu_to_be64(ip_vs_fnat_sync_last(&s->streams->stream[i]));
	mutex_lock(&s->mutex);
	body.beat.flags = htonl(ip_vs_fnat_sync_flags(s));
	for (i = 0; i < IP_VS_FNAT_SYNC_PEERS_MAX; i++) {
		const struct ip_vs_fnat_sync_ask *ask = &s->asks[i];

		if (!ask->node)
			continue;
		asked[n].node = cpu_to_be64(ask->node);
		asked[n].token = cpu_to_be64(ask->token);
		asked[n++].done = htonl(1000ULL * (buckets - ask->left) / buckets);
	}
	mutex_unlock(&s->mutex);
	body.beat.asked = htons(n);
	out.len = sizeof(body.beat) + s->streams->n * sizeof(body.last[0]) + n * sizeof(*asked);
	ip_vs_fnat_sync_send(s, &out);
}

/* ---- threads ---- */

/* What is ready or, @now, all that there is. */
static void session_send(struct ip_vs_fnat_session *s, struct ip_vs_fnat_sync_message *copy,
			 bool now)
{
	unsigned int i;
	u64 number;

	for (i = 0; i < s->streams->n; i++) {
		while (ip_vs_fnat_sync_next(&s->streams->stream[i], now, copy, &number)) {
			ip_vs_fnat_sync_send_flows(s, i, number, copy, NULL);
			cond_resched();
		}
	}
}

static unsigned long session_round(struct ip_vs_fnat_session *s,
				   struct ip_vs_fnat_sync_message *copy, unsigned long beat)
{
	struct ip_vs_fnat_sync_streams *streams = s->streams;
	unsigned long wait = max_t(long, beat - jiffies, 1);

	WRITE_ONCE(streams->pending, false);
	smp_mb();	/* before the look at what there is */
	if (!READ_ONCE(streams->master))
		return wait;
	if (streams->eager && time_after(jiffies, streams->eager_until))
		WRITE_ONCE(streams->eager, false);
	wait = max(ip_vs_fnat_sync_of_age(streams, wait), min(wait, AGE_PERIOD));
	wait = session_bulk(s, wait);
	session_send(s, copy, false);
	return ip_vs_fnat_sync_is_open(streams) ? min(wait, IP_VS_FNAT_SYNC_DELAY) : wait;
}

static int session_sender(void *data)
{
	struct ip_vs_fnat_session *s = data;
	struct ip_vs_fnat_sync_message *copy = kmalloc(sizeof(*copy), GFP_KERNEL | __GFP_NOFAIL);
	unsigned long beat = jiffies, wait;
	unsigned int beats = 0;

	while (!kthread_should_stop()) {
		if (time_after_eq(jiffies, beat)) {
			if (!(beats++ % HELLOS))
				session_hello(s);
			if (READ_ONCE(s->streams->master))
				session_beat(s);
			beat = jiffies + BEAT_PERIOD;
		}
		wait = session_round(s, copy, beat);
		wait_event_interruptible_timeout(s->streams->wait,
						 READ_ONCE(s->streams->pending) ||
						 kthread_should_stop(), wait);
	}
	/* What there is goes out before the daemon does. */
	session_send(s, copy, true);
	kfree(copy);
	return 0;
}

static int session_receiver(void *data)
{
	struct ip_vs_fnat_session *s = data;
	union ip_vs_fnat_sync_addr from;
	bool missing = false;
	unsigned int len;

	while (!kthread_should_stop()) {
		len = ip_vs_fnat_sync_receive(s, missing ? 1 : BEAT_PERIOD, &from);
		if (len)
			ip_vs_fnat_sync_heard(s, len, &from);
		missing = ip_vs_fnat_sync_gaps(s);
		cond_resched();
	}
	return 0;
}

/* ---- start and stop; all under sync_mutex ---- */

static void session_free(struct ip_vs_fnat_session *s)
{
	ip_vs_fnat_sync_close(s);
	ip_vs_fnat_sync_peers_free(s);
	if (s->streams)
		ip_vs_fnat_sync_streams_free(s->streams);
	kfree(s);
}

static void session_stop(struct ip_vs_fnat_net *fn)
{
	struct ip_vs_fnat_session *s = fn->session;

	if (!s)
		return;
	fn->session = NULL;
	WRITE_ONCE(s->streams->master, false);
	rcu_assign_pointer(fn->sync, NULL);
	kthread_stop(s->sender);
	kthread_stop(s->receiver);
	synchronize_net();
	session_free(s);
}

static void session_where(struct ip_vs_fnat_session *s, const struct ipvs_sync_daemon_cfg *cfg)
{
	__be16 port = htons(s->config.port ?: IP_VS_FNAT_SYNC_PORT);
	unsigned int i;

	s->group.sa.sa_family = cfg->mcast_af;
	/* Ports lie alike in both families. */
	s->group.in.sin_port = port;
	if (cfg->mcast_af == AF_INET6)
		s->group.in6.sin6_addr = cfg->mcast_group.in6;
	else
		s->group.in.sin_addr = cfg->mcast_group.in;
	for (i = 0; i < s->config.n; i++)
		s->config.peer[i].in.sin_port = port;
}

static int session_threads(struct ip_vs_fnat_session *s)
{
	s->sender = kthread_create(session_sender, s, "ipvs-flows-s");
	if (IS_ERR(s->sender))
		return PTR_ERR(s->sender);
	s->receiver = kthread_create(session_receiver, s, "ipvs-flows-r");
	if (IS_ERR(s->receiver)) {
		kthread_stop(s->sender);
		return PTR_ERR(s->receiver);
	}
	rcu_assign_pointer(s->fn->sync, s->streams);
	s->fn->session = s;
	wake_up_process(s->sender);
	wake_up_process(s->receiver);
	return 0;
}

/* Under the session's mutex, once its threads run. */
static void session_roles_set(struct ip_vs_fnat_session *s, u8 roles)
{
	const struct netns_ipvs *ipvs = net_ipvs(s->fn->net);

	s->ids[0] = ipvs->mcfg.syncid;
	s->ids[1] = ipvs->bcfg.syncid;
	WRITE_ONCE(s->roles, roles);
}

static int session_start(struct ip_vs_fnat_net *fn, const struct ipvs_sync_daemon_cfg *cfg,
			 u8 roles)
{
	unsigned int n = min_t(unsigned int, roundup_pow_of_two(num_online_cpus()),
			       IP_VS_FNAT_SYNC_STREAMS);
	struct ip_vs_fnat_session *s = kzalloc(sizeof(*s), GFP_KERNEL);
	int err = -ENOMEM;

	if (!s)
		return err;
	s->fn = fn;
	if (fn->sync_config)
		s->config = *fn->sync_config;
	session_roles_set(s, roles);
	s->node = this_node ^ fn->net->net_cookie;
	s->boot = get_random_u64() | 1;
	s->started = jiffies;
	mutex_init(&s->mutex);
	mutex_init(&s->out_mutex);
	init_waitqueue_head(&s->flushed);
	session_where(s, cfg);
	s->peers = kvcalloc(IP_VS_FNAT_SYNC_PEERS_MAX, sizeof(*s->peers), GFP_KERNEL);
	s->streams = ip_vs_fnat_sync_streams_alloc(fn, n);
	if (s->peers && s->streams) {
		s->streams->master = roles & IP_VS_FNAT_SYNC_MASTER;
		err = ip_vs_fnat_sync_open(s, cfg->mcast_ifn, cfg->mcast_ttl);
	}
	if (!err)
		err = session_threads(s);
	if (err)
		session_free(s);
	return err;
}

static u8 session_roles(const struct netns_ipvs *ipvs)
{
	int state = READ_ONCE(ipvs->sync_state);

	return (state & IP_VS_STATE_MASTER ? IP_VS_FNAT_SYNC_MASTER : 0) |
	       (state & IP_VS_STATE_BACKUP ? IP_VS_FNAT_SYNC_BACKUP : 0);
}

static int session_update(struct ip_vs_fnat_net *fn)
{
	struct netns_ipvs *ipvs = net_ipvs(fn->net);
	u8 roles = session_roles(ipvs);

	if (!roles || (fn->sync_config && fn->sync_config->off)) {
		session_stop(fn);
		return 0;
	}
	if (!fn->session)
		return session_start(fn, roles & IP_VS_FNAT_SYNC_MASTER ? &ipvs->mcfg :
									  &ipvs->bcfg, roles);
	mutex_lock(&fn->session->mutex);
	session_roles_set(fn->session, roles);
	mutex_unlock(&fn->session->mutex);
	WRITE_ONCE(fn->session->streams->master, roles & IP_VS_FNAT_SYNC_MASTER);
	return 0;
}

void ip_vs_fnat_sync_daemons(struct netns_ipvs *ipvs)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(ipvs->net);
	int err;

	mutex_lock(&fn->sync_mutex);
	err = session_update(fn);
	mutex_unlock(&fn->sync_mutex);
	if (err)
		pr_warn("IPVS: flows are not synchronised: error %d\n", err);
}

int ip_vs_fnat_sync_configure(struct ip_vs_fnat_net *fn,
			      const struct ip_vs_fnat_sync_config *config)
{
	struct ip_vs_fnat_sync_config *copy = kmemdup(config, sizeof(*config), GFP_KERNEL);
	int err;

	if (!copy)
		return -ENOMEM;
	mutex_lock(&fn->sync_mutex);
	session_stop(fn);
	kfree_sensitive(fn->sync_config);
	fn->sync_config = copy;
	err = session_update(fn);
	mutex_unlock(&fn->sync_mutex);
	return err;
}

/* ---- handing over ---- */

/* Backups that are there, and how many of them have confirmed. */
static unsigned int session_backups(struct ip_vs_fnat_session *s, u64 token,
				    unsigned int *confirmed)
{
	unsigned int i, n = 0;

	*confirmed = 0;
	mutex_lock(&s->mutex);
	for (i = 0; i < IP_VS_FNAT_SYNC_PEERS_MAX; i++) {
		const struct ip_vs_fnat_sync_peer *peer = &s->peers[i];

		if (!ip_vs_fnat_sync_is_there(peer) || !(peer->flags & IP_VS_FNAT_SYNC_BACKUP))
			continue;
		n++;
		*confirmed += peer->flushed == token;
	}
	mutex_unlock(&s->mutex);
	return n;
}

/* Wait until every backup has confirmed: 0, -ETIMEDOUT, -ERESTARTSYS. */
static int session_wait(struct ip_vs_fnat_session *s, u64 token, unsigned int ms)
{
	long left = msecs_to_jiffies(ms);
	unsigned int confirmed, seen;

	do {
		seen = READ_ONCE(s->confirmations);
		if (session_backups(s, token, &confirmed) <= confirmed)
			return 0;
		left = wait_event_interruptible_timeout(s->flushed,
							READ_ONCE(s->confirmations) != seen,
							left);
	} while (left > 0);
	return left ?: -ETIMEDOUT;
}

/* Flows that are too young to have been told of. */
static int session_tell_all(struct ip_vs_fnat_session *s)
{
	struct bulk bulk = { .streams = s->streams, .fresh = true };
	u32 bucket;

	for (bucket = 0; bucket <= ip_vs_fnat_table.mask; bucket++) {
		if (hlist_empty(ip_vs_fnat_chain_at(bucket)))
			continue;
		while (!bulk_has_room(s->streams)) {
			if (signal_pending(current))
				return -ERESTARTSYS;
			schedule_timeout_interruptible(1);
		}
		ip_vs_fnat_flow_each(bucket, bulk_flow, &bulk);
		cond_resched();
	}
	return 0;
}

static int session_handover(struct ip_vs_fnat_session *s, unsigned int ms)
{
	unsigned int confirmed;
	u64 token;
	int err;

	if (!session_backups(s, 0, &confirmed))
		return -ESRCH;
	s->streams->eager_until = jiffies + EAGER;
	WRITE_ONCE(s->streams->eager, true);
	err = session_tell_all(s);
	if (err)
		return err;
	token = get_random_u64() | 1;
	ip_vs_fnat_sync_mark(s->streams, IP_VS_FNAT_SYNC_FLUSH, 0, token);
	return session_wait(s, token, ms);
}

int ip_vs_fnat_sync_handover(struct ip_vs_fnat_net *fn, unsigned int ms)
{
	int err = -ESRCH;

	if (mutex_lock_interruptible(&fn->sync_mutex))
		return -ERESTARTSYS;
	if (fn->session && fn->session->streams->master)
		err = session_handover(fn->session, ms);
	mutex_unlock(&fn->sync_mutex);
	return err;
}

/* ---- namespaces ---- */

void ip_vs_fnat_sync_net_init(struct ip_vs_fnat_net *fn)
{
	while (!this_node)
		get_random_bytes(&this_node, sizeof(this_node));
	mutex_init(&fn->sync_mutex);
}

/* IPVS's daemons have stopped. */
void ip_vs_fnat_sync_net_exit(struct ip_vs_fnat_net *fn)
{
	WARN_ON_ONCE(fn->session);
	kfree_sensitive(fn->sync_config);
}
