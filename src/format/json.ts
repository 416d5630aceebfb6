// SPDX-License-Identifier: GPL-2.0-only
import { formatAddress } from "../model/address.js";
import { formatRange } from "../model/address-range.js";
import type { Daemon, Timeouts } from "../model/daemon.js";
import type { Connection, Flow } from "../model/flow.js";
import { formatPrefix } from "../model/prefix.js";
import { formatSchedFlags } from "../model/sched-flags.js";
import type { ServerEntry } from "../model/server.js";
import type { Service, ServiceEntry } from "../model/service.js";
import type { RuleEntry } from "../model/snat-rule.js";
import type { Stats } from "../model/stats.js";
import type { SyncState } from "../model/sync.js";
import type { TableEntry } from "./entries.js";
import { isSnatService } from "./entries.js";
import { maskText } from "./service-row.js";
import { syncFields } from "./sync.js";

// The names below are an interface, described by docs/schema.json: they are
// given one by one, so that a change of the model does not change them.

/** An IPv4 mask, or an IPv6 prefix length; absent when each client counts by itself. */
function netmask(service: Service): string | number | undefined {
  return typeof service.netmask === "number" && service.netmask !== 128 ? service.netmask : maskText(service);
}

/** Totals, and rates per second. */
function statsFields(stats: Stats) {
  const { conns, inPkts, outPkts, inBytes, outBytes, cps, inPps, outPps, inBps, outBps } = stats;
  return { conns, inPkts, outPkts, inBytes, outBytes, cps, inPps, outPps, inBps, outBps };
}

/** What names a service. */
export function keyFields({ key }: Pick<Service, "key">) {
  if (key.kind === "fwmark") return { fwmark: key.fwmark, family: key.family };
  return { protocol: key.protocol, address: formatAddress(key.address), port: key.port };
}

function serviceFields(service: ServiceEntry) {
  const { schedFlags } = service;
  return {
    ...keyFields(service),
    scheduler: service.scheduler,
    schedFlags: schedFlags && formatSchedFlags(schedFlags, service.scheduler).split(","),
    persistentTimeout: service.persistent,
    netmask: netmask(service),
    peName: service.peName,
    onePacket: service.onePacket,
    synproxy: service.synproxy,
    stats: statsFields(service.stats),
  };
}

function serverFields(server: ServerEntry) {
  const { tunnel } = server;
  return {
    address: formatAddress(server.address),
    port: server.port,
    method: server.method,
    weight: server.weight,
    upperThreshold: server.upper,
    lowerThreshold: server.lower,
    tunnel: tunnel && { type: tunnel.type, port: tunnel.port, checksum: tunnel.checksum },
    active: server.active,
    inactive: server.inactive,
    persistent: server.persistent,
    stats: statsFields(server.stats),
  };
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
    newOif: rule.newOif,
    active: rule.active,
    inactive: rule.inactive,
    stats: statsFields(rule.stats),
  };
}

/** IPVS's version, and the buckets of its connection table. */
export function infoFields(version: readonly [number, number, number], size: number) {
  return { version: version.join("."), size };
}

/** The service table with all its columns; SNAT services have rules. */
export function tableFields(entries: readonly TableEntry[]) {
  const services = entries.map(({ service, servers, rules }) => ({
    ...serviceFields(service),
    servers: servers.map(serverFields),
    ...(isSnatService(service) && { rules: rules.map(ruleFields) }),
  }));
  return { services };
}

/** A connection of the load balancer; seconds until it ends. */
export function connectionFields(connection: Connection) {
  return {
    protocol: connection.protocol,
    state: connection.state,
    expires: connection.expires,
    client: formatAddress(connection.client),
    clientPort: connection.clientPort,
    virtual: formatAddress(connection.virtual),
    virtualPort: connection.virtualPort,
    server: formatAddress(connection.server),
    serverPort: connection.serverPort,
    local: connection.local && formatAddress(connection.local),
    localPort: connection.localPort,
    peName: connection.peName,
    peData: connection.peData,
  };
}

/** A flow of source NAT; seconds until it ends, to the millisecond. */
export function flowFields(flow: Flow) {
  return {
    protocol: flow.protocol,
    state: flow.state,
    expires: flow.expires / 1000,
    client: formatAddress(flow.client),
    clientPort: flow.clientPort,
    local: formatAddress(flow.local),
    localPort: flow.localPort,
    remote: formatAddress(flow.remote),
    remotePort: flow.remotePort,
    fwmark: flow.fwmark,
  };
}

/** Seconds. */
export function timeoutsFields({ tcp, tcpFin, udp }: Timeouts) {
  return { timeouts: { tcp, tcpFin, udp } };
}

/** With flow synchronisation, where that goes on. */
export function daemonsFields(daemons: readonly Daemon[], sync?: SyncState) {
  return {
    ...(sync && syncFields(sync)),
    daemons: daemons.map((daemon) => ({
      state: daemon.state,
      mcastInterface: daemon.mcastInterface,
      syncId: daemon.syncId,
      syncMaxlen: daemon.syncMaxlen,
      mcastGroup: daemon.mcastGroup && formatAddress(daemon.mcastGroup),
      mcastPort: daemon.mcastPort,
      mcastTtl: daemon.mcastTtl,
    })),
  };
}

/** Counters by reason, by their names in the netlink family. */
export function extStatsFields(counters: ReadonlyArray<readonly [name: string, value: bigint]>) {
  return { extStats: Object.fromEntries(counters) };
}
