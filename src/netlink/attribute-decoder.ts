// SPDX-License-Identifier: GPL-2.0-only
import { align, ATTRIBUTE_TYPE_MASK, LITTLE_ENDIAN } from "./constants.js";
import { malformed, type NetlinkError } from "./error.js";
import { utf8 } from "./utf8.js";

/**
 * Reads netlink attributes one after the other: next() moves to one, the
 * getters read it. The first error is kept; next() is false from then on and
 * the getters return zero values, so a caller may check `error` once at the end.
 */
export class AttributeDecoder {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #cursor = 0;
  #start = 0;
  #length = 0;
  #error: NetlinkError | undefined;
  /** Number of the current attribute. */
  id = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get error(): NetlinkError | undefined {
    return this.#error;
  }

  /** Moves to the next attribute; false at the end or after an error. */
  next(): boolean {
    if (this.#error !== undefined || this.#cursor >= this.#bytes.length) return false;
    const left = this.#bytes.length - this.#cursor;
    if (left < 4) return this.#fail(`${left} bytes where an attribute header belongs`);
    const length = this.#view.getUint16(this.#cursor, LITTLE_ENDIAN);
    if (length < 4 || length > left) return this.#fail(`an attribute of ${length} bytes where ${left} are left`);
    this.id = this.#view.getUint16(this.#cursor + 2, LITTLE_ENDIAN) & ATTRIBUTE_TYPE_MASK;
    this.#start = this.#cursor + 4;
    this.#length = length - 4;
    this.#cursor += align(length);
    return true;
  }

  u8(): number {
    return this.#sized(1) ? this.#view.getUint8(this.#start) : 0;
  }

  u16(bigEndian = false): number {
    return this.#sized(2) ? this.#view.getUint16(this.#start, !bigEndian && LITTLE_ENDIAN) : 0;
  }

  u32(bigEndian = false): number {
    return this.#sized(4) ? this.#view.getUint32(this.#start, !bigEndian && LITTLE_ENDIAN) : 0;
  }

  u64(bigEndian = false): bigint {
    return this.#sized(8) ? this.#view.getBigUint64(this.#start, !bigEndian && LITTLE_ENDIAN) : 0n;
  }

  /** The value up to its first zero byte, as UTF-8. */
  string(): string {
    const value = this.view();
    const end = value.indexOf(0);
    return utf8(end < 0 ? value : value.subarray(0, end));
  }

  /** A copy of the value. */
  bytes(): Uint8Array {
    return this.#bytes.slice(this.#start, this.#start + this.#length);
  }

  /** The value in place: valid as long as the message is. */
  view(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#start + this.#length);
  }

  /** Keeps `error`, such as a nested decoder's, if it is the first. */
  hold(error: NetlinkError | undefined): void {
    this.#error ??= error;
  }

  #sized(length: number): boolean {
    if (this.#length === length) return true;
    this.#fail(`attribute ${this.id} has ${this.#length} bytes, not ${length}`);
    return false;
  }

  #fail(what: string): false {
    this.#error ??= malformed(what);
    return false;
  }
}
