// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many UDP flows from one source port.
 *
 *   flood [-p PORT] [-a WINDOW] HOST PORT COUNT
 *
 * Sends one datagram to each of COUNT consecutive addresses from HOST on.
 * With -a at most WINDOW of them are unanswered at a time, those whose answer
 * does not come are sent again, and the exit status is 1 unless all came.
 * Prints "sent N answered N".
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROUNDS 20

static union {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
} to;
static uint32_t *last_word;
static uint32_t first;
static socklen_t to_size;

static void parse(const char *host, int port)
{
	if (inet_pton(AF_INET, host, &to.v4.sin_addr) == 1) {
		to.v4.sin_family = AF_INET;
		to.v4.sin_port = htons(port);
		to_size = sizeof(to.v4);
		last_word = &to.v4.sin_addr.s_addr;
	} else if (inet_pton(AF_INET6, host, &to.v6.sin6_addr) == 1) {
		to.v6.sin6_family = AF_INET6;
		to.v6.sin6_port = htons(port);
		to_size = sizeof(to.v6);
		last_word = &to.v6.sin6_addr.s6_addr32[3];
	} else {
		fprintf(stderr, "flood: \"%s\" is not an address\n", host);
		exit(64);
	}
	first = ntohl(*last_word);
}

static void send_to(int fd, uint32_t i)
{
	*last_word = htonl(first + i);
	while (sendto(fd, &i, sizeof(i), 0, &to.any, to_size) < 0) {
		if (errno != ENOBUFS && errno != EAGAIN && errno != ECONNREFUSED) {
			perror("flood: sendto");
			exit(1);
		}
	}
}

/* Takes what answers are there; returns how many were new. */
static uint32_t take(int fd, uint8_t *answered, uint32_t count, int wait)
{
	struct pollfd ready = { fd, POLLIN, 0 };
	uint32_t fresh = 0, i;
	char data[256];
	ssize_t n;

	if (poll(&ready, 1, wait) <= 0)
		return 0;
	while ((n = recv(fd, data, sizeof(data), MSG_DONTWAIT)) > 0) {
		if (n < (ssize_t)sizeof(i))
			continue;
		memcpy(&i, data + n - sizeof(i), sizeof(i));
		if (i < count && !answered[i]) {
			answered[i] = 1;
			fresh++;
		}
	}
	return fresh;
}

static uint32_t ask_all(int fd, uint32_t count, uint32_t window)
{
	uint8_t *answered = calloc(count, 1);
	uint32_t total = 0;

	for (int round = 0; round < ROUNDS && total < count; round++) {
		uint32_t open = 0;

		for (uint32_t i = 0; i < count; i++) {
			if (answered[i])
				continue;
			send_to(fd, i);
			open++;
			while (open >= window) {
				uint32_t fresh = take(fd, answered, count, 200);

				total += fresh;
				/* What did not come in time is lost: next round. */
				open = fresh ? open - (fresh < open ? fresh : open) : 0;
			}
		}

		uint32_t fresh;

		while ((fresh = take(fd, answered, count, 300)))
			total += fresh;
	}
	return total;
}

int main(int argc, char **argv)
{
	int c, port = 0, room = 8 << 20;
	uint32_t window = 0, count, total = 0;

	while ((c = getopt(argc, argv, "p:a:")) != -1) {
		if (c == 'p')
			port = atoi(optarg);
		else if (c == 'a')
			window = atoi(optarg);
		else
			return 64;
	}
	if (argc - optind != 3)
		return 64;
	parse(argv[optind], atoi(argv[optind + 1]));
	count = strtoul(argv[optind + 2], NULL, 10);

	int fd = socket(to.any.sa_family, SOCK_DGRAM, 0);
	struct sockaddr_in6 from = { .sin6_port = htons(port) };

	/* The port is at the same place in both address types. */
	from.sin6_family = to.any.sa_family;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	if (bind(fd, (struct sockaddr *)&from, to_size)) {
		perror("flood: bind");
		return 1;
	}
	if (window) {
		total = ask_all(fd, count, window);
	} else {
		for (uint32_t i = 0; i < count; i++)
			send_to(fd, i);
	}
	printf("sent %u answered %u\n", count, total);
	return window && total < count;
}
