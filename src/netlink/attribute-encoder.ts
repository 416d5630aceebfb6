// SPDX-License-Identifier: GPL-2.0-only
import { align, LITTLE_ENDIAN, NESTED } from "./constants.js";
import { NetlinkError } from "./error.js";

const MAX_ATTRIBUTE = 0xffff;

const ASCII_END = 128;

/**
 * Writes netlink attributes into a buffer that grows. The first error is kept
 * and every later call does nothing; finish() and check() throw it.
 */
export class AttributeEncoder {
  #bytes = new Uint8Array(4096);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;
  #error: NetlinkError | undefined;

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** Forgets what was written from byte `length` on, and the error. */
  reset(length = 0): void {
    this.#length = length;
    this.#error = undefined;
  }

  /** Leaves `length` bytes of zeros for a header, a multiple of 4, and returns where they begin. */
  reserve(length: number): number {
    const at = this.#length;
    if (at + length > this.#bytes.length) this.#grow(at + length);
    this.#bytes.fill(0, at, at + length);
    this.#length = at + length;
    return at;
  }

  /** What is written, in place: valid until more is. */
  view(): DataView {
    return this.#view;
  }

  /** The bytes from `start` to before `end`, in place: valid until more is written. */
  slice(start: number, end: number): Uint8Array {
    return this.#bytes.subarray(start, end);
  }

  u8(id: number, value: number): this {
    if (!this.#inRange(id, value, 0xff)) return this;
    const at = this.#open(id, 1);
    this.#bytes[at] = value;
    return this;
  }

  u16(id: number, value: number, bigEndian = false): this {
    if (!this.#inRange(id, value, 0xffff)) return this;
    const at = this.#open(id, 2);
    this.#view.setUint16(at, value, !bigEndian && LITTLE_ENDIAN);
    return this;
  }

  u32(id: number, value: number, bigEndian = false): this {
    if (!this.#inRange(id, value, 0xffffffff)) return this;
    const at = this.#open(id, 4);
    this.#view.setUint32(at, value, !bigEndian && LITTLE_ENDIAN);
    return this;
  }

  u64(id: number, value: bigint, bigEndian = false): this {
    if (value < 0n || value > 0xffffffffffffffffn) return this.#fail(`attribute ${id}: ${value} is not a u64`);
    const at = this.#open(id, 8);
    this.#view.setBigUint64(at, value, !bigEndian && LITTLE_ENDIAN);
    return this;
  }

  bytes(id: number, value: Uint8Array): this {
    if (value.length + 4 > MAX_ATTRIBUTE) return this.#fail(`attribute ${id}: ${value.length} bytes do not fit`);
    const at = this.#open(id, value.length);
    this.#bytes.set(value, at);
    return this;
  }

  /** `value`, and zeros up to `length` bytes, a multiple of 4. */
  padded(id: number, value: Uint8Array, length: number): this {
    const at = this.#open(id, length);
    const bytes = this.#bytes;
    for (let i = 0; i < length; i++) bytes[at + i] = i < value.length ? value[i]! : 0;
    return this;
  }

  /** Two numbers of the host's, one behind the other. */
  u32Pair(id: number, first: number, second: number): this {
    if (!this.#inRange(id, first, 0xffffffff) || !this.#inRange(id, second, 0xffffffff)) return this;
    const at = this.#open(id, 8);
    this.#view.setUint32(at, first, LITTLE_ENDIAN);
    this.#view.setUint32(at + 4, second, LITTLE_ENDIAN);
    return this;
  }

  /** UTF-8 with a terminating zero. */
  string(id: number, value: string): this {
    if (value.includes("\0")) return this.#fail(`attribute ${id}: a zero byte inside a string`);
    return isAscii(value) && value.length + 5 <= MAX_ATTRIBUTE ? this.#ascii(id, value) : this.bytes(id, Buffer.from(`${value}\0`));
  }

  /** An attribute that holds what `fill` writes. */
  nest(id: number, fill: (encoder: AttributeEncoder) => void): this {
    const header = this.open(id);
    fill(this);
    return this.close(id, header);
  }

  /** Begins an attribute that holds what is written until close(), which takes what this returns. */
  open(id: number): number {
    return this.#open(id | NESTED, 0) - 4;
  }

  close(id: number, header: number): this {
    const length = this.#length - header;
    if (length > MAX_ATTRIBUTE) return this.#fail(`attribute ${id}: ${length} bytes do not fit`);
    if (this.#error === undefined) this.#view.setUint16(header, length, LITTLE_ENDIAN);
    return this;
  }

  /** A copy of the encoded attributes; throws the first error. */
  finish(): Uint8Array {
    this.check();
    return this.#bytes.slice(0, this.#length);
  }

  /** Throws the first error. */
  check(): void {
    if (this.#error !== undefined) throw this.#error;
  }

  #ascii(id: number, value: string): this {
    const at = this.#open(id, value.length + 1);
    for (let i = 0; i < value.length; i++) this.#bytes[at + i] = value.charCodeAt(i);
    this.#bytes[at + value.length] = 0;
    return this;
  }

  #inRange(id: number, value: number, max: number): boolean {
    if (Number.isInteger(value) && value >= 0 && value <= max) return true;
    this.#fail(`attribute ${id}: ${value} is not a whole number from 0 to ${max}`);
    return false;
  }

  #fail(message: string): this {
    this.#error ??= new NetlinkError("EINVAL", message);
    return this;
  }

  /** Writes a header for `length` bytes and returns where they go. */
  #open(type: number, length: number): number {
    const at = this.#length;
    const end = at + 4 + align(length);
    if (end > this.#bytes.length) this.#grow(end);
    this.#view.setUint32(end - 4, 0);
    this.#view.setUint16(at, 4 + length, LITTLE_ENDIAN);
    this.#view.setUint16(at + 2, type, LITTLE_ENDIAN);
    this.#length = end;
    return at + 4;
  }

  #grow(needed: number): void {
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= ASCII_END) return false;
  return true;
}
