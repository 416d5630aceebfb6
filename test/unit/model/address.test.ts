// SPDX-License-Identifier: GPL-2.0-only
import { isIPv6 } from "node:net";
import { compareAddresses, formatAddress, parseAddress, tryParseAddress } from "../../../src/model/address.js";
import { parseLegacyIpv4 } from "../../../src/model/ipv4.js";
import { forSeeds } from "../../helpers/random.js";

const text = (value: string) => formatAddress(parseAddress(value));

test.each([
  ["1.2.3.4", "1.2.3.4"],
  ["0.0.0.0", "0.0.0.0"],
  ["::", "::"],
  ["::1", "::1"],
  ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
  ["2001:db8:0:1:0:0:0:1", "2001:db8:0:1::1"],
  ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
  ["1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"],
  ["::ffff:1.2.3.4", "::ffff:1.2.3.4"],
  ["64:ff9b::1.2.3.4", "64:ff9b::102:304"],
  ["fe80::", "fe80::"],
  ["[2001:db8::1]", "2001:db8::1"],
])("%s is written %s", (given, written) => expect(text(given)).toBe(written));

test.each([
  "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", "0x1.2.3.4", "1..2.3", ":", ":::", "1::2::3", "1:2:3:4:5:6:7",
  "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::8", "12345::", "g::", "::1.2.3", "1.2.3.4::", "::1%lo", "[1.2.3.4]", "[::1", "::1]", "1:2:3:4:5:6:7:",
])("%p is no address", (given) => {
  expect(() => parseAddress(given)).toThrow(`invalid address \`${given}': an IPv4 or IPv6 address is needed`);
});

test("any address survives being written and read", () => {
  forSeeds(200, (random) => {
    const bytes = random.bytes(random.pick([4, 16]));
    for (let i = 0; i < bytes.length; i++) if (random.below(2) === 0) bytes[i] = 0;
    const family = bytes.length === 4 ? "ipv4" : "ipv6";
    const written = formatAddress({ family, bytes });
    expect(tryParseAddress(written)).toEqual({ family, bytes });
    if (family === "ipv6") expect(isIPv6(written)).toBe(true);
  });
});

test("Node and we agree on what is IPv6", () => {
  const pieces = ["::", ":", "1", "ffff", "0", "1.2.3.4", "g", "00000"];
  forSeeds(500, (random) => {
    const given = Array.from({ length: 1 + random.below(12) }, () => random.pick(pieces)).join("");
    expect([given, tryParseAddress(given)?.family === "ipv6"]).toEqual([given, isIPv6(given)]);
  });
});

test("addresses have an order", () => {
  const inOrder = ["1.1.2.250", "1.1.3.5", "200.0.0.1", "::1", "2001:db8::ff", "2001:db8::100"].map(parseAddress);
  expect([...inOrder].reverse().sort(compareAddresses)).toEqual(inOrder);
});

test.each([
  ["24", [0, 0, 0, 24]],
  ["1.1.1", [1, 1, 0, 1]],
  ["0x7f.1", [127, 0, 0, 1]],
  ["010.0.0.1", [8, 0, 0, 1]],
  ["255.255.255.0", [255, 255, 255, 0]],
])("inet_aton reads %s", (given, bytes) => expect([...parseLegacyIpv4(given)!]).toEqual(bytes));

test.each(["", "1.2.3.4.5", "256.1", "1.16777216", "08", "1.2.3.999", "x"])("inet_aton refuses %p", (given) =>
  expect(parseLegacyIpv4(given)).toBeUndefined(),
);
