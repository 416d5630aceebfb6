// SPDX-License-Identifier: GPL-2.0-only
// What connections, flows and tables have left.
import { commands, report, said } from "../../helpers/doctor.js";
import type { FakeMachine } from "../../helpers/fake-machine.js";
import type { FakeKernel } from "../../helpers/fake-kernel.js";

test("FULLNAT servers without a local address: this host's own towards them is offered", async () => {
  const service = (server: string) => ["-A -t 1.1.2.2:80 -s rr", `-a -t 1.1.2.2:80 -r ${server}:80 -b`];
  const near = await report(service("192.168.40.2"));
  expect(said(near)).toEqual(["fullnat-addresses: the service -t 1.1.2.2:80 has a FULLNAT server and no local address"]);
  expect(commands(near)).toEqual(["tsipvsadm -P -t 1.1.2.2:80 -z 192.168.40.1"]);
  expect(commands(await report(service("8.8.2.9")))).toEqual(["tsipvsadm -P -t 1.1.2.2:80 -z 1.1.3.2"]);
  expect(said(await report([...service("192.168.40.2"), "-P -t 1.1.2.2:80 -z 192.168.40.1"]))).toEqual([]);
  expect(said(await report(["-A -t 1.1.2.2:80 -s rr", "-a -t 1.1.2.2:80 -r 192.168.40.2:80 -m"]))).toEqual([]);
});

describe("exhaustion", () => {
  const zone = ["-A -u 0.0.0.0:0 -s rr", "-K --zone 10.0.0.0/8", "-P --zone 10.0.0.0/8 -z 1.1.2.100-1.1.2.101"];
  const used = (first: number, second: number) => (_host: FakeMachine, kernel: FakeKernel) => {
    kernel.fnat.zones.setCounters((laddr) => laddr.first?.at(-1) === 100, { used: first, free: 100 - first });
    kernel.fnat.zones.setCounters((laddr) => laddr.first?.at(-1) === 101, { used: second, free: 100 - second });
  };

  test("the addresses of a zone count together", async () => {
    expect(said(await report(zone, used(100, 59)))).toEqual([]);
    const found = await report(zone, used(100, 60));
    expect(said(found)).toEqual(["exhaustion: the local addresses of the zone 10.0.0.0/8 have nearly no port left: 160 of 200 are in use towards one remote"]);
    expect(commands(found)).toEqual(["sysctl -w net.ipv4.vs.fullnat_lport_min=1024 net.ipv4.vs.fullnat_lport_max=65535"]);
    expect(commands(found, 1)).toEqual(["tsipvsadm -P --zone 10.0.0.0/8 -z FIRST-LAST"]);
    expect(said(await report(zone, used(100, 100)))[0]).toContain("have no port left: 200 of 200");
  });

  const flow = (remote: number, i: number) => ({
    af: 2, protocol: 17, state: 12, client: Uint8Array.of(10, 0, 0, 1), clientPort: i, local: Uint8Array.of(1, 1, 2, 100 + (i & 1)),
    localPort: i, remote: Uint8Array.of(8, 8, 8, remote), remotePort: 53, expires: 1000, fwmark: 1,
  });
  const rule = ["-A -f 1 -s snat_sched", "-K -f 1 -F 10.0.0.0/8 -U 1.1.2.100-1.1.2.101"];
  const flows = (remotes: number) => (host: FakeMachine, kernel: FakeKernel) => {
    host.files.set("/proc/sys/net/ipv4/vs/fullnat_lport_max", "5009");
    kernel.fnat.setStats(() => true, { inactive: 18n });
    kernel.fnat.flows = () => Array.from({ length: 18 }, (_, i) => flow(i % remotes, i));
  };

  test("a pool's flows are counted towards each remote", async () => {
    expect(said(await report(rule, flows(1)))).toEqual([
      "exhaustion: the pool of `-K -f 1 -F 10.0.0.0/8' has nearly no port left: 18 of 20 are in use towards one remote",
    ]);
    expect(said(await report(rule, flows(2)))).toEqual([]);
  });

  test("flows are not gone through where they are too few to matter", async () => {
    const calm = await report(rule, (_host, kernel) => {
      kernel.fnat.setStats(() => true, { inactive: 90_000n });
      kernel.fnat.flows = () => { throw new Error("asked"); };
    });
    expect(calm.findings).toEqual([]);
  });
});

describe("tables", () => {
  const info = (values: object) => (_host: FakeMachine, kernel: FakeKernel) => void (kernel.fnat.info = { ...kernel.fnat.info, ...values });

  test("flow_max is near: twice as many, when the memory is there", async () => {
    const found = await report([], info({ flowsTotal: 80_000, flowsMax: 100_000, buckets: 65536 }));
    expect(said(found)).toEqual(["tables: there are 80000 flows, and flow_max is 100000"]);
    expect(commands(found)).toEqual(["echo 200000 >/sys/module/ip_vs/parameters/flow_max"]);
    expect(found.findings[0]).toMatchObject({ safe: true, mends: [{ how: "let there be twice as many: at most 23 MiB more" }] });
    expect((await report([], info({ flowsTotal: 80_000_000, flowsMax: 80_000_000, buckets: 2 ** 26 }))).findings[0]!.safe).toBe(false);
    expect(said(await report([], info({ flowsTotal: 79_999, flowsMax: 100_000, buckets: 65536 })))).toEqual([]);
  });

  test("few buckets for many flows", async () => {
    const found = await report([], info({ flowsTotal: 3000, flowsMax: 100_000, buckets: 1024 }));
    expect(said(found)).toEqual(["tables: the flow table has 1024 buckets for 3000 flows"]);
    expect(commands(found)).toEqual(["tsipvsadm module set flow_tab_bits=13", "tsipvsadm module reload"]);
  });

  describe("kernels whose connection table grows", () => {
    const line = ["-A -t 1.1.2.2:80 -s rr", "-a -t 1.1.2.2:80 -r 192.168.40.2:80 -m"];
    const busy = (active: number, connTabSize: number, sysctls: Readonly<Record<string, number>>) => (host: FakeMachine, kernel: FakeKernel) => {
      for (const [name, value] of Object.entries(sysctls)) host.files.set(`/proc/sys/net/ipv4/vs/${name}`, `${value}\n`);
      kernel.ipvs.connTabSize = connTabSize;
      for (const { servers } of kernel.ipvs.services.values()) {
        for (const [id, server] of servers) servers.set(id, { ...server, activeConns: active });
      }
    };

    test("conn_max is near", async () => {
      const found = await report(line, busy(800, 1024, { conn_max: 1000, conn_lfactor: -4 }));
      expect(said(found)).toEqual(["tables: there are 800 connections in this namespace, and its conn_max is 1000"]);
      expect(commands(found)).toEqual(["sysctl -w net.ipv4.vs.conn_max=2000"]);
      expect(said(await report(line, busy(799, 1024, { conn_max: 1000, conn_lfactor: -4 })))).toEqual([]);
    });

    test("it is kept small by conn_lfactor, or by conn_tab_bits", async () => {
      const kept = await report(line, busy(800, 256, { conn_max: 2 ** 30, conn_lfactor: 3 }));
      expect(said(kept)).toEqual(["tables: IPVS's connection table has 256 buckets for 800 connections, and conn_lfactor is 3"]);
      expect(commands(kept)).toEqual(["sysctl -w net.ipv4.vs.conn_lfactor=-2"]);
      const full = await report(line, busy(800, 256, { conn_max: 2 ** 30, conn_lfactor: -4 }));
      expect(commands(full)).toEqual(["tsipvsadm module set conn_tab_bits=11", "tsipvsadm module reload"]);
    });
  });
});
