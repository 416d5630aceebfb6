// SPDX-License-Identifier: GPL-2.0-only
import type { Attribute, AttributeSet } from "./attribute-set.js";
import { ATTRIBUTE_TYPE_MASK, LITTLE_ENDIAN } from "./constants.js";
import { malformed } from "./error.js";
import { utf8 } from "./utf8.js";

const HEADER_LENGTH = 4;
const LENGTHS: Readonly<Record<string, number>> = { u8: 1, u16: 2, u32: 4, u64: 8 };
/** Most texts that are remembered: names of schedulers and the like, which come again and again. */
const TEXTS = 64;

/**
 * Where the attributes of a set are in a message. For dumps of a million
 * messages: decode() makes an object of each, this makes nothing.
 */
export class AttributeIndex {
  readonly #set: AttributeSet;
  /** Where the header of each attribute is, in words, and in which message it was seen: nothing is cleared between two. */
  readonly #headers: Int32Array;
  readonly #seen: Int32Array;
  #message = 0;
  /** Bytes of the numbers, by attribute; 0 of what is none. */
  readonly #lengths: Uint8Array;
  /** Which numbers are not as the host has them. */
  readonly #swapped: Uint8Array;
  readonly #texts: string[] = [];
  readonly #owner: string;
  #bytes: Uint8Array = new Uint8Array(0);
  /** Their memory by words of four bytes, and which byte of it is their first. */
  #words: Int32Array = new Int32Array(0);
  #base = 0;
  /** Bytes whose memory `#words` is. */
  #opened: Uint8Array | undefined;

  /** `owner` is whose attributes they are, for messages: "of a service". */
  constructor(set: AttributeSet, owner = "") {
    this.#set = set;
    this.#owner = owner && ` ${owner}`;
    const count = Math.max(...Object.values(set).map(({ id }) => id)) + 1;
    this.#headers = new Int32Array(count);
    this.#seen = new Int32Array(count);
    this.#lengths = new Uint8Array(count);
    this.#swapped = new Uint8Array(count);
    for (const { id, type, bigEndian } of Object.values<Attribute>(set)) {
      this.#lengths[id] = LENGTHS[type] ?? 0;
      this.#swapped[id] = bigEndian === true && LITTLE_ENDIAN ? 1 : 0;
    }
  }

  /** Finds the attributes from `start` to before `end` of `bytes`. Throws EBADMSG for bytes that are none. */
  read(bytes: Uint8Array, start: number, end: number): this {
    this.#open(bytes, start, end);
    const words = this.#words;
    const seen = this.#seen;
    const message = ++this.#message;
    const last = this.#base + end;
    for (let at = this.#base + start; at < last; ) {
      const left = last - at;
      const header = left < HEADER_LENGTH ? 0 : words[at >> 2]!;
      const length = lengthIn(header);
      if (length < HEADER_LENGTH || length > left) refuse(length, left);
      const id = (LITTLE_ENDIAN ? header >>> 16 : header) & ATTRIBUTE_TYPE_MASK;
      if (id < seen.length) {
        seen[id] = message;
        this.#headers[id] = at >> 2;
      }
      at += (length + 3) & ~3;
    }
    return this;
  }

  /** Attributes begin at multiples of four bytes in what the kernel sends; what does not is copied. */
  #open(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    if (bytes !== this.#opened) {
      this.#words = new Int32Array(bytes.buffer, 0, bytes.buffer.byteLength >> 2);
      this.#base = bytes.byteOffset;
      this.#opened = bytes;
    }
    if (((this.#base + start) & 3) === 0) return;
    const copy = new Uint8Array(((end - start + 3) & ~3));
    copy.set(bytes.subarray(start, end));
    this.#words = new Int32Array(copy.buffer);
    this.#base = -start;
    this.#opened = undefined;
  }

  has({ id }: Attribute): boolean {
    return this.#seen[id] === this.#message;
  }

  /** Where the value of an attribute begins. Throws EBADMSG when it is not there. */
  start({ id }: Attribute): number {
    if (this.#seen[id] !== this.#message) throw malformed(`no ${this.#name(id)}`);
    return 4 * this.#headers[id]! + HEADER_LENGTH - this.#base;
  }

  /** Where the value of an attribute that is there ends. */
  end({ id }: Attribute): number {
    const word = this.#headers[id]!;
    return 4 * word + lengthIn(this.#words[word]!) - this.#base;
  }

  /** Value of an attribute of type u8, u16 or u32. Throws EBADMSG when it is not there or of another length. */
  number(attribute: Attribute): number {
    const { id } = attribute;
    const word = this.#headers[id]!;
    const length = this.#lengths[id]!;
    if (this.#seen[id] !== this.#message || lengthIn(this.#words[word]!) !== HEADER_LENGTH + length) this.#sized(attribute);
    if (length === 4 && this.#swapped[id] === 0) return this.#words[word + 1]! >>> 0;
    return this.#bytewise(4 * word + HEADER_LENGTH - this.#base, length, this.#swapped[id] === 1 || !LITTLE_ENDIAN);
  }

  #bytewise(start: number, length: number, big: boolean): number {
    const bytes = this.#bytes;
    let value = 0;
    if (big) for (let at = start; at < start + length; at++) value = (value << 8) | bytes[at]!;
    else for (let at = start + length - 1; at >= start; at--) value = (value << 8) | bytes[at]!;
    return value >>> 0;
  }

  /** Value of an attribute of type u64. Throws EBADMSG when it is not there or of another length. */
  bigint(attribute: Attribute): bigint {
    const start = this.#sized(attribute);
    const big = attribute.bigEndian === true || !LITTLE_ENDIAN;
    const low = this.#bytewise(big ? start + 4 : start, 4, big);
    const high = this.#bytewise(big ? start : start + 4, 4, big);
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
    const text = utf8(bytes.subarray(start, end));
    if (this.#texts.length < TEXTS) this.#texts.push(text);
    return text;
  }

  /** Where the value of a number of the right length begins. Throws EBADMSG where there is none. */
  #sized(attribute: Attribute): number {
    const start = this.start(attribute);
    const length = this.end(attribute) - start;
    const wanted = this.#lengths[attribute.id]!;
    if (length !== wanted) throw malformed(`${this.#name(attribute.id)} has ${length} bytes, not ${wanted}`);
    return start;
  }

  /** "client port" for clientPort. */
  #name(id: number): string {
    const [name = `attribute ${id}`] = Object.entries(this.#set).find(([, attribute]) => attribute.id === id) ?? [];
    return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`) + this.#owner;
  }
}

/** The length in an attribute's header. */
const lengthIn = (header: number): number => (LITTLE_ENDIAN ? header & 0xffff : header >>> 16);

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
