// SPDX-License-Identifier: GPL-2.0-only
import { messageFlag, messageType } from "./constants.js";
import { malformed, NetlinkError } from "./error.js";
import { encodeRequest, genlPayload, messages, outcome, type Request } from "./message.js";
import type { Transport } from "./transport.js";

/** A reply to a request: valid until the next is taken. */
export interface Reply {
  readonly command: number;
  readonly attributes: Uint8Array;
}

/** How a request of a batch ended: undefined is success. */
export type Outcome = NetlinkError | undefined;

/** Most requests sent in one datagram and unanswered at a time. */
export const BATCH_LIMIT = 128;

const join = (parts: readonly Uint8Array[]): Uint8Array => (parts.length === 1 ? parts[0]! : Buffer.concat(parts));

/**
 * Requests and their answers on one transport, one exchange after the other.
 * Messages that answer nothing asked are passed over, so what is left of an
 * abandoned exchange does no harm.
 */
export class Exchange {
  readonly #transport: Transport;
  #sequence = 0;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  close(): void {
    this.#transport.close();
  }

  /** One request's replies, read to its acknowledgement. Rejects with the kernel's refusal. */
  async request(request: Request): Promise<readonly Reply[]> {
    const sequence = this.#next();
    await this.#transport.send(encodeRequest(request, sequence, messageFlag.ack));
    const replies: Reply[] = [];
    for (;;) {
      for (const message of messages(await this.#receive())) {
        if (message.sequence !== sequence) continue;
        if (message.type === messageType.error) {
          const error = outcome(message);
          if (error !== undefined) throw error;
          return replies;
        }
        const { command, attributes } = genlPayload(message);
        replies.push({ command, attributes: attributes.slice() });
      }
    }
  }

  /**
   * The replies of a dump, a datagram's worth at a time, valid until the next
   * is asked for. Returns true when the kernel says that what it lists changed
   * meanwhile.
   */
  async *dump(request: Request): AsyncGenerator<readonly Reply[], boolean, undefined> {
    const sequence = this.#next();
    await this.#transport.send(encodeRequest(request, sequence, messageFlag.dump));
    let interrupted = false;
    for (let done = false; !done; ) {
      const page: Reply[] = [];
      for (const message of messages(await this.#receive())) {
        if (message.sequence !== sequence) continue;
        interrupted ||= (message.flags & messageFlag.dumpInterrupted) !== 0;
        if (message.type === messageType.done || message.type === messageType.error) {
          const error = outcome(message);
          if (error !== undefined) throw error;
          done = true;
        } else {
          page.push(genlPayload(message));
        }
      }
      if (page.length > 0) yield page;
    }
    return interrupted;
  }

  /**
   * Sends up to BATCH_LIMIT requests in one datagram. The last asks for an
   * acknowledgement; the kernel takes them in order and answers each that it
   * refuses, so the others succeeded. Rejects when answers were lost: which
   * requests took effect is then unknown.
   */
  async batch(requests: readonly Request[]): Promise<readonly Outcome[]> {
    if (requests.length > BATCH_LIMIT) throw new RangeError(`${requests.length} requests in a batch of ${BATCH_LIMIT}`);
    if (requests.length === 0) return [];
    const first = (this.#sequence + 1) >>> 0;
    const last = requests.length - 1;
    await this.#transport.send(
      join(requests.map((request, index) => encodeRequest(request, this.#next(), index === last ? messageFlag.ack : 0))),
    );
    const outcomes = new Array<Outcome>(requests.length).fill(undefined);
    for (;;) {
      for (const message of messages(await this.#receive())) {
        const index = (message.sequence - first) >>> 0;
        if (index > last || message.type !== messageType.error) continue;
        outcomes[index] = outcome(message);
        if (index === last) return outcomes;
      }
    }
  }

  #next(): number {
    this.#sequence = (this.#sequence + 1) >>> 0;
    return this.#sequence;
  }

  /** The next datagram; a signal only delays it. */
  async #receive(): Promise<Uint8Array> {
    for (;;) {
      try {
        const datagram = await this.#transport.receive();
        if (datagram.length === 0) throw malformed("an empty datagram");
        return datagram;
      } catch (error) {
        if (!(error instanceof NetlinkError) || error.code !== "EINTR") throw error;
      }
    }
  }
}

