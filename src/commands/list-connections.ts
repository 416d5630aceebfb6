// SPDX-License-Identifier: GPL-2.0-only
import type { Invocation } from "../cli/parse.js";
import { CONNECTIONS_TITLE, connectionHeader, connectionText, flowText } from "../format/connections.js";
import { connectionFields, flowFields } from "../format/json.js";
import { toJson } from "../format/json-text.js";
import type { Namer } from "../format/names.js";
import { numeric } from "../format/names.js";
import type { IpAddress } from "../model/address.js";
import type { Connection, Flow } from "../model/flow.js";
import type { Session } from "./command.js";

/** Rows looked up and written together. */
const GROUP = 256;

type Layout = "plain" | "engine" | "local";

/**
 * Stock connections, then SNAT flows, in ipvsadm's columns; with a local
 * column when there are flows. Rows are written as they arrive.
 */
export async function listConnections({ given }: Invocation, session: Session): Promise<void> {
  const { client, io } = session;
  const flows = client.flows()[Symbol.asyncIterator]();
  const first = await flows.next();
  const rest = resumed(first, flows);
  if (given.has("json")) return writeJson(client.connections(), rest, session);
  const layout: Layout = !first.done ? "local" : given.has("persistent-conn") ? "engine" : "plain";
  io.out(CONNECTIONS_TITLE + connectionHeader(layout));
  const namerFor = (addresses: IpAddress[]) => (given.has("numeric") ? numeric : session.names.namer(addresses));
  await writeRows(client.connections(), session, namerFor, connectionAddresses, (item, namer) =>
    connectionText(item, layout, namer),
  );
  await writeRows(rest, session, namerFor, flowAddresses, flowText);
}

/** The sequence again from a first element that was taken to see whether there is one. */
async function* resumed<T>(first: IteratorResult<T>, rest: AsyncIterator<T>): AsyncIterable<T> {
  for (let result = first; !result.done; result = await rest.next()) yield result.value;
}

function connectionAddresses({ client, virtual, server }: Connection): IpAddress[] {
  return [client, virtual, server];
}

function flowAddresses({ client, local, remote }: Flow): IpAddress[] {
  return [client, local, remote];
}

async function writeRows<T>(
  items: AsyncIterable<T>,
  { io }: Session,
  namerFor: (addresses: IpAddress[]) => Namer | Promise<Namer>,
  addresses: (item: T) => IpAddress[],
  text: (item: T, namer: Namer) => string,
): Promise<void> {
  let group: T[] = [];
  const write = async () => {
    const namer = await namerFor(group.flatMap(addresses));
    io.out(group.map((item) => text(item, namer)).join(""));
    group = [];
  };
  for await (const item of items) {
    if (group.push(item) === GROUP) await write();
  }
  await write();
}

/** An object with one connection or flow a line. */
async function writeJson(connections: AsyncIterable<Connection>, flows: AsyncIterable<Flow>, { io }: Session) {
  const list = async <T>(items: AsyncIterable<T>, fields: (item: T) => unknown) => {
    let separator = "";
    for await (const item of items) {
      io.out(`${separator}\n${toJson(fields(item))}`);
      separator = ",";
    }
  };
  io.out('{"connections": [');
  await list(connections, connectionFields);
  io.out('],\n"flows": [');
  await list(flows, flowFields);
  io.out("]}\n");
}
