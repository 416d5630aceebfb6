// SPDX-License-Identifier: GPL-2.0-only
import type { Service, ServiceKey } from "../../../src/model/service.js";
import { FakeKernel } from "../../helpers/fake-kernel.js";

const web: ServiceKey = {
  kind: "address", protocol: "tcp", address: { family: "ipv4", bytes: Uint8Array.of(10, 0, 0, 1) }, port: 80,
};

test("it comes back beside other flags, and goes away", async () => {
  const client = new FakeKernel().client();
  const service: Service = { key: web, scheduler: "sh", persistent: 9, schedFlags: [true, false, false], synproxy: true };
  await client.addService(service);
  expect(await client.service(web)).toMatchObject(service);
  await client.editService({ key: web, scheduler: "sh" });
  expect((await client.service(web))?.synproxy).toBeUndefined();
});

test("SYNPROXY is bit 15 of the flags that any IPVS keeps", async () => {
  const kernel = new FakeKernel();
  await kernel.client().addService({ key: web, scheduler: "rr", synproxy: true });
  const [fake] = kernel.ipvs.services.values();
  expect(Buffer.from(fake!.values.flags!).readUInt32LE()).toBe(0x8000);
});

test("a module that does not know SYNPROXY is told apart", async () => {
  const kernel = new FakeKernel();
  kernel.fnat.info = { ...kernel.fnat.info, features: 7 };
  const client = kernel.client();
  await expect(client.addService({ key: web, scheduler: "rr", synproxy: true })).rejects.toThrow("has no SYNPROXY");
  await client.editService({ key: web, scheduler: "rr" });
});
