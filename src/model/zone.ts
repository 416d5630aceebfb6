// SPDX-License-Identifier: GPL-2.0-only
import type { Prefix } from "./address.js";
import { formatIpv4 } from "./ipv4.js";
import type { LocalAddressEntry } from "./local-address.js";
import { formatPrefix, prefixMask } from "./prefix.js";

/** A zone as the kernel lists it: a source network, and the addresses that its flows leave with in turn. */
export interface ZoneEntry {
  readonly network: Prefix;
  readonly addresses: readonly LocalAddressEntry[];
}

/** "10.0.0.0/255.0.0.0" as dsnat writes it, or "2001:db8::/32". */
export function formatNetwork(network: Prefix): string {
  if (network.address.family === "ipv6") return formatPrefix(network);
  return `${formatIpv4(network.address.bytes)}/${formatIpv4(prefixMask(network))}`;
}
