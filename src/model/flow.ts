// SPDX-License-Identifier: GPL-2.0-only
import type { IpAddress } from "./address.js";

/** One translated flow as the kernel lists it. Ports are in host order; an ICMP echo id stands for a port. */
export interface Flow {
  readonly protocol: "TCP" | "UDP" | "ICMP" | "ICMPv6";
  /** IPVS's name of the state, such as ESTABLISHED, SYN_RECV, UDP or ICMP. */
  readonly state: string;
  readonly client: IpAddress;
  readonly clientPort: number;
  readonly local: IpAddress;
  readonly localPort: number;
  readonly remote: IpAddress;
  readonly remotePort: number;
  /** Milliseconds until the flow ends if no packet comes. */
  readonly expires: number;
  /** The SNAT service's mark; absent when a zone opened the flow. */
  readonly fwmark?: number | undefined;
}

/** One connection of /proc/net/ip_vs_conn. */
export interface Connection {
  readonly protocol: string;
  readonly client: IpAddress;
  readonly clientPort: number;
  /** The virtual address; for a firewall-mark template, the kernel puts the mark here. */
  readonly virtual: IpAddress;
  readonly virtualPort: number;
  readonly server: IpAddress;
  readonly serverPort: number;
  readonly state: string;
  /** Seconds. */
  readonly expires: number;
  readonly peName?: string | undefined;
  readonly peData?: string | undefined;
  /** What a FULLNAT connection's packets leave with. */
  readonly local?: IpAddress | undefined;
  readonly localPort?: number | undefined;
}
