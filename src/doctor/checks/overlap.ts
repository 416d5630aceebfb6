// SPDX-License-Identifier: GPL-2.0-only
import type { FwmarkKey, ServiceRules } from "../../ipvs/client.js";
import { formatAddress } from "../../model/address.js";
import { formatPrefix } from "../../model/prefix.js";
import type { RuleEntry, RuleKey } from "../../model/snat-rule.js";
import type { Facts } from "../facts.js";
import type { Check, Found } from "../finding.js";
import { mend } from "../finding.js";
import { deleteRule, ruleText } from "../gateway.js";
import type { Interval } from "../intervals.js";
import { contains, everything, isCovered, ofAddress, ofPrefix, overlap, size } from "../intervals.js";
import { liveRoutes } from "../ways.js";

/** A rule as two ranges of addresses, and its place in the match order. */
interface Area {
  readonly rule: RuleEntry;
  readonly place: number;
  readonly from: Interval;
  readonly to: Interval;
}

/** With more rules inside of one, only those that take every destination are looked at: the rest would cost their square. */
const MOST_PIECES = 512;

/** Rules that others have always taken every packet from. */
export const overlapCheck: Check = {
  id: "overlap",
  *examine(facts) {
    for (const { service, rules } of facts.table.rules) yield* shadowed(facts, { service, rules });
  },
};

function* shadowed(facts: Facts, { service, rules }: ServiceRules): Generator<Found> {
  const areas = rules.map((rule, place): Area => ({
    rule, place, from: ofPrefix(rule.key.from), to: rule.key.to ? ofPrefix(rule.key.to) : everything(service.family),
  }));
  const sorted = [...areas].sort((a, b) => (a.from.first < b.from.first ? -1 : a.from.first > b.from.first ? 1 : 0));
  const implies = deviceOf(facts);
  for (const area of areas) {
    const inside = within(sorted, area).filter((other) =>
      other.place < area.place && overlap(other.to, area.to) && isImplied(other.rule.key, area.rule.key, implies));
    if (inside.length > 0 && isTaken(area, inside)) yield finding(service, area.rule, inside.map(({ rule }) => rule));
  }
}

/** Rules whose sources lie in this one's: prefixes either nest or have nothing in common. */
function within(sorted: readonly Area[], { from }: Area): Area[] {
  let low = 0;
  for (let high = sorted.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (sorted[middle]!.from.first < from.first) low = middle + 1;
    else high = middle;
  }
  const found: Area[] = [];
  for (let i = low; i < sorted.length && sorted[i]!.from.first <= from.last; i++) {
    if (contains(from, sorted[i]!.from)) found.push(sorted[i]!);
  }
  return found;
}

/** The one device of all routes by a next hop. */
function deviceOf(facts: Facts): (gw: string) => string | undefined {
  const devices = new Map<bigint, Set<string>>();
  for (const { gateway, device } of liveRoutes(facts)) {
    if (gateway && device !== undefined) devices.set(gateway.first, (devices.get(gateway.first) ?? new Set()).add(device));
  }
  return (gw) => {
    const found = devices.get(BigInt(gw));
    return found?.size === 1 ? [...found][0] : undefined;
  };
}

/** Has every packet of a route as `key` wants it also one as `other` does? */
function isImplied(other: RuleKey, key: RuleKey, device: (gw: string) => string | undefined): boolean {
  if (other.gw && !(key.gw && formatAddress(other.gw) === formatAddress(key.gw))) return false;
  if (other.oif === undefined || other.oif === key.oif) return true;
  return key.oif === undefined && key.gw !== undefined && device(String(ofAddress(key.gw).first)) === other.oif;
}

/** Is every source and destination of it in one of the others? */
function isTaken({ from, to }: Area, others: readonly Area[]): boolean {
  const whole = others.filter((other) => contains(other.to, to)).map((other) => other.from);
  if (isCovered(from, whole)) return true;
  const parts = others.length > MOST_PIECES ? [] : others;
  if (parts.reduce((sum, part) => sum + size(part.from), 0n) < size(from)) return false;
  // Between two of the others' ends, the sources are all in the same of them.
  const starts = [...new Set([from.first, ...parts.flatMap((part) => [part.from.first, part.from.last + 1n])])].filter((start) => start <= from.last);
  return starts.every((start) => isCovered(to, parts.filter((part) => part.from.first <= start && start <= part.from.last).map((part) => part.to)));
}

function finding(service: FwmarkKey, rule: RuleEntry, others: readonly RuleEntry[]): Found {
  const names = others.slice(0, 3).map((other) => ruleText(service, other)).join(", ");
  return {
    what: `${ruleText(service, rule)} can never match`,
    why: `${names}${others.length > 3 ? ` and ${others.length - 3} others` : ""} come${others.length === 1 ? "s" : ""} before it in the match order and take${others.length === 1 ? "s" : ""} every packet of ${formatPrefix(rule.key.from)} that it could have.`,
    mends: [mend("delete it", deleteRule(service, rule))],
    safe: false,
  };
}
