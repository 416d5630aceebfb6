// SPDX-License-Identifier: GPL-2.0-only
import type { IpAddress } from "../model/address.js";
import { formatAddress } from "../model/address.js";

/** How addresses and ports are shown: as names, or numeric with -n. */
export interface Namer {
  address(address: IpAddress): string;
  port(port: number, protocol: string): string;
}

export const numeric: Namer = { address: formatAddress, port: (port) => String(port) };

/** ADDRESS:PORT, with brackets around what has colons. */
export function endpoint(namer: Namer, address: IpAddress, port: number, protocol: string): string {
  const host = namer.address(address);
  return `${host.includes(":") ? `[${host}]` : host}:${namer.port(port, protocol)}`;
}
