// SPDX-License-Identifier: GPL-2.0-only
import type { Family } from "../../model/address.js";
import type { Host } from "../host.js";
import type { Interval } from "../intervals.js";
import { readIptables } from "./iptables.js";
import { readNftables } from "./nftables.js";

/** What a rule of the packet filter does that concerns flows and their connections. */
export type PacketRuleKind =
  /** Rewrites the source behind the routing. */
  | "source-nat"
  /** Goes by the tracked connection of what is forwarded: its state, its mark, how many there are. */
  | "by-connection"
  /** Decides by the state of the tracked connection, behind the routing. */
  | "state-behind";

export interface PacketRule {
  readonly kind: PacketRuleKind;
  readonly tool: "iptables" | "nftables";
  /** As its program shows it. */
  readonly shown: string;
  /** The command that deletes it. */
  readonly remove: string;
  /** Absent when it is for both. */
  readonly family?: Family;
  /** Source and destination addresses that it asks for; all when absent. */
  readonly sources?: readonly Interval[];
  readonly destinations?: readonly Interval[];
  /** The one device that it asks packets to come from. */
  readonly input?: string;
}

/** Of iptables, both kinds, and of nftables; undefined when none of the programs answers. */
export function readNetfilter(host: Host): PacketRule[] | undefined {
  const iptables = readIptables(host);
  const nftables = readNftables(host, iptables !== undefined);
  return iptables || nftables ? [...(iptables ?? []), ...(nftables ?? [])] : undefined;
}
