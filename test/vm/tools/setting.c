// SPDX-License-Identifier: GPL-2.0-only
/*
 * Set what sysctl(8) sets, in a network namespace, and print what was there.
 *
 *   setting NAMESPACE NAME=VALUE…
 *
 * A line for each: NAME=VALUE before. Dots of a name are slashes in /proc/sys, so a
 * device's own name has none. The exit status is 1 for a setting that is not there or a
 * value that is refused.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int fail(const char *what)
{
	fprintf(stderr, "setting: %s: %s\n", what, strerror(errno));
	return 1;
}

static int set(char *arg)
{
	char path[256] = "/proc/sys/", before[256];
	char *value = strchr(arg, '='), *at;
	ssize_t got;
	int fd;

	if (!value) {
		errno = EINVAL;
		return fail(arg);
	}
	*value++ = 0;
	strncat(path, arg, sizeof(path) - strlen(path) - 1);
	for (at = path; *at; at++)
		if (*at == '.')
			*at = '/';
	fd = open(path, O_RDWR);
	if (fd < 0)
		return fail(arg);
	got = read(fd, before, sizeof(before) - 1);
	if (got < 0)
		return fail(arg);
	before[got] = 0;
	before[strcspn(before, "\n")] = 0;
	if (pwrite(fd, value, strlen(value), 0) < 0)
		return fail(arg);
	printf("%s=%s\n", arg, before);
	return close(fd);
}

int main(int argc, char **argv)
{
	char path[256];
	int ns, i;

	if (argc < 3) {
		fprintf(stderr, "usage: setting NAMESPACE NAME=VALUE…\n");
		return 2;
	}
	snprintf(path, sizeof(path), "/run/netns/%s", argv[1]);
	ns = open(path, O_RDONLY | O_CLOEXEC);
	if (ns < 0 || setns(ns, CLONE_NEWNET))
		return fail(path);
	for (i = 2; i < argc; i++)
		if (set(argv[i]))
			return 1;
	return 0;
}
