// SPDX-License-Identifier: GPL-2.0-only
import type { Operation } from "../ipvs/error.js";
import { IpvsError } from "../ipvs/error.js";
import type { AddressRange, IpAddress } from "../model/address.js";
import { compareAddresses, formatAddress } from "../model/address.js";
import type { LocalAddressEntry } from "../model/local-address.js";
import { addressesOf, ranges } from "../model/local-address.js";

/** Local addresses of a zone or service by their text, in the order of their turns. */
export type Addresses = Map<string, IpAddress>;

export function addressesFrom(entries: readonly LocalAddressEntry[]): Addresses {
  return new Map(entries.map(({ address }) => [formatAddress(address), address]));
}

/** Throws EEXIST of `operation` when one of them is there. */
export function addAddresses(addresses: Addresses, range: AddressRange, operation: Operation): void {
  const members = addressesOf(range);
  if (members.some((address) => addresses.has(formatAddress(address)))) throw new IpvsError(operation, "EEXIST");
  for (const address of members) addresses.set(formatAddress(address), address);
}

/** Throws ENOENT of `operation` when one of them is not there. */
export function deleteAddresses(addresses: Addresses, range: AddressRange, operation: Operation): void {
  const texts = addressesOf(range).map(formatAddress);
  if (!texts.every((text) => addresses.has(text))) throw new IpvsError(operation, "ENOENT");
  for (const text of texts) addresses.delete(text);
}

/**
 * What is missing, to be added before what is not wanted is deleted, so that
 * there is always an address. The turns make no difference.
 */
export function addressDifference(now: ReadonlyMap<string, IpAddress>, then: ReadonlyMap<string, IpAddress>) {
  const missing = [...then].flatMap(([text, address]) => (now.has(text) ? [] : [address]));
  const gone = [...now].flatMap(([text, address]) => (then.has(text) ? [] : [address]));
  return { missing: ranges(missing), gone: ranges(gone.sort(compareAddresses)) };
}
