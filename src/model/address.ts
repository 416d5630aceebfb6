// SPDX-License-Identifier: GPL-2.0-only

/** Address family, named as people write it. */
export type Family = "ipv4" | "ipv6";

/** An IP address: 4 or 16 bytes in network byte order, as its family says. */
export interface IpAddress {
  readonly family: Family;
  readonly bytes: Uint8Array;
}

/** An address prefix; bits beyond the length are zero. */
export interface Prefix {
  readonly address: IpAddress;
  readonly length: number;
}

/** A closed range of addresses of one family, first not above last. */
export interface AddressRange {
  readonly first: IpAddress;
  readonly last: IpAddress;
}
