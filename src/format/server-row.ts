// SPDX-License-Identifier: GPL-2.0-only
import type { ForwardingMethod, Server, ServerEntry } from "../model/server.js";
import { writeServerRates, writeStats } from "./counters.js";
import { writeListed } from "./names.js";
import type { ListFormat } from "./service-row.js";
import type { TextBuffer } from "./text-buffer.js";

/** A blank, the method's name, and blanks up to its column's width. */
const methodColumns: Readonly<Record<ForwardingMethod, string>> = {
  masq: " Masq   ",
  local: " Local  ",
  tunnel: " Tunnel ",
  route: " Route  ",
  bypass: " Bypass ",
  fullnat: " FullNat",
};

const checksumMarks = { nocsum: "-c", csum: "+c", remcsum: "r+c" } as const;

/** "gue:6080:-c", "gre:+c", "ipip", or "n/a" for a server without tunnel. */
function tunnelText({ method, tunnel }: Server): string {
  if (method !== "tunnel" || !tunnel) return "n/a";
  const checksum = checksumMarks[tunnel.checksum ?? "nocsum"];
  if (tunnel.type === "ipip") return "ipip";
  return tunnel.type === "gue" ? `gue:${tunnel.port ?? 0}:${checksum}` : `gre:${checksum}`;
}

/** Writes the line of a real server; ports of a service have their protocol's names. */
export function writeServer(out: TextBuffer, server: ServerEntry, protocol: string, format: ListFormat): void {
  out.text("  -> ").column();
  writeListed(out, format.namer, server.address, server.port, protocol);
  out.fill(28);
  switch (format.columns) {
    case "stats":
      writeStats(out, server.stats, format.exact);
      out.text("\n");
      return;
    case "rate":
      writeServerRates(out, server.stats, format.exact);
      out.text("\n");
      return;
    case "thresholds":
      writeNumber(writeNumber(out, server.upper, 10), server.lower, 10);
      break;
    case "persistent-conn":
      writeNumber(writeNumber(out, server.weight, 9), server.persistent, 11);
      break;
    case "tun-info":
      out.text(methodColumns[server.method]).text(" ").column().text(tunnelText(server)).fill(13);
      writeNumber(out, server.weight, 6);
      break;
    case "plain":
      writeNumber(out.text(methodColumns[server.method]), server.weight, 6);
  }
  writeNumber(writeNumber(out, server.active, 10), server.inactive, 10).text("\n");
}

/** A blank, and a number in a column. */
function writeNumber(out: TextBuffer, value: number, width: number): TextBuffer {
  return out.text(" ").column().number(value).fill(width);
}
