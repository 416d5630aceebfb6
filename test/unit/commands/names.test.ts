// SPDX-License-Identifier: GPL-2.0-only
// Names in listings, and that -n asks nobody for one.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import * as dns from "node:dns/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCli } from "../../helpers/cli.js";
import { FakeKernel } from "../../helpers/fake-kernel.js";

jest.mock("node:dns/promises", () => ({ lookup: jest.fn(), lookupService: jest.fn() }));
jest.mock("node:fs", () => {
  const fs = jest.requireActual<typeof import("node:fs")>("node:fs");
  const services = "http 80/tcp www # web\nhttps 443/tcp\nhttp-alt 8080/tcp\nshell 514/tcp cmd\nsyslog 514/udp\n";
  return { ...fs, readFileSync: (path: string, coding: "utf8") => (path === "/etc/services" ? services : fs.readFileSync(path, coding)) };
});

const forward = dns.lookup as unknown as jest.Mock;
const backward = dns.lookupService as unknown as jest.Mock;

const TABLE = `
-A -t 10.0.0.1:80 -s rr
-a -t 10.0.0.1:80 -r 192.168.1.1:80 -m
-a -t 10.0.0.1:80 -r 192.168.1.2:80 -m
-A -u 10.0.0.1:514 -s rr
-a -u 10.0.0.1:514 -r 192.168.1.1:514 -m
-A -t 10.0.0.1:514 -s rr
-A -t [2001:db8::1]:443 -s rr
-a -t [2001:db8::1]:443 -r [2001:db8::2]:443 -m
-A -f 7 -s rr
-a -f 7 -r 192.168.1.1:80
-A -f 1 -s snat_sched
-K -f 1 -F 192.168.40.0/24 -W 1.1.2.1 --oif eth1 -U 1.1.2.100 -N 1.1.3.1
`;

const CONNECTIONS = `Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData
TCP C0A80101 D1F0 0A000001 0050 C0A80102 1F90 ESTABLISHED     899
UDP C0A80101 D1F0 0A000001 0202 C0A80101 0202 UDP             299
`;

const FLOW = {
  af: 2, protocol: 6, state: 1, client: Uint8Array.of(192, 168, 1, 1), clientPort: 40000,
  local: Uint8Array.of(1, 1, 2, 100), localPort: 5001, remote: Uint8Array.of(10, 0, 0, 1), remotePort: 443,
  expires: 899_999, fwmark: 1,
};

let folder: string;
let kernel: FakeKernel;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tsipvsadm-"));
  writeFileSync(join(folder, "ip_vs_conn"), CONNECTIONS);
  kernel = new FakeKernel();
  expect(await runCli(kernel, "-R", TABLE)).toEqual({ status: 0, out: "", err: "" });
  kernel.fnat.flows = () => [FLOW];
});
afterAll(() => rmSync(folder, { recursive: true }));

beforeEach(() => {
  forward.mockReset().mockRejectedValue(new Error("nobody is to be asked"));
  backward.mockReset().mockImplementation((address: string) =>
    address.endsWith(".2") ? Promise.reject(new Error("ENOTFOUND")) : Promise.resolve({ hostname: `h${address.replace(/[.:]+/g, "-")}` }),
  );
});

async function listed(argv: string): Promise<string> {
  const { status, out, err } = await runCli(kernel, argv, "", join(folder, "ip_vs_conn"));
  expect([status, err]).toEqual([0, ""]);
  return out;
}

const asked = (): string[] => backward.mock.calls.map(([address]) => address as string).sort();

test.each([
  "-Ln", "-ln", "-L -n --stats", "-L -n --rate", "-L -n --thresholds", "-L -n --persistent-conn", "-L -n --tun-info",
  "-L -n -t 10.0.0.1:80", "-L -n -f 1", "-Lnc", "-L -c -n --persistent-conn", "-S -n", "-L --timeout", "-L --daemon",
  "-L --json", "-L -c --json", "-L -n --json", "-A -t 10.0.0.9:80", "-D -t 10.0.0.9:http",
])("%s asks no resolver", async (argv) => {
  await listed(argv);
  expect(backward).not.toHaveBeenCalled();
  expect(forward).not.toHaveBeenCalled();
});

const hosts = ["10.0.0.1", "192.168.1.1", "192.168.1.2", "2001:db8::1", "2001:db8::2"];

test.each<[string, readonly string[]]>([
  ["-L", [...hosts, "1.1.2.1", "1.1.3.1"]],
  ["-L --stats", [...hosts, "1.1.2.1", "1.1.3.1"]],
  ["-L -t 10.0.0.1:80", ["10.0.0.1", "192.168.1.1", "192.168.1.2"]],
  ["-S", [...hosts, "1.1.2.1", "1.1.3.1"]],
  ["-Lc", ["10.0.0.1", "192.168.1.1", "192.168.1.2", "1.1.2.100"]],
])("%s asks for each address once", async (argv, addresses) => {
  await listed(argv);
  expect(asked().filter((address) => addresses.includes(address))).toEqual([...addresses].sort());
  expect(new Set(asked()).size).toBe(backward.mock.calls.length);
});

test("hosts and ports have names where there are some, by the protocol; servers of a mark have no port names", async () => {
  const lines = (await listed("-L")).split("\n").map((line) => line.replace(/ +/g, " "));
  expect(lines).toEqual(expect.arrayContaining([
    "TCP h10-0-0-1:http rr",
    " -> h192-168-1-1:http Masq 1 0 0 ",
    " -> 192.168.1.2:http Masq 1 0 0 ",
    "UDP h10-0-0-1:syslog rr",
    "TCP h10-0-0-1:shell rr",
    "TCP [h2001-db8-1]:https rr",
    " -> [h2001-db8-2]:https Masq 1 0 0 ",
    " -> h192-168-1-1:80 Route 1 0 0 ",
  ]));
});

test("connections and flows have names too", async () => {
  const text = (await listed("-Lc")).replace(/ +/g, " ");
  expect(text).toContain("TCP 14:59 ESTABLISHED h192-168-1-1:53744 h10-0-0-1:http - 192.168.1.2:http-alt\n");
  expect(text).toContain("UDP 04:59 UDP h192-168-1-1:53744 h10-0-0-1:syslog - h192-168-1-1:syslog\n");
  expect(text).toContain("TCP 14:59 ESTABLISHED h192-168-1-1:40000 h10-0-0-1:https h1-1-2-100:5001 h10-0-0-1:https\n");
});

test("what answers nothing is shown by its number", async () => {
  backward.mockRejectedValue(new Error("EAI_AGAIN"));
  expect((await listed("-L")).match(/^TCP +\S+/m)?.[0]).toBe("TCP  10.0.0.1:http");
});
