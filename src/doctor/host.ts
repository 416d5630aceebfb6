// SPDX-License-Identifier: GPL-2.0-only
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { moduleFacts, type ModuleFacts } from "../module/facts.js";
import { thisHost as moduleHost } from "../module/host.js";
import { packageRoot } from "../module/package.js";

/** What readers ask of this machine. Nothing here changes it but shell(). */
export interface Host {
  /** Standard output of a program; undefined when it is not there, fails or takes too long. */
  run(program: string, ...words: readonly string[]): string | undefined;
  /** Text of a file, without blanks around it; undefined when it can't be read. */
  read(path: string): string | undefined;
  /** Names in a folder, in order; none when it can't be read. */
  list(path: string): readonly string[];
  /** What `tsipvsadm module status' goes by. */
  module(): ModuleFacts;
  /** Carry out a line of the shell; undefined when it succeeds, else what it says of its failure. */
  shell(line: string): string | undefined;
}

/** Longest that a program may take, in milliseconds: modules are loaded, and large tables printed. */
const LIMIT = 30_000;
/** Most that a program may print: a table of a million routes. */
const MOST = 512 * 2 ** 20;

/** With programs of the administrator, which the PATH of a plain user's shell does not have, and this one. */
const env = (): NodeJS.ProcessEnv => ({
  ...process.env, LC_ALL: "C", PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin:/usr/bin:/bin:${join(packageRoot(), "bin")}`,
});

/** The machine that this process runs on. */
export const thisHost: Host = {
  run(program, ...words) {
    const { status, stdout } = spawnSync(program, words, {
      encoding: "utf8", env: env(), maxBuffer: MOST, stdio: ["ignore", "pipe", "ignore"], timeout: LIMIT,
    });
    return status === 0 ? stdout : undefined;
  },
  read(path) {
    try {
      return readFileSync(path, "utf8").trim();
    } catch {
      return undefined;
    }
  },
  list(path) {
    try {
      return readdirSync(path).sort();
    } catch {
      return [];
    }
  },
  module: () => moduleFacts(moduleHost()),
  shell(line) {
    const { status, signal, stderr } = spawnSync("/bin/sh", ["-c", line], {
      encoding: "utf8", env: env(), stdio: ["ignore", "ignore", "pipe"], timeout: LIMIT,
    });
    if (status === 0) return undefined;
    return stderr.trim().split("\n")[0] || (signal ? `ended by ${signal}` : `exit status ${status}`);
  },
};

/** A word as a shell takes it for itself: names of devices may hold anything but blanks, slashes and colons. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Words as one line of a shell. */
export const shellLine = (...words: readonly string[]): string => words.map(shellWord).join(" ");
