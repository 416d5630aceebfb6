// SPDX-License-Identifier: GPL-2.0-only
import { decode } from "./codec.js";
import {
  align,
  GENL_HEADER_LENGTH,
  HEADER_LENGTH,
  hostU16,
  hostU32,
  LITTLE_ENDIAN,
  messageFlag,
  messageType,
} from "./constants.js";
import { errnoName, malformed, NetlinkError } from "./error.js";

/** A generic-netlink request, ready but for its sequence number. */
export interface Request {
  /** The family's number. */
  readonly family: number;
  readonly command: number;
  readonly version: number;
  /** messageFlag bits besides request and ack. */
  readonly flags?: number;
  /** Encoded attributes. */
  readonly attributes: Uint8Array;
}

/** A received message; its payload is valid until the next receive. */
export interface Message {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly payload: Uint8Array;
}

const ackAttributes = { message: { id: 1, type: "string" }, offset: { id: 2, type: "u32" } } as const;

/** The bytes of a request, padded to netlink's alignment. */
export function encodeRequest(request: Request, sequence: number, flags: number): Uint8Array {
  const length = HEADER_LENGTH + GENL_HEADER_LENGTH + request.attributes.length;
  const bytes = new Uint8Array(align(length));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, length, LITTLE_ENDIAN);
  view.setUint16(4, request.family, LITTLE_ENDIAN);
  view.setUint16(6, messageFlag.request | flags | (request.flags ?? 0), LITTLE_ENDIAN);
  view.setUint32(8, sequence, LITTLE_ENDIAN);
  bytes[HEADER_LENGTH] = request.command;
  bytes[HEADER_LENGTH + 1] = request.version;
  bytes.set(request.attributes, HEADER_LENGTH + GENL_HEADER_LENGTH);
  return bytes;
}

/**
 * Goes through the messages of a datagram: next() moves to one, the fields are
 * of that one. One reader serves any number of datagrams.
 */
export class MessageReader {
  type = 0;
  flags = 0;
  sequence = 0;
  /** Where the payload begins and ends. */
  start = 0;
  end = 0;
  bytes: Uint8Array = new Uint8Array(0);
  #next = 0;

  read(datagram: Uint8Array): void {
    this.bytes = datagram;
    this.#next = 0;
  }

  /** Moves to the next message; false behind the last. Throws a NetlinkError EBADMSG where lengths contradict each other. */
  next(): boolean {
    const { bytes } = this;
    const at = this.#next;
    if (at >= bytes.length) return false;
    const left = bytes.length - at;
    if (left < HEADER_LENGTH) throw malformed(`${left} bytes where a message header belongs`);
    const length = hostU32(bytes, at);
    if (length < HEADER_LENGTH || length > left) throw malformed(`a message of ${length} bytes where ${left} are left`);
    this.type = hostU16(bytes, at + 4);
    this.flags = hostU16(bytes, at + 6);
    this.sequence = hostU32(bytes, at + 8);
    this.start = at + HEADER_LENGTH;
    this.end = at + length;
    this.#next = at + align(length);
    return true;
  }

  /** Is it the end of a dump without an error, as nearly all are? outcome() says what others are. */
  get succeeded(): boolean {
    const { bytes, start } = this;
    return this.type === messageType.done && this.end - start >= 4 && hostU32(bytes, start) === 0;
  }

  /** The message, apart from the reader. */
  message(): Message {
    const { type, flags, sequence } = this;
    return { type, flags, sequence, payload: this.bytes.subarray(this.start, this.end) };
  }
}

/** The messages of a datagram. Throws a NetlinkError EBADMSG where its lengths contradict each other. */
export function* messages(datagram: Uint8Array): Generator<Message> {
  const reader = new MessageReader();
  reader.read(datagram);
  while (reader.next()) yield reader.message();
}

/** Where an acknowledgement's attributes begin in its payload. */
function ackAttributesStart(message: Message, view: DataView): number {
  if (message.type === messageType.done) return 4;
  const echoed = (message.flags & messageFlag.capped) !== 0 ? HEADER_LENGTH : view.getUint32(4, LITTLE_ENDIAN);
  return 4 + align(echoed);
}

/**
 * What an NLMSG_ERROR or NLMSG_DONE says: undefined for success, else the
 * error with the kernel's text. Throws EBADMSG when it is too short to say.
 */
export function outcome(message: Message): NetlinkError | undefined {
  const { payload } = message;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const least = message.type === messageType.done ? 0 : 4 + HEADER_LENGTH;
  if (payload.length < least) throw malformed(`an acknowledgement of ${payload.length} bytes`);
  const errno = payload.length < 4 ? 0 : -view.getInt32(0, LITTLE_ENDIAN);
  if (errno <= 0) return undefined;
  const detail = { refused: true, extAck: undefined as string | undefined, offset: undefined as number | undefined };
  const start = ackAttributesStart(message, view);
  if ((message.flags & messageFlag.ackAttributes) !== 0 && start < payload.length) {
    const attributes = decode(ackAttributes, payload.subarray(start));
    detail.extAck = attributes.message;
    detail.offset = attributes.offset;
  }
  const name = errnoName(errno);
  return new NetlinkError(name, detail.extAck === undefined ? name : `${name}: ${detail.extAck}`, detail);
}

/** Command and attributes of a generic-netlink message. */
export function genlPayload(message: Message): { readonly command: number; readonly attributes: Uint8Array } {
  const { payload } = message;
  const command = payload[0];
  if (command === undefined || payload.length < GENL_HEADER_LENGTH) {
    throw malformed(`${payload.length} bytes where a generic-netlink header belongs`);
  }
  return { command, attributes: payload.subarray(GENL_HEADER_LENGTH) };
}
