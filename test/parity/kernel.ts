// SPDX-License-Identifier: GPL-2.0-only
import type { BaseName } from "./bases.js";
import { bases } from "./bases.js";
import { dump, keep, putBack, runProgram } from "./machine.js";
import type { Outcome } from "./machine.js";

/** The kernel in a known state, put back only when something changed it. */
export class Kernel {
  #base: BaseName | undefined;
  #text = "";

  constructor(private readonly ipvsadm: string) {}

  /** Throws when the state can't be made. */
  on(base: BaseName): void {
    if (this.#base === base) return;
    for (const argv of [["-C"], ["--stop-daemon", "master"], ["--stop-daemon", "backup"], ["--set", "900", "120", "300"]]) {
      runProgram(this.ipvsadm, { argv });
    }
    const made = runProgram(this.ipvsadm, { argv: ["-R"], stdin: bases[base] });
    if (made.status !== "0" || made.stderr !== "") throw new Error(`the state ${base} can't be made: ${made.stderr}`);
    this.#base = base;
    keep();
    // What is put back may be listed in another order than what was made at first.
    this.#text = putBack();
  }

  /** What the work did, and the state that it leaves behind. Throws when the state before can't be put back. */
  async after(work: () => Outcome | Promise<Outcome>): Promise<Outcome & { state: string }> {
    const outcome = await work();
    const state = dump();
    if (state !== this.#text && putBack() !== this.#text) throw new Error("the state can't be put back");
    return { ...outcome, state };
  }
}
