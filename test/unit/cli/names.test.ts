// SPDX-License-Identifier: GPL-2.0-only
import { lookup, lookupService } from "node:dns/promises";
import { Names, Unresolved } from "../../../src/cli/names.js";
import { parse } from "../../../src/cli/parse.js";
import { formatAddress, parseAddress } from "../../../src/model/address.js";

jest.mock("node:dns/promises", () => ({ lookup: jest.fn(), lookupService: jest.fn() }));

const forward = lookup as unknown as jest.Mock;
const backward = lookupService as unknown as jest.Mock;

beforeEach(() => {
  forward.mockReset().mockImplementation((name: string, { family }: { family: number }) => {
    if (name === "four.test" && family === 4) return Promise.resolve({ address: "10.0.0.4" });
    if (name === "six.test" && family === 6) return Promise.resolve({ address: "2001:db8::6" });
    return Promise.reject(new Error("ENOTFOUND"));
  });
  backward.mockReset().mockImplementation((address: string) =>
    address === "10.0.0.4" ? Promise.resolve({ hostname: "four.test" }) : Promise.reject(new Error("ENOTFOUND")),
  );
});

test("a line may name hosts; each is asked for once", async () => {
  const names = new Names();
  const { values } = await parse(["-a", "-t", "four.test:80", "-r", "four.test:81"], names);
  expect([formatAddress(values.virtual!.address), values.server!.port]).toEqual(["10.0.0.4", 81]);
  expect(forward).toHaveBeenCalledTimes(1);
});

test("only an IPv4 address is asked for, as with ipvsadm", async () => {
  await expect(parse(["-D", "-u", "six.test:53"], new Names())).rejects.toThrow("illegal virtual server");
  expect(forward.mock.calls.map(([, { family }]) => family as number)).toEqual([4]);
});

test("a name in brackets is an IPv6 host's, as -S writes it", async () => {
  forward.mockImplementation((_: string, { family }: { family: number }) =>
    Promise.resolve({ address: family === 4 ? "10.0.0.4" : "2001:db8::4" }),
  );
  const { values } = await parse(["-a", "-t", "[both.test]:80", "-r", "both.test:81"], new Names());
  expect([formatAddress(values.virtual!.address), values.virtual!.port]).toEqual(["2001:db8::4", 80]);
  expect(formatAddress(values.server!.address)).toBe("10.0.0.4");
  expect(forward.mock.calls.map(([name]) => name as string)).toEqual(["both.test", "both.test"]);
});

test.each(["[four.test]:80", "[]:80", "[::1x]:80", "[six.test]", "[six.test]80", "[six.test:80"])(
  "%s is no virtual server",
  async (text) => {
    const read = async () => parse(["-D", "-t", text], new Names());
    await expect(read()).rejects.toThrow("illegal virtual server address[:port] specified");
    expect(forward).toHaveBeenCalledTimes(text === "[four.test]:80" ? 1 : 0);
  },
);

test("brackets around an IPv4 address lose the port, as with ipvsadm", async () => {
  const { values } = await parse(["-D", "-t", "[10.1]:80"], new Names());
  expect(formatAddress(values.virtual!.address)).toBe("10.0.0.1");
  expect(values.virtual).not.toHaveProperty("port");
});

test("a name without address is no address", async () => {
  await expect(parse(["-D", "-t", "none.test:80"], new Names())).rejects.toThrow(
    "illegal virtual server address[:port] specified",
  );
});

test("numbers are never asked for", async () => {
  const names = new Names();
  expect(formatAddress(names.host("10.1")!)).toBe("10.0.0.1");
  expect(names.host("1.2.3.999")).toBeUndefined();
  expect(() => names.host("four.test")).toThrow(Unresolved);
  expect(forward).not.toHaveBeenCalled();
});

test("listings show names, and numbers where there are none", async () => {
  const addresses = ["10.0.0.4", "10.0.0.5", "10.0.0.4"].map(parseAddress);
  const namer = await new Names().namer(addresses);
  expect(addresses.map(namer.address)).toEqual(["four.test", "10.0.0.5", "four.test"]);
  expect(backward).toHaveBeenCalledTimes(2);
  expect(namer.port(65000, "tcp")).toBe("65000");
});
