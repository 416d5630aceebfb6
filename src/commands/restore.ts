// SPDX-License-Identifier: GPL-2.0-only
import type { Invocation } from "../cli/parse.js";
import { parse } from "../cli/parse.js";
import type { Batch as Requests } from "../ipvs/client.js";
import { CliError, exitStatus } from "../errors.js";
import { errorText } from "./error-text.js";
import type { Command, Session } from "./command.js";
import type { Line } from "./lines.js";
import { at, splitLine } from "./lines.js";

/** Lines sent before their answers are awaited; bounds memory, not the kernel's queue. */
const LINES_AT_ONCE = 256;

/** A line in flight, and what the kernel said of it. */
interface SentLine extends Line {
  error?: unknown;
}

/**
 * Carry out each line of standard input as a command line. A line that the
 * kernel refuses is reported and the next goes on, as with ipvsadm; a line
 * that can't be read ends it, with the lines before it done.
 */
export function restoreWith(dispatch: (invocation: Invocation) => Command): Command {
  return async (_invocation, session) => {
    await session.client.info();
    const failed = await restoreLines(dispatch, session);
    if (failed > 0) throw new CliError("", exitStatus.failure);
  };
}

async function restoreLines(dispatch: (invocation: Invocation) => Command, session: Session): Promise<number> {
  let failed = 0;
  let number = 0;
  let batch = new Batch(session);
  const finish = async () => {
    failed += await batch.finish();
    batch = new Batch(session);
  };
  for (const raw of session.io.lines()) {
    number++;
    const argv = splitLine(raw);
    if (argv.length === 0) continue;
    const line: SentLine = { number, text: raw };
    try {
      const read = parse(argv, session.names);
      const invocation = read instanceof Promise ? await read : read;
      const alone = !changes.has(invocation.verb.id);
      if (alone) await finish();
      batch.add(line, dispatch(invocation)(invocation, session));
      if (alone || batch.size === LINES_AT_ONCE) await finish();
    } catch (error) {
      await finish();
      if (!(error instanceof CliError) || error.message === "") throw error;
      throw new CliError(at(line, error.message), error.status);
    }
  }
  await finish();
  return failed;
}

/** Verbs whose one request can travel with others. */
const changes: ReadonlySet<string> = new Set([
  "add-service", "edit-service", "delete-service", "flush", "zero",
  "add-server", "edit-server", "delete-server",
  "add-snat", "edit-snat", "delete-snat",
  "add-zone", "del-zone", "add-laddr", "del-laddr",
]);

/** Lines whose requests are sent together. */
class Batch {
  private readonly lines: SentLine[] = [];
  /** The line of each change that was sent. */
  private readonly changes: SentLine[] = [];
  private readonly others: Promise<void>[] = [];
  private readonly requests: Requests;

  constructor(private readonly session: Session) {
    this.requests = session.client.batch((number, error) => void (this.changes[number]!.error = error));
  }

  get size(): number {
    return this.lines.length;
  }

  /** `done` is what the line's command returned. */
  add(line: SentLine, done: Promise<void>): void {
    this.lines.push(line);
    while (this.changes.length < this.requests.count) this.changes.push(line);
    if (done !== this.requests.queued) this.others.push(done.catch((error: unknown) => void (line.error = error)));
  }

  /** Send, wait, report; the number of lines that failed. */
  async finish(): Promise<number> {
    await this.requests.commit();
    await Promise.all(this.others);
    const failed = this.lines.filter(({ error }) => error !== undefined);
    for (const line of failed) this.session.io.err(`${at(line, errorText(line.error) ?? String(line.error))}\n`);
    return failed.length;
  }
}
