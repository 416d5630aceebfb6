// SPDX-License-Identifier: GPL-2.0-only
import type { AddressRange, IpAddress, Prefix } from "../model/address.js";
import type { Daemon } from "../model/daemon.js";
import type { NextHop } from "../model/next-hop.js";
import type { ForwardingMethod, Tunnel } from "../model/server.js";
import type { Protocol } from "../model/service.js";
import type { Algorithm } from "../model/snat-rule.js";

/** An address with the port that came with it, if one did. */
export interface HostPort {
  readonly address: IpAddress;
  readonly port?: number;
}

/** The network of a zone. */
export interface Network {
  readonly prefix: Prefix;
  /** How it was written, when that had bits beyond its length. */
  readonly given?: string;
}

/** What the options of one command line said; absent is not said. Numbers are in the options' own units. */
export interface Values {
  protocol?: Protocol;
  virtual?: HostPort;
  fwmark?: number;
  ipv6?: true;
  scheduler?: string;
  persistent?: number;
  /** As in Service. */
  netmask?: IpAddress | number;
  onePacket?: true;
  peName?: string;
  /** Read when the scheduler is known. */
  schedFlags?: string;
  synproxy?: boolean;
  server?: HostPort;
  method?: ForwardingMethod;
  weight?: number;
  upper?: number;
  lower?: number;
  tunnelType?: Tunnel["type"];
  tunnelPort?: number;
  daemonState?: Daemon["state"];
  mcastInterface?: string;
  syncId?: number;
  syncMaxlen?: number;
  mcastGroup?: IpAddress;
  mcastPort?: number;
  mcastTtl?: number;
  timeouts?: readonly [tcp: number, tcpFin: number, udp: number];
  /** Path of a file; - is standard input. */
  file?: string;
  from?: Prefix;
  to?: Prefix;
  gw?: NextHop;
  oif?: string;
  pool?: AddressRange;
  algo?: Algorithm;
  newGw?: NextHop;
  zone?: Network;
  before?: Network;
  localAddresses?: AddressRange;
  /** What follows a verb that has a table of its own. */
  words?: readonly string[];
}
