// SPDX-License-Identifier: GPL-2.0-only
import type { AddressRange, Family, Prefix } from "../model/address.js";
import type { LocalAddressEntry } from "../model/local-address.js";
import type { ZoneEntry } from "../model/zone.js";
import { malformed, type Values } from "../netlink/index.js";
import type { laddrAttributes, mainAttributes, zoneAttributes } from "./abi/fnat.js";
import { familyNumber, familyOf, readAddress, required } from "./wire.js";

type ZoneValues = Values<typeof zoneAttributes>;
type LaddrValues = Values<typeof laddrAttributes>;

/** What names a zone. */
export const writeZone = ({ address, length }: Prefix): ZoneValues => ({
  af: familyNumber(address.family),
  network: address.bytes,
  length,
});

/** Local addresses to add or to delete. */
export const writeLaddrs = ({ first, last }: AddressRange): LaddrValues => ({ first: first.bytes, last: last.bytes });

function readNetwork(values: ZoneValues): Prefix {
  const address = readAddress(
    familyOf(required(values.af, "address family of a zone")),
    required(values.network, "network of a zone"),
  );
  const length = required(values.length, "prefix length of a zone");
  if (length > address.bytes.length * 8) throw malformed(`a zone of ${length} bits`);
  return { address, length };
}

export function readLaddr(values: LaddrValues, family: Family): LocalAddressEntry {
  return {
    address: readAddress(family, required(values.first, "local address")),
    flows: values.flows ?? 0,
    conflicts: values.conflicts ?? 0n,
    used: values.used ?? 0,
    free: values.free ?? 0,
  };
}

/** A message of a list of zones: a zone, or one of its local addresses. */
export interface ZoneRow {
  readonly network: Prefix;
  readonly address?: LocalAddressEntry;
}

export function readZoneRow({ zone, laddr }: Values<typeof mainAttributes>): ZoneRow {
  const network = readNetwork(required(zone, "zone in a list of zones"));
  return { network, ...(laddr !== undefined && { address: readLaddr(laddr, network.address.family) }) };
}

/** The zones of a list, whose addresses follow each. Throws EBADMSG when one comes before its zone. */
export function gatherZones(rows: readonly ZoneRow[]): ZoneEntry[] {
  const zones: Array<{ network: Prefix; addresses: LocalAddressEntry[] }> = [];
  for (const { network, address } of rows) {
    const last = zones.at(-1);
    if (address === undefined) zones.push({ network, addresses: [] });
    else if (last === undefined) throw malformed("a local address without its zone");
    else last.addresses.push(address);
  }
  return zones;
}
