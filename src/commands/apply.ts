// SPDX-License-Identifier: GPL-2.0-only
import { CliError, exitStatus } from "../errors.js";
import { quote } from "../model/text-error.js";
import type { Change } from "../plan/change.js";
import { changeText, subjectOf } from "../plan/change.js";
import { difference } from "../plan/difference.js";
import { Table } from "../plan/table.js";
import type { Command } from "./command.js";
import type { Line } from "./lines.js";
import { fileLines } from "./lines.js";
import type { Step } from "./steps.js";
import { foresee, readPresent, readSteps } from "./steps.js";
import { transact } from "./transaction.js";

/** Commands that say what is to be there. */
const wishes: ReadonlySet<Change["kind"]> = new Set([
  "add-service", "add-server", "add-snat", "add-zone", "add-laddr", "add-service-laddr", "set", "start-daemon", "stop-daemon",
]);

/**
 * Make the kernel's table what the file says: what is equal is left alone,
 * the rest is changed, all of it or nothing. With --dry-run the changes are
 * printed instead.
 */
export const applyFile: Command = async ({ values, given }, session) => {
  const { client, io } = session;
  const path = values.file!;
  const asked = await readSteps(path === "-" ? io.lines() : fileLines(path), session, ({ verb }, change) =>
    change && wishes.has(change.kind)
      ? undefined
      : `the '${verb.id}' command can't be in a file for apply, which says what is to be there: -A, -a, -K, -P, --set, --start-daemon and --stop-daemon can`,
  );
  const wanted = new Table();
  foresee(asked, wanted, session, exitStatus.usage);
  const present = await readPresent(client, asked.map(({ change }) => change));
  const { changes, remarks } = difference(present, wanted);
  // What made the file may have failed: nobody clears a gateway by an empty one.
  if (asked.length === 0 && changes.length > 0) {
    throw new CliError(`no command in ${path === "-" ? "standard input" : quote(path)}: that would delete all there is; -C does it`);
  }
  for (const remark of remarks) io.err(`apply: ${remark}\n`);
  if (given.has("dry-run")) {
    for (const change of changes) io.out(`${changeText(change)}\n`);
    return;
  }
  await transact(withLines(changes, asked), present, session);
};

/** Each change with the line that asks for it, if one does. */
function withLines(changes: readonly Change[], asked: ReadonlyArray<Required<Step>>): Step[] {
  const lines = new Map<string, Line>();
  for (const { change, line } of asked) lines.set(subjectOf(change).id, line);
  return changes.map((change) => {
    const line = lines.get(subjectOf(change).id);
    return line ? { change, line } : { change };
  });
}
