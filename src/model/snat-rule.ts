// SPDX-License-Identifier: GPL-2.0-only
import type { AddressRange, IpAddress, Prefix } from "./address.js";
import type { Stats } from "./stats.js";

export type Algorithm = "sdh" | "sh" | "random";

/** What identifies a source-NAT rule within its service. An absent key matches anything. */
export interface RuleKey {
  readonly from: Prefix;
  readonly to?: Prefix;
  readonly gw?: IpAddress;
  readonly oif?: string;
}

/** A source-NAT rule as -K and -k give it. */
export interface Rule {
  readonly key: RuleKey;
  readonly pool: AddressRange;
  readonly algo: Algorithm;
  readonly newGw?: IpAddress;
}

/** A source-NAT rule as the kernel lists it. */
export interface RuleEntry extends Rule {
  readonly stats: Stats;
  readonly active: bigint;
  readonly inactive: bigint;
}
