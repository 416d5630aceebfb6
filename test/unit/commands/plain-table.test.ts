// SPDX-License-Identifier: GPL-2.0-only
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as abi from "../../../src/ipvs/abi/ipvs.js";
import { runCli } from "../../helpers/cli.js";
import { FakeKernel } from "../../helpers/fake-kernel.js";
import type { FakeService } from "../../helpers/fake-ipvs.js";

/** Enough to be read in one pass. */
const COUNT = 1100;
/** Services in the parts of the listing that have services of marks. */
const MARKED = 256 + (COUNT % 256);
const AF_INET6 = 10;
const HEADER = [
  "IP Virtual Server version 1.2.1 (size=4096)",
  "Prot LocalAddress:Port Scheduler Flags",
  "  -> RemoteAddress:Port Forward Weight ActiveConn InActConn",
];

const directory = mkdtempSync(join(tmpdir(), "tsipvsadm-"));
const path = join(directory, "ip_vs");
afterAll(() => rmSync(directory, { recursive: true }));

const hex = (bytes: Uint8Array, from: number, to: number) => Buffer.from(bytes.subarray(from, to)).toString("hex");

function endpoint(six: boolean, { addr, port }: { addr?: Uint8Array | undefined; port?: number | undefined }): string {
  const digits = (port ?? 0).toString(16).toUpperCase().padStart(4, "0");
  if (!six) return `${hex(addr!, 0, 4).toUpperCase()}:${digits}`;
  return `[${Array.from({ length: 8 }, (_, group) => hex(addr!, 2 * group, 2 * group + 2)).join(":")}]:${digits}`;
}

const methods: Readonly<Record<number, string>> = { 0: "Masq", 1: "Local", 2: "Tunnel", 3: "Route", 5: "FullNat" };
const protocolNames: Readonly<Record<number, string>> = { 6: "TCP ", 17: "UDP ", 132: "SCTP" };

/** A service and its servers as the kernel writes them. */
function lines({ values, servers }: FakeService): string[] {
  const { af, fwmark, protocol, schedName } = values;
  const own = fwmark === undefined ? `${protocolNames[protocol!]} ${endpoint(af === AF_INET6, values)}` : `FWM  ${fwmark.toString(16).toUpperCase().padStart(8, "0")}`;
  const rows = [...servers.values()].map((server) => {
    const method = methods[(server.fwdMethod ?? 0) & abi.FORWARDING_MASK]!;
    const numbers = [String(server.weight).padEnd(6), String(server.activeConns ?? 0).padEnd(10), String(server.inactConns ?? 0).padEnd(10)];
    return `  -> ${endpoint(server.addrFamily === AF_INET6, server)}      ${method.padEnd(7)} ${numbers.join(" ")}`;
  });
  return [`${own} ${schedName} `, ...rows];
}

const file = (kernel: FakeKernel): string[][] => [...kernel.ipvs.services.values()].map(lines);

function write(kernel: FakeKernel, records: readonly string[][], header = HEADER): void {
  writeFileSync(path, `${[...header, ...records.flat()].join("\n")}\n`);
  kernel.tablePath = path;
}

const methodOptions = ["-m", "-g", "-i", "-b"];

/** Services of all kinds, in an order of their own. */
async function full(): Promise<FakeKernel> {
  const kernel = new FakeKernel();
  const restored: string[] = [];
  for (let step = 0; step < COUNT; step++) {
    const index = (step * 7) % COUNT;
    const six = index % 4 === 0;
    const kind = ["-t", "-u", "--sctp-service"][index % 3]!;
    const service = index === 5 ? "-f 77" : index === 6 ? "-f 4294967295" : `${kind} ${six ? `[2001:db8::${index.toString(16)}]` : `10.1.${index >> 8}.${index & 255}`}:${1 + index}`;
    restored.push(`-A ${service} -s rr${index % 5 === 0 ? " -p 300" : ""}`);
    for (let server = (index >> 1) % 3; server > 0; server--) {
      restored.push(`-a ${service} -r ${six ? `[fd00::${server}]` : `172.16.${server}.9`}:${1 + index} ${methodOptions[(index + server) % 4]} -w ${index}`);
    }
  }
  expect(await runCli(kernel, "-R", restored.join("\n"))).toMatchObject({ status: 0, err: "" });
  [...kernel.ipvs.services.values()].forEach(({ servers }, number) => {
    for (const [id, values] of servers) servers.set(id, { ...values, activeConns: number, inactConns: 2_000_000_000 + number });
  });
  return kernel;
}

const serversAsked = (kernel: FakeKernel) => kernel.requests.filter(({ command }) => command === abi.commands.getDest).length;

/** The listing, and for how many services netlink was asked. */
async function listed(kernel: FakeKernel, options = "-Ln") {
  const before = serversAsked(kernel);
  const result = await runCli(kernel, options);
  expect(result).toMatchObject({ status: 0, err: "" });
  return { out: result.out, asked: serversAsked(kernel) - before };
}

let kernel: FakeKernel;
let byNetlink: string;
beforeAll(async () => {
  kernel = await full();
  const { out, asked } = await listed(kernel);
  byNetlink = out;
  expect(asked).toBe(COUNT);
});

test("a long plain listing is the same from /proc/net/ip_vs, and asks netlink for the services of marks alone", async () => {
  write(kernel, file(kernel));
  const { out, asked } = await listed(kernel);
  expect(out).toBe(byNetlink);
  expect(byNetlink).toMatch(/Masq[^]*FullNat|FullNat[^]*Masq/);
  // Those are first and last: ipvsadm sorts marks as signed numbers.
  expect(asked).toBe(MARKED);
});

test("what the file has is what is shown", async () => {
  const records = file(kernel);
  const at = records.findIndex((record) => record.length === 3 && record[0]!.startsWith("UDP"));
  records[at] = records[at]!.map((line) => line.replace(/ \d+ +(\d+) *$/, " 41         $1"));
  write(kernel, records);
  const { out } = await listed(kernel);
  expect(out.split("\n").filter((line, number) => line !== byNetlink.split("\n")[number])).toEqual([
    expect.stringMatching(/ 41 +20\d+ *$/),
    expect.stringMatching(/ 41 +20\d+ *$/),
  ]);
});

test.each([
  ["a service that went", (records: string[][]) => records.slice(0, 500).concat(records.slice(501))],
  ["a service that came", (records: string[][]) => [["TCP  0A636363:0050 rr "], ...records]],
  ["a service twice", (records: string[][]) => records.slice(0, 300).concat(records.slice(299))],
  ["an end that is missing", (records: string[][]) => records.slice(0, 700)],
  ["a method of no known name", (records: string[][]) => records.map((record) => record.map((line) => line.replace("Route", "Quick")))],
  ["a number that is none", (records: string[][]) => records.map((record) => record.map((line) => line.replace(/ \d+ +\d+ *$/, " -1         0")))],
  ["an address that is none", (records: string[][]) => records.map((record) => record.map((line) => line.replace("-> AC10", "-> AX10")))],
  ["a port that is none", (records: string[][]) => records.map((record) => record.map((line) => line.replace(/(-> \S+:)\w/, "$1G")))],
  ["nothing", () => []],
])("with %s in the file, netlink has the last word", async (_, change) => {
  write(kernel, change(file(kernel)));
  const { out, asked } = await listed(kernel);
  expect(out).toBe(byNetlink);
  expect(asked).toBeGreaterThan(MARKED);
});

test("a file that is cut within a line is not believed", async () => {
  write(kernel, file(kernel));
  writeFileSync(path, HEADER.join("\n"));
  expect((await listed(kernel)).out).toBe(byNetlink);
});

test.each(["--thresholds", "--persistent-conn", "--stats", "--rate", "--tun-info", "--json"])("-Ln %s has more than the file says, and does not read it", async (option) => {
  write(kernel, file(kernel).map((record) => record.map((line) => line.replace("Route", "Masq"))));
  expect((await listed(kernel, `-Ln ${option}`)).asked).toBe(COUNT);
});
