// SPDX-License-Identifier: GPL-2.0-only
import type { AddressRange, Prefix } from "../model/address.js";
import type { Connection, Flow } from "../model/flow.js";
import type { Daemon, Timeouts } from "../model/daemon.js";
import type { ServiceAddresses } from "../model/local-address.js";
import type { Server, ServerEntry } from "../model/server.js";
import type { Service, ServiceEntry, ServiceKey } from "../model/service.js";
import type { Rule, RuleEntry, RuleKey } from "../model/snat-rule.js";
import type { SyncSettings, SyncState } from "../model/sync.js";
import type { ZoneEntry } from "../model/zone.js";

/** The SNAT service a rule belongs to. */
export type FwmarkKey = Extract<ServiceKey, { kind: "fwmark" }>;

/** What IPVS says of itself: its version as [major, minor, patch] and its connection table's size. */
export interface IpvsInfo {
  readonly version: readonly [number, number, number];
  readonly connTabSize: number;
}

/** What the module's own family says of itself. */
export interface ModuleInfo {
  readonly abi: number;
  readonly features: number;
  readonly flows: number;
  readonly flowsTotal: number;
  readonly flowsMax: number;
  readonly buckets: number;
  readonly version: string;
}

/** How much of each entry to read. */
export interface Detail {
  /** Its counters too, the default; without, NO_STATS stands there. */
  readonly counters?: boolean;
  /** Fill the entries and lists of the last such call anew: long listings leave no garbage then. */
  readonly reuse?: boolean;
}

/** Services as one dump listed them, by number in its order. */
export interface ServiceTable {
  readonly length: number;
  /** Their keys, as serviceWords() has them. */
  readonly words: Int32Array;
  /** Entries of these services; with `reuse` those of the last such call are filled anew. */
  entries(services: readonly number[], reuse: boolean): readonly ServiceEntry[];
}

/** Servers of a table's services, read together without thresholds, tunnels and counters. */
export interface PlainServers {
  /** A list for each of the services, filled anew by the next call; undefined when those of one are not known. */
  of(services: readonly number[]): ReadonlyArray<ServerEntry[]> | undefined;
}

export interface ServiceRules {
  readonly service: FwmarkKey;
  readonly rules: readonly RuleEntry[];
}

/** The verbs of zones, which are ordered within a family. They reject as those of IpvsClient do. */
export interface ZoneVerbs {
  /** Behind all others, or before one that is there. */
  add(zone: Prefix, before?: Prefix): Promise<void>;
  delete(zone: Prefix): Promise<void>;
  /** All of the range, or none. */
  addAddresses(zone: Prefix, range: AddressRange): Promise<void>;
  deleteAddresses(zone: Prefix, range: AddressRange): Promise<void>;
  /** Zones in order, IPv4 before IPv6, or only the given one. Rejects when the module has none. */
  list(zone?: Prefix): Promise<readonly ZoneEntry[]>;
}

/** The verbs of services' local addresses. They reject as those of IpvsClient do. */
export interface ServiceAddressVerbs {
  /** All of the range, or none. */
  add(service: ServiceKey, range: AddressRange): Promise<void>;
  delete(service: ServiceKey, range: AddressRange): Promise<void>;
  /** Services that were given any, IPv4 before IPv6, or the one asked for. Rejects when the module has no FULLNAT. */
  list(service?: ServiceKey): Promise<readonly ServiceAddresses[]>;
}

/** Flow synchronisation. They reject as those of IpvsClient do, also where the module has none. */
export interface SyncVerbs {
  set(settings: SyncSettings): Promise<void>;
  state(): Promise<SyncState>;
  /** Rejects with ESRCH where no backup is there, with ETIMEDOUT where one has not confirmed in time. */
  handover(milliseconds: number): Promise<void>;
}

/**
 * The verbs of both netlink families. Every method rejects with an IpvsError
 * ({operation, errno, kernel's extended-ack message}) when the kernel refuses.
 */
export interface IpvsClient {
  info(): Promise<IpvsInfo>;
  /** undefined when the module is not loaded or is the stock one. */
  moduleInfo(): Promise<ModuleInfo | undefined>;

  addService(service: Service): Promise<void>;
  editService(service: Service): Promise<void>;
  deleteService(key: ServiceKey): Promise<void>;
  flush(): Promise<void>;
  /** Zero the counters of one service, or of all. */
  zero(key?: ServiceKey): Promise<void>;
  services(detail?: Detail): Promise<readonly ServiceEntry[]>;
  service(key: ServiceKey): Promise<ServiceEntry>;
  /** All services, or the one. */
  serviceTable(key?: ServiceKey, detail?: Detail): Promise<ServiceTable>;

  addServer(key: ServiceKey, server: Server): Promise<void>;
  editServer(key: ServiceKey, server: Server): Promise<void>;
  deleteServer(key: ServiceKey, server: Pick<Server, "address" | "port">): Promise<void>;
  servers(key: ServiceKey): Promise<readonly ServerEntry[]>;
  /** Servers of many services, a list for each; one that is gone has none. */
  serversOf(keys: readonly ServiceKey[], detail?: Detail): Promise<ReadonlyArray<ServerEntry[]>>;
  /** Lines of /proc/net/ip_vs, parsed; undefined where they can't be read. */
  plainServers(table: ServiceTable): PlainServers | undefined;

  timeouts(): Promise<Timeouts>;
  setTimeouts(timeouts: Timeouts): Promise<void>;
  daemons(): Promise<readonly Daemon[]>;
  startDaemon(daemon: Daemon): Promise<void>;
  stopDaemon(daemon: Daemon): Promise<void>;

  addRule(service: FwmarkKey, rule: Rule): Promise<void>;
  editRule(service: FwmarkKey, rule: Rule): Promise<void>;
  deleteRule(service: FwmarkKey, key: RuleKey): Promise<void>;
  /** Rules in match order, of one service or of all; empty when the module has no SNAT. */
  rules(service?: FwmarkKey): Promise<readonly ServiceRules[]>;
  readonly zones: ZoneVerbs;
  readonly serviceAddresses: ServiceAddressVerbs;
  readonly sync: SyncVerbs;
  /**
   * Flows, some at a time; none when the module has no SNAT. What is given is
   * valid until the next is asked for, page and flow alike; a page can be gone
   * through again.
   */
  flows(): AsyncIterable<Iterable<Flow>>;
  /** Lines of /proc/net/ip_vs_conn, parsed; given like flows(). */
  connections(): AsyncIterable<Iterable<Connection>>;
  /** Counters by reason, in the family's order. */
  extStats(): Promise<ReadonlyArray<readonly [name: string, value: bigint]>>;

  /**
   * Start gathering: until commit() the mutating verbs above queue their
   * message and resolve later, so that many travel in one send. Each verb's
   * promise still rejects with its own error. With `refused`, which is for bulk
   * work, they all return `queued`, resolved, and before commit() resolves
   * `refused` is told of each that failed, by its number in the batch, from 0.
   */
  batch(refused?: (number: number, error: unknown) => void): Batch;
  close(): void;
}

/** Changes that travel together. */
export interface Batch {
  readonly queued: Promise<void>;
  /** Number of changes so far. */
  readonly count: number;
  commit(): Promise<void>;
}
