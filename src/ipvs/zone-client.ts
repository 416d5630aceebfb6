// SPDX-License-Identifier: GPL-2.0-only
import type { AddressRange, Prefix } from "../model/address.js";
import type { ZoneEntry } from "../model/zone.js";
import * as fnat from "./abi/fnat.js";
import type { Channel } from "./channel.js";
import type { ZoneVerbs } from "./client.js";
import type { fnatFamily } from "./families.js";
import { gatherZones, readZoneRow, writeLaddrs, writeZone } from "./zone-codec.js";

/** The verbs of zones, spoken to a kernel. */
export class ZoneClient implements ZoneVerbs {
  readonly #fnat: Channel<typeof fnatFamily.attributes>;

  constructor(channel: Channel<typeof fnatFamily.attributes>) {
    this.#fnat = channel;
  }

  add(zone: Prefix, before?: Prefix): Promise<void> {
    const values = { zone: writeZone(zone), before: before && writeZone(before) };
    return this.#fnat.change("addZone", fnat.commands.zoneNew, values);
  }

  delete(zone: Prefix): Promise<void> {
    return this.#fnat.change("deleteZone", fnat.commands.zoneDel, { zone: writeZone(zone) });
  }

  addAddresses(zone: Prefix, range: AddressRange): Promise<void> {
    const values = { zone: writeZone(zone), laddr: writeLaddrs(range) };
    return this.#fnat.change("addLocalAddress", fnat.commands.laddrNew, values);
  }

  deleteAddresses(zone: Prefix, range: AddressRange): Promise<void> {
    const values = { zone: writeZone(zone), laddr: writeLaddrs(range) };
    return this.#fnat.change("deleteLocalAddress", fnat.commands.laddrDel, values);
  }

  async list(zone?: Prefix): Promise<readonly ZoneEntry[]> {
    const request = { zone: zone && writeZone(zone) };
    return gatherZones(await this.#fnat.list("zones", fnat.commands.zoneGet, request, readZoneRow));
  }
}
