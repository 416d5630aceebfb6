// SPDX-License-Identifier: GPL-2.0-only

/** Text that does not say what it should; the message quotes it and says what is legal. */
export class TextError extends Error {
  override readonly name = "TextError";
}

/** Quote what the user wrote, shortened when it is absurdly long. */
export function quote(text: string): string {
  const shown = text.length > 80 ? `${text.slice(0, 77)}...` : text;
  return `\`${shown.replace(/[\x00-\x1f\x7f]/g, "?")}'`;
}
