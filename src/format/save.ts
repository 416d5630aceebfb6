// SPDX-License-Identifier: GPL-2.0-only
import { ruleArguments, serverArguments, serviceArguments, serviceKeyArguments } from "./arguments.js";
import type { IpAddress } from "../model/address.js";
import { formatRange } from "../model/address-range.js";
import { ranges } from "../model/local-address.js";
import { formatPrefix } from "../model/prefix.js";
import type { ZoneEntry } from "../model/zone.js";
import type { TableEntry } from "./entries.js";
import type { Namer } from "./names.js";

/** The lines that -R turns into the same service, local addresses, servers and rules again. */
export function saveText({ service, servers, rules }: TableEntry, addresses: readonly IpAddress[], namer: Namer): string {
  return [
    `-A ${serviceArguments(service, namer)}\n`,
    // Ahead of the servers, which have no traffic without them.
    ...ranges(addresses).map((range) => `-P ${serviceKeyArguments(service.key, namer)} -z ${formatRange(range)}\n`),
    // ipvsadm leaves thresholds out of its saved table; a table that loses them is no use.
    ...servers.map((server) => `-a ${serverArguments(service.key, server, namer)}\n`),
    ...rules.map((rule) => `-K ${ruleArguments(service.key, rule, namer)}\n`),
  ].join("");
}

/** The lines that make the zone and give it its addresses, in the same order. */
export function saveZone({ network, addresses }: ZoneEntry): string {
  const zone = `--zone ${formatPrefix(network)}`;
  const runs = ranges(addresses.map(({ address }) => address));
  return [`-K ${zone}\n`, ...runs.map((range) => `-P ${zone} -z ${formatRange(range)}\n`)].join("");
}
