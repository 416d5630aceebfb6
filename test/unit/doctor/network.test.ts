// SPDX-License-Identifier: GPL-2.0-only
// The network around the gateway: what ip prints, with one thing broken.
import { GATEWAY, commands, report, said } from "../../helpers/doctor.js";
import type { FakeMachine } from "../../helpers/fake-machine.js";

test("nothing is found on a healthy gateway", async () => {
  expect(await report(GATEWAY)).toEqual({ findings: [], unknown: [] });
});

test("an empty table needs nothing of the host", async () => {
  const bare = await report([], (host) => {
    host.files.set("/proc/sys/net/ipv4/ip_forward", "0");
    host.programs.set("iptables-save", "*nat\n-A POSTROUTING -j MASQUERADE\n");
  });
  expect(bare).toEqual({ findings: [], unknown: [] });
});

describe("forwarding", () => {
  const off = (host: FakeMachine) => {
    host.files.set("/proc/sys/net/ipv4/ip_forward", "0");
    host.files.set("/proc/sys/net/ipv6/conf/all/forwarding", "0");
  };

  test("off for the family that has rules", async () => {
    const found = await report(GATEWAY, off);
    expect(said(found)).toEqual(["forwarding: net.ipv4.ip_forward is 0"]);
    expect(found.findings[0]).toMatchObject({ safe: true, boot: "net.ipv4.ip_forward = 1 in a file of /etc/sysctl.d/" });
    expect(commands(found)).toEqual(["sysctl -w net.ipv4.ip_forward=1"]);
  });

  test("masquerading needs it, FULLNAT and direct routing do not", async () => {
    expect(said(await report(["-A -t 1.1.2.2:80 -s rr", "-a -t 1.1.2.2:80 -r 192.168.40.2:80 -g", "-P -t 1.1.2.2:80 -z 192.168.40.1", "-a -t 1.1.2.2:80 -r 192.168.40.3:80 -b"], off))).toEqual([]);
    expect(said(await report(["-A -t [2001:db8:2::2]:80 -s rr", "-a -t [2001:db8:2::2]:80 -r [2001:db8:40::2]:80 -m"], off))).toEqual(["forwarding: net.ipv6.conf.all.forwarding is 0"]);
  });
});

describe("rp-filter", () => {
  const strict = (host: FakeMachine, device: string) => host.files.set(`/proc/sys/net/ipv4/conf/${device}/rp_filter`, "1");
  const rule = ["-A -f 1 -s snat_sched", "-K -f 1 -F 192.168.40.0/24 -N 1.1.3.1 -U 1.1.3.2"];

  test("strict where -N sends by another uplink than routing does", async () => {
    const found = await report(rule, (host) => strict(host, "eth2"));
    expect(said(found)[0]).toMatch(/^rp-filter: strict reverse-path filtering on eth2/);
    expect(commands(found)).toEqual(["sysctl -w net/ipv4/conf/eth2/rp_filter=2"]);
    expect(found.findings).toHaveLength(1);
  });

  test("the setting of all devices counts, loose filtering is well", async () => {
    expect(said(await report(rule, (host) => strict(host, "all")))).toHaveLength(1);
    expect(said(await report(rule, (host) => strict(host, "all") && host.files.set("/proc/sys/net/ipv4/conf/eth2/rp_filter", "2")))).toEqual([]);
  });

  test("a default route for some sources is the way back of the same; a spare one is not", async () => {
    expect(said(await report(GATEWAY, (host) => strict(host, "eth2")))).toEqual([]);
    const spare = { dst: "default", gateway: "1.1.3.1", dev: "eth2", metric: 100, flags: [] };
    const found = await report(GATEWAY, (host) => strict(host, "eth2") && host.edit("-4 -j route show table all", (routes) => [...routes, spare]));
    expect(said(found)[0]).toMatch(/^rp-filter: .* on eth2/);
    const marked = await report(GATEWAY, (host) => strict(host, "eth2") && host.edit("-4 -j rule show", (rules) => [...rules, { priority: 9, src: "all", fwmark: "0x7", table: "7" }]));
    expect(said(marked)[0]).toMatch(/^rp-filter: .* on eth2/);
  });
});

describe("reach", () => {
  const pool = (range: string, six = "") => [`-A -f 1 ${six} -s snat_sched`, `-K -f 1 ${six} -F ${six ? "2001:db8:40::/64" : "192.168.40.0/24"} -U ${range}`];

  test("addresses of a connected network that nobody has: routes, addresses, proxies, none of them unasked", async () => {
    const found = await report(pool("1.1.2.100-1.1.2.104"));
    expect(said(found)).toEqual(["reach: no neighbour on eth1 will find 1.1.2.102-1.1.2.104"]);
    expect(found.findings[0]!.safe).toBe(false);
    expect(commands(found)).toEqual(["ip route add local 1.1.2.102/31 dev lo", "ip route add local 1.1.2.104/32 dev lo"]);
    expect(commands(found, 1)[0]).toBe("ip address add 1.1.2.102/32 dev eth1");
    expect(found.findings[0]!.mends).toHaveLength(2);
  });

  test("a proxy entry answers: for IPv4 for what is routed elsewhere, for IPv6 when the device is told to", async () => {
    const elsewhere = { dst: "1.1.2.192/28", dev: "eth0", scope: "link", flags: [] };
    expect(said(await report(pool("1.1.2.200")))).toEqual(["reach: no neighbour on eth1 will find 1.1.2.200"]);
    const routed = await report(pool("1.1.2.200"), (host) => host.edit("-4 -j route show table all", (routes) => [...routes, elsewhere]));
    expect(said(routed).filter((text) => text.includes("on eth1"))).toEqual([]);
    expect(said(await report(pool("[2001:db8:2::200]", "-6")))).toEqual(["reach: no neighbour on eth1 will find 2001:db8:2::200"]);
    expect(said(await report(pool("[2001:db8:2::200]", "-6"), (host) => host.files.set("/proc/sys/net/ipv6/conf/eth1/proxy_ndp", "1")))).toEqual([]);
  });

  test("a local route answers for IPv4, unless arp_ignore wants the device's own; for IPv6 it does not", async () => {
    const local = (dst: string) => (routes: Array<Record<string, unknown>>) => [...routes, { type: "local", dst, dev: "lo", table: "local", flags: [] }];
    const four = (host: FakeMachine) => host.edit("-4 -j route show table all", local("1.1.2.128/28"));
    expect(said(await report(pool("1.1.2.130"), four))).toEqual([]);
    expect(said(await report(pool("1.1.2.130"), (host) => { four(host); host.files.set("/proc/sys/net/ipv4/conf/all/arp_ignore", "1"); }))).toHaveLength(1);
    expect(said(await report(pool("[2001:db8:2::300]", "-6"), (host) => host.edit("-6 -j route show table all", local("2001:db8:2::300"))))).toHaveLength(1);
  });

  test("local addresses of zones and services are looked at; the same twice is one finding", async () => {
    const found = await report([
      "-A -t 0.0.0.0:0 -s rr", "-K --zone 192.168.60.0/24", "-P --zone 192.168.60.0/24 -z 1.1.3.9",
      "-A -t 1.1.2.2:80 -s rr", "-P -t 1.1.2.2:80 -z 192.168.40.9", "-A -t 1.1.2.2:81 -s rr", "-P -t 1.1.2.2:81 -z 192.168.40.9",
    ]);
    expect(said(found)).toEqual(["reach: no neighbour on eth2 will find 1.1.3.9", "reach: no neighbour on eth0 will find 192.168.40.9"]);
  });

  test("a network that no device is in is for the routers outside to know", async () => {
    const { findings, unknown } = await report(pool("5.5.5.5"));
    expect(findings).toEqual([]);
    expect(unknown).toEqual([{ check: "reach", unknown: expect.stringContaining("5.5.5.5: no device is in this network") as string }]);
  });

  test("65,536 addresses of IPv6 are no 65,536 commands", async () => {
    const found = await report(pool("[2001:db8:2::1:0]-[2001:db8:2::1:ffff]", "-6"));
    expect(commands(found)).toEqual(["ip -6 route add 2001:db8:2::1:0/112 via ADDRESS-OF-THIS-GATEWAY"]);
  });
});

describe("routes", () => {
  const rule = (words: string) => ["-A -f 1 -s snat_sched", `-K -f 1 -F 192.168.40.0/24 ${words} -U 1.1.2.100`];

  test.each(["", "-W 1.1.2.1", "-W 1.1.3.1 --oif eth2", "--oif eth0"])("one that a route has: %s", async (words) => {
    expect(said(await report(rule(words)))).toEqual([]);
  });

  test("a next hop that no route has: a table of its own, with a number that is free", async () => {
    const found = await report(rule("-W 1.1.3.9"));
    expect(said(found)).toEqual(["routes: `-K -f 1 -F 192.168.40.0/24 -W 1.1.3.9' matches no packet: no route leads by 1.1.3.9"]);
    expect(commands(found)).toEqual(["ip route add default via 1.1.3.9 dev eth2 table 100", "ip rule add from 192.168.40.0/24 table 100"]);
    expect(commands(found, 1)).toEqual(["tsipvsadm -H -f 1 -F 192.168.40.0/24 -W 1.1.3.9"]);
  });

  test("the right next hop by the wrong device, and a next hop that is nowhere: only deleting is left", async () => {
    expect(commands(await report(rule("-W 1.1.2.1 --oif eth2")))).toEqual(["tsipvsadm -H -f 1 -F 192.168.40.0/24 -W 1.1.2.1 --oif eth2"]);
    expect(commands(await report(rule("-W 7.7.7.7")))).toEqual(["tsipvsadm -H -f 1 -F 192.168.40.0/24 -W 7.7.7.7"]);
  });

  test("a device that is down, without a carrier, or gone", async () => {
    const flagged = (...flags: string[]) => report(rule("--oif eth2"), (host) =>
      host.edit("-j address show", (links) => links.map((link) => (link["ifname"] === "eth2" ? { ...link, flags } : link))));
    const down = await flagged("BROADCAST");
    expect(said(down)).toEqual([expect.stringContaining("matches no packet: eth2 is down")]);
    expect(commands(down)).toEqual(["ip link set eth2 up"]);
    const unplugged = await flagged("NO-CARRIER", "BROADCAST", "UP");
    expect(said(unplugged)).toEqual([expect.stringContaining("matches no packet: eth2 has no carrier: its cable is out")]);
    expect(unplugged.findings[0]!.mends.map(({ how }) => how)).toEqual(["delete the rule"]);
    const gone = await report(rule("--oif eth2"), (host) => host.edit("-j address show", (links) => links.filter(({ ifname }) => ifname !== "eth2")));
    expect(said(gone)).toEqual([expect.stringContaining("there is no device eth2")]);
  });

  test("-N has to be a neighbour", async () => {
    const found = await report(rule("-N 1.1.9.1"));
    expect(said(found)).toEqual(["routes: `-K -f 1 -F 192.168.40.0/24' sends by -N 1.1.9.1, which is no neighbour"]);
    expect(commands(found)).toEqual(["tsipvsadm -k -f 1 -F 192.168.40.0/24 -U 1.1.2.100 -O sdh"]);
  });

  test("-N with a device is a neighbour there, if the device is up", async () => {
    expect(said(await report(rule("-N 1.1.9.1%eth2")))).toEqual([]);
    const gone = await report(rule("-N 1.1.9.1%eth2"), (host) => host.edit("-j address show", (links) => links.filter(({ ifname }) => ifname !== "eth2")));
    expect(said(gone)).toEqual(["routes: `-K -f 1 -F 192.168.40.0/24' sends by -N 1.1.9.1%eth2, which is no neighbour"]);
  });

  test("-N of a route that has it onlink is a neighbour", async () => {
    const found = await report(rule("-N 1.1.9.1"), (host) =>
      host.edit("-4 -j route show table all", (routes) => [...routes, { dst: "default", gateway: "1.1.9.1", dev: "eth2", metric: 9, flags: ["onlink"] }]));
    expect(said(found).filter((text) => text.startsWith("routes"))).toEqual([]);
  });
});

test("IPsec policies: no fast path, unless that is switched off anyway", async () => {
  const policies = (fast: string) => (host: FakeMachine) => {
    host.programs.set("ip xfrm policy", "src 10.0.0.0/24 dst 10.1.0.0/24 \n\tdir out priority 0 \nsrc ::/0 dst ::/0 \n\tsocket in priority 0 \nsrc 10.1.0.0/24 dst 10.0.0.0/24 \n\tdir fwd priority 0 \n");
    host.files.set("/proc/sys/net/ipv4/vs/fast_response_xmit", fast);
  };
  expect(said(await report(GATEWAY, policies("1")))).toEqual(["ipsec: there are 2 IPsec policies in this namespace"]);
  expect(said(await report(GATEWAY, policies("0")))).toEqual([]);
  expect(said(await report([], policies("1")))).toEqual([]);
});
