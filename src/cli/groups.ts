// SPDX-License-Identifier: GPL-2.0-only
import type { Flag, Option } from "./options.js";
import { options } from "./options.js";
import type { Verb, VerbGroup } from "./verbs.js";
import { isSnatVerb, isZoneVerb, verbs } from "./verbs.js";

/** The verbs by group, in the table's order. */
export function verbGroups(): Array<[VerbGroup, Verb[]]> {
  const byGroup = new Map<VerbGroup, Verb[]>();
  for (const verb of verbs) byGroup.set(verb.group, [...(byGroup.get(verb.group) ?? []), verb]);
  return [...byGroup];
}

/** Which kind of verb an option goes with first decides where help shows it. */
function optionGroup({ name, need = [], may = [], alone = [] }: Option): string {
  if (name === "service-address" || name === "ipv6") return "Naming a service";
  const first = [...need, ...may, ...alone][0];
  if (name === "numeric" || first === undefined || first === "list") {
    return name === "syncid" ? "Sync daemon options" : "Listing options";
  }
  if (isSnatVerb(first)) return "Source-NAT rule options";
  if (isZoneVerb(first)) return "Zone and local address options";
  if (first === "restore" || first === "apply") return "Whole-table options";
  if (first === "doctor") return "Options of doctor";
  if (first.endsWith("-daemon")) return "Sync daemon options";
  return first.endsWith("-server") ? "Real server options" : "Service options";
}

/** Every way to write an option, under the title of what it goes with. */
export function optionGroups(): Array<[string, Array<[Option, Flag]>]> {
  const titles = [
    "Naming a service", "Service options", "Real server options", "Source-NAT rule options", "Zone and local address options",
    "Listing options", "Whole-table options", "Sync daemon options", "Options of doctor",
  ];
  const pairs = options.flatMap((option) => option.flags.map((flag): [Option, Flag] => [option, flag]));
  return titles.map((title) => [title, pairs.filter(([option]) => optionGroup(option) === title)]);
}
