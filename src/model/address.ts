// SPDX-License-Identifier: GPL-2.0-only
import { formatIpv4, parseIpv4 } from "./ipv4.js";
import { formatIpv6, parseIpv6 } from "./ipv6.js";
import { TextError, quote } from "./text-error.js";

/** Address family, named as people write it. */
export type Family = "ipv4" | "ipv6";

/** An IP address: 4 or 16 bytes in network byte order, as its family says. */
export interface IpAddress {
  readonly family: Family;
  readonly bytes: Uint8Array;
}

/** An address prefix; bits beyond the length are zero. */
export interface Prefix {
  readonly address: IpAddress;
  readonly length: number;
}

/** A closed range of addresses of one family, first not above last. */
export interface AddressRange {
  readonly first: IpAddress;
  readonly last: IpAddress;
}

/** Bits of an address: 32 or 128. */
export function addressBits(family: Family): number {
  return family === "ipv4" ? 32 : 128;
}

/** "IPv4" or "IPv6", for messages. */
export function familyName(family: Family): string {
  return family === "ipv4" ? "IPv4" : "IPv6";
}

/** An address without brackets; undefined when the text is none. */
export function tryParseAddress(text: string): IpAddress | undefined {
  const v4 = parseIpv4(text);
  if (v4) return { family: "ipv4", bytes: v4 };
  const v6 = parseIpv6(text);
  return v6 && { family: "ipv6", bytes: v6 };
}

/** An address, with or without brackets when it is IPv6. Throws TextError. */
export function parseAddress(text: string): IpAddress {
  const bracketed = /^\[(.*)\]$/.exec(text);
  const address = tryParseAddress(bracketed?.[1] ?? text);
  if (!address || (bracketed && address.family === "ipv4")) {
    throw new TextError(`invalid address ${quote(text)}: an IPv4 or IPv6 address is needed`);
  }
  return address;
}

export function formatAddress(address: IpAddress): string {
  return address.family === "ipv4" ? formatIpv4(address.bytes) : formatIpv6(address.bytes);
}

/** Negative, zero or positive: byte order, IPv4 before IPv6. */
export function compareAddresses(a: IpAddress, b: IpAddress): number {
  if (a.bytes.length !== b.bytes.length) return a.bytes.length - b.bytes.length;
  for (let i = 0; i < a.bytes.length; i++) {
    if (a.bytes[i] !== b.bytes[i]) return a.bytes[i]! - b.bytes[i]!;
  }
  return 0;
}

/** Is this 0.0.0.0 or ::? */
export function isUnspecified(address: IpAddress): boolean {
  return address.bytes.every((byte) => byte === 0);
}
