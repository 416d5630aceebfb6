// SPDX-License-Identifier: GPL-2.0-only
import type { IpvsClient } from "../ipvs/client.js";
import { checks } from "./checks/index.js";
import { gatherFacts } from "./facts.js";
import type { Finding, Unknown } from "./finding.js";
import type { Host } from "./host.js";

/** A finding with the check that made it. */
export type CheckedFinding = Finding & { readonly check: string };

export interface Report {
  readonly findings: readonly CheckedFinding[];
  readonly unknown: ReadonlyArray<Unknown & { readonly check: string }>;
}

/** A command that --fix ran; `error` is what it said when it failed. */
export interface Ran {
  readonly command: string;
  readonly error?: string;
}

/** Ask every check. Rejects with an IpvsError where the kernel does not answer. */
export async function examine(host: Host, client: () => IpvsClient): Promise<Report> {
  const facts = await gatherFacts(host, client);
  const findings: CheckedFinding[] = [];
  const unknown: Array<Unknown & { readonly check: string }> = [];
  for (const { id, examine: ask } of checks) {
    for await (const found of ask(facts)) {
      if ("unknown" in found) unknown.push({ check: id, ...found });
      else findings.push({ check: id, ...found });
    }
  }
  return { findings, unknown };
}

/** Run what is safe, `told` of each; a command that fails ends its finding's. */
export function fix({ findings }: Report, host: Host, told: (ran: Ran) => void): void {
  for (const { safe, mends } of findings) {
    for (const command of safe ? mends[0]!.commands : []) {
      const error = host.shell(command);
      told({ command, ...(error !== undefined && { error }) });
      if (error !== undefined) break;
    }
  }
}
