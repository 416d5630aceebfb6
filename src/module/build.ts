// SPDX-License-Identifier: GPL-2.0-only
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { CliError } from "../errors.js";
import { quote } from "../model/text-error.js";
import { failure, firstLine, type Host } from "./host.js";
import { kernelLine, patchedLines, supportOf } from "./package.js";
import { reason } from "./replace-file.js";
import { runScript } from "./script.js";

const products = ["ip_vs.ko", "ip_vs_snat_sched.ko"] as const;

/** Throws a CliError unless the patches are for the kernel, or may be: an untested one is tried. */
export function needPatches(release: string): "tested" | "untested" {
  const line = kernelLine(release);
  if (line === undefined) throw new CliError(`${quote(release)} is not a kernel release such as 6.1.0-56-amd64`);
  const lines = patchedLines();
  const support = supportOf(release, lines);
  if (support === "none") throw failure(`there are no patches for kernel ${line} (release ${release}); there are some for ${lines.join(", ")}`);
  return support;
}

/** Throws a CliError unless the kernel is one of the tested lines. */
export function needTested(release: string): void {
  if (needPatches(release) === "tested") return;
  throw failure(`kernel ${kernelLine(release)} is not tested, and dkms builds for ${patchedLines().join(", ")} only; "tsipvsadm module build --kernel ${release} --out DIRECTORY" tries it`);
}

/**
 * Build both modules and put them into `out`, all of them or none. `source` is
 * a kernel tree or archive; without it the distribution's. Throws a CliError.
 */
export async function build(host: Host, release: string, source: string | undefined, out: string, onLine: (line: string) => void): Promise<void> {
  needPatches(release);
  if (source !== undefined && !existsSync(source)) throw failure(`there is no kernel source ${quote(source)}`);
  const folder = make(out);
  const work = workDirectory();
  try {
    const ipvs = join(work, "ipvs");
    await runScript("build.sh", [release, source === undefined ? "" : resolve(source), ipvs], onLine);
    for (const name of products) strip(host, join(ipvs, name));
    put(ipvs, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function make(out: string): string {
  try {
    mkdirSync(out, { recursive: true });
    return resolve(out);
  } catch (error) {
    throw failure(`${quote(out)} can't be made: ${reason(error)}`);
  }
}

function workDirectory(): string {
  const parent = process.env["TMPDIR"] ?? "/var/tmp";
  try {
    return mkdtempSync(join(parent, "tsipvsadm-build."));
  } catch (error) {
    throw failure(`${parent} can't be written: ${reason(error)}; TMPDIR names another directory to build in`);
  }
}

/** Debugging information is 95 of 100 bytes. */
function strip(host: Host, path: string): void {
  const { status, err } = host.run("strip", ["-g", path]);
  if (status !== 0) throw failure(`${path} can't be stripped: ${firstLine(err)}`);
}

/** Copies first, under other names, so that a full disk leaves what was there. */
function put(from: string, to: string): void {
  const parts = products.map((name) => ({ next: join(to, `.${name}.${process.pid}`), name }));
  try {
    for (const { next, name } of parts) copyFileSync(join(from, name), next);
    for (const { next, name } of parts) renameSync(next, join(to, name));
  } catch (error) {
    for (const { next } of parts) rmSync(next, { force: true });
    throw failure(`the modules can't be put into ${to}: ${reason(error)}`);
  }
}
