// SPDX-License-Identifier: GPL-2.0-only
import type { FwmarkKey } from "../ipvs/client.js";
import type { Family } from "../model/address.js";
import { isUnspecified } from "../model/address.js";
import { formatRange } from "../model/address-range.js";
import { ranges } from "../model/local-address.js";
import { formatPrefix } from "../model/prefix.js";
import type { ServiceEntry } from "../model/service.js";
import type { RuleEntry } from "../model/snat-rule.js";
import type { Change } from "../plan/change.js";
import { changeText } from "../plan/change.js";
import { shellLine } from "./host.js";
import type { Interval } from "./intervals.js";
import { ofPrefix, ofRange } from "./intervals.js";
import type { GatewayTable } from "./readers/table.js";

/** Addresses that packets leave with, and whose they are. */
export interface LocalAddresses {
  readonly interval: Interval;
  readonly text: string;
  readonly owner: string;
}

/** A change of the table as a line of a shell. */
export const command = (change: Change): string => shellLine("tsipvsadm", ...changeText(change).split(" "));

/** How a rule is named: `-K -f 1 -F 10.0.0.0/8'. */
export function ruleText(service: FwmarkKey, { key }: Pick<RuleEntry, "key">): string {
  return `\`${changeText({ kind: "delete-snat", key: service, rule: key }).replace("-H", "-K")}'`;
}

export const deleteRule = (service: FwmarkKey, { key }: Pick<RuleEntry, "key">): string =>
  command({ kind: "delete-snat", key: service, rule: key });

/** Every rule with its service, in match order within a service. */
export function allRules(table: GatewayTable): Array<readonly [FwmarkKey, RuleEntry]> {
  return table.rules.flatMap(({ service, rules }) => rules.map((rule) => [service, rule] as const));
}

/** Pools, and the local addresses of zones and services. */
export function localAddresses(table: GatewayTable): LocalAddresses[] {
  const pools = allRules(table).map(([service, rule]) => ({
    interval: ofRange(rule.pool), text: formatRange(rule.pool), owner: `the pool of ${ruleText(service, rule)}`,
  }));
  const zones = table.zones.flatMap(({ network, addresses }) =>
    ranges(addresses.map(({ address }) => address)).map((range) => ({
      interval: ofRange(range), text: formatRange(range), owner: `the zone ${formatPrefix(network)}`,
    })),
  );
  const services = table.serviceAddresses.flatMap(({ service, addresses }) =>
    ranges(addresses.map(({ address }) => address)).map((range) => ({
      interval: ofRange(range), text: formatRange(range),
      owner: `the service ${changeText({ kind: "delete-service", key: service }).slice(3)}`,
    })),
  );
  return [...pools, ...zones, ...services];
}

/** Networks whose packets rules or zones translate. */
export function innerNetworks(table: GatewayTable): Interval[] {
  return [
    ...allRules(table).map(([, { key }]) => ofPrefix(key.from)),
    ...table.zones.filter(({ network }) => zonesAct(table, network.address.family)).map(({ network }) => ofPrefix(network)),
  ];
}

/** Is there a service that switches zones on for the family, of any of the two protocols? */
export function zonesAct(table: GatewayTable, family: Family): boolean {
  return table.services.some(({ service }) => isCatchAll(service) && familyOf(service) === family);
}

/** A service for every address and port of TCP or UDP. */
function isCatchAll({ key }: ServiceEntry): boolean {
  return key.kind === "address" && key.port === 0 && isUnspecified(key.address) && key.protocol !== "sctp";
}

export const familyOf = ({ key }: ServiceEntry): Family => (key.kind === "address" ? key.address.family : key.family);
