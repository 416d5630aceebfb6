// SPDX-License-Identifier: GPL-2.0-only
import { ruleArguments, serverArguments, serviceArguments } from "../format/arguments.js";
import { isSnatService } from "../format/entries.js";
import { numeric } from "../format/names.js";
import type { FwmarkKey } from "../ipvs/client.js";
import type { Family } from "../model/address.js";
import { familyName } from "../model/address.js";
import type { Server } from "../model/server.js";
import type { Rule } from "../model/snat-rule.js";
import { addressDifference } from "./addresses.js";
import type { Change } from "./change.js";
import { serviceId } from "./change.js";
import { daemonChanges } from "./daemons.js";
import type { Entry, Table } from "./table.js";
import { zoneChanges } from "./zone-difference.js";

/** The way from one table to another, and what of it is no mere edit though one might expect it. */
export interface Difference {
  readonly changes: readonly Change[];
  readonly remarks: readonly string[];
}

/**
 * The changes that make `wanted` of `present`, in an order in which the kernel
 * takes them: what is missing is added and what differs is edited, in the
 * order of `wanted`, before what is not wanted is deleted, so that there is
 * always a server to send to. Only the SNAT service of a family has to go
 * before another comes. What is equal is left alone. `looseZones` are moved
 * rather than others.
 */
export function difference(present: Table, wanted: Table, looseZones?: ReadonlySet<string>): Difference {
  const changes: Change[] = [];
  const daemons = daemonChanges(present, wanted);
  const remarks = [...daemons.remarks];
  const done = new Set<string>();
  const settle = (id: string): void => {
    if (done.has(id)) return;
    done.add(id);
    changes.push(...entryChanges(present.services.get(id), wanted.services.get(id)));
  };
  changes.push(...daemons.stops);
  for (const [from, to] of handovers(present, wanted)) {
    remarks.push(`${serviceId(to)} takes over from ${serviceId(from)} as the SNAT service of ${familyName(from.family)}: its flows end`);
    settle(serviceId(from));
    settle(serviceId(to));
  }
  for (const id of wanted.services.keys()) settle(id);
  for (const id of present.services.keys()) settle(id);
  changes.push(...zoneChanges(present.zones, wanted.zones, looseZones), ...timeoutChanges(present, wanted), ...daemons.starts);
  return { changes, remarks };
}

/** Per family, an SNAT service that another replaces: the kernel has one of each family at a time. */
function handovers(present: Table, wanted: Table): Array<[FwmarkKey, FwmarkKey]> {
  const families: readonly Family[] = ["ipv4", "ipv6"];
  return families.flatMap((family): Array<[FwmarkKey, FwmarkKey]> => {
    const from = snatKey(present, family);
    const to = snatKey(wanted, family);
    return from && to && from.fwmark !== to.fwmark ? [[from, to]] : [];
  });
}

function snatKey({ services }: Table, family: Family): FwmarkKey | undefined {
  for (const { service } of services.values()) {
    const { key } = service;
    if (key.kind === "fwmark" && key.family === family && isSnatService(service)) return key;
  }
  return undefined;
}

/** A service that goes takes along what belongs to it. */
function entryChanges(now: Entry | undefined, then: Entry | undefined): Change[] {
  if (!then) return now ? [{ kind: "delete-service", key: now.service.key }] : [];
  const changes = [...addressChanges(now, then), ...serverChanges(now, then), ...ruleChanges(now, then)];
  // SYNPROXY is switched on for servers that it can serve, and off before there are others.
  const last = now !== undefined && then.service.synproxy === true && now.service.synproxy !== true;
  return last ? [...changes, ...serviceChanges(now, then)] : [...serviceChanges(now, then), ...changes];
}

function serviceChanges(now: Entry | undefined, { service }: Entry): Change[] {
  if (!now) return [{ kind: "add-service", service }];
  const same = serviceArguments(now.service, numeric) === serviceArguments(service, numeric);
  return same ? [] : [{ kind: "edit-service", service }];
}

/** Ahead of the servers, of which some may have no traffic without. */
function addressChanges(now: Entry | undefined, { service: { key }, addresses }: Entry): Change[] {
  const { missing, gone } = addressDifference(now?.addresses ?? new Map(), addresses);
  return [
    ...missing.map((range): Change => ({ kind: "add-service-laddr", key, range })),
    ...gone.map((range): Change => ({ kind: "del-service-laddr", key, range })),
  ];
}

function serverChanges(now: Entry | undefined, { service: { key }, servers }: Entry): Change[] {
  const text = (server: Server) => serverArguments(key, server, numeric);
  const { added, edited, gone } = compare(now?.servers, servers, text);
  return [
    ...added.map((server): Change => ({ kind: "add-server", key, server })),
    ...edited.map((server): Change => ({ kind: "edit-server", key, server })),
    ...gone.map((server): Change => ({ kind: "delete-server", key, server })),
  ];
}

/** Rules that a service loses by its scheduler need no deleting. */
function ruleChanges(now: Entry | undefined, { service, rules }: Entry): Change[] {
  const { key } = service;
  if (key.kind !== "fwmark" || !isSnatService(service)) return [];
  const text = (rule: Rule) => ruleArguments(key, rule, numeric);
  const { added, edited, gone } = compare(now?.rules, rules, text);
  return [
    ...added.map((rule): Change => ({ kind: "add-snat", key, rule })),
    ...edited.map((rule): Change => ({ kind: "edit-snat", key, rule })),
    ...gone.map((rule): Change => ({ kind: "delete-snat", key, rule: rule.key })),
  ];
}

function compare<T>(now: ReadonlyMap<string, T> | undefined, then: ReadonlyMap<string, T>, text: (member: T) => string) {
  const added: T[] = [];
  const edited: T[] = [];
  for (const [id, member] of then) {
    const old = now?.get(id);
    if (old === undefined) added.push(member);
    else if (text(old) !== text(member)) edited.push(member);
  }
  const gone = [...(now ?? [])].flatMap(([id, member]) => (then.has(id) ? [] : [member]));
  return { added, edited, gone };
}

/** A timeout that is 0 may be what it is. */
function timeoutChanges(present: Table, { timeouts }: Table): Change[] {
  if (!timeouts) return [];
  const names = ["tcp", "tcpFin", "udp"] as const;
  const differs = names.some((name) => timeouts[name] !== 0 && timeouts[name] !== present.timeouts?.[name]);
  return differs ? [{ kind: "set", timeouts }] : [];
}
