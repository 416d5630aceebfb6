// SPDX-License-Identifier: GPL-2.0
/* Addresses of both families as numbers. */
#include <net/ipv6.h>

#include "ip_vs_fnat_addr.h"

/* The low 64 bits of an address as a number; IPv4 fits whole. */
static u64 low(u8 af, const union nf_inet_addr *addr)
{
	if (af == AF_INET)
		return ntohl(addr->ip);
	return (u64)ntohl(addr->ip6[2]) << 32 | ntohl(addr->ip6[3]);
}

static u64 high(u8 af, const union nf_inet_addr *addr)
{
	if (af == AF_INET)
		return 0;
	return (u64)ntohl(addr->ip6[0]) << 32 | ntohl(addr->ip6[1]);
}

void ip_vs_fnat_addr_prefix(u8 af, union nf_inet_addr *out,
			    const union nf_inet_addr *addr, unsigned int len)
{
	memset(out, 0, sizeof(*out));
	if (af == AF_INET6)
		ipv6_addr_prefix(&out->in6, &addr->in6, len);
	else if (len)
		out->ip = addr->ip & htonl(~0U << (32 - len));
}

void ip_vs_fnat_addr_add(u8 af, union nf_inet_addr *out,
			 const union nf_inet_addr *addr, u32 n)
{
	u64 lo = low(af, addr) + n;
	u64 hi = high(af, addr);

	memset(out, 0, sizeof(*out));
	if (af == AF_INET) {
		out->ip = htonl((u32)lo);
		return;
	}
	hi += lo < n;
	out->ip6[0] = htonl(hi >> 32);
	out->ip6[1] = htonl((u32)hi);
	out->ip6[2] = htonl(lo >> 32);
	out->ip6[3] = htonl((u32)lo);
}

u32 ip_vs_fnat_addr_count(u8 af, const union nf_inet_addr *first,
			  const union nf_inet_addr *last)
{
	u64 lo = low(af, last) - low(af, first);
	u64 hi = high(af, last) - high(af, first) - (low(af, last) < low(af, first));

	if (high(af, last) < high(af, first) ||
	    (high(af, last) == high(af, first) && low(af, last) < low(af, first)))
		return 0;
	return hi || lo >= U32_MAX - 1 ? U32_MAX : lo + 1;
}

bool ip_vs_fnat_addr_in(u8 af, const union nf_inet_addr *addr, const union nf_inet_addr *first,
			u32 count)
{
	/* The high word of the difference, less the low word's borrow, has to be zero. */
	return high(af, addr) - high(af, first) == (low(af, addr) < low(af, first)) &&
	       low(af, addr) - low(af, first) < count;
}

unsigned int ip_vs_fnat_addr_fit(u8 af, const union nf_inet_addr *addr, u32 n)
{
	u64 lo = low(af, addr);
	unsigned int host = ilog2(n);

	if (lo)
		host = min_t(unsigned int, host, __ffs64(lo));
	return ip_vs_fnat_addr_bits(af) - host;
}

bool ip_vs_fnat_addr_is_unicast(u8 af, const union nf_inet_addr *addr)
{
	if (af == AF_INET6) {
		int type = ipv6_addr_type(&addr->in6);

		return type & IPV6_ADDR_UNICAST &&
		       !(type & (IPV6_ADDR_LOOPBACK | IPV6_ADDR_LINKLOCAL));
	}
	return !ipv4_is_zeronet(addr->ip) && !ipv4_is_loopback(addr->ip) &&
	       !ipv4_is_multicast(addr->ip) && !ipv4_is_lbcast(addr->ip);
}
