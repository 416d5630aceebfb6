// SPDX-License-Identifier: GPL-2.0-only
import type { AddressRange, Family, IpAddress, Prefix } from "../model/address.js";
import { addressBits, formatAddress, tryParseAddress } from "../model/address.js";

/** Addresses of one family from first to last, as numbers. */
export interface Interval {
  readonly family: Family;
  readonly first: bigint;
  readonly last: bigint;
}

export function toNumber({ bytes }: IpAddress): bigint {
  return bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

export function toAddress(family: Family, value: bigint): IpAddress {
  const length = addressBits(family) / 8;
  const bytes = Uint8Array.from({ length }, (_, i) => Number((value >> BigInt(8 * (length - 1 - i))) & 0xffn));
  return { family, bytes };
}

export const addressText = (family: Family, value: bigint): string => formatAddress(toAddress(family, value));

export function ofRange({ first, last }: AddressRange): Interval {
  return { family: first.family, first: toNumber(first), last: toNumber(last) };
}

export const ofAddress = (address: IpAddress): Interval => ofRange({ first: address, last: address });

export function ofPrefix({ address, length }: Prefix): Interval {
  const size = 1n << BigInt(addressBits(address.family) - length);
  const first = (toNumber(address) / size) * size;
  return { family: address.family, first, last: first + size - 1n };
}

/** Every address of the family. */
export const everything = (family: Family): Interval => ({ family, first: 0n, last: (1n << BigInt(addressBits(family))) - 1n });

/** ADDRESS, ADDRESS/BITS, FIRST-LAST, or one of the words for all; undefined when it is none of them. */
export function ofText(text: string, family: Family): Interval | undefined {
  if (text === "default" || text === "all") return everything(family);
  const [low = "", high] = text.split("-");
  const [host = "", bits] = low.split("/");
  const address = tryParseAddress(host);
  if (address?.family !== family) return undefined;
  if (high !== undefined) {
    const last = tryParseAddress(high);
    return last && ofRange({ first: address, last });
  }
  return ofPrefix({ address, length: bits === undefined ? addressBits(family) : Number(bits) });
}

export const size = ({ first, last }: Interval): bigint => last - first + 1n;

export function overlap(a: Interval, b: Interval): boolean {
  return a.family === b.family && a.first <= b.last && b.first <= a.last;
}

export function contains(outer: Interval, inner: Interval): boolean {
  return outer.family === inner.family && outer.first <= inner.first && inner.last <= outer.last;
}

/** What of the interval lies in none of the others, in order. */
export function without(interval: Interval, others: readonly Interval[]): Interval[] {
  const { family, last } = interval;
  const left: Interval[] = [];
  let next = interval.first;
  const near = others.filter((other) => overlap(other, interval)).sort((a, b) => (a.first < b.first ? -1 : 1));
  for (const other of near) {
    if (other.first > next) left.push({ family, first: next, last: other.first - 1n });
    if (other.last >= next) next = other.last + 1n;
  }
  if (next <= last) left.push({ family, first: next, last });
  return left;
}

/** Is every address of it in some of the others? */
export const isCovered = (interval: Interval, others: readonly Interval[]): boolean => without(interval, others).length === 0;

/** What two have in common; undefined when that is nothing. */
export function common(a: Interval, b: Interval): Interval | undefined {
  if (!overlap(a, b)) return undefined;
  return { family: a.family, first: a.first > b.first ? a.first : b.first, last: a.last < b.last ? a.last : b.last };
}

/** The fewest prefixes that are the interval, as text. */
export function prefixesOf({ family, first, last }: Interval): string[] {
  const bits = addressBits(family);
  const prefixes: string[] = [];
  for (let next = first; next <= last; ) {
    let free = 0;
    while (free < bits && (next >> BigInt(free)) % 2n === 0n && next + (2n << BigInt(free)) - 1n <= last) free++;
    prefixes.push(`${addressText(family, next)}/${bits - free}`);
    next += 1n << BigInt(free);
  }
  return prefixes;
}

/** FIRST-LAST, or one address. */
export function intervalText({ family, first, last }: Interval): string {
  return first === last ? addressText(family, first) : `${addressText(family, first)}-${addressText(family, last)}`;
}
