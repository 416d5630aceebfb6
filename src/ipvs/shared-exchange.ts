// SPDX-License-Identifier: GPL-2.0-only
import { Exchange, NetlinkError, type OpenTransport } from "../netlink/index.js";

/**
 * One socket and what is asked over it, one exchange at a time. A socket on
 * which anything went wrong is not used again: the next exchange opens another.
 */
export class SharedExchange {
  readonly #open: OpenTransport;
  #exchange: Exchange | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(open: OpenTransport) {
    this.#open = open;
  }

  /** Runs `work` when all that was asked before is done. */
  inTurn<T>(work: (exchange: Exchange) => Promise<T>): Promise<T> {
    const result = this.#turn.then(async () => {
      try {
        this.#exchange ??= await this.another();
        return await work(this.#exchange);
      } catch (error) {
        if (!(error instanceof NetlinkError && error.refused)) this.close();
        throw error;
      }
    });
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /** Resolves when all that was asked is done, well or not. */
  async idle(): Promise<void> {
    await this.#turn;
  }

  /** An exchange on a socket of its own, for the caller to close. */
  async another(): Promise<Exchange> {
    return new Exchange(await this.#open());
  }

  close(): void {
    this.#exchange?.close();
    this.#exchange = undefined;
  }
}
