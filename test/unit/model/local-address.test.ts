// SPDX-License-Identifier: GPL-2.0-only
import { parseAddress } from "../../../src/model/address.js";
import { formatRange, parseRange } from "../../../src/model/address-range.js";
import { addressesOf, parseLocalAddresses, ranges } from "../../../src/model/local-address.js";
import { formatNetwork } from "../../../src/model/zone.js";
import { parseNetwork, parsePrefix } from "../../../src/model/prefix.js";

const runs = (...texts: string[]) => ranges(texts.map(parseAddress)).map(formatRange);

test("successive addresses are one range, in the order given", () => {
  expect(runs()).toEqual([]);
  expect(runs("1.1.1.254", "1.1.1.255", "1.1.2.0", "1.1.1.1", "1.1.1.0")).toEqual(["1.1.1.254-1.1.2.0", "1.1.1.1", "1.1.1.0"]);
  expect(runs("2001:db8::ffff", "2001:db8::1:0", "1.1.1.1")).toEqual(["2001:db8::ffff-2001:db8::1:0", "1.1.1.1"]);
  expect(runs("255.255.255.255", "0.0.0.0")).toEqual(["255.255.255.255", "0.0.0.0"]);
});

test("a range is its addresses again", () => {
  for (const text of ["1.1.1.1", "1.1.0.250-1.1.1.5", "2001:db8::fffe-2001:db8::1:3"]) {
    expect(ranges(addressesOf(parseRange(text))).map(formatRange)).toEqual([text]);
  }
  expect(addressesOf(parseRange("10.0.0.0-10.0.255.255"))).toHaveLength(65536);
});

test.each([
  ["0.0.0.0", "the unspecified address"],
  ["1.1.1.1–1.1.1.3", "is no address; a local address is an IPv4 or IPv6 ADDRESS or FIRST-LAST"],
  ["10.0.0.0-10.1.0.0", "it has 65537 addresses, at most 65536 are allowed"],
])("%s is refused", (text, why) => expect(() => parseLocalAddresses(text)).toThrow(why));

test("host bits of a network are cleared, and said", () => {
  expect(parseNetwork("10.1.2.3/8")).toEqual({ network: parsePrefix("10.0.0.0/8"), hostBits: true });
  expect(parseNetwork("10.1.2.3/255.255.255.252")).toEqual({ network: parsePrefix("10.1.2.0/30"), hostBits: true });
  expect(parseNetwork("2001:db8::1/33")).toEqual({ network: parsePrefix("2001:db8::/33"), hostBits: true });
  expect(parseNetwork("10.1.2.3")).toEqual({ network: parsePrefix("10.1.2.3/32"), hostBits: false });
});

test.each([
  ["0.0.0.0/0", "0.0.0.0/0.0.0.0"],
  ["10.0.0.0/9", "10.0.0.0/255.128.0.0"],
  ["10.0.0.1/32", "10.0.0.1/255.255.255.255"],
  ["2001:db8::/32", "2001:db8::/32"],
])("%s is listed as %s", (text, listed) => expect(formatNetwork(parsePrefix(text))).toBe(listed));
