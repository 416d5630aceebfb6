// SPDX-License-Identifier: GPL-2.0-only
import type { AddressRange, IpAddress, Prefix } from "./address.js";
import type { Stats } from "./stats.js";
import { TextError, quote } from "./text-error.js";

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
  /** Device of newGw. */
  readonly newOif?: string;
}

/** A source-NAT rule as the kernel lists it. */
export interface RuleEntry extends Rule {
  readonly stats: Stats;
  readonly active: bigint;
  readonly inactive: bigint;
}

/** The algorithms by name; the first is the default. */
export const algorithms: readonly Algorithm[] = ["sdh", "sh", "random"];

/** Throws TextError. */
export function parseAlgorithm(text: string): Algorithm {
  const found = algorithms.find((name) => name === text);
  if (found) return found;
  throw new TextError(`unknown algorithm ${quote(text)}: one of ${algorithms.join(", ")} is needed`);
}

/** Longest device name; the constant oif-name-max of kernel/netlink/ip_vs_fnat.yaml. */
export const DEVICE_NAME_MAX = 15;

/** A network device's name, as the kernel's dev_valid_name wants it. Throws TextError. */
export function parseDeviceName(text: string): string {
  const invalid = `invalid device name ${quote(text)}`;
  if (Buffer.byteLength(text) > DEVICE_NAME_MAX) {
    throw new TextError(`${invalid}: at most ${DEVICE_NAME_MAX} bytes are allowed`);
  }
  if (text === "" || text === "." || text === ".." || /[\s/:]/.test(text)) {
    throw new TextError(`${invalid}: it can't be empty, . or .., nor have blanks, slashes or colons`);
  }
  return text;
}
