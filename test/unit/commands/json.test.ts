// SPDX-License-Identifier: GPL-2.0-only
// Every listing's JSON against docs/schema.json.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Ajv2020 from "ajv/dist/2020";
import { runCli } from "../../helpers/cli.js";
import { FakeKernel } from "../../helpers/fake-kernel.js";

const MOST = 2n ** 64n - 1n;

const TABLE = `
-A -t 10.0.0.1:80 -s sh -b sh-port,flag-3 -p 60 -M 255.255.255.0
-a -t 10.0.0.1:80 -r 192.168.1.1 -m -w 3 -x 20 -y 10
-a -t 10.0.0.1:80 -r 192.168.1.2 -i --tun-type gue --tun-port 6080 --tun-remcsum
-a -t 10.0.0.1:80 -r 192.168.1.3 -i --tun-type gre --tun-csum
-a -t 10.0.0.1:80 -r 192.168.1.4 -i
-a -t 10.0.0.1:80 -r 192.168.1.5 -g -w 0
-A -u [2001:db8::1]:53 -o -s rr
-A -t [2001:db8::1]:80 -p -M 64
-a -t [2001:db8::1]:80 -r [2001:db8:1::1]:8080 -m
-A --sctp-service 10.0.0.3:99
-A -u 10.0.0.7:5060 --pe sip -p 60
-A -f 4294967295
-A -f 1 -s snat_sched
-K -f 1 -F 192.168.40.0/24 -T 8.0.0.0/8 -W 1.1.2.1 --oif eth1 -U 1.1.2.100-1.1.2.110 -O random -N 1.1.3.1
-K -f 1 -F 0.0.0.0/0 -U 1.1.2.100
-A -f 1 -6 -s snat_sched
-K -f 1 -6 -F 2001:db8:40::/64 -U [2001:db8:2::100]-[2001:db8:2::110] -N fe80::1%eth1
-A -t 0.0.0.0:0 -s rr
-K --zone 10.1.0.0/16
-P --zone 10.1.0.0/16 -z 1.1.2.100-1.1.2.101
-K --zone ::/0
-P -t 10.0.0.1:80 -z 10.9.0.1-10.9.0.2
-P -f 4294967295 -z 10.9.0.1
--start-daemon master --mcast-interface eth1 --syncid 7 --mcast-group 224.0.0.99 --mcast-port 9000 --mcast-ttl 3 --sync-maxlen 1400
--start-daemon backup --mcast-interface eth2 --mcast-group ff02::81
`;

const CONNECTIONS = `Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData
TCP C0A80102 D1F0 0A000009 0050 C0A80A02 1F90 ESTABLISHED     899
UDP C0A80102 13C4 0A000001 13C4 C0A80A02 13C4 UDP             299 sip "quoted"\\
TCP C0A80102 D1F1 0A000009 0050 C0A80A02 1F90 ESTABLISHED     899 fullnat 0A090001 1388
TCP 2001:0db8:0000:0000:0000:0000:0000:0001 D1F0 2001:0db8:0000:0000:0000:0000:0000:0002 0050 2001:0db8:0000:0000:0000:0000:0000:0003 1F90 FIN_WAIT      88
`;

const FLOW = {
  af: 2, protocol: 6, state: 1, client: Uint8Array.of(192, 168, 40, 2), clientPort: 40000,
  local: Uint8Array.of(1, 1, 2, 100), localPort: 5001, remote: Uint8Array.of(9, 9, 9, 9), remotePort: 443,
  expires: 899_999, fwmark: 1,
};

const ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: true });
ajv.addSchema(JSON.parse(readFileSync(join(__dirname, "../../../docs/schema.json"), "utf8")) as object, "listing");

let folder: string;
const kernel = new FakeKernel();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tsipvsadm-"));
  writeFileSync(join(folder, "ip_vs_conn"), CONNECTIONS);
  expect(await runCli(kernel, "-R", TABLE)).toEqual({ status: 0, out: "", err: "" });
  kernel.fnat.setStats(() => true, { conns: 7n, inBytes: MOST, active: 2n ** 53n + 1n });
  const service = [...kernel.ipvs.services.values()][0]!;
  service.values = { ...service.values, stats64: { ...service.values.stats64, outBytes: MOST - 2n } };
  kernel.fnat.extStats = { ...kernel.fnat.extStats, dropNoRule: MOST };
  kernel.fnat.flows = () => [FLOW, { ...FLOW, protocol: 1, state: 12, remotePort: 0, fwmark: undefined }];
  kernel.fnat.zones.setCounters(({ first }) => first?.at(-1) === 101, { flows: 7, conflicts: MOST, used: 3, free: 60533 });
});
afterAll(() => rmSync(folder, { recursive: true }));

async function listed(argv: string, on = kernel): Promise<string> {
  const { status, out, err } = await runCli(on, argv, "", join(folder, "ip_vs_conn"));
  expect([status, err]).toEqual([0, ""]);
  return out;
}

/** What the schema of one listing, and of any, has against the text. */
function faults(text: string, listing: string): unknown[] {
  const value: unknown = JSON.parse(text);
  return [`listing#/$defs/${listing}`, "listing"].flatMap((reference): readonly unknown[] =>
    ajv.validate(reference, value) ? [] : (ajv.errors ?? ["?"]),
  );
}

const listings = [
  ["-L --json", "table"],
  ["-Ln --stats --exact --json", "table"],
  ["-Ln --rate --json", "table"],
  ["-L --thresholds --json", "table"],
  ["-L --persistent-conn --json", "table"],
  ["-L --tun-info --nosort --json", "table"],
  ["-L -t 10.0.0.1:80 --json", "table"],
  ["-L -f 1 -6 --json", "table"],
  ["-Lc --json", "connections"],
  ["-Lnc --persistent-conn --json", "connections"],
  ["-L --timeout --json", "timeouts"],
  ["-L --daemon --json", "daemons"],
  ["-L --ext-stats --json", "extStats"],
  ["-G --json", "zones"],
  ["-G --zone 10.1.0.0/16 --json", "zones"],
] as const;

test.each(listings)("%s is as the schema says", async (argv, listing) => {
  expect(faults(await listed(argv), listing)).toEqual([]);
});

test.each(listings.filter(([argv]) => !argv.includes(" -t ") && !argv.includes(" -f ") && !argv.includes("--zone")))(
  "%s is as the schema says when there is nothing",
  async (argv, listing) => {
    expect(faults(await listed(argv, new FakeKernel()), listing)).toEqual([]);
  },
);

test("-L --daemon --json has the synchronisation of flows, where it goes on", async () => {
  const kernel = new FakeKernel();
  kernel.fnat.sync = { ...kernel.fnat.sync, roles: 2, complete: 1, syncId: 7 };
  kernel.fnat.syncPeers = [{ node: 255n, address: Buffer.from([10, 9, 0, 2]), roles: 1, flows: 3, complete: 1, itsComplete: 0, done: 1000, lost: 2n, behind: 0, heard: 120 }];
  const text = await listed("-L --daemon --json", kernel);
  expect(faults(text, "daemons")).toEqual([]);
  expect(JSON.parse(text)).toMatchObject({ sync: { backup: true, complete: true, peers: [{ address: "10.9.0.2", flows: 3, lost: 2 }] } });
});

test("the schema takes nothing else", async () => {
  const table = await listed("-L --json");
  for (const [from, to] of [
    ['"weight": 3', '"weight": "3"'],
    ['"conns": 7', '"conns": "7"'],
    ['"scheduler": "sh"', '"sched": "sh"'],
    ['"port": 80,', '"port": 80, "fwmark": 1, "family": "ipv4",'],
    ['"pool": "1.1.2.100"', '"pool": "somewhere"'],
    ['"netmask": 64', '"netmask": "64"'],
  ] as const) {
    expect(table).toContain(from);
    expect(faults(table.replace(from, to), "table")).not.toEqual([]);
  }
  expect(faults(await listed("-L --timeout --json"), "daemons")).not.toEqual([]);
  expect(faults((await listed("-G --json")).replace('"free": 60533', '"free": -1'), "zones")).not.toEqual([]);
});

test("what columns choose is there without them", async () => {
  const all = await listed("-L --json");
  for (const columns of ["--stats", "--rate", "--thresholds", "--persistent-conn", "--tun-info", "-n"]) {
    expect(await listed(`-L ${columns} --json`)).toBe(all);
  }
});

test("64-bit counters have all their digits", async () => {
  const table = await listed("-L --json");
  expect(table).toContain('"inBytes": 18446744073709551615');
  expect(table).toContain('"outBytes": 18446744073709551613');
  expect(table).toContain('"active": 9007199254740993');
  expect(await listed("-L --ext-stats --json")).toContain('"drop-no-rule": 18446744073709551615');
});

test("the whole table says what holds it, one service does not", async () => {
  expect(JSON.parse(await listed("-L --json"))).toMatchObject({ version: "1.2.1", size: 4096 });
  expect(Object.keys(JSON.parse(await listed("-L -f 1 --json")) as object)).toEqual(["services"]);
});

test("daemons and flows have their addresses as text, and seconds", async () => {
  expect(JSON.parse(await listed("-L --daemon --json"))).toEqual({
    daemons: [
      { state: "master", mcastInterface: "eth1", syncId: 7, syncMaxlen: 1400, mcastGroup: "224.0.0.99", mcastPort: 9000, mcastTtl: 3 },
      expect.objectContaining({ state: "backup", mcastInterface: "eth2", mcastGroup: "ff02::81" }),
    ],
  });
  expect(JSON.parse(await listed("-Lc --json"))).toMatchObject({
    connections: [
      { expires: 899 }, { peName: "sip", peData: '"quoted"\\' },
      { clientPort: 53745, local: "10.9.0.1", localPort: 5000 }, { client: "2001:db8::1" },
    ],
    flows: [{ expires: 899.999, local: "1.1.2.100", fwmark: 1 }, { protocol: "ICMP", remotePort: 0 }],
  });
});

test("services with local addresses are named by what makes them", async () => {
  kernel.fnat.serviceAddresses.setCounters(Uint8Array.of(10, 9, 0, 2), { conflicts: MOST, used: 5 });
  expect(JSON.parse(await listed("-G --json"))).toMatchObject({
    serviceAddresses: [
      { protocol: "tcp", address: "10.0.0.1", port: 80, localAddresses: [{ address: "10.9.0.1" }, { used: 5 }] },
      { fwmark: 4294967295, family: "ipv4", localAddresses: [{ address: "10.9.0.1", free: 60536 }] },
    ],
  });
  expect(JSON.parse(await listed("-G -f 4294967295 --json"))).not.toHaveProperty("zones");
});

test("a zone's flow has no mark, zones are in order with their counters", async () => {
  const { flows } = JSON.parse(await listed("-Lc --json")) as { flows: object[] };
  expect(flows.map((flow) => "fwmark" in flow)).toEqual([true, false]);
  expect(await listed("-G --json")).toContain('"conflicts": 18446744073709551615');
  expect(JSON.parse(await listed("-G --json"))).toMatchObject({
    zones: [
      { network: "10.1.0.0/16", localAddresses: [{ address: "1.1.2.100", flows: 0 }, { flows: 7, used: 3, free: 60533 }] },
      { network: "::/0", localAddresses: [] },
    ],
  });
});
