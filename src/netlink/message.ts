// SPDX-License-Identifier: GPL-2.0-only
import { decode } from "./codec.js";
import {
  align,
  GENL_HEADER_LENGTH,
  HEADER_LENGTH,
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

/** The messages of a datagram. Throws a NetlinkError EBADMSG where its lengths contradict each other. */
export function* messages(datagram: Uint8Array): Generator<Message> {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  for (let at = 0; at < datagram.length; ) {
    const left = datagram.length - at;
    if (left < HEADER_LENGTH) throw malformed(`${left} bytes where a message header belongs`);
    const length = view.getUint32(at, LITTLE_ENDIAN);
    if (length < HEADER_LENGTH || length > left) throw malformed(`a message of ${length} bytes where ${left} are left`);
    yield {
      type: view.getUint16(at + 4, LITTLE_ENDIAN),
      flags: view.getUint16(at + 6, LITTLE_ENDIAN),
      sequence: view.getUint32(at + 8, LITTLE_ENDIAN),
      payload: datagram.subarray(at + HEADER_LENGTH, at + length),
    };
    at += align(length);
  }
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
