// SPDX-License-Identifier: GPL-2.0-only
import { serviceOrder, sortServers } from "../../../src/format/order.js";
import { type IpAddress, parseAddress } from "../../../src/model/address.js";
import type { ServiceKey } from "../../../src/model/service.js";
import { SERVICE_WORDS, serviceWords } from "../../../src/model/key-words.js";

const servers = (...texts: string[]) =>
  sortedServers(texts.map((text) => ({ address: parseAddress(text), port: 80 }))).map((server) => texts.find((text) => parseAddress(text).bytes.join() === server.address.bytes.join()));

function sortedServers<T extends { address: IpAddress; port: number }>(list: readonly T[]): T[] {
  const sorted = [...list];
  sortServers(sorted);
  return sorted;
}

function keys(...list: ServiceKey[]): ServiceKey[] {
  const words = new Int32Array(list.length * SERVICE_WORDS);
  list.forEach((key, number) => serviceWords(key, words, number));
  return serviceOrder(words, list.length).map((number) => list[number]!);
}

const tcp = (text: string, port: number, protocol: "tcp" | "udp" = "tcp"): ServiceKey => ({ kind: "address", protocol, address: parseAddress(text), port });
const mark = (fwmark: number, family: "ipv4" | "ipv6" = "ipv4"): ServiceKey => ({ kind: "fwmark", family, fwmark });

// The orders here are those of C ipvsadm 1.31 on Debian 12.
test("servers are in the order of their addresses, as far as differences fit an int", () => {
  expect(servers("10.9.0.3", "10.9.0.1", "10.9.0.2")).toEqual(["10.9.0.1", "10.9.0.2", "10.9.0.3"]);
  expect(servers("10.1.0.1", "192.168.7.1")).toEqual(["192.168.7.1", "10.1.0.1"]);
  expect(servers("fd00::2", "10.9.0.1", "10.9.0.2")).toEqual(["fd00::2", "10.9.0.1", "10.9.0.2"]);
});

test("where comparisons contradict each other, the order is that of a merge sort", () => {
  const [a, b, c] = ["1.0.0.0", "100.0.0.0", "200.0.0.0"] as const;
  // a < b < c < a
  expect(servers(a, b, c)).toEqual([a, b, c]);
  expect(servers(b, c, a)).toEqual([b, c, a]);
  expect(servers(c, a, b)).toEqual([c, a, b]);
  expect(servers(b, a, c)).toEqual([b, c, a]);
});

test("services are by mark, family, protocol, address and port", () => {
  const sorted = [
    tcp("10.1.0.1", 80), tcp("10.1.0.1", 81), tcp("10.1.0.2", 80), tcp("10.1.0.1", 53, "udp"),
    tcp("fd00::1", 80), mark(1), mark(1, "ipv6"), mark(2),
  ];
  expect(keys(...[...sorted].reverse())).toEqual(sorted);
  expect(keys(tcp("10.1.0.1", 80), mark(4294967295))).toEqual([mark(4294967295), tcp("10.1.0.1", 80)]);
});

test("what is equal stays in its order", () => {
  const list = Array.from({ length: 9 }, (_, at) => ({ address: parseAddress("10.0.0.1"), port: 80, at }));
  expect(sortedServers(list).map(({ at }) => at)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
});
