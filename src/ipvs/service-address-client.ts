// SPDX-License-Identifier: GPL-2.0-only
import type { AddressRange } from "../model/address.js";
import type { ServiceAddresses } from "../model/local-address.js";
import type { ServiceKey } from "../model/service.js";
import * as fnat from "./abi/fnat.js";
import type { Channel } from "./channel.js";
import type { ServiceAddressVerbs } from "./client.js";
import type { fnatFamily } from "./families.js";
import { gatherServices, readServiceRow, writeServiceName } from "./service-address-codec.js";
import { writeLaddrs } from "./zone-codec.js";

/** The verbs of services' local addresses, spoken to a kernel. */
export class ServiceAddressClient implements ServiceAddressVerbs {
  readonly #fnat: Channel<typeof fnatFamily.attributes>;

  constructor(channel: Channel<typeof fnatFamily.attributes>) {
    this.#fnat = channel;
  }

  add(service: ServiceKey, range: AddressRange): Promise<void> {
    const values = { service: writeServiceName(service), laddr: writeLaddrs(range) };
    return this.#fnat.change("addServiceAddress", fnat.commands.laddrNew, values);
  }

  delete(service: ServiceKey, range: AddressRange): Promise<void> {
    const values = { service: writeServiceName(service), laddr: writeLaddrs(range) };
    return this.#fnat.change("deleteServiceAddress", fnat.commands.laddrDel, values);
  }

  async list(service?: ServiceKey): Promise<readonly ServiceAddresses[]> {
    const request = { service: service && writeServiceName(service) };
    const listed = gatherServices(
      await this.#fnat.list("serviceAddresses", fnat.commands.laddrGet, request, readServiceRow),
    );
    return service && listed.length === 0 ? [{ service, addresses: [] }] : listed;
  }
}
