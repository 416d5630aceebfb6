// SPDX-License-Identifier: GPL-2.0-only
import type { FwmarkKey } from "../../ipvs/client.js";
import { formatAddress, type Family } from "../../model/address.js";
import { formatNextHop } from "../../model/next-hop.js";
import { formatPrefix } from "../../model/prefix.js";
import type { RuleEntry } from "../../model/snat-rule.js";
import type { Facts } from "../facts.js";
import type { Check, Found, Mend } from "../finding.js";
import { mend } from "../finding.js";
import { allRules, command, deleteRule, ruleText } from "../gateway.js";
import { shellLine } from "../host.js";
import { ofAddress } from "../intervals.js";
import type { Link } from "../readers/links.js";
import { connectedDevice, liveRoutes, nextHopDevice, once } from "../ways.js";

/** Rules that name a next hop or a device which no route has. */
export const routesCheck: Check = {
  id: "routes",
  *examine(facts) {
    const taken = new Set(facts.routes.map(({ table }) => table));
    for (const [service, rule] of allRules(facts.table)) {
      if (!matchesRoute(facts, service, rule)) yield unmatched(facts, service, rule, taken);
      if (rule.newGw && nextHopDevice(facts, rule) === undefined) yield noNeighbour(service, rule);
    }
  },
};

/** Does some route have both what the rule asks for? On the link itself there is no next hop. */
function matchesRoute(facts: Facts, { family }: FwmarkKey, { key: { gw, oif } }: RuleEntry): boolean {
  return waysOf(facts).has(wayId(family, gw && ofAddress(gw).first, oif));
}

const wayId = (family: Family, hop: bigint | undefined, device: string | undefined): string => `${family} ${hop ?? ""} ${device ?? ""}`;

/** Each route as what rules may ask of it: both, one or neither. */
const waysOf = once((facts) => {
  const ways = new Set([wayId("ipv4", undefined, undefined), wayId("ipv6", undefined, undefined)]);
  for (const { kind, to: { family }, gateway, device } of liveRoutes(facts)) {
    if (kind !== "unicast") continue;
    ways.add(wayId(family, undefined, device)).add(wayId(family, gateway?.first, undefined)).add(wayId(family, gateway?.first, device));
  }
  return ways;
});

function unmatched(facts: Facts, service: FwmarkKey, rule: RuleEntry, taken: Set<string>): Found {
  const { gw, oif } = rule.key;
  const wanted = [...(gw ? [`by ${formatAddress(gw)}`] : []), ...(oif === undefined ? [] : [`out of ${oif}`])].join(" ");
  const link = facts.links.find(({ name }) => name === oif);
  const lacking = oif !== undefined && !link ? `there is no device ${oif}` : link && whatLacks(link);
  const up = link && !link.up && !link.carrierLost ? [mend("set the device up", shellLine("ip", "link", "set", link.name, "up"))] : [];
  const others = [...up, ...routing(facts, service, rule, taken)];
  return {
    what: `${ruleText(service, rule)} matches no packet: ${lacking ?? `no route leads ${wanted}`}`,
    why: `it translates packets that are routed ${wanted}; without such a route they go to another rule, or are dropped.`,
    mends: [...others, mend(`${others.length > 0 ? "or " : ""}delete the rule`, deleteRule(service, rule))],
    safe: false,
    boot: "the same in the network's configuration",
  };
}

/** Set down by somebody, or without anybody at the other end, which no command here mends. */
function whatLacks({ name, up, carrierLost }: Link): string | undefined {
  if (carrierLost) return `${name} has no carrier: its cable is out, or the other end is down`;
  return up ? undefined : `${name} is down`;
}

/** A route as the rule wants it: to its destination, or for its sources a table of their own. */
function routing(facts: Facts, { family }: FwmarkKey, { key }: RuleEntry, taken: Set<string>): Mend[] {
  const { from, to, gw, oif } = key;
  const device = gw ? connectedDevice(facts, ofAddress(gw)) : undefined;
  if (!gw || device === undefined || (oif !== undefined && oif !== device)) return [];
  const ip = family === "ipv4" ? ["ip"] : ["ip", "-6"];
  const way = ["via", formatAddress(gw), "dev", device];
  if (to && to.length > 0) return [mend("add the route", shellLine(...ip, "route", "add", formatPrefix(to), ...way))];
  let table = 100;
  while (taken.has(String(table))) table++;
  taken.add(String(table));
  const source = from.length > 0 ? ["from", formatPrefix(from)] : [];
  return [mend(
    "route these sources that way",
    shellLine(...ip, "route", "add", "default", ...way, "table", String(table)),
    shellLine(...ip, "rule", "add", ...source, "table", String(table)),
  )];
}

function noNeighbour(service: FwmarkKey, rule: RuleEntry): Found {
  const hop = formatNextHop(rule.newGw!, rule.newOif);
  const without = { key: rule.key, pool: rule.pool, algo: rule.algo };
  return {
    what: `${ruleText(service, rule)} sends by -N ${hop}, which is no neighbour`,
    why: "no device that is up has it on its link, so every packet of the rule is dropped and counted (drop-no-route).",
    mends: [mend("let the rule's packets go as they are routed", command({ kind: "edit-snat", key: service, rule: without }))],
    safe: false,
  };
}
