// SPDX-License-Identifier: GPL-2.0-only
import type { Facts } from "../facts.js";
import type { Check, Found } from "../finding.js";
import { mend } from "../finding.js";
import { innerNetworks, localAddresses } from "../gateway.js";
import type { Interval } from "../intervals.js";
import { contains, everything, intervalText, isCovered, overlap } from "../intervals.js";
import type { PacketRule, PacketRuleKind } from "../readers/netfilter.js";

const findings: Readonly<Record<PacketRuleKind, readonly [what: string, why: string]>> = {
  "source-nat": [
    "translates sources that rules or zones translate",
    "what they take never reaches it; it serves only connections from before, each with an entry of connection tracking, which ends with its own address.",
  ],
  "destination-nat": [
    "rewrites destinations of the inner side's packets before rules and zones see them",
    "packets that it has rewritten are left to connection tracking, and leave without source NAT by rules or zones.",
  ],
  "restore-mark": [
    "gives packets the mark of their tracked connection",
    "flows of rules and zones are not tracked: when their route is looked up again, their packets have no mark, and take the way of unmarked ones.",
  ],
  "state-behind": [
    "decides by connection state behind the routing",
    "there, packets of rules, zones and FULLNAT are untracked: neither new nor established.",
  ],
  "new-without-syn": [
    "drops TCP that begins without a SYN for connection tracking",
    "flows of rules and zones are not tracked: when a route changes, their next packet comes by the filter again, as the middle of a connection that tracking does not know.",
  ],
};

/** Rules of iptables or nftables that act on, or against, what the module translates. */
export const packetFilterCheck: Check = {
  id: "packet-filter",
  *examine(facts): Generator<Found> {
    const inner = innerNetworks(facts.table);
    if (inner.length === 0) return;
    if (facts.packetRules === undefined) {
      yield { unknown: "neither iptables-save nor nft answers: whether a rule of theirs is in the way can't be seen" };
      return;
    }
    for (const rule of facts.packetRules) {
      const hit = inner.find((network) => touches(facts, rule, network));
      if (hit === undefined) continue;
      const [what, why] = findings[rule.kind];
      yield {
        what: `${rule.tool}: \`${rule.shown}' ${what}`,
        why: `${hit.first === 0n ? "" : `it concerns ${intervalText(hit)}; `}${why}`,
        mends: [mend("delete it, where nothing else needs it", rule.remove)],
        safe: false,
        boot: "the same where the rule comes from",
      };
    }
  },
};

/** Can it meet a packet of the inner network, and in a way that matters? */
function touches(facts: Facts, rule: PacketRule, network: Interval): boolean {
  if (rule.family !== undefined && rule.family !== network.family) return false;
  if (rule.sources && !rule.sources.some((source) => overlap(source, network))) return false;
  return rule.kind !== "destination-nat" || !isForwardedPort(facts, rule);
}

/** A port of this host or of an uplink, sent to somebody within, is not the inner side's way out. */
function isForwardedPort({ table, links, routes }: Facts, { destinations, input }: PacketRule): boolean {
  const own = [
    ...links.flatMap(({ addresses }) => addresses.map(({ address }) => address)),
    ...localAddresses(table).map(({ interval }) => interval),
  ];
  if (destinations?.every((to) => isCovered(to, own))) return true;
  return input !== undefined && routes.some(({ device, gateway, to }) => device === input && gateway && contains(to, everything(to.family)));
}
