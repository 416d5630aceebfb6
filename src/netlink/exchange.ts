// SPDX-License-Identifier: GPL-2.0-only
import { GENL_HEADER_LENGTH, messageFlag, messageType } from "./constants.js";
import { malformed, NetlinkError } from "./error.js";
import { encodeRequest, MessageReader, messages, outcome, type Request } from "./message.js";
import type { Requests } from "./requests.js";
import type { Transport } from "./transport.js";

/** A reply to a request, in the datagram that brought it: valid until the next is taken. */
export class Reply {
  constructor(
    readonly bytes: Uint8Array,
    /** Where its generic-netlink header begins, and where its attributes end. */
    readonly start: number,
    readonly end: number,
  ) {
    if (end - start < GENL_HEADER_LENGTH) throw malformed(`${end - start} bytes where a generic-netlink header belongs`);
  }

  get command(): number {
    return this.bytes[this.start]!;
  }

  get attributesStart(): number {
    return this.start + GENL_HEADER_LENGTH;
  }

  get attributes(): Uint8Array {
    return this.bytes.subarray(this.attributesStart, this.end);
  }
}

/** How a request of a batch ended: undefined is success. */
export type Outcome = NetlinkError | undefined;

/** Most requests sent in one datagram and unanswered at a time. */
export const BATCH_LIMIT = 128;

function filled(datagram: Uint8Array): Uint8Array {
  if (datagram.length === 0) throw malformed("an empty datagram");
  return datagram;
}

/** The requests that have a family, as one datagram. */
function chosen(requests: Requests, first: number, families: ReadonlyArray<number | undefined>): Uint8Array {
  if (!families.includes(undefined)) return requests.bytes(first, first + families.length);
  return Buffer.concat(
    families.flatMap((family, index) => (family === undefined ? [] : [requests.bytes(first + index, first + index + 1)])),
  );
}

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
        const { payload } = message;
        replies.push(new Reply(payload.slice(), 0, payload.length));
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
    const reader = new MessageReader();
    let interrupted = false;
    for (let done = false; !done; ) {
      const page: Reply[] = [];
      reader.read(await this.#receive());
      while (reader.next()) {
        if (reader.sequence !== sequence) continue;
        interrupted ||= (reader.flags & messageFlag.dumpInterrupted) !== 0;
        if (reader.type === messageType.done || reader.type === messageType.error) {
          const error = outcome(reader.message());
          if (error !== undefined) throw error;
          done = true;
        } else {
          page.push(new Reply(reader.bytes, reader.start, reader.end));
        }
      }
      if (page.length > 0) yield page;
    }
    return interrupted;
  }

  /**
   * The replies of many dumps of one family: `take` is given each with the
   * number of its request; it is valid until that returns. Resolves with the
   * numbers of those of which the kernel says that what they list changed
   * meanwhile.
   */
  async dumps(requests: Requests, family: number, take: (index: number, reply: Reply) => void): Promise<ReadonlySet<number>> {
    const base = (this.#sequence + 1) >>> 0;
    for (let index = 0; index < requests.count; index++) requests.stamp(index, family, messageFlag.dump, this.#next());
    const reader = new MessageReader();
    const interrupted = new Set<number>();
    let underWay = false;
    for (let index = 0; index < requests.count; ) {
      reader.read(await (underWay ? this.#receive() : this.#begin(requests, index)));
      underWay = true;
      while (reader.next()) {
        if (reader.sequence !== (base + index) >>> 0) continue;
        if ((reader.flags & messageFlag.dumpInterrupted) !== 0) interrupted.add(index);
        underWay = reader.type !== messageType.done && reader.type !== messageType.error;
        if (underWay) {
          take(index, new Reply(reader.bytes, reader.start, reader.end));
          continue;
        }
        const error = reader.succeeded ? undefined : outcome(reader.message());
        if (error !== undefined) throw error;
        index++;
      }
    }
    return interrupted;
  }

  /**
   * Sends requests `first` and on in one datagram: as many as there are
   * `families`, the number of each one's; those of undefined are left out. The
   * last asks for an acknowledgement; the kernel takes them in order and
   * answers each that it refuses, so the others succeeded. Rejects when answers
   * were lost: which requests took effect is then unknown.
   */
  async batch(requests: Requests, first: number, families: ReadonlyArray<number | undefined>): Promise<readonly Outcome[]> {
    if (families.length > BATCH_LIMIT) throw new RangeError(`${families.length} requests in a batch of ${BATCH_LIMIT}`);
    const outcomes = new Array<Outcome>(families.length).fill(undefined);
    const last = families.findLastIndex((family) => family !== undefined);
    if (last < 0) return outcomes;
    const base = (this.#sequence + 1) >>> 0;
    for (const [index, family] of families.entries()) {
      const sequence = this.#next();
      if (family !== undefined) requests.stamp(first + index, family, index === last ? messageFlag.ack : 0, sequence);
    }
    await this.#transport.send(chosen(requests, first, families));
    for (;;) {
      for (const message of messages(await this.#receive())) {
        const index = (message.sequence - base) >>> 0;
        if (index > last || message.type !== messageType.error) continue;
        outcomes[index] = outcome(message);
        if (index === last) return outcomes;
      }
    }
  }

  /** Asks for dump `index`, and for those behind it where the transport can. */
  async #begin(requests: Requests, index: number): Promise<Uint8Array> {
    if (this.#transport.dumps !== undefined) return filled(this.#transport.dumps(requests.bytes(index, requests.count)));
    await this.#transport.send(requests.bytes(index, index + 1));
    return this.#receive();
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
        return filled(datagram);
      } catch (error) {
        if (!(error instanceof NetlinkError) || error.code !== "EINTR") throw error;
      }
    }
  }
}
