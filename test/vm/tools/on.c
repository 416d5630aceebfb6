// SPDX-License-Identifier: GPL-2.0-only
/*
 * Run a command in a network namespace.
 *
 *   on [--listen PORT] NAMESPACE COMMAND…
 *
 * A guest's cases do this thousands of times. nsenter(1) links four libraries and
 * takes several times as long in an emulated guest; this is linked statically.
 * --listen first opens TCP port PORT on 127.0.0.1 of the caller's own namespace and
 * hands it to the command as descriptor 3. The command is then a daemon: in a
 * session of its own, with /dev/null for input and output, and not waited for.
 * A dash is the caller's own namespace.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int fail(int status, const char *what)
{
	fprintf(stderr, "on: %s: %s\n", what, strerror(errno));
	return status;
}

static int listen_as_daemon(int port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), null = open("/dev/null", O_RDWR), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 128))
		return -1;
	if (fork())
		_exit(0);
	setsid();
	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
	if (fd != 3)
		dup2(fd, 3);
	return close_range(4, ~0U, 0);
}

int main(int argc, char **argv)
{
	const char *port = NULL;
	char path[256];
	int ns;

	if (argc > 2 && !strcmp(argv[1], "--listen")) {
		port = argv[2];
		argv += 2;
		argc -= 2;
	}
	if (argc < 3) {
		fprintf(stderr, "usage: on [--listen PORT] NAMESPACE COMMAND…\n");
		return 2;
	}
	if (strcmp(argv[1], "-"))
		snprintf(path, sizeof(path), "/run/netns/%s", argv[1]);
	else
		strcpy(path, "/proc/self/ns/net");
	ns = open(path, O_RDONLY | O_CLOEXEC);
	if (ns < 0)
		return fail(1, path);
	if (port && listen_as_daemon(atoi(port)))
		return fail(1, "listen");
	/* A daemon has closed it. */
	if (port)
		ns = open(path, O_RDONLY | O_CLOEXEC);
	if (setns(ns, CLONE_NEWNET))
		return fail(1, path);
	execvp(argv[2], argv + 2);
	return fail(errno == ENOENT ? 127 : 126, argv[2]);
}
