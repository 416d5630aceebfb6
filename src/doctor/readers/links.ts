// SPDX-License-Identifier: GPL-2.0-only
import type { Host } from "../host.js";
import type { Interval } from "../intervals.js";
import { ofText } from "../intervals.js";
import { list, number, objects, runJson, text } from "./json.js";

/** A network device of this namespace. */
export interface Link {
  readonly name: string;
  readonly index: number;
  /** Bytes of the longest packet. */
  readonly mtu: number;
  /** Set up, and with a carrier. */
  readonly up: boolean;
  /** Set up, and without. */
  readonly carrierLost: boolean;
  /** Each with the prefix it lies in. */
  readonly addresses: ReadonlyArray<{ readonly address: Interval; readonly network: Interval }>;
}

export function readLinks(host: Host): Link[] {
  return objects(runJson(host, "ip", "-j", "address", "show")).map((link) => ({
    name: text(link["ifname"]) ?? "",
    index: number(link["ifindex"]) ?? 0,
    mtu: number(link["mtu"]) ?? 0,
    up: list(link["flags"]).includes("UP") && !list(link["flags"]).includes("NO-CARRIER"),
    carrierLost: list(link["flags"]).includes("UP") && list(link["flags"]).includes("NO-CARRIER"),
    addresses: objects(link["addr_info"]).flatMap((entry) => {
      const family = entry["family"] === "inet" ? "ipv4" : "ipv6";
      const local = text(entry["local"]) ?? "";
      const address = ofText(local, family);
      const network = ofText(`${local}/${number(entry["prefixlen"])}`, family);
      return address && network ? [{ address, network }] : [];
    }),
  }));
}
