// SPDX-License-Identifier: GPL-2.0-only
import type { BaseName } from "./bases.js";
import type { Given, Outcome } from "./machine.js";

/** A command line to compare, and the state that it meets. */
export interface Case extends Given {
  readonly base: BaseName;
  /** Which part of the suite it is of. */
  readonly group: string;
  /** The name of the listed difference that it shows. */
  readonly differs?: string;
}

/** What both programs did: their outcomes and the state of the kernel after each. */
export interface Comparison {
  readonly c: Outcome & { readonly state: string };
  readonly ours: Outcome & { readonly state: string };
}

/** The parts in which the two are not the same. */
export function differingParts({ c, ours }: Comparison): Array<keyof Comparison["c"]> {
  return (["status", "stdout", "stderr", "state"] as const).filter((part) => c[part] !== ours[part]);
}

const shown = (text: string): string =>
  text.split("\n").map((line) => `      ${line}`).join("\n").trimEnd();

/** The differing parts, what C did under what we did. */
export function explain(tried: Case, comparison: Comparison, how: string): string {
  const { argv, stdin, base, group } = tried;
  const lines = [`not ok parity/${group}: ${JSON.stringify(argv)} on ${base}, ${how}`];
  if (stdin !== undefined) lines.push("    standard input:", shown(JSON.stringify(stdin.length > 2000 ? `${stdin.slice(0, 2000)}…` : stdin)));
  for (const part of differingParts(comparison)) {
    lines.push(`    ${part} of ipvsadm:`, shown(comparison.c[part]), `    ${part} of tsipvsadm:`, shown(comparison.ours[part]));
  }
  return `${lines.join("\n")}\n`;
}
