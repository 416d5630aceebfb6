// SPDX-License-Identifier: GPL-2.0-only
import type { IpAddress } from "../model/address.js";
import type { Server } from "../model/server.js";
import type { Protocol, Service, ServiceKey } from "../model/service.js";

type Compare<T> = (a: T, b: T) => number;

/**
 * The items in ipvsadm's order. It compares by differences that overflow an
 * int, so that its comparisons contradict each other; the order is then that
 * of the C library's qsort, a merge sort that halves from the front.
 */
function merged<T>(items: readonly T[], compare: Compare<T>): readonly T[] {
  if (items.length < 2) return items;
  const half = items.length >> 1;
  const front = merged(items.slice(0, half), compare);
  const back = merged(items.slice(half), compare);
  const result: T[] = [];
  let i = 0;
  let j = 0;
  while (i < front.length && j < back.length) {
    result.push(compare(front[i]!, back[j]!) <= 0 ? front[i++]! : back[j++]!);
  }
  while (i < front.length) result.push(front[i++]!);
  while (j < back.length) result.push(back[j++]!);
  return result;
}

const protocolNumbers: Readonly<Record<Protocol, number>> = { tcp: 6, udp: 17, sctp: 132 };

const word = ({ bytes }: IpAddress, at: number): number =>
  ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);

/** As many words as the first has; an IPv4 address stands in the first of four. */
function compareAddresses(a: IpAddress, b: IpAddress): number {
  for (let at = 0; at < a.bytes.length; at += 4) {
    const difference = (word(a, at) - word(b, at)) | 0;
    if (difference !== 0) return difference;
  }
  return 0;
}

const mark = (key: ServiceKey): number => (key.kind === "fwmark" ? key.fwmark : 0);
const bytesOf = (key: ServiceKey): number =>
  (key.kind === "fwmark" ? key.family : key.address.family) === "ipv6" ? 16 : 4;

/** By mark, family, protocol, address and port. */
function compareKeys(a: ServiceKey, b: ServiceKey): number {
  const difference = ((mark(a) - mark(b)) | 0) || bytesOf(a) - bytesOf(b);
  if (difference !== 0 || a.kind === "fwmark" || b.kind === "fwmark") return difference;
  return (
    protocolNumbers[a.protocol] - protocolNumbers[b.protocol] ||
    compareAddresses(a.address, b.address) ||
    a.port - b.port
  );
}

/** Services in the order of ipvsadm's listing. */
export function sortedServices<T extends Pick<Service, "key">>(services: readonly T[]): readonly T[] {
  return merged(services, (a, b) => compareKeys(a.key, b.key));
}

/** Real servers of a service in the order of ipvsadm's listing. */
export function sortedServers<T extends Pick<Server, "address" | "port">>(servers: readonly T[]): readonly T[] {
  return merged(servers, (a, b) => compareAddresses(a.address, b.address) || a.port - b.port);
}
