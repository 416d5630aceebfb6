// SPDX-License-Identifier: GPL-2.0-only
import { spawnSync } from "node:child_process";
import { accessSync, constants, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { CliError, exitStatus } from "../errors.js";

/** What became of another program. */
export interface Outcome {
  /** Its exit status; 127 when there is no such program. */
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** The machine that is configured; tests have another one. */
export interface Host {
  /** Release of the running kernel. */
  readonly release: string;
  readonly root: boolean;
  /** A file's text, or undefined when it can't be read. */
  read(path: string): string | undefined;
  /** Where a symbolic link leads. */
  link(path: string): string | undefined;
  exists(path: string): boolean;
  /** Names in a directory, sorted; none when it can't be read. */
  list(path: string): readonly string[];
  /** Runs a program to its end; its output is kept, not shown. */
  run(program: string, args: readonly string[]): Outcome;
}

/** A failure of the configurator: one line, as all errors are. */
export const failure = (message: string): CliError => new CliError(message, exitStatus.failure);

/** The first line of text that says something. */
export const firstLine = (text: string): string => text.split("\n").find((line) => line.trim() !== "")?.trim() ?? "";

function attempt<T>(get: () => T): T | undefined {
  try {
    return get();
  } catch {
    return undefined;
  }
}

/** Where the distribution keeps modprobe and its like, whatever the PATH of a cron job is. */
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const OUTPUT_MAX = 64 << 20;

function run(program: string, args: readonly string[]): Outcome {
  const { status, error, signal, stdout, stderr } = spawnSync(program, args, {
    encoding: "utf8",
    env: { ...process.env, PATH, LC_ALL: "C" },
    maxBuffer: OUTPUT_MAX,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    return { status: missing ? 127 : 126, out: "", err: missing ? `${program} is not installed` : error.message };
  }
  return { status: status ?? 255, out: stdout, err: signal ? `${program} was ended by ${signal}` : stderr };
}

/** This machine. */
export function thisHost(): Host {
  return {
    get release() {
      return (attempt(() => readFileSync("/proc/sys/kernel/osrelease", "utf8")) ?? "").trim();
    },
    root: process.geteuid?.() === 0,
    read: (path) => attempt(() => readFileSync(path, "utf8")),
    link: (path) => attempt(() => readlinkSync(path)),
    exists: (path) => attempt(() => (accessSync(path, constants.F_OK), true)) ?? false,
    list: (path) => attempt(() => readdirSync(path).sort()) ?? [],
    run,
  };
}

/** Throws a CliError unless this is root. */
export function needRoot(host: Host, what: string): void {
  if (!host.root) throw failure(`only root can ${what}`);
}
