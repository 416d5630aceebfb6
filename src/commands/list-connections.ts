// SPDX-License-Identifier: GPL-2.0-only
import type { Invocation } from "../cli/parse.js";
import { type ConnectionLayout, ConnectionRows } from "../format/connections.js";
import { connectionFields, flowFields } from "../format/json.js";
import { toJson } from "../format/json-text.js";
import { TextBuffer } from "../format/text-buffer.js";
import type { IpAddress } from "../model/address.js";
import type { Connection, Flow } from "../model/flow.js";
import type { Session } from "./command.js";

/** Items some at a time: a page is valid until the next is asked for, an item until the next one. */
type Pages<T> = AsyncIterable<Iterable<T>>;

/**
 * Stock connections, then SNAT flows, in ipvsadm's columns; with a local
 * column when there are flows. Rows are written as they arrive.
 */
export async function listConnections({ given }: Invocation, session: Session): Promise<void> {
  const { client, io, names } = session;
  const flows = client.flows()[Symbol.asyncIterator]();
  const first = await flows.next();
  const rest = resumed(first, flows);
  const out = new TextBuffer((bytes) => io.out(bytes));
  if (given.has("json")) return writeJson(client.connections(), rest, out);
  const layout: ConnectionLayout = !first.done ? "local" : given.has("persistent-conn") ? "engine" : "plain";
  const rows = new ConnectionRows(out, layout);
  rows.header();
  const write = async <T>(pages: Pages<T>, addresses: (item: T) => readonly IpAddress[], row: (item: T) => void) => {
    for await (const page of pages) {
      if (!given.has("numeric")) rows.namer = await names.namer(namedIn(page, addresses));
      for (const item of page) row(item);
    }
  };
  await write(client.connections(), ({ client, virtual, server }: Connection) => [client, virtual, server], (item) =>
    rows.connection(item),
  );
  await write(rest, ({ client, local, remote }: Flow) => [client, local, remote], (item) => rows.flow(item));
  out.flush();
}

/** The sequence again from a first element that was taken to see whether there is one. */
async function* resumed<T>(first: IteratorResult<T>, rest: AsyncIterator<T>): AsyncIterable<T> {
  for (let result = first; !result.done; result = await rest.next()) yield result.value;
}

function* namedIn<T>(page: Iterable<T>, addresses: (item: T) => readonly IpAddress[]): Generator<IpAddress> {
  for (const item of page) yield* addresses(item);
}

/** An object with one connection or flow a line. */
async function writeJson(connections: Pages<Connection>, flows: Pages<Flow>, out: TextBuffer): Promise<void> {
  const list = async <T>(pages: Pages<T>, fields: (item: T) => unknown) => {
    let separator = "\n";
    for await (const page of pages) {
      for (const item of page) {
        out.text(separator).text(toJson(fields(item)));
        separator = ",\n";
      }
    }
  };
  out.text('{"connections": [');
  await list(connections, connectionFields);
  out.text('],\n"flows": [');
  await list(flows, flowFields);
  out.text("]}\n").flush();
}
