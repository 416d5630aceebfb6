// SPDX-License-Identifier: GPL-2.0-only
import { exitStatus } from "../errors.js";
import type { Command } from "./command.js";
import { foresee, readPresent, readSteps } from "./steps.js";
import { transact } from "./transaction.js";

/**
 * -R --atomic: carry out all lines of standard input, or none. Nothing is sent
 * before every line is read and the kernel's table is known to let it pass.
 */
export const restoreAtomic: Command = async (_invocation, session) => {
  const { client, io } = session;
  const steps = await readSteps(io.lines(), session, ({ verb }, change) =>
    change ? undefined : `the '${verb.id}' command changes nothing: --atomic takes only what changes the table`,
  );
  const before = await readPresent(client, steps.map(({ change }) => change));
  foresee(steps, before.copy(), session, exitStatus.failure);
  await transact(steps, before, session);
};
