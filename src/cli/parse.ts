// SPDX-License-Identifier: GPL-2.0-only
import { CliError, exitStatus } from "../errors.js";
import { DEFAULT, apply, parseTimeout } from "./apply.js";
import { checkSchedFlags } from "./build-service.js";
import { checkOptions } from "./check.js";
import type { Names } from "./names.js";
import { Unresolved } from "./names.js";
import { OptionError, Tokenizer, verbByLong } from "./tokens.js";
import type { Token, VerbToken } from "./tokens.js";
import type { Values } from "./values.js";
import type { Verb } from "./verbs.js";
import { isOwnVerb, isSnatVerb } from "./verbs.js";

/** One command line, read and checked. */
export interface Invocation {
  readonly verb: Verb;
  /** Names of the options given. */
  readonly given: ReadonlySet<string>;
  readonly values: Readonly<Values>;
}

/** The one error for which ipvsadm shows no reason. */
export function usageHint(): CliError {
  return new CliError("Try `tsipvsadm -h' or 'tsipvsadm --help' for more information.", exitStatus.failure);
}

/**
 * Read a command line: at once, or when the hosts that it names are looked up.
 * Throws CliError, or rejects with it.
 */
export function parse(argv: readonly string[], names: Names): Invocation | Promise<Invocation> {
  try {
    return parseNow(argv, names);
  } catch (error) {
    if (!(error instanceof Unresolved)) throw error;
    return names.resolve(error.host).then(() => parse(argv, names));
  }
}

/** As parse, but throws Unresolved at a host that nobody has looked up. */
export function parseNow(argv: readonly string[], names: Names): Invocation {
  const { verb: first, tokens, arg } = splitVerb(argv);
  const values: Values = {};
  const given = new Set<string>();
  if (first.id === "help" || first.id === "version") return { verb: first, given, values };
  if (first.rest) return { verb: first, given, values: { words: argv.slice(1) } };
  if (arg !== undefined) values.daemonState = daemonState(arg, first);
  const plain: string[] = [];
  for (let token = tokens.next(); token; token = tokens.next()) {
    if (token.kind === "argument") plain.push(token.text);
    else take(token, first, values, given, names);
  }
  const verb = argv[0]?.startsWith("-K") ? ruleOrZone(first, given) : first;
  takePlain(plain, verb, values);
  checkSchedFlags(values);
  checkOptions(verb, given, values);
  return { verb, given, values };
}

/** The verb is the first option, as with ipvsadm; no arguments at all list the table. */
function splitVerb(argv: readonly string[]): { verb: Verb; tokens: Tokenizer; arg?: string } {
  const tokens = new Tokenizer(argv);
  if (argv.length === 0) return { verb: verbByLong("list")!, tokens };
  const first = firstVerb(tokens);
  if (!first) throw usageHint();
  return { ...first, tokens };
}

/** As Tokenizer.verb: ipvsadm gives no reasons before it has a verb. */
function firstVerb(tokens: Tokenizer): VerbToken | undefined {
  try {
    return tokens.verb();
  } catch (error) {
    if (error instanceof OptionError) return undefined;
    throw error;
  }
}

/** Does a command line, whatever is wrong with it, call for a verb that ipvsadm does not have? */
export function callsOwnVerb(argv: readonly string[]): boolean {
  try {
    const { verb } = splitVerb(argv);
    return isOwnVerb(verb);
  } catch (error) {
    if (error instanceof CliError) return false;
    throw error;
  }
}

/** What -K adds. Throws CliError when its options do not say. */
function ruleOrZone(rule: Verb, given: ReadonlySet<string>): Verb {
  if (given.has("from") !== given.has("zone")) return given.has("zone") ? verbByLong("add-zone")! : rule;
  throw new CliError(
    given.has("zone")
      ? "-K adds a rule (-F PREFIX) or a zone (--zone PREFIX), not both at once"
      : "-K adds a rule or a zone: -F PREFIX or --zone PREFIX is needed",
  );
}

function daemonState(text: string, verb: Verb): "master" | "backup" {
  if (text === "master" || text === "backup") return text;
  throw new CliError(
    verb.id === "start-daemon" ? "illegal start-daemon parameter specified" : "illegal start_daemon specified",
  );
}

function take(
  { option, flag, value }: Extract<Token, { kind: "option" }>,
  verb: Verb,
  values: Values,
  given: Set<string>,
  names: Names,
): void {
  if (given.has(option.name) && !option.anywhere) throw new CliError(`multiple '${option.name}' options specified`);
  if (option.name === "ipv6" && values.fwmark === undefined && !isSnatVerb(verb.id)) {
    throw new CliError("-6 used before -f\n");
  }
  given.add(option.name);
  apply[flag.long]?.(values, value ?? DEFAULT, names);
}

function takePlain(plain: readonly string[], verb: Verb, values: Values): void {
  const wanted = verb.positional?.length ?? 0;
  if (plain.length < wanted) {
    if (verb.id === "set") throw new CliError(`--${verb.long} option requires ${wanted} timeout values`);
    throw new CliError(`You need to supply the file for the '${verb.id}' command: FILE, or - for standard input`);
  }
  if (verb.id === "set") {
    values.timeouts = [parseTimeout(plain[0]!, 0), parseTimeout(plain[1]!, 0), parseTimeout(plain[2]!, 0)];
  } else if (wanted === 1) {
    values.file = plain[0]!;
  }
  if (plain.length > wanted) throw new CliError(`unexpected argument ${plain[wanted]}`);
}

