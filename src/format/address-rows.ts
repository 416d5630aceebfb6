// SPDX-License-Identifier: GPL-2.0-only
import { formatAddress } from "../model/address.js";
import type { LocalAddressEntry, ServiceAddresses } from "../model/local-address.js";
import type { ServiceKey } from "../model/service.js";
import { column } from "./columns.js";
import { endpoint, numeric } from "./names.js";

const titles = ["VIP:VPORT", "TOTAL", "LADDR", "CONFLICTS", "CONNS", "USED", "FREE", "PROT"];

/** Widths of the columns behind the first, with the space between two. */
const WIDTHS = [9, 21, 11, 11, 11, 11] as const;

/** A row in the columns of dsnat and FULLNAT, and ours behind them; the last cell is not padded. */
export function laddrRow(cells: readonly string[], first: number): string {
  const widths = [first, ...WIDTHS];
  const last = cells.length - 1;
  return `${cells.map((cell, i) => (i === last ? cell : column(cell, widths[i]!))).join("")}\n`;
}

export function laddrCells({ address, flows, conflicts, used, free }: LocalAddressEntry): string[] {
  return ["", "", formatAddress(address), String(conflicts), String(flows), String(used), String(free)];
}

/** "10.0.0.1:80" and TCP, or "7" and FWM with the family of an IPv6 one. */
function name(key: ServiceKey): [name: string, protocol: string] {
  if (key.kind === "fwmark") return [String(key.fwmark), key.family === "ipv6" ? "FWM IPv6" : "FWM"];
  return [endpoint(numeric, key.address, key.port, key.protocol), key.protocol.toUpperCase()];
}

/** Services, each with the number of its local addresses and its protocol, and a row for every address. */
export function serviceAddressesText(services: readonly ServiceAddresses[]): string {
  const first = 21;
  let text = laddrRow(titles, first);
  for (const { service, addresses } of services) {
    const [title, protocol] = name(service);
    text += laddrRow([title, String(addresses.length), "", "", "", "", "", protocol], first);
    for (const address of addresses) text += laddrRow(laddrCells(address), first);
  }
  return text;
}
