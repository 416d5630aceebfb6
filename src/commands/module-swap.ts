// SPDX-License-Identifier: GPL-2.0-only
import { writeFileSync } from "node:fs";
import { CliError } from "../errors.js";
import type { IpvsClient } from "../ipvs/client.js";
import { failure, type Host } from "../module/host.js";
import { holders } from "../module/holders.js";
import { SYSCTL_DIR } from "../module/knobs.js";
import { isOurs, loadModules, unloadModules, type Wanted } from "../module/load.js";
import { loadedModule, type LoadedModule } from "../module/loaded.js";
import { keepLoaded, loadedFile } from "../module/old-module.js";
import { replaceFile } from "../module/replace-file.js";
import { carryOutEach } from "../plan/carry-out.js";
import { changeText } from "../plan/change.js";
import { difference } from "../plan/difference.js";
import { Table } from "../plan/table.js";
import { HeldSignals } from "../signals.js";
import type { Session } from "./command.js";
import { errorText } from "./error-text.js";
import { readServiceAddresses, readTable, readZones } from "./table.js";

/** What this network namespace has of IPVS, to be put back; flows and counters can't be. */
interface Configuration {
  readonly table: Table;
  readonly sysctls: ReadonlyMap<string, string>;
}

/** Should the process end in the middle, this is what it was about to put back. */
const SAVED = "/run/tsipvsadm/before-reload.rules";

/**
 * Put another ip_vs in the place of the loaded one, with the same services,
 * rules, zones, timeouts, daemons and sysctls. Where that fails the old one is
 * back. Throws a CliError that says what there is now.
 */
export async function replaceModule(host: Host, loaded: LoadedModule, wanted: Wanted, session: Session): Promise<void> {
  const before = await readConfiguration(session.client, host);
  refuseHeld(host, loaded, before);
  refuseStock(wanted, before);
  const old = loadedFile(host, loaded, wanted.file);
  if (!old) session.io.err("the file of the loaded ip_vs is gone: if the other one fails, this one can't come back\n");
  keepLoaded(loaded, old?.file);
  const changes = difference(new Table(), before.table).changes;
  replaceFile(SAVED, changes.map((change) => `${changeText(change)}\n`).join(""));
  const signals = new HeldSignals();
  try {
    const others = await takeOut(host, session, before);
    await putIn(host, session, wanted, before, others).catch((error: unknown) => goBack(error, host, session, old, before, others));
  } finally {
    signals.release();
  }
}

async function readConfiguration(client: IpvsClient, host: Host): Promise<Configuration> {
  const entries = await readTable(client, undefined, { counters: false });
  const table = Table.of(entries, await readZones(client), await readServiceAddresses(client));
  table.timeouts = await client.timeouts();
  for (const daemon of await client.daemons()) table.daemons.set(daemon.state, daemon);
  const sysctls = new Map(host.list(SYSCTL_DIR).map((name) => [name, host.read(`${SYSCTL_DIR}/${name}`)?.trim() ?? ""]));
  return { table, sysctls };
}

function refuseHeld(host: Host, loaded: LoadedModule, { table }: Configuration): void {
  const found = holders(host, loaded, { services: table.services.size, daemons: table.daemons.size });
  if (found.length > 0) throw failure(`ip_vs can't be replaced, it is held by ${found.join(", ")}; nothing was changed`);
}

/** What the stock module could not hold. */
function refuseStock({ file }: Wanted, { table }: Configuration): void {
  if (isOurs(file)) return;
  const ours = difference(new Table(), table).changes
    .filter((change) => /-(snat|zone|laddr)$/.test(change.kind) || (change.kind === "add-server" && change.server.method === "fullnat"));
  if (ours.length === 0) return;
  throw failure(`${file.path} is the stock ip_vs, which can't hold ${changeText(ours[0]!)}${ours.length > 1 ? ` and ${ours.length - 1} more` : ""}; ` +
    "-C clears the table, -S saves it before; nothing was changed");
}

/** Clear and unload. Returns the names of the modules that stood on ip_vs. Throws a CliError, with everything as before. */
async function takeOut(host: Host, session: Session, before: Configuration): Promise<string[]> {
  const { client } = session;
  try {
    for (const daemon of before.table.daemons.values()) if (daemon) await client.stopDaemon(daemon);
    await client.flush();
    return unloadModules(host).filter((name) => name !== "ip_vs" && name !== "ip_vs_snat_sched");
  } catch (error) {
    const lost = await restore(host, session, before);
    throw failure(`${said(error)}; ${lost ?? "the configuration is as before"}`);
  }
}

async function putIn(host: Host, session: Session, wanted: Wanted, before: Configuration, others: readonly string[]): Promise<void> {
  loadModules(host, wanted);
  for (const name of others) host.run("modprobe", ["--", name]);
  const lost = await restore(host, session, before);
  if (lost !== undefined) throw failure(lost);
  keepLoaded(loadedModule(host), wanted.file);
}

/** The way back; always throws. */
async function goBack(error: unknown, host: Host, session: Session, old: Wanted | undefined, before: Configuration, others: readonly string[]): Promise<never> {
  if (!old) throw failure(`${said(error)}; the old ip_vs can't come back, its configuration is in ${SAVED}`);
  try {
    if (host.exists("/sys/module/ip_vs")) {
      const client = session.connect();
      await client.flush().finally(() => client.close());
      unloadModules(host);
    }
    await putIn(host, session, old, before, others);
  } catch (second) {
    throw failure(`${said(error)}; putting the old ip_vs back: ${said(second)}; the configuration is in ${SAVED}`);
  }
  throw failure(`${said(error)}; the old ip_vs is back, with its configuration`);
}

/** Make IPVS what it was. Returns what could not be put back, if anything. */
async function restore(host: Host, session: Session, { table, sysctls }: Configuration): Promise<string | undefined> {
  for (const [name, value] of sysctls) restoreSysctl(host, name, value);
  // The families of another module have other numbers.
  const client = session.connect();
  try {
    const present = (await readConfiguration(client, host)).table;
    const failed = await carryOutEach(difference(present, table).changes, client);
    const [first] = failed;
    if (!first) return undefined;
    const more = failed.length > 1 ? ` (and ${failed.length - 1} more)` : "";
    return `${changeText(first.change)}${more}: ${said(first.error)}`;
  } finally {
    client.close();
  }
}

function restoreSysctl(host: Host, name: string, value: string): void {
  const path = `${SYSCTL_DIR}/${name}`;
  if (!host.exists(path) || host.read(path)?.trim() === value) return;
  try {
    writeFileSync(path, value);
  } catch {
    // est_cpulist and its like may read as what they do not take; the kernel's own value is right then.
  }
}

const said = (error: unknown): string => (error instanceof CliError ? error.message : (errorText(error) ?? String(error)));
