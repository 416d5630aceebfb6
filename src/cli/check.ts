// SPDX-License-Identifier: GPL-2.0-only
import { CliError } from "../errors.js";
import type { Option } from "./options.js";
import { isLegal, options } from "./options.js";
import type { Values } from "./values.js";
import type { Verb, VerbId } from "./verbs.js";
import { isLaddrVerb, isSnatVerb, isZoneVerb } from "./verbs.js";

/** The options that a verb needs, those it may have, and those of which it may have only one. */
interface Legality {
  readonly need: readonly string[];
  readonly legal: ReadonlySet<string>;
  readonly alone: ReadonlySet<string>;
}

const legalities = new Map<VerbId, Legality>();

function legalityOf(verb: VerbId): Legality {
  const known = legalities.get(verb);
  if (known) return known;
  const names = (list: readonly Option[]) => list.map(({ name }) => name);
  const legality = {
    need: names(options.filter(({ need }) => need?.includes(verb))),
    legal: new Set(names(options.filter((option) => isLegal(option, verb)))),
    alone: new Set(names(options.filter(({ alone }) => alone?.includes(verb)))),
  };
  legalities.set(verb, legality);
  return legality;
}

/** Is there nothing that refuse() would find? */
function isInOrder(verb: VerbId, given: ReadonlySet<string>): boolean {
  const { need, legal, alone } = legalityOf(verb);
  let lonely = 0;
  for (const name of given) {
    if (!legal.has(name)) return false;
    if (alone.has(name)) lonely++;
  }
  return lonely < 2 && need.every((name) => given.has(name));
}

/** Throws what is wrong with the first option, by the table's order, with which something is. */
function refuse(verb: Verb, given: ReadonlySet<string>): void {
  let only: Option | undefined;
  for (const option of options) {
    if (!given.has(option.name)) {
      if (option.need?.includes(verb.id)) throw missing(option, verb);
      continue;
    }
    if (!isLegal(option, verb.id)) {
      throw new CliError(`Illegal '${option.name}' option with the '${verb.id}' command`);
    }
    if (!option.alone?.includes(verb.id)) continue;
    if (only) {
      throw new CliError(
        `The option '${option.name}' conflicts with the '${only.name}' option in the '${verb.id}' command`,
      );
    }
    only = option;
  }
}

/** Are all options there that the verb needs, and none that it can't have? Throws CliError. */
export function checkOptions(verb: Verb, given: ReadonlySet<string>, values: Values): void {
  if (!isInOrder(verb.id, given)) refuse(verb, given);
  if (isLaddrVerb(verb.id) && verb.id !== "get-laddr" && !given.has("zone") && !given.has("service-address")) {
    throw new CliError(
      `You need to supply the 'service-address' or the 'zone' option for the '${verb.id}' command: -t HOST:PORT or --zone PREFIX`,
    );
  }
  if (verb.id === "list") checkList(given);
  if (isSnatVerb(verb.id) && values.fwmark === undefined) {
    throw new CliError(`The '${verb.id}' command needs a firewall-mark service: -f MARK`);
  }
}

function missing(option: Option, verb: Verb): CliError {
  const text = `You need to supply the '${option.name}' option for the '${verb.id}' command`;
  if (!isSnatVerb(verb.id) && !isZoneVerb(verb.id)) return new CliError(text);
  const flag = option.flags.find(({ long }) => option.name !== "service-address" || long === "fwmark-service")!;
  return new CliError(`${text}: ${flag.short === undefined ? `--${flag.long}` : `-${flag.short}`} ${flag.arg}`);
}

/** Listings of their own kind take no options of the service listing. */
function checkList(given: ReadonlySet<string>): void {
  const any = (...names: string[]) => names.some((name) => given.has(name));
  if (
    (any("connection", "timeout", "daemon", "ext-stats") && any("stats", "rate", "thresholds")) ||
    (any("timeout", "daemon", "ext-stats") && any("persistent-conn"))
  ) {
    throw new CliError("options conflicts in the list command");
  }
}
