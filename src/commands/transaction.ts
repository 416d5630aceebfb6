// SPDX-License-Identifier: GPL-2.0-only
import { CliError, exitStatus } from "../errors.js";
import { quote } from "../model/text-error.js";
import type { Progress } from "../plan/carry-out.js";
import { carryOut } from "../plan/carry-out.js";
import type { Change } from "../plan/change.js";
import { changeText } from "../plan/change.js";
import type { Table } from "../plan/table.js";
import type { Undone } from "../plan/undo.js";
import { undo } from "../plan/undo.js";
import { HeldSignals } from "../signals.js";
import type { Session } from "./command.js";
import { errorText } from "./error-text.js";
import type { Step } from "./steps.js";
import { describe, readPresent } from "./steps.js";

/**
 * Make all of the changes or none: when the kernel refuses one, or a signal
 * comes, what was `before` is put back. Prints what was refused and throws a
 * CliError that says what has become of the rest.
 */
export async function transact(steps: readonly Step[], before: Table, session: Session): Promise<void> {
  const signals = new HeldSignals();
  let lines: string[];
  try {
    const progress = await carryOut(steps, session.client, () => signals.came());
    if (!progress.stopped) return;
    lines = [stopText(progress.stopped), ...(await takeBack(steps, progress, before, session))];
  } finally {
    signals.release();
  }
  // Nothing is printed before all is undone: there may be nobody to read it, which is an end too.
  for (const line of lines.slice(0, -1)) session.io.err(`${line}\n`);
  throw new CliError(lines.at(-1)!, exitStatus.failure);
}

function stopText(stopped: NonNullable<Progress<Step>["stopped"]>): string {
  return "signal" in stopped ? `interrupted by ${stopped.signal}` : describe(stopped.step, text(stopped.error));
}

/** Put back what was before; returns what is to be said of it, the outcome last. */
async function takeBack(steps: readonly Step[], progress: Progress<Step>, before: Table, { client }: Session): Promise<string[]> {
  const sent = steps.slice(0, progress.sent).map(({ change }) => change);
  if (sent.length === 0) return ["nothing was changed"];
  try {
    const undone = await undo(before, await readPresent(client, sent), sent, client);
    const failed = undone.failed.map(({ change, error }) => `undoing with ${quote(changeText(change))}: ${text(error)}`);
    return [...failed, outcome(undone, sent, progress)];
  } catch (error) {
    const [first, last] = [sent[0]!, sent.at(-1)!].map((change) => quote(changeText(change)));
    return [
      `what there is now can't be read: ${text(error)}`,
      `nothing is undone: any of the ${sent.length} commands from ${first} to ${last} may have been carried out`,
    ];
  }
}

function outcome({ changes, failed }: Undone, sent: readonly Change[], { stopped }: Progress<Step>): string {
  const refused = stopped && "step" in stopped ? stopped.step.change : undefined;
  const lost =
    changes.some(({ kind }) => kind.startsWith("add-")) ||
    sent.some((change) => (change.kind === "flush" || change.kind === "zero") && change !== refused);
  const remark = lost ? "; counters that were deleted or zeroed are lost, and flows may have ended" : "";
  if (failed.length > 0) return `not all is undone: the commands above, which failed, would put back the rest${remark}`;
  return changes.length === 0 && !lost ? "nothing was changed" : `all that was done is undone${remark}`;
}

function text(error: unknown): string {
  return errorText(error) ?? String(error);
}
