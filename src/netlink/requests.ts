// SPDX-License-Identifier: GPL-2.0-only
import { AttributeEncoder } from "./attribute-encoder.js";
import { GENL_HEADER_LENGTH, HEADER_LENGTH, LITTLE_ENDIAN, messageFlag } from "./constants.js";

/**
 * Generic-netlink requests, encoded one behind the other as one datagram has
 * them: many cost no more than their bytes. What is known only when they are
 * sent (the family's number, flags, sequence numbers) is put in then.
 */
export class Requests {
  readonly #encoder = new AttributeEncoder();
  readonly #starts: number[] = [];

  get count(): number {
    return this.#starts.length;
  }

  /** Forgets them; the memory stays, for others. */
  clear(): void {
    this.#encoder.reset();
    this.#starts.length = 0;
  }

  /**
   * Adds a request with the attributes that `write` writes; `index` is handed
   * to it. Throws a NetlinkError EINVAL, and adds nothing, for a value that has
   * no place on the wire.
   */
  add(command: number, version: number, write: (encoder: AttributeEncoder, index: number) => void, index = 0): void {
    const encoder = this.#encoder;
    const start = encoder.reserve(HEADER_LENGTH + GENL_HEADER_LENGTH);
    try {
      write(encoder, index);
      encoder.check();
    } catch (error) {
      encoder.reset(start);
      throw error;
    }
    const view = encoder.view();
    view.setUint32(start, encoder.length - start, LITTLE_ENDIAN);
    view.setUint8(start + HEADER_LENGTH, command);
    view.setUint8(start + HEADER_LENGTH + 1, version);
    this.#starts.push(start);
  }

  /** Addresses request `index` to a family; `flags` are messageFlag bits besides request. */
  stamp(index: number, family: number, flags: number, sequence: number): void {
    const start = this.#starts[index]!;
    const view = this.#encoder.view();
    view.setUint16(start + 4, family, LITTLE_ENDIAN);
    view.setUint16(start + 6, messageFlag.request | flags, LITTLE_ENDIAN);
    view.setUint32(start + 8, sequence, LITTLE_ENDIAN);
  }

  /** The requests from `first` to before `end`, in place: valid until one is added. */
  bytes(first: number, end: number): Uint8Array {
    return this.#encoder.slice(this.#starts[first] ?? 0, this.#starts[end] ?? this.#encoder.length);
  }
}
