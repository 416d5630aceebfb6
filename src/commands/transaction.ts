// SPDX-License-Identifier: GPL-2.0-only
import { CliError, exitStatus } from "../errors.js";
import { quote } from "../model/text-error.js";
import { carryOut } from "../plan/carry-out.js";
import type { Change } from "../plan/change.js";
import { changeText } from "../plan/change.js";
import type { Table } from "../plan/table.js";
import type { Undone } from "../plan/undo.js";
import { undo } from "../plan/undo.js";
import type { Session } from "./command.js";
import { errorText } from "./error-text.js";
import type { Step } from "./steps.js";
import { describe, readPresent } from "./steps.js";

/**
 * Make all of the changes or none: when the kernel refuses one, what was
 * `before` is put back. Prints what was refused and throws a CliError that
 * says what has become of the rest.
 */
export async function transact(steps: readonly Step[], before: Table, session: Session): Promise<void> {
  const { client, io } = session;
  const { sent, refused } = await carryOut(steps, client);
  if (!refused) return;
  io.err(`${describe(refused.step, text(refused.error))}\n`);
  const changes = steps.slice(0, sent).map(({ change }) => change);
  let undone: Undone;
  try {
    undone = await undo(before, await readPresent(client, changes), changes, client);
  } catch (error) {
    const first = quote(changeText(changes[0]!));
    const last = quote(changeText(changes.at(-1)!));
    throw new CliError(
      `what there is now can't be read, so nothing is undone: ${text(error)}; any of the ${sent} commands from ${first} to ${last} may have been carried out`,
      exitStatus.failure,
    );
  }
  for (const { change, error } of undone.failed) io.err(`undoing with ${quote(changeText(change))}: ${text(error)}\n`);
  const taken = changes.filter((change) => change !== refused.step.change);
  throw new CliError(outcome(undone, taken), exitStatus.failure);
}

function outcome({ changes, failed }: Undone, taken: readonly Change[]): string {
  const lost = changes.some(({ kind }) => kind.startsWith("add-")) || taken.some(({ kind }) => kind === "flush" || kind === "zero");
  const remark = lost ? "; counters that were deleted or zeroed are lost, and flows may have ended" : "";
  if (failed.length > 0) return `not all is undone: the commands above, which failed, would put back the rest${remark}`;
  return changes.length === 0 && !lost ? "nothing was changed" : `all that was done is undone${remark}`;
}

function text(error: unknown): string {
  return errorText(error) ?? String(error);
}
