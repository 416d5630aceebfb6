// SPDX-License-Identifier: GPL-2.0-only
import type { IpvsClient } from "../ipvs/client.js";
import type { Operation } from "../ipvs/error.js";
import { IpvsError } from "../ipvs/error.js";
import type { AddressRange, Family, Prefix } from "../model/address.js";
import { formatRange } from "../model/address-range.js";
import { formatPrefix } from "../model/prefix.js";
import type { ZoneEntry } from "../model/zone.js";
import type { Addresses } from "./addresses.js";
import { addAddresses, addressesFrom, deleteAddresses } from "./addresses.js";

/** One change of the zones, named as the verb that makes it. */
export type ZoneChange =
  | { readonly kind: "add-zone"; readonly zone: Prefix; readonly before?: Prefix }
  | { readonly kind: "del-zone"; readonly zone: Prefix }
  | { readonly kind: "add-laddr" | "del-laddr"; readonly zone: Prefix; readonly range: AddressRange };

/** Ask the kernel for the change. Rejects with an IpvsError. */
export function sendZoneChange(change: ZoneChange, { zones }: IpvsClient): Promise<void> {
  switch (change.kind) {
    case "add-zone":
      return zones.add(change.zone, change.before);
    case "del-zone":
      return zones.delete(change.zone);
    case "add-laddr":
      return zones.addAddresses(change.zone, change.range);
    case "del-laddr":
      return zones.deleteAddresses(change.zone, change.range);
  }
}

/** The change as a command line, which -R takes. */
export function zoneChangeText(change: ZoneChange): string {
  const zone = zoneId(change.zone);
  switch (change.kind) {
    case "add-zone":
      return `-K ${zone}${change.before ? ` --before ${formatPrefix(change.before)}` : ""}`;
    case "del-zone":
      return `-V ${zone}`;
    case "add-laddr":
      return `-P ${zone} -z ${formatRange(change.range)}`;
    case "del-laddr":
      return `-Q ${zone} -z ${formatRange(change.range)}`;
  }
}

/** What tells a zone from all others: the arguments that name it. */
export const zoneId = (zone: Prefix): string => `--zone ${formatPrefix(zone)}`;

/** A zone, and its local addresses by their text, in the order of their turns. */
export interface PlannedZone {
  readonly network: Prefix;
  readonly addresses: Addresses;
}

/** The zones that the kernel holds, or is to hold, in order within each family. */
export class ZoneTable {
  readonly #order: Readonly<Record<Family, PlannedZone[]>> = { ipv4: [], ipv6: [] };
  readonly #zones = new Map<string, PlannedZone>();

  static of(entries: readonly ZoneEntry[]): ZoneTable {
    const table = new ZoneTable();
    for (const { network, addresses } of entries) {
      table.#put({ network, addresses: addressesFrom(addresses) });
    }
    return table;
  }

  copy(): ZoneTable {
    const copy = new ZoneTable();
    for (const { network, addresses } of [...this.#order.ipv4, ...this.#order.ipv6]) {
      copy.#put({ network, addresses: new Map(addresses) });
    }
    return copy;
  }

  clear(): void {
    this.#order.ipv4.length = 0;
    this.#order.ipv6.length = 0;
    this.#zones.clear();
  }

  list(family: Family): readonly PlannedZone[] {
    return this.#order[family];
  }

  ids(): Iterable<string> {
    return this.#zones.keys();
  }

  /** Make the change. Throws the IpvsError by which the kernel refuses what is there already or is not there. */
  change(change: ZoneChange): void {
    switch (change.kind) {
      case "add-zone":
        if (this.#zones.has(zoneId(change.zone))) throw new IpvsError("addZone", "EEXIST");
        return this.#put({ network: change.zone, addresses: new Map() }, change.before && this.#zone(change.before, "addZone"));
      case "del-zone": {
        const zone = this.#zone(change.zone, "deleteZone");
        const order = this.#order[zone.network.address.family];
        order.splice(order.indexOf(zone), 1);
        this.#zones.delete(zoneId(change.zone));
        return;
      }
      case "add-laddr":
        return addAddresses(this.#zone(change.zone, "addLocalAddress").addresses, change.range, "addLocalAddress");
      case "del-laddr":
        return deleteAddresses(this.#zone(change.zone, "deleteLocalAddress").addresses, change.range, "deleteLocalAddress");
    }
  }

  #put(zone: PlannedZone, before?: PlannedZone): void {
    const order = this.#order[zone.network.address.family];
    order.splice(before ? order.indexOf(before) : order.length, 0, zone);
    this.#zones.set(zoneId(zone.network), zone);
  }

  #zone(network: Prefix, operation: Operation): PlannedZone {
    const zone = this.#zones.get(zoneId(network));
    if (!zone) throw new IpvsError(operation, "ESRCH");
    return zone;
  }
}
