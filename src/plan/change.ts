// SPDX-License-Identifier: GPL-2.0-only
import {
  daemonArguments,
  ruleArguments,
  ruleKeyArguments,
  serverArguments,
  serverKeyArguments,
  serviceArguments,
  serviceKeyArguments,
} from "../format/arguments.js";
import { numeric } from "../format/names.js";
import type { FwmarkKey, IpvsClient } from "../ipvs/client.js";
import type { AddressRange } from "../model/address.js";
import { formatRange } from "../model/address-range.js";
import type { Daemon, Timeouts } from "../model/daemon.js";
import type { Server } from "../model/server.js";
import type { Service, ServiceKey } from "../model/service.js";
import type { Rule, RuleKey } from "../model/snat-rule.js";
import type { ZoneChange } from "./zones.js";
import { sendZoneChange, zoneChangeText, zoneId } from "./zones.js";

/** One change of the kernel's table, named as the verb that makes it; -P and -Q are two verbs each. */
export type Change =
  | { readonly kind: "add-service" | "edit-service"; readonly service: Service }
  | { readonly kind: "delete-service"; readonly key: ServiceKey }
  | { readonly kind: "add-server" | "edit-server"; readonly key: ServiceKey; readonly server: Server }
  | {
      readonly kind: "delete-server";
      readonly key: ServiceKey;
      readonly server: Pick<Server, "address" | "port">;
    }
  | { readonly kind: "add-snat" | "edit-snat"; readonly key: FwmarkKey; readonly rule: Rule }
  | { readonly kind: "delete-snat"; readonly key: FwmarkKey; readonly rule: RuleKey }
  | { readonly kind: "add-service-laddr" | "del-service-laddr"; readonly key: ServiceKey; readonly range: AddressRange }
  | ZoneChange
  | { readonly kind: "flush" }
  | { readonly kind: "zero"; readonly key?: ServiceKey }
  | { readonly kind: "set"; readonly timeouts: Timeouts }
  | { readonly kind: "start-daemon" | "stop-daemon"; readonly daemon: Daemon };

/** Ask the kernel for the change. Rejects with an IpvsError. */
export async function send(change: Change, client: IpvsClient): Promise<void> {
  switch (change.kind) {
    case "add-service":
      return client.addService(change.service);
    case "edit-service":
      return client.editService(change.service);
    case "delete-service":
      return client.deleteService(change.key);
    case "add-server":
      return client.addServer(change.key, change.server);
    case "edit-server":
      return client.editServer(change.key, change.server);
    case "delete-server":
      return client.deleteServer(change.key, change.server);
    case "add-snat":
      return client.addRule(change.key, change.rule);
    case "edit-snat":
      return client.editRule(change.key, change.rule);
    case "delete-snat":
      return client.deleteRule(change.key, change.rule);
    case "add-service-laddr":
      return client.serviceAddresses.add(change.key, change.range);
    case "del-service-laddr":
      return client.serviceAddresses.delete(change.key, change.range);
    case "add-zone":
    case "del-zone":
    case "add-laddr":
    case "del-laddr":
      return sendZoneChange(change, client);
    case "flush":
      return client.flush();
    case "zero":
      return client.zero(change.key);
    case "set":
      return client.setTimeouts(change.timeouts);
    case "start-daemon":
      return client.startDaemon(change.daemon);
    case "stop-daemon":
      return client.stopDaemon(change.daemon);
  }
}

/** The change as a command line, which -R takes; addresses and ports are numbers. */
export function changeText(change: Change): string {
  switch (change.kind) {
    case "add-service":
      return `-A ${serviceArguments(change.service, numeric)}`;
    case "edit-service":
      return `-E ${serviceArguments(change.service, numeric)}`;
    case "delete-service":
      return `-D ${serviceId(change.key)}`;
    case "add-server":
      return `-a ${serverArguments(change.key, change.server, numeric)}`;
    case "edit-server":
      return `-e ${serverArguments(change.key, change.server, numeric)}`;
    case "delete-server":
      return `-d ${serverId(change.key, change.server)}`;
    case "add-snat":
      return `-K ${ruleArguments(change.key, change.rule, numeric)}`;
    case "edit-snat":
      return `-k ${ruleArguments(change.key, change.rule, numeric)}`;
    case "delete-snat":
      return `-H ${ruleId(change.key, change.rule)}`;
    case "add-service-laddr":
      return `-P ${serviceId(change.key)} -z ${formatRange(change.range)}`;
    case "del-service-laddr":
      return `-Q ${serviceId(change.key)} -z ${formatRange(change.range)}`;
    case "add-zone":
    case "del-zone":
    case "add-laddr":
    case "del-laddr":
      return zoneChangeText(change);
    case "flush":
      return "-C";
    case "zero":
      return change.key ? `-Z ${serviceId(change.key)}` : "-Z";
    case "set":
      return `--set ${change.timeouts.tcp} ${change.timeouts.tcpFin} ${change.timeouts.udp}`;
    case "start-daemon":
      return `--start-daemon ${daemonArguments(change.daemon)}`;
    case "stop-daemon":
      return `--stop-daemon ${change.daemon.state}`;
  }
}

/** What tells a service, a server, a rule from all others: the arguments that name it. */
export const serviceId = (key: ServiceKey): string => serviceKeyArguments(key, numeric);
export const serverId = (key: ServiceKey, server: Pick<Server, "address" | "port">): string =>
  serverKeyArguments(key, server, numeric);
export const ruleId = (key: ServiceKey, rule: RuleKey): string => ruleKeyArguments(key, rule, numeric);

/** What a change is about: an entry by its id, and the service or zone that the entry is of, or is. */
export interface Subject {
  readonly id: string;
  readonly owner?: string;
}

export function subjectOf(change: Change): Subject {
  switch (change.kind) {
    case "add-service":
    case "edit-service":
      return ofService(change.service.key);
    case "delete-service":
      return ofService(change.key);
    case "add-server":
    case "edit-server":
    case "delete-server":
      return { id: serverId(change.key, change.server), owner: serviceId(change.key) };
    case "add-snat":
    case "edit-snat":
      return { id: ruleId(change.key, change.rule.key), owner: serviceId(change.key) };
    case "delete-snat":
      return { id: ruleId(change.key, change.rule), owner: serviceId(change.key) };
    case "add-service-laddr":
    case "del-service-laddr":
      return { id: `addresses of ${serviceId(change.key)}`, owner: serviceId(change.key) };
    case "add-zone":
    case "del-zone":
      return { id: zoneId(change.zone), owner: zoneId(change.zone) };
    case "add-laddr":
    case "del-laddr":
      return { id: `addresses of ${zoneId(change.zone)}`, owner: zoneId(change.zone) };
    case "zero":
      return change.key ? ofService(change.key) : { id: "all counters" };
    case "flush":
      return { id: "all services" };
    case "set":
      return { id: "timeouts" };
    case "start-daemon":
    case "stop-daemon":
      return { id: `${change.daemon.state} daemon` };
  }
}

function ofService(key: ServiceKey): Subject {
  const id = serviceId(key);
  return { id, owner: id };
}
