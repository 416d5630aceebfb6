// SPDX-License-Identifier: GPL-2.0-only
import { closeSync, openSync, readSync } from "node:fs";
import type { Connection } from "../model/flow.js";
import { malformed, NetlinkError } from "../netlink/index.js";
import { ConnectionReader } from "./connection-reader.js";
import { asIpvsError } from "./error.js";

/** Bytes of the file in memory: the kernel gives a page at a time, more are worth the work around them. */
const CHUNK = 65_536;
const NEWLINE = 10;

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

/** Bytes that were read; a signal only delays it. */
function read(descriptor: number, buffer: Uint8Array, start: number): number {
  for (;;) {
    try {
      return readSync(descriptor, buffer, start, buffer.length - start, null);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EINTR") throw error;
    }
  }
}

/** The first of the files that is there. */
function open(paths: readonly string[]): number {
  for (const path of paths.slice(0, -1)) {
    try {
      return openSync(path, "r");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return openSync(paths.at(-1)!, "r");
}

/** The lines of a file, some at a time, each with its newline; valid until the next are asked for. */
function* lines(paths: readonly string[]): Generator<Uint8Array> {
  const descriptor = open(paths);
  try {
    const chunk = Buffer.alloc(CHUNK);
    let length = 0;
    for (;;) {
      const more = read(descriptor, chunk, length);
      length += more;
      if (more > 0 && length < CHUNK / 2) continue;
      const whole = chunk.subarray(0, length).lastIndexOf(NEWLINE) + 1;
      if (whole > 0) yield chunk.subarray(0, whole);
      if (more === 0 && whole < length) throw malformed(`"${chunk.toString("latin1", whole, whole + 80)}" where a line belongs`);
      if (more === 0) return;
      length = chunk.copy(chunk, 0, whole, length);
    }
  } finally {
    closeSync(descriptor);
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
