// SPDX-License-Identifier: GPL-2.0-only
import { compareAddresses } from "../model/address.js";
import type { ServerEntry } from "../model/server.js";
import type { Protocol, Service, ServiceEntry, ServiceKey } from "../model/service.js";
import type { RuleEntry } from "../model/snat-rule.js";

/** A service with all that belongs to it. */
export interface TableEntry {
  readonly service: ServiceEntry;
  readonly servers: readonly ServerEntry[];
  readonly rules: readonly RuleEntry[];
}

/** An SNAT service: a firewall mark with the scheduler that holds rules. */
export function isSnatService(service: Service): boolean {
  return service.key.kind === "fwmark" && service.scheduler === "snat_sched";
}

/** The protocol whose port names a service's servers have. Those of a firewall mark have none. */
export function portProtocol(key: ServiceKey): Protocol | "none" {
  return key.kind === "address" ? key.protocol : "none";
}

const protocolNumbers: Readonly<Record<Protocol, number>> = { tcp: 6, udp: 17, sctp: 132 };

/** ipvsadm's order: by protocol, address and port; firewall marks behind, by mark and family. */
export function compareKeys(a: ServiceKey, b: ServiceKey): number {
  if (a.kind === "fwmark" || b.kind === "fwmark") {
    if (a.kind !== b.kind) return a.kind === "fwmark" ? 1 : -1;
    if (a.kind !== "fwmark" || b.kind !== "fwmark") return 0;
    return a.fwmark - b.fwmark || (a.family < b.family ? -1 : Number(a.family > b.family));
  }
  return (
    a.address.bytes.length - b.address.bytes.length ||
    protocolNumbers[a.protocol] - protocolNumbers[b.protocol] ||
    compareAddresses(a.address, b.address) ||
    a.port - b.port
  );
}

export function compareServers(a: ServerEntry, b: ServerEntry): number {
  return compareAddresses(a.address, b.address) || a.port - b.port;
}
