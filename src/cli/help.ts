// SPDX-License-Identifier: GPL-2.0-only
import { Help } from "commander";
import type { Flag, Option } from "./options.js";
import { options } from "./options.js";
import type { Verb, VerbGroup } from "./verbs.js";
import { isSnatVerb, verbs } from "./verbs.js";

const WIDTH = 100;
const TERM_WIDTH = 34;

/** The text of -h: verbs by group, options by what they go with, from the two tables. */
export function helpText(): string {
  const layout = new Help();
  layout.helpWidth = WIDTH;
  const item = (term: string, text: string) => `${layout.formatItem(term, TERM_WIDTH, text, layout)}\n`;
  const sections = [
    "Usage: tsipvsadm VERB [OPTIONS]\n",
    ...groups().map(([group, members]) => `${group}:\n${members.map((verb) => item(verbTerm(verb), verbText(verb))).join("")}`),
    ...optionGroups().map(
      ([title, members]) => `${title}:\n${members.map(([, flag]) => item(flagTerm(flag), flag.help)).join("")}`,
    ),
    EXAMPLE,
  ];
  return sections.join("\n");
}

const EXAMPLE = `Example, a gateway with two uplinks:
  tsipvsadm -A -f 1 -s snat_sched
  tsipvsadm -K -f 1 -F 192.168.40.0/24 -W 1.1.2.1 --oif eth1 -U 1.1.2.100-1.1.2.110 -O random
  tsipvsadm -K -f 1 -F 192.168.40.0/24 -W 1.1.3.1 --oif eth2 -U 1.1.3.100-1.1.3.110
`;

function groups(): Array<[VerbGroup, Verb[]]> {
  const byGroup = new Map<VerbGroup, Verb[]>();
  for (const verb of verbs) byGroup.set(verb.group, [...(byGroup.get(verb.group) ?? []), verb]);
  return [...byGroup];
}

function verbTerm({ shorts, long }: Verb): string {
  const letters = [...shorts].map((letter) => `-${letter}`);
  return [...letters, `--${long}`].join(", ");
}

function verbText({ synopsis, help }: Verb): string {
  return synopsis === "" ? help : `${synopsis}\n${help}`;
}

function flagTerm({ short, long, arg, optional }: Flag): string {
  const value = arg === undefined ? "" : optional ? ` [${arg}]` : ` ${arg}`;
  return `${short === undefined ? "    " : `-${short}, `}--${long}${value}`;
}

/** Which kind of verb an option goes with first decides where help shows it. */
function optionGroup({ name, need = [], may = [], alone = [] }: Option): string {
  if (name === "service-address" || name === "ipv6") return "Naming a service";
  const first = [...need, ...may, ...alone][0];
  if (name === "numeric" || first === undefined || first === "list") {
    return name === "syncid" ? "Sync daemon options" : "Listing options";
  }
  if (isSnatVerb(first)) return "Source-NAT rule options";
  if (first.endsWith("-daemon")) return "Sync daemon options";
  return first.endsWith("-server") ? "Real server options" : "Service options";
}

function optionGroups(): Array<[string, Array<[Option, Flag]>]> {
  const titles = [
    "Naming a service", "Service options", "Real server options", "Source-NAT rule options",
    "Listing options", "Sync daemon options",
  ];
  const pairs = options.flatMap((option) => option.flags.map((flag): [Option, Flag] => [option, flag]));
  return titles.map((title) => [title, pairs.filter(([option]) => optionGroup(option) === title)]);
}
