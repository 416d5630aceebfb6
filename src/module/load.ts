// SPDX-License-Identifier: GPL-2.0-only
// Modules in and out of the kernel.
import { basename, dirname, join, resolve } from "node:path";
import { quote } from "../model/text-error.js";
import type { Host } from "./host.js";
import { failure, firstLine } from "./host.js";
import { loadedModules } from "./loaded.js";
import type { ModuleFile } from "./module-file.js";
import { moduleFile } from "./module-file.js";

/** Which ip_vs to load, with what parameters. */
export interface Wanted {
  readonly file: ModuleFile;
  /** A directory that the modules are in; without it they are where modprobe finds them. */
  readonly from?: string;
  /** NAME=VALUE of ip_vs. */
  readonly parameters: readonly string[];
}

/** ip_vs in a directory, compressed or not. */
export const findModule = (host: Host, folder: string): string | undefined =>
  ["", ".xz", ".zst", ".gz"].map((end) => join(folder, `ip_vs.ko${end}`)).find((path) => host.exists(path));

/** The scheduler of source NAT beside it. */
export const schedulerPath = ({ path }: ModuleFile): string => join(dirname(path), basename(path).replace("ip_vs", "ip_vs_snat_sched"));

/** The ip_vs that is to be loaded. Throws a CliError that says why there is none, or why the kernel would not have it. */
export function wantedModule(host: Host, from: string | undefined, parameters: readonly string[]): Wanted {
  const path = from === undefined ? "ip_vs" : (findModule(host, resolve(from)) ?? join(from, "ip_vs.ko"));
  const file = moduleFile(host, path);
  if (!file) {
    throw failure(from === undefined
      ? `modprobe knows no ip_vs for kernel ${host.release}: "tsipvsadm module install" builds one`
      : `there is no module ${quote(path)}: "tsipvsadm module build --out ${from}" makes it`);
  }
  if (file.release !== undefined && file.release !== host.release) {
    throw failure(`${file.path} is for kernel ${file.release}, and ${host.release} is running`);
  }
  const unknown = parameters.find((text) => !file.parameters.includes(text.split("=")[0]!));
  if (unknown !== undefined) throw failure(`${quote(unknown)}: ${file.path} has no such parameter; it has ${file.parameters.join(", ")}`);
  return { file, parameters, ...(from !== undefined && { from }) };
}

/** Only tsipvsadm's has a version. */
export const isOurs = ({ version }: ModuleFile): boolean => version !== undefined;

/** Load ip_vs, and the scheduler of source NAT with ours. Throws a CliError with what the kernel said. */
export function loadModules(host: Host, { file, from, parameters }: Wanted): void {
  if (from === undefined) {
    done(host.run("modprobe", ["--", "ip_vs", ...parameters]), host, `modprobe ip_vs (${file.path})`);
    if (isOurs(file)) done(host.run("modprobe", ["--", "ip_vs_snat_sched"]), host, "modprobe ip_vs_snat_sched");
    return;
  }
  if (file.depends.length > 0) done(host.run("modprobe", ["-a", "--", ...file.depends]), host, `modprobe ${file.depends.join(" ")}`);
  done(host.run("insmod", [file.path, ...parameters]), host, `insmod ${file.path}`);
  const scheduler = schedulerPath(file);
  if (isOurs(file) && host.exists(scheduler)) done(host.run("insmod", [scheduler]), host, `insmod ${scheduler}`);
}

function done({ status, err }: { status: number; err: string }, host: Host, what: string): void {
  if (status === 0) return;
  const said = firstLine(host.run("dmesg", []).out.split("\n").reverse().find((line) => /ip_vs|IPVS|Lockdown|module verification/.test(line)) ?? "");
  const detail = /Unknown symbol|Invalid|not permitted|Key was rejected|exec format/i.test(err) && said ? `; the kernel's last word: ${said}` : "";
  throw failure(`${what}: ${firstLine(err) || `exit status ${status}`}${detail}`);
}

/**
 * Take ip_vs out, with the modules that stand on it. Returns their names, in an
 * order in which they can come back. Throws a CliError; then those already
 * out are back, as far as modprobe finds them.
 */
export function unloadModules(host: Host): string[] {
  const order = [...dependents(host, "ip_vs"), "ip_vs"];
  const out: string[] = [];
  for (const name of order) {
    const { status, err } = host.run("rmmod", [name]);
    if (status === 0) {
      out.unshift(name);
      continue;
    }
    for (const gone of out) host.run("modprobe", ["--", gone]);
    throw failure(`${name} can't be unloaded: ${firstLine(err).replace(/^rmmod: ERROR: /, "")}`);
  }
  return out;
}

/** The modules that stand on another, those on top first. */
function dependents(host: Host, name: string): string[] {
  const modules = loadedModules(host);
  const found: string[] = [];
  const visit = (of: string): void => {
    for (const user of modules.get(of)?.users ?? []) {
      visit(user);
      if (!found.includes(user)) found.push(user);
    }
  };
  visit(name);
  return found;
}

