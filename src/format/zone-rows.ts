// SPDX-License-Identifier: GPL-2.0-only
import { formatAddress } from "../model/address.js";
import type { LocalAddressEntry } from "../model/local-address.js";
import type { ZoneEntry } from "../model/zone.js";
import { formatNetwork } from "../model/zone.js";
import { column } from "./columns.js";

const widths = [31, 9, 21, 11, 11, 11] as const;
const titles = ["NET/MASK", "TOTAL", "SNAT_IP", "CONFLICTS", "CONNS", "USED", "FREE"];

/** dsnat's columns, and behind them the ports used and free; the last cell is not padded. */
function row(cells: readonly string[]): string {
  const last = cells.length - 1;
  return `${cells.map((cell, i) => (i === last ? cell : column(cell, widths[i]!))).join("")}\n`;
}

function addressRow({ address, flows, conflicts, used, free }: LocalAddressEntry): string {
  return row(["", "", formatAddress(address), String(conflicts), String(flows), String(used), String(free)]);
}

/** Zones in order, each with the number of its local addresses and a row for every one. */
export function zonesText(zones: readonly ZoneEntry[]): string {
  let text = row(titles);
  for (const { network, addresses } of zones) {
    text += row([formatNetwork(network), String(addresses.length)]);
    for (const address of addresses) text += addressRow(address);
  }
  return text;
}
