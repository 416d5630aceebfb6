// SPDX-License-Identifier: GPL-2.0-only
import type { Connection } from "../model/flow.js";
import { NetlinkError } from "../netlink/index.js";
import { ConnectionReader } from "./connection-reader.js";
import { asIpvsError } from "./error.js";
import { lines } from "./lines.js";

const NEWLINE = 10;

/** Where connections are listed: by our module with local addresses, by every IPVS without. */
export const CONNECTIONS = ["/proc/net/ip_vs_conn_local", "/proc/net/ip_vs_conn"];

/** Connections whose lines are in memory. */
class ConnectionPage implements Iterable<Connection> {
  readonly #reader: ConnectionReader;
  readonly #bytes: Uint8Array;

  /** `bytes` are whole lines, each with its newline. */
  constructor(reader: ConnectionReader, bytes: Uint8Array) {
    this.#reader = reader;
    this.#bytes = bytes;
  }

  *[Symbol.iterator](): Generator<Connection> {
    const reader = this.#reader;
    const bytes = this.#bytes;
    try {
      for (let at = 0; at < bytes.length; at = reader.next) yield reader.read(bytes, at);
    } catch (error) {
      throw asIpvsError("connections", error);
    }
  }
}

/**
 * The connections that the first of the files that is there lists behind its header line, some at a time: a
 * page is valid until the next is asked for, its connections each until the
 * next. Throws an IpvsError with the errno of a failed read, EBADMSG for a
 * line that is no connection.
 */
export function* readConnections(paths: readonly string[]): Generator<Iterable<Connection>> {
  const reader = new ConnectionReader();
  let header = true;
  try {
    for (const bytes of lines(paths)) {
      yield new ConnectionPage(reader, header ? bytes.subarray(bytes.indexOf(NEWLINE) + 1) : bytes);
      header = false;
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const known = error instanceof NetlinkError || code === undefined;
    throw asIpvsError("connections", known ? error : new NetlinkError(code, message));
  }
}
