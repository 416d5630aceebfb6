// SPDX-License-Identifier: GPL-2.0-only
// The scripts in kernel/dkms, which build and install; one at a time.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { failure } from "./host.js";
import { packageRoot } from "./package.js";

/** flock's exit status when another one runs. */
const BUSY = 75;
const signals: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

const lockPath = (): string => (process.geteuid?.() === 0 ? "/run/lock/tsipvsadm-build.lock" : `/tmp/tsipvsadm-build-${process.geteuid?.()}.lock`);

/**
 * Run a script to its end, with each of its lines as it comes. Its "error: "
 * becomes the CliError that is thrown. A signal to this process ends the
 * script, which tidies up, and then is told as the error.
 */
export async function runScript(script: string, args: readonly string[], onLine: (line: string) => void): Promise<void> {
  const command = ["--nonblock", "--conflict-exit-code", String(BUSY), lockPath(), "bash", join(packageRoot(), "kernel/dkms", script), ...args];
  // A process group of its own, so that a signal reaches the compiler as well.
  const child = spawn("flock", command, { detached: true, stdio: ["ignore", "pipe", "pipe"], env: environment() });
  let came: NodeJS.Signals | undefined;
  const pass = (name: NodeJS.Signals): void => {
    came ??= name;
    if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
  };
  for (const name of signals) process.on(name, pass);
  let last = "";
  let error: string | undefined;
  const take = (line: string): void => {
    if (line.startsWith("error: ")) error = line.slice("error: ".length);
    else if (line !== "") onLine(last = line);
  };
  const rest = [lines(child.stdout, take), lines(child.stderr, take)];
  try {
    const status = await new Promise<number>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => resolve(code ?? -1));
    }).catch((problem: NodeJS.ErrnoException) => {
      throw failure(problem.code === "ENOENT" ? "there is no program flock: install util-linux" : `flock: ${problem.message}`);
    });
    for (const end of rest) end();
    if (came !== undefined) throw failure(`interrupted by ${came}: nothing was installed`);
    if (status === BUSY) throw failure("another build is under way: wait for it to end");
    if (status !== 0) throw failure(error ?? `${script} ended with status ${status}: ${last}`);
  } finally {
    for (const name of signals) process.off(name, pass);
  }
}

/** The distribution's tools, speaking plainly. */
const environment = (): NodeJS.ProcessEnv => ({
  ...process.env, LC_ALL: "C", PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/usr/bin:/sbin:/bin`,
});

/** Splits a stream into lines; returns what hands over the last one. */
function lines(stream: NodeJS.ReadableStream, take: (line: string) => void): () => void {
  let text = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    const parts = (text + chunk).split("\n");
    text = parts.pop()!;
    parts.forEach(take);
  });
  return () => take(text);
}
