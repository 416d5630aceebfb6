// SPDX-License-Identifier: GPL-2.0-only
import type { Family, IpAddress, Prefix } from "../model/address.js";
import type { Rule, RuleEntry, RuleKey } from "../model/snat-rule.js";
import { malformed, type Values } from "../netlink/index.js";
import { algo, type ruleAttributes, type serviceAttributes } from "./abi/fnat.js";
import type { FwmarkKey, ServiceRules } from "./client.js";
import { familyNumber, familyOf, nameOf, readStats, required } from "./wire.js";

type RuleValues = Values<typeof ruleAttributes>;
type ServiceValues = Values<typeof serviceAttributes>;

/** The SNAT service that a rule belongs to. */
export const writeRuleService = (key: FwmarkKey): ServiceValues => ({
  af: familyNumber(key.family),
  fwmark: key.fwmark,
});

export function readRuleService(values: ServiceValues): FwmarkKey {
  return {
    kind: "fwmark",
    family: familyOf(required(values.af, "address family of a rule's service")),
    fwmark: required(values.fwmark, "mark of a rule's service"),
  };
}

/** What identifies a rule; what it does not name matches anything. */
export function writeRuleKey(key: RuleKey): RuleValues {
  return {
    from: key.from.address.bytes,
    fromLen: key.from.length,
    to: key.to?.address.bytes,
    toLen: key.to?.length,
    gw: key.gw?.bytes,
    oif: key.oif,
  };
}

/** All of a rule, as adding and editing want it. */
export function writeRule(rule: Rule): RuleValues {
  return {
    ...writeRuleKey(rule.key),
    poolMin: rule.pool.first.bytes,
    poolMax: rule.pool.last.bytes,
    algo: algo[rule.algo],
    newGw: rule.newGw?.bytes,
    newOif: rule.newOif,
  };
}

/** An address of exactly the family's length. */
function address(family: Family, bytes: Uint8Array): IpAddress {
  if (bytes.length !== (family === "ipv4" ? 4 : 16)) throw malformed(`an ${family} address of ${bytes.length} bytes`);
  return { family, bytes };
}

function prefix(family: Family, bytes: Uint8Array, length: number | undefined): Prefix {
  const bits = required(length, "prefix length of a rule");
  if (bits > bytes.length * 8) throw malformed(`a prefix of ${bits} bits`);
  return { address: address(family, bytes), length: bits };
}

function readKey(values: RuleValues, family: Family): RuleKey {
  return {
    from: prefix(family, required(values.from, "source of a rule"), values.fromLen),
    ...(values.to === undefined ? {} : { to: prefix(family, values.to, values.toLen) }),
    ...(values.gw === undefined ? {} : { gw: address(family, values.gw) }),
    ...(values.oif === undefined ? {} : { oif: values.oif }),
  };
}

/** A rule as the kernel describes it, of a service of `family`. */
export function readRule(values: RuleValues, family: Family): RuleEntry {
  const first = address(family, required(values.poolMin, "pool of a rule"));
  return {
    key: readKey(values, family),
    pool: { first, last: values.poolMax === undefined ? first : address(family, values.poolMax) },
    algo: nameOf(algo, values.algo ?? algo.sdh, "algorithm"),
    ...(values.newGw === undefined ? {} : { newGw: address(family, values.newGw) }),
    ...(values.newOif === undefined ? {} : { newOif: values.newOif }),
    stats: readStats(values.stats),
    active: values.stats?.active ?? 0n,
    inactive: values.stats?.inactive ?? 0n,
  };
}

/** Rules by their service, in the order in which the services come first. */
export function groupRules(entries: ReadonlyArray<readonly [FwmarkKey, RuleEntry]>): readonly ServiceRules[] {
  const groups = new Map<string, { service: FwmarkKey; rules: Array<RuleEntry> }>();
  for (const [service, rule] of entries) {
    const id = `${service.family} ${service.fwmark}`;
    const group = groups.get(id);
    if (group === undefined) groups.set(id, { service, rules: [rule] });
    else group.rules.push(rule);
  }
  return [...groups.values()];
}
