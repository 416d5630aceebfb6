// SPDX-License-Identifier: GPL-2.0-only
import type { IpAddress } from "./address.js";
import type { Stats } from "./stats.js";

/** Forwarding method: -m, (local), -i, -g, (cache bypass), -b. */
export type ForwardingMethod = "masq" | "local" | "tunnel" | "route" | "bypass" | "fullnat";

/** How tunnelled packets are wrapped (--tun-type and its companions). */
export interface Tunnel {
  readonly type: "ipip" | "gue" | "gre";
  readonly port?: number;
  readonly checksum?: "nocsum" | "csum" | "remcsum";
}

/** A real server as -a and -e give it. */
export interface Server {
  readonly address: IpAddress;
  readonly port: number;
  readonly method: ForwardingMethod;
  readonly weight: number;
  /** Upper and lower connection thresholds; 0 is none. */
  readonly upper: number;
  readonly lower: number;
  readonly tunnel?: Tunnel | undefined;
}

/** A real server as the kernel lists it. */
export interface ServerEntry extends Server {
  readonly active: number;
  readonly inactive: number;
  readonly persistent: number;
  readonly stats: Stats;
}
