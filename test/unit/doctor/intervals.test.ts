// SPDX-License-Identifier: GPL-2.0-only
import { intervalText, isCovered, ofText, prefixesOf, without } from "../../../src/doctor/intervals.js";

const v4 = (text: string) => ofText(text, "ipv4")!;

test("texts of ip, iptables and nft", () => {
  expect(intervalText(v4("10.0.0.0/30"))).toBe("10.0.0.0-10.0.0.3");
  expect(intervalText(v4("10.0.0.7/24"))).toBe("10.0.0.0-10.0.0.255");
  expect(intervalText(v4("10.0.0.7"))).toBe("10.0.0.7");
  expect(intervalText(v4("10.0.0.1-10.0.0.9"))).toBe("10.0.0.1-10.0.0.9");
  expect(intervalText(v4("default"))).toBe("0.0.0.0-255.255.255.255");
  expect(ofText("2001:db8::1", "ipv4")).toBeUndefined();
  expect(ofText("@inner", "ipv4")).toBeUndefined();
});

test("what is left, in any order of the others", () => {
  const left = without(v4("10.0.0.0-10.0.0.20"), [v4("10.0.0.15-10.0.1.0"), v4("9.0.0.0-10.0.0.1"), v4("10.0.0.5"), v4("10.0.0.4-10.0.0.6")]);
  expect(left.map(intervalText)).toEqual(["10.0.0.2-10.0.0.3", "10.0.0.7-10.0.0.14"]);
  expect(isCovered(v4("10.0.0.0/23"), [v4("10.0.1.0/24"), v4("10.0.0.0/24")])).toBe(true);
  expect(isCovered(v4("10.0.0.0/23"), [v4("10.0.1.0/24"), v4("10.0.0.0/25")])).toBe(false);
  expect(isCovered(v4("default"), [ofText("default", "ipv6")!])).toBe(false);
});

test.each([
  ["1.1.2.100-1.1.2.110", "1.1.2.100/30 1.1.2.104/30 1.1.2.108/31 1.1.2.110/32"],
  ["0.0.0.0-255.255.255.255", "0.0.0.0/0"],
  ["255.255.255.255", "255.255.255.255/32"],
])("prefixes of %s", (range, prefixes) => expect(prefixesOf(v4(range)).join(" ")).toBe(prefixes));

test("prefixes of IPv6", () => {
  expect(prefixesOf(ofText("2001:db8::100-2001:db8::110", "ipv6")!)).toEqual(["2001:db8::100/124", "2001:db8::110/128"]);
});
