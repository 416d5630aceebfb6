// SPDX-License-Identifier: GPL-2.0-only
import type { Attribute, AttributeSet } from "./attribute-set.js";
import { ATTRIBUTE_TYPE_MASK, LITTLE_ENDIAN } from "./constants.js";
import { malformed } from "./error.js";

const HEADER_LENGTH = 4;
/** Where the bytes of a number of two lie. */
const LOW = LITTLE_ENDIAN ? 0 : 1;
const HIGH = 1 - LOW;
const LENGTHS: Readonly<Record<string, number>> = { u8: 1, u16: 2, u32: 4, u64: 8 };
/** Most texts that are remembered: names of schedulers and the like, which come again and again. */
const TEXTS = 64;

const decoder = new TextDecoder();

/**
 * Where the attributes of a set are in a message. For dumps of a million
 * messages: decode() makes an object of each, this makes nothing.
 */
export class AttributeIndex {
  readonly #set: AttributeSet;
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  /** Bytes of the numbers, by attribute; 0 of what is none. */
  readonly #lengths: Uint8Array;
  /** Which numbers have their most significant byte first. */
  readonly #big: Uint8Array;
  /** Numbers of up to four bytes, as the host has them, and which of them are there. */
  readonly #values: Int32Array;
  readonly #known: Uint8Array;
  readonly #texts: string[] = [];
  readonly #owner: string;
  #bytes: Uint8Array = new Uint8Array(0);

  /** `owner` is whose attributes they are, for messages: "of a service". */
  constructor(set: AttributeSet, owner = "") {
    this.#set = set;
    this.#owner = owner && ` ${owner}`;
    const count = Math.max(...Object.values(set).map(({ id }) => id)) + 1;
    this.#starts = new Int32Array(count);
    this.#ends = new Int32Array(count);
    this.#lengths = new Uint8Array(count);
    this.#big = new Uint8Array(count);
    this.#values = new Int32Array(count);
    this.#known = new Uint8Array(count);
    for (const { id, type, bigEndian } of Object.values<Attribute>(set)) {
      this.#lengths[id] = LENGTHS[type] ?? 0;
      this.#big[id] = bigEndian === true || !LITTLE_ENDIAN ? 1 : 0;
    }
  }

  /** Finds the attributes from `start` to before `end` of `bytes`. Throws EBADMSG for bytes that are none. */
  read(bytes: Uint8Array, start: number, end: number): this {
    this.#bytes = bytes;
    const starts = this.#starts;
    const ends = this.#ends;
    const lengths = this.#lengths;
    const known = this.#known;
    const count = starts.length;
    for (let id = 0; id < count; id++) starts[id] = known[id] = 0;
    for (let at = start; at < end; ) {
      const left = end - at;
      const length = left < HEADER_LENGTH ? 0 : bytes[at + LOW]! | (bytes[at + HIGH]! << 8);
      if (length < HEADER_LENGTH || length > left) refuse(length, left);
      const id = (bytes[at + 2 + LOW]! | (bytes[at + 2 + HIGH]! << 8)) & ATTRIBUTE_TYPE_MASK;
      if (id < count) {
        starts[id] = at + HEADER_LENGTH;
        ends[id] = at + length;
        if (length - HEADER_LENGTH === lengths[id]) this.#number(id, at + HEADER_LENGTH, at + length);
      }
      at += (length + 3) & ~3;
    }
    return this;
  }

  /** Keeps the value of a number: it costs less here than where it is asked for. */
  #number(id: number, start: number, end: number): void {
    const bytes = this.#bytes;
    let value = 0;
    if (this.#big[id] === 1) for (let at = start; at < end; at++) value = (value << 8) | bytes[at]!;
    else for (let at = end - 1; at >= start; at--) value = (value << 8) | bytes[at]!;
    this.#values[id] = value;
    this.#known[id] = 1;
  }

  has({ id }: Attribute): boolean {
    return this.#starts[id] !== 0;
  }

  /** Where the value of an attribute begins. Throws EBADMSG when it is not there. */
  start({ id }: Attribute): number {
    const start = this.#starts[id]!;
    if (start === 0) throw malformed(`no ${this.#name(id)}`);
    return start;
  }

  /** Where the value of an attribute that is there ends. */
  end({ id }: Attribute): number {
    return this.#ends[id]!;
  }

  /** Value of an attribute of type u8, u16 or u32. Throws EBADMSG when it is not there or of another length. */
  number({ id }: Attribute): number {
    if (this.#known[id] !== 1) this.#sized(id);
    return this.#values[id]! >>> 0;
  }

  /** Value of an attribute of type u64. Throws EBADMSG when it is not there or of another length. */
  bigint(attribute: Attribute): bigint {
    const start = this.#sized(attribute.id);
    const big = attribute.bigEndian === true || !LITTLE_ENDIAN;
    const low = this.#u32(big ? start + 4 : start, big);
    const high = this.#u32(big ? start : start + 4, big);
    if (high !== 0) return (BigInt(high) << 32n) | BigInt(low);
    return low === 0 ? 0n : BigInt(low);
  }

  /** Value of an attribute of type string, up to its first zero byte. Throws EBADMSG when it is not there. */
  text(attribute: Attribute): string {
    const bytes = this.#bytes;
    const start = this.start(attribute);
    let end = start;
    while (end < this.end(attribute) && bytes[end] !== 0) end++;
    for (const known of this.#texts) if (isAt(bytes, start, end, known)) return known;
    const text = decoder.decode(bytes.subarray(start, end));
    if (this.#texts.length < TEXTS) this.#texts.push(text);
    return text;
  }

  /** Where the value of a number of the right length begins. Throws EBADMSG where there is none. */
  #sized(id: number): number {
    const start = this.#starts[id]!;
    if (start === 0) throw malformed(`no ${this.#name(id)}`);
    const length = this.#ends[id]! - start;
    const wanted = this.#lengths[id]!;
    if (length !== wanted) throw malformed(`${this.#name(id)} has ${length} bytes, not ${wanted}`);
    return start;
  }

  #u32(at: number, big: boolean): number {
    const bytes = this.#bytes;
    let value = 0;
    for (let i = 0; i < 4; i++) value = value * 256 + bytes[big ? at + i : at + 3 - i]!;
    return value;
  }

  /** "client port" for clientPort. */
  #name(id: number): string {
    const [name = `attribute ${id}`] = Object.entries(this.#set).find(([, attribute]) => attribute.id === id) ?? [];
    return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`) + this.#owner;
  }
}

/** Throws EBADMSG for `left` bytes that begin with an attribute of `length`. */
function refuse(length: number, left: number): never {
  if (left < HEADER_LENGTH) throw malformed(`${left} bytes where an attribute header belongs`);
  throw malformed(`an attribute of ${length} bytes where ${left} are left`);
}

/** Are these bytes that text? Those of texts beyond ASCII are taken for others. */
function isAt(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (end - start !== text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return false;
  return true;
}
