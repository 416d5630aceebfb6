// SPDX-License-Identifier: GPL-2.0-only
import { resolve } from "node:path";
import { isatty } from "node:tty";
import { feature } from "../ipvs/abi/fnat.js";
import type { IpvsClient } from "../ipvs/client.js";
import { moduleFacts } from "../module/facts.js";
import { failure, type Host, needRoot, thisHost } from "../module/host.js";
import { holders } from "../module/holders.js";
import { isOurs, loadModules, unloadModules, wantedModule, type Wanted } from "../module/load.js";
import { loadedModule } from "../module/loaded.js";
import { keepLoaded } from "../module/old-module.js";
import { applySettings, parseSettings } from "../module/set.js";
import { shownKnobs, shownText } from "../module/show.js";
import { build as buildModules } from "../module/build.js";
import { install as installModules, uninstall as uninstallModules } from "../module/install.js";
import { Progress } from "../module/progress.js";
import { runScript } from "../module/script.js";
import { advice, statusText, type TableUse } from "../module/status.js";
import { applySysctlFile } from "../module/sysctl-file.js";
import { words } from "../module/words.js";
import { parseWords, type WordCall } from "../words.js";
import type { Command, Session } from "./command.js";
import { replaceModule } from "./module-swap.js";

type WordCommand = (call: WordCall, session: Session, host: Host) => void | Promise<void>;

/** The configurator: "module" and a word of its own table. */
export const runModule: Command = async ({ values }, session) => {
  const call = parseWords("module", words, values.words ?? []);
  await commands[call.word.name]!(call, session, thisHost());
};

const status: WordCommand = async ({ options }, session, host) => {
  const facts = moduleFacts(host, options.get("kernel"));
  // IPVS tells its tables to root alone; all else is for everybody.
  const use = facts.loaded && host.root ? await tableUse(session.client, facts.loaded.origin === "tsipvsadm") : undefined;
  const next = advice(facts);
  if (options.has("json")) session.io.out(`${JSON.stringify({ module: { ...facts, ...(use && { tables: use }), ...(next && { next }) } }, null, 2)}\n`);
  else session.io.out(statusText(facts, use));
};

/** Only of a module that is loaded: to ask would load it. */
async function tableUse(client: IpvsClient, ours: boolean): Promise<TableUse> {
  const { connTabSize } = await client.info();
  const services = await client.services({ counters: false });
  const servers = await client.serversOf(services.map(({ key }) => key), { counters: false });
  const info = ours ? await client.moduleInfo() : undefined;
  return {
    connBuckets: connTabSize,
    connections: servers.flat().reduce((sum, { active, inactive }) => sum + active + inactive, 0),
    ...(info && { flowBuckets: info.buckets, flows: info.flows, flowsTotal: info.flowsTotal, flowsMax: info.flowsMax }),
    features: Object.entries(feature).filter(([, bit]) => ((info?.features ?? 0) & bit) !== 0).map(([name]) => name),
  };
}

const show: WordCommand = ({ options, plain }, { io }, host) => {
  const shown = shownKnobs(host, plain);
  io.out(options.has("json") ? `${JSON.stringify({ settings: shown }, null, 2)}\n` : shownText(shown));
};

const set: WordCommand = ({ plain }, { io }, host) => {
  for (const note of applySettings(host, parseSettings(plain))) io.err(`${note}\n`);
};

function parameters({ options }: WordCall): string[] {
  const given = ["conn-tab-bits", "flow-tab-bits", "flow-max"].filter((name) => options.has(name));
  return parametersOf(given.map((name) => [name.replaceAll("-", "_"), options.get(name)!]));
}

/** Checked as set checks them. */
function parametersOf(pairs: ReadonlyArray<readonly [string, string]>): string[] {
  const settings = parseSettings(pairs.map(([name, value]) => `${name}=${value}`));
  return [...settings].flatMap(([{ key }, value]) => (value === undefined ? [] : [`${key}=${value}`]));
}

/** Where there was no ip_vs. */
function loadFirst(host: Host, wanted: Wanted): void {
  loadModules(host, wanted);
  keepLoaded(loadedModule(host), wanted.file);
  applySysctlFile(host);
}

const load: WordCommand = async (call, session, host) => {
  needRoot(host, "load modules");
  const wanted = wantedModule(host, call.options.get("from"), parameters(call));
  if (!isOurs(wanted.file)) throw failure(`modprobe would load the stock ip_vs, ${wanted.file.path}: "tsipvsadm module install" comes first`);
  const loaded = loadedModule(host);
  if (loaded?.origin === "tsipvsadm") throw failure(`tsipvsadm's ip_vs ${loaded.version ?? ""} is loaded already; "tsipvsadm module reload" loads it anew`);
  if (loaded) return reload(call, session, host);
  loadFirst(host, wanted);
};

const reload: WordCommand = async (call, session, host) => {
  needRoot(host, "replace modules");
  const wanted = wantedModule(host, call.options.get("from"), parameters(call));
  const loaded = loadedModule(host);
  if (loaded?.origin === "built in") throw failure("this kernel has ip_vs built in, which nothing can replace");
  if (loaded) return replaceModule(host, loaded, wanted, session);
  loadFirst(host, wanted);
};

const unload: WordCommand = async (_call, { client }, host) => {
  needRoot(host, "unload modules");
  const loaded = loadedModule(host);
  if (!loaded) throw failure("no ip_vs is loaded");
  if (loaded.origin === "built in") throw failure("this kernel has ip_vs built in, which can't be unloaded");
  const own = { services: (await client.services({ counters: false })).length, daemons: (await client.daemons()).length };
  const found = holders(host, loaded, own);
  if (own.services > 0) found.unshift(`${own.services} services here, which -C deletes`);
  if (own.daemons > 0) found.unshift(`${own.daemons} sync daemons here, which --stop-daemon stops`);
  if (found.length > 0) throw failure(`ip_vs can't be unloaded, it is held by ${found.join(", ")}`);
  unloadModules(host);
};

/** With the lines of scripts shown as they come. */
async function shown(session: Session, work: (onLine: (line: string) => void) => Promise<void>): Promise<void> {
  const progress = new Progress(session.io, isatty(2));
  try {
    await work(progress.line);
  } finally {
    progress.end();
  }
}

const build: WordCommand = async ({ options }, session, host) => {
  const release = options.get("kernel") ?? host.release;
  const out = options.get("out") ?? `tsipvsadm-modules-${release}`;
  await shown(session, (onLine) => buildModules(host, release, options.get("source"), out, onLine));
  session.io.err(`the modules are in ${out}: "tsipvsadm module load --from ${out}" loads them\n`);
};

const install: WordCommand = async ({ options }, session, host) => {
  const release = options.get("kernel") ?? host.release;
  await shown(session, (onLine) => installModules(host, release, onLine));
  if (release === host.release && loadedModule(host)) session.io.err('what is loaded stays until "tsipvsadm module reload"\n');
};

const uninstall: WordCommand = async (_call, session, host) => {
  await shown(session, (onLine) => uninstallModules(host, onLine));
  if (loadedModule(host)?.origin === "tsipvsadm") session.io.err('tsipvsadm\'s ip_vs stays loaded until "tsipvsadm module reload", which loads the stock one\n');
};

const patch: WordCommand = async ({ plain }, session) => {
  await shown(session, (onLine) => runScript("patch-tree.sh", [resolve(plain[0]!)], onLine));
};

/** THE dispatch table of the words. */
const commands: Readonly<Record<string, WordCommand>> = {
  status, show, set, load, reload, unload, build, install, uninstall, patch,
};
