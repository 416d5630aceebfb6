// SPDX-License-Identifier: GPL-2.0-only
import { formatRange } from "../model/address-range.js";
import { formatNextHop } from "../model/next-hop.js";
import { formatPrefix } from "../model/prefix.js";
import type { RuleEntry } from "../model/snat-rule.js";
import { column } from "./columns.js";
import { writeServerRates, writeStats } from "./counters.js";
import type { ListFormat } from "./service-row.js";
import type { TextBuffer } from "./text-buffer.js";

const widths = [20, 20, 17, 16, 32, 8, 17, 10, 10] as const;
const titles = ["SourceAddr", "DestAddr", "GW", "Oif", "SnatIp", "Algo", "NewGW", "ActConn", "InActConn"];

/** Stands for a key or a next hop that a rule does not have. */
const NONE = "-";

function row(cells: readonly string[]): string {
  return `  -> ${cells.map((cell, i) => column(cell, widths[i]!)).join("")}\n`;
}

export const ruleHeader = row(titles);

/** Writes the line of a source-NAT rule in lvs-snat's columns. */
export function writeRule(out: TextBuffer, rule: RuleEntry, format: ListFormat): void {
  if (format.columns === "stats" || format.columns === "rate") {
    writeCounted(out, rule, format);
    return;
  }
  const { newGw, newOif } = rule;
  const { from, to, gw, oif } = rule.key;
  const anywhere = from.address.family === "ipv4" ? "0.0.0.0/0" : "::/0";
  out.text(row([
    formatPrefix(from),
    to ? formatPrefix(to) : anywhere,
    gw ? format.namer.address(gw) : NONE,
    oif ?? NONE,
    formatRange(rule.pool),
    rule.algo,
    newGw ? formatNextHop(newGw, newOif, format.namer.address(newGw)) : NONE,
    String(rule.active),
    String(rule.inactive),
  ]));
}

/** In a table of counters the source stands where a server does; the other keys follow the numbers. */
function writeCounted(out: TextBuffer, rule: RuleEntry, format: ListFormat): void {
  const { from, to, gw, oif } = rule.key;
  out.text("  -> ").column().text(formatPrefix(from)).fill(28);
  if (format.columns === "stats") writeStats(out, rule.stats, format.exact);
  else writeServerRates(out, rule.stats, format.exact);
  if (to) out.text(` to ${formatPrefix(to)}`);
  if (gw) out.text(` gw ${format.namer.address(gw)}`);
  if (oif) out.text(` oif ${oif}`);
  out.text("\n");
}
