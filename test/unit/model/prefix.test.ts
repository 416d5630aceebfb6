// SPDX-License-Identifier: GPL-2.0-only
import { formatRange, parseRange, rangeSize } from "../../../src/model/address-range.js";
import { formatPrefix, maskLength, parsePrefix } from "../../../src/model/prefix.js";

test.each([
  ["10.0.0.1", "10.0.0.1/32"],
  ["0.0.0.0/0", "0.0.0.0/0"],
  ["0.0.0.0/0.0.0.0", "0.0.0.0/0"],
  ["10.128.0.0/255.128.0.0", "10.128.0.0/9"],
  ["10.0.0.0/08", "10.0.0.0/8"],
  ["2001:db8::1", "2001:db8::1/128"],
  ["[2001:db8::]/33", "2001:db8::/33"],
  ["::/0", "::/0"],
])("%s is the prefix %s", (given, written) => expect(formatPrefix(parsePrefix(given))).toBe(written));

test.each([
  ["10.0.0.1/31", "10.0.0.0/31"],
  ["10.1.2.3/9", "10.0.0.0/9"],
  ["255.255.255.255/1", "128.0.0.0/1"],
  ["2001:db8::1/127", "2001:db8::/127"],
  ["2001:db8:ffff::/33", "2001:db8:8000::/33"],
])("%s has host bits; its network is %s", (given, network) =>
  expect(() => parsePrefix(given)).toThrow(`invalid prefix \`${given}': it has bits beyond its length, the prefix is ${network}`),
);

test.each(["10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "10.0.0.0/255.255.0.255", "::/129", "::/ffff::", "10.0.0.0/1/2"])(
  "%s is no prefix",
  (given) => expect(() => parsePrefix(given)).toThrow(/^invalid (prefix|address) `/),
);

test("a mask's length is known only when it is contiguous", () => {
  expect([[0, 0, 0, 0], [128, 0, 0, 0], [255, 255, 255, 255], [255, 0, 1, 0]].map((mask) => maskLength(Uint8Array.from(mask)))).toEqual([
    0, 1, 32, undefined,
  ]);
});

test.each([
  ["1.1.2.1", "1.1.2.1", 1n],
  ["1.1.2.1-1.1.2.1", "1.1.2.1", 1n],
  ["1.1.2.250-1.1.3.5", "1.1.2.250-1.1.3.5", 12n],
  ["1.0.0.0-1.0.255.255", "1.0.0.0-1.0.255.255", 65536n],
  ["[2001:db8::1]-[2001:db8::ffff]", "2001:db8::1-2001:db8::ffff", 65535n],
  ["2001:db8::1-[2001:db8::2]", "2001:db8::1-2001:db8::2", 2n],
])("%s is the pool %s of %d", (given, written, size) => {
  const pool = parseRange(given);
  expect([formatRange(pool), rangeSize(pool)]).toEqual([written, size]);
});

test.each([
  ["1.1.2.2-1.1.2.1", "its first address is above its last, the range is 1.1.2.1-1.1.2.2"],
  ["1.0.0.0-1.1.0.0", "it has 65537 addresses, at most 65536 are allowed"],
  ["::-ffff::", "at most 65536 are allowed"],
  ["1.1.1.1-::1", "its ends are IPv4 and IPv6, both have to be of one family"],
  ["1.1.1.1-2", "`2' is no address; a pool is an IPv4 or IPv6 ADDRESS or FIRST-LAST"],
  ["1.1.1.0/24", "`1.1.1.0/24' is no address"],
])("%s is no pool: %s", (given, why) => {
  expect(() => parseRange(given)).toThrow(`invalid pool \`${given}': `);
  expect(() => parseRange(given)).toThrow(why);
});

test("what is absurdly long is quoted in part", () => {
  expect(() => parseRange("1".repeat(5000))).toThrow(/^invalid pool `1{77}\.\.\.': `1{77}\.\.\.' is no address/);
});
