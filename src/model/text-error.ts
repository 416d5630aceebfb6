// SPDX-License-Identifier: GPL-2.0-only

/** Text that does not say what it should; the message quotes it and says what is legal. */
export class TextError extends Error {
  override readonly name = "TextError";
}

/** Quote what the user wrote, shortened when it is absurdly long: `most` characters of an argument, or of a line. */
export function quote(text: string, most = 80): string {
  const shown = text.length > most ? `${text.slice(0, most - 3)}...` : text;
  return `\`${shown.replace(/[\x00-\x1f\x7f]/g, "?")}'`;
}

/** Most of a command line that is quoted: room for a rule with every key in IPv6. */
export const LINE_QUOTED = 300;
