// SPDX-License-Identifier: GPL-2.0-only

/** Text cut off behind so many bytes of UTF-8; a character that does not fit whole is left out. */
export function shortened(text: string, bytes: number): string {
  // No character has more bytes than this.
  if (text.length * 3 <= bytes || Buffer.byteLength(text) <= bytes) return text;
  let length = 0;
  let kept = "";
  for (const character of text) {
    length += Buffer.byteLength(character);
    if (length > bytes) break;
    kept += character;
  }
  return kept;
}
