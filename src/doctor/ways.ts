// SPDX-License-Identifier: GPL-2.0-only
import type { Rule } from "../model/snat-rule.js";
import type { Facts } from "./facts.js";
import type { Interval } from "./intervals.js";
import { contains, ofAddress } from "./intervals.js";
import type { Route } from "./readers/routes.js";

/** A value that is worked out once for each set of facts: there may be a million routes, and 100,000 rules that ask. */
export function once<Value>(work: (facts: Facts) => Value): (facts: Facts) => Value {
  const known = new WeakMap<Facts, Value>();
  return (facts) => {
    if (!known.has(facts)) known.set(facts, work(facts));
    return known.get(facts)!;
  };
}

/** Routes that packets can take now. */
export const liveRoutes = once(({ routes, links }): readonly Route[] => {
  const up = new Set(links.filter((link) => link.up).map(({ name }) => name));
  return routes.filter(({ dead, device, kind }) => !dead && (kind !== "unicast" || device === undefined || up.has(device)));
});

/** Routes to what is on the link itself, and not this host. */
export const connectedRoutes = once((facts): readonly Route[] =>
  liveRoutes(facts).filter(({ kind, gateway, device }) => kind === "unicast" && !gateway && device !== undefined));

/** The device on whose link the address is; undefined when it is on none. */
export function connectedDevice(facts: Facts, address: Interval): string | undefined {
  const routes = connectedRoutes(facts).filter(({ to }) => contains(to, address));
  // The longest prefix has the fewest addresses.
  return routes.sort((a, b) => (a.to.last - a.to.first < b.to.last - b.to.first ? -1 : 1))[0]?.device;
}

/**
 * The device by which a rule with a next hop of its own sends; undefined when there is none. One
 * that the rule names has it on its link, as has one of a route by it ("onlink") that leads to itself.
 */
export function nextHopDevice(facts: Facts, { newGw, newOif }: Pick<Rule, "newGw" | "newOif">): string | undefined {
  if (newOif !== undefined) return facts.links.find(({ name, up }) => up && name === newOif)?.name;
  if (!newGw) return undefined;
  const hop = ofAddress(newGw);
  return connectedDevice(facts, hop) ?? liveRoutes(facts).find(({ gateway, to }) => gateway?.first === hop.first && contains(to, hop))?.device;
}
