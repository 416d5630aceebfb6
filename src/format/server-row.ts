// SPDX-License-Identifier: GPL-2.0-only
import type { ForwardingMethod, Server, ServerEntry } from "../model/server.js";
import { pad } from "./columns.js";
import { listedEndpoint } from "./names.js";
import type { ListFormat } from "./service-row.js";
import { serverRateColumns, statsColumns } from "./service-row.js";

const methodNames: Readonly<Record<ForwardingMethod, string>> = {
  masq: "Masq",
  local: "Local",
  tunnel: "Tunnel",
  route: "Route",
  bypass: "Bypass",
  fullnat: "FullNat",
};

const checksumMarks = { nocsum: "-c", csum: "+c", remcsum: "r+c" } as const;

/** "gue:6080:-c", "gre:+c", "ipip", or "n/a" for a server without tunnel. */
function tunnelText({ method, tunnel }: Server): string {
  if (method !== "tunnel" || !tunnel) return "n/a";
  const checksum = checksumMarks[tunnel.checksum ?? "nocsum"];
  if (tunnel.type === "ipip") return "ipip";
  return tunnel.type === "gue" ? `gue:${tunnel.port ?? 0}:${checksum}` : `gre:${checksum}`;
}

/** The line of a real server; ports of a service have their protocol's names. */
export function serverRow(server: ServerEntry, protocol: string, format: ListFormat): string {
  const name = `  -> ${pad(listedEndpoint(format.namer, server.address, server.port, protocol), 28)}`;
  const connections = `${pad(server.active, 10)} ${pad(server.inactive, 10)}\n`;
  const method = pad(methodNames[server.method], 7);
  const weight = pad(server.weight, 6);
  switch (format.columns) {
    case "stats":
      return `${name}${statsColumns(server.stats, format.exact)}\n`;
    case "rate":
      return `${name}${serverRateColumns(server.stats, format.exact)}\n`;
    case "thresholds":
      return `${name} ${pad(server.upper, 10)} ${pad(server.lower, 10)} ${connections}`;
    case "persistent-conn":
      return `${name} ${pad(server.weight, 9)} ${pad(server.persistent, 11)} ${connections}`;
    case "tun-info":
      return `${name} ${method} ${pad(tunnelText(server), 13)} ${weight} ${connections}`;
    case "plain":
      return `${name} ${method} ${weight} ${connections}`;
  }
}
