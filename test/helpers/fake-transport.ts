// SPDX-License-Identifier: GPL-2.0-only
import { align, HEADER_LENGTH, LITTLE_ENDIAN, messageFlag, messageType } from "../../src/netlink/constants.js";
import { errnoNumber, NetlinkError, socketError } from "../../src/netlink/error.js";
import { AttributeEncoder } from "../../src/netlink/attribute-encoder.js";
import { genlPayload, messages } from "../../src/netlink/message.js";
import type { Transport } from "../../src/netlink/transport.js";

/** A request that the kernel refuses: an errno's name and, where there is one, the extended-ack text. */
export class Refusal extends Error {
  constructor(
    readonly errno: string,
    readonly extAck?: string,
  ) {
    super(errno);
  }
}

export interface FakeRequest {
  readonly family: number;
  readonly command: number;
  readonly attributes: Uint8Array;
}

export interface FakeReply {
  readonly command: number;
  readonly attributes: Uint8Array;
}

/** What the kernel does with a request; throws a Refusal. */
export interface Answer {
  handle(request: FakeRequest): Iterable<FakeReply>;
  dump(request: FakeRequest): Iterable<FakeReply>;
}

/**
 * What may go wrong with a receive: the kernel dropped what was queued, a
 * signal came, nothing came, the datagram is cut in half, is these bytes, or
 * is what a function makes of it.
 */
export type Fault =
  | "overrun"
  | "signal"
  | "silence"
  | "truncated"
  | Uint8Array
  | ((datagram: Uint8Array) => Uint8Array);

/** Faults to come and how often each kind of table changed under a dump, shared by a kernel's sockets. */
export interface Trouble {
  readonly faults: Array<{ readonly fault: Fault; skip: number }>;
  interruptions: number;
}

const DATAGRAM_LIMIT = 4096;

function message(type: number, flags: number, sequence: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(align(HEADER_LENGTH + payload.length));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, HEADER_LENGTH + payload.length, LITTLE_ENDIAN);
  view.setUint16(4, type, LITTLE_ENDIAN);
  view.setUint16(6, flags, LITTLE_ENDIAN);
  view.setUint32(8, sequence, LITTLE_ENDIAN);
  bytes.set(payload, HEADER_LENGTH);
  return bytes;
}

function genl(family: number, flags: number, sequence: number, reply: FakeReply): Uint8Array {
  return message(family, flags, sequence, Buffer.concat([Uint8Array.of(reply.command, 1, 0, 0), reply.attributes]));
}

function errorPayload(refusal: Refusal | undefined, echoed: Uint8Array): Uint8Array {
  const head = new Uint8Array(4);
  const errno = refusal === undefined ? 0 : errnoNumber(refusal.errno)!;
  new DataView(head.buffer).setInt32(0, -errno, LITTLE_ENDIAN);
  const text = refusal?.extAck === undefined ? [] : [new AttributeEncoder().string(1, refusal.extAck).finish()];
  return Buffer.concat([head, echoed, ...text]);
}

const ackFlags = (refusal: Refusal | undefined): number =>
  messageFlag.capped | (refusal?.extAck === undefined ? 0 : messageFlag.ackAttributes);

/** One socket of a fake kernel. */
export class FakeTransport implements Transport {
  readonly #answer: Answer;
  readonly #trouble: Trouble;
  #queue: Uint8Array[] = [];
  #dump: Iterator<Uint8Array> | undefined;
  closed = false;

  constructor(answer: Answer, trouble: Trouble) {
    this.#answer = answer;
    this.#trouble = trouble;
  }

  send(datagram: Uint8Array): void {
    if (this.closed) throw new NetlinkError("EBADF", "the netlink socket is closed");
    for (const { type, flags, sequence, payload } of messages(datagram)) {
      const { command, attributes } = genlPayload({ type, flags, sequence, payload });
      const request = { family: type, command, attributes: attributes.slice() };
      const header = message(type, flags, sequence, payload).subarray(0, HEADER_LENGTH);
      if ((flags & messageFlag.dump) === messageFlag.dump) this.#startDump(request, sequence, header);
      else this.#handle(request, flags, sequence, header);
    }
  }

  receive(): Uint8Array {
    if (this.closed) throw new NetlinkError("EBADF", "the netlink socket is closed");
    const fault = this.#nextFault();
    if (fault === "signal") throw socketError("receive", "EINTR");
    if (fault === "silence") throw socketError("receive", "ETIMEDOUT");
    if (fault === "overrun") {
      this.#queue = [];
      throw socketError("receive", "ENOBUFS");
    }
    if (fault instanceof Uint8Array) return fault;
    const datagram = this.#next();
    if (typeof fault === "function") return fault(datagram);
    return fault === "truncated" ? datagram.subarray(0, (datagram.length >> 1) | 1) : datagram;
  }

  close(): void {
    this.closed = true;
  }

  #next(): Uint8Array {
    const queued = this.#queue.shift();
    if (queued !== undefined) return queued;
    const step = this.#dump?.next();
    if (step === undefined || step.done === true) throw socketError("receive", "ETIMEDOUT");
    return step.value;
  }

  #nextFault(): Fault | undefined {
    const [first] = this.#trouble.faults;
    if (first === undefined || first.skip-- > 0) return undefined;
    this.#trouble.faults.shift();
    return first.fault;
  }

  #handle(request: FakeRequest, flags: number, sequence: number, header: Uint8Array): void {
    try {
      for (const reply of this.#answer.handle(request)) this.#queue.push(genl(request.family, 0, sequence, reply));
      if ((flags & messageFlag.ack) !== 0) {
        this.#queue.push(message(messageType.error, ackFlags(undefined), sequence, errorPayload(undefined, header)));
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#queue.push(message(messageType.error, ackFlags(error), sequence, errorPayload(error, header)));
    }
  }

  #startDump(request: FakeRequest, sequence: number, header: Uint8Array): void {
    try {
      if (this.#dump !== undefined) throw new Refusal("EBUSY");
      this.#dump = this.#datagrams(request.family, sequence, this.#answer.dump(request));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#queue.push(message(messageType.error, ackFlags(error), sequence, errorPayload(error, header)));
    }
  }

  /** A dump's datagrams; a refusal on the way ends it with the errno in NLMSG_DONE. */
  *#datagrams(family: number, sequence: number, replies: Iterable<FakeReply>): Generator<Uint8Array> {
    let refusal: Refusal | undefined;
    try {
      yield* packed(family, sequence, replies);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refusal = error;
    }
    const interrupted = this.#trouble.interruptions > 0 ? messageFlag.dumpInterrupted : 0;
    if (interrupted !== 0) this.#trouble.interruptions--;
    const flags = messageFlag.multi | interrupted | (ackFlags(refusal) & messageFlag.ackAttributes);
    this.#dump = undefined;
    yield message(messageType.done, flags, sequence, errorPayload(refusal, new Uint8Array(0)));
  }
}

/** Replies in as few datagrams as hold them. */
function* packed(family: number, sequence: number, replies: Iterable<FakeReply>): Generator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let length = 0;
  for (const reply of replies) {
    const part = genl(family, messageFlag.multi, sequence, reply);
    if (length > 0 && length + part.length > DATAGRAM_LIMIT) {
      yield Buffer.concat(parts);
      parts = [];
      length = 0;
    }
    parts.push(part);
    length += part.length;
  }
  if (parts.length > 0) yield Buffer.concat(parts);
}
