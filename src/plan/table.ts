// SPDX-License-Identifier: GPL-2.0-only
import type { TableEntry } from "../format/entries.js";
import { isSnatService } from "../format/entries.js";
import type { Operation } from "../ipvs/error.js";
import { IpvsError } from "../ipvs/error.js";
import type { Daemon, Timeouts } from "../model/daemon.js";
import type { ServiceAddresses } from "../model/local-address.js";
import type { Server } from "../model/server.js";
import type { Service, ServiceKey } from "../model/service.js";
import type { Rule } from "../model/snat-rule.js";
import type { ZoneEntry } from "../model/zone.js";
import type { Addresses } from "./addresses.js";
import { addAddresses, addressesFrom, deleteAddresses } from "./addresses.js";
import type { Change } from "./change.js";
import { ruleId, serverId, serviceId } from "./change.js";
import { ZoneTable } from "./zones.js";

/** A service with what belongs to it, by id. */
export interface Entry {
  readonly service: Service;
  readonly servers: Map<string, Server>;
  readonly rules: Map<string, Rule>;
  readonly addresses: Addresses;
}

/**
 * What the kernel holds, or is to hold, in the order of its making. What was
 * not said is not there: timeouts, or a daemon that is neither wanted nor
 * unwanted.
 */
export class Table {
  readonly services = new Map<string, Entry>();
  /** By state; undefined is a daemon that does not run. */
  readonly daemons = new Map<Daemon["state"], Daemon | undefined>();
  timeouts: Timeouts | undefined;

  constructor(readonly zones = new ZoneTable()) {}

  static of(entries: readonly TableEntry[], zones: readonly ZoneEntry[], local: readonly ServiceAddresses[]): Table {
    const table = new Table(ZoneTable.of(zones));
    const held = new Map(local.map(({ service, addresses }) => [serviceId(service), addresses]));
    for (const { service, servers, rules } of entries) {
      const { key } = service;
      table.services.set(serviceId(key), {
        service,
        servers: new Map(servers.map((server) => [serverId(key, server), server])),
        rules: new Map(rules.map((rule) => [ruleId(key, rule.key), rule])),
        addresses: addressesFrom(held.get(serviceId(key)) ?? []),
      });
    }
    return table;
  }

  copy(): Table {
    const copy = new Table(this.zones.copy());
    for (const [id, { service, servers, rules, addresses }] of this.services) {
      copy.services.set(id, { service, servers: new Map(servers), rules: new Map(rules), addresses: new Map(addresses) });
    }
    for (const [state, daemon] of this.daemons) copy.daemons.set(state, daemon);
    copy.timeouts = this.timeouts;
    return copy;
  }

  /**
   * Make the change. Throws the IpvsError by which the kernel refuses what is
   * there already or is not there; all else is for the kernel to refuse.
   */
  change(change: Change): void {
    switch (change.kind) {
      case "add-service":
        return this.#addService(change.service);
      case "edit-service":
        return this.#editService(change.service);
      case "delete-service":
        this.#entry(change.key, "deleteService");
        this.services.delete(serviceId(change.key));
        return;
      case "flush":
        this.services.clear();
        return this.zones.clear();
      case "add-zone":
      case "del-zone":
      case "add-laddr":
      case "del-laddr":
        return this.zones.change(change);
      case "zero":
        if (change.key) this.#entry(change.key, "zero");
        return;
      case "set":
        this.timeouts = merged(this.timeouts, change.timeouts);
        return;
      case "start-daemon":
      case "stop-daemon":
        return this.#changeDaemon(change.kind, change.daemon);
      default:
        return this.#changeMember(change);
    }
  }

  #addService(service: Service): void {
    const id = serviceId(service.key);
    if (this.services.has(id)) throw new IpvsError("addService", "EEXIST");
    this.services.set(id, { service, servers: new Map(), rules: new Map(), addresses: new Map() });
  }

  /** A service that is no SNAT service any more has lost its rules. */
  #editService(service: Service): void {
    const { servers, rules, addresses } = this.#entry(service.key, "editService");
    this.services.set(serviceId(service.key), { service, servers, rules: isSnatService(service) ? rules : new Map(), addresses });
  }

  #entry(key: ServiceKey, operation: Operation): Entry {
    const entry = this.services.get(serviceId(key));
    if (!entry) throw new IpvsError(operation, "ESRCH");
    return entry;
  }

  #changeMember(change: MemberChange): void {
    switch (change.kind) {
      case "add-server":
        return add(this.#entry(change.key, "addServer").servers, serverId(change.key, change.server), change.server, "addServer");
      case "edit-server":
        return edit(this.#entry(change.key, "editServer").servers, serverId(change.key, change.server), change.server, "editServer");
      case "delete-server":
        return remove(this.#entry(change.key, "deleteServer").servers, serverId(change.key, change.server), "deleteServer");
      case "add-snat":
        return add(this.#rules(change.key, "addRule"), ruleId(change.key, change.rule.key), change.rule, "addRule");
      case "edit-snat":
        return edit(this.#rules(change.key, "editRule"), ruleId(change.key, change.rule.key), change.rule, "editRule");
      case "add-service-laddr":
        return addAddresses(this.#entry(change.key, "addServiceAddress").addresses, change.range, "addServiceAddress");
      case "del-service-laddr":
        return deleteAddresses(this.#entry(change.key, "deleteServiceAddress").addresses, change.range, "deleteServiceAddress");
      case "delete-snat":
        return remove(this.#rules(change.key, "deleteRule"), ruleId(change.key, change.rule), "deleteRule");
    }
  }

  #rules(key: ServiceKey, operation: Operation): Map<string, Rule> {
    const entry = this.#entry(key, operation);
    if (isSnatService(entry.service)) return entry.rules;
    throw new IpvsError(operation, "ESRCH", undefined, { extAck: "this service's scheduler is not snat_sched" });
  }

  #changeDaemon(kind: "start-daemon" | "stop-daemon", daemon: Daemon): void {
    const known = this.daemons.has(daemon.state);
    const runs = this.daemons.get(daemon.state) !== undefined;
    if (kind === "start-daemon" && runs) throw new IpvsError("startDaemon", "EEXIST");
    if (kind === "stop-daemon" && known && !runs) throw new IpvsError("stopDaemon", "ESRCH");
    this.daemons.set(daemon.state, kind === "start-daemon" ? daemon : undefined);
  }
}

type MemberChange = Extract<Change, { kind: `${string}-server` | `${string}-snat` | `${string}-service-laddr` }>;

function add<T>(members: Map<string, T>, id: string, member: T, operation: Operation): void {
  if (members.has(id)) throw new IpvsError(operation, "EEXIST");
  members.set(id, member);
}

function edit<T>(members: Map<string, T>, id: string, member: T, operation: Operation): void {
  if (!members.has(id)) throw new IpvsError(operation, "ENOENT");
  members.set(id, member);
}

function remove<T>(members: Map<string, T>, id: string, operation: Operation): void {
  if (!members.delete(id)) throw new IpvsError(operation, "ENOENT");
}

/** A timeout of 0 leaves what was there. */
function merged(old: Timeouts | undefined, { tcp, tcpFin, udp }: Timeouts): Timeouts {
  return { tcp: tcp || (old?.tcp ?? 0), tcpFin: tcpFin || (old?.tcpFin ?? 0), udp: udp || (old?.udp ?? 0) };
}
