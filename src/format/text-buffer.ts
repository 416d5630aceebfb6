// SPDX-License-Identifier: GPL-2.0-only
import type { IpAddress } from "../model/address.js";
import { formatIpv6 } from "../model/ipv6.js";

/** Bytes that gather before they are written. */
const CAPACITY = 65_536;
/** Text up to this length is copied here: a call of the encoder costs more. */
const SHORT = 256;
/** Most bytes of a number or of an IPv4 address. */
const NUMBER_LENGTH = 20;

const BLANK = 32;
const DOT = 46;
const ZERO = 48;
const ASCII_END = 128;

/**
 * Text of long listings, put together as UTF-8 bytes: a million rows of a
 * dozen parts each would be as many strings otherwise. Columns are as wide as
 * printf counts them, in bytes.
 */
export class TextBuffer {
  /** Blank from `#length` on: to leave room is to write blanks. */
  readonly #bytes = new Uint8Array(CAPACITY).fill(BLANK);
  readonly #write: (bytes: Uint8Array) => void;
  #length = 0;
  /** Where the column begins; below zero when that is written already. */
  #column = 0;

  /** `write` is given what gathered, in bytes that are its own until it returns. */
  constructor(write: (bytes: Uint8Array) => void) {
    this.#write = write;
  }

  flush(): void {
    const length = this.#length;
    this.#length = 0;
    this.#column -= length;
    if (length === 0) return;
    this.#write(this.#bytes.subarray(0, length));
    // What text() began and left to the encoder may lie behind.
    this.#bytes.fill(BLANK, 0, Math.min(length + SHORT, CAPACITY));
  }

  /** Begins a column. */
  column(): this {
    this.#column = this.#length;
    return this;
  }

  /** Ends a column with blanks up to `width` bytes, but one at least. */
  pad(width: number): this {
    this.#room(Math.max(width, 1));
    this.#length = Math.max(this.#column + width, this.#length + 1);
    return this;
  }

  /** Ends a column with blanks up to `width` bytes, without promising one, as printf does. */
  fill(width: number): this {
    this.#room(width);
    const end = this.#column + width;
    if (end > this.#length) this.#length = end;
    return this;
  }

  text(text: string): this {
    if (text.length > SHORT) return this.#encoded(text);
    this.#room(text.length);
    const bytes = this.#bytes;
    const start = this.#length;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code >= ASCII_END) return this.#encoded(text);
      bytes[start + i] = code;
    }
    this.#length = start + text.length;
    return this;
  }

  /** A whole number from 0 to 2^53, in so many digits at least. */
  number(value: number, digits = 1): this {
    this.#room(NUMBER_LENGTH);
    if (value < 10 && digits === 1) {
      this.#bytes[this.#length++] = ZERO + value;
      return this;
    }
    let width = 1;
    for (let limit = 10; value >= limit; limit *= 10) width++;
    const end = this.#length + Math.max(width, digits);
    let rest = value;
    for (let at = end - 1; at >= this.#length; at--) {
      this.#bytes[at] = ZERO + (rest % 10);
      rest = Math.floor(rest / 10);
    }
    this.#length = end;
    return this;
  }

  /** A whole number from 0 to 2^53, with blanks ahead of it up to `width` bytes, 20 at most. */
  right(value: number, width: number): this {
    let digits = 1;
    for (let limit = 10; value >= limit; limit *= 10) digits++;
    this.#room(NUMBER_LENGTH);
    if (width > digits) this.#length += width - digits;
    return this.number(value);
  }

  /** An address as formatAddress() has it. */
  address({ family, bytes }: IpAddress): this {
    if (family === "ipv6") return this.text(formatIpv6(bytes));
    this.#room(NUMBER_LENGTH);
    for (let i = 0; i < 4; i++) {
      const value = bytes[i]!;
      if (i > 0) this.#bytes[this.#length++] = DOT;
      if (value >= 100) this.#bytes[this.#length++] = ZERO + ((value / 100) | 0);
      if (value >= 10) this.#bytes[this.#length++] = ZERO + (((value / 10) | 0) % 10);
      this.#bytes[this.#length++] = ZERO + (value % 10);
    }
    return this;
  }

  /** Text that is not ASCII, or so long that a call for it pays. */
  #encoded(text: string): this {
    const bytes = Buffer.from(text, "utf8");
    for (let at = 0; at < bytes.length; ) {
      this.#room(1);
      const part = bytes.subarray(at, at + CAPACITY - this.#length);
      this.#bytes.set(part, this.#length);
      this.#length += part.length;
      at += part.length;
    }
    return this;
  }

  #room(length: number): void {
    if (this.#length + length > CAPACITY) this.flush();
  }
}
