// SPDX-License-Identifier: GPL-2.0-only
import type { IpAddress } from "../model/address.js";
import type { Connection, Flow } from "../model/flow.js";
import type { Namer } from "./names.js";
import { connectionEndpoint, numeric, writeNumeric } from "./names.js";
import type { TextBuffer } from "./text-buffer.js";

/**
 * How the table of connections is laid out: as ipvsadm does, with the data of
 * persistence engines, or with a local address.
 */
export type ConnectionLayout = "plain" | "engine" | "local";

/** Widths of protocol, expiry, state and each address, with the blank behind them. */
const widths: Readonly<Record<ConnectionLayout, readonly [number, number, number, number]>> = {
  plain: [4, 7, 12, 19],
  engine: [4, 7, 12, 19],
  local: [7, 7, 12, 30],
};

/** Titles of the columns that a layout adds. */
const titles: Readonly<Record<ConnectionLayout, string>> = {
  plain: "destination",
  engine: "destination        pe name          pe_data",
  local: "local                         destination",
};

/** Rows of the connection table, written to a buffer; addresses and ports as `namer` has them. */
export class ConnectionRows {
  readonly #out: TextBuffer;
  readonly #layout: ConnectionLayout;
  namer: Namer = numeric;

  constructor(out: TextBuffer, layout: ConnectionLayout) {
    this.#out = out;
    this.#layout = layout;
  }

  header(): void {
    const [protocol, expires, state, address] = widths[this.#layout];
    const out = this.#out.text("IPVS connection entries\n");
    out.column().text("pro").pad(protocol);
    out.column().text("expire").pad(expires);
    out.column().text("state").pad(state);
    out.column().text("source").pad(address);
    out.column().text("virtual").pad(address);
    out.text(titles[this.#layout]).text("\n");
  }

  /** The line of a stock IPVS connection. */
  connection(connection: Connection): void {
    const { protocol, peName } = connection;
    this.#head(protocol, connection.expires, connection.state);
    this.#address(connection.client, connection.clientPort, protocol);
    this.#address(connection.virtual, connection.virtualPort, protocol);
    if (this.#layout === "local") this.#local(connection);
    this.#out.column();
    this.#endpoint(connection.server, connection.serverPort, protocol);
    if (this.#layout === "engine" && peName !== undefined) {
      // ipvsadm's widths are not those of its titles.
      this.#out.pad(17).column().text(peName).pad(19);
      this.#out.text(connection.peData ?? "");
    }
    this.#out.text("\n");
  }

  #local({ local, localPort, protocol }: Connection): void {
    if (local === undefined) this.#out.column().text("-").pad(widths.local[3]);
    else this.#address(local, localPort ?? 0, protocol);
  }

  /** The line of an SNAT flow: its virtual address is the remote one that the client sent to. */
  flow(flow: Flow): void {
    const { protocol } = flow;
    this.#head(protocol, Math.floor(flow.expires / 1000), flow.state);
    this.#address(flow.client, flow.clientPort, protocol);
    this.#address(flow.remote, flow.remotePort, protocol);
    this.#address(flow.local, flow.localPort, protocol);
    this.#endpoint(flow.remote, flow.remotePort, protocol);
    this.#out.text("\n");
  }

  /** Protocol, minutes and seconds until the end, state. */
  #head(protocol: string, seconds: number, state: string): void {
    const [first, second, third] = widths[this.#layout];
    const out = this.#out.column().text(protocol).pad(first);
    out.column().number(Math.floor(seconds / 60), 2).text(":").number(seconds % 60, 2).pad(second);
    out.column().text(state).pad(third);
  }

  #address(address: IpAddress, port: number, protocol: string): void {
    this.#out.column();
    this.#endpoint(address, port, protocol);
    this.#out.pad(widths[this.#layout][3]);
  }

  #endpoint(address: IpAddress, port: number, protocol: string): void {
    if (this.namer === numeric) writeNumeric(this.#out, address, port);
    else this.#out.text(connectionEndpoint(this.namer, address, port, protocol.toLowerCase()));
  }
}
