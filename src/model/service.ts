// SPDX-License-Identifier: GPL-2.0-only
import type { Family, IpAddress } from "./address.js";
import type { Stats } from "./stats.js";

export type Protocol = "tcp" | "udp" | "sctp";

/** What identifies a virtual service. */
export type ServiceKey =
  | { readonly kind: "address"; readonly protocol: Protocol; readonly address: IpAddress; readonly port: number }
  | { readonly kind: "fwmark"; readonly family: Family; readonly fwmark: number };

/** A virtual service as -A and -E give it. */
export interface Service {
  readonly key: ServiceKey;
  readonly scheduler: string;
  /** Persistence timeout in seconds; absent when the service is not persistent. */
  readonly persistent?: number | undefined;
  /** Persistence mask: IPv4 as 4 bytes in network byte order, IPv6 as a prefix length. */
  readonly netmask?: IpAddress | number | undefined;
  readonly peName?: string | undefined;
  readonly onePacket?: boolean | undefined;
  /** Scheduler flags 1 to 3. */
  readonly schedFlags?: readonly [boolean, boolean, boolean] | undefined;
  /** The director answers the handshakes. */
  readonly synproxy?: boolean | undefined;
}

/** A virtual service as the kernel lists it. */
export interface ServiceEntry extends Service {
  readonly stats: Stats;
}
