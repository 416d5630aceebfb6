// SPDX-License-Identifier: GPL-2.0-only
import { serviceKeyArguments } from "../format/arguments.js";
import { numeric } from "../format/names.js";
import { saveText, saveZone } from "../format/save.js";
import type { ServiceKey } from "../model/service.js";
import type { Command } from "./command.js";
import { namedAddresses, readServiceAddresses, readTable, readZones } from "./table.js";

const id = (key: ServiceKey): string => serviceKeyArguments(key, numeric);

export const save: Command = async ({ given }, { client, io, names }) => {
  const entries = await readTable(client, undefined, { counters: false });
  const local = new Map(
    (await readServiceAddresses(client)).map(({ service, addresses }) => [id(service), addresses.map(({ address }) => address)]),
  );
  const zones = await readZones(client);
  const namer = given.has("numeric") ? numeric : await names.namer(namedAddresses(entries));
  for (const entry of entries) io.out(saveText(entry, local.get(id(entry.service.key)) ?? [], namer));
  for (const zone of zones) io.out(saveZone(zone));
};
