// SPDX-License-Identifier: GPL-2.0-only
import type { Attribute, AttributeSet } from "./attribute-set.js";
import { align, ATTRIBUTE_TYPE_MASK, LITTLE_ENDIAN } from "./constants.js";
import { malformed } from "./error.js";

const HEADER_LENGTH = 4;
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
    for (const { id, type } of Object.values(set)) this.#lengths[id] = LENGTHS[type] ?? 0;
  }

  /** Finds the attributes from `start` to before `end` of `bytes`. Throws EBADMSG for bytes that are none. */
  read(bytes: Uint8Array, start: number, end: number): this {
    this.#bytes = bytes;
    this.#starts.fill(0);
    for (let at = start; at < end; ) {
      const left = end - at;
      if (left < HEADER_LENGTH) throw malformed(`${left} bytes where an attribute header belongs`);
      const length = this.#u16(at, !LITTLE_ENDIAN);
      if (length < HEADER_LENGTH || length > left) throw malformed(`an attribute of ${length} bytes where ${left} are left`);
      const id = this.#u16(at + 2, !LITTLE_ENDIAN) & ATTRIBUTE_TYPE_MASK;
      if (id < this.#starts.length) {
        this.#starts[id] = at + HEADER_LENGTH;
        this.#ends[id] = at + length;
      }
      at += align(length);
    }
    return this;
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
  number(attribute: Attribute): number {
    const start = this.#sized(attribute);
    const length = this.#ends[attribute.id]! - start;
    if (length === 1) return this.#bytes[start]!;
    const big = attribute.bigEndian === true || !LITTLE_ENDIAN;
    return length === 2 ? this.#u16(start, big) : this.#u32(start, big);
  }

  /** Value of an attribute of type u64. Throws EBADMSG when it is not there or of another length. */
  bigint(attribute: Attribute): bigint {
    const start = this.#sized(attribute);
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

  /** Where the value of a number of the right length begins. */
  #sized(attribute: Attribute): number {
    const start = this.start(attribute);
    const length = this.#ends[attribute.id]! - start;
    const wanted = this.#lengths[attribute.id]!;
    if (length !== wanted) throw malformed(`${this.#name(attribute.id)} has ${length} bytes, not ${wanted}`);
    return start;
  }

  #u32(at: number, big: boolean): number {
    const [high, low] = big ? [at, at + 2] : [at + 2, at];
    return this.#u16(high, big) * 65_536 + this.#u16(low, big);
  }

  #u16(at: number, big: boolean): number {
    const first = this.#bytes[at]!;
    const second = this.#bytes[at + 1]!;
    return big ? (first << 8) | second : (second << 8) | first;
  }

  /** "client port" for clientPort. */
  #name(id: number): string {
    const [name = `attribute ${id}`] = Object.entries(this.#set).find(([, attribute]) => attribute.id === id) ?? [];
    return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`) + this.#owner;
  }
}

/** Are these bytes that text? Those of texts beyond ASCII are taken for others. */
function isAt(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (end - start !== text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return false;
  return true;
}
