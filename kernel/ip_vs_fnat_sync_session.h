/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The session of a namespace's sync daemons: its socket (ip_vs_fnat_sync_socket.c), its
 * peers (ip_vs_fnat_sync_peer.c), its threads (ip_vs_fnat_sync_session.c).
 *
 * It lives while IPVS's daemons do, master, backup, or both. Two threads work for it, which
 * are stopped before it is freed: the sender has the streams, the receiver the socket.
 *
 * Locks, outermost first:
 *	ip_vs_fnat_net.sync_mutex	start, stop, configuration
 *	ip_vs_fnat_session.mutex	peers, and those who asked for everything
 *	ip_vs_fnat_session.out_mutex	the buffer that messages are built in
 *	stream locks
 */
#ifndef _IP_VS_FNAT_SYNC_SESSION_H
#define _IP_VS_FNAT_SYNC_SESSION_H

#include <linux/atomic.h>
#include <linux/in6.h>
#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/wait.h>
#include <net/sock.h>

#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_sync.h"
#include "ip_vs_fnat_sync_wire.h"

#define IP_VS_FNAT_SYNC_KEY	32
#define IP_VS_FNAT_SYNC_PEERS_MAX	8
/* Messages of a stream that wait for one before them. */
#define IP_VS_FNAT_SYNC_HELD	256

union ip_vs_fnat_sync_addr {
	struct sockaddr		sa;
	struct sockaddr_in	in;
	struct sockaddr_in6	in6;
};

/* What the operator has set; it holds from the next start of a session. */
struct ip_vs_fnat_sync_config {
	bool				off;
	bool				has_key;
	u8				key[IP_VS_FNAT_SYNC_KEY];
	u16				port;		/* 0: the usual one */
	unsigned int			n;
	union ip_vs_fnat_sync_addr	peer[IP_VS_FNAT_SYNC_PEERS_MAX];
};

/* A message that came, and waits. */
struct ip_vs_fnat_sync_held {
	u16	len;		/* of body */
	u8	body[];
};

/* A stream of a peer, read in order. */
struct ip_vs_fnat_sync_intake {
	u64				next;		/* number; 0: the first to come */
	u64				last;		/* the highest that is known to be */
	unsigned long			since;		/* jiffies when next was missed */
	unsigned long			asked;		/* jiffies when it was asked for */
	u64				mark;		/* token of the last mark of a bulk */
	u64				flush;		/* the same, of a flush */
	struct ip_vs_fnat_sync_held	*held[IP_VS_FNAT_SYNC_HELD];
};

struct ip_vs_fnat_sync_peer {
	u64				node;		/* 0: not in use */
	u64				boot;		/* 0: it has not answered yet */
	u64				question;	/* that it is to answer */
	u64				control;	/* number of its last message of control */
	union ip_vs_fnat_sync_addr	addr;
	unsigned long			heard;		/* jiffies */
	unsigned long			greeted;	/* jiffies of our last HELLO to it */
	unsigned long			asked;		/* jiffies of our last ASK */
	u32				flags;		/* IP_VS_FNAT_SYNC_MASTER and its like */
	u32				flows;		/* that it has */
	u64				token;		/* of our bulk; 0: none */
	u32				done;		/* of it, in 1/1000 */
	bool				complete;	/* all of its flows are here */
	u64				flushed;	/* token of our flush that it confirmed */
	u64				lost;		/* messages */
	unsigned int			streams;
	struct ip_vs_fnat_sync_intake	in[IP_VS_FNAT_SYNC_STREAMS];
};

/* A peer that asked for everything. */
struct ip_vs_fnat_sync_ask {
	u64	node;		/* 0: not in use */
	u64	token;
	u32	left;		/* buckets, not 0 */
};

struct ip_vs_fnat_session {
	struct ip_vs_fnat_net		*fn;
	struct ip_vs_fnat_sync_streams	*streams;
	struct ip_vs_fnat_sync_config	config;		/* a copy; constant */
	struct crypto_shash		*tfm;		/* or NULL, without a key */
	struct socket			*sock;
	struct task_struct		*sender;
	struct task_struct		*receiver;
	u64				node;
	u64				boot;
	unsigned long			started;
	u8				roles;		/* IP_VS_FNAT_SYNC_MASTER and _BACKUP */
	u8				ids[2];		/* of the daemons, master and backup */
	union ip_vs_fnat_sync_addr	group;		/* where there are no peers by name */
	atomic64_t			control;	/* number of the last message of control */
	struct mutex			mutex;
	struct ip_vs_fnat_sync_peer	*peers;
	struct ip_vs_fnat_sync_ask	asks[IP_VS_FNAT_SYNC_PEERS_MAX];
	u32				bulk_at;	/* bucket, of the sender */
	wait_queue_head_t		flushed;	/* somebody confirmed, */
	unsigned int			confirmations;	/* so often */
	struct mutex			out_mutex;
	u8				*out;
	u8				*in;		/* of the receiver */
};

/* What our messages have: the master's id, if that runs. */
static inline u8 ip_vs_fnat_sync_id(const struct ip_vs_fnat_session *s)
{
	return s->ids[!(READ_ONCE(s->roles) & IP_VS_FNAT_SYNC_MASTER)];
}

/* ---- the socket ---- */

int ip_vs_fnat_sync_open(struct ip_vs_fnat_session *s, const char *device, int ttl);
void ip_vs_fnat_sync_close(struct ip_vs_fnat_session *s);

struct ip_vs_fnat_sync_out {
	u8					type;
	u16					stream;
	u16					records;
	u64					number;	/* 0: the next one of control */
	u64					to;
	u64					answer;
	const void				*body;
	unsigned int				len;
	const union ip_vs_fnat_sync_addr	*addr;	/* NULL: all peers */
};

/* May sleep; what can't be sent is lost like any message. */
void ip_vs_fnat_sync_send(struct ip_vs_fnat_session *s, const struct ip_vs_fnat_sync_out *out);
/* Of control, to one peer; it is not to be of another session. */
void ip_vs_fnat_sync_send_peer(struct ip_vs_fnat_session *s,
			       const struct ip_vs_fnat_sync_peer *peer, u8 type, const void *body,
			       unsigned int len);
/* AGAIN or GONE: the numbers from @from to @to of a stream, both included. */
void ip_vs_fnat_sync_send_range(struct ip_vs_fnat_session *s,
				const struct ip_vs_fnat_sync_peer *peer, u8 type,
				unsigned int stream, u64 from, u64 to);
/* A stream's message, to the peer that missed it or, NULL, to all. */
void ip_vs_fnat_sync_send_flows(struct ip_vs_fnat_session *s, unsigned int stream, u64 number,
				const struct ip_vs_fnat_sync_message *message,
				const struct ip_vs_fnat_sync_peer *peer);
/* The next message, checked, in s->in: its length without the tag, or 0. Waits a little. */
unsigned int ip_vs_fnat_sync_receive(struct ip_vs_fnat_session *s, long timeout,
				     union ip_vs_fnat_sync_addr *from);

/* ---- peers ---- */

/* A message came, of which all is in s->in; takes the session's mutex. */
void ip_vs_fnat_sync_heard(struct ip_vs_fnat_session *s, unsigned int len,
			   const union ip_vs_fnat_sync_addr *from);
/* The following under the mutex: is the peer there, is all here that the masters have? */
bool ip_vs_fnat_sync_is_there(const struct ip_vs_fnat_sync_peer *peer);
bool ip_vs_fnat_sync_is_complete(const struct ip_vs_fnat_session *s);
/* Our roles and whether we are complete, as messages have them. */
u32 ip_vs_fnat_sync_flags(const struct ip_vs_fnat_session *s);
void ip_vs_fnat_sync_peers_free(struct ip_vs_fnat_session *s);

/* ---- their streams (ip_vs_fnat_sync_intake.c); all but the first under the mutex ---- */

/* Ask for what is missing; false: nothing is. Takes the session's mutex. */
bool ip_vs_fnat_sync_gaps(struct ip_vs_fnat_session *s);
/* FLOWS, and GONE: a range that can't be had. */
void ip_vs_fnat_sync_flows(struct ip_vs_fnat_session *s, struct ip_vs_fnat_sync_peer *peer,
			   const struct ip_vs_fnat_sync_header *header, const u8 *body,
			   unsigned int len);
void ip_vs_fnat_sync_gone(struct ip_vs_fnat_session *s, struct ip_vs_fnat_sync_peer *peer,
			  const struct ip_vs_fnat_sync_range *range);
/* Forget its streams, for those of a new session. */
void ip_vs_fnat_sync_peer_reset(struct ip_vs_fnat_sync_peer *peer);

/* ---- the session (ip_vs_fnat_sync_session.c) ---- */

/* Set what holds from now on; a session that runs begins anew. */
int ip_vs_fnat_sync_configure(struct ip_vs_fnat_net *fn,
			      const struct ip_vs_fnat_sync_config *config);
/* Send what is pending, and wait until every backup has it: -ESRCH, -ETIMEDOUT, -ERESTARTSYS. */
int ip_vs_fnat_sync_handover(struct ip_vs_fnat_net *fn, unsigned int ms);
void ip_vs_fnat_sync_net_init(struct ip_vs_fnat_net *fn);
void ip_vs_fnat_sync_net_exit(struct ip_vs_fnat_net *fn);

#endif /* _IP_VS_FNAT_SYNC_SESSION_H */
