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
