// SPDX-License-Identifier: GPL-2.0-only
import { CliError, exitStatus } from "../errors.js";
import { quote } from "../model/text-error.js";
import type { Flag, Option } from "./options.js";
import { isLegal, options } from "./options.js";
import type { Verb, VerbId } from "./verbs.js";
import { verbs } from "./verbs.js";

/** One option as given, or an argument that stands by itself. */
export type Token =
  | { readonly kind: "option"; readonly option: Option; readonly flag: Flag; readonly value?: string }
  | { readonly kind: "argument"; readonly text: string };

interface Spelling {
  readonly option: Option;
  readonly flag: Flag;
}

const byLong = new Map<string, Spelling>();
for (const option of options) for (const flag of option.flags) byLong.set(flag.long, { option, flag });

const verbsByLong = new Map(verbs.map((verb) => [verb.long, verb]));
const verbsByLetter = new Map<string, Verb>();
for (const verb of verbs) {
  for (const letter of verb.shorts) if (!verbsByLetter.has(letter)) verbsByLetter.set(letter, verb);
}

export function verbByLong(name: string): Verb | undefined {
  const verb = verbsByLong.get(name);
  return verb?.word ? undefined : verb;
}

export function verbByWord(name: string): Verb | undefined {
  const verb = verbsByLong.get(name);
  return verb?.word ? verb : undefined;
}

export function verbByShort(letter: string): Verb | undefined {
  return verbsByLetter.get(letter);
}

const shortFlags = new Map<VerbId, ReadonlyMap<string, Spelling>>();

/** The flags by their letters; where two share a letter, the one that is legal with the verb. */
function shortFlagsOf(verb: VerbId): ReadonlyMap<string, Spelling> {
  const known = shortFlags.get(verb);
  if (known) return known;
  const flags = new Map<string, Spelling>();
  for (const spelling of byLong.values()) {
    const { short } = spelling.flag;
    if (short === undefined) continue;
    const other = flags.get(short);
    if (!other || (!isLegal(other.option, verb) && isLegal(spelling.option, verb))) flags.set(short, spelling);
  }
  shortFlags.set(verb, flags);
  return flags;
}

/** What popt says of an option it can't take; C ipvsadm ends with 255 then. */
function badOption(text: string, problem: string): CliError {
  return new CliError(`${text}: ${problem}`, exitStatus.failure);
}

/**
 * Split a command line behind its verb as popt does: bundled short options,
 * values glued or apart, --long=value, "--" before plain arguments. `bundle`
 * is what followed the verb's letter in the verb's own argument.
 */
export class Tokenizer {
  private readonly flags: ReadonlyMap<string, Spelling>;
  private at: number;
  private plainOnly = false;

  /** The words from `at` on are split. */
  constructor(
    verb: VerbId,
    private readonly argv: readonly string[],
    at: number,
    private bundle = "",
    private bundleText = "",
  ) {
    this.flags = shortFlagsOf(verb);
    this.at = at;
  }

  next(): Token | undefined {
    if (this.bundle) return this.short();
    let text = this.argv[this.at++];
    if (text === "--" && !this.plainOnly) {
      this.plainOnly = true;
      text = this.argv[this.at++];
    }
    if (text === undefined) return undefined;
    if (this.plainOnly) return { kind: "argument", text };
    refuseDashes(text);
    if (text.startsWith("--")) return this.long(text);
    if (text.startsWith("-") && text !== "-") {
      this.bundle = text.slice(1);
      this.bundleText = text;
      return this.short();
    }
    return { kind: "argument", text };
  }

  private long(text: string): Token {
    const equals = text.indexOf("=");
    const name = text.slice(2, equals < 0 ? undefined : equals);
    const glued = equals < 0 ? undefined : text.slice(equals + 1);
    const found = byLong.get(name);
    if (!found) throw verbByLong(name) ? secondVerb(text) : badOption(text, "unknown option");
    if (glued !== undefined && !found.flag.arg) throw badOption(text, "option does not take an argument");
    return this.option(found, text, glued);
  }

  private short(): Token {
    const letter = this.bundle[0]!;
    const text = this.bundleText;
    const found = this.flags.get(letter);
    if (!found) throw verbByShort(letter) ? secondVerb(text) : badOption(text, "unknown option");
    this.bundle = this.bundle.slice(1);
    let glued: string | undefined;
    if (found.flag.arg && this.bundle) {
      glued = this.bundle.replace(/^=/, "");
      this.bundle = "";
    }
    return this.option(found, text, glued);
  }

  private option({ option, flag }: Spelling, text: string, glued: string | undefined): Token {
    let value = glued;
    if (flag.arg && value === undefined) {
      const follows = this.argv[this.at];
      if (follows !== undefined && !(flag.optional && follows.startsWith("-"))) {
        refuseDashes(follows);
        value = follows;
        this.at++;
      } else if (!flag.optional) {
        throw badOption(text, "missing argument");
      }
    }
    return value === undefined ? { kind: "option", option, flag } : { kind: "option", option, flag, value };
  }
}

function secondVerb(text: string): CliError {
  return new CliError(`invalid option \`${text}'`);
}

const dashes = new Map([
  ["\u2010", "a Unicode hyphen"],
  ["\u2011", "a no-break hyphen"],
  ["\u2012", "a figure dash"],
  ["\u2013", "an en dash"],
  ["\u2014", "an em dash"],
  ["\u2212", "a minus sign"],
]);

/** Refuse what looks like an option but begins with a typographer's dash, as copied text often does. */
export function refuseDashes(text: string): void {
  if (text.charCodeAt(0) < 0x2010) return;
  const name = dashes.get(text[0] ?? "");
  if (!name || text.length < 2) return;
  const hyphens = text.replace(/^[\u2010-\u2014\u2212]+/, (run) => "-".repeat(run.length));
  throw new CliError(`${quote(text)} begins with ${name}, an option begins with a hyphen: ${quote(hyphens)}`);
}
