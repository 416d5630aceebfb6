// SPDX-License-Identifier: GPL-2.0-only
import { buildLocalAddresses } from "../cli/build-zone.js";
import { toJson } from "../format/json-text.js";
import { zonesFields } from "../format/json-zones.js";
import { zonesText } from "../format/zone-rows.js";
import type { Command } from "./command.js";
import { notice } from "./zones.js";

export const addLocalAddresses: Command = ({ values }, session) => {
  const range = buildLocalAddresses(values);
  notice(values, session);
  return session.client.zones.addAddresses(values.zone!.prefix, range);
};

export const deleteLocalAddresses: Command = ({ values }, session) => {
  const range = buildLocalAddresses(values);
  notice(values, session);
  return session.client.zones.deleteAddresses(values.zone!.prefix, range);
};

export const listLocalAddresses: Command = async ({ values, given }, session) => {
  notice(values, session);
  const zones = await session.client.zones.list(values.zone?.prefix);
  session.io.out(given.has("json") ? `${toJson(zonesFields(zones), 2)}\n` : zonesText(zones));
};
