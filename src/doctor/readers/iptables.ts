// SPDX-License-Identifier: GPL-2.0-only
import type { Family } from "../../model/address.js";
import type { Host } from "../host.js";
import { shellLine } from "../host.js";
import type { Interval } from "../intervals.js";
import { ofText } from "../intervals.js";
import type { PacketRule, PacketRuleKind } from "./netfilter.js";

const programs: ReadonlyArray<readonly [save: string, change: string, family: Family]> = [
  ["iptables-save", "iptables", "ipv4"],
  ["ip6tables-save", "ip6tables", "ipv6"],
];

/** Rules that both kinds of iptables know; undefined when it is not installed. */
export function readIptables(host: Host): PacketRule[] | undefined {
  let answered = false;
  const rules = programs.flatMap(([save, change, family]) => {
    const text = host.run(save);
    if (text === undefined) return [];
    answered = true;
    const legacy = host.read(`/proc/net/${family === "ipv4" ? "ip" : "ip6"}_tables_names`) ? host.run(save.replace("tables", "tables-legacy")) : undefined;
    const found = parseSaved(text, change, family);
    // Where iptables is the legacy program, both say the same.
    if (legacy === undefined || legacy === text) return found;
    const known = new Set(found.map(({ shown }) => shown));
    return [...found, ...parseSaved(legacy, change.replace("tables", "tables-legacy"), family).filter(({ shown }) => !known.has(shown))];
  });
  return answered ? rules : undefined;
}

function parseSaved(text: string, program: string, family: Family): PacketRule[] {
  let table = "";
  return text.split("\n").flatMap((line) => {
    if (line.startsWith("*")) table = line.slice(1);
    if (!line.startsWith("-A ")) return [];
    const words = splitWords(line);
    const kind = kindOf(table, words);
    if (kind === undefined) return [];
    const command = shellLine(program, "-t", table, "-D", ...words.slice(1));
    return [{ kind, tool: "iptables" as const, shown: `-t ${table} ${line}`, remove: command, family, ...matches(words, family) }];
  });
}

/** Words of a saved line, of which some stand in quotes with backslashes in them. */
function splitWords(line: string): string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, plain]) => plain ?? quoted!.replace(/\\(.)/g, "$1"));
}

/** Matches that ask for a packet's tracked connection. */
const BY_CONNECTION = ["conntrack", "state", "connmark", "connlimit", "connbytes", "helper"];

function kindOf(table: string, words: readonly string[]): PacketRuleKind | undefined {
  const chain = words[1] ?? "";
  const target = after(words, "-j");
  if (target === "MASQUERADE" || target === "SNAT" || target === "NETMAP" && chain === "POSTROUTING") return "source-nat";
  if (chain === "POSTROUTING" && table !== "nat" && (words.includes("--ctstate") || words.includes("--state"))) return "state-behind";
  // A chain of another name may be called from anywhere.
  if (["POSTROUTING", "OUTPUT", "INPUT"].includes(chain)) return undefined;
  const matches = words.filter((_, at) => words[at - 1] === "-m");
  return target === "CONNMARK" || matches.some((name) => BY_CONNECTION.includes(name)) ? "by-connection" : undefined;
}

const after = (words: readonly string[], option: string): string | undefined => {
  const at = words.indexOf(option);
  return at < 0 ? undefined : words[at + 1];
};

/** What the rule asks for, but for what it asks not to be. */
function matches(words: readonly string[], family: Family): Pick<PacketRule, "sources" | "destinations" | "input"> {
  const plain = (option: string) => (words[words.indexOf(option) - 1] === "!" ? undefined : after(words, option));
  const interval = (option: string): Interval[] | undefined => {
    const text = plain(option);
    const found = text === undefined ? undefined : ofText(text, family);
    return found && [found];
  };
  const sources = interval("-s");
  const destinations = interval("-d");
  const input = plain("-i");
  return { ...(sources && { sources }), ...(destinations && { destinations }), ...(input !== undefined && { input }) };
}
