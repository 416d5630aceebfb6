// SPDX-License-Identifier: GPL-2.0-only
import { formatRange } from "../model/address-range.js";
import { formatPrefix } from "../model/prefix.js";
import type { RuleEntry } from "../model/snat-rule.js";
import { column, pad } from "./columns.js";
import type { ListFormat } from "./service-row.js";
import { serverRateColumns, statsColumns } from "./service-row.js";

const widths = [20, 20, 17, 16, 32, 8, 17, 10, 10] as const;
const titles = ["SourceAddr", "DestAddr", "GW", "Oif", "SnatIp", "Algo", "NewGW", "ActConn", "InActConn"];

/** Stands for a key or a next hop that a rule does not have. */
const NONE = "-";

function row(cells: readonly string[]): string {
  return `  -> ${cells.map((cell, i) => column(cell, widths[i]!)).join("")}\n`;
}

export const ruleHeader = row(titles);

/** The line of a source-NAT rule in lvs-snat's columns. */
export function ruleRow(rule: RuleEntry, format: ListFormat): string {
  if (format.columns === "stats") return counted(rule, format, statsColumns(rule.stats, format.exact));
  if (format.columns === "rate") return counted(rule, format, serverRateColumns(rule.stats, format.exact));
  const { from, to, gw, oif } = rule.key;
  const anywhere = from.address.family === "ipv4" ? "0.0.0.0/0" : "::/0";
  return row([
    formatPrefix(from),
    to ? formatPrefix(to) : anywhere,
    gw ? format.namer.address(gw) : NONE,
    oif ?? NONE,
    formatRange(rule.pool),
    rule.algo,
    rule.newGw ? format.namer.address(rule.newGw) : NONE,
    String(rule.active),
    String(rule.inactive),
  ]);
}

/** In a table of counters the source stands where a server does; the other keys follow the numbers. */
function counted(rule: RuleEntry, format: ListFormat, numbers: string): string {
  const { from, to, gw, oif } = rule.key;
  const keys = [
    to && `to ${formatPrefix(to)}`,
    gw && `gw ${format.namer.address(gw)}`,
    oif && `oif ${oif}`,
  ].filter((key) => key);
  return `  -> ${pad(formatPrefix(from), 28)}${numbers}${keys.length > 0 ? ` ${keys.join(" ")}` : ""}\n`;
}
