// SPDX-License-Identifier: GPL-2.0-only
import type { AddressRange } from "./address.js";
import { compareAddresses, familyName, formatAddress, parseAddress } from "./address.js";
import { TextError, quote } from "./text-error.js";

/** Most addresses in one pool; the constant pool-max of kernel/netlink/ip_vs_fnat.yaml. */
export const POOL_MAX = 65536;

/**
 * A pool, or what else `what` calls it, as FIRST or FIRST-LAST, IPv6 with or
 * without brackets. Throws TextError.
 */
export function parseRange(text: string, what = "pool"): AddressRange {
  const dash = text.indexOf("-");
  const first = parseEnd(text, dash < 0 ? text : text.slice(0, dash), what);
  const last = dash < 0 ? first : parseEnd(text, text.slice(dash + 1), what);
  const pool = `invalid ${what} ${quote(text)}`;
  if (first.family !== last.family) {
    throw new TextError(
      `${pool}: its ends are ${familyName(first.family)} and ${familyName(last.family)}, both have to be of one family`,
    );
  }
  if (compareAddresses(first, last) > 0) {
    throw new TextError(
      `${pool}: its first address is above its last, the range is ${formatRange({ first: last, last: first })}`,
    );
  }
  if (rangeSize({ first, last }) > POOL_MAX) {
    throw new TextError(`${pool}: it has ${rangeSize({ first, last })} addresses, at most ${POOL_MAX} are allowed`);
  }
  return { first, last };
}

function parseEnd(range: string, text: string, what: string) {
  try {
    return parseAddress(text);
  } catch {
    throw new TextError(
      `invalid ${what} ${quote(range)}: ${quote(text)} is no address; a ${what} is an IPv4 or IPv6 ADDRESS or FIRST-LAST`,
    );
  }
}

/** Number of addresses in the range. */
export function rangeSize(range: AddressRange): bigint {
  const value = (bytes: Uint8Array) => bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return value(range.last.bytes) - value(range.first.bytes) + 1n;
}

/** FIRST-LAST, or the address alone when the range is of one. */
export function formatRange(range: AddressRange): string {
  const first = formatAddress(range.first);
  return compareAddresses(range.first, range.last) === 0 ? first : `${first}-${formatAddress(range.last)}`;
}
