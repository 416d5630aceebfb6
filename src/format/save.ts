// SPDX-License-Identifier: GPL-2.0-only
import { ruleArguments, serverArguments, serviceArguments } from "./arguments.js";
import type { TableEntry } from "./entries.js";
import type { Namer } from "./names.js";

/** The lines that -R turns into the same service, servers and rules again. */
export function saveText({ service, servers, rules }: TableEntry, namer: Namer): string {
  return [
    `-A ${serviceArguments(service, namer)}\n`,
    // ipvsadm leaves thresholds out of its saved table; a table that loses them is no use.
    ...servers.map((server) => `-a ${serverArguments(service.key, server, namer)}\n`),
    ...rules.map((rule) => `-K ${ruleArguments(service.key, rule, namer)}\n`),
  ].join("");
}
