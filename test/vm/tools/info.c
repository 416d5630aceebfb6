// SPDX-License-Identifier: GPL-2.0-only
/*
 *   info flows|flows-total [none SECONDS]
 *
 * Print that number of the module's info-get; or wait until it is 0, with exit status 1 when
 * it is not within so long.
 * The attribute numbers are the uapi header's.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../../kernel/ip_vs_fnat_uapi.h"

/* Microseconds between two looks. */
#define LOOK	20000

struct request {
	struct nlmsghdr nlh;
	struct genlmsghdr genl;
	struct nlattr name;
	char value[16];
};

static char reply[8192];

static void fail(const char *what)
{
	fprintf(stderr, "info: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* The first attribute of the reply's payload. */
static struct nlattr *ask(int fd, const struct request *request)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)reply;

	if (send(fd, request, request->nlh.nlmsg_len, 0) < 0)
		fail("send");
	if (recv(fd, reply, sizeof(reply), 0) < (ssize_t)sizeof(*nlh))
		fail("recv");
	if (nlh->nlmsg_type == NLMSG_ERROR) {
		errno = -((struct nlmsgerr *)NLMSG_DATA(nlh))->error;
		fail("refused");
	}
	return (struct nlattr *)((char *)NLMSG_DATA(nlh) + GENL_HDRLEN);
}

/* The attribute of that type among those up to @end; its payload. */
static const void *find(const struct nlattr *attr, const void *end, int type)
{
	while ((const void *)(attr + 1) <= end && attr->nla_len >= NLA_HDRLEN) {
		if ((attr->nla_type & NLA_TYPE_MASK) == type)
			return attr + 1;
		attr = (const struct nlattr *)((const char *)attr + NLA_ALIGN(attr->nla_len));
	}
	errno = ENODATA;
	fail("no such attribute");
	return NULL;
}

int main(int argc, char **argv)
{
	struct request request = {
		.nlh = { .nlmsg_len = offsetof(struct request, value) + NLA_ALIGN(sizeof(IP_VS_FNAT_GENL_NAME)),
			 .nlmsg_type = GENL_ID_CTRL, .nlmsg_flags = NLM_F_REQUEST },
		.genl = { .cmd = CTRL_CMD_GETFAMILY, .version = 1 },
		.name = { .nla_len = NLA_HDRLEN + sizeof(IP_VS_FNAT_GENL_NAME), .nla_type = CTRL_ATTR_FAMILY_NAME },
		.value = IP_VS_FNAT_GENL_NAME,
	};
	struct nlmsghdr *nlh = (struct nlmsghdr *)reply;
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	const struct nlattr *info;
	int wanted, left = 1;
	__u32 value;

	if (argc != 2 && (argc != 4 || strcmp(argv[2], "none")))
		return fprintf(stderr, "usage: info flows|flows-total [none SECONDS]\n"), 2;
	if (argc == 4)
		left = atoi(argv[3]) * (1000000 / LOOK);
	wanted = strcmp(argv[1], "flows") ? IP_VS_FNAT_A_INFO_FLOWS_TOTAL : IP_VS_FNAT_A_INFO_FLOWS;
	if (fd < 0)
		fail("socket");
	info = ask(fd, &request);
	request.nlh.nlmsg_type = *(const __u16 *)find(info, reply + nlh->nlmsg_len, CTRL_ATTR_FAMILY_ID);
	request.nlh.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	request.genl.cmd = IP_VS_FNAT_CMD_INFO_GET;
	for (;;) {
		info = (const struct nlattr *)find(ask(fd, &request), reply + nlh->nlmsg_len, IP_VS_FNAT_A_INFO) - 1;
		value = *(const __u32 *)find(info + 1, (const char *)info + info->nla_len, wanted);
		if (argc == 2)
			return printf("%u\n", value) < 0;
		if (!value || !--left)
			return !!value;
		usleep(LOOK);
	}
}
