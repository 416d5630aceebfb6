// SPDX-License-Identifier: GPL-2.0-only
import type { Connection, Flow } from "../model/flow.js";
import { column, pad } from "./columns.js";
import type { Namer } from "./names.js";
import { endpoint } from "./names.js";

export const CONNECTIONS_TITLE = "IPVS connection entries\n";

/** The titles of the connection table; `local` when there is a local address to show. */
export function connectionHeader(layout: "plain" | "engine" | "local"): string {
  switch (layout) {
    case "plain":
      return connectionRow(["pro", "expire", "state", "source", "virtual", "destination"]);
    case "engine":
      return connectionRow(["pro", "expire", "state", "source", "virtual", "destination", "pe name", "pe_data"]);
    case "local":
      return localRow(["pro", "expire", "state", "source", "virtual", "local", "destination"]);
  }
}

/** ipvsadm's columns; the last one is not padded. */
function connectionRow(cells: readonly string[]): string {
  const [protocol, expires, state, source, virtual, destination, ...engine] = cells;
  const head = `${pad(protocol!, 3)} ${pad(expires!, 6)} ${pad(state!, 11)} ${pad(source!, 18)} ${pad(virtual!, 18)} `;
  if (engine.length === 0) return `${head}${destination}\n`;
  return `${head}${pad(destination!, 18)} ${pad(engine[0]!, 16)} ${engine[1] ?? ""}\n`;
}

/** The columns of a table with local addresses: four addresses of 30 characters. */
function localRow(cells: readonly string[]): string {
  const [protocol, expires, state, source, virtual, local, destination] = cells;
  const head = `${column(protocol!, 7)}${column(expires!, 7)}${column(state!, 12)}`;
  return `${head}${column(source!, 30)}${column(virtual!, 30)}${column(local!, 30)}${destination!}\n`;
}

/** Minutes and seconds until the end. */
function remaining(seconds: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
}

/** The line of a stock IPVS connection. */
export function connectionText(connection: Connection, layout: "plain" | "engine" | "local", namer: Namer): string {
  const { protocol, client, virtual, server } = connection;
  const port = protocol.toLowerCase();
  const source = endpoint(namer, client, connection.clientPort, port);
  const target = endpoint(namer, virtual, connection.virtualPort, port);
  const destination = endpoint(namer, server, connection.serverPort, port);
  const head = [protocol, remaining(connection.expires), connection.state, source, target];
  if (layout === "local") return localRow([...head, "-", destination]);
  if (layout === "plain" || connection.peName === undefined) return connectionRow([...head, destination]);
  return connectionRow([...head, destination, connection.peName, connection.peData ?? ""]);
}

/** The line of an SNAT flow: its virtual address is the remote one that the client sent to. */
export function flowText(flow: Flow, namer: Namer): string {
  const protocol = flow.protocol.toLowerCase();
  const remote = endpoint(namer, flow.remote, flow.remotePort, protocol);
  return localRow([
    flow.protocol,
    remaining(Math.floor(flow.expires / 1000)),
    flow.state,
    endpoint(namer, flow.client, flow.clientPort, protocol),
    remote,
    endpoint(namer, flow.local, flow.localPort, protocol),
    remote,
  ]);
}
