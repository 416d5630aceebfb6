// SPDX-License-Identifier: GPL-2.0-only
import { fstatSync, readSync, writeSync } from "node:fs";
import { CliError, exitStatus } from "./errors.js";

/** What a command sees of the world: text out, text in. */
export interface Io {
  /** Standard output; gathered and written in large pieces, bytes at once. */
  out(text: string | Uint8Array): void;
  /** Standard error, at once, behind what went to standard output before. */
  err(text: string): void;
  flush(): void;
  /** Lines of standard input, without their ends. */
  lines(): Iterable<string>;
  /** May output have colour? Only on a terminal that has it, and not when NO_COLOR is set. */
  readonly colour: boolean;
}

/** The reader has gone: there is nobody to tell. */
export class BrokenPipe extends Error {}

const CHUNK = 65536;

/** Standard input and output of this process, without streams, which cost more than most commands do. */
export function processIo(env: NodeJS.ProcessEnv): Io {
  let pending: string[] = [];
  let size = 0;
  const flush = () => {
    if (size === 0) return;
    const text = pending.join("");
    pending = [];
    size = 0;
    writeAll(1, Buffer.from(text, "utf8"));
  };
  return {
    out(text) {
      if (typeof text !== "string") {
        flush();
        writeAll(1, text);
        return;
      }
      pending.push(text);
      size += text.length;
      if (size >= CHUNK) flush();
    },
    err(text) {
      flush();
      writeAll(2, Buffer.from(text, "utf8"));
    },
    flush,
    lines: stdinLines,
    get colour() {
      return !env["NO_COLOR"] && hasColour(env["TERM"]) && isTerminal(1);
    },
  };
}

function writeAll(fd: number, bytes: Uint8Array): void {
  let offset = 0;
  while (offset < bytes.length) {
    try {
      offset += writeSync(fd, bytes, offset);
    } catch (error) {
      waitOut(error);
    }
  }
}

/** A descriptor that somebody made non-blocking is tried again after a moment. */
function waitOut(error: unknown): void {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "EPIPE") throw new BrokenPipe();
  if (code !== "EAGAIN" && code !== "EINTR") throw new CliError(`standard input or output: ${code}`, exitStatus.input);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
}

function* stdinLines(): Iterable<string> {
  const decoder = new TextDecoder();
  const chunk = Buffer.alloc(CHUNK);
  let rest = "";
  for (;;) {
    const length = readChunk(chunk);
    const lines = (rest + decoder.decode(chunk.subarray(0, length), { stream: length > 0 })).split("\n");
    rest = lines.pop()!;
    yield* lines;
    if (length === 0) break;
  }
  if (rest !== "") yield rest;
}

function readChunk(chunk: Buffer): number {
  for (;;) {
    try {
      return readSync(0, chunk);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EOF") return 0;
      waitOut(error);
    }
  }
}

/** A terminal says what it is; one that is dumb knows no colours. */
const hasColour = (term: string | undefined): boolean => term !== undefined && term !== "" && term !== "dumb";

/** Device number of /dev/null and the like. */
const MEMORY_DEVICES = 1;

/** Ask the kernel's own table first: loading node:tty costs more than the answer is worth in a script. */
function isTerminal(fd: number): boolean {
  try {
    const stat = fstatSync(fd);
    if (!stat.isCharacterDevice() || stat.rdev >> 8 === MEMORY_DEVICES) return false;
    return (require("node:tty") as typeof import("node:tty")).isatty(fd);
  } catch {
    return false;
  }
}
