// SPDX-License-Identifier: GPL-2.0-only
import { zoneNotices } from "../cli/build-zone.js";
import type { Invocation } from "../cli/parse.js";
import { parse } from "../cli/parse.js";
import { CliError } from "../errors.js";
import type { IpvsClient } from "../ipvs/client.js";
import { IpvsError, noSnat } from "../ipvs/error.js";
import { quote } from "../model/text-error.js";
import type { Change } from "../plan/change.js";
import { changeText } from "../plan/change.js";
import { Table } from "../plan/table.js";
import { changeOf } from "./change.js";
import type { Session } from "./command.js";
import { errorText } from "./error-text.js";
import type { Line } from "./lines.js";
import { at, splitLine } from "./lines.js";
import { readServiceAddresses, readTable, readZones } from "./table.js";

/** A change to make, and the line that asks for it; what no line asks for is not wanted by any. */
export interface Step {
  readonly change: Change;
  readonly line?: Line;
}

/** The step as errors show it. */
export function describe({ change, line }: Step, message: string): string {
  return line ? at(line, message) : `${quote(changeText(change))}: ${message}`;
}

/**
 * The changes that the lines ask for. Every line is read: all errors are
 * printed, and then a CliError says no more. `refuse` says why a command can't
 * be among them, if it can't.
 */
export async function readSteps(
  lines: Iterable<string>,
  { io, names }: Session,
  refuse: (invocation: Invocation, change: Change | undefined) => string | undefined,
): Promise<Array<Required<Step>>> {
  const steps: Array<Required<Step>> = [];
  let status: number | undefined;
  let number = 0;
  for (const raw of lines) {
    number++;
    const argv = splitLine(raw);
    if (argv.length === 0) continue;
    const line: Line = { number, text: raw.trim() };
    try {
      const invocation = await parse(argv, names);
      for (const notice of zoneNotices(invocation.values)) io.err(`${at(line, notice)}\n`);
      const change = changeOf(invocation);
      const reason = refuse(invocation, change);
      if (reason !== undefined || !change) throw new CliError(reason ?? "it changes nothing");
      steps.push({ change, line });
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      status ??= error.status;
      io.err(`${at(line, error.message.trimEnd())}\n`);
    }
  }
  if (status !== undefined) throw new CliError("nothing was changed", status);
  return steps;
}

/** Make the changes in `table`. As readSteps, it prints all that can't be made and ends with `status`. */
export function foresee(steps: readonly Step[], table: Table, { io }: Session, status: number): void {
  let refused = false;
  for (const step of steps) {
    try {
      table.change(step.change);
    } catch (error) {
      if (!(error instanceof IpvsError)) throw error;
      refused = true;
      io.err(`${describe(step, errorText(error)!)}\n`);
    }
  }
  if (refused) throw new CliError("nothing was changed", status);
}

/** Changes that the stock module knows nothing of. */
const ours: ReadonlyArray<Change["kind"]> = [
  "add-snat", "edit-snat", "delete-snat", "add-zone", "del-zone", "add-laddr", "del-laddr",
  "add-service-laddr", "del-service-laddr",
];

/**
 * What the kernel holds: all services and zones, and the timeouts and daemons
 * when one of the changes is about them. Throws an IpvsError when the changes
 * are about rules or zones and the module has none.
 */
export async function readPresent(client: IpvsClient, changes: readonly Change[]): Promise<Table> {
  const about = new Set(changes.map(({ kind }) => kind));
  const table = Table.of(await readTable(client, undefined, { counters: false }), await readZones(client), await readServiceAddresses(client));
  if (ours.some((kind) => about.has(kind)) && (await client.moduleInfo()) === undefined) throw noSnat("addRule");
  if (about.has("set")) table.timeouts = await client.timeouts();
  if (about.has("start-daemon") || about.has("stop-daemon")) {
    table.daemons.set("master", undefined).set("backup", undefined);
    for (const daemon of await client.daemons()) table.daemons.set(daemon.state, daemon);
  }
  return table;
}
