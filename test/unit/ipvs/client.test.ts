// SPDX-License-Identifier: GPL-2.0-only
import type { IpAddress } from "../../../src/model/address.js";
import type { Daemon } from "../../../src/model/daemon.js";
import type { Server } from "../../../src/model/server.js";
import type { Service, ServiceKey } from "../../../src/model/service.js";
import type { Rule } from "../../../src/model/snat-rule.js";
import * as abi from "../../../src/ipvs/abi/ipvs.js";
import { decode } from "../../../src/netlink/index.js";
import { FakeKernel } from "../../helpers/fake-kernel.js";

const v4 = (...bytes: number[]): IpAddress => ({ family: "ipv4", bytes: Uint8Array.from(bytes) });
const v6 = (last: number): IpAddress => ({
  family: "ipv6",
  bytes: Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last),
});

const web: ServiceKey = { kind: "address", protocol: "tcp", address: v4(10, 0, 0, 1), port: 80 };
const snat = { kind: "fwmark", family: "ipv4", fwmark: 1 } as const;
const zero = {
  conns: 0n,
  inPkts: 0n,
  outPkts: 0n,
  inBytes: 0n,
  outBytes: 0n,
  cps: 0n,
  inPps: 0n,
  outPps: 0n,
  inBps: 0n,
  outBps: 0n,
};
const server: Server = { address: v4(10, 1, 0, 1), port: 8080, method: "masq", weight: 1, upper: 0, lower: 0 };
const rule: Rule = {
  key: { from: { address: v4(192, 168, 40, 0), length: 24 }, gw: v4(1, 1, 2, 1), oif: "eth1" },
  pool: { first: v4(1, 1, 2, 100), last: v4(1, 1, 2, 110) },
  algo: "random",
};

const services: ReadonlyArray<readonly [string, Service]> = [
  ["plain TCP", { key: web, scheduler: "rr" }],
  ["UDP and IPv6", { key: { kind: "address", protocol: "udp", address: v6(1), port: 53 }, scheduler: "wlc" }],
  ["SCTP with one packet", { key: { ...web, protocol: "sctp" }, scheduler: "sh", onePacket: true }],
  ["persistence with a mask", { key: web, scheduler: "rr", persistent: 360, netmask: v4(255, 255, 255, 0) }],
  ["IPv6 persistence with a mask", { key: { kind: "fwmark", family: "ipv6", fwmark: 7 }, scheduler: "rr", persistent: 5, netmask: 64 }],
  ["persistence engine", { key: web, scheduler: "rr", persistent: 300, peName: "sip" }],
  ["scheduler flags", { key: web, scheduler: "mh", schedFlags: [false, true, true] }],
  ["the largest mark", { key: { kind: "fwmark", family: "ipv4", fwmark: 0xffffffff }, scheduler: "snat_sched" }],
];

test.each(services)("a service comes back as it went: %s", async (_, service) => {
  const client = new FakeKernel().client();
  await client.addService(service);
  const listed = { ...service, stats: zero };
  expect(await client.services()).toEqual([listed]);
  expect(await client.service(service.key)).toEqual(listed);
  await client.deleteService(service.key);
  expect(await client.services()).toEqual([]);
});

test("ports and addresses go out in network byte order, full unions", async () => {
  const kernel = new FakeKernel();
  await kernel.client().addService({ key: web, scheduler: "rr" });
  const { attributes } = kernel.requests.at(-1)!;
  const text = Buffer.from(attributes).toString("hex");
  expect(text).toContain("14000300" + "0a000001" + "00".repeat(12));
  expect(text).toContain("06000400" + "0050");
  expect(decode(abi.commandAttributes, attributes).service).toMatchObject({ af: 2, protocol: 6, netmask: 0xffffffff });
});

test("editing changes scheduler and flags", async () => {
  const client = new FakeKernel().client();
  await client.addService({ key: web, scheduler: "rr", onePacket: true });
  await client.editService({ key: web, scheduler: "wrr", persistent: 10 });
  expect(await client.services()).toEqual([{ key: web, scheduler: "wrr", persistent: 10, stats: zero }]);
});

const servers: ReadonlyArray<readonly [string, Server]> = [
  ["masquerading", server],
  ["FULLNAT with thresholds", { ...server, method: "fullnat", weight: 65535, upper: 200, lower: 100 }],
  ["direct routing, weight 0", { ...server, method: "route", weight: 0 }],
  ["IPIP", { ...server, method: "tunnel", tunnel: { type: "ipip" } }],
  ["GUE", { ...server, method: "tunnel", tunnel: { type: "gue", port: 6080, checksum: "remcsum" } }],
  ["GRE", { ...server, method: "tunnel", tunnel: { type: "gre", checksum: "csum" } }],
  ["IPv6 behind an IPv4 service", { ...server, address: v6(9), method: "tunnel", tunnel: { type: "ipip" } }],
];

test.each(servers)("a real server comes back as it went: %s", async (_, given) => {
  const client = new FakeKernel().client();
  await client.addService({ key: web, scheduler: "rr" });
  await client.addServer(web, given);
  const listed = { ...given, active: 0, inactive: 0, persistent: 0, stats: zero };
  expect(await client.servers(web)).toEqual([listed]);
  await client.editServer(web, { ...given, weight: 3 });
  expect(await client.servers(web)).toEqual([{ ...listed, weight: 3 }]);
  await client.deleteServer(web, given);
  expect(await client.servers(web)).toEqual([]);
});

test("counters are exact to 64 bits", async () => {
  const kernel = new FakeKernel();
  const client = kernel.client();
  await client.addService({ key: web, scheduler: "rr" });
  const [fake] = kernel.ipvs.services.values();
  fake!.values = { ...fake!.values, stats64: { ...zero, inBytes: 0xffffffffffffffffn, conns: (1n << 53n) + 1n } };
  const { stats } = await client.service(web);
  expect(stats).toEqual({ ...zero, inBytes: 0xffffffffffffffffn, conns: (1n << 53n) + 1n });
  await client.zero(web);
  expect((await client.service(web)).stats).toEqual(zero);
  fake!.values = { ...fake!.values, stats64: { ...zero, conns: 1n } };
  await client.zero();
  expect((await client.service(web)).stats).toEqual(zero);
});

test("flush empties the tables", async () => {
  const client = new FakeKernel().client();
  await client.addService({ key: web, scheduler: "rr" });
  await client.flush();
  expect(await client.services()).toEqual([]);
});

test("info, timeouts and daemons", async () => {
  const client = new FakeKernel().client();
  expect(await client.info()).toEqual({ version: [1, 2, 1], connTabSize: 4096 });
  await client.setTimeouts({ tcp: 7200, tcpFin: 0, udp: 30 });
  expect(await client.timeouts()).toEqual({ tcp: 7200, tcpFin: 120, udp: 30 });
  const master: Daemon = { state: "master", mcastInterface: "eth0", syncId: 5 };
  const backup: Daemon = {
    state: "backup",
    mcastInterface: "eth1",
    syncId: 6,
    syncMaxlen: 1400,
    mcastGroup: v6(3),
    mcastPort: 8848,
    mcastTtl: 1,
  };
  await client.startDaemon(master);
  await client.startDaemon(backup);
  expect(await client.daemons()).toEqual([master, backup]);
  await client.stopDaemon(master);
  expect(await client.daemons()).toEqual([backup]);
});

test("rules come back in match order, service by service", async () => {
  const client = new FakeKernel().client();
  const six = { kind: "fwmark", family: "ipv6", fwmark: 1 } as const;
  const wide: Rule = {
    key: { from: { address: v4(192, 168, 0, 0), length: 16 }, to: { address: v4(8, 0, 0, 0), length: 8 } },
    pool: { first: v4(1, 1, 3, 100), last: v4(1, 1, 3, 100) },
    algo: "sdh",
    newGw: v4(1, 1, 3, 1),
  };
  const nat66: Rule = {
    key: { from: { address: v6(0), length: 64 } },
    pool: { first: v6(0x10), last: v6(0x20) },
    algo: "sh", newGw: v6(0x30), newOif: "eth1",
  };
  await client.addService({ key: snat, scheduler: "snat_sched" });
  await client.addService({ key: six, scheduler: "snat_sched" });
  await client.addRule(snat, wide);
  await client.addRule(snat, rule);
  await client.addRule(six, nat66);
  const entry = (one: Rule) => ({ ...one, stats: zero, active: 0n, inactive: 0n });
  expect(await client.rules(snat)).toEqual([{ service: snat, rules: [entry(rule), entry(wide)] }]);
  const all = await client.rules();
  expect(all).toHaveLength(2);
  expect(all.find(({ service }) => service.family === "ipv6")).toEqual({ service: six, rules: [entry(nat66)] });
  await client.editRule(snat, { ...rule, algo: "sh" });
  await client.deleteRule(snat, wide.key);
  expect(await client.rules(snat)).toEqual([{ service: snat, rules: [entry({ ...rule, algo: "sh" })] }]);
});

test("a rule's counters", async () => {
  const kernel = new FakeKernel();
  const client = kernel.client();
  await client.addService({ key: snat, scheduler: "snat_sched" });
  await client.addRule(snat, rule);
  kernel.fnat.setStats(({ oif }) => oif === "eth1", { conns: 3n, active: 2n, inactive: 1n });
  const [group] = await client.rules();
  expect(group?.rules[0]).toMatchObject({ stats: { ...zero, conns: 3n }, active: 2n, inactive: 1n });
});

test("flows stream: a million of them are never held at once", async () => {
  const kernel = new FakeKernel();
  let made = 0;
  kernel.fnat.flows = function* () {
    for (; made < 1_000_000; made++) {
      yield {
        af: 2,
        protocol: 6,
        state: 3,
        client: Uint8Array.of(192, 168, 40, 9),
        clientPort: 4000,
        local: Uint8Array.of(1, 1, 2, 100),
        localPort: 0x1234,
        remote: Uint8Array.of(8, 8, 8, 8),
        remotePort: 443,
        expires: 59_000,
        fwmark: 1,
      };
    }
  };
  const client = kernel.client();
  let seen = 0;
  for await (const page of client.flows()) {
    if (seen === 0) {
      expect(page[Symbol.iterator]().next().value).toEqual({
        protocol: "TCP",
        state: "SYN_RECV",
        client: v4(192, 168, 40, 9),
        clientPort: 4000,
        local: v4(1, 1, 2, 100),
        localPort: 0x1234,
        remote: v4(8, 8, 8, 8),
        remotePort: 443,
        expires: 59_000,
        fwmark: 1,
      });
    }
    for (const { localPort } of page) seen += localPort === 0x1234 ? 1 : 0;
    if (seen > 5000) break;
  }
  expect(made).toBeLessThan(5200);
  expect(kernel.sockets.at(-1)?.closed).toBe(true);
});

test("another request may go out while flows stream", async () => {
  const kernel = new FakeKernel();
  const flow = { af: 10, protocol: 58, state: 12, client: v6(1).bytes, clientPort: 1, local: v6(2).bytes, localPort: 2 };
  kernel.fnat.flows = () => Array.from({ length: 100 }, () => ({ ...flow, remote: v6(3).bytes, remotePort: 0, expires: 1, fwmark: 1 }));
  const client = kernel.client();
  await client.addService({ key: web, scheduler: "rr" });
  const kinds = new Set<string>();
  for await (const page of client.flows()) {
    for (const { protocol, state } of page) kinds.add(`${protocol} ${state}`);
    expect(await client.services()).toHaveLength(1);
  }
  expect([...kinds]).toEqual(["ICMPv6 ICMP"]);
});

test("extended statistics keep the spec's names and order", async () => {
  const kernel = new FakeKernel();
  kernel.fnat.extStats = { ...kernel.fnat.extStats, dropNoRule: 1n << 60n };
  const counters = await kernel.client().extStats();
  expect(counters[0]).toEqual(["flow-new", 0n]);
  expect(counters).toContainEqual(["drop-no-rule", 1n << 60n]);
  expect(counters).toHaveLength(50);
});

test("what the module says of itself", async () => {
  expect(await new FakeKernel().client().moduleInfo()).toMatchObject({ abi: 5, features: 31, version: "0.1.0" });
});
