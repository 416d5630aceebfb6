// SPDX-License-Identifier: GPL-2.0-only
import type { Invocation } from "../cli/parse.js";
import { parse, usageHint } from "../cli/parse.js";
import { OptionError } from "../cli/tokens.js";
import type { Batch as Requests } from "../ipvs/client.js";
import { CliError, exitStatus } from "../errors.js";
import { errorText } from "./error-text.js";
import type { Command, Session } from "./command.js";
import { compileSmall } from "./compile.js";
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
 * kernel refuses is reported and the next goes on, as with ipvsadm, and so is
 * one with an option that there is not; a line that can't be read for another
 * reason, or that lists what can't be listed, ends it with the lines before it
 * done. Help ends it as well.
 */
export function restoreWith(dispatch: (invocation: Invocation) => Command): Command {
  return async (_invocation, session) => {
    await session.client.info();
    const failed = await restoreLines(dispatch, { ...session, bulk: true });
    if (failed > 0) throw new CliError("", exitStatus.failure);
  };
}

async function restoreLines(dispatch: (invocation: Invocation) => Command, session: Session): Promise<number> {
  let failed = 0;
  let number = 0;
  let long = false;
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
      const { id } = invocation.verb;
      if (id === "restore") throw usageHint();
      const alone = !changes.has(id);
      if (alone) await finish();
      if (ending.has(id)) await dispatch(invocation)(invocation, session);
      else batch.add(line, dispatch(invocation)(invocation, session));
      if (id === "help" || id === "version") break;
      if (!long && batch.size === LINES_AT_ONCE) await compileSmall();
      long ||= batch.size === LINES_AT_ONCE;
      if (alone || batch.size === LINES_AT_ONCE) await finish();
    } catch (error) {
      await finish();
      const message = errorText(error);
      if (message === undefined || message === "") throw error;
      const status = error instanceof CliError ? error.status : exitStatus.input;
      if (!(error instanceof OptionError)) throw new CliError(at(line, message), status);
      session.io.err(`${at(line, message)}\n`);
      failed++;
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

/** Verbs whose failure ends it. */
const ending: ReadonlySet<string> = new Set(["list", "save", "help", "version"]);

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
