/* SPDX-License-Identifier: GPL-2.0 */
/* Streams of messages, for their sender (ip_vs_fnat_sync_queue.c). */
#ifndef _IP_VS_FNAT_SYNC_QUEUE_H
#define _IP_VS_FNAT_SYNC_QUEUE_H

#include "ip_vs_fnat_sync.h"

/* What a message that is not full waits for more, in jiffies: 5 ms. */
#define IP_VS_FNAT_SYNC_DELAY	max_t(unsigned long, HZ / 200, 1)

/* There is something for the sender to do. */
void ip_vs_fnat_sync_wake(struct ip_vs_fnat_sync_streams *streams);
/* Copy the next message to be sent; @now: also one that is not full yet. False: none. */
bool ip_vs_fnat_sync_next(struct ip_vs_fnat_sync_stream *stream, bool now,
			  struct ip_vs_fnat_sync_message *copy, u64 *number);
/* Copy one that was sent; false: it is gone. */
bool ip_vs_fnat_sync_again(struct ip_vs_fnat_sync_stream *stream, u64 number,
			   struct ip_vs_fnat_sync_message *copy);
/* The number of the last one that was sent; 0: none was. */
u64 ip_vs_fnat_sync_last(struct ip_vs_fnat_sync_stream *stream);
/* Is a message waiting to be filled? */
bool ip_vs_fnat_sync_is_open(struct ip_vs_fnat_sync_streams *streams);

#endif /* _IP_VS_FNAT_SYNC_QUEUE_H */
