// SPDX-License-Identifier: GPL-2.0-only
import { Help } from "commander";
import { optionGroups, verbGroups } from "./groups.js";
import type { Flag } from "./options.js";
import type { Verb } from "./verbs.js";

const WIDTH = 100;
const TERM_WIDTH = 34;

/** The text of -h: verbs by group, options by what they go with, from the two tables. */
export function helpText(): string {
  const layout = new Help();
  layout.helpWidth = WIDTH;
  const item = (term: string, text: string) => `${layout.formatItem(term, TERM_WIDTH, text, layout)}\n`;
  const sections = [
    "Usage: tsipvsadm VERB [OPTIONS]\n",
    ...verbGroups().map(([group, members]) => `${group}:\n${members.map((verb) => item(verbTerm(verb), verbText(verb))).join("")}`),
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

function verbTerm({ shorts, long, word }: Verb): string {
  const letters = [...shorts].map((letter) => `-${letter}`);
  return [...letters, word ? long : `--${long}`].join(", ");
}

function verbText({ synopsis, help }: Verb): string {
  return synopsis === "" ? help : `${synopsis}\n${help}`;
}

function flagTerm({ short, long, arg, optional }: Flag): string {
  const value = arg === undefined ? "" : optional ? ` [${arg}]` : ` ${arg}`;
  return `${short === undefined ? "    " : `-${short}, `}--${long}${value}`;
}
