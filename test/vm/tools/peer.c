// SPDX-License-Identifier: GPL-2.0-only
/*
 * Both ends of a conversation that shows what a NAT did.
 *
 *   peer serve PORT
 *       TCP and UDP, IPv4 and IPv6. Each client is told the address and port
 *       it was seen with, a line; what it sends comes back. UDP answers from
 *       the address that was asked.
 *   peer tcp|udp [-s SOURCE] [-p PORT] [-b BYTES] [-t TRIES] [-z] [-k] HOST PORT
 *       Prints that line. -b also sends so many bytes and compares what comes
 *       back; -z sends UDP with checksum 0; -k then echoes standard input,
 *       line for line, until it ends. Exit status 1: no answer, 2: bad data.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHUNK 65536

static void fail(int status, const char *what)
{
	fprintf(stderr, "peer: %s: %s\n", what, strerror(errno));
	exit(status);
}

/* "ADDRESS PORT\n", an IPv4-mapped address as IPv4. */
static int describe(const struct sockaddr_in6 *peer, char *line, size_t size)
{
	char text[INET6_ADDRSTRLEN];

	if (IN6_IS_ADDR_V4MAPPED(&peer->sin6_addr))
		inet_ntop(AF_INET, &peer->sin6_addr.s6_addr[12], text, sizeof(text));
	else
		inet_ntop(AF_INET6, &peer->sin6_addr, text, sizeof(text));
	return snprintf(line, size, "%s %d\n", text, ntohs(peer->sin6_port));
}

static int listen_on(int type, int port)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int fd = socket(AF_INET6, type | SOCK_NONBLOCK, 0), on = 1, off = 0, room = 8 << 20;

	if (fd < 0)
		fail(1, "socket");
	setsockopt(fd, SOL_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (type == SOCK_DGRAM) {
		setsockopt(fd, SOL_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
		setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	}
	if (bind(fd, (struct sockaddr *)&any, sizeof(any)))
		fail(1, "bind");
	if (type == SOCK_STREAM && listen(fd, 1024))
		fail(1, "listen");
	return fd;
}

/* The control message that brought the asked address sends from it, too. */
static void answer_datagrams(int fd)
{
	static char data[CHUNK + 128];
	char control[256];
	struct sockaddr_in6 peer;
	char line[80];

	for (;;) {
		struct iovec in = { data, CHUNK };
		struct msghdr msg = { &peer, sizeof(peer), &in, 1, control, sizeof(control), 0 };
		ssize_t n = recvmsg(fd, &msg, 0);

		if (n < 0)
			return;

		struct in6_pktinfo info = { 0 };

		for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
			if (c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_PKTINFO)
				memcpy(&info, CMSG_DATA(c), sizeof(info));
		info.ipi6_ifindex = 0;

		char reply[CMSG_SPACE(sizeof(info))] = { 0 };
		struct cmsghdr *c = (struct cmsghdr *)reply;

		c->cmsg_level = SOL_IPV6;
		c->cmsg_type = IPV6_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof(info));
		memcpy(CMSG_DATA(c), &info, sizeof(info));

		struct iovec out[2] = { { line, describe(&peer, line, sizeof(line)) }, { data, n } };
		struct msghdr back = { &peer, sizeof(peer), out, 2, reply, sizeof(reply), 0 };

		sendmsg(fd, &back, 0);
	}
}

struct client {
	int fd;
	size_t held;
	size_t sent;
	int ended;
	char data[CHUNK];
};

static void watch(int poll_fd, struct client *client, uint32_t events, int op)
{
	struct epoll_event event = { .events = events, .data.ptr = client };

	if (epoll_ctl(poll_fd, op, client->fd, &event))
		fail(1, "epoll_ctl");
}

static void accept_clients(int poll_fd, int listener)
{
	struct sockaddr_in6 peer;
	socklen_t size = sizeof(peer);
	int fd;

	while ((fd = accept4(listener, (struct sockaddr *)&peer, &size, SOCK_NONBLOCK)) >= 0) {
		struct client *client = calloc(1, sizeof(*client));

		client->fd = fd;
		client->held = describe(&peer, client->data, sizeof(client->data));
		watch(poll_fd, client, EPOLLIN | EPOLLOUT, EPOLL_CTL_ADD);
		size = sizeof(peer);
	}
}

/* Returns 0 when the conversation is over. */
static int echo(struct client *client)
{
	for (;;) {
		if (client->sent < client->held) {
			ssize_t n = send(client->fd, client->data + client->sent,
					 client->held - client->sent, MSG_NOSIGNAL);
			if (n < 0)
				return errno == EAGAIN;
			client->sent += n;
			continue;
		}
		if (client->ended)
			return 0;

		ssize_t n = read(client->fd, client->data, CHUNK);

		if (n < 0)
			return errno == EAGAIN;
		client->ended = n == 0;
		client->held = n;
		client->sent = 0;
	}
}

static void serve(int port)
{
	struct client stream = { .fd = listen_on(SOCK_STREAM, port) };
	struct client datagram = { .fd = listen_on(SOCK_DGRAM, port) };
	struct epoll_event events[64];
	int poll_fd = epoll_create1(0);

	watch(poll_fd, &stream, EPOLLIN, EPOLL_CTL_ADD);
	watch(poll_fd, &datagram, EPOLLIN, EPOLL_CTL_ADD);
	for (;;) {
		int n = epoll_wait(poll_fd, events, 64, -1);

		for (int i = 0; i < n; i++) {
			struct client *client = events[i].data.ptr;

			if (client == &stream) {
				accept_clients(poll_fd, stream.fd);
			} else if (client == &datagram) {
				answer_datagrams(datagram.fd);
			} else if (!echo(client)) {
				close(client->fd);
				free(client);
			} else {
				watch(poll_fd, client,
				      client->sent < client->held ? EPOLLOUT : EPOLLIN,
				      EPOLL_CTL_MOD);
			}
		}
	}
}

struct options {
	int type;
	const char *source;
	const char *source_port;
	long bytes;
	int tries;
	int no_checksum;
	int keep;
};

static int open_to(const struct options *options, const char *host, const char *port)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST, .ai_socktype = options->type };
	struct addrinfo *to, *from;
	int on = 1;

	if (getaddrinfo(host, port, &hints, &to))
		fail(1, host);

	int fd = socket(to->ai_family, options->type, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (options->no_checksum)
		setsockopt(fd, SOL_SOCKET, SO_NO_CHECK, &on, sizeof(on));
	if (options->source || options->source_port) {
		hints.ai_family = to->ai_family;
		hints.ai_flags |= AI_PASSIVE;
		if (getaddrinfo(options->source, options->source_port ?: "0", &hints, &from) ||
		    bind(fd, from->ai_addr, from->ai_addrlen))
			fail(1, "bind");
	}
	if (connect(fd, to->ai_addr, to->ai_addrlen))
		fail(1, "connect");
	return fd;
}

static int readable(int fd, int milliseconds)
{
	struct pollfd wait = { fd, POLLIN, 0 };

	return poll(&wait, 1, milliseconds) > 0;
}

/* A byte stream that any shift or damage of shows. */
static char pattern(long at)
{
	uint32_t x = at / 4 * 2654435761u;

	x ^= x >> 15;
	return x >> at % 4 * 8;
}

static void datagram_talk(int fd, const struct options *options)
{
	static char sent[CHUNK], got[CHUNK + 128];
	int tries = options->tries ?: 5;
	long size = options->bytes ?: 8;

	for (long i = 0; i < size; i++)
		sent[i] = pattern(i);
	while (tries--) {
		if (send(fd, sent, size, 0) < 0 && errno != EMSGSIZE && errno != ECONNREFUSED)
			fail(1, "send");
		if (!readable(fd, 1000))
			continue;

		ssize_t n = recv(fd, got, sizeof(got), 0);

		if (n < 0 && errno == EMSGSIZE)
			continue;
		if (n < 0)
			fail(1, "recv");

		char *end = memchr(got, '\n', n);

		if (!end || got + n - (end + 1) != size || memcmp(end + 1, sent, size))
			fail(2, "the echo differs");
		fwrite(got, 1, end + 1 - got, stdout);
		fflush(stdout);
		return;
	}
	errno = ETIMEDOUT;
	fail(1, "no answer");
}

static void print_line(int fd)
{
	char c;

	do {
		if (!readable(fd, 20000)) {
			errno = ETIMEDOUT;
			fail(1, "no answer");
		}
		if (read(fd, &c, 1) != 1)
			fail(1, "read");
		putchar(c);
	} while (c != '\n');
	fflush(stdout);
}

/* Sends and receives at the same time, so that both directions carry bulk. */
static void stream_talk(int fd, long bytes)
{
	static char out[CHUNK], in[CHUNK];
	long sent = 0, got = 0;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (got < bytes) {
		struct pollfd wait = { fd, POLLIN | (sent < bytes ? POLLOUT : 0), 0 };

		if (poll(&wait, 1, 30000) <= 0) {
			fprintf(stderr, "peer: stalled after %ld sent, %ld received\n", sent, got);
			exit(1);
		}
		if (wait.revents & POLLOUT) {
			long size = bytes - sent < CHUNK ? bytes - sent : CHUNK;

			for (long i = 0; i < size; i++)
				out[i] = pattern(sent + i);

			ssize_t n = send(fd, out, size, MSG_NOSIGNAL);

			if (n < 0 && errno != EAGAIN)
				fail(1, "send");
			sent += n > 0 ? n : 0;
		}
		if (wait.revents & (POLLIN | POLLHUP | POLLERR)) {
			ssize_t n = read(fd, in, CHUNK);

			if (n == 0 || (n < 0 && errno != EAGAIN))
				fail(1, "read");
			for (ssize_t i = 0; i < n; i++)
				if (in[i] != pattern(got + i))
					fail(2, "the echo differs");
			got += n > 0 ? n : 0;
		}
	}
	fcntl(fd, F_SETFL, 0);
}

/* Prints a datagram; true if it is the one that echoes @line, not a late answer to another. */
static int answer_to(int fd, const char *line)
{
	char answer[512];
	ssize_t n;

	if (!readable(fd, 20000)) {
		errno = ETIMEDOUT;
		fail(1, "no answer");
	}
	n = recv(fd, answer, sizeof(answer), 0);
	if (n < 0)
		fail(1, "recv");
	fwrite(answer, 1, n, stdout);
	fflush(stdout);
	return memmem(answer, n, line, strlen(line)) != NULL;
}

/* Prints what comes back: of UDP the whole datagram, the source seen and the echo. */
static void keep_talking(int fd, int type)
{
	char line[256];

	while (fgets(line, sizeof(line), stdin)) {
		if (send(fd, line, strlen(line), MSG_NOSIGNAL) < 0)
			fail(1, "send");
		if (type == SOCK_STREAM) {
			print_line(fd);
			continue;
		}
		while (!answer_to(fd, line)) {
		}
	}
}

int main(int argc, char **argv)
{
	struct options options = { 0 };
	int c;

	if (argc == 3 && !strcmp(argv[1], "serve"))
		serve(atoi(argv[2]));
	if (argc < 4 || (strcmp(argv[1], "tcp") && strcmp(argv[1], "udp")))
		return 64;
	options.type = strcmp(argv[1], "tcp") ? SOCK_DGRAM : SOCK_STREAM;
	argv++;
	argc--;
	while ((c = getopt(argc, argv, "s:p:b:t:zk")) != -1) {
		switch (c) {
		case 's': options.source = optarg; break;
		case 'p': options.source_port = optarg; break;
		case 'b': options.bytes = atol(optarg); break;
		case 't': options.tries = atoi(optarg); break;
		case 'z': options.no_checksum = 1; break;
		case 'k': options.keep = 1; break;
		default: return 64;
		}
	}
	if (argc - optind != 2)
		return 64;

	int fd = open_to(&options, argv[optind], argv[optind + 1]);

	if (options.type == SOCK_DGRAM) {
		datagram_talk(fd, &options);
	} else {
		print_line(fd);
		stream_talk(fd, options.bytes);
	}
	if (options.keep)
		keep_talking(fd, options.type);
	return 0;
}
