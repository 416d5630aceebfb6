// SPDX-License-Identifier: GPL-2.0-only
import { buildServer, serverAddress } from "../cli/build-server.js";
import { requiredKey } from "../cli/build-service.js";
import { serviceKeyArguments } from "../format/arguments.js";
import { numeric } from "../format/names.js";
import type { ServiceKey } from "../model/service.js";
import type { Command, Session } from "./command.js";
import { readServiceAddresses } from "./table.js";

export const addServer: Command = ({ values, given }, session) => {
  const key = requiredKey(values);
  const server = buildServer(values, given);
  const done = session.client.addServer(key, server);
  return server.method === "fullnat" && !session.bulk ? done.then(() => warnOfNoAddress(key, session)) : done;
};

export const editServer: Command = ({ values, given }, session) => {
  const key = requiredKey(values);
  const server = buildServer(values, given);
  const done = session.client.editServer(key, server);
  return server.method === "fullnat" && !session.bulk ? done.then(() => warnOfNoAddress(key, session)) : done;
};

export const deleteServer: Command = ({ values }, { client }) => {
  const key = requiredKey(values);
  return client.deleteServer(key, serverAddress(values));
};

/** A FULLNAT server of a service without local addresses gets no traffic; the kernel counts what it drops. */
async function warnOfNoAddress(key: ServiceKey, { client, io }: Session): Promise<void> {
  const [known] = await readServiceAddresses(client, key);
  if (known && known.addresses.length > 0) return;
  const verb = `-P ${serviceKeyArguments(key, numeric)} -z ADDRESS`;
  io.err(`-b: the service has no local address, so that traffic to this server is dropped: give it one with ${verb}\n`);
}
