// SPDX-License-Identifier: GPL-2.0-only
import type { ZoneEntry } from "../../../src/model/zone.js";
import { parseRange } from "../../../src/model/address-range.js";
import { addressesOf } from "../../../src/model/local-address.js";
import { parsePrefix } from "../../../src/model/prefix.js";
import { zoneChanges } from "../../../src/plan/zone-difference.js";
import { ZoneTable, zoneChangeText } from "../../../src/plan/zones.js";

/** "10.1.0.0/16 1.1.1.1-1.1.1.3": a zone and its addresses. */
function entry(text: string): ZoneEntry {
  const [zone, ...ranges] = text.split(" ");
  const addresses = ranges.flatMap((range) => addressesOf(parseRange(range)));
  return {
    network: parsePrefix(zone!),
    addresses: addresses.map((address) => ({ address, flows: 0, conflicts: 0n, used: 0, free: 0 })),
  };
}

const table = (...zones: string[]) => ZoneTable.of(zones.map(entry));
const changes = (now: ZoneTable, then: ZoneTable, loose: string[] = []) => zoneChanges(now, then, new Set(loose)).map(zoneChangeText);
const order = (zones: ZoneTable) => [...zones.list("ipv4"), ...zones.list("ipv6")].map(({ network, addresses }) => [network, [...addresses.keys()].sort()]);

const A = "10.1.0.0/16 1.1.1.1-1.1.1.3";
const B = "10.2.0.0/16 1.1.1.4";
const C = "10.3.0.0/16";
const D = "0.0.0.0/0 1.1.1.9";

test("what is equal is left alone, whoever's turn it is", () => {
  expect(changes(table(A, B, D, "::/0 ::1"), table("10.1.0.0/16 1.1.1.2-1.1.1.3 1.1.1.1", B, D, "::/0 ::1"))).toEqual([]);
});

test("a new zone goes before the next that stays, or to the end", () => {
  expect(changes(table(B, D), table(A, B, C, D))).toEqual([
    "-K --zone 10.1.0.0/16 --before 10.2.0.0/16",
    "-P --zone 10.1.0.0/16 -z 1.1.1.1-1.1.1.3",
    "-K --zone 10.3.0.0/16 --before 0.0.0.0/0",
  ]);
  expect(changes(table(), table(A, C))).toEqual([
    "-K --zone 10.1.0.0/16",
    "-P --zone 10.1.0.0/16 -z 1.1.1.1-1.1.1.3",
    "-K --zone 10.3.0.0/16",
  ]);
});

test("only the zone that moves is moved, and what is not wanted goes last", () => {
  expect(changes(table(A, B, C, D), table(B, C, A))).toEqual([
    "-V --zone 10.1.0.0/16",
    "-K --zone 10.1.0.0/16",
    "-P --zone 10.1.0.0/16 -z 1.1.1.1-1.1.1.3",
    "-V --zone 0.0.0.0/0",
  ]);
});

test("loose zones move rather than others", () => {
  const now = table(A, B);
  const then = table(B, A);
  expect(changes(now, then, ["--zone 10.1.0.0/16"])[0]).toBe("-V --zone 10.1.0.0/16");
  expect(changes(now, then, ["--zone 10.2.0.0/16"])[0]).toBe("-V --zone 10.2.0.0/16");
});

test("addresses are added before others are deleted, in runs", () => {
  expect(changes(table(A), table("10.1.0.0/16 1.1.1.2 1.1.1.255-1.1.2.1 1.1.1.7"))).toEqual([
    "-P --zone 10.1.0.0/16 -z 1.1.1.255-1.1.2.1",
    "-P --zone 10.1.0.0/16 -z 1.1.1.7",
    "-Q --zone 10.1.0.0/16 -z 1.1.1.1",
    "-Q --zone 10.1.0.0/16 -z 1.1.1.3",
  ]);
});

test("the changes, made in turn, make the one of the other", () => {
  const zones = [A, B, C, D, "10.4.0.0/16 1.1.1.1", "::/0 ::5", "2001:db8::/32"];
  for (let seed = 0; seed < 200; seed++) {
    const shuffled = (salt: number) =>
      zones
        .map((zone, i) => [((seed + 1) * (salt + i * 7919)) % 101, zone] as const)
        .filter(([key]) => key % 4 !== 0)
        .sort(([a], [b]) => a - b)
        .map(([, zone]) => zone);
    const now = table(...shuffled(13));
    const then = table(...shuffled(57));
    const made = now.copy();
    for (const change of zoneChanges(now, then)) made.change(change);
    expect(order(made)).toEqual(order(then));
    expect(zoneChanges(made, then)).toEqual([]);
  }
});

test("what is there already or is not there is refused as the kernel does it", () => {
  const zone = parsePrefix("10.1.0.0/16");
  const other = parsePrefix("10.9.0.0/16");
  const now = table(A);
  const refused = (change: Parameters<ZoneTable["change"]>[0]) => {
    try {
      now.change(change);
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect(refused({ kind: "add-zone", zone })).toBe("Zone already exists");
  expect(refused({ kind: "add-zone", zone: other, before: parsePrefix("10.8.0.0/16") })).toBe("No such zone");
  expect(refused({ kind: "del-zone", zone: other })).toBe("No such zone");
  expect(refused({ kind: "add-laddr", zone: other, range: parseRange("1.1.1.1") })).toBe("No such zone");
  expect(refused({ kind: "add-laddr", zone, range: parseRange("1.1.1.3-1.1.1.4") })).toBe("Local address already exists");
  expect(refused({ kind: "del-laddr", zone, range: parseRange("1.1.1.3-1.1.1.4") })).toBe("No such Local address");
  expect(order(now)).toEqual(order(table(A)));
});
