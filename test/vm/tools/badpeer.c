// SPDX-License-Identifier: GPL-2.0-only
/*
 * A peer of flow synchronisation (docs/sync-protocol.md) that does not mean well.
 *
 *   badpeer OWN PEER SEED COUNT <MESSAGES
 *
 * From address OWN it greets the gateway PEER, and then sends so many messages: those of
 * standard input, which tools/syncfuzz.py has made, in any order, with its own ids and the
 * next numbers of their streams, or others; a half of them damaged, cut short or longer.
 * Prints how many were sent, and how many it heard. The seed makes them the same again.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT	8849
#define STREAMS	4
#define MOST	4096	/* messages of standard input */
#define LONGEST	2048

enum { HELLO = 1, FLOWS = 3, AGAIN = 4 };

struct header {
	uint32_t magic;
	uint8_t version, type, syncid, flags;
	uint16_t len, records, header_len, stream;
	uint64_t node, boot, number, to, answer, clock;
};

struct hello {
	struct header header;
	uint64_t question;
	uint32_t flags;
	uint16_t streams, spare;
};

static struct { uint16_t len; uint8_t data[LONGEST]; } *bank;
static unsigned int banked;
static int fd;
static uint64_t state, node, boot, to, control, numbers[STREAMS];
static unsigned long heard;

/* xorshift64*: the same on every machine. */
static uint64_t draw(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1dULL;
}

static unsigned int below(unsigned int n)
{
	return (draw() >> 32) % n;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static int read_all(void *to, size_t len)
{
	return fread(to, 1, len, stdin) == len;
}

static void read_bank(void)
{
	uint16_t len;

	bank = calloc(MOST, sizeof(*bank));
	while (bank && banked < MOST && read_all(&len, sizeof(len))) {
		bank[banked].len = ntohs(len);
		if (bank[banked].len > LONGEST || !read_all(bank[banked].data, bank[banked].len))
			break;
		banked++;
	}
	if (!banked)
		fail("no messages");
}

static void greet(uint64_t answer)
{
	struct hello hello = {
		.header = {
			.magic = htonl(0x464e5359), .version = 1, .type = HELLO, .syncid = 7,
			.len = htons(sizeof(hello)), .header_len = htons(sizeof(struct header)),
			.stream = 0xffff, .node = node, .boot = boot, .number = htobe64(++control),
			.to = to, .answer = answer,
		},
		.question = draw() | 1, .flags = htonl(1), .streams = htons(STREAMS),
	};

	send(fd, &hello, sizeof(hello), 0);
}

/* Whoever asks who we are is told. */
static void listen_for(int ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	struct hello hello;

	for (; poll(&poll_fd, 1, ms) > 0; ms = 0) {
		ssize_t len = recv(fd, &hello, sizeof(hello), 0);

		heard += len > 0;
		if (len < (ssize_t)sizeof(hello) || hello.header.type != HELLO)
			continue;
		to = hello.header.boot;
		if (hello.question)
			greet(hello.question);
	}
}

/* As many as are answered at once, up to the last number that there is. */
static void ask_for_the_last(void)
{
	struct {
		struct header header;
		uint16_t stream, spare[3];
		uint64_t from, to;
	} again = {
		.header = {
			.magic = htonl(0x464e5359), .version = 1, .type = AGAIN, .syncid = 7,
			.len = htons(sizeof(again)), .header_len = htons(sizeof(struct header)),
			.stream = 0xffff, .node = node, .boot = boot, .number = htobe64(++control),
			.to = to,
		},
		.from = htobe64(UINT64_MAX - 63), .to = UINT64_MAX,
	};

	send(fd, &again, sizeof(again), 0);
}

static void begin(void)
{
	boot = draw();
	control = 0;
	memset(numbers, 0, sizeof(numbers));
	greet(0);
	listen_for(1000);
	ask_for_the_last();
}

/* Out of order, ahead, behind and far off, now and then. */
static uint64_t number_of(uint16_t stream, uint8_t type)
{
	static const int64_t off[] = { -3, -1, 1, 2, 5, 600, 1LL << 40 };
	uint64_t next = type == FLOWS ? ++numbers[stream % STREAMS] : ++control;

	return below(20) ? next : next + off[below(sizeof(off) / sizeof(off[0]))];
}

static size_t damage(uint8_t *data, size_t len)
{
	unsigned int i, n = 1 + below(5);

	for (i = 0; i < n; i++)
		data[below(len)] = draw() >> 56;
	if (!below(5))
		return below(len);
	if (!below(10)) {
		for (i = below(400); i && len < LONGEST; i--)
			data[len++] = draw() >> 56;
	}
	return len;
}

static void send_one(void)
{
	unsigned int which = below(banked);
	uint8_t data[LONGEST];
	struct header *header = (struct header *)data;
	size_t len = bank[which].len;

	memcpy(data, bank[which].data, len);
	header->node = node;
	header->boot = boot;
	header->to = below(50) ? to : draw();
	header->number = htobe64(number_of(ntohs(header->stream), header->type));
	if (below(2))
		len = damage(data, len);
	send(fd, data, len, 0);
}

int main(int argc, char **argv)
{
	struct sockaddr_in own = { .sin_family = AF_INET, .sin_port = htons(PORT) }, peer = own;
	unsigned long i, count;

	if (argc != 5 || inet_pton(AF_INET, argv[1], &own.sin_addr) != 1 ||
	    inet_pton(AF_INET, argv[2], &peer.sin_addr) != 1) {
		fprintf(stderr, "usage: badpeer OWN PEER SEED COUNT <MESSAGES\n");
		return 1;
	}
	state = strtoull(argv[3], NULL, 10) * 2 + 1;
	count = strtoul(argv[4], NULL, 10);
	read_bank();
	node = draw();
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&own, sizeof(own)) ||
	    connect(fd, (struct sockaddr *)&peer, sizeof(peer)))
		fail("socket");
	for (i = 0; i < count; i++) {
		/* What it holds against the other side's numbers is begun anew now and then. */
		if (!(i % 5000))
			begin();
		send_one();
		if (i % 16 == 15)
			listen_for(0);
	}
	listen_for(500);
	printf("%lu messages, %lu heard\n", count, heard);
	return 0;
}
