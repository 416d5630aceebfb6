// SPDX-License-Identifier: GPL-2.0-only
import type { Io } from "../io.js";

/** Shows how far a build is: on a terminal in one line that changes, elsewhere the steps alone. */
export class Progress {
  #drawn = false;

  constructor(private readonly io: Io, private readonly terminal: boolean) {}

  /** A line of a script; one that begins with blanks is a detail. */
  readonly line = (text: string): void => {
    if (!this.terminal) {
      if (!text.startsWith(" ")) this.io.err(`${text}\n`);
      return;
    }
    this.io.err(`${this.#drawn ? "\r\x1b[K" : ""}${text}${text.startsWith(" ") ? "" : "\n"}`);
    this.#drawn = text.startsWith(" ");
  };

  /** Leave the terminal's line clean. */
  end(): void {
    if (this.#drawn) this.io.err("\r\x1b[K");
    this.#drawn = false;
  }
}
