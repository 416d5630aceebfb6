// SPDX-License-Identifier: GPL-2.0-only
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
