// SPDX-License-Identifier: GPL-2.0-only
import { formatAddress } from "../model/address.js";
import { formatRange } from "../model/address-range.js";
import { formatPrefix } from "../model/prefix.js";
import { formatSchedFlags } from "../model/sched-flags.js";
import type { ForwardingMethod, Server } from "../model/server.js";
import type { Service, ServiceKey } from "../model/service.js";
import type { Rule } from "../model/snat-rule.js";
import type { TableEntry } from "./entries.js";
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

function keyFlags(key: ServiceKey, namer: Namer): string {
  if (key.kind === "fwmark") return `-f ${key.fwmark}${key.family === "ipv6" ? " -6" : ""}`;
  return `${protocolFlags[key.protocol]} ${endpoint(namer, key.address, key.port, key.protocol)}`;
}

function serviceLine(service: Service, namer: Namer): string {
  const mask = maskText(service);
  const flags = service.schedFlags && formatSchedFlags(service.schedFlags, service.scheduler);
  return [
    `-A ${keyFlags(service.key, namer)} -s ${service.scheduler}`,
    service.persistent === undefined ? "" : ` -p ${service.persistent}${mask ? ` -M ${mask}` : ""}`,
    service.peName ? ` --pe ${service.peName}` : "",
    service.onePacket ? " -o" : "",
    flags ? ` -b ${flags}` : "",
    "\n",
  ].join("");
}

function serverLine(key: ServiceKey, server: Server, namer: Namer): string {
  const address = endpoint(namer, server.address, server.port, portProtocol(key));
  const line = `-a ${keyFlags(key, namer)} -r ${address} ${methodFlags[server.method]} -w ${server.weight}`;
  // ipvsadm leaves thresholds out of its saved table; a table that loses them is no use.
  const thresholds = `${server.upper ? ` -x ${server.upper}` : ""}${server.lower ? ` -y ${server.lower}` : ""}`;
  return `${line}${thresholds}${tunnelFlags(server)}\n`;
}

function tunnelFlags({ method, tunnel }: Server): string {
  if (method !== "tunnel" || !tunnel) return "";
  if (tunnel.type === "ipip") return " --tun-type ipip";
  const port = tunnel.type === "gue" ? ` --tun-port ${tunnel.port ?? 0}` : "";
  return ` --tun-type ${tunnel.type}${port} --tun-${tunnel.checksum ?? "nocsum"}`;
}

/** A rule as -K takes it; keys that it does not have are left out. */
function ruleLine(key: ServiceKey, rule: Rule, namer: Namer): string {
  const { from, to, gw, oif } = rule.key;
  return [
    `-K ${keyFlags(key, namer)} -F ${formatPrefix(from)}`,
    to ? ` -T ${formatPrefix(to)}` : "",
    gw ? ` -W ${formatAddress(gw)}` : "",
    ` -U ${formatRange(rule.pool)} -O ${rule.algo}`,
    rule.newGw ? ` -N ${formatAddress(rule.newGw)}` : "",
    oif ? ` --oif ${oif}` : "",
    "\n",
  ].join("");
}

/** The lines that -R turns into the same service, servers and rules again. */
export function saveText({ service, servers, rules }: TableEntry, namer: Namer): string {
  return (
    serviceLine(service, namer) +
    servers.map((server) => serverLine(service.key, server, namer)).join("") +
    rules.map((rule) => ruleLine(service.key, rule, namer)).join("")
  );
}
