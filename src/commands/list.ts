// SPDX-License-Identifier: GPL-2.0-only
import { serviceKey } from "../cli/build-service.js";
import type { Invocation } from "../cli/parse.js";
import { daemonText, extStatsText, timeoutsText } from "../format/daemons.js";
import { daemonsFields, extStatsFields, infoFields, tableFields, timeoutsFields } from "../format/json.js";
import { toJson } from "../format/json-text.js";
import type { TableEntry } from "../format/entries.js";
import { snatHeader, tableHeader, versionLine, writeEntry } from "../format/listing.js";
import { numeric } from "../format/names.js";
import type { ListFormat } from "../format/service-row.js";
import { TextBuffer } from "../format/text-buffer.js";
import { feature } from "../ipvs/abi/fnat.js";
import type { IpvsClient } from "../ipvs/client.js";
import type { SyncState } from "../model/sync.js";
import type { Command, Session } from "./command.js";
import { compileSmall } from "./compile.js";
import { listConnections } from "./list-connections.js";
import { LONG, namedAddresses, readEntries, readServices, readTable, withSnat } from "./table.js";

/** Everything that -L can show. */
export const list: Command = async (invocation, session) => {
  const { given } = invocation;
  if (given.has("connection")) return listConnections(invocation, session);
  if (given.has("timeout")) return listTimeouts(invocation, session);
  if (given.has("daemon")) return listDaemons(invocation, session);
  if (given.has("ext-stats")) return listExtStats(invocation, session);
  return listTable(invocation, session);
};

/** Which columns were asked for, in ipvsadm's order of precedence. */
function columns(given: ReadonlySet<string>): ListFormat["columns"] {
  const kinds = ["stats", "rate", "thresholds", "persistent-conn", "tun-info"] as const;
  return kinds.find((kind) => given.has(kind)) ?? "plain";
}

async function listTable({ given, values }: Invocation, session: Session): Promise<void> {
  const { client, io } = session;
  const key = serviceKey(values);
  const json = given.has("json");
  const info = key ? undefined : await client.info();
  const shown = columns(given);
  const wanted = {
    counters: json || shown === "stats" || shown === "rate",
    sort: !given.has("nosort"),
    plain: shown === "plain" && !json,
    reuse: !json,
  };
  if (json) {
    const entries = await readTable(client, key, wanted);
    io.out(`${toJson({ ...(info && infoFields(info.version, info.connTabSize)), ...tableFields(entries) }, 2)}\n`);
    return;
  }
  const format = { columns: shown, exact: given.has("exact"), numeric: given.has("numeric") };
  const out = new TextBuffer((bytes) => io.out(bytes));
  try {
    if (info) out.text(versionLine(info.version, info.connTabSize));
    const services = await readServices(client, key, wanted);
    if (services.numbers.length >= LONG) await compileSmall();
    const header = await headerStyle(io.colour);
    out.text(header(tableHeader(shown)));
    await writeEntries(readEntries(client, withSnat(services, false), wanted), format, out, session);
    const snat = withSnat(services, true);
    if (snat.numbers.length > 0) out.text(header(snatHeader(shown)));
    await writeEntries(readEntries(client, snat, wanted), format, out, session);
  } finally {
    // What came before an error stands before it.
    out.flush();
  }
}

/** Rows as they are read; the names of a part are looked up together. */
async function writeEntries(
  parts: AsyncIterable<readonly TableEntry[]>,
  format: Omit<ListFormat, "namer"> & { readonly numeric: boolean },
  out: TextBuffer,
  { names }: Session,
): Promise<void> {
  for await (const entries of parts) {
    const namer = format.numeric ? numeric : await names.namer(namedAddresses(entries));
    const shown = { ...format, namer };
    for (const entry of entries) writeEntry(out, entry, shown);
  }
}

/** Titles are bold on a terminal. */
async function headerStyle(colour: boolean): Promise<(text: string) => string> {
  if (!colour) return (text) => text;
  const { default: chalk } = await import("chalk");
  return (text) => text.replace(/^.+$/gm, (line) => chalk.bold(line));
}

async function listTimeouts({ given }: Invocation, { client, io }: Session): Promise<void> {
  const timeouts = await client.timeouts();
  io.out(given.has("json") ? `${toJson(timeoutsFields(timeouts), 2)}\n` : timeoutsText(timeouts));
}

async function listDaemons({ given }: Invocation, { client, io }: Session): Promise<void> {
  const daemons = await client.daemons();
  io.out(given.has("json") ? `${toJson(daemonsFields(daemons, await flowSync(client)), 2)}\n` : daemons.map(daemonText).join(""));
}

/** Flow synchronisation, where the module has it and a daemon runs. */
async function flowSync(client: IpvsClient): Promise<SyncState | undefined> {
  const module = await client.moduleInfo();
  if (!module || (module.features & feature.sync) === 0) return undefined;
  const state = await client.sync.state();
  return state.roles.master || state.roles.backup ? state : undefined;
}

async function listExtStats({ given }: Invocation, { client, io }: Session): Promise<void> {
  const counters = await client.extStats();
  io.out(given.has("json") ? `${toJson(extStatsFields(counters), 2)}\n` : extStatsText(counters));
}
