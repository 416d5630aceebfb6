// SPDX-License-Identifier: GPL-2.0-only
import type { LocalAddressEntry, ServiceAddresses } from "../model/local-address.js";
import type { ServiceKey } from "../model/service.js";
import { malformed, type Values } from "../netlink/index.js";
import type { mainAttributes, serviceAttributes } from "./abi/fnat.js";
import { keyFamily, protocols } from "./service-codec.js";
import { familyNumber, familyOf, nameOf, readAddress, required } from "./wire.js";
import { readLaddr } from "./zone-codec.js";

type ServiceValues = Values<typeof serviceAttributes>;

/** What names a service to the module's own family. */
export function writeServiceName(key: ServiceKey): ServiceValues {
  const af = familyNumber(keyFamily(key));
  if (key.kind === "fwmark") return { af, fwmark: key.fwmark };
  return { af, protocol: protocols[key.protocol], address: key.address.bytes, port: key.port };
}

function readServiceName(values: ServiceValues): ServiceKey {
  const family = familyOf(required(values.af, "address family of a service"));
  if (values.fwmark !== undefined) return { kind: "fwmark", family, fwmark: values.fwmark };
  return {
    kind: "address",
    protocol: nameOf(protocols, required(values.protocol, "protocol of a service"), "service protocol"),
    address: readAddress(family, required(values.address, "address of a service")),
    port: required(values.port, "port of a service"),
  };
}

/** A message of a list of services: a service, or one of its local addresses. */
export interface ServiceRow {
  readonly service: ServiceKey;
  readonly address?: LocalAddressEntry;
}

export function readServiceRow({ service, laddr }: Values<typeof mainAttributes>): ServiceRow {
  const key = readServiceName(required(service, "service in a list of local addresses"));
  return { service: key, ...(laddr !== undefined && { address: readLaddr(laddr, keyFamily(key)) }) };
}

/** The services of a list, whose addresses follow each. Throws EBADMSG when one comes before its service. */
export function gatherServices(rows: readonly ServiceRow[]): ServiceAddresses[] {
  const services: Array<{ service: ServiceKey; addresses: LocalAddressEntry[] }> = [];
  for (const { service, address } of rows) {
    const last = services.at(-1);
    if (address === undefined) services.push({ service, addresses: [] });
    else if (last === undefined) throw malformed("a local address without its service");
    else last.addresses.push(address);
  }
  return services;
}
