// SPDX-License-Identifier: GPL-2.0
/*
 * measure INPUT OUTPUT COMMAND...: run a command with standard input and
 * output from and to files, and print its wall-clock, user and system seconds,
 * the most memory it had resident in KiB, and its exit status. Standard error
 * is passed on.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double seconds(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void fail(const char *what)
{
	perror(what);
	exit(126);
}

static void redirect(const char *path, int flags, int target)
{
	int fd = open(path, flags, 0644);

	if (fd < 0 || dup2(fd, target) < 0)
		fail(path);
	close(fd);
}

int main(int argc, char **argv)
{
	struct rusage usage;
	double start;
	pid_t child;
	int status;

	if (argc < 4) {
		fprintf(stderr, "usage: measure INPUT OUTPUT COMMAND...\n");
		return 126;
	}
	start = now();
	child = fork();
	if (child < 0)
		fail("fork");
	if (child == 0) {
		redirect(argv[1], O_RDONLY, 0);
		redirect(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 1);
		execvp(argv[3], argv + 3);
		fail(argv[3]);
	}
	if (wait4(child, &status, 0, &usage) < 0)
		fail("wait4");
	printf("%.4f %.4f %.4f %ld %d\n", now() - start, seconds(usage.ru_utime), seconds(usage.ru_stime),
	       usage.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return 0;
}
