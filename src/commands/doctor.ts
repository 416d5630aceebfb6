// SPDX-License-Identifier: GPL-2.0-only
import { checks, examine, fix, type Host, plain, type Ran, ranText, reportFields, reportText, type Style, thisHost } from "../doctor/index.js";
import { CliError, exitStatus } from "../errors.js";
import { toJson } from "../format/json-text.js";
import type { Command } from "./command.js";

/** Say what keeps this gateway from working, and mend what is safe when asked to. */
export const doctor: Command = (invocation, session) => doctorOn(thisHost)(invocation, session);

/** As doctor, on a machine that a test makes. Ends with exitStatus.findings when any are left. */
export function doctorOn(host: Host): Command {
  return async ({ given }, session) => {
    const { io } = session;
    const json = given.has("json");
    const client = () => session.client;
    const ran: Ran[] = [];
    let report = await examine(host, client);
    const fixing = given.has("fix");
    if (fixing && report.findings.some(({ safe }) => safe)) {
      fix(report, host, (step) => {
        ran.push(step);
        if (json) return;
        io.out(ranText(step));
        // Some take their time, and whoever waits wants to see at which.
        io.flush();
      });
      if (!json) io.out("\n");
      report = await examine(host, client);
    }
    io.out(json ? `${toJson(reportFields(report, fixing ? ran : undefined), 2)}\n` : reportText(report, checks.length, fixing, await style(io.colour)));
    if (report.findings.length > 0) throw new CliError("", exitStatus.findings);
  };
}

async function style(colour: boolean): Promise<Style> {
  if (!colour) return plain;
  const { default: chalk } = await import("chalk");
  return { title: (text) => chalk.bold(text), command: (text) => chalk.cyan(text) };
}
