// SPDX-License-Identifier: GPL-2.0-only
import type { IpvsClient } from "../../../src/ipvs/client.js";
import { IpvsError } from "../../../src/ipvs/error.js";
import { strerror } from "../../../src/ipvs/strerror.js";
import type { IpAddress } from "../../../src/model/address.js";
import type { Server } from "../../../src/model/server.js";
import type { ServiceKey } from "../../../src/model/service.js";
import type { Rule } from "../../../src/model/snat-rule.js";
import { FakeKernel } from "../../helpers/fake-kernel.js";

const v4 = (...bytes: number[]): IpAddress => ({ family: "ipv4", bytes: Uint8Array.from(bytes) });
const web: ServiceKey = { kind: "address", protocol: "tcp", address: v4(10, 0, 0, 1), port: 80 };
const other: ServiceKey = { ...web, port: 81 };
const snat = { kind: "fwmark", family: "ipv4", fwmark: 1 } as const;
const server: Server = { address: v4(10, 1, 0, 1), port: 80, method: "masq", weight: 1, upper: 0, lower: 0 };
const rule: Rule = {
  key: { from: { address: v4(10, 0, 0, 0), length: 8 } },
  pool: { first: v4(1, 1, 2, 1), last: v4(1, 1, 2, 9) },
  algo: "sdh",
};

async function failure(work: Promise<unknown>): Promise<IpvsError> {
  const error = await work.then(() => undefined, (caught: unknown) => caught);
  expect(error).toBeInstanceOf(IpvsError);
  return error as IpvsError;
}

async function prepared(): Promise<IpvsClient> {
  const client = new FakeKernel().client();
  await client.addService({ key: web, scheduler: "rr" });
  await client.addService({ key: snat, scheduler: "snat_sched" });
  await client.addServer(web, server);
  await client.addRule(snat, rule);
  await client.startDaemon({ state: "master", mcastInterface: "eth0", syncId: 1 });
  return client;
}

const cases: ReadonlyArray<readonly [string, (client: IpvsClient) => Promise<unknown>]> = [
  ["Service already exists", (client) => client.addService({ key: web, scheduler: "rr" })],
  ["Scheduler or persistence engine not found", (client) => client.addService({ key: other, scheduler: "none-such" })],
  ["No such service", (client) => client.editService({ key: other, scheduler: "rr" })],
  ["Scheduler or persistence engine not found", (client) => client.editService({ key: web, scheduler: "none-such" })],
  ["No such service", (client) => client.deleteService(other)],
  ["No such service", (client) => client.zero(other)],
  ["No such service", (client) => client.service(other)],
  ["Service not defined", (client) => client.addServer(other, server)],
  ["Destination already exists", (client) => client.addServer(web, server)],
  ["Service not defined", (client) => client.editServer(other, server)],
  ["No such destination", (client) => client.editServer(web, { ...server, port: 9 })],
  ["Service not defined", (client) => client.deleteServer(other, server)],
  ["No such destination", (client) => client.deleteServer(web, { ...server, port: 9 })],
  ["Daemon has already run", (client) => client.startDaemon({ state: "master", mcastInterface: "eth0", syncId: 1 })],
  ["No daemon is running", (client) => client.stopDaemon({ state: "backup", mcastInterface: "", syncId: 0 })],
  ["SNAT rule already exists", (client) => client.addRule(snat, rule)],
  ["Service not defined", (client) => client.addRule({ ...snat, fwmark: 2 }, rule)],
  ["No such device", (client) => client.addRule(snat, { ...rule, key: { ...rule.key, oif: "eth9" } })],
  ["No such device", (client) => client.addRule(snat, { ...rule, newGw: v4(1, 1, 1, 1), newOif: "eth9" })],
  ["No such device", (client) => client.editRule(snat, { ...rule, newGw: v4(1, 1, 1, 1), newOif: "eth9" })],
  ["Invalid SNAT rule", (client) => client.addRule(snat, { ...rule, pool: { first: rule.pool.last, last: rule.pool.first } })],
  ["No such SNAT rule", (client) => client.editRule(snat, { ...rule, key: { ...rule.key, gw: v4(1, 1, 1, 1) } })],
  ["No such SNAT rule", (client) => client.deleteRule(snat, { from: { address: v4(10, 0, 0, 0), length: 9 } })],
];

test.each(cases)("%s", async (message, work) => {
  expect((await failure(work(await prepared()))).message).toBe(message);
});

test("an error has operation, errno and the kernel's own words", async () => {
  const client = await prepared();
  const error = await failure(client.addRule(snat, { ...rule, key: { ...rule.key, oif: "eth9" } }));
  expect(error).toMatchObject({ operation: "addRule", errno: "ENODEV", extAck: "the namespace has no device of the name in oif" });
});

test("without CAP_NET_ADMIN", async () => {
  const client = new FakeKernel({ admin: false }).client();
  for (const work of [client.services(), client.addService({ key: web, scheduler: "rr" }), client.moduleInfo()]) {
    expect(await failure(work)).toMatchObject({ errno: "EPERM", message: "Permission denied (you must be root)" });
  }
});

test("without IPVS, after one try to load it", async () => {
  const kernel = new FakeKernel({ ipvs: false });
  const error = await failure(kernel.client().addService({ key: web, scheduler: "rr" }));
  const [errno, message] =
    process.geteuid?.() === 0
      ? ["ENOPROTOOPT", "Protocol not available"]
      : ["EPERM", "Permission denied (you must be root)"];
  expect(error).toMatchObject({ operation: "init", missing: "ipvs", errno, message });
  expect(kernel.loads).toBe(1);
  expect(await kernel.client().moduleInfo()).toBeUndefined();
});

test("IPVS that has to be loaded first", async () => {
  const kernel = new FakeKernel({ ipvs: false, loadable: true });
  const client = kernel.client();
  expect(await client.services()).toEqual([]);
  expect(await client.timeouts()).toBeDefined();
  expect(kernel.loads).toBe(1);
});

test("IPVS that is there is not loaded", async () => {
  const kernel = new FakeKernel();
  await kernel.client().services();
  expect(kernel.loads).toBe(0);
});

test("a stock module lists no rules and no flows, and says why it takes none", async () => {
  const client = new FakeKernel({ snat: false }).client();
  expect(await client.services()).toEqual([]);
  expect(await client.rules()).toEqual([]);
  expect(await client.moduleInfo()).toBeUndefined();
  for await (const page of client.flows()) throw new Error(`flows: ${[...page].length}`);
  const error = await failure(client.addRule(snat, rule));
  expect(error).toMatchObject({ operation: "addRule", missing: "snat" });
  expect(error.message).toContain("stock");
  expect(await failure(client.extStats())).toMatchObject({ operation: "extStats", missing: "snat" });
});

test("a value with no place on the wire is refused before anything is sent", async () => {
  const kernel = new FakeKernel();
  const error = await failure(kernel.client().addServer(web, { ...server, weight: -1 }));
  expect(error).toMatchObject({ operation: "addServer", errno: "EINVAL" });
  expect(error.message).toContain("-1 is not a whole number");
  expect(kernel.requests).toEqual([]);
});

test("errnos without a text of ipvsadm's have the C library's, or their name", () => {
  expect(strerror("flush", "EBUSY")).toBe("Device or resource busy");
  expect(strerror("addRule", "EPERM")).toBe("Permission denied (you must be root)");
  expect(strerror("services", "errno 524")).toBe("Unknown error (errno 524)");
});
