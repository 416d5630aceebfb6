// SPDX-License-Identifier: GPL-2.0-only
import * as dns from "node:dns/promises";
import { HostNames } from "../../../src/cli/host-names.js";

jest.mock("node:dns/promises", () => ({ lookupService: jest.fn() }));

const resolver = dns.lookupService as unknown as jest.Mock;
const addresses = (count: number): string[] => Array.from({ length: count }, (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
const nameOf = (address: string): string => `host-${address.replaceAll(".", "-")}`;

const threads = process.env["UV_THREADPOOL_SIZE"];

beforeEach(() => {
  delete process.env["UV_THREADPOOL_SIZE"];
  resolver.mockReset().mockImplementation((address: string) => Promise.resolve({ hostname: nameOf(address) }));
});
afterAll(() => {
  if (threads === undefined) delete process.env["UV_THREADPOOL_SIZE"];
  else process.env["UV_THREADPOOL_SIZE"] = threads;
});

test("addresses are looked up together, but no more than 32 at a time", async () => {
  let under = 0;
  let most = 0;
  resolver.mockImplementation(async (address: string) => {
    most = Math.max(most, ++under);
    await new Promise((resolve) => setImmediate(resolve));
    under--;
    return { hostname: nameOf(address) };
  });
  const names = await new HostNames().of(addresses(500));
  expect(most).toBe(32);
  expect([...names]).toEqual(addresses(500).map((address) => [address, nameOf(address)]));
});

test.each([
  [1, "4"],
  [10, "20"],
  [500, "64"],
])("for %i addresses there are threads: %s, half of which may wait for a resolver", async (count, size) => {
  await new HostNames().of(addresses(count));
  expect(process.env["UV_THREADPOOL_SIZE"]).toBe(size);
});

test("the operator's number of threads is left alone", async () => {
  process.env["UV_THREADPOOL_SIZE"] = "7";
  await new HostNames().of(addresses(100));
  expect(process.env["UV_THREADPOOL_SIZE"]).toBe("7");
});

test("a name is asked for once, and so is an address without one", async () => {
  resolver.mockImplementation((address: string) =>
    address === "10.0.0.1" ? Promise.reject(new Error("EAI_AGAIN")) : Promise.resolve({ hostname: nameOf(address) }),
  );
  const names = new HostNames();
  const asked = ["10.0.0.1", "10.0.0.2", "10.0.0.1"];
  const expected = [["10.0.0.1", "10.0.0.1"], ["10.0.0.2", "host-10-0-0-2"]];
  expect([...(await names.of(asked))]).toEqual(expected);
  expect([...(await names.of(asked))]).toEqual(expected);
  expect(resolver).toHaveBeenCalledTimes(2);
});

test("some 16,384 names are remembered at most; what is asked for often stays", async () => {
  const names = new HostNames();
  const [first, ...others] = addresses(100_000) as [string, ...string[]];
  for (let i = 0; i < others.length; i += 1000) await names.of([first, ...others.slice(i, i + 1000)]);
  expect(resolver.mock.calls.filter(([address]) => address === first)).toHaveLength(1);
  resolver.mockClear();
  await names.of(others.slice(-8192));
  expect(resolver).not.toHaveBeenCalled();
  await names.of(others.slice(0, -16_384));
  expect(resolver).toHaveBeenCalledTimes(others.length - 16_384);
});

test("a listing longer than that has all its names", async () => {
  const all = addresses(70_000);
  const names = await new HostNames().of(all);
  expect(all.filter((address) => names.get(address) !== nameOf(address))).toEqual([]);
});

test("nothing is asked for no addresses", async () => {
  expect((await new HostNames().of([])).size).toBe(0);
  expect(resolver).not.toHaveBeenCalled();
});

test("names come as UTF-8, for which Node has Latin-1", async () => {
  resolver.mockResolvedValue({ hostname: Buffer.from("brücke.example").toString("latin1") });
  expect((await new HostNames().of(["10.0.0.1"])).get("10.0.0.1")).toBe("brücke.example");
});
