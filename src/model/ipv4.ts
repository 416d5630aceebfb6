// SPDX-License-Identifier: GPL-2.0-only

/** Four bytes of a dotted quad; undefined when it is not one. Leading zeros are refused: some read them as octal. */
export function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  const bytes = new Uint8Array(4);
  for (const [i, part] of parts.entries()) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    bytes[i] = Number(part);
  }
  return bytes;
}

export function formatIpv4(bytes: Uint8Array): string {
  return bytes.join(".");
}

/** Four bytes of an address in the forms of inet_aton, which ipvsadm takes for services and masks: one to four parts, decimal, octal or hexadecimal. */
export function parseLegacyIpv4(text: string): Uint8Array | undefined {
  const strict = parseIpv4(text);
  if (strict) return strict;
  const parts = text.split(".");
  if (parts.length > 4 || !parts.every((part) => /^(0x[0-9a-f]+|0[0-7]*|[1-9]\d*)$/i.test(part))) return undefined;
  const numbers = parts.map((part) => (/^0[0-7]+$/.test(part) ? parseInt(part, 8) : Number(part)));
  const last = numbers.pop()!;
  if (numbers.some((part) => part > 255) || last >= 256 ** (4 - numbers.length)) return undefined;
  const value = numbers.reduce((sum, part, i) => sum + part * 256 ** (3 - i), last);
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}
