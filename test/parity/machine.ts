// SPDX-License-Identifier: GPL-2.0-only
import { closeSync, openSync, readFileSync, readSync, writeFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { processIo } from "../../src/io.js";
import { createClient } from "../../src/ipvs/index.js";
import { run } from "../../src/main.js";

/** What a program is given. */
export interface Given {
  readonly argv: readonly string[];
  readonly stdin?: string;
  /** A file in the place of the kernel's table of connections, alone in its directory. */
  readonly connections?: string;
}

/** What a program did; the state is the kernel's afterwards. */
export interface Outcome {
  readonly status: string;
  readonly stdout: string;
  readonly stderr: string;
}

const FROM_DRIVER = 3;
const TO_DRIVER = 4;
const REPORT = 5;

function readExactly(length: number): Buffer {
  const buffer = Buffer.alloc(length);
  for (let at = 0; at < length; ) {
    const step = readSync(FROM_DRIVER, buffer, at, length - at, null);
    if (step === 0) throw new Error("the driver has ended");
    at += step;
  }
  return buffer;
}

function ask(request: string): Buffer {
  const text = Buffer.from(request, "utf8");
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  writeSync(TO_DRIVER, Buffer.concat([length, text]));
  return readExactly(readExactly(4).readUInt32LE());
}

/** Services in an order of their own, each with its servers: the kernel's is that of a hash, with a new key for each table from 7.2 on. */
const ordered = (state: Buffer): string => state.toString("utf8").split(/^(?! )/m).sort().join("");

/** The kernel's state, a line each service, server and daemon. */
export const dump = (): string => ordered(ask("D"));

/** The present state is the one to put back from now on. */
export const keep = (): string => ordered(ask("K"));

export const putBack = (): string => ordered(ask("B"));

/** Standard output of this process is a file: what is for people goes to what it was before. */
export function report(text: string): void {
  writeSync(REPORT, text);
}

function prepare({ stdin = "" }: Given): void {
  writeFileSync("in", stdin, "utf8");
}

function outcome(status: string): Outcome {
  return { status, stdout: readFileSync("out", "utf8"), stderr: readFileSync("err", "utf8") };
}

/** Run a program as a process of its own, under the name tsipvsadm. */
export function runProgram(path: string, given: Given): Outcome {
  prepare(given);
  const words = [given.connections === undefined ? "" : dirname(given.connections), path, "tsipvsadm", ...given.argv];
  const status = ask(`R${words.map((word) => `${word}\0`).join("")}`).readUInt32LE();
  const signal = status & 0x7f;
  const made = outcome(signal === 0 ? String(status >> 8) : `signal ${signal}`);
  // In the words of ipvsadm 1.31-5; docs/differences.md is about 1.31-1.
  return { ...made, stderr: made.stderr.replace(/^-6 must follow -f$/gm, "-6 used before -f") };
}

const descriptors = [["in", "r"], ["out", "w"], ["err", "w"]] as const;

/** Run tsipvsadm in this process, on standard input and output of its own. */
export async function runHere(given: Given): Promise<Outcome> {
  prepare(given);
  for (const [descriptor, [path, flags]] of descriptors.entries()) {
    closeSync(descriptor);
    // The lowest free descriptor is the one closed.
    if (openSync(path, flags) !== descriptor) throw new Error(`descriptor ${descriptor} is lost`);
  }
  const connect = () => createClient(given.connections === undefined ? {} : { connectionsPath: given.connections });
  const status = await run(given.argv, processIo({}), connect);
  return outcome(String(status));
}
