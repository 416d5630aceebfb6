// SPDX-License-Identifier: GPL-2.0-only
// Numbers and addresses as the kernel's files have them.

const COLON = 58;

/** Value of a hexadecimal digit by its character; -1 for other characters. */
const DIGITS = new Int8Array(256).fill(-1);
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16);
  DIGITS[digit.charCodeAt(0)] = DIGITS[digit.toUpperCase().charCodeAt(0)] = value;
}

/** The number in the characters from `start` to `end`, up to seven; negative when one is no hexadecimal digit. */
export function hexadecimal(source: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) value = (value << 4) | DIGITS[source[at]!]!;
  return value;
}

/** Characters of an IPv4 address without dots, and of an IPv6 address with all its zeros and colons. */
export const IPV4_LENGTH = 8;
export const IPV6_LENGTH = 39;

/** Reads the address of so many bytes at `start` into `target`; false when it is none. */
export function hexadecimalAddress(source: Uint8Array, start: number, target: Uint8Array): boolean {
  const colons = target.length > 4;
  let at = start;
  let seen = 0;
  for (let i = 0; i < target.length; i++) {
    if (colons && i > 0 && i % 2 === 0 && source[at++] !== COLON) return false;
    const value = (DIGITS[source[at]!]! << 4) | DIGITS[source[at + 1]!]!;
    seen |= value;
    target[i] = value;
    at += 2;
  }
  return seen >= 0;
}
