// SPDX-License-Identifier: GPL-2.0-only
// What the codecs of both families share.
import type { Family, IpAddress } from "../model/address.js";
import { NO_STATS, type Stats } from "../model/stats.js";
import { type Attribute, AttributeIndex, LITTLE_ENDIAN, malformed } from "../netlink/index.js";
import { statsAttributes } from "./abi/ipvs.js";

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

/** Where an address is read into, the next one of its family over it. */
export class AddressPlace {
  #ipv4: IpAddress | undefined;
  #ipv6: IpAddress | undefined;

  /** The address from `start` of `source`, which may be a 16-byte union and ends before `end`. Throws EBADMSG. */
  read(family: Family, source: Uint8Array, start: number, end: number): IpAddress {
    const address = this.of(family);
    const { bytes } = address;
    if (end - start < bytes.length) throw malformed(`an ${family} address of ${end - start} bytes`);
    for (let i = 0; i < bytes.length; i++) bytes[i] = source[start + i]!;
    return address;
  }

  /** The address that those of a family are read into. */
  of(family: Family): IpAddress {
    if (family === "ipv4") return (this.#ipv4 ??= { family, bytes: new Uint8Array(4) });
    return (this.#ipv6 ??= { family, bytes: new Uint8Array(16) });
  }
}

/** Counters of IPVS's own family. */
const statsIndex = new AttributeIndex(statsAttributes, "of counters");

/** The counters in the attribute `nest` of what `index` has read; those that an older kernel lacks are 0. */
export function statsOf(index: AttributeIndex, nest: Attribute, source: Uint8Array): Stats {
  if (!index.has(nest)) return NO_STATS;
  statsIndex.read(source, index.start(nest), index.end(nest));
  const read = (attribute: Attribute): bigint => (statsIndex.has(attribute) ? statsIndex.bigint(attribute) : 0n);
  return {
    conns: read(statsAttributes.conns),
    inPkts: read(statsAttributes.inPkts),
    outPkts: read(statsAttributes.outPkts),
    inBytes: read(statsAttributes.inBytes),
    outBytes: read(statsAttributes.outBytes),
    cps: read(statsAttributes.cps),
    inPps: read(statsAttributes.inPps),
    outPps: read(statsAttributes.outPps),
    inBps: read(statsAttributes.inBps),
    outBps: read(statsAttributes.outBps),
  };
}

/** "drop-no-rule" for dropNoRule: the spec's name of a counter. */
export const specName = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
