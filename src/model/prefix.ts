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
  const slash = text.lastIndexOf("/");
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  const length = slash < 0 ? addressBits(address.family) : parseLength(text, text.slice(slash + 1), address);
  if (hasHostBits(address.bytes, length)) {
    throw new TextError(`invalid prefix ${quote(text)}: it has bits beyond its length, the prefix is ${networkOf(address, length)}`);
  }
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

/** Is there a one beyond the prefix length? */
function hasHostBits(bytes: Uint8Array, length: number): boolean {
  return bytes.some((byte, i) => (byte & (0xff >> Math.min(8, Math.max(0, length - 8 * i)))) !== 0);
}

/** The prefix that an address with host bits lies in. */
function networkOf(address: IpAddress, length: number): string {
  // Loaded here because only this error needs it.
  const IPCIDR = require("ip-cidr") as typeof import("ip-cidr");
  const start = new IPCIDR(`${formatAddress(address)}/${length}`).start<string>();
  return formatPrefix({ address: parseAddress(start), length });
}

export function formatPrefix(prefix: Prefix): string {
  return `${formatAddress(prefix.address)}/${prefix.length}`;
}
