// SPDX-License-Identifier: GPL-2.0-only
import { Names } from "./cli/names.js";
import type { Invocation } from "./cli/parse.js";
import { callsOwnVerb, parse } from "./cli/parse.js";
import { isSnatVerb, isZoneVerb } from "./cli/verbs.js";
import type { Session } from "./commands/command.js";
import { errorText, isRefusal, lacksIpvs } from "./commands/error-text.js";
import { command } from "./commands/index.js";
import { CliError, exitStatus } from "./errors.js";
import type { Io } from "./io.js";
import { BrokenPipe } from "./io.js";
import type { IpvsClient } from "./ipvs/client.js";
import { LINE_QUOTED, quote } from "./model/text-error.js";

/** Exit status of a process that SIGPIPE ended, as shells have it. */
export const SIGPIPE_STATUS = 141;

/**
 * Carry out one command line. Returns the exit status: 0, 1 when a listing
 * can't be read, 2 when the command line is refused, 255 when the kernel
 * refuses.
 */
export async function run(argv: readonly string[], io: Io, connect: () => IpvsClient): Promise<number> {
  let client: IpvsClient | undefined;
  const session: Session = {
    get client() {
      return (client ??= connect());
    },
    connect,
    io,
    names: new Names(),
  };
  let invocation: Invocation | undefined;
  try {
    invocation = await parse(argv, session.names);
    await command(invocation)(invocation, session);
    io.flush();
    return exitStatus.ok;
  } catch (error) {
    return report(await firstError(error, argv, session), argv, invocation, io);
  } finally {
    client?.close();
  }
}

/**
 * What comes first of all that is wrong: ipvsadm asks for IPVS before it reads
 * its command line, and without it says nothing else. An own verb's line is
 * explained all the same.
 */
async function firstError(error: unknown, argv: readonly string[], { client }: Session): Promise<unknown> {
  if (!(error instanceof CliError) || callsOwnVerb(argv)) return error;
  try {
    await client.info();
  } catch (missing) {
    if (lacksIpvs(missing)) return missing;
  }
  return error;
}

/** Print the error and choose the exit status. */
function report(error: unknown, argv: readonly string[], invocation: Invocation | undefined, io: Io): number {
  try {
    return explain(error, argv, invocation, io);
  } catch (broken) {
    if (broken instanceof BrokenPipe) return SIGPIPE_STATUS;
    throw broken;
  }
}

/** Print the error, on one line as a rule. Throws BrokenPipe where nobody reads it. */
function explain(error: unknown, argv: readonly string[], invocation: Invocation | undefined, io: Io): number {
  if (error instanceof BrokenPipe) throw error;
  const text = errorText(error);
  if (text === undefined) {
    io.err(`tsipvsadm: internal error: ${error instanceof Error ? error.stack : String(error)}\n`);
    return exitStatus.failure;
  }
  // The kernel's words name no values; ipvsadm's own verbs keep to ipvsadm's words.
  const quoted = refusedOurs(error, invocation) ? `: ${quote(argv.join(" "), LINE_QUOTED)}` : "";
  if (text !== "") io.err(`${text}${quoted}\n`);
  // What was listed before the error is shown all the same.
  io.flush();
  if (error instanceof CliError) return error.status;
  if (lacksIpvs(error)) return exitStatus.usage;
  const reading = ["list", "save", "get-laddr"].includes(invocation?.verb.id ?? "");
  return reading ? exitStatus.input : exitStatus.failure;
}

/** Did the kernel refuse what was asked of a source-NAT rule or a zone? */
function refusedOurs(error: unknown, invocation: Invocation | undefined): boolean {
  if (invocation === undefined || !isRefusal(error)) return false;
  return isSnatVerb(invocation.verb.id) || isZoneVerb(invocation.verb.id);
}
