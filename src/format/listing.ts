// SPDX-License-Identifier: GPL-2.0-only
import { pad } from "./columns.js";
import type { TableEntry } from "./entries.js";
import { portProtocol } from "./entries.js";
import { ruleHeader, writeRule } from "./rule-row.js";
import { writeServer } from "./server-row.js";
import type { ListFormat } from "./service-row.js";
import { writeService } from "./service-row.js";
import type { TextBuffer } from "./text-buffer.js";

/** "IP Virtual Server version 1.2.1 (size=4096)". */
export function versionLine(version: readonly [number, number, number], size: number): string {
  return `IP Virtual Server version ${version.join(".")} (size=${size})\n`;
}

const SERVER_TITLE = "  -> RemoteAddress:Port";
const SERVICE_TITLE = "Prot LocalAddress:Port";

/** The titles of the service table. */
export function tableHeader(columns: ListFormat["columns"]): string {
  const counters = (...names: string[]) =>
    `${pad(SERVICE_TITLE, 33)}${names.map((name) => ` ${name.padStart(8)}`).join("")}\n${SERVER_TITLE}\n`;
  const numbers = (first: string, second: string, widths: readonly [number, number]) =>
    `${pad(SERVICE_TITLE, 33)} ${pad(first, widths[0])} ${pad(second, widths[1])} ` +
    `${pad("ActiveConn", 10)} ${pad("InActConn", 10)}\n${SERVER_TITLE}\n`;
  const plain = (middle: string) =>
    `${SERVICE_TITLE} Scheduler Flags\n${pad(SERVER_TITLE, 33)} ${middle} ActiveConn InActConn\n`;
  switch (columns) {
    case "stats":
      return counters("Conns", "InPkts", "OutPkts", "InBytes", "OutBytes");
    case "rate":
      return counters("CPS", "InPPS", "OutPPS", "InBPS", "OutBPS");
    case "thresholds":
      return numbers("Uthreshold", "Lthreshold", [10, 10]);
    case "persistent-conn":
      return numbers("Weight", "PersistConn", [9, 11]);
    case "tun-info":
      return plain("Forward TunnelInfo    Weight");
    case "plain":
      return plain("Forward Weight");
  }
}

/** The titles over the SNAT services; a table of counters keeps its own. */
export function snatHeader(columns: ListFormat["columns"]): string {
  return columns === "stats" || columns === "rate" ? "" : `${SERVICE_TITLE} Scheduler Flags\n${ruleHeader}`;
}

/** Writes a service with its servers and rules. */
export function writeEntry(out: TextBuffer, { service, servers, rules }: TableEntry, format: ListFormat): void {
  const protocol = portProtocol(service.key);
  writeService(out, service, format);
  for (const server of servers) writeServer(out, server, protocol, format);
  for (const rule of rules) writeRule(out, rule, format);
}
