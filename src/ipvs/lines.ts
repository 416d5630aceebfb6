// SPDX-License-Identifier: GPL-2.0-only
import { closeSync, openSync, readSync } from "node:fs";
import { malformed } from "../netlink/index.js";

/** Bytes of the file in memory: the kernel gives a page at a time, more are worth the work around them. */
const CHUNK = 65_536;
const NEWLINE = 10;

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

/**
 * The lines of the first of the files that is there, some at a time, each with its
 * newline; valid until the next are asked for. Throws what reading throws, and
 * EBADMSG for a file that ends within a line.
 */
export function* lines(paths: readonly string[]): Generator<Uint8Array> {
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
