// SPDX-License-Identifier: GPL-2.0-only
import type { Io } from "../../src/io.js";
import { run } from "../../src/main.js";
import { FakeKernel } from "./fake-kernel.js";

export interface Result {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Run one command line on a fake kernel, with `stdin` as standard input. */
export async function runCli(
  kernel: FakeKernel,
  argv: readonly string[] | string,
  stdin = "",
  connectionsPath?: string,
): Promise<Result> {
  let out = "";
  let err = "";
  const io: Io = {
    out: (text) => void (out += typeof text === "string" ? text : Buffer.from(text).toString()),
    err: (text) => void (err += text),
    flush: () => undefined,
    lines: () => stdin.replace(/\n$/, "").split("\n"),
    colour: false,
  };
  const words = typeof argv === "string" ? argv.split(" ").filter((word) => word !== "") : argv;
  const status = await run(words, io, () => kernel.client(connectionsPath));
  return { status, out, err };
}

/** A command that did what it was told. */
export const quiet: Result = { status: 0, out: "", err: "" };

/** A kernel that holds what the lines say, and no more. */
export async function holding(lines: readonly string[]): Promise<FakeKernel> {
  const kernel = new FakeKernel();
  const made = lines.filter((line) => !line.startsWith("--stop-daemon"));
  expect(await runCli(kernel, "-R", made.join("\n"))).toEqual(quiet);
  kernel.changes.length = 0;
  return kernel;
}
