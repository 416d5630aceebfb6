// SPDX-License-Identifier: GPL-2.0-only
import { CliError } from "../errors.js";
import type { AddressRange, Prefix } from "../model/address.js";
import { familyName } from "../model/address.js";
import { formatRange } from "../model/address-range.js";
import { formatPrefix } from "../model/prefix.js";
import { quote } from "../model/text-error.js";
import type { ServiceKey } from "../model/service.js";
import { requiredKey } from "./build-service.js";
import type { Values } from "./values.js";

/** A new zone, and the one that it goes before. Throws CliError when that is of the other family. */
export function buildZone(values: Values): { zone: Prefix; before?: Prefix } {
  const zone = values.zone!.prefix;
  const before = values.before?.prefix;
  if (before === undefined) return { zone };
  check(zone, "--before", formatPrefix(before), before);
  return { zone, before };
}

/** The addresses of -z. Throws CliError when they are not of the zone's or service's family. */
export function buildLocalAddresses(values: Values): AddressRange {
  const range = values.localAddresses!;
  if (values.zone) check(values.zone.prefix, "-z", formatRange(range), { address: range.first });
  else checkService(requiredKey(values), range);
  return range;
}

function checkService(key: ServiceKey, range: AddressRange): void {
  const family = key.kind === "fwmark" ? key.family : key.address.family;
  if (range.first.family === family) return;
  throw new CliError(
    `-z: ${quote(formatRange(range))} is ${familyName(range.first.family)}, but the service is ${familyName(family)}`,
  );
}

/** What is to be said of networks that were written with bits beyond their length, a line each. */
export function zoneNotices({ zone, before }: Values): string[] {
  const said = [["--zone", zone], ["--before", before]] as const;
  return said.flatMap(([flag, network]) =>
    network?.given === undefined
      ? []
      : [`${flag}: ${quote(network.given)} has bits beyond its length, the zone is ${formatPrefix(network.prefix)}`],
  );
}

function check(zone: Prefix, flag: string, text: string, { address }: Pick<Prefix, "address">): void {
  const { family } = zone.address;
  if (address.family === family) return;
  throw new CliError(
    `${flag}: ${quote(text)} is ${familyName(address.family)}, but the zone ${formatPrefix(zone)} is ${familyName(family)}`,
  );
}
