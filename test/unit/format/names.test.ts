// SPDX-License-Identifier: GPL-2.0-only
import { type Namer, connectionEndpoint, endpoint, listedEndpoint, numeric } from "../../../src/format/names.js";
import { parseAddress } from "../../../src/model/address.js";

const four = parseAddress("10.0.0.1");
const six = parseAddress("2001:db8:1111:2222:3333:4444:5555:6666");
const named = (name: string): Namer => ({ address: () => name, port: () => "https" });

test("an IPv6 host is in brackets, as a number and as a name", () => {
  expect(endpoint(numeric, six, 443, "tcp")).toBe("[2001:db8:1111:2222:3333:4444:5555:6666]:443");
  expect(endpoint(named("six.example"), six, 443, "tcp")).toBe("[six.example]:https");
  expect(endpoint(named("four.example"), four, 443, "tcp")).toBe("four.example:https");
});

test("listings cut long names where ipvsadm does, what is saved stays whole", () => {
  const long = named(`${"x".repeat(70)}.example`);
  expect(listedEndpoint(long, four, 443, "tcp")).toBe("x".repeat(28));
  expect(listedEndpoint(long, six, 443, "tcp")).toBe(`[${"x".repeat(58)}`);
  expect(connectionEndpoint(long, four, 443, "tcp")).toBe("x".repeat(59));
  expect(endpoint(long, four, 443, "tcp")).toBe(`${"x".repeat(70)}.example:https`);
});

test("a number is never cut", () => {
  expect(listedEndpoint(numeric, parseAddress("255.255.255.255"), 65535, "tcp")).toBe("255.255.255.255:65535");
  expect(listedEndpoint(numeric, six, 65535, "tcp")).toBe("[2001:db8:1111:2222:3333:4444:5555:6666]:65535");
});

test("a character that does not fit whole is left out", () => {
  expect(listedEndpoint(named(`${"x".repeat(27)}ü`), four, 1, "tcp")).toBe("x".repeat(27));
  expect(listedEndpoint(named(`${"x".repeat(26)}ü`), four, 1, "tcp")).toBe(`${"x".repeat(26)}ü`);
});
