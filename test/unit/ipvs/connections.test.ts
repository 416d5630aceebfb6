// SPDX-License-Identifier: GPL-2.0-only
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Connection } from "../../../src/model/flow.js";
import { FakeKernel } from "../../helpers/fake-kernel.js";

const HEADER = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData";
const TCP = "TCP C0A82809 C350 0A000001 0050 0A010001 1F90 ESTABLISHED     899";

const directory = mkdtempSync(join(tmpdir(), "tsipvsadm-"));
const path = join(directory, "ip_vs_conn");
afterAll(() => rmSync(directory, { recursive: true }));

async function read(text: string): Promise<Connection[]> {
  writeFileSync(path, text);
  const connections: Connection[] = [];
  for await (const page of new FakeKernel().client(path).connections()) {
    // Each is valid until the next is taken.
    for (const connection of page) connections.push(structuredClone(connection));
  }
  return connections;
}

test("reads an IPv4 connection", async () => {
  expect(await read(`${HEADER}\n${TCP}\n`)).toEqual([
    {
      protocol: "TCP",
      client: { family: "ipv4", bytes: Uint8Array.of(192, 168, 40, 9) },
      clientPort: 50000,
      virtual: { family: "ipv4", bytes: Uint8Array.of(10, 0, 0, 1) },
      virtualPort: 80,
      server: { family: "ipv4", bytes: Uint8Array.of(10, 1, 0, 1) },
      serverPort: 8080,
      state: "ESTABLISHED",
      expires: 899,
    },
  ]);
});

test("reads IPv6, a server of the other family, and persistence data", async () => {
  const six = "2001:0db8:0000:0000:0000:0000:0000:0001";
  const line = `UDP ${six} 0035 ${six} 13C4 0A010001 13C4 UDP             120 sip 1-23@10.0.0.1`;
  expect(await read(`${HEADER}\n${line}\n${TCP}\n`)).toMatchObject([{
    client: { family: "ipv6", bytes: Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1) },
    server: { family: "ipv4" },
    peName: "sip",
    peData: "1-23@10.0.0.1",
  }, { client: { family: "ipv4" }, peName: undefined, peData: undefined }]);
});

test("a long file comes whole", async () => {
  expect(await read(`${HEADER}\n${`${TCP}\n`.repeat(5000)}`)).toHaveLength(5000);
  expect(await read(`${HEADER}\n`)).toEqual([]);
  expect(await read("")).toEqual([]);
});

test.each(["TCP", TCP.replace("C0A82809", "C0A828"), TCP.replace("0050", "G050"), TCP.replace("899", "soon"), `${TCP} sip`])(
  "refuses %p",
  async (line) => {
    await expect(read(`${HEADER}\n${line}\n`)).rejects.toMatchObject({ operation: "connections", errno: "EBADMSG" });
  },
);

test("a kernel without the file has no IPVS", async () => {
  const listing = new FakeKernel().client(join(directory, "none")).connections();
  await expect(listing[Symbol.asyncIterator]().next()).rejects.toMatchObject({ operation: "init", missing: "ipvs" });
});
