/* SPDX-License-Identifier: GPL-2.0 */
/* TCP options, and the MSS that a handshake offers. */
#ifndef _IP_VS_FNAT_TCP_H
#define _IP_VS_FNAT_TCP_H

#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <net/tcp.h>

#include "ip_vs_fnat_flow.h"
#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_packet.h"

/*
 * The next option of the @len bytes at @options from @i on, past those that only fill;
 * @len when there is none, or none that can be read.
 */
static inline unsigned int ip_vs_fnat_next_option(const u8 *options, unsigned int i,
						  unsigned int len)
{
	while (i < len && options[i] == TCPOPT_NOP)
		i++;
	if (i + 2 > len || options[i] == TCPOPT_EOL || options[i + 1] < 2 ||
	    i + options[i + 1] > len)
		return len;
	return i;
}

/* The MSS that @th offers, in bytes; 0: none. All of the header is there. */
u16 ip_vs_fnat_mss(const struct tcphdr *th);
/* Another one in its place; the header can be written. */
void ip_vs_fnat_set_mss(struct sk_buff *skb, struct tcphdr *th, u16 mss);

/*
 * A chain of the operator's may lower a SYN's MSS between PRE_ROUTING and FORWARD. Only
 * the first SYN of a flow passes it: what it lowers the MSS to holds for the same SYN
 * again, and for the answer. Note a packet's at PRE_ROUTING; and when it opens a flow,
 * compare. Under RCU, softirqs are off.
 */
void ip_vs_fnat_mss_note(const struct sk_buff *skb, u8 af);
void ip_vs_fnat_mss_learn(const struct sk_buff *skb, const struct ip_vs_fnat_pkt *pkt,
			  struct ip_vs_fnat_flow *flow);
/*
 * A SYN or SYN-ACK offers no more than both ways of its flow take, by the sysctl
 * mss_clamp, nor than the above. The packet has the route that it leaves by. Never
 * raised. False when memory is short.
 */
bool ip_vs_fnat_mss_clamp(struct sk_buff *skb, const struct ip_vs_fnat_pkt *pkt,
			  const struct ip_vs_fnat_flow *flow, enum ip_vs_fnat_dir dir);
/* Would a first SYN with this header be left alone? All of the header is there. */
bool ip_vs_fnat_mss_fits(const struct sk_buff *skb, const struct ip_vs_fnat_net *fn, u8 af,
			 const struct tcphdr *th, const struct dst_entry *dst);

#endif /* _IP_VS_FNAT_TCP_H */
