// SPDX-License-Identifier: GPL-2.0-only
import type { Facts } from "../facts.js";
import type { Check, Finding } from "../finding.js";
import { mend } from "../finding.js";
import { innerNetworks } from "../gateway.js";
import type { PacketRule } from "../readers/netfilter.js";
import { NEARLY, twiceAsMany } from "./limit.js";
import { concerns } from "./packet-filter.js";

/** What an entry takes with its extensions and its share of buckets, in bytes, rounded up. */
const ENTRY_BYTES = 400;

/** Connection tracking, where it is active: flows have entries there, for rules that go by them. */
export const trackingCheck: Check = {
  id: "tracking",
  *examine(facts) {
    const inner = innerNetworks(facts.table);
    if (inner.length === 0) return;
    const rules = (facts.packetRules ?? []).filter((rule) => rule.kind === "by-connection" && inner.some((network) => concerns(rule, network)));
    if (facts.sysctl("net", "ipv4", "vs", "snat_conntrack") === 0 && rules.length > 0) yield withoutEntries(rules);
    const count = facts.sysctl("net", "netfilter", "nf_conntrack_count");
    const most = facts.sysctl("net", "netfilter", "nf_conntrack_max");
    // 0 is no limit.
    if (count !== undefined && most !== undefined && most > 0 && count >= NEARLY * most) yield nearlyFull(facts, count, most);
  },
};

function withoutEntries(rules: readonly PacketRule[]): Finding {
  const [first] = rules;
  const others = rules.length > 1 ? ` and ${rules.length - 1} other${rules.length > 2 ? "s" : ""}` : "";
  return {
    what: `net.ipv4.vs.snat_conntrack is 0, and ${first!.tool}: \`${first!.shown}'${others} ${rules.length > 1 ? "go" : "goes"} by tracked connections`,
    why: "flows of rules and zones have no entry there: to such rules each packet that takes the whole way is of no connection.",
    mends: [mend("let flows have entries from now on", "sysctl -w net.ipv4.vs.snat_conntrack=1")],
    safe: true,
    boot: "net.ipv4.vs.snat_conntrack = 1 in a file of /etc/sysctl.d/",
  };
}

function nearlyFull(facts: Facts, count: number, most: number): Finding {
  return {
    what: `connection tracking has ${count} entries, and nf_conntrack_max is ${most}`,
    why: "each flow has one where tracking is active; at nf_conntrack_max it drops what begins a new connection, whoever would translate it.",
    ...twiceAsMany(facts, count, most, ENTRY_BYTES, (next) => ({
      command: `sysctl -w net.netfilter.nf_conntrack_max=${next}`, boot: `net.netfilter.nf_conntrack_max = ${next} in a file of /etc/sysctl.d/`,
    })),
  };
}
