// SPDX-License-Identifier: GPL-2.0-only
import type { Random } from "../helpers/random.js";
import type { BaseName } from "./bases.js";
import type { Case } from "./case.js";
import type { OptionForm, VerbForm } from "./grammar.js";
import { goodServers, goodServices, optionForms, optionNamed, verbForms } from "./grammar.js";

/** Put an option the way popt lets it be put; short options are sometimes bundled by `bundle`. */
function spell(option: OptionForm, value: string | undefined, random: Random): string[] {
  const { long, short } = option;
  if (option.good === undefined) return [short !== undefined && random.below(3) > 0 ? short : long];
  if (value === undefined) return [random.below(2) === 0 && short !== undefined ? short : long];
  switch (short === undefined ? 1 + random.below(2) : random.below(6)) {
    case 1:
      return [long, value];
    case 2:
      return [`${long}=${value}`];
    case 3:
      return value === "" ? [short!, value] : [`${short}${value}`];
    case 4:
      return [`${short}=${value}`];
    default:
      return [short!, value];
  }
}

function good(option: OptionForm, random: Random): string[] {
  if (option.good === undefined) return spell(option, undefined, random);
  if (option.optional && random.below(3) === 0) return spell(option, undefined, random);
  return spell(option, random.pick(option.good), random);
}

const isService = (name: string): boolean => name.endsWith("-service");
const needsDaemonBase = (verb: VerbForm): boolean => verb.name.endsWith("-daemon");

/** The options without which the verb is not accepted, but for those that are under test. */
function context(verb: VerbForm, tested: readonly OptionForm[], random: Random): string[] {
  const words: string[] = [];
  if (verb.context.includes("service") && !tested.some(({ name }) => isService(name) || name === "ipv6")) {
    words.push(...random.pick(goodServices));
  }
  if (verb.context.includes("server") && !tested.some(({ name }) => name === "real-server")) {
    words.push("-r", random.pick(goodServers));
  }
  return words;
}

const base = (verb: VerbForm, random: Random): BaseName =>
  needsDaemonBase(verb) ? (random.below(2) === 0 ? "daemons" : "empty") : "web";

/** Every verb alone, with each option, and with each two of them, with what else it needs and without. */
export function pairs(random: Random): Case[] {
  const cases: Case[] = [];
  for (const verb of verbForms) {
    const group = `pairs ${verb.name}`;
    const add = (...tested: OptionForm[]) => {
      const options = tested.flatMap((option) => good(option, random));
      const before = random.below(3) > 0;
      const rest = context(verb, tested, random);
      const argv = [...random.pick(verb.spellings), ...(before ? rest : []), ...options, ...(before ? [] : rest)];
      cases.push({ group, base: base(verb, random), argv, stdin: "" });
    };
    for (const spelling of verb.spellings) cases.push({ group, base: base(verb, random), argv: spelling, stdin: "" });
    for (const [index, one] of optionForms.entries()) {
      add(one);
      cases.push({ group, base: base(verb, random), argv: [...random.pick(verb.spellings), ...good(one, random)], stdin: "" });
      for (const other of optionForms.slice(index)) add(...(random.below(2) === 0 ? [one, other] : [other, one]));
    }
  }
  return cases;
}

/** Verbs that take each option, so that its argument is looked at. */
function takers(option: OptionForm): readonly string[] {
  if (isService(option.name)) return ["add-service", "edit-service", "delete-service", "add-server", "delete-server", "list", "zero"];
  if (option.name === "real-server") return ["add-server", "edit-server", "delete-server"];
  if (["weight", "u-threshold", "l-threshold", "tun-type", "tun-port"].includes(option.name)) return ["add-server", "edit-server"];
  if (option.name === "syncid") return ["start-daemon", "stop-daemon", "list"];
  if (option.name.startsWith("mcast-") || option.name === "sync-maxlen") return ["start-daemon"];
  return ["add-service", "edit-service"];
}

/** Every odd argument of every option, put in every way. */
export function oddArguments(random: Random): Case[] {
  const cases: Case[] = [];
  for (const option of optionForms) {
    for (const name of takers(option)) {
      const verb = verbForms.find((form) => form.name === name)!;
      for (const value of option.odd ?? []) {
        const rest = context(verb, [option], random);
        if (option.name === "tun-port") rest.push("-i", "--tun-type", "gue");
        if (name === "start-daemon" && option.name !== "mcast-interface") rest.push("--mcast-interface", "mc0");
        const words = spell(option, value, random);
        const argv = [...random.pick(verb.spellings), ...(random.below(4) === 0 ? [...words, ...rest] : [...rest, ...words])];
        cases.push({ group: `arguments ${option.name}`, base: needsDaemonBase(verb) ? "empty" : "web", argv });
      }
    }
  }
  for (const value of ["0", "1", "2678400", "2678401", "-1", "", " 5", "5x", "0x5", "+5", "900"]) {
    for (const at of [0, 1, 2]) {
      const three = ["0", "0", "0"].map((zero, i) => (i === at ? value : zero));
      cases.push({ group: "arguments set", base: "web", argv: ["--set", ...three] });
      cases.push({ group: "arguments set", base: "web", argv: ["--set", "--", ...three] });
    }
  }
  return cases;
}

const legal: Readonly<Record<string, readonly string[]>> = {
  "add-service": ["scheduler", "persistent", "netmask", "ops", "pe", "sched-flags"],
  "edit-service": ["scheduler", "persistent", "netmask", "ops", "pe", "sched-flags"],
  "add-server": ["gatewaying", "ipip", "masquerading", "weight", "u-threshold", "l-threshold", "tun-type", "tun-port", "tun-nocsum", "tun-csum", "tun-remcsum"],
  "edit-server": ["gatewaying", "ipip", "masquerading", "weight", "u-threshold", "l-threshold", "tun-type", "tun-port", "tun-nocsum", "tun-csum", "tun-remcsum"],
  list: ["stats", "rate", "exact", "thresholds", "persistent-conn", "tun-info", "nosort", "sort", "numeric", "connection", "timeout", "daemon", "syncid"],
  save: ["numeric", "sort"],
  "start-daemon": ["syncid", "sync-maxlen", "mcast-interface", "mcast-group", "mcast-port", "mcast-ttl"],
  "stop-daemon": ["syncid"],
};

const shuffled = <T>(items: readonly T[], random: Random): T[] => {
  const rest = [...items];
  const result: T[] = [];
  while (rest.length > 0) result.push(...rest.splice(random.below(rest.length), 1));
  return result;
};

/** Words with short options that take nothing joined to what stands behind them. */
function bundled(words: readonly string[], random: Random): string[] {
  const result: string[] = [];
  for (const word of words) {
    const last = result.at(-1);
    const joins = /^-[6ogimcnXALlSCZRaedED]+$/.test(last ?? "") && /^-[^-]/.test(word) && random.below(3) === 0;
    if (joins) result[result.length - 1] = last + word.slice(1);
    else result.push(word);
  }
  return result;
}

/** A line of legal options in any order and spelling. */
export function line(random: Random): string[] {
  const verb = random.pick(verbForms.filter(({ name }) => name !== "restore"));
  const options = shuffled(legal[verb.name] ?? [], random).slice(0, random.below(5));
  const parts = options.map((name) => good(optionNamed(name), random));
  if (verb.context.includes("service") || (["list", "zero"].includes(verb.name) && random.below(3) === 0)) {
    const service = random.below(4) === 0 ? randomService(random) : [...random.pick(goodServices)];
    parts.push(service);
  }
  if (verb.context.includes("server")) parts.push(spell(optionNamed("real-server"), random.pick(goodServers), random));
  const words = [...random.pick(verb.spellings), ...(random.below(4) === 0 ? shuffled(parts, random) : [...parts].reverse()).flat()];
  return bundled(words, random);
}

function randomService(random: Random): string[] {
  const option = random.pick(optionForms.filter(({ name }) => isService(name)));
  const words = spell(option, random.pick(random.below(2) === 0 ? option.good! : option.odd!), random);
  return option.name === "fwmark-service" && random.below(3) === 0 ? [...words, "-6"] : words;
}

const strays = ["", "-", "--", "---", "extra", "-q", "--nosuch", "--list=x", "-A", "-L", "--set", "--help", "-h", "--version", "=", "--weight", "-w", "-t", "--=x", "-=", "\n", "--sor"];

/** A legal line with something done to it. */
export function mutated(random: Random): string[] {
  const words = line(random);
  const at = random.below(words.length + 1);
  switch (random.below(6)) {
    case 0:
      words.splice(at, 1);
      break;
    case 1:
      words.splice(at, 0, random.pick(strays));
      break;
    case 2:
      words.splice(at, 0, words[random.below(words.length)]!);
      break;
    case 3:
      return shuffled(words, random);
    case 4:
      words.splice(random.below(words.length), 1, random.pick(strays));
      break;
    default: {
      const index = random.below(words.length);
      const word = words[index]!;
      words[index] = word.slice(0, random.below(word.length + 1)) + random.pick(["", "", "=", "x", "-", " ", "0"]) + word.slice(random.below(word.length + 1));
    }
  }
  return words;
}

const anyBase = (random: Random): BaseName => random.pick(["web", "web", "web", "empty", "many", "daemons"]);

/**
 * Standard input for -R: lines good and bad, with all that a text file can
 * have between them. One line about daemons at most: the kernel does not
 * answer who stops a daemon that has not run yet.
 */
export function file(random: Random): string {
  const lines: string[] = [];
  for (let count = 1 + random.below(8); count > 0; count--) {
    const words = random.below(5) === 0 ? mutated(random) : line(random);
    if (words.some((word) => word.includes("daemon")) && lines.some((text) => text.includes("daemon"))) continue;
    const gap = random.pick([" ", " ", " ", "  ", "\t", " \t "]);
    const text = words.filter((word) => word !== "" && !/[\s\u00a0]/.test(word)).join(gap);
    lines.push(random.pick(["", "", "", " ", "ipvsadm "]) + text + random.pick(["", "", "", " "]));
    if (random.below(6) === 0) lines.push(random.pick(["", " ", "\t", "\r", "ipvsadm"]));
  }
  return lines.join(random.pick(["\n", "\n", "\r\n"])) + random.pick(["\n", "\n", ""]);
}

export function lines(random: Random, count: number): Case[] {
  return Array.from({ length: count }, () => ({ group: "lines", base: anyBase(random), argv: line(random), stdin: "" }));
}

export function mutants(random: Random, count: number): Case[] {
  return Array.from({ length: count }, () => ({ group: "mutants", base: anyBase(random), argv: mutated(random), stdin: "" }));
}

export function files(random: Random, count: number): Case[] {
  return Array.from({ length: count }, () => ({ group: "files", base: anyBase(random), argv: ["-R"], stdin: file(random) }));
}
