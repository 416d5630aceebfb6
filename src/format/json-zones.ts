// SPDX-License-Identifier: GPL-2.0-only
import { formatAddress } from "../model/address.js";
import type { LocalAddressEntry, ServiceAddresses } from "../model/local-address.js";
import { formatPrefix } from "../model/prefix.js";
import type { ZoneEntry } from "../model/zone.js";
import { keyFields } from "./json.js";

function addressFields({ address, flows, conflicts, used, free }: LocalAddressEntry) {
  return { address: formatAddress(address), flows, conflicts, used, free };
}

/** Services with their local addresses; the names are those of docs/schema.json. */
export function serviceAddressesFields(services: readonly ServiceAddresses[]) {
  return {
    serviceAddresses: services.map(({ service, addresses }) => ({
      ...keyFields({ key: service }),
      localAddresses: addresses.map(addressFields),
    })),
  };
}

/** Zones in order, with their local addresses. */
export function zonesFields(zones: readonly ZoneEntry[]) {
  return {
    zones: zones.map(({ network, addresses }) => ({
      network: formatPrefix(network),
      localAddresses: addresses.map(addressFields),
    })),
  };
}
