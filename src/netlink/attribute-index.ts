// SPDX-License-Identifier: GPL-2.0-only
import type { Attribute, AttributeSet } from "./attribute-set.js";
import { align, ATTRIBUTE_TYPE_MASK, LITTLE_ENDIAN } from "./constants.js";
import { malformed } from "./error.js";

const HEADER_LENGTH = 4;
const LENGTHS: Readonly<Record<string, number>> = { u8: 1, u16: 2, u32: 4 };

/**
 * Where the attributes of a set are in a message. For dumps of a million
 * messages: decode() makes an object of each, this makes nothing.
 */
export class AttributeIndex {
  readonly #set: AttributeSet;
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(set: AttributeSet) {
    this.#set = set;
    const count = Math.max(...Object.values(set).map(({ id }) => id)) + 1;
    this.#starts = new Int32Array(count);
    this.#ends = new Int32Array(count);
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
    const start = this.start(attribute);
    const length = this.#ends[attribute.id]! - start;
    if (length !== LENGTHS[attribute.type]) {
      throw malformed(`${this.#name(attribute.id)} has ${length} bytes, not ${LENGTHS[attribute.type]}`);
    }
    if (length === 1) return this.#bytes[start]!;
    const big = attribute.bigEndian === true || !LITTLE_ENDIAN;
    if (length === 2) return this.#u16(start, big);
    const [high, low] = big ? [start, start + 2] : [start + 2, start];
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
    return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  }
}
