// SPDX-License-Identifier: GPL-2.0-only
import type { TableEntry } from "../format/entries.js";
import { isSnatService } from "../format/entries.js";
import { serviceOrder, sortServers } from "../format/order.js";
import type { Detail, IpvsClient, ServiceTable } from "../ipvs/client.js";
import { IpvsError, isStock } from "../ipvs/error.js";
import type { IpAddress } from "../model/address.js";
import type { ServiceAddresses } from "../model/local-address.js";
import type { ServiceKey } from "../model/service.js";
import { hasMark } from "../model/key-words.js";
import type { RuleEntry } from "../model/snat-rule.js";
import type { ZoneEntry } from "../model/zone.js";

/** What to read of the table. */
export interface Wanted extends Detail {
  /** In ipvsadm's order, the default; otherwise in the kernel's. */
  readonly sort?: boolean;
  /** Of servers only what the plain listing shows. */
  readonly plain?: boolean;
}

/** Services from which on a way of their own pays: V8 compiles otherwise, and servers come in one pass. */
export const LONG = 1000;

/** Most services whose servers are read together: more make more memory, not more speed. */
const PART = 256;

/** Services of a table by number, in the order of a listing. */
export interface Services {
  readonly table: ServiceTable;
  readonly numbers: readonly number[];
  /** Which of them are SNAT services. */
  readonly snat: ReadonlySet<number>;
}

/** The services asked for. */
export async function readServices(client: IpvsClient, key: ServiceKey | undefined, wanted: Wanted): Promise<Services> {
  const table = await client.serviceTable(key, wanted);
  const { words, length } = table;
  const numbers = (wanted.sort ?? true) ? serviceOrder(words, length) : Array.from({ length }, (_, number) => number);
  const snat = new Set<number>();
  for (let number = 0; number < length; number++) {
    if (hasMark(words, number) && table.entries([number], true).some(isSnatService)) snat.add(number);
  }
  return { table, numbers, snat };
}

/** Those that are SNAT services, or those that are not. */
export function withSnat({ table, numbers, snat }: Services, wanted: boolean): Services {
  if (snat.size === 0) return { table, numbers: wanted ? [] : numbers, snat };
  return { table, numbers: numbers.filter((number) => snat.has(number) === wanted), snat };
}

/** Services with all that belongs to them, some at a time; rules stay in the kernel's match order. */
export async function* readEntries(client: IpvsClient, services: Services, wanted: Wanted): AsyncGenerator<readonly TableEntry[]> {
  const { table, numbers } = services;
  const rules = await readRules(client, services);
  const plain = wanted.plain && numbers.length >= LONG ? client.plainServers(table) : undefined;
  for (let first = 0; first < numbers.length; first += PART) {
    const shown = numbers.slice(first, first + PART);
    const part = table.entries(shown, wanted.reuse ?? false);
    const servers = plain?.of(shown) ?? await client.serversOf(part.map(({ key }) => key), wanted);
    if (wanted.sort ?? true) servers.forEach(sortServers);
    yield part.map((service, index) => ({ service, servers: servers[index]!, rules: rules.get(ruleOwner(service.key)) ?? [] }));
  }
}

/** All services, each with what belongs to it. */
export async function readTable(client: IpvsClient, key: ServiceKey | undefined, wanted: Wanted = {}): Promise<TableEntry[]> {
  const entries: TableEntry[] = [];
  const services = await readServices(client, key, wanted);
  for await (const part of readEntries(client, services, wanted)) entries.push(...part);
  return entries;
}

/** Rules by the service that holds them, in one dump; without an SNAT service nothing is asked. */
async function readRules(client: IpvsClient, services: Services) {
  const rules = new Map<string, readonly RuleEntry[]>();
  const { table, numbers } = withSnat(services, true);
  if (numbers.length === 0) return rules;
  const [first] = table.entries(numbers.slice(0, 1), true);
  const only = numbers.length === 1 && first!.key.kind === "fwmark" ? { ...first!.key } : undefined;
  for (const held of await client.rules(only)) rules.set(ruleOwner(held.service), held.rules);
  return rules;
}

/** All zones in order; none when the module is the stock one, or older than zones are. */
export async function readZones(client: IpvsClient): Promise<readonly ZoneEntry[]> {
  try {
    return await client.zones.list();
  } catch (error) {
    if (isStock(error) || (error instanceof IpvsError && error.errno === "EOPNOTSUPP")) return [];
    throw error;
  }
}

/** Services that were given local addresses, or the one; none when the module is the stock one, or older than FULLNAT is. */
export async function readServiceAddresses(client: IpvsClient, key?: ServiceKey): Promise<readonly ServiceAddresses[]> {
  try {
    return await client.serviceAddresses.list(key);
  } catch (error) {
    if (isStock(error) || (error instanceof IpvsError && error.errno === "EOPNOTSUPP")) return [];
    throw error;
  }
}

function ruleOwner(key: ServiceKey): string {
  return key.kind === "fwmark" ? `${key.family} ${key.fwmark}` : "";
}

/** Every address that a listing shows by name. */
export function namedAddresses(entries: readonly TableEntry[]): IpAddress[] {
  return entries.flatMap(({ service, servers, rules }) => [
    ...(service.key.kind === "address" ? [service.key.address] : []),
    ...servers.map(({ address }) => address),
    ...rules.flatMap(({ key, newGw }) => [key.gw, newGw].filter((address) => address !== undefined)),
  ]);
}
