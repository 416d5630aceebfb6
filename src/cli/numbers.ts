// SPDX-License-Identifier: GPL-2.0-only
import { tryParseAddress } from "../model/address.js";
import type { Names } from "./names.js";
import type { HostPort } from "./values.js";

/** A decimal number as strtol reads it; undefined when it is none or out of bounds. */
export function parseNumber(text: string, min: number, max: number): number | undefined {
  if (!/^\s*[+-]?\d+$/.test(text)) return undefined;
  const value = Number(text);
  return value >= min && value <= max ? value : undefined;
}

/**
 * host, host:port or [IPv6]:port; an IPv6 address without brackets has no
 * port. Ports may be names of /etc/services. Undefined when it is none of
 * these; throws Unresolved for a host name not looked up yet.
 */
export function parseHostPort(text: string, protocol: string, names: Names): HostPort | undefined {
  if (!text.startsWith("[") && text.indexOf(":") !== text.lastIndexOf(":")) {
    const whole = tryParseAddress(text);
    if (whole) return { address: whole };
  }
  const match = /^(?:\[([^\]]*)\]:|([^:]*):)([^:]+)$/.exec(text);
  if (!match) return hostOnly(text, names);
  const port = parsePort(match[3]!, protocol, names);
  if (port === undefined) return undefined;
  const address = match[1] === undefined ? names.host(match[2]!) : tryParseAddress(match[1]);
  if (!address || (match[1] !== undefined && address.family !== "ipv6")) return undefined;
  return { address, port };
}

function hostOnly(text: string, names: Names): HostPort | undefined {
  if (/[[\]:]/.test(text)) return undefined;
  const address = names.host(text);
  return address && { address };
}

function parsePort(text: string, protocol: string, names: Names): number | undefined {
  return /^\d/.test(text) ? parseNumber(text, 0, 65535) : names.port(text, protocol);
}
