// SPDX-License-Identifier: GPL-2.0-only
import { CliError } from "../errors.js";
import type { Family } from "../model/address.js";
import { familyName, formatAddress, isUnspecified } from "../model/address.js";
import { formatRange } from "../model/address-range.js";
import type { NextHop } from "../model/next-hop.js";
import { formatNextHop, isLinkLocal } from "../model/next-hop.js";
import { formatPrefix } from "../model/prefix.js";
import type { ServiceKey } from "../model/service.js";
import type { Rule, RuleKey } from "../model/snat-rule.js";
import type { Values } from "./values.js";

export type FwmarkKey = Extract<ServiceKey, { kind: "fwmark" }>;

/** The SNAT service that -f and -6 name. */
export function fwmarkKey(values: Values): FwmarkKey {
  return { kind: "fwmark", family: values.ipv6 ? "ipv6" : "ipv4", fwmark: values.fwmark! };
}

/**
 * The keys of a rule. What matches everything is the same as a key left out:
 * lvs-snat's saved format writes 0.0.0.0 and 0.0.0.0/0 for such keys. The device
 * of -W is the same as that of --oif. Throws CliError when an address is not of
 * the service's family, or when the devices differ.
 */
export function buildRuleKey(values: Values): RuleKey {
  const { family } = fwmarkKey(values);
  const { from, to, gw } = values;
  check(family, "-F", from && formatPrefix(from), from?.address.family);
  check(family, "-T", to && formatPrefix(to), to?.address.family);
  check(family, "-W", gw && formatNextHop(gw.address, gw.device), gw?.address.family);
  const oif = outputDevice(values);
  return {
    from: from!,
    ...(to && to.length > 0 && { to }),
    ...(gw && !isUnspecified(gw.address) && { gw: gw.address }),
    ...(oif !== undefined && { oif }),
  };
}

/** The rule of -K and -k. Throws CliError. */
export function buildRule(values: Values): Rule {
  const key = buildRuleKey(values);
  const { family } = fwmarkKey(values);
  const { pool, newGw } = values;
  check(family, "-U", pool && formatRange(pool), pool?.first.family);
  check(family, "-N", newGw && formatNextHop(newGw.address, newGw.device), newGw?.address.family);
  return {
    key,
    pool: pool!,
    algo: values.algo ?? "sdh",
    ...(newGw && !isUnspecified(newGw.address) && ownNextHop(newGw, key)),
  };
}

function outputDevice({ gw, oif }: Values): string | undefined {
  if (gw?.device === undefined || oif === undefined || gw.device === oif) return oif ?? gw?.device;
  throw new CliError(`-W: \`${formatNextHop(gw.address, gw.device)}' is not on the device of --oif, \`${oif}': a route has one device`);
}

/** A link-local next hop is on the device of --oif if it names none. */
function ownNextHop({ address, device }: NextHop, { oif }: RuleKey): Pick<Rule, "newGw" | "newOif"> {
  const newOif = device ?? (isLinkLocal(address) ? oif : undefined);
  if (newOif !== undefined) return { newGw: address, newOif };
  if (!isLinkLocal(address)) return { newGw: address };
  const text = formatAddress(address);
  throw new CliError(`-N: \`${text}' is link-local and needs its device: -N ${text}%DEVICE, or --oif DEVICE`);
}

function check(family: Family, flag: string, text: string | undefined, actual: Family | undefined): void {
  if (actual === undefined || actual === family) return;
  const advice = family === "ipv4" ? "an IPv6 service is named with -6" : "without -6 it is IPv4";
  throw new CliError(
    `${flag}: \`${text}' is ${familyName(actual)}, but the service is ${familyName(family)}: ${advice}`,
  );
}
