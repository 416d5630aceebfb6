// SPDX-License-Identifier: GPL-2.0-only
import type { IpAddress } from "./address.js";
import { formatAddress, isUnspecified, parseAddress } from "./address.js";
import { parseDeviceName } from "./snat-rule.js";
import { TextError, quote } from "./text-error.js";

/** A router's address, and the device on whose link it is if that is said. */
export interface NextHop {
  readonly address: IpAddress;
  readonly device?: string;
}

/** ADDRESS or ADDRESS%DEVICE, IPv6 with or without brackets around either. Throws TextError. */
export function parseNextHop(text: string): NextHop {
  const bare = /^\[(.*%.*)\]$/.exec(text)?.[1] ?? text;
  const percent = bare.indexOf("%");
  if (percent < 0) return { address: parseAddress(text) };
  const address = parseAddress(bare.slice(0, percent));
  if (bare !== text && address.family === "ipv4") {
    throw new TextError(`invalid address ${quote(text)}: only IPv6 addresses stand in brackets`);
  }
  if (isUnspecified(address)) {
    throw new TextError(`invalid next hop ${quote(text)}: the unspecified address is on no device`);
  }
  return { address, device: parseDeviceName(bare.slice(percent + 1)) };
}

/** As parseNextHop takes it; `shown` stands for the address, where a name does. */
export function formatNextHop(address: IpAddress, device: string | undefined, shown = formatAddress(address)): string {
  return device === undefined ? shown : `${shown}%${device}`;
}

/** Is this of fe80::/10, which is on every link? */
export function isLinkLocal({ family, bytes }: IpAddress): boolean {
  return family === "ipv6" && bytes[0] === 0xfe && (bytes[1]! & 0xc0) === 0x80;
}
