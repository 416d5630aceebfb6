// SPDX-License-Identifier: GPL-2.0-only
import type { AddressRange, IpAddress } from "./address.js";
import { compareAddresses, isUnspecified } from "./address.js";
import { parseRange } from "./address-range.js";
import type { ServiceKey } from "./service.js";
import { TextError, quote } from "./text-error.js";

/** An address that flows leave with, as the kernel lists it. */
export interface LocalAddressEntry {
  readonly address: IpAddress;
  /** Flows that have it now. */
  readonly flows: number;
  /** Ports tried for a flow that another one had, since the address was added or zeroed. */
  readonly conflicts: bigint;
  /** Ports in use towards the remote address and port that uses the most, and those left there. */
  readonly used: number;
  readonly free: number;
}

/** A service with the addresses that connections to its FULLNAT servers leave with in turn. */
export interface ServiceAddresses {
  readonly service: ServiceKey;
  readonly addresses: readonly LocalAddressEntry[];
}

/** ADDRESS or FIRST-LAST. Throws TextError. */
export function parseLocalAddresses(text: string): AddressRange {
  const range = parseRange(text, "local address");
  if (isUnspecified(range.first)) {
    throw new TextError(`invalid local address ${quote(text)}: it is the unspecified address`);
  }
  return range;
}

/** The addresses in their order, each run of successive ones as one range. */
export function ranges(addresses: readonly IpAddress[]): AddressRange[] {
  const found: Array<{ first: IpAddress; last: IpAddress }> = [];
  for (const address of addresses) {
    const run = found.at(-1);
    if (run !== undefined && follows(address, run.last)) run.last = address;
    else found.push({ first: address, last: address });
  }
  return found;
}

/** Every address of the range, in order. */
export function addressesOf({ first, last }: AddressRange): IpAddress[] {
  const addresses = [first];
  for (let address = first; compareAddresses(address, last) < 0; ) addresses.push((address = successor(address)));
  return addresses;
}

/** Is `next` the address behind `address`? */
function follows(next: IpAddress, address: IpAddress): boolean {
  return next.family === address.family && compareAddresses(next, successor(address)) === 0 && !isUnspecified(next);
}

/** The address behind; behind the last is the first. */
function successor({ family, bytes }: IpAddress): IpAddress {
  const next = Uint8Array.from(bytes);
  for (let i = next.length - 1; i >= 0; i--) {
    next[i] = next[i]! + 1;
    if (next[i] !== 0) break;
  }
  return { family, bytes: next };
}
