// SPDX-License-Identifier: GPL-2.0-only
import type { IpvsError } from "../../../src/ipvs/error.js";
import type { ServiceKey } from "../../../src/model/service.js";
import { FakeKernel } from "../../helpers/fake-kernel.js";

const key = (port: number): ServiceKey => ({
  kind: "address",
  protocol: "tcp",
  address: { family: "ipv4", bytes: Uint8Array.of(10, 0, port >> 8, port & 0xff) },
  port: (port % 65535) + 1,
});
const service = (port: number) => ({ key: key(port), scheduler: "rr" });

const settled = async (work: ReadonlyArray<Promise<unknown>>) =>
  (await Promise.allSettled(work)).map((one) => (one.status === "rejected" ? (one.reason as IpvsError).message : undefined));

test("nothing is sent before commit, everything after", async () => {
  const kernel = new FakeKernel();
  const client = kernel.client();
  const batch = client.batch();
  const adding = [1, 2, 3].map((port) => client.addService(service(port)));
  await Promise.resolve();
  expect(kernel.requests).toEqual([]);
  await batch.commit();
  expect(await settled(adding)).toEqual([undefined, undefined, undefined]);
  expect(kernel.ipvs.services.size).toBe(3);
  await client.addService(service(4));
  expect(kernel.ipvs.services.size).toBe(4);
});

test("each verb rejects with its own error, the others go on", async () => {
  const client = new FakeKernel().client();
  const batch = client.batch();
  const work = [
    client.addService(service(1)),
    client.addService(service(1)),
    client.addService({ ...service(2), scheduler: "none-such" }),
    client.addService(service(3)),
    client.deleteService(key(9)),
  ];
  const results = settled(work);
  await batch.commit();
  expect(await results).toEqual([
    undefined,
    "Service already exists",
    "Scheduler or persistence engine not found",
    undefined,
    "No such service",
  ]);
});

test("thousands go in batches of at most 128, in order", async () => {
  const kernel = new FakeKernel();
  const client = kernel.client();
  const batch = client.batch();
  const work = Array.from({ length: 5000 }, (_, index) => client.addService(service(index)));
  const results = settled(work);
  await batch.commit();
  expect((await results).filter((error) => error !== undefined)).toEqual([]);
  const ports = [...kernel.ipvs.services.values()].map(({ values }) => values.port);
  expect(ports).toEqual(Array.from({ length: 5000 }, (_, index) => index + 1));
});

test("a service and its rules can travel together", async () => {
  const kernel = new FakeKernel();
  const client = kernel.client();
  const snat = { kind: "fwmark", family: "ipv4", fwmark: 1 } as const;
  const address = (last: number) => ({ family: "ipv4", bytes: Uint8Array.of(10, 0, 0, last) }) as const;
  const batch = client.batch();
  const work = [
    client.addService({ key: snat, scheduler: "snat_sched" }),
    client.addRule(snat, {
      key: { from: { address: address(0), length: 24 } },
      pool: { first: address(1), last: address(2) },
      algo: "sh",
    }),
  ];
  await batch.commit();
  expect(await settled(work)).toEqual([undefined, undefined]);
  expect(await client.rules()).toHaveLength(1);
});

test("on a stock module only what needs SNAT is refused", async () => {
  const client = new FakeKernel({ snat: false }).client();
  const batch = client.batch();
  const snat = { kind: "fwmark", family: "ipv4", fwmark: 1 } as const;
  const from = { address: { family: "ipv4", bytes: Uint8Array.of(10, 0, 0, 0) }, length: 8 } as const;
  const results = settled([client.addService(service(1)), client.deleteRule(snat, { from }), client.addService(service(2))]);
  await batch.commit();
  expect(await results).toEqual([undefined, expect.stringContaining("stock"), undefined]);
});

test("answers lost in an overrun are errors of all that were sent with them, and the next batch works", async () => {
  const kernel = new FakeKernel();
  const client = kernel.client();
  await client.services();
  const batch = client.batch();
  const results = settled([1, 2].map((port) => client.addService(service(port))));
  kernel.inject("overrun");
  await batch.commit();
  const lost = "answers of the kernel were lost: there were more than the socket holds (netlink receive: ENOBUFS)";
  expect(await results).toEqual([lost, lost]);
  await client.addService(service(3));
  expect(kernel.ipvs.services.size).toBe(3);
});
