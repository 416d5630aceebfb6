// SPDX-License-Identifier: GPL-2.0-only
import type { IpAddress, Prefix } from "./address.js";
import { addressBits, familyName, formatAddress, parseAddress } from "./address.js";
import { parseIpv4 } from "./ipv4.js";
import { TextError, quote } from "./text-error.js";

/**
 * A prefix as address, address/bits or, for IPv4, address/dotted mask; an
 * address alone is a host. Host bits are refused, because which network was
 * meant is for the user to say. Throws TextError.
 */
export function parsePrefix(text: string): Prefix {
  const prefix = readPrefix(text);
  if (!hasHostBits(prefix)) return prefix;
  throw new TextError(
    `invalid prefix ${quote(text)}: it has bits beyond its length, the prefix is ${formatPrefix(networkOf(prefix))}`,
  );
}

/** As parsePrefix, but host bits are cleared, and whether there were any is said. Throws TextError. */
export function parseNetwork(text: string): { readonly network: Prefix; readonly hostBits: boolean } {
  const prefix = readPrefix(text);
  const hostBits = hasHostBits(prefix);
  return { network: hostBits ? networkOf(prefix) : prefix, hostBits };
}

function readPrefix(text: string): Prefix {
  const slash = text.lastIndexOf("/");
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  const length = slash < 0 ? addressBits(address.family) : parseLength(text, text.slice(slash + 1), address);
  return { address, length };
}

function parseLength(text: string, mask: string, address: IpAddress): number {
  const most = addressBits(address.family);
  if (/^\d{1,3}$/.test(mask) && Number(mask) <= most) return Number(mask);
  const dotted = address.family === "ipv4" ? parseIpv4(mask) : undefined;
  const length = dotted && maskLength(dotted);
  if (length !== undefined) return length;
  const legal = address.family === "ipv4" ? "0 to 32 bits or a contiguous dotted mask" : "0 to 128 bits";
  throw new TextError(`invalid prefix ${quote(text)}: the length of an ${familyName(address.family)} prefix is ${legal}`);
}

/** Number of leading ones; undefined when a one follows a zero. */
export function maskLength(mask: Uint8Array): number | undefined {
  const bits = Array.from(mask, (byte) => byte.toString(2).padStart(8, "0")).join("");
  return /^1*0*$/.test(bits) ? bits.lastIndexOf("1") + 1 : undefined;
}

/** As many leading ones as the prefix is long, in the bytes of an address. */
export function prefixMask({ address, length }: Prefix): Uint8Array {
  return address.bytes.map((_, i) => 0xff & ~(0xff >> Math.min(8, Math.max(0, length - 8 * i))));
}

/** Is there a one beyond the prefix length? */
function hasHostBits(prefix: Prefix): boolean {
  const mask = prefixMask(prefix);
  return prefix.address.bytes.some((byte, i) => (byte & ~mask[i]!) !== 0);
}

/** The prefix that an address with host bits lies in. */
function networkOf(prefix: Prefix): Prefix {
  // Loaded here because hardly any line needs it.
  const IPCIDR = require("ip-cidr") as typeof import("ip-cidr");
  const start = new IPCIDR(formatPrefix(prefix)).start<string>();
  return { address: parseAddress(start), length: prefix.length };
}

export function formatPrefix(prefix: Prefix): string {
  return `${formatAddress(prefix.address)}/${prefix.length}`;
}
