// SPDX-License-Identifier: GPL-2.0-only
// Entries of the table as the arguments that name or make them. Nothing is
// lost, and what is the same for the kernel gives the same text, so that two
// entries are equal when their texts are.
import type { Daemon } from "../model/daemon.js";
import { formatAddress } from "../model/address.js";
import { formatRange } from "../model/address-range.js";
import { formatNextHop } from "../model/next-hop.js";
import { formatPrefix } from "../model/prefix.js";
import { formatSchedFlags } from "../model/sched-flags.js";
import type { ForwardingMethod, Server } from "../model/server.js";
import type { Service, ServiceKey } from "../model/service.js";
import type { Rule, RuleKey } from "../model/snat-rule.js";
import { portProtocol } from "./entries.js";
import type { Namer } from "./names.js";
import { endpoint } from "./names.js";
import { maskText } from "./service-row.js";

const methodFlags: Readonly<Record<ForwardingMethod, string>> = {
  masq: "-m",
  local: "-g",
  tunnel: "-i",
  route: "-g",
  bypass: "-g",
  fullnat: "-b",
};

const protocolFlags = { tcp: "-t", udp: "-u", sctp: "--sctp-service" } as const;

export function serviceKeyArguments(key: ServiceKey, namer: Namer): string {
  if (key.kind === "fwmark") return `-f ${key.fwmark}${key.family === "ipv6" ? " -6" : ""}`;
  return `${protocolFlags[key.protocol]} ${endpoint(namer, key.address, key.port, key.protocol)}`;
}

export function serviceArguments(service: Service, namer: Namer): string {
  const mask = maskText(service);
  const flags = service.schedFlags && formatSchedFlags(service.schedFlags, service.scheduler);
  return [
    `${serviceKeyArguments(service.key, namer)} -s ${service.scheduler}`,
    service.persistent === undefined ? "" : ` -p ${service.persistent}${mask ? ` -M ${mask}` : ""}`,
    service.peName ? ` --pe ${service.peName}` : "",
    service.onePacket ? " -o" : "",
    flags ? ` -b ${flags}` : "",
    service.synproxy ? " -j enable" : "",
  ].join("");
}

export function serverKeyArguments(key: ServiceKey, server: Pick<Server, "address" | "port">, namer: Namer): string {
  return `${serviceKeyArguments(key, namer)} -r ${endpoint(namer, server.address, server.port, portProtocol(key))}`;
}

export function serverArguments(key: ServiceKey, server: Server, namer: Namer): string {
  const line = `${serverKeyArguments(key, server, namer)} ${methodFlags[server.method]} -w ${server.weight}`;
  const thresholds = `${server.upper ? ` -x ${server.upper}` : ""}${server.lower ? ` -y ${server.lower}` : ""}`;
  return `${line}${thresholds}${tunnelFlags(server)}`;
}

function tunnelFlags({ method, tunnel }: Server): string {
  if (method !== "tunnel" || !tunnel) return "";
  if (tunnel.type === "ipip") return " --tun-type ipip";
  const port = tunnel.type === "gue" ? ` --tun-port ${tunnel.port ?? 0}` : "";
  return ` --tun-type ${tunnel.type}${port} --tun-${tunnel.checksum ?? "nocsum"}`;
}

/** Keys that a rule does not have are left out. */
export function ruleKeyArguments(key: ServiceKey, rule: RuleKey, namer: Namer): string {
  return `${ruleAddresses(key, rule, namer)}${oifFlag(rule)}`;
}

/** In the order of lvs-snat's saved format, which has --oif last. */
export function ruleArguments(key: ServiceKey, rule: Rule, namer: Namer): string {
  return [
    `${ruleAddresses(key, rule.key, namer)} -U ${formatRange(rule.pool)} -O ${rule.algo}`,
    rule.newGw ? ` -N ${formatNextHop(rule.newGw, rule.newOif)}` : "",
    oifFlag(rule.key),
  ].join("");
}

function ruleAddresses(key: ServiceKey, { from, to, gw }: RuleKey, namer: Namer): string {
  return [
    `${serviceKeyArguments(key, namer)} -F ${formatPrefix(from)}`,
    to ? ` -T ${formatPrefix(to)}` : "",
    gw ? ` -W ${formatAddress(gw)}` : "",
  ].join("");
}

function oifFlag({ oif }: RuleKey): string {
  return oif === undefined ? "" : ` --oif ${oif}`;
}

export function daemonArguments(daemon: Daemon): string {
  const { syncMaxlen, mcastGroup, mcastPort, mcastTtl } = daemon;
  return [
    `${daemon.state} --mcast-interface ${daemon.mcastInterface} --syncid ${daemon.syncId}`,
    syncMaxlen === undefined ? "" : ` --sync-maxlen ${syncMaxlen}`,
    mcastGroup === undefined ? "" : ` --mcast-group ${formatAddress(mcastGroup)}`,
    mcastPort === undefined ? "" : ` --mcast-port ${mcastPort}`,
    mcastTtl === undefined ? "" : ` --mcast-ttl ${mcastTtl}`,
  ].join("");
}
