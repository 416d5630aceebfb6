// SPDX-License-Identifier: GPL-2.0-only
/*
 * A generic-netlink socket for Node: what the netlink package cannot do,
 * extended acks and receive overruns that come back as an error.
 *
 *   open() -> descriptor
 *   send(descriptor, Uint8Array) -> bytes sent
 *   receive(descriptor, Uint8Array, milliseconds) -> bytes received
 *   dumps(descriptor, requests, Uint8Array, milliseconds) -> bytes received
 *   close(descriptor)
 *
 * Every call returns a negative errno when it fails, and throws only when its
 * arguments are not what is written here.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/netlink.h>

#include <node_api.h>

struct bytes {
	void *data;
	size_t length;
};

static napi_value number(napi_env env, int64_t value)
{
	napi_value result;

	if (napi_create_int64(env, value, &result) != napi_ok)
		return NULL;
	return result;
}

static napi_value refuse(napi_env env)
{
	napi_throw_type_error(env, NULL, "netlink: wrong arguments");
	return NULL;
}

static bool get_bytes(napi_env env, napi_value value, struct bytes *bytes)
{
	napi_typedarray_type type;
	bool is_array;

	return napi_is_typedarray(env, value, &is_array) == napi_ok &&
	       is_array &&
	       napi_get_typedarray_info(env, value, &type, &bytes->length,
					&bytes->data, NULL, NULL) == napi_ok &&
	       type == napi_uint8_array;
}

static int64_t open_socket(void)
{
	struct sockaddr_nl local = { .nl_family = AF_NETLINK };
	int on = 1;
	int fd, err;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (fd < 0)
		return -errno;
	/* Kernels without these still work: errors just say less. */
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&local, sizeof(local)) < 0) {
		err = errno;
		close(fd);
		return -err;
	}
	return fd;
}

/*
 * The kernel makes each part of a dump as long as the longest that was ever
 * asked for on the socket, and allocates as much: a page does for a short
 * list. It never makes one longer than a page, or 8 KiB where pages are larger.
 */
static size_t short_part(void)
{
	long page = sysconf(_SC_PAGESIZE);

	return page > 0 && page < 8192 ? (size_t)page : 8192;
}

/* Room for more than one part has to be left for a dump to be begun. */
#define PARTS_OF_A_DUMP 16

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The next datagram from the kernel; those of other processes are skipped. */
static int64_t receive_datagram(int fd, struct bytes *buffer, int timeout)
{
	int64_t end = now_ms() + timeout;

	for (;;) {
		struct sockaddr_nl peer = { 0 };
		struct iovec iov = { buffer->data, buffer->length };
		struct msghdr message = {
			.msg_name = &peer,
			.msg_namelen = sizeof(peer),
			.msg_iov = &iov,
			.msg_iovlen = 1,
		};
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		ssize_t length = recvmsg(fd, &message, MSG_DONTWAIT);
		int64_t left;

		if (length >= 0 && peer.nl_pid != 0)
			continue;
		if (length >= 0)
			return message.msg_flags & MSG_TRUNC ? -EMSGSIZE : length;
		if (errno != EAGAIN)
			return -errno;
		left = end - now_ms();
		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&wait, 1, (int)left) < 0)
			return -errno;
	}
}

/* Does a datagram have the end of the dump of that number? */
static bool ends_dump(const uint8_t *data, size_t length, uint32_t sequence)
{
	while (length >= sizeof(struct nlmsghdr)) {
		struct nlmsghdr header;
		size_t whole;

		memcpy(&header, data, sizeof(header));
		if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > length)
			return true;
		if (header.nlmsg_seq == sequence &&
		    (header.nlmsg_type == NLMSG_DONE || header.nlmsg_type == NLMSG_ERROR))
			return true;
		whole = NLMSG_ALIGN(header.nlmsg_len);
		if (whole >= length)
			break;
		data += whole;
		length -= whole;
	}
	return false;
}

static int64_t send_to_kernel(int fd, const void *data, size_t length)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	ssize_t sent = sendto(fd, data, length, 0, (struct sockaddr *)&kernel, sizeof(kernel));

	return sent < 0 ? -errno : sent;
}

/*
 * Requests are sent one by one, each when the dump of the one before has ended.
 * Datagrams that make no sense are left for the caller to refuse.
 */
static int64_t carry_out_dumps(int fd, struct bytes requests, struct bytes replies, int timeout)
{
	const size_t part = short_part();
	size_t used = 0;

	while (requests.length >= sizeof(struct nlmsghdr) &&
	       (used == 0 || replies.length - used >= PARTS_OF_A_DUMP * part)) {
		struct nlmsghdr header;
		int64_t length;

		memcpy(&header, requests.data, sizeof(header));
		if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > requests.length)
			return -EINVAL;
		length = send_to_kernel(fd, requests.data, header.nlmsg_len);
		if (length < 0)
			return length;
		do {
			struct bytes room = { (uint8_t *)replies.data + used, part };

			if (replies.length - used < part)
				return used;
			length = receive_datagram(fd, &room, timeout);
			if (length == -EINTR)
				continue;
			if (length <= 0)
				return length < 0 ? length : (int64_t)used;
			used += NLMSG_ALIGN((size_t)length);
		} while (length < 0 ||
			 !ends_dump((uint8_t *)replies.data + used - NLMSG_ALIGN((size_t)length),
				    (size_t)length, header.nlmsg_seq));
		requests.data = (uint8_t *)requests.data + NLMSG_ALIGN(header.nlmsg_len);
		requests.length -= NLMSG_ALIGN(header.nlmsg_len);
	}
	return used;
}

static napi_value js_open(napi_env env, napi_callback_info info)
{
	(void)info;
	return number(env, open_socket());
}

static napi_value js_send(napi_env env, napi_callback_info info)
{
	napi_value argv[2];
	struct bytes message;
	size_t argc = 2;
	int32_t fd;

	if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok ||
	    argc != 2 || napi_get_value_int32(env, argv[0], &fd) != napi_ok ||
	    !get_bytes(env, argv[1], &message))
		return refuse(env);
	return number(env, send_to_kernel(fd, message.data, message.length));
}

static napi_value js_receive(napi_env env, napi_callback_info info)
{
	napi_value argv[3];
	struct bytes buffer;
	size_t argc = 3;
	int32_t fd, timeout;

	if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok ||
	    argc != 3 || napi_get_value_int32(env, argv[0], &fd) != napi_ok ||
	    !get_bytes(env, argv[1], &buffer) ||
	    napi_get_value_int32(env, argv[2], &timeout) != napi_ok)
		return refuse(env);
	return number(env, receive_datagram(fd, &buffer, timeout));
}

static napi_value js_dumps(napi_env env, napi_callback_info info)
{
	napi_value argv[4];
	struct bytes requests, replies;
	size_t argc = 4;
	int32_t fd, timeout;

	if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok ||
	    argc != 4 || napi_get_value_int32(env, argv[0], &fd) != napi_ok ||
	    !get_bytes(env, argv[1], &requests) || !get_bytes(env, argv[2], &replies) ||
	    napi_get_value_int32(env, argv[3], &timeout) != napi_ok)
		return refuse(env);
	return number(env, carry_out_dumps(fd, requests, replies, timeout));
}

static napi_value js_close(napi_env env, napi_callback_info info)
{
	napi_value argv[1];
	size_t argc = 1;
	int32_t fd;

	if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok ||
	    argc != 1 || napi_get_value_int32(env, argv[0], &fd) != napi_ok)
		return refuse(env);
	return number(env, close(fd) < 0 ? -errno : 0);
}

static napi_value init(napi_env env, napi_value exports)
{
	const napi_property_descriptor functions[] = {
		{ .utf8name = "open", .method = js_open, .attributes = napi_enumerable },
		{ .utf8name = "send", .method = js_send, .attributes = napi_enumerable },
		{ .utf8name = "receive", .method = js_receive, .attributes = napi_enumerable },
		{ .utf8name = "dumps", .method = js_dumps, .attributes = napi_enumerable },
		{ .utf8name = "close", .method = js_close, .attributes = napi_enumerable },
	};

	if (napi_define_properties(env, exports, sizeof(functions) / sizeof(functions[0]),
				   functions) != napi_ok)
		return NULL;
	return exports;
}

NAPI_MODULE(tsipvsadm_netlink, init)
