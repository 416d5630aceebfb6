// SPDX-License-Identifier: GPL-2.0-only
import { setImmediate } from "node:timers/promises";

const names: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Signals that would end the process wait until release(): what is begun can be finished, or undone. */
export class HeldSignals {
  #came: NodeJS.Signals | undefined;
  readonly #note = (name: NodeJS.Signals): void => {
    this.#came ??= name;
  };

  constructor() {
    for (const name of names) process.on(name, this.#note);
  }

  /** The first signal that came, if one did. */
  async came(): Promise<NodeJS.Signals | undefined> {
    // Node hands signals over between two turns of its event loop.
    await setImmediate();
    return this.#came;
  }

  release(): void {
    for (const name of names) process.off(name, this.#note);
  }
}
