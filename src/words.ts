// SPDX-License-Identifier: GPL-2.0-only
import { CliError } from "./errors.js";
import { quote } from "./model/text-error.js";

export interface WordOption {
  readonly long: string;
  /** Name of the argument, when it takes one. */
  readonly arg?: string;
  readonly help: string;
}

/** What may stand behind a verb that has a table of words: "module status". */
export interface Word {
  readonly name: string;
  readonly options: readonly WordOption[];
  /** Name of the arguments that stand by themselves, and how many there may be. */
  readonly positional?: { readonly name: string; readonly min: number; readonly max: number };
  readonly help: string;
}

/** A line behind such a verb, read. */
export interface WordCall {
  readonly word: Word;
  /** Values of options by their long names; "" where one takes none. */
  readonly options: ReadonlyMap<string, string>;
  readonly plain: readonly string[];
}

/** Reads what stands behind `verb`, whose words are `table`. Throws a CliError that quotes the bad word. */
export function parseWords(verb: string, table: readonly Word[], argv: readonly string[]): WordCall {
  const [name, ...rest] = argv;
  const word = table.find((one) => one.name === name);
  if (!word) {
    const legal = table.map((one) => one.name).join(", ");
    throw new CliError(name === undefined ? `${verb} needs one of ${legal}` : `${quote(name)} is no command of ${verb}; there are ${legal}`);
  }
  const options = new Map<string, string>();
  const plain: string[] = [];
  const left = [...rest];
  for (let text = left.shift(); text !== undefined; text = left.shift()) {
    if (!text.startsWith("--")) plain.push(text);
    else takeOption(`${verb} ${word.name}`, word, text, left, options);
  }
  const { min, max } = word.positional ?? { min: 0, max: 0 };
  if (plain.length < min) throw new CliError(`${verb} ${word.name} needs ${word.positional!.name}`);
  if (plain.length > max) throw new CliError(`unexpected argument ${quote(plain[max]!)} behind ${verb} ${word.name}`);
  return { word, options, plain };
}

function takeOption(spelt: string, word: Word, text: string, left: string[], options: Map<string, string>): void {
  const equals = text.indexOf("=");
  const name = text.slice(2, equals < 0 ? undefined : equals);
  const option = word.options.find(({ long }) => long === name);
  if (!option) {
    const legal = word.options.map(({ long }) => `--${long}`).join(", ");
    throw new CliError(`${spelt} has no option ${quote(text)}; ${legal ? `it has ${legal}` : "it has none"}`);
  }
  if (options.has(name)) throw new CliError(`--${name} is given twice`);
  if (option.arg === undefined && equals >= 0) throw new CliError(`${quote(text)}: --${name} takes no argument`);
  const value = option.arg === undefined ? "" : equals >= 0 ? text.slice(equals + 1) : left.shift();
  if (value === undefined || (option.arg !== undefined && value === "")) throw new CliError(`--${name} needs ${option.arg}`);
  options.set(name, value);
}
