// SPDX-License-Identifier: GPL-2.0-only
import type { Host, Outcome } from "../../src/module/host.js";

/** A machine of files, links and programs' answers. */
export class FakeHost implements Host {
  release = "6.1.0-56-amd64";
  root = true;
  readonly files = new Map<string, string>();
  readonly links = new Map<string, string>();
  /** What a command line answers; what is not here is not installed. */
  readonly programs = new Map<string, Partial<Outcome>>();
  /** The command lines that were run. */
  readonly ran: string[] = [];

  constructor(files: Readonly<Record<string, string>> = {}) {
    for (const [path, text] of Object.entries(files)) this.files.set(path, text);
  }

  read(path: string): string | undefined {
    return this.files.get(path);
  }

  link(path: string): string | undefined {
    return this.links.get(path);
  }

  exists(path: string): boolean {
    return [...this.files.keys()].some((name) => name === path || name.startsWith(`${path}/`));
  }

  list(path: string): readonly string[] {
    const names = [...this.files.keys(), ...this.links.keys()].filter((name) => name.startsWith(`${path}/`));
    return [...new Set(names.map((name) => name.slice(path.length + 1).split("/")[0]!))].sort();
  }

  run(program: string, args: readonly string[]): Outcome {
    const line = [program, ...args].join(" ");
    this.ran.push(line);
    const answer = this.programs.get(line);
    return answer ? { status: 0, out: "", err: "", ...answer } : { status: 127, out: "", err: `${program} is not installed` };
  }
}

/** What modinfo prints. */
export const modinfo = (fields: Readonly<Record<string, string>>): string =>
  Object.entries(fields).map(([name, value]) => `${`${name}:`.padEnd(16)}${value}\n`).join("");
