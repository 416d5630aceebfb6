// SPDX-License-Identifier: GPL-2.0-only
import { LINE_QUOTED, quote } from "../model/text-error.js";

/** A line of a file of command lines: its number, from 1, and its text. */
export interface Line {
  readonly number: number;
  readonly text: string;
}

/** What there is to say of a line, with the line. */
export function at(line: Line, message: string): string {
  return `line ${line.number}: ${quote(line.text, LINE_QUOTED)}: ${message}`;
}

/** The words of a line; the program's name may stand before them, and what follows a # is a remark. */
export function splitLine(line: string): string[] {
  const words = (line.includes("#") ? line.replace(/(^|\s)#.*/, "") : line).split(/\s+/).filter((word) => word !== "");
  if (words[0]?.endsWith("ipvsadm") && /^(\S*\/)?(ts)?ipvsadm$/.test(words[0])) words.shift();
  return words;
}
