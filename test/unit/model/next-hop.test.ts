// SPDX-License-Identifier: GPL-2.0-only
import { parseAddress } from "../../../src/model/address.js";
import { formatNextHop, isLinkLocal, parseNextHop } from "../../../src/model/next-hop.js";

test.each([
  ["1.1.2.1", "1.1.2.1", undefined],
  ["1.1.2.1%eth1", "1.1.2.1", "eth1"],
  ["fe80::1", "fe80::1", undefined],
  ["FE80:0::1%eth1.100", "fe80::1", "eth1.100"],
  ["[fe80::1]%eth1", "fe80::1", "eth1"],
  ["[fe80::1%eth1]", "fe80::1", "eth1"],
  ["[2001:db8::1]", "2001:db8::1", undefined],
  ["fe80::1%a%b", "fe80::1", "a%b"],
])("%s is a next hop", (given, address, device) => {
  const hop = parseNextHop(given);
  expect(hop).toEqual({ address: parseAddress(address), ...(device !== undefined && { device }) });
  expect(parseNextHop(formatNextHop(hop.address, hop.device))).toEqual(hop);
});

test.each([
  ["fe80::1%", "invalid device name `': it can't be empty, . or .., nor have blanks, slashes or colons"],
  ["fe80::1%sixteen-bytes-00", "invalid device name `sixteen-bytes-00': at most 15 bytes are allowed"],
  ["%eth1", "invalid address `': an IPv4 or IPv6 address is needed"],
  ["fe80::1 %eth1", "invalid address `fe80::1 ': an IPv4 or IPv6 address is needed"],
  ["[1.1.2.1%eth1]", "invalid address `[1.1.2.1%eth1]': only IPv6 addresses stand in brackets"],
  ["::%eth1", "invalid next hop `::%eth1': the unspecified address is on no device"],
  ["0.0.0.0%eth1", "invalid next hop `0.0.0.0%eth1': the unspecified address is on no device"],
])("%s is none", (given, message) => expect(() => parseNextHop(given)).toThrow(message));

test("a name may stand for the address", () => expect(formatNextHop(parseAddress("fe80::1"), "eth1", "router")).toBe("router%eth1"));

test.each([["fe80::1", true], ["febf::1", true], ["fec0::1", false], ["fe7f::1", false], ["169.254.0.1", false], ["2001:db8::1", false]])(
  "%s is link-local: %s",
  (address, expected) => expect(isLinkLocal(parseAddress(address))).toBe(expected),
);
