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

/** An option that popt can't take; C ipvsadm ends with 255 then, but a file of lines goes on. */
export class OptionError extends CliError {
  constructor(text: string, problem: string) {
    super(`${text}: ${problem}`, exitStatus.failure);
  }
}

/** What stands first: a verb and its argument, or why there is none. */
export interface VerbToken {
  readonly verb: Verb;
  readonly arg?: string;
}

/**
 * Split a command line as popt does: bundled short options, values glued or
 * apart, --long=value, "--" before plain arguments.
 */
export class Tokenizer {
  private at = 0;
  /** The word taken last, which is what popt shows of an option it refuses. */
  private word = "";
  /** What is left of a word of short options. */
  private bundle = "";
  /** All that follows is plain. */
  private plain = false;
  /** Plain arguments before the verb; they come after it. */
  private readonly early: string[] = [];
  private flags = shortFlagsOf("list");
  private aboutServers = false;

  constructor(private readonly argv: readonly string[]) {}

  /** The verb: the first word, or the first of the options; undefined when something else is. Throws OptionError. */
  verb(): VerbToken | undefined {
    const named = verbByWord(this.argv[0] ?? "");
    if (named) return this.wordVerb(named);
    for (let word = this.take(); word !== undefined; word = this.take()) {
      if (word === "--") break;
      if (word.startsWith("-") && word !== "-") return this.verbOf(word);
      this.early.push(word);
    }
    return undefined;
  }

  next(): Token | undefined {
    if (this.early.length > 0) return { kind: "argument", text: this.early.shift()! };
    if (this.bundle) return this.short();
    const word = this.take();
    if (word === undefined) return undefined;
    if (word === "--" && !this.plain) {
      this.plain = true;
      return this.next();
    }
    if (this.plain || !word.startsWith("-") || word === "-") return { kind: "argument", text: word };
    if (word.startsWith("--")) return this.long();
    this.bundle = word.slice(1);
    return this.short();
  }

  private take(): string | undefined {
    const word = this.argv[this.at];
    if (word === undefined) return undefined;
    if (!this.plain) refuseDashes(word);
    this.at++;
    return (this.word = word);
  }

  private wordVerb(verb: Verb): VerbToken {
    this.at++;
    this.flags = shortFlagsOf(verb.id);
    return { verb };
  }

  private verbOf(word: string): VerbToken | undefined {
    const [name, glued] = word.startsWith("--") ? split(word) : [undefined, undefined];
    const verb = name === undefined ? verbByShort(word[1]!) : verbByLong(name);
    if (!verb) return undefined;
    this.flags = shortFlagsOf(verb.id);
    this.aboutServers = verb.id === "add-server" || verb.id === "edit-server";
    if (name === undefined) this.bundle = word.slice(2);
    if (verb.arg === undefined || name === undefined) {
      this.refuseValue(glued);
      return { verb };
    }
    return { verb, arg: this.value(glued)! };
  }

  private long(): Token {
    const [name, glued] = split(this.word);
    const found = byLong.get(name);
    if (!found) {
      const verb = verbByLong(name);
      if (!verb) throw new OptionError(this.word, "unknown option");
      throw this.secondVerb(verb, glued);
    }
    if (!found.flag.arg) this.refuseValue(glued);
    return this.option(found, glued);
  }

  private short(): Token {
    const letter = this.bundle[0]!;
    this.bundle = this.bundle.slice(1);
    const found = this.shortFlag(letter);
    if (!found) {
      const verb = verbByShort(letter);
      if (!verb) throw new OptionError(this.word, "unknown option");
      throw this.secondVerb(verb, undefined);
    }
    let glued: string | undefined;
    if (!found.flag.arg) this.refuseValue(undefined);
    else if (this.bundle) {
      glued = this.bundle.replace(/^=/, "");
      this.bundle = "";
    }
    return this.option(found, glued);
  }

  /** -b of a real server, FULLNAT, has no value: with one it is what it is to ipvsadm, the scheduler's flags. */
  private shortFlag(letter: string): Spelling | undefined {
    const found = this.flags.get(letter);
    if (found?.flag.long !== "fullnat" || !this.aboutServers) return found;
    const follows = this.bundle || this.argv[this.at];
    return follows && (this.bundle || !follows.startsWith("-")) ? byLong.get("sched-flags") : found;
  }

  private option({ option, flag }: Spelling, glued: string | undefined): Token {
    const value = flag.arg ? this.value(glued, flag.optional) : undefined;
    return value === undefined ? { kind: "option", option, flag } : { kind: "option", option, flag, value };
  }

  /** The value of an option: what was glued to it, or else the next word. */
  private value(glued: string | undefined, optional = false): string | undefined {
    if (glued !== undefined) return glued;
    const follows = this.argv[this.at];
    if (optional && (follows === undefined || follows.startsWith("-"))) return undefined;
    if (follows === undefined) throw new OptionError(this.word, "missing argument");
    return this.take();
  }

  private refuseValue(glued: string | undefined): void {
    if (glued !== undefined || this.bundle.startsWith("=")) {
      throw new OptionError(this.word, "option does not take an argument");
    }
  }

  /** A second verb is read as any option is, and then refused by the last word of it. */
  private secondVerb(verb: Verb, glued: string | undefined): CliError {
    if (verb.arg === undefined) this.refuseValue(glued);
    else this.value(glued);
    return new CliError(`invalid option \`${this.word}'`);
  }
}

/** "--name=value" as name and value, "--name" as name. */
function split(word: string): [name: string, value?: string] {
  const equals = word.indexOf("=");
  return equals < 0 ? [word.slice(2)] : [word.slice(2, equals), word.slice(equals + 1)];
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
