// SPDX-License-Identifier: GPL-2.0-only

const DOT = 46;
const ZERO = 48;

/** Four bytes of a dotted quad; undefined when it is not one. Leading zeros are refused: some read them as octal. */
export function parseIpv4(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(4);
  let index = 0;
  let digits = 0;
  let value = 0;
  for (let i = 0; i <= text.length; i++) {
    const code = i < text.length ? text.charCodeAt(i) : DOT;
    if (code === DOT) {
      if (digits === 0 || index === 4) return undefined;
      bytes[index++] = value;
      digits = value = 0;
      continue;
    }
    if (code < ZERO || code > ZERO + 9 || (digits > 0 && value === 0)) return undefined;
    digits++;
    value = 10 * value + code - ZERO;
    if (value > 255) return undefined;
  }
  return index === 4 ? bytes : undefined;
}

export function formatIpv4(bytes: Uint8Array): string {
  return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`;
}

/**
 * Four bytes of an address in the forms of inet_aton, which ipvsadm takes for
 * services and masks: one to four parts, decimal, octal or hexadecimal, and
 * what follows a blank is not looked at.
 */
export function parseLegacyIpv4(text: string): Uint8Array | undefined {
  const strict = parseIpv4(text);
  if (strict) return strict;
  const parts = text.replace(/[ \t\n\v\f\r][^]*$/, "").split(".");
  if (parts.length > 4 || !parts.every((part) => /^(0x[0-9a-f]+|0[0-7]*|[1-9]\d*)$/i.test(part))) return undefined;
  const numbers = parts.map((part) => (/^0[0-7]+$/.test(part) ? parseInt(part, 8) : Number(part)));
  const last = numbers.pop()!;
  if (numbers.some((part) => part > 255) || last >= 256 ** (4 - numbers.length)) return undefined;
  const value = numbers.reduce((sum, part, i) => sum + part * 256 ** (3 - i), last);
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}
