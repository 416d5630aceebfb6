// SPDX-License-Identifier: GPL-2.0-only
import { requiredKey, serviceKey } from "../cli/build-service.js";
import { buildLocalAddresses } from "../cli/build-zone.js";
import { serviceAddressesText } from "../format/address-rows.js";
import { toJson } from "../format/json-text.js";
import { serviceAddressesFields, zonesFields } from "../format/json-zones.js";
import { zonesText } from "../format/zone-rows.js";
import type { Command } from "./command.js";
import { readServiceAddresses } from "./table.js";
import { notice } from "./zones.js";

export const addLocalAddresses: Command = ({ values }, session) => {
  const range = buildLocalAddresses(values);
  if (!values.zone) return session.client.serviceAddresses.add(requiredKey(values), range);
  notice(values, session);
  return session.client.zones.addAddresses(values.zone.prefix, range);
};

export const deleteLocalAddresses: Command = ({ values }, session) => {
  const range = buildLocalAddresses(values);
  if (!values.zone) return session.client.serviceAddresses.delete(requiredKey(values), range);
  notice(values, session);
  return session.client.zones.deleteAddresses(values.zone.prefix, range);
};

/** The local addresses of a zone or a service, or of all: without services that have any, only the zones' table. */
export const listLocalAddresses: Command = async ({ values, given }, session) => {
  const { client, io } = session;
  const key = serviceKey(values);
  notice(values, session);
  const zones = key ? [] : await client.zones.list(values.zone?.prefix);
  const services = key ? await client.serviceAddresses.list(key) : values.zone ? [] : await readServiceAddresses(client);
  if (given.has("json")) {
    const fields = { ...(key ? {} : zonesFields(zones)), ...(values.zone ? {} : serviceAddressesFields(services)) };
    io.out(`${toJson(fields, 2)}\n`);
    return;
  }
  if (zones.length > 0 || services.length === 0) io.out(zonesText(zones));
  if (services.length > 0) io.out(serviceAddressesText(services));
};
