// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/fnat_packets: what is written to it are commands, in the namespace of
 * the writer; what is read from it is how the last run went.
 *
 *	use N				the scene that the commands are for
 *	attach ROLE DEVICE MAC		client, server, gate-in or gate-out
 *	detach ROLE
 *	plan FAMILY CLIENT SERVICE SERVER POOL-MIN POOL-MAX FLOWS
 *					FAMILY 4 or 6; POOL-MIN "-" when sources stay
 *	verify 0|1			checksums as well
 *	run request|reply FIRST FLOWS PACKETS
 *	monitor 0|1			how long softirqs have to wait, from 1 on
 *
 * A run sends PACKETS in turn of FLOWS flows from FIRST on, and lasts until all
 * of them arrived or one is missing: "sent N arrived N wrong N units N"; a second
 * line is "now N stall N", the clock and the longest wait of a softirq. A unit
 * is an instruction under QEMU's -icount shift=0, otherwise a tick of the CPU,
 * and a nanosecond of CPU time in User-Mode Linux.
 */
#include <linux/delay.h>
#include <linux/etherdevice.h>
#include <linux/inet.h>
#include <linux/module.h>
#include <linux/nsproxy.h>
#include <linux/proc_fs.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/vmalloc.h>

#include "clock.h"
#include "packets.h"

#define BATCH	64	/* packets under way at a time */

static const char * const role_names[ROLES] = {
	[CLIENT]	= "client",
	[SERVER]	= "server",
	[GATE_IN]	= "gate-in",
	[GATE_OUT]	= "gate-out",
};

static struct scene scenes[SCENES];
static struct scene *current_scene = scenes;
static struct {
	u64		sent;
	struct count	count;
	u64		units;
} result;
static DEFINE_MUTEX(lock);

static struct count total(const struct scene *scene)
{
	struct count sum = {};
	int cpu;

	for_each_possible_cpu(cpu) {
		sum.arrived += per_cpu_ptr(scene->count, cpu)->arrived;
		sum.wrong += per_cpu_ptr(scene->count, cpu)->wrong;
	}
	return sum;
}

/*
 * All that was sent has arrived? What ksoftirqd has taken over is let through, at
 * first without a sleep, which a clock of instructions would count.
 */
static bool drained(const struct scene *scene, u64 sent)
{
	int tries;

	for (tries = 0; total(scene).arrived < sent; tries++) {
		if (tries > 200)
			return false;
		if (tries < 100)
			yield();
		else
			fsleep(1000);
	}
	return true;
}

static int send(const struct scene *scene, enum way way, u32 flow)
{
	struct net_device *dev = scene->ends[way == REQUEST ? CLIENT : SERVER].dev;
	struct sk_buff *skb = packet_build(scene, way, flow);

	if (!skb)
		return -ENOMEM;
	netdev_start_xmit(skb, dev, netdev_get_tx_queue(dev, 0), false);
	return 0;
}

static int run(struct scene *scene, enum way way, u32 first, u32 flows, u64 packets)
{
	u32 i, flow = first;
	u64 start;
	int cpu, err = 0;

	for_each_possible_cpu(cpu)
		memset(per_cpu_ptr(scene->count, cpu), 0, sizeof(struct count));
	result.sent = 0;
	start = units_now();
	while (!err && result.sent < packets && drained(scene, result.sent)) {
		local_bh_disable();
		for (i = 0; !err && i < BATCH && result.sent < packets; i++) {
			err = send(scene, way, flow);
			if (++flow == first + flows)
				flow = first;
			result.sent++;
		}
		local_bh_enable();
		cond_resched();
	}
	drained(scene, result.sent);
	result.units = units_now() - start;
	result.count = total(scene);
	return err;
}

/* ---- commands ---- */

static int find_role(const char *name)
{
	return match_string(role_names, ROLES, name);
}

static void detach(struct end *end)
{
	if (!end->dev)
		return;
	rtnl_lock();
	netdev_rx_handler_unregister(end->dev);
	rtnl_unlock();
	dev_put(end->dev);
	end->dev = NULL;
}

static int do_attach(struct scene *scene, const char *arguments)
{
	struct end *end;
	char name[16], device[IFNAMSIZ], mac[32];
	int role, err;

	if (sscanf(arguments, "%15s %15s %31s", name, device, mac) != 3)
		return -EINVAL;
	role = find_role(name);
	if (role < 0)
		return -EINVAL;
	end = &scene->ends[role];
	detach(end);
	if (!mac_pton(mac, end->mac))
		return -EINVAL;
	end->dev = dev_get_by_name(current->nsproxy->net_ns, device);
	if (!end->dev)
		return -ENODEV;
	rtnl_lock();
	err = netdev_rx_handler_register(end->dev, packet_sink, scene);
	rtnl_unlock();
	if (err) {
		dev_put(end->dev);
		end->dev = NULL;
	}
	return err;
}

static int do_detach(struct scene *scene, const char *arguments)
{
	int role = find_role(arguments);

	if (role < 0)
		return -EINVAL;
	detach(&scene->ends[role]);
	return 0;
}

static bool address(u8 af, const char *text, union nf_inet_addr *addr)
{
	memset(addr, 0, sizeof(*addr));
	return af == AF_INET ? in4_pton(text, -1, (u8 *)addr, -1, NULL) :
			       in6_pton(text, -1, (u8 *)addr, -1, NULL);
}

static int do_plan(struct scene *scene, const char *arguments)
{
	char client[48], service[48], server[48], min[48], max[48];
	u32 family, flows;

	if (sscanf(arguments, "%u %47s %47s %47s %47s %47s %u", &family, client, service, server,
		   min, max, &flows) != 7 || !flows || (family != 4 && family != 6))
		return -EINVAL;
	scene->flows = 0;
	synchronize_net();
	scene->af = family == 4 ? AF_INET : AF_INET6;
	scene->translated = strcmp(min, "-");
	if (!address(scene->af, client, &scene->client) ||
	    !address(scene->af, service, &scene->service) ||
	    !address(scene->af, server, &scene->server) ||
	    (scene->translated && !(address(scene->af, min, &scene->pool_min) &&
				    address(scene->af, max, &scene->pool_max))))
		return -EINVAL;
	vfree(scene->seen);
	scene->seen = vzalloc(array_size(flows, sizeof(*scene->seen)));
	if (!scene->seen)
		return -ENOMEM;
	scene->flows = flows;
	return 0;
}

static int do_verify(struct scene *scene, const char *arguments)
{
	return kstrtobool(arguments, &scene->verify);
}

static int do_run(struct scene *scene, const char *arguments)
{
	u32 first, flows, i;
	u64 packets;
	char name[16];
	enum way way;

	if (sscanf(arguments, "%15s %u %u %llu", name, &first, &flows, &packets) != 4 ||
	    (strcmp(name, "request") && strcmp(name, "reply")))
		return -EINVAL;
	way = strcmp(name, "reply") ? REQUEST : REPLY;
	if (!flows || first >= scene->flows || flows > scene->flows - first)
		return -ERANGE;
	if (!scene->ends[way == REQUEST ? CLIENT : SERVER].dev)
		return -ENODEV;
	for (i = 0; way == REPLY && i < flows; i++)
		if (!scene->seen[first + i].known)
			return -ENOENT;
	return run(scene, way, first, flows, packets);
}

static int do_monitor(struct scene *scene, const char *arguments)
{
	bool on;
	int err = kstrtobool(arguments, &on);

	if (!err)
		monitor_set(on);
	return err;
}

static int do_use(struct scene *scene, const char *arguments)
{
	u32 number;
	int err = kstrtou32(arguments, 10, &number);

	if (err || number >= SCENES)
		return -EINVAL;
	current_scene = &scenes[number];
	return 0;
}

static const struct {
	const char	*name;
	int		(*run)(struct scene *scene, const char *arguments);
} commands[] = {
	{ "use ", do_use },
	{ "attach ", do_attach },
	{ "detach ", do_detach },
	{ "plan ", do_plan },
	{ "verify ", do_verify },
	{ "run ", do_run },
	{ "monitor ", do_monitor },
};

static int command(char *text)
{
	int i, err = -EINVAL;

	text = strim(text);
	mutex_lock(&lock);
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		size_t prefix = str_has_prefix(text, commands[i].name);

		if (prefix)
			err = commands[i].run(current_scene, text + prefix);
	}
	mutex_unlock(&lock);
	return err;
}

static ssize_t commands_write(struct file *file, const char __user *data, size_t size, loff_t *pos)
{
	char *text;
	int err;

	if (size > 500)
		return -E2BIG;
	text = memdup_user_nul(data, size);
	if (IS_ERR(text))
		return PTR_ERR(text);
	err = command(text);
	kfree(text);
	return err ?: size;
}

static int result_show(struct seq_file *seq, void *data)
{
	mutex_lock(&lock);
	seq_printf(seq, "sent %llu arrived %llu wrong %llu units %llu\n", result.sent,
		   result.count.arrived, result.count.wrong, result.units);
	seq_printf(seq, "now %llu stall %llu\n", units_now(), monitor_worst());
	mutex_unlock(&lock);
	return 0;
}

static int commands_open(struct inode *inode, struct file *file)
{
	return single_open(file, result_show, NULL);
}

static const struct proc_ops commands_ops = {
	.proc_open	= commands_open,
	.proc_read	= seq_read,
	.proc_write	= commands_write,
	.proc_lseek	= seq_lseek,
	.proc_release	= single_release,
};

static void free_scenes(void)
{
	int i, role;

	for (i = 0; i < SCENES; i++) {
		for (role = 0; role < ROLES; role++)
			detach(&scenes[i].ends[role]);
		vfree(scenes[i].seen);
		free_percpu(scenes[i].count);
	}
}

static int __init packets_init(void)
{
	int i;

	for (i = 0; i < SCENES; i++) {
		scenes[i].count = alloc_percpu(struct count);
		if (!scenes[i].count)
			goto no_memory;
	}
	if (proc_create("fnat_packets", 0600, NULL, &commands_ops))
		return 0;
no_memory:
	free_scenes();
	return -ENOMEM;
}

static void __exit packets_exit(void)
{
	remove_proc_entry("fnat_packets", NULL);
	monitor_set(false);
	free_scenes();
}

module_init(packets_init);
module_exit(packets_exit);
MODULE_DESCRIPTION("packets for a benchmark of gateways");
MODULE_LICENSE("GPL");
