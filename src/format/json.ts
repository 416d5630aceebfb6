// SPDX-License-Identifier: GPL-2.0-only
import type { IpAddress } from "../model/address.js";
import { formatAddress } from "../model/address.js";
import { formatRange } from "../model/address-range.js";
import type { Connection, Flow } from "../model/flow.js";
import { formatPrefix } from "../model/prefix.js";
import { formatSchedFlags } from "../model/sched-flags.js";
import type { ServerEntry } from "../model/server.js";
import type { ServiceEntry } from "../model/service.js";
import type { RuleEntry } from "../model/snat-rule.js";
import type { TableEntry } from "./entries.js";
import { maskText } from "./service-row.js";

/** JSON of a value; counters beyond what a double holds exactly become strings. */
export function toJson(value: unknown, indent?: number): string {
  const replace = (_key: string, item: unknown) =>
    typeof item !== "bigint" ? item : item <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(item) : String(item);
  return JSON.stringify(value, replace, indent);
}

function serviceFields({ key, stats, ...service }: ServiceEntry) {
  return {
    ...(key.kind === "fwmark"
      ? { fwmark: key.fwmark, family: key.family }
      : { protocol: key.protocol, address: formatAddress(key.address), port: key.port }),
    scheduler: service.scheduler,
    persistent: service.persistent,
    netmask: maskText({ key, ...service }),
    peName: service.peName,
    onePacket: service.onePacket,
    schedFlags: (service.schedFlags && formatSchedFlags(service.schedFlags, service.scheduler)) || undefined,
    stats,
  };
}

function serverFields({ address, ...server }: ServerEntry) {
  return { address: formatAddress(address), ...server };
}

function ruleFields({ key, pool, newGw, ...rule }: RuleEntry) {
  return {
    from: formatPrefix(key.from),
    to: key.to && formatPrefix(key.to),
    gw: key.gw && formatAddress(key.gw),
    oif: key.oif,
    pool: formatRange(pool),
    algo: rule.algo,
    newGw: newGw && formatAddress(newGw),
    active: rule.active,
    inactive: rule.inactive,
    stats: rule.stats,
  };
}

/** The table as plain values, for toJson. */
export function tableFields(entries: readonly TableEntry[]) {
  return entries.map(({ service, servers, rules }) => ({
    ...serviceFields(service),
    servers: servers.map(serverFields),
    ...(rules.length > 0 && { rules: rules.map(ruleFields) }),
  }));
}

/** A flow or a connection with its addresses as text. */
export function connectionFields(item: Flow | Connection): Record<string, unknown> {
  const isAddress = (value: unknown): value is IpAddress =>
    typeof value === "object" && value !== null && "bytes" in value;
  const texts = Object.entries(item).map(([name, value]) => [name, isAddress(value) ? formatAddress(value) : value]);
  return Object.fromEntries(texts) as Record<string, unknown>;
}
