// SPDX-License-Identifier: GPL-2.0-only
import type { IpAddress } from "../model/address.js";
import { parseLegacyIpv4 } from "../model/ipv4.js";
import { parseIpv6 } from "../model/ipv6.js";
import type { Names } from "./names.js";
import type { HostPort } from "./values.js";

const ZERO = 48;

/** A decimal number as strtol reads it; undefined when it is none or out of bounds. */
export function parseNumber(text: string, min: number, max: number): number | undefined {
  const value = fewDigits(text) ?? (/^[ \t\n\v\f\r]*[+-]?\d+$/.test(text) ? Number(text) : NaN);
  return value >= min && value <= max ? value : undefined;
}

/** The value of one to nine digits and nothing else, which most numbers are. */
function fewDigits(text: string): number | undefined {
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - ZERO;
    if (digit < 0 || digit > 9) return undefined;
    value = 10 * value + digit;
  }
  return text.length > 0 && text.length < 10 ? value : undefined;
}

/** The number that the text begins with, as atoi of the C library reads it; 0 when it begins with none. */
export function leadingNumber(text: string): number {
  const digits = /^[ \t\n\v\f\r]*([+-]?\d+)/.exec(text)?.[1];
  if (digits === undefined) return 0;
  // It is read as a long, kept within bounds, of which an int takes the lower half.
  const long = BigInt(digits.replace(/^\+/, ""));
  const most = 2n ** 63n - 1n;
  return Number(BigInt.asIntN(32, long > most ? most : long < -most - 1n ? -most - 1n : long));
}

/**
 * host, host:port or [IPv6]:port, where IPv6 is an address or the name of one;
 * an IPv6 address without brackets has no port. Ports may be names of
 * /etc/services. Undefined when it is none of these; throws Unresolved for a
 * host name not looked up yet.
 *
 * As with ipvsadm, brackets around an IPv4 address lose the port, and digits
 * alone are no host.
 */
export function parseHostPort(text: string, protocol: string, names: Names): HostPort | undefined {
  if (/^\d*$/.test(text)) return undefined;
  const bracketed = text.startsWith("[");
  const match = bracketed ? /^\[([^\]]*)\]:(.*)$/s.exec(text) : undefined;
  if (bracketed && !match) return undefined;
  const inner = match?.[1] ?? text;
  const colon = inner.lastIndexOf(":");
  const six = inner.indexOf(":") === colon ? undefined : parseIpv6(inner);
  if (six) return withPort({ family: "ipv6", bytes: six }, match?.[2], protocol, names);
  if (match && colon < 0 && !parseLegacyIpv4(inner)) return withPort(names.host(`[${inner}]`), match[2], protocol, names);
  const host = names.host(colon < 0 ? inner : inner.slice(0, colon));
  return withPort(host, colon < 0 ? undefined : inner.slice(colon + 1), protocol, names);
}

function withPort(
  address: IpAddress | undefined,
  text: string | undefined,
  protocol: string,
  names: Names,
): HostPort | undefined {
  if (!address || text === undefined) return address && { address };
  const port = parseNumber(text, 0, 65535) ?? names.port(text, protocol);
  return port === undefined ? undefined : { address, port };
}
