// SPDX-License-Identifier: GPL-2.0-only
import type { IpAddress } from "../model/address.js";
import { tryParseAddress } from "../model/address.js";
import type { Names } from "./names.js";
import type { HostPort } from "./values.js";

const ZERO = 48;

/** A decimal number as strtol reads it; undefined when it is none or out of bounds. */
export function parseNumber(text: string, min: number, max: number): number | undefined {
  const value = fewDigits(text) ?? (/^\s*[+-]?\d+$/.test(text) ? Number(text) : NaN);
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

/**
 * host, host:port or [IPv6]:port, where IPv6 is an address or the name of one;
 * an IPv6 address without brackets has no port. Ports may be names of
 * /etc/services. Undefined when it is none of these; throws Unresolved for a
 * host name not looked up yet.
 */
export function parseHostPort(text: string, protocol: string, names: Names): HostPort | undefined {
  const colon = text.lastIndexOf(":");
  const bracketed = text.startsWith("[") && text.indexOf("]") === colon - 1;
  if (text.startsWith("[") && !bracketed) return undefined;
  if (!bracketed && text.indexOf(":") !== colon) {
    const whole = tryParseAddress(text);
    return whole && { address: whole };
  }
  if (colon < 0 || colon === text.length - 1) return hostOnly(text, names);
  const port = parsePort(text.slice(colon + 1), protocol, names);
  if (port === undefined) return undefined;
  const address = names.host(text.slice(0, colon));
  return bracketed && address?.family !== "ipv6" ? undefined : withPort(address, port);
}

function withPort(address: IpAddress | undefined, port: number): HostPort | undefined {
  return address && { address, port };
}

function hostOnly(text: string, names: Names): HostPort | undefined {
  if (/[[\]:]/.test(text)) return undefined;
  const address = names.host(text);
  return address && { address };
}

function parsePort(text: string, protocol: string, names: Names): number | undefined {
  const digit = text.charCodeAt(0) - ZERO;
  return digit >= 0 && digit <= 9 ? parseNumber(text, 0, 65535) : names.port(text, protocol);
}
