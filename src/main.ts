// SPDX-License-Identifier: GPL-2.0-only
import { Names } from "./cli/names.js";
import type { Invocation } from "./cli/parse.js";
import { parse } from "./cli/parse.js";
import type { Session } from "./commands/command.js";
import { errorText, lacksIpvs } from "./commands/error-text.js";
import { command } from "./commands/index.js";
import { CliError, exitStatus } from "./errors.js";
import type { Io } from "./io.js";
import { BrokenPipe } from "./io.js";
import type { IpvsClient } from "./ipvs/client.js";

/** Exit status of a process that SIGPIPE ended. */
const SIGPIPE_STATUS = 141;

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
    return report(error, invocation, io);
  } finally {
    client?.close();
  }
}

/** Print the error, on one line as a rule, and choose the exit status. */
function report(error: unknown, invocation: Invocation | undefined, io: Io): number {
  if (error instanceof BrokenPipe) return SIGPIPE_STATUS;
  const text = errorText(error);
  if (text === undefined) {
    io.err(`tsipvsadm: internal error: ${error instanceof Error ? error.stack : String(error)}\n`);
    return exitStatus.failure;
  }
  if (text !== "") io.err(`${text}\n`);
  if (error instanceof CliError) return error.status;
  if (lacksIpvs(error)) return exitStatus.usage;
  const reading = invocation?.verb.id === "list" || invocation?.verb.id === "save";
  return reading ? exitStatus.input : exitStatus.failure;
}
