// SPDX-License-Identifier: GPL-2.0-only
import { IpvsError } from "../../../src/ipvs/error.js";
import type { IpvsClient } from "../../../src/ipvs/client.js";
import type { ServiceKey } from "../../../src/model/service.js";
import { FakeKernel } from "../../helpers/fake-kernel.js";
import type { Fault } from "../../helpers/fake-transport.js";

const key = (port: number): ServiceKey => ({
  kind: "address",
  protocol: "udp",
  address: { family: "ipv4", bytes: Uint8Array.of(10, 0, 0, 1) },
  port,
});

async function full(count: number): Promise<{ kernel: FakeKernel; client: IpvsClient }> {
  const kernel = new FakeKernel();
  const client = kernel.client();
  for (let port = 1; port <= count; port++) await client.addService({ key: key(port), scheduler: "rr" });
  return { kernel, client };
}

const ports = async (client: IpvsClient): Promise<number[]> =>
  (await client.services()).map((service) => (service.key.kind === "address" ? service.key.port : 0));

const oneTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

test("a long list comes whole", async () => {
  const { client } = await full(500);
  expect(await ports(client)).toEqual(oneTo(500));
});

test("an inconsistent list is read again", async () => {
  const { kernel, client } = await full(3);
  const before = kernel.requests.length;
  kernel.interruptDumps(2);
  expect(await ports(client)).toEqual(oneTo(3));
  expect(kernel.requests.length - before).toBe(3);
});

test("a list that never settles is an error", async () => {
  const { kernel, client } = await full(1);
  kernel.interruptDumps(100);
  await expect(client.services()).rejects.toMatchObject({
    errno: "EAGAIN",
    message: "the kernel's tables keep changing while they are read",
  });
});

test("a list half lost in an overrun is read again, each entry once", async () => {
  const { kernel, client } = await full(100);
  kernel.inject("overrun", 2);
  expect(await ports(client)).toEqual(oneTo(100));
});

test("signals do not disturb a list", async () => {
  const { kernel, client } = await full(100);
  kernel.inject("signal", 1);
  kernel.inject("signal");
  expect(await ports(client)).toEqual(oneTo(100));
});

test.each<[string, Fault, string]>([
  ["cut short", "truncated", "EBADMSG"],
  ["missing", "silence", "ETIMEDOUT"],
])("a reply that is %s is an error, and the client goes on", async (_, fault, errno) => {
  const { kernel, client } = await full(100);
  kernel.inject(fault, 1);
  const error = await client.services().catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(IpvsError);
  expect(error).toMatchObject({ operation: "services", errno });
  expect(await ports(client)).toEqual(oneTo(100));
});

test("a reply that lacks what it must have is an error", async () => {
  const { kernel, client } = await full(1);
  const [service] = kernel.ipvs.services.values();
  service!.values = { ...service!.values, flags: undefined };
  await expect(client.services()).rejects.toMatchObject({ errno: "EBADMSG", message: expect.stringContaining("no flags of a service") });
  service!.values = { ...service!.values, flags: new Uint8Array(8), addr: Uint8Array.of(1, 2) };
  await expect(client.services()).rejects.toMatchObject({ errno: "EBADMSG" });
  service!.values = { ...service!.values, addr: new Uint8Array(16), af: 77 };
  await expect(client.services()).rejects.toMatchObject({ message: expect.stringContaining("address family 77") });
});

test("flows lost in an overrun are an error, for those seen can't be taken back", async () => {
  const kernel = new FakeKernel();
  const flow = { af: 2, protocol: 17, state: 11, clientPort: 1, localPort: 2, remotePort: 3, expires: 4, fwmark: 1 };
  const address = Uint8Array.of(10, 0, 0, 1);
  kernel.fnat.flows = () => Array.from({ length: 200 }, () => ({ ...flow, client: address, local: address, remote: address }));
  kernel.inject("overrun", 4);
  const read = async (): Promise<number> => {
    let count = 0;
    for await (const page of kernel.client().flows()) for (const { state } of page) count += state === "UDP" ? 1 : 0;
    return count;
  };
  await expect(read()).rejects.toMatchObject({ operation: "flows", errno: "ENOBUFS" });
  expect(await read()).toBe(200);
});

describe("servers of many services", () => {
  const server = { address: { family: "ipv4", bytes: Uint8Array.of(10, 1, 0, 1) }, method: "masq", weight: 1, upper: 0, lower: 0 } as const;

  async function withServers(): Promise<{ kernel: FakeKernel; client: IpvsClient }> {
    const { kernel, client } = await full(3);
    await client.addServer(key(1), { ...server, port: 11 });
    await client.addServer(key(3), { ...server, port: 31 });
    await client.addServer(key(3), { ...server, port: 32 });
    return { kernel, client };
  }

  /** Ports of the servers of these services. */
  const portsOf = async (client: IpvsClient, services: readonly number[]) =>
    (await client.serversOf(services.map(key))).map((servers) => servers.map(({ port }) => port));

  const own = [[], [11], [], [31, 32], []];

  test("each list is its service's, a service that is gone has none", async () => {
    const { client } = await withServers();
    expect(await portsOf(client, [3, 1, 4, 2])).toEqual([[31, 32], [11], [], []]);
    const many = Array.from({ length: 2100 }, (_, index) => index % 4);
    expect(await portsOf(client, many)).toEqual(many.map((service) => own[service]));
  });

  test("only what is inconsistent is read again", async () => {
    const { kernel, client } = await withServers();
    const before = kernel.requests.length;
    kernel.interruptDumps(2);
    expect(await portsOf(client, [1, 2, 3])).toEqual([[11], [], [31, 32]]);
    expect(kernel.requests.length - before).toBe(5);
  });

  test("what was lost in an overrun is read again, each entry once", async () => {
    const { kernel, client } = await withServers();
    kernel.inject("overrun", 3);
    expect(await portsOf(client, [1, 2, 3])).toEqual([[11], [], [31, 32]]);
  });

  test("counters are there when they are wanted", async () => {
    const { kernel, client } = await withServers();
    const [service] = kernel.ipvs.services.values();
    for (const [id, values] of service!.servers) service!.servers.set(id, { ...values, stats64: { inPkts: 5n } });
    const inPkts = async (counters?: boolean) =>
      (await client.serversOf([key(1)], counters === undefined ? {} : { counters }))[0]![0]!.stats.inPkts;
    expect([await inPkts(), await inPkts(true), await inPkts(false)]).toEqual([5n, 5n, 0n]);
  });
});
