// SPDX-License-Identifier: GPL-2.0-only
// Compare C ipvsadm with tsipvsadm, case by case; see docs/testing.md.
import type { BaseName } from "./bases.js";
import { bases } from "./bases.js";
import type { Case, Comparison } from "./case.js";
import { differingParts, explain } from "./case.js";
import { dump, keep, putBack, report, runHere, runProgram } from "./machine.js";
import type { Outcome } from "./machine.js";
import { written } from "./written.js";

const IPVSADM = "/sbin/ipvsadm";

/** The kernel in a known state, put back only when something changed it. */
class Kernel {
  #base: BaseName | undefined;
  #text = "";

  async on(base: BaseName): Promise<void> {
    if (this.#base === base) return;
    for (const argv of [["-C"], ["--stop-daemon", "master"], ["--stop-daemon", "backup"], ["--set", "900", "120", "300"]]) {
      runProgram(IPVSADM, { argv });
    }
    const made = runProgram(IPVSADM, { argv: ["-R"], stdin: bases[base] });
    if (made.status !== "0" || made.stderr !== "") throw new Error(`the state ${base} can't be made: ${made.stderr}`);
    this.#base = base;
    keep();
    // What is put back may be listed in another order than what was made at first.
    this.#text = putBack();
  }

  /** The state that the work leaves behind. */
  async after(work: () => Outcome | Promise<Outcome>): Promise<Outcome & { state: string }> {
    const outcome = await work();
    const state = dump();
    if (state !== this.#text && putBack() !== this.#text) throw new Error("the state can't be put back");
    return { ...outcome, state };
  }
}

async function compare(kernel: Kernel, tried: Case): Promise<Comparison> {
  await kernel.on(tried.base);
  const c = await kernel.after(() => runProgram(IPVSADM, tried));
  const ours = await kernel.after(() => runHere(tried));
  return { c, ours };
}

async function main(): Promise<void> {
  const kernel = new Kernel();
  let equal = 0;
  let failed = 0;
  for (const tried of written) {
    const comparison = await compare(kernel, tried);
    if (differingParts(comparison).length === 0) equal++;
    else {
      failed++;
      report(explain(tried, comparison, "in process"));
    }
  }
  report(`parity: ${written.length} cases, ${equal} equal\n${equal} passed, ${failed} failed\n`);
}

main().catch((error: unknown) => {
  report(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
