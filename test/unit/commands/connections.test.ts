// SPDX-License-Identifier: GPL-2.0-only
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCli } from "../../helpers/cli.js";
import type { FlowValues } from "../../helpers/fake-fnat.js";
import { FakeKernel } from "../../helpers/fake-kernel.js";

const stock = `Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData
TCP C0A80102 D1F0 0A000009 0050 C0A80A02 1F90 ESTABLISHED     899
UDP C0A80102 13C4 0A000001 13C4 C0A80A02 13C4 UDP             299 sip foo@bar
TCP 2001:0db8:0000:0000:0000:0000:0000:0001 D1F0 2001:0db8:0000:0000:0000:0000:0000:0002 0050 2001:0db8:0000:0000:0000:0000:0000:0003 1F90 FIN_WAIT      88999
`;

const flow: FlowValues = {
  af: 2,
  protocol: 6,
  state: 1,
  client: Uint8Array.of(192, 168, 40, 2),
  clientPort: 40000,
  local: Uint8Array.of(1, 1, 2, 100),
  localPort: 5001,
  remote: Uint8Array.of(9, 9, 9, 9),
  remotePort: 443,
  expires: 899_999,
  fwmark: 1,
};

const echo: FlowValues = { ...flow, protocol: 1, state: 12, clientPort: 77, remotePort: 0, expires: 1_500 };

let folder: string;
let path: string;
const kernel = new FakeKernel();

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tsipvsadm-"));
  path = join(folder, "ip_vs_conn");
  writeFileSync(path, stock);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function listed(argv: string, flows: readonly FlowValues[] = []): Promise<string> {
  kernel.fnat.flows = () => flows;
  const { status, out, err } = await runCli(kernel, argv, "", path);
  expect([status, err]).toEqual([0, ""]);
  return out;
}

test("stock connections stand in ipvsadm's columns", async () => {
  expect(await listed("-Lnc")).toBe(`IPVS connection entries
pro expire state       source             virtual            destination
TCP 14:59  ESTABLISHED 192.168.1.2:53744  10.0.0.9:80        192.168.10.2:8080
UDP 04:59  UDP         192.168.1.2:5060   10.0.0.1:5060      192.168.10.2:5060
TCP 1483:19 FIN_WAIT    [2001:db8::1]:53744 [2001:db8::2]:80   [2001:db8::3]:8080
`);
});

test("--persistent-conn adds the engine's data where there is some", async () => {
  expect(await listed("-Lnc --persistent-conn")).toBe(`IPVS connection entries
pro expire state       source             virtual            destination        pe name          pe_data
TCP 14:59  ESTABLISHED 192.168.1.2:53744  10.0.0.9:80        192.168.10.2:8080
UDP 04:59  UDP         192.168.1.2:5060   10.0.0.1:5060      192.168.10.2:5060 sip                foo@bar
TCP 1483:19 FIN_WAIT    [2001:db8::1]:53744 [2001:db8::2]:80   [2001:db8::3]:8080
`);
});

test("with flows, one table with a local column holds both", async () => {
  expect((await listed("-Lnc", [flow, echo])).split("\n")).toEqual([
    "IPVS connection entries",
    "pro    expire state       source                        virtual                       local                         destination",
    "TCP    14:59  ESTABLISHED 192.168.1.2:53744             10.0.0.9:80                   -                             192.168.10.2:8080",
    "UDP    04:59  UDP         192.168.1.2:5060              10.0.0.1:5060                 -                             192.168.10.2:5060",
    "TCP    1483:19 FIN_WAIT    [2001:db8::1]:53744           [2001:db8::2]:80              -                             [2001:db8::3]:8080",
    "TCP    14:59  ESTABLISHED 192.168.40.2:40000            9.9.9.9:443                   1.1.2.100:5001                9.9.9.9:443",
    "ICMP   00:01  ICMP        192.168.40.2:77               9.9.9.9:0                     1.1.2.100:5001                9.9.9.9:0",
    "",
  ]);
});

test("--json holds connections and flows", async () => {
  const { connections, flows } = JSON.parse(await listed("-Lc --json", [flow, echo])) as Record<string, unknown[]>;
  expect(connections).toHaveLength(3);
  expect(flows?.[0]).toMatchObject({ protocol: "TCP", client: "192.168.40.2", localPort: 5001, state: "ESTABLISHED" });
  expect(JSON.parse(await listed("-Lc --json"))).toMatchObject({ flows: [] });
});

test("a stock kernel lists its connections, without a local column", async () => {
  const { out, status } = await runCli(new FakeKernel({ snat: false }), "-Lnc", "", path);
  expect([status, out.split("\n")[1]]).toEqual([
    0,
    "pro expire state       source             virtual            destination",
  ]);
});
