// SPDX-License-Identifier: GPL-2.0-only
import type { Names } from "../cli/names.js";
import type { Invocation } from "../cli/parse.js";
import { type ConnectionLayout, ConnectionRows } from "../format/connections.js";
import { connectionFields, flowFields } from "../format/json.js";
import { toJson } from "../format/json-text.js";
import { TextBuffer } from "../format/text-buffer.js";
import type { IpvsClient } from "../ipvs/client.js";
import type { IpAddress } from "../model/address.js";
import type { Connection, Flow } from "../model/flow.js";
import type { Session } from "./command.js";

/** Items some at a time: a page is valid until the next is asked for, an item until the next one. */
type Pages<T> = AsyncIterable<Iterable<T>>;

interface Tables {
  readonly connections: Pages<Connection>;
  readonly flows: Pages<Flow>;
}

/**
 * IPVS's connections, then SNAT flows, in ipvsadm's columns; with a local
 * column when there are flows of any kind. Rows are written as they arrive.
 */
export async function listConnections({ given }: Invocation, session: Session): Promise<void> {
  const { client, io, names } = session;
  const flows = client.flows()[Symbol.asyncIterator]();
  const first = await flows.next();
  const tables: Tables = { connections: client.connections(), flows: resumed(first, flows) };
  const layout = await layoutOf(!first.done, given.has("persistent-conn"), client);
  const out = new TextBuffer((bytes) => io.out(bytes));
  if (given.has("json") || !given.has("numeric")) await holdHeap();
  try {
    if (given.has("json")) await writeJson(tables, out);
    else await writeRows(tables, new ConnectionRows(out, layout), given.has("numeric") ? undefined : names);
  } finally {
    // What came before an error stands before it.
    out.flush();
  }
}

/**
 * Names and JSON leave much garbage and keep little: without this, Node 24
 * lets it grow to twice what these listings may take.
 */
async function holdHeap(): Promise<void> {
  const { setFlagsFromString } = await import("node:v8");
  setFlagsFromString("--semi-space-growth-factor=1");
}

/** Rows with their header, numeric without `names`. */
async function writeRows(tables: Tables, rows: ConnectionRows, names: Names | undefined): Promise<void> {
  const write = async <T>(pages: Pages<T>, addresses: (item: T) => readonly IpAddress[], row: (item: T) => void) => {
    for await (const page of pages) {
      if (names !== undefined) rows.namer = await names.namer(namedIn(page, addresses));
      for (const item of page) row(item);
    }
  };
  rows.header();
  await write(tables.connections, connectionAddresses, (item) => rows.connection(item));
  await write(tables.flows, ({ client, local, remote }) => [client, local, remote], (item) => rows.flow(item));
}

/** Where no rule or zone has a flow, those that the module has are FULLNAT's. */
async function layoutOf(flows: boolean, engine: boolean, client: IpvsClient): Promise<ConnectionLayout> {
  if (flows || ((await client.moduleInfo())?.flows ?? 0) > 0) return "local";
  return engine ? "engine" : "plain";
}

/** The sequence again from a first element that was taken to see whether there is one. */
async function* resumed<T>(first: IteratorResult<T>, rest: AsyncIterator<T>): AsyncIterable<T> {
  for (let result = first; !result.done; result = await rest.next()) yield result.value;
}

function connectionAddresses({ client, virtual, server, local }: Connection): IpAddress[] {
  return local ? [client, virtual, local, server] : [client, virtual, server];
}

function* namedIn<T>(page: Iterable<T>, addresses: (item: T) => readonly IpAddress[]): Generator<IpAddress> {
  for (const item of page) yield* addresses(item);
}

/** An object with one connection or flow a line. */
async function writeJson({ connections, flows }: Tables, out: TextBuffer): Promise<void> {
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
  out.text("]}\n");
}
