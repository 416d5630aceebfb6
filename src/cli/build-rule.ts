// SPDX-License-Identifier: GPL-2.0-only
import { CliError } from "../errors.js";
import type { Family } from "../model/address.js";
import { familyName, formatAddress, isUnspecified } from "../model/address.js";
import { formatRange } from "../model/address-range.js";
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
 * lvs-snat's saved format writes 0.0.0.0 and 0.0.0.0/0 for such keys. Throws
 * CliError when an address is not of the service's family.
 */
export function buildRuleKey(values: Values): RuleKey {
  const { family } = fwmarkKey(values);
  const { from, to, gw, oif } = values;
  check(family, "-F", from && formatPrefix(from), from?.address.family);
  check(family, "-T", to && formatPrefix(to), to?.address.family);
  check(family, "-W", gw && formatAddress(gw), gw?.family);
  return {
    from: from!,
    ...(to && to.length > 0 && { to }),
    ...(gw && !isUnspecified(gw) && { gw }),
    ...(oif !== undefined && { oif }),
  };
}

/** The rule of -K and -k. Throws CliError. */
export function buildRule(values: Values): Rule {
  const key = buildRuleKey(values);
  const { family } = fwmarkKey(values);
  const { pool, newGw } = values;
  check(family, "-U", pool && formatRange(pool), pool?.first.family);
  check(family, "-N", newGw && formatAddress(newGw), newGw?.family);
  return {
    key,
    pool: pool!,
    algo: values.algo ?? "sdh",
    ...(newGw && !isUnspecified(newGw) && { newGw }),
  };
}

function check(family: Family, flag: string, text: string | undefined, actual: Family | undefined): void {
  if (actual === undefined || actual === family) return;
  const advice = family === "ipv4" ? "an IPv6 service is named with -6" : "without -6 it is IPv4";
  throw new CliError(
    `${flag}: \`${text}' is ${familyName(actual)}, but the service is ${familyName(family)}: ${advice}`,
  );
}
