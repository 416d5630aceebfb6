// SPDX-License-Identifier: GPL-2.0-only
import type { Check, Found } from "../finding.js";
import { mend } from "../finding.js";
import { innerNetworks } from "../gateway.js";
import type { Interval } from "../intervals.js";
import { intervalText, overlap } from "../intervals.js";
import type { PacketRule, PacketRuleKind } from "../readers/netfilter.js";

/** Rules of other kinds are in nobody's way. */
const findings: Readonly<Partial<Record<PacketRuleKind, readonly [what: string, why: string]>>> = {
  "source-nat": [
    "translates sources that rules or zones translate",
    "what they take never reaches it; it serves only connections from before, each with an entry of connection tracking, which ends with its own address.",
  ],
  "state-behind": [
    "decides by connection state behind the routing",
    "there, packets of rules, zones and FULLNAT are untracked: neither new nor established.",
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
      const hit = inner.find((network) => concerns(rule, network));
      const finding = findings[rule.kind];
      if (hit === undefined || finding === undefined) continue;
      const [what, why] = finding;
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

/** Can it meet a packet of the inner network? */
export function concerns({ family, sources }: PacketRule, network: Interval): boolean {
  return (family === undefined || family === network.family) && (!sources || sources.some((source) => overlap(source, network)));
}
