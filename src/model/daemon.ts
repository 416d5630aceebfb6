// SPDX-License-Identifier: GPL-2.0-only
import type { IpAddress } from "./address.js";

/** A connection-synchronisation daemon (--start-daemon). */
export interface Daemon {
  readonly state: "master" | "backup";
  readonly mcastInterface: string;
  readonly syncId: number;
  readonly syncMaxlen?: number;
  readonly mcastGroup?: IpAddress;
  readonly mcastPort?: number;
  readonly mcastTtl?: number;
}

/** Timeouts of --set, in seconds. */
export interface Timeouts {
  readonly tcp: number;
  readonly tcpFin: number;
  readonly udp: number;
}
