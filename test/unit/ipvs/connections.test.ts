// SPDX-License-Identifier: GPL-2.0-only
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Connection } from "../../../src/model/flow.js";
import { FakeKernel } from "../../helpers/fake-kernel.js";
import { forSeedsInTurn } from "../../helpers/random.js";

const HEADER = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData";
const TCP = "TCP C0A82809 C350 0A000001 0050 0A010001 1F90 ESTABLISHED     899";

const directory = mkdtempSync(join(tmpdir(), "tsipvsadm-"));
const path = join(directory, "ip_vs_conn");
afterAll(() => rmSync(directory, { recursive: true }));

async function read(text: string | Uint8Array): Promise<Connection[]> {
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

test("reads the local address of FULLNAT connections, of either family", async () => {
  const six = "2001:0db8:0000:0000:0000:0000:0000:0001";
  const lines = [
    `${TCP} fullnat 0A090001 1388`,
    `TCP ${six} 0035 ${six} 0050 ${six} 1F90 ESTABLISHED     899 fullnat ${six} FFFF`,
    TCP,
  ];
  expect(await read(`${HEADER}\n${lines.join("\n")}\n`)).toMatchObject([
    { local: { family: "ipv4", bytes: Uint8Array.of(10, 9, 0, 1) }, localPort: 5000, peName: undefined },
    { local: { family: "ipv6" }, localPort: 65535, peName: undefined },
    { local: undefined, localPort: undefined },
  ]);
  await expect(read(`${HEADER}\n${TCP} fullnat 0A09 1388\n`)).rejects.toMatchObject({ errno: "EBADMSG" });
});

test("a long file comes whole", async () => {
  expect(await read(`${HEADER}\n${`${TCP}\n`.repeat(5000)}`)).toHaveLength(5000);
  expect(await read(`${HEADER}\n`)).toEqual([]);
  expect(await read("")).toEqual([]);
});

const SIX = "2001:0db8:0000:0000:0000:0000:0000:0001";

test.each([
  "TCP",
  TCP.replace("C0A82809", "C0A828"),
  TCP.replace("C0A82809", "C0A8280G"),
  TCP.replace("C0A82809", SIX.replace("1", "x")),
  TCP.replace("C0A82809", SIX.replace(":", "0")),
  TCP.replace("C350", "C3500"),
  TCP.replace("0050", "G050"),
  TCP.replace("899", "soon"),
  `${TCP} sip`,
])(
  "refuses %p",
  async (line) => {
    await expect(read(`${HEADER}\n${line}\n`)).rejects.toMatchObject({ operation: "connections", errno: "EBADMSG" });
  },
);

test("lines of any length come in order, wherever a read ends in them", async () => {
  const port = (index: number): string => (index % 65_536).toString(16).toUpperCase().padStart(4, "0");
  const lines = Array.from({ length: 4000 }, (_, index) =>
    index % 3 === 0 ? `${TCP.replace("C350", port(index))} sip ${"x".repeat(1 + (index % 250))}` : TCP.replace("C350", port(index)),
  );
  const connections = await read(`${HEADER}\n${lines.join("\n")}\n`);
  expect(connections.map(({ clientPort }) => clientPort)).toEqual(lines.map((_, index) => index));
  expect(connections.map(({ peData = "" }) => peData.length)).toEqual(lines.map((_, index) => (index % 3 === 0 ? 1 + (index % 250) : 0)));
});

test("a page can be gone through again", async () => {
  writeFileSync(path, `${HEADER}\n${`${TCP}\n`.repeat(3)}`);
  for await (const page of new FakeKernel().client(path).connections()) {
    for (let times = 0; times < 2; times++) expect([...page].length).toBe(3);
  }
});

test.each([
  ["a last line without its end", `${HEADER}\n${TCP}\n${TCP}`, /^malformed netlink message: "TCP C0A82809 .*" where a line belongs$/],
  ["a line longer than any", `${HEADER}\n${"x".repeat(70_000)}\n`, /"x{80}" where a line belongs$/],
])("%s is refused", async (_, text, message) => {
  await expect(read(text)).rejects.toMatchObject({ errno: "EBADMSG", message: expect.stringMatching(message) });
});

test("a file that can't be read is an error of its own", async () => {
  await expect(new FakeKernel().client(directory).connections()[Symbol.asyncIterator]().next()).rejects.toMatchObject({
    operation: "connections",
    errno: "EISDIR",
  });
});

test("damaged lines are read or refused, nothing else", async () => {
  let refused = 0;
  await forSeedsInTurn(100, async (random) => {
    const bytes = Buffer.from(`${HEADER}\n${`${TCP}\n${TCP} sip a@b\n`.repeat(3)}`);
    for (let changes = random.below(5); changes >= 0; changes--) {
      bytes[HEADER.length + 1 + random.below(bytes.length - HEADER.length - 1)] = random.below(4) === 0 ? 10 : random.below(256);
    }
    const error = await read(bytes).then(() => undefined, (caught: unknown) => caught);
    if (error === undefined) return;
    expect(error).toMatchObject({ operation: "connections", errno: "EBADMSG" });
    refused++;
  });
  if (process.env["TEST_SEED"] === undefined) expect(refused).toBeGreaterThan(30);
});

test("a kernel without the file has no IPVS", async () => {
  const listing = new FakeKernel().client(join(directory, "none")).connections();
  await expect(listing[Symbol.asyncIterator]().next()).rejects.toMatchObject({ operation: "init", missing: "ipvs" });
});
