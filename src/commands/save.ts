// SPDX-License-Identifier: GPL-2.0-only
import { numeric } from "../format/names.js";
import { saveText, saveZone } from "../format/save.js";
import type { Command } from "./command.js";
import { namedAddresses, readTable, readZones } from "./table.js";

export const save: Command = async ({ given }, { client, io, names }) => {
  const entries = await readTable(client, undefined, { counters: false });
  const zones = await readZones(client);
  const namer = given.has("numeric") ? numeric : await names.namer(namedAddresses(entries));
  for (const entry of entries) io.out(saveText(entry, namer));
  for (const zone of zones) io.out(saveZone(zone));
};
