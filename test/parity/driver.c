// SPDX-License-Identifier: GPL-2.0-only
/*
 * driver COMMAND…: start COMMAND and do for it, in this network namespace,
 * what it can't do itself: run a program on given files, and read, keep and
 * put back the state of IPVS, without either program that is compared.
 *
 * COMMAND writes requests to descriptor 4 and reads answers from descriptor 3.
 * Both are a u32 length and that many bytes; a request begins with a letter:
 *   R  run a program: a directory in the place of /proc/net or nothing, program,
 *      argv[0]…, each with a NUL behind it. Files in the current directory:
 *      in, out, err. Answer: its wait status, a u32.
 *   D  dump. Answer: the state as text, a line each service, server, daemon.
 *   K  keep the present state as the one to put back. Answer: the dump.
 *   B  put back what was kept. Answer: the dump.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/ip_vs.h>
#include <linux/netlink.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A program that has not ended by then is killed, and the kernel answers before. */
#define RUN_SECONDS 60
#define ANSWER_SECONDS 30

struct bytes {
	uint8_t *data;
	size_t length, room;
};

static void append(struct bytes *to, const void *data, size_t length)
{
	if (to->length + length > to->room) {
		to->room = 2 * (to->length + length);
		to->data = realloc(to->data, to->room);
		if (!to->data)
			err(1, "realloc");
	}
	memcpy(to->data + to->length, data, length);
	to->length += length;
}

static void print(struct bytes *to, const char *format, ...)
{
	char line[600];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	append(to, line, length < (int)sizeof(line) ? length : (int)sizeof(line) - 1);
}

/* Netlink: one request at a time over one socket. */

static int netlink_socket = -1;
static uint16_t ipvs_family;

struct request {
	struct nlmsghdr header;
	struct genlmsghdr generic;
	uint8_t payload[2048];
};

static void begin(struct request *request, int command, int flags)
{
	static uint32_t sequence;

	request->header.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	request->header.nlmsg_type = ipvs_family;
	request->header.nlmsg_flags = NLM_F_REQUEST | flags;
	request->header.nlmsg_seq = ++sequence;
	request->header.nlmsg_pid = 0;
	request->generic.cmd = command;
	request->generic.version = IPVS_GENL_VERSION;
	request->generic.reserved = 0;
}

static struct nlattr *put(struct request *request, int type, const void *data, size_t length)
{
	struct nlattr *attribute = (void *)((uint8_t *)request + NLMSG_ALIGN(request->header.nlmsg_len));

	attribute->nla_type = type;
	attribute->nla_len = NLA_HDRLEN + length;
	if (length)
		memcpy((uint8_t *)attribute + NLA_HDRLEN, data, length);
	request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len) + NLA_ALIGN(attribute->nla_len);
	return attribute;
}

/*
 * Send a request; `take`, when there is one, gets the attributes of each
 * reply. Returns 0 or what the kernel refused it with, a negative errno.
 */
static int ask(struct request *request, void (*take)(const uint8_t *attributes, size_t length, void *to), void *to)
{
	static uint8_t buffer[65536];

	if (send(netlink_socket, request, request->header.nlmsg_len, 0) < 0)
		err(1, "send");
	for (;;) {
		ssize_t length = recv(netlink_socket, buffer, sizeof(buffer), 0);
		struct nlmsghdr *reply;

		if (length < 0)
			err(1, "answer to command %d", request->generic.cmd);
		for (reply = (void *)buffer; NLMSG_OK(reply, length); reply = NLMSG_NEXT(reply, length)) {
			if (reply->nlmsg_seq != request->header.nlmsg_seq)
				continue;
			if (reply->nlmsg_type == NLMSG_ERROR)
				return ((struct nlmsgerr *)NLMSG_DATA(reply))->error;
			if (reply->nlmsg_type == NLMSG_DONE)
				return 0;
			if (take)
				take((uint8_t *)NLMSG_DATA(reply) + GENL_HDRLEN, NLMSG_PAYLOAD(reply, GENL_HDRLEN), to);
			if (!(request->header.nlmsg_flags & (NLM_F_DUMP | NLM_F_ACK)))
				return 0;
		}
	}
}

static void must(struct request *request, const char *what)
{
	int error = ask(request, NULL, NULL);

	if (error)
		errx(1, "%s: %s", what, strerror(-error));
}

/* The first attribute of that type; NULL when there is none. */
static const struct nlattr *find(const uint8_t *data, size_t length, int type)
{
	while (length >= NLA_HDRLEN) {
		const struct nlattr *attribute = (const void *)data;
		size_t step = NLA_ALIGN(attribute->nla_len);

		if (attribute->nla_len < NLA_HDRLEN || attribute->nla_len > length)
			return NULL;
		if ((attribute->nla_type & NLA_TYPE_MASK) == type)
			return attribute;
		if (step > length)
			return NULL;
		data += step;
		length -= step;
	}
	return NULL;
}

static const uint8_t *value(const struct nlattr *attribute)
{
	return (const uint8_t *)attribute + NLA_HDRLEN;
}

static void take_family(const uint8_t *attributes, size_t length, void *to)
{
	const struct nlattr *id = find(attributes, length, CTRL_ATTR_FAMILY_ID);

	if (id)
		memcpy(to, value(id), sizeof(uint16_t));
}

static void open_netlink(void)
{
	const struct timeval patience = { .tv_sec = ANSWER_SECONDS };
	struct request request;

	netlink_socket = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (netlink_socket < 0 || setsockopt(netlink_socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)))
		err(1, "socket");
	begin(&request, CTRL_CMD_GETFAMILY, 0);
	request.header.nlmsg_type = GENL_ID_CTRL;
	put(&request, CTRL_ATTR_FAMILY_NAME, IPVS_GENL_NAME, sizeof(IPVS_GENL_NAME));
	if (ask(&request, take_family, &ipvs_family) || !ipvs_family)
		errx(1, "the kernel has no netlink family " IPVS_GENL_NAME);
}

/* The state: nested attributes as the kernel sends them, counters left out. */

#define MOST 256

struct entry {
	int kind; /* IPVS_CMD_ATTR_SERVICE, _DEST or _DAEMON */
	uint16_t length;
	uint8_t data[400];
};

struct state {
	int entries;
	struct entry entry[MOST];
	uint32_t timeouts[3];
};

static struct state present, kept;
static int nested;

static bool counters(int kind, int type)
{
	return (kind == IPVS_CMD_ATTR_SERVICE && (type == IPVS_SVC_ATTR_STATS || type == IPVS_SVC_ATTR_STATS64)) ||
	       (kind == IPVS_CMD_ATTR_DEST && (type == IPVS_DEST_ATTR_STATS || type == IPVS_DEST_ATTR_STATS64));
}

static void take_entry(const uint8_t *attributes, size_t length, void *to)
{
	struct state *state = to;
	const struct nlattr *outer = find(attributes, length, nested);
	struct entry *entry = &state->entry[state->entries];
	const uint8_t *data;
	size_t rest;

	if (!outer)
		return;
	if (++state->entries > MOST)
		errx(1, "more than %d entries", MOST);
	entry->kind = nested;
	entry->length = 0;
	data = value(outer);
	rest = outer->nla_len - NLA_HDRLEN;
	while (rest >= NLA_HDRLEN) {
		const struct nlattr *attribute = (const void *)data;
		size_t step = NLA_ALIGN(attribute->nla_len);

		if (!counters(nested, attribute->nla_type & NLA_TYPE_MASK)) {
			if (entry->length + step > sizeof(entry->data))
				errx(1, "an entry of more than %zu bytes", sizeof(entry->data));
			memcpy(entry->data + entry->length, attribute, step);
			entry->length += step;
		}
		if (step >= rest)
			break;
		data += step;
		rest -= step;
	}
}

static void take_config(const uint8_t *attributes, size_t length, void *to)
{
	struct state *state = to;
	int i;

	for (i = 0; i < 3; i++) {
		const struct nlattr *timeout = find(attributes, length, IPVS_CMD_ATTR_TIMEOUT_TCP + i);

		if (timeout)
			memcpy(&state->timeouts[i], value(timeout), sizeof(uint32_t));
	}
}

/* What names a service: it is also what a request about its servers says. */
static void put_service_key(struct request *request, const struct entry *service)
{
	static const int keys[] = { IPVS_SVC_ATTR_AF, IPVS_SVC_ATTR_FWMARK, IPVS_SVC_ATTR_PROTOCOL,
				    IPVS_SVC_ATTR_ADDR, IPVS_SVC_ATTR_PORT };
	struct nlattr *nest = put(request, IPVS_CMD_ATTR_SERVICE | NLA_F_NESTED, NULL, 0);
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const struct nlattr *key = find(service->data, service->length, keys[i]);

		if (key)
			put(request, keys[i], value(key), key->nla_len - NLA_HDRLEN);
	}
	nest->nla_len = (uint8_t *)request + request->header.nlmsg_len - (uint8_t *)nest;
}

static void dump_kind(struct state *state, int command, int kind, const struct entry *service)
{
	struct request request;
	int error;

	begin(&request, command, NLM_F_DUMP);
	if (service)
		put_service_key(&request, service);
	nested = kind;
	error = ask(&request, take_entry, state);
	if (error)
		errx(1, "dump: %s", strerror(-error));
}

/* Services, each with its servers behind it, then daemons and timeouts. */
static void read_state(struct state *state)
{
	static struct state services;
	struct request request;
	int i;

	services.entries = 0;
	dump_kind(&services, IPVS_CMD_GET_SERVICE, IPVS_CMD_ATTR_SERVICE, NULL);
	state->entries = 0;
	for (i = 0; i < services.entries; i++) {
		state->entry[state->entries++] = services.entry[i];
		dump_kind(state, IPVS_CMD_GET_DEST, IPVS_CMD_ATTR_DEST, &services.entry[i]);
	}
	dump_kind(state, IPVS_CMD_GET_DAEMON, IPVS_CMD_ATTR_DAEMON, NULL);
	begin(&request, IPVS_CMD_GET_CONFIG, 0);
	if (ask(&request, take_config, state))
		errx(1, "the timeouts can't be read");
}

struct name {
	int type;
	const char *text;
	enum { NUMBER, NETWORK, HEX, TEXT } form;
};

static const struct name service_names[] = {
	{ IPVS_SVC_ATTR_AF, "af", NUMBER },	   { IPVS_SVC_ATTR_PROTOCOL, "protocol", NUMBER },
	{ IPVS_SVC_ATTR_ADDR, "address", HEX },	   { IPVS_SVC_ATTR_PORT, "port", NETWORK },
	{ IPVS_SVC_ATTR_FWMARK, "fwmark", NUMBER }, { IPVS_SVC_ATTR_SCHED_NAME, "scheduler", TEXT },
	{ IPVS_SVC_ATTR_FLAGS, "flags", HEX },	   { IPVS_SVC_ATTR_TIMEOUT, "timeout", NUMBER },
	{ IPVS_SVC_ATTR_NETMASK, "netmask", HEX }, { IPVS_SVC_ATTR_PE_NAME, "engine", TEXT },
	{ 0, NULL, HEX },
};

static const struct name server_names[] = {
	{ IPVS_DEST_ATTR_ADDR, "address", HEX },       { IPVS_DEST_ATTR_PORT, "port", NETWORK },
	{ IPVS_DEST_ATTR_FWD_METHOD, "method", HEX },  { IPVS_DEST_ATTR_WEIGHT, "weight", NUMBER },
	{ IPVS_DEST_ATTR_U_THRESH, "upper", NUMBER },  { IPVS_DEST_ATTR_L_THRESH, "lower", NUMBER },
	{ IPVS_DEST_ATTR_ADDR_FAMILY, "af", NUMBER },  { IPVS_DEST_ATTR_TUN_TYPE, "tunnel", NUMBER },
	{ IPVS_DEST_ATTR_TUN_PORT, "tunnel-port", NETWORK }, { IPVS_DEST_ATTR_TUN_FLAGS, "tunnel-flags", NUMBER },
	{ IPVS_DEST_ATTR_ACTIVE_CONNS, "active", NUMBER }, { IPVS_DEST_ATTR_INACT_CONNS, "inactive", NUMBER },
	{ IPVS_DEST_ATTR_PERSIST_CONNS, "persistent", NUMBER }, { 0, NULL, HEX },
};

static const struct name daemon_names[] = {
	{ IPVS_DAEMON_ATTR_STATE, "state", NUMBER },	 { IPVS_DAEMON_ATTR_MCAST_IFN, "interface", TEXT },
	{ IPVS_DAEMON_ATTR_SYNC_ID, "syncid", NUMBER },	 { IPVS_DAEMON_ATTR_SYNC_MAXLEN, "maxlen", NUMBER },
	{ IPVS_DAEMON_ATTR_MCAST_GROUP, "group", HEX },	 { IPVS_DAEMON_ATTR_MCAST_GROUP6, "group6", HEX },
	{ IPVS_DAEMON_ATTR_MCAST_PORT, "port", NUMBER }, { IPVS_DAEMON_ATTR_MCAST_TTL, "ttl", NUMBER },
	{ 0, NULL, HEX },
};

static uint32_t number(const uint8_t *data, size_t length, bool network)
{
	uint32_t u32;
	uint16_t u16;

	switch (length) {
	case 1:
		return *data;
	case 2:
		memcpy(&u16, data, 2);
		return network ? ntohs(u16) : u16;
	default:
		memcpy(&u32, data, 4);
		return network ? ntohl(u32) : u32;
	}
}

static void print_value(struct bytes *to, const struct name *name, const uint8_t *data, size_t length)
{
	size_t i;

	if ((name->form == NUMBER || name->form == NETWORK) && (length == 1 || length == 2 || length == 4)) {
		print(to, "%u", number(data, length, name->form == NETWORK));
	} else if (name->form == TEXT) {
		print(to, "%.*s", (int)length, (const char *)data);
	} else {
		for (i = 0; i < length; i++)
			print(to, "%02x", data[i]);
	}
}

static void print_entry(struct bytes *to, const struct entry *entry)
{
	const struct name *names = entry->kind == IPVS_CMD_ATTR_SERVICE ? service_names :
				   entry->kind == IPVS_CMD_ATTR_DEST	? server_names :
									  daemon_names;
	size_t at = 0;

	print(to, "%s", entry->kind == IPVS_CMD_ATTR_SERVICE ? "service" :
			entry->kind == IPVS_CMD_ATTR_DEST    ? "  server" :
							       "daemon");
	while (at + NLA_HDRLEN <= entry->length) {
		const struct nlattr *attribute = (const void *)(entry->data + at);
		const struct name *name = names;
		int type = attribute->nla_type & NLA_TYPE_MASK;

		while (name->text && name->type != type)
			name++;
		if (name->text)
			print(to, " %s=", name->text);
		else
			print(to, " attribute-%d=", type);
		print_value(to, name, value(attribute), attribute->nla_len - NLA_HDRLEN);
		at += NLA_ALIGN(attribute->nla_len);
	}
	print(to, "\n");
}

static void print_state(struct bytes *to, const struct state *state)
{
	int i;

	for (i = 0; i < state->entries; i++)
		print_entry(to, &state->entry[i]);
	print(to, "timeouts %u %u %u\n", state->timeouts[0], state->timeouts[1], state->timeouts[2]);
}

/* Putting back */

/* The kernel tells of a service in its table by a flag that it takes from nobody. */
static void put_entry(struct request *request, const struct entry *entry)
{
	struct nlattr *nest = put(request, entry->kind | NLA_F_NESTED, entry->data, entry->length);
	struct nlattr *flags;
	uint32_t bits;

	if (entry->kind != IPVS_CMD_ATTR_SERVICE)
		return;
	flags = (struct nlattr *)find(value(nest), entry->length, IPVS_SVC_ATTR_FLAGS);
	if (!flags)
		return;
	memcpy(&bits, value(flags), sizeof(bits));
	bits &= ~IP_VS_SVC_F_HASHED;
	memcpy((uint8_t *)value(flags), &bits, sizeof(bits));
}

/* The kernel lists the youngest first, so the last of a list is added first. */
static void add_servers(const struct state *state, int service)
{
	struct request request;
	int last = service, i;

	while (last + 1 < state->entries && state->entry[last + 1].kind == IPVS_CMD_ATTR_DEST)
		last++;
	for (i = last; i > service; i--) {
		begin(&request, IPVS_CMD_NEW_DEST, NLM_F_ACK);
		put_service_key(&request, &state->entry[service]);
		put_entry(&request, &state->entry[i]);
		must(&request, "put back a server");
	}
}

static bool same_daemons(const struct state *a, const struct state *b)
{
	int i = 0, j = 0;

	for (;; i++, j++) {
		while (i < a->entries && a->entry[i].kind != IPVS_CMD_ATTR_DAEMON)
			i++;
		while (j < b->entries && b->entry[j].kind != IPVS_CMD_ATTR_DAEMON)
			j++;
		if (i == a->entries || j == b->entries)
			return i == a->entries && j == b->entries;
		if (a->entry[i].length != b->entry[j].length ||
		    memcmp(a->entry[i].data, b->entry[j].data, a->entry[i].length))
			return false;
	}
}

static void each_daemon(const struct state *state, int command, const char *what)
{
	struct request request;
	int i;

	for (i = 0; i < state->entries; i++) {
		if (state->entry[i].kind != IPVS_CMD_ATTR_DAEMON)
			continue;
		begin(&request, command, NLM_F_ACK);
		put_entry(&request, &state->entry[i]);
		must(&request, what);
	}
}

/* Is there a sync thread that was started and has not run yet? */
static bool threads_are_new(void)
{
	DIR *processes = opendir("/proc");
	struct dirent *process;
	bool found = false;

	if (!processes)
		err(1, "/proc");
	while (!found && (process = readdir(processes))) {
		char path[300], name[32] = "", state = 'S';
		FILE *stat;

		snprintf(path, sizeof(path), "/proc/%s/stat", process->d_name);
		stat = *process->d_name >= '1' && *process->d_name <= '9' ? fopen(path, "r") : NULL;
		if (!stat)
			continue;
		/* Others, ipvs-e, make estimates from 6.2 on. */
		found = fscanf(stat, "%*d (%31[^)]) %c", name, &state) == 2 && state != 'S' &&
			(!strncmp(name, "ipvs-m", 6) || !strncmp(name, "ipvs-b", 6));
		fclose(stat);
	}
	closedir(processes);
	return found;
}

/*
 * A sync thread that is stopped before it ran makes the kernel say EINTR,
 * which netlink answers with nothing: whoever asked would wait forever.
 */
static void let_threads_run(void)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	int tries;

	for (tries = 0; threads_are_new(); tries++) {
		if (tries == 5000)
			errx(1, "a sync thread does not run");
		nanosleep(&moment, NULL);
	}
}

static void put_back(void)
{
	struct request request;
	bool other_daemons;
	int i;

	read_state(&present);
	other_daemons = !same_daemons(&present, &kept);
	/* A service can't have servers of both families while a daemon runs. */
	if (other_daemons) {
		let_threads_run();
		each_daemon(&present, IPVS_CMD_DEL_DAEMON, "stop a daemon");
	}
	begin(&request, IPVS_CMD_FLUSH, NLM_F_ACK);
	must(&request, "flush");
	for (i = kept.entries - 1; i >= 0; i--) {
		if (kept.entry[i].kind != IPVS_CMD_ATTR_SERVICE)
			continue;
		begin(&request, IPVS_CMD_NEW_SERVICE, NLM_F_ACK);
		put_entry(&request, &kept.entry[i]);
		must(&request, "put back a service");
		add_servers(&kept, i);
	}
	if (other_daemons) {
		each_daemon(&kept, IPVS_CMD_NEW_DAEMON, "put back a daemon");
		let_threads_run();
	}
	begin(&request, IPVS_CMD_SET_CONFIG, NLM_F_ACK);
	for (i = 0; i < 3; i++)
		put(&request, IPVS_CMD_ATTR_TIMEOUT_TCP + i, &kept.timeouts[i], sizeof(uint32_t));
	must(&request, "put back the timeouts");
}

/* Programs */

static void become(const char *net, char **argv)
{
	static const struct {
		const char *path;
		int flags;
	} files[] = { { "in", O_RDONLY }, { "out", O_WRONLY | O_CREAT | O_TRUNC }, { "err", O_WRONLY | O_CREAT | O_TRUNC } };
	int i;

	for (i = 0; i < 3; i++) {
		int descriptor = open(files[i].path, files[i].flags, 0600);

		if (descriptor < 0 || dup2(descriptor, i) < 0)
			_exit(126);
		close(descriptor);
	}
	/* A mount of its own is seen by this process only, whose name it keeps. */
	if (*net && (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		     mount(net, "/proc/self/net", NULL, MS_BIND, NULL)))
		_exit(125);
	alarm(RUN_SECONDS);
	execv(argv[0], argv + 1);
	_exit(127);
}

static void run(char *text, size_t length, struct bytes *answer)
{
	char *argv[512], *end = text + length, *net = text;
	int count = 0, status;
	uint32_t result;
	pid_t child;

	for (text += strlen(text) + 1; text < end && count < 510; text += strlen(text) + 1)
		argv[count++] = text;
	argv[count] = NULL;
	child = fork();
	if (child < 0)
		err(1, "fork");
	if (child == 0)
		become(net, argv);
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			err(1, "waitpid");
	result = status;
	append(answer, &result, sizeof(result));
}

/* Requests */

static bool read_all(int descriptor, void *to, size_t length)
{
	size_t done = 0;

	while (done < length) {
		ssize_t step = read(descriptor, (uint8_t *)to + done, length - done);

		if (step <= 0)
			return false;
		done += step;
	}
	return true;
}

static void write_all(int descriptor, const void *data, size_t length)
{
	size_t done = 0;

	while (done < length) {
		ssize_t step = write(descriptor, (const uint8_t *)data + done, length - done);

		if (step < 0)
			err(1, "write");
		done += step;
	}
}

static void dump(struct bytes *answer)
{
	read_state(&present);
	print_state(answer, &present);
}

static void serve(int requests, int answers)
{
	struct bytes answer = {};
	uint32_t length;

	while (read_all(requests, &length, sizeof(length))) {
		char *text = malloc(length + 1);

		if (!text || !read_all(requests, text, length))
			errx(1, "a request was cut short");
		text[length] = '\0';
		answer.length = 0;
		switch (*text) {
		case 'R':
			run(text + 1, length - 1, &answer);
			break;
		case 'B':
			put_back();
			dump(&answer);
			break;
		case 'K':
			let_threads_run();
			dump(&answer);
			kept = present;
			break;
		case 'D':
			dump(&answer);
			break;
		default:
			errx(1, "no request \"%c\"", *text);
		}
		free(text);
		length = answer.length;
		write_all(answers, &length, sizeof(length));
		write_all(answers, answer.data, answer.length);
	}
}

int main(int argc, char **argv)
{
	int requests[2], answers[2], status;
	pid_t command;

	if (argc < 2)
		errx(2, "usage: driver COMMAND...");
	open_netlink();
	if (pipe2(requests, O_CLOEXEC) || pipe2(answers, O_CLOEXEC))
		err(1, "pipe");
	command = fork();
	if (command < 0)
		err(1, "fork");
	if (command == 0) {
		/* Out of the way of 3 to 6, then there. */
		int from = fcntl(answers[0], F_DUPFD, 20), to = fcntl(requests[1], F_DUPFD, 20);

		dup2(from, 3);
		dup2(to, 4);
		dup2(1, 5);
		dup2(2, 6);
		close(from);
		close(to);
		execvp(argv[1], argv + 1);
		err(127, "%s", argv[1]);
	}
	close(requests[1]);
	close(answers[0]);
	signal(SIGPIPE, SIG_IGN);
	serve(requests[0], answers[1]);
	while (waitpid(command, &status, 0) < 0)
		if (errno != EINTR)
			err(1, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
