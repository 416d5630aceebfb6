// SPDX-License-Identifier: GPL-2.0
/* Counters by reason, and /proc/net/ip_vs_ext_stats. */
#include <linux/proc_fs.h>
#include <linux/seq_file.h>

#include "ip_vs_fnat_net.h"
#include "ip_vs_fnat_stats.h"
#include "ip_vs_fnat_uapi.h"

static const char *const names[IP_VS_FNAT_A_EXT_MAX + 1] = {
	[IP_VS_FNAT_A_EXT_FLOW_NEW]		= "flow_new",
	[IP_VS_FNAT_A_EXT_FLOW_EXPIRED]		= "flow_expired",
	[IP_VS_FNAT_A_EXT_FLOW_FLUSHED]		= "flow_flushed",
	[IP_VS_FNAT_A_EXT_PORT_CONFLICT]	= "port_conflict",
	[IP_VS_FNAT_A_EXT_DROP_NO_RULE]		= "drop_no_rule",
	[IP_VS_FNAT_A_EXT_DROP_POOL_EXHAUSTED]	= "drop_pool_exhausted",
	[IP_VS_FNAT_A_EXT_DROP_MIDSTREAM]	= "drop_midstream",
	[IP_VS_FNAT_A_EXT_DROP_PROTOCOL]	= "drop_protocol",
	[IP_VS_FNAT_A_EXT_DROP_MALFORMED]	= "drop_malformed",
	[IP_VS_FNAT_A_EXT_DROP_FRAGMENT]	= "drop_fragment",
	[IP_VS_FNAT_A_EXT_DROP_ICMP_ERROR]	= "drop_icmp_error",
	[IP_VS_FNAT_A_EXT_DROP_UNSOLICITED]	= "drop_unsolicited",
	[IP_VS_FNAT_A_EXT_DROP_TABLE_FULL]	= "drop_table_full",
	[IP_VS_FNAT_A_EXT_DROP_NO_MEMORY]	= "drop_no_memory",
	[IP_VS_FNAT_A_EXT_DROP_NO_ROUTE]	= "drop_no_route",
	[IP_VS_FNAT_A_EXT_PASS_UNMATCHED]	= "pass_unmatched",
	[IP_VS_FNAT_A_EXT_DROP_NO_ZONE]		= "drop_no_zone",
	[IP_VS_FNAT_A_EXT_DROP_ZONE_EMPTY]	= "drop_zone_empty",
	[IP_VS_FNAT_A_EXT_DROP_ZONE_EXHAUSTED]	= "drop_zone_exhausted",
	[IP_VS_FNAT_A_EXT_DROP_NO_LADDR]	= "drop_no_laddr",
	[IP_VS_FNAT_A_EXT_DROP_LADDR_EXHAUSTED]	= "drop_laddr_exhausted",
	[IP_VS_FNAT_A_EXT_TOA_ADDED]		= "toa_added",
	[IP_VS_FNAT_A_EXT_TOA_NO_ROOM]		= "toa_no_room",
	[IP_VS_FNAT_A_EXT_TOA_TOO_LONG]		= "toa_too_long",
	[IP_VS_FNAT_A_EXT_SYNPROXY_SYN_ACK]	= "synproxy_syn_ack",
	[IP_VS_FNAT_A_EXT_SYNPROXY_OPENED]	= "synproxy_opened",
	[IP_VS_FNAT_A_EXT_SYNPROXY_DEFERRED]	= "synproxy_deferred",
	[IP_VS_FNAT_A_EXT_SYNPROXY_STORED]	= "synproxy_stored",
	[IP_VS_FNAT_A_EXT_SYNPROXY_SYN_REPEATED]	= "synproxy_syn_repeated",
	[IP_VS_FNAT_A_EXT_SYNPROXY_SERVER_SILENT]	= "synproxy_server_silent",
	[IP_VS_FNAT_A_EXT_SYNPROXY_SERVER_RESET]	= "synproxy_server_reset",
	[IP_VS_FNAT_A_EXT_SYNPROXY_NO_SERVER]	= "synproxy_no_server",
	[IP_VS_FNAT_A_EXT_DROP_SYNPROXY_COOKIE]	= "drop_synproxy_cookie",
	[IP_VS_FNAT_A_EXT_DROP_SYNPROXY_STORE]	= "drop_synproxy_store",
	[IP_VS_FNAT_A_EXT_DROP_SYNPROXY_STORM]	= "drop_synproxy_storm",
	[IP_VS_FNAT_A_EXT_DROP_SYNPROXY_METHOD]	= "drop_synproxy_method",
	[IP_VS_FNAT_A_EXT_FLOW_NEW_EARLY]	= "flow_new_early",
	[IP_VS_FNAT_A_EXT_DROP_POLICY]		= "drop_policy",
	[IP_VS_FNAT_A_EXT_FLOW_EARLY_DROP]	= "flow_early_drop",
	[IP_VS_FNAT_A_EXT_SYNC_SENT]		= "sync_sent",
	[IP_VS_FNAT_A_EXT_SYNC_AGAIN]		= "sync_again",
	[IP_VS_FNAT_A_EXT_SYNC_OVERRUN]		= "sync_overrun",
	[IP_VS_FNAT_A_EXT_SYNC_LEARNED]		= "sync_learned",
	[IP_VS_FNAT_A_EXT_SYNC_NO_OWNER]		= "sync_no_owner",
	[IP_VS_FNAT_A_EXT_SYNC_CONFLICT]		= "sync_conflict",
	[IP_VS_FNAT_A_EXT_SYNC_LOST]		= "sync_lost",
	[IP_VS_FNAT_A_EXT_DROP_SYNC_MALFORMED]	= "drop_sync_malformed",
	[IP_VS_FNAT_A_EXT_DROP_SYNC_KEY]	= "drop_sync_key",
	[IP_VS_FNAT_A_EXT_DROP_SYNC_STRANGER]	= "drop_sync_stranger",
	[IP_VS_FNAT_A_EXT_DROP_SYNC_REPLAY]	= "drop_sync_replay",
};

void __ip_vs_fnat_inc(struct ip_vs_fnat_net *fn, unsigned int what, unsigned int n)
{
	struct ip_vs_fnat_counters *c = this_cpu_ptr(fn->counters);

	u64_stats_update_begin(&c->syncp);
	u64_stats_add(&c->value[what], n);
	u64_stats_update_end(&c->syncp);
}

void ip_vs_fnat_inc(struct ip_vs_fnat_net *fn, unsigned int what, unsigned int n)
{
	local_bh_disable();
	__ip_vs_fnat_inc(fn, what, n);
	local_bh_enable();
}

u64 ip_vs_fnat_counter(struct ip_vs_fnat_net *fn, unsigned int what)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct ip_vs_fnat_counters *c = per_cpu_ptr(fn->counters, cpu);
		unsigned int start;
		u64 value;

		do {
			start = u64_stats_fetch_begin(&c->syncp);
			value = u64_stats_read(&c->value[what]);
		} while (u64_stats_fetch_retry(&c->syncp, start));
		sum += value;
	}
	return sum;
}

static int ext_stats_show(struct seq_file *seq, void *v)
{
	struct ip_vs_fnat_net *fn = ip_vs_fnat_net(seq_file_single_net(seq));
	unsigned int i;

	for (i = 0; i <= IP_VS_FNAT_A_EXT_MAX; i++)
		if (names[i])
			seq_printf(seq, "%-24s: %llu\n", names[i], ip_vs_fnat_counter(fn, i));
	return 0;
}

int ip_vs_fnat_stats_init(struct ip_vs_fnat_net *fn)
{
	int cpu;

	fn->counters = alloc_percpu(struct ip_vs_fnat_counters);
	if (!fn->counters)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		u64_stats_init(&per_cpu_ptr(fn->counters, cpu)->syncp);
	if (!proc_create_net_single("ip_vs_ext_stats", 0444, fn->net->proc_net, ext_stats_show,
				    NULL)) {
		free_percpu(fn->counters);
		return -ENOMEM;
	}
	return 0;
}

void ip_vs_fnat_stats_exit(struct ip_vs_fnat_net *fn)
{
	remove_proc_entry("ip_vs_ext_stats", fn->net->proc_net);
	free_percpu(fn->counters);
}
