// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP segments that nobody meant.
 *
 *   forge syn|ack|syn-ack|none|short SOURCE HOST PORT COUNT
 *
 * Sends COUNT segments to HOST and PORT, each from another of the consecutive
 * addresses from SOURCE on and from another port, with a number at random.
 * SYNs have the options that Linux has; none has no flag at all, and short is
 * a SYN whose header says that it is shorter than headers are. Prints "sent N".
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#define OPTIONS 20
/* Beside the flags of TCP. */
#define SHORT 0x100

static const uint8_t options[OPTIONS] = { 2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7 };

static uint32_t add(uint32_t sum, const void *data, size_t len)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += bytes[i] << 8 | bytes[i + 1];
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

struct packet {
	union {
		struct iphdr v4;
		struct ip6_hdr v6;
		uint8_t bytes[40];
	};
	uint8_t rest[sizeof(struct tcphdr) + OPTIONS];
};

/* Returns its length. @addresses: source and destination, one behind the other. */
static size_t fill(struct packet *packet, int family, const uint8_t *addresses, int port,
		   int flags, uint32_t random)
{
	size_t address = family == AF_INET ? 4 : 16, network = family == AF_INET ? 20 : 40;
	uint8_t *tcp = packet->bytes + network;
	struct tcphdr th = { .dest = htons(port), .window = htons(64240), .seq = random };
	size_t len = sizeof(th) + (flags == TH_SYN ? OPTIONS : 0);
	uint32_t sum;

	memset(packet, 0, sizeof(*packet));
	th.source = htons(1024 + random % 60000);
	th.ack_seq = flags & TH_ACK ? random * 2654435761u : 0;
	th.doff = flags & SHORT ? 4 : len / 4;
	th.th_flags = flags & ~SHORT;
	memcpy(tcp, &th, sizeof(th));
	memcpy(tcp + sizeof(th), options, len - sizeof(th));
	sum = add(IPPROTO_TCP + len, addresses, 2 * address);
	th.check = fold(add(sum, tcp, len));
	memcpy(tcp, &th, sizeof(th));
	if (family == AF_INET) {
		packet->v4 = (struct iphdr){ .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP };
		memcpy(&packet->v4.saddr, addresses, 2 * address);
	} else {
		packet->v6.ip6_flow = htonl(6u << 28);
		packet->v6.ip6_plen = htons(len);
		packet->v6.ip6_nxt = IPPROTO_TCP;
		packet->v6.ip6_hlim = 64;
		memcpy(&packet->v6.ip6_src, addresses, 2 * address);
	}
	return network + len;
}

static int flags_of(const char *kind)
{
	static const struct {
		const char *kind;
		int flags;
	} kinds[] = {
		{ "syn", TH_SYN }, { "ack", TH_ACK }, { "syn-ack", TH_SYN | TH_ACK },
		{ "none", 0 }, { "short", TH_SYN | SHORT },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kind, kinds[i].kind))
			return kinds[i].flags;
	fprintf(stderr, "forge: \"%s\" is no kind of segment\n", kind);
	exit(64);
}

int main(int argc, char **argv)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} to = { 0 };
	int family, fd, flags, port, count, on = 1;
	uint8_t addresses[32];
	struct packet packet;
	uint32_t first, word;
	size_t address, len;

	if (argc != 6) {
		fprintf(stderr, "usage: forge syn|ack|syn-ack|none|short SOURCE HOST PORT COUNT\n");
		return 64;
	}
	family = strchr(argv[2], ':') ? AF_INET6 : AF_INET;
	address = family == AF_INET ? 4 : 16;
	flags = flags_of(argv[1]);
	port = atoi(argv[4]);
	count = atoi(argv[5]);
	if (inet_pton(family, argv[2], addresses) != 1 || inet_pton(family, argv[3], addresses + address) != 1) {
		fprintf(stderr, "forge: \"%s\" or \"%s\" is not an address\n", argv[2], argv[3]);
		return 64;
	}
	to.any.sa_family = family;
	memcpy(family == AF_INET ? (void *)&to.v4.sin_addr : (void *)&to.v6.sin6_addr, addresses + address, address);
	fd = socket(family, SOCK_RAW, IPPROTO_RAW);
	if (fd < 0 || (family == AF_INET6 && setsockopt(fd, SOL_IPV6, IPV6_HDRINCL, &on, sizeof(on)))) {
		perror("forge: socket");
		return 1;
	}
	memcpy(&first, addresses + address - 4, 4);
	for (int i = 0; i < count; i++) {
		uint32_t random;

		word = htonl(ntohl(first) + i);
		memcpy(addresses + address - 4, &word, 4);
		if (getrandom(&random, sizeof(random), 0) != sizeof(random))
			return 1;
		len = fill(&packet, family, addresses, port, flags, random);
		while (sendto(fd, &packet, len, 0, &to.any, family == AF_INET ? sizeof(to.v4) : sizeof(to.v6)) < 0) {
			if (errno != ENOBUFS && errno != EAGAIN) {
				perror("forge: sendto");
				return 1;
			}
		}
	}
	printf("sent %d\n", count);
	return 0;
}
