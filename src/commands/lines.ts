// SPDX-License-Identifier: GPL-2.0-only
import { readFileSync } from "node:fs";
import { getSystemErrorMap } from "node:util";
import { CliError, exitStatus } from "../errors.js";
import { LINE_QUOTED, quote } from "../model/text-error.js";

/** A line of a file of command lines: its number, from 1, and its text. */
export interface Line {
  readonly number: number;
  readonly text: string;
}

/** What there is to say of a line, with the line. */
export function at(line: Line, message: string): string {
  return `line ${line.number}: ${quote(line.text.trim(), LINE_QUOTED)}: ${message}`;
}

/**
 * The words of a line; what follows a # is a remark. "ipvsadm" is no word, as
 * with ipvsadm itself, and our own name may stand first.
 */
export function splitLine(line: string): string[] {
  const text = line.includes("#") ? line.replace(/(^|[ \t\r])#.*/, "") : line;
  const words: string[] = [];
  for (let at = 0; at < text.length; ) {
    const start = at;
    while (at < text.length && !isBlank(text.charCodeAt(at))) at++;
    const word = text.slice(start, at++);
    if (word !== "" && word !== "ipvsadm") words.push(word);
  }
  if (words[0] === "tsipvsadm") words.shift();
  return words;
}

/** A space, a tab or a carriage return. */
function isBlank(code: number): boolean {
  return code === 32 || code === 9 || code === 13;
}

/** The lines of a file. Throws CliError when it can't be read. */
export function fileLines(path: string): string[] {
  try {
    return readFileSync(path, "utf8").split("\n");
  } catch (error) {
    const { errno, code } = error as NodeJS.ErrnoException;
    throw new CliError(`can't read ${quote(path)}: ${getSystemErrorMap().get(errno ?? 0)?.[1] ?? code}`, exitStatus.input);
  }
}
