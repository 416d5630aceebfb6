// SPDX-License-Identifier: GPL-2.0-only
// What the codecs of both families share.
import type { Family, IpAddress } from "../model/address.js";
import type { Stats } from "../model/stats.js";
import { LITTLE_ENDIAN, malformed } from "../netlink/index.js";

const AF_INET = 2;
const AF_INET6 = 10;

export const familyNumber = (family: Family): number => (family === "ipv4" ? AF_INET : AF_INET6);

export function familyOf(number: number): Family {
  if (number === AF_INET) return "ipv4";
  if (number === AF_INET6) return "ipv6";
  throw malformed(`address family ${number}`);
}

/** `value`, which the kernel always sends; throws EBADMSG when it did not. */
export function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw malformed(`no ${what}`);
  return value;
}

/** The address at the start of `bytes`, which may be a 16-byte union. */
export function readAddress(family: Family, bytes: Uint8Array): IpAddress {
  const length = family === "ipv4" ? 4 : 16;
  if (bytes.length < length) throw malformed(`an ${family} address of ${bytes.length} bytes`);
  return { family, bytes: bytes.subarray(0, length) };
}

/** Bytes of the union in which IPVS takes an address of either family. */
export const UNION_LENGTH = 16;

/** Four bytes as the host's u32 and back: how the kernel passes what it calls __be32. */
export const rawU32 = (bytes: Uint8Array): number =>
  new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, LITTLE_ENDIAN);

export function rawBytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, LITTLE_ENDIAN);
  return bytes;
}

/** The key of `table` whose value is `number`; throws EBADMSG when there is none. */
export function nameOf<Name extends string>(
  table: Readonly<Record<Name, number>>,
  number: number,
  what: string,
): Name {
  for (const name in table) if (table[name] === number) return name;
  throw malformed(`${what} ${number}`);
}

type StatsValues = { readonly [Name in keyof Stats]?: bigint | undefined };

/** Counters of either family; those that an older kernel lacks are 0. */
export function readStats(values: StatsValues | undefined): Stats {
  return {
    conns: values?.conns ?? 0n,
    inPkts: values?.inPkts ?? 0n,
    outPkts: values?.outPkts ?? 0n,
    inBytes: values?.inBytes ?? 0n,
    outBytes: values?.outBytes ?? 0n,
    cps: values?.cps ?? 0n,
    inPps: values?.inPps ?? 0n,
    outPps: values?.outPps ?? 0n,
    inBps: values?.inBps ?? 0n,
    outBps: values?.outBps ?? 0n,
  };
}
