// SPDX-License-Identifier: GPL-2.0-only

/** Longest text that is put together here. */
const SHORT = 64;

/** Bytes as UTF-8 text. Names of families and schedulers are short and ASCII: a decoder is made for others only, since making it takes longer. */
export function utf8(bytes: Uint8Array): string {
  const plain = bytes.length <= SHORT && bytes.every((byte) => byte < 0x80);
  return plain ? String.fromCharCode(...bytes) : new TextDecoder().decode(bytes);
}
