// SPDX-License-Identifier: GPL-2.0-only
import type { IpAddress } from "../model/address.js";
import { formatAddress } from "../model/address.js";
import { shortened } from "../model/shortened.js";
import type { TextBuffer } from "./text-buffer.js";

/** How addresses and ports are shown: as names, or numeric with -n. */
export interface Namer {
  address(address: IpAddress): string;
  port(port: number, protocol: string): string;
}

export const numeric: Namer = { address: formatAddress, port: (port) => String(port) };

/** HOST:PORT, with brackets around an IPv6 host, be it a name. */
export function endpoint(namer: Namer, address: IpAddress, port: number, protocol: string): string {
  const host = namer.address(address);
  return `${address.family === "ipv6" ? `[${host}]` : host}:${namer.port(port, protocol)}`;
}

/** Writes ADDRESS:PORT in numbers, with brackets around an IPv6 address. */
export function writeNumeric(out: TextBuffer, address: IpAddress, port: number): void {
  if (address.family === "ipv4") out.address(address).text(":").number(port);
  else out.text("[").address(address).text("]:").number(port);
}

/** Bytes of HOST:PORT that ipvsadm shows of a connection, and of the IPv6 and IPv4 entries of its table. */
const WIDTHS = { connection: 59, ipv6: 59, ipv4: 28 } as const;

/** HOST:PORT as a table of services shows it, which cuts long names off. */
export function listedEndpoint(namer: Namer, address: IpAddress, port: number, protocol: string): string {
  return shortened(endpoint(namer, address, port, protocol), WIDTHS[address.family]);
}

/** Writes what listedEndpoint() says. */
export function writeListed(out: TextBuffer, namer: Namer, address: IpAddress, port: number, protocol: string): void {
  if (namer === numeric) writeNumeric(out, address, port);
  else out.text(listedEndpoint(namer, address, port, protocol));
}

/** HOST:PORT as the table of connections shows it. */
export function connectionEndpoint(namer: Namer, address: IpAddress, port: number, protocol: string): string {
  return shortened(endpoint(namer, address, port, protocol), WIDTHS.connection);
}
