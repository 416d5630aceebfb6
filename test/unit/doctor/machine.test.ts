// SPDX-License-Identifier: GPL-2.0-only
// The machine: module, packet filter, network cards.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { examine } from "../../../src/doctor/index.js";
import { GATEWAY, commands, report, said } from "../../helpers/doctor.js";
import { FakeMachine } from "../../helpers/fake-machine.js";

describe("module", () => {
  /** The report on a machine without IPVS, where asking for it would load one. */
  const without = (state: FakeMachine["moduleState"]) => {
    const host = new FakeMachine();
    const { loaded, ...rest } = host.module();
    expect(loaded).toBeDefined();
    host.module = () => ({ ...rest, state: "none", ...state });
    return examine(host, () => { throw new Error("asked"); });
  };
  const stockFile = { path: "/lib/modules/6.1/kernel/ip_vs.ko", parameters: [], depends: [], origin: "stock" as const };

  test("absent: what is installed is loaded, what is not is built; nobody asks IPVS", async () => {
    const found = await without({});
    expect(said(found)).toEqual(["module: there is no IPVS in the kernel"]);
    expect([found.findings[0]!.safe, commands(found)]).toEqual([true, ["tsipvsadm module load"]]);
    const stock = await without({ file: stockFile });
    expect(stock.findings[0]!.why).toContain("modprobe would load the distribution's");
    expect([stock.findings[0]!.safe, commands(stock)]).toEqual([false, ["tsipvsadm module install", "tsipvsadm module load"]]);
  });

  test("a kernel without patches, or with IPVS built in: another kernel", async () => {
    const found = await without({ supported: false, file: stockFile });
    expect(found.findings[0]!.mends[0]).toEqual({ how: "boot a kernel of the distribution that there are patches for: 6.1, 6.12", commands: ["apt-get install linux-image-amd64"] });
    const built = await report([], (host) => void (host.moduleState = { state: "built in", loaded: { origin: "built in", users: [], references: 0 } }));
    expect([said(built), commands(built)]).toEqual([["module: this kernel has the stock ip_vs built in"], ["apt-get install linux-image-amd64"]]);
  });

  test("stock, or an older build: swapped, but not unasked", async () => {
    const stock = { state: "stock", loaded: { origin: "stock", users: ["ip_vs_rr"], references: 1 } } as const;
    const found = await report([], (host) => void (host.moduleState = stock));
    expect([said(found), found.findings[0]!.safe, commands(found)]).toEqual([["module: the loaded ip_vs is the stock module"], false, ["tsipvsadm module reload"]]);
    expect(commands(await report([], (host) => void (host.moduleState = { ...stock, file: stockFile })))).toEqual(["tsipvsadm module install", "tsipvsadm module reload"]);
    const older = await report([], (host) => void (host.moduleState = { state: "ours but older" }));
    expect([said(older), commands(older)]).toEqual([["module: the loaded ip_vs is another build than the one here"], ["tsipvsadm module reload"]]);
  });
});

describe("packet-filter", () => {
  const recorded = (name: string) => readFileSync(join(__dirname, "../../recorded", name), "utf8");
  const with4 = (text: string) => (host: FakeMachine) => void host.programs.set("iptables-save", text);

  test("iptables: what concerns the inner side, each with the command that deletes it", async () => {
    const found = await report(GATEWAY, with4(recorded("iptables.txt")));
    expect(found.findings.map(({ mends }) => mends[0]!.commands[0])).toEqual([
      "iptables -t mangle -D POSTROUTING -m conntrack --ctstate INVALID -j DROP",
      `iptables -t nat -D POSTROUTING -s 192.168.0.0/16 -o eth1 -m comment --comment 'old "way" $(out)' -j MASQUERADE`,
    ]);
    expect(found.findings.map(({ safe }) => safe)).not.toContain(true);
  });

  test("nftables: the same, but for what concerns others", async () => {
    const found = await report(GATEWAY, (host) => host.programs.set("nft -j list ruleset", recorded("nftables.json")));
    expect(found.findings.map(({ what }) => what.replace(/ handle \d+/, ""))).toEqual([
      "nftables: `ip old after' translates sources that rules or zones translate",
      "nftables: `inet strict out' decides by connection state behind the routing",
      "nftables: `inet strict back' translates sources that rules or zones translate",
    ]);
    expect(commands(found)).toEqual([expect.stringMatching(/^nft delete rule ip old after handle \d+$/)]);
  });

  test("iptables in nftables is told once, by its own program", async () => {
    const rule = { family: "ip", table: "nat", chain: "POSTROUTING", handle: 4, expr: [{ masquerade: null }] };
    const both = (host: FakeMachine) => {
      with4("*nat\n-A POSTROUTING -j MASQUERADE\n")(host);
      host.programs.set("nft -j list ruleset", JSON.stringify({ nftables: [{ rule }] }));
    };
    expect(said(await report(GATEWAY, both))).toHaveLength(1);
    expect(said(await report(GATEWAY, (host) => { both(host); host.programs.delete("iptables-save"); host.programs.delete("ip6tables-save"); }))).toEqual([
      "packet-filter: nftables: `ip nat POSTROUTING handle 4' translates sources that rules or zones translate",
    ]);
  });

  test("legacy iptables beside the new one", async () => {
    const found = await report(GATEWAY, (host) => {
      host.files.set("/proc/net/ip_tables_names", "nat");
      host.programs.set("iptables-legacy-save", "*nat\n-A POSTROUTING -j MASQUERADE\n");
    });
    expect(commands(found)).toEqual(["iptables-legacy -t nat -D POSTROUTING -j MASQUERADE"]);
  });

  test.each([
    ["another network", "*nat\n-A POSTROUTING -s 172.17.0.0/16 -j MASQUERADE"],
    ["a port sent elsewhere", "*nat\n-A PREROUTING -d 1.1.2.2/32 -p tcp --dport 80 -j DNAT --to-destination 192.168.40.2"],
    ["names asked of a resolver here", "*nat\n-A PREROUTING -i eth0 -p udp --dport 53 -j REDIRECT --to-ports 53"],
    ["marks of connections", "*mangle\n-A PREROUTING -j CONNMARK --restore-mark"],
    ["a plain filter", "*filter\n-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A FORWARD -s 192.168.40.9/32 -j DROP"],
    ["this host's own packets", "*nat\n-A OUTPUT -d 8.8.8.8/32 -j DNAT --to-destination 9.9.9.9"],
  ])("nothing to do with it: %s", async (_name, text) => {
    expect(said(await report(GATEWAY, with4(text)))).toEqual([]);
  });

  test("IPv6's rules concern IPv6", async () => {
    const six = (host: FakeMachine) => host.programs.set("ip6tables-save", "*nat\n-A POSTROUTING -j MASQUERADE\n");
    expect(said(await report(GATEWAY, six))).toEqual([]);
    expect(said(await report(["-A -f 1 -6 -s snat_sched", "-K -f 1 -6 -F ::/0 -U [2001:db8:2::100]"], six))).toHaveLength(1);
  });

  test("without either program it is said that it can't be known", async () => {
    const { findings, unknown } = await report(GATEWAY, (host) => host.programs.forEach((_, name) => /tables|nft/.test(name) && host.programs.delete(name)));
    expect(findings).toEqual([]);
    expect(unknown.map(({ check }) => check)).toEqual(["packet-filter"]);
  });
});

describe("tracking", () => {
  const off = (host: FakeMachine) => void host.files.set("/proc/sys/net/ipv4/vs/snat_conntrack", "0");
  const with4 = (...lines: string[]) => (host: FakeMachine) => void host.programs.set("iptables-save", lines.join("\n"));
  const stateful = ["*filter", "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"];

  test("flows without entries, and rules that go by them", async () => {
    const found = await report(GATEWAY, (host) => { off(host); with4(...stateful)(host); });
    expect(said(found)).toEqual([
      "tracking: net.ipv4.vs.snat_conntrack is 0, and iptables: `-t filter -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT' goes by tracked connections",
    ]);
    expect([found.findings[0]!.safe, commands(found)]).toEqual([true, ["sysctl -w net.ipv4.vs.snat_conntrack=1"]]);
  });

  test.each([
    ["a mark that is kept", "*mangle\n-A PREROUTING -j CONNMARK --restore-mark"],
    ["connections counted, in a chain of another's", "*filter\n-A ufw-user-forward -p tcp -m connlimit --connlimit-above 3 -j REJECT"],
  ])("%s", async (_name, text) => {
    expect(said(await report(GATEWAY, (host) => { off(host); with4(text)(host); }))).toHaveLength(1);
  });

  test.each([
    ["nftables' state", { match: { op: "in", left: { ct: { key: "state" } }, right: ["established"] } }],
    ["nftables' mark", { mangle: { key: { meta: { key: "mark" } }, value: { ct: { key: "mark" } } } }],
    ["nftables' count", { "ct count": { val: 3, inv: true } }],
  ])("%s", async (_name, expr) => {
    const rule = { family: "inet", table: "own", chain: "forward", handle: 4, expr: [expr] };
    expect(said(await report(GATEWAY, (host) => { off(host); host.programs.set("nft -j list ruleset", JSON.stringify({ nftables: [{ rule }] })); }))).toEqual([
      "tracking: net.ipv4.vs.snat_conntrack is 0, and nftables: `inet own forward handle 4' goes by tracked connections",
    ]);
  });

  test("no word with entries, or where such rules are for the host itself or other networks", async () => {
    expect(said(await report(GATEWAY, with4(...stateful)))).toEqual([]);
    for (const line of ["-A INPUT -m conntrack --ctstate NEW -j DROP", "-A FORWARD -s 172.17.0.0/16 -m conntrack --ctstate NEW -j DROP"]) {
      expect(said(await report(GATEWAY, (host) => { off(host); with4("*filter", line)(host); }))).toEqual([]);
    }
  });

  test("a table that is nearly full", async () => {
    const entries = (count: string, most: string) => (host: FakeMachine) => {
      host.files.set("/proc/sys/net/netfilter/nf_conntrack_count", count);
      host.files.set("/proc/sys/net/netfilter/nf_conntrack_max", most);
    };
    const found = await report(GATEWAY, entries("800", "1000"));
    expect(said(found)).toEqual(["tracking: connection tracking has 800 entries, and nf_conntrack_max is 1000"]);
    expect([found.findings[0]!.safe, commands(found)]).toEqual([true, ["sysctl -w net.netfilter.nf_conntrack_max=2000"]]);
    expect(said(await report(GATEWAY, entries("799", "1000")))).toEqual([]);
    expect(said(await report(GATEWAY, entries("799", "0")))).toEqual([]);
    expect((await report(GATEWAY, entries("8000000", "8000000"))).findings[0]!.safe).toBe(false);
  });
});

describe("mss", () => {
  const narrowed = (mtu: number) => (host: FakeMachine) => {
    host.files.set("/proc/sys/net/ipv4/vs/mss_clamp", "0");
    const links = JSON.parse(host.programs.get("ip -j address show")!) as Array<Record<string, unknown>>;
    for (const link of links) if (link["ifname"] === "eth2") link["mtu"] = mtu;
    host.programs.set("ip -j address show", JSON.stringify(links));
  };

  test("nobody tells of a narrow link", async () => {
    const found = await report(GATEWAY, narrowed(1492));
    expect(said(found)).toEqual(["mss: net.ipv4.vs.mss_clamp is 0, and eth2 takes packets of 1492 bytes, peth2 of 1500"]);
    expect([found.findings[0]!.safe, commands(found)]).toEqual([true, ["sysctl -w net.ipv4.vs.mss_clamp=1"]]);
    expect(said(await report(GATEWAY, narrowed(1500)))).toEqual([]);
    expect(said(await report(GATEWAY, (host) => { narrowed(1492)(host); host.files.set("/proc/sys/net/ipv4/vs/mss_clamp", "1"); }))).toEqual([]);
  });
});

describe("network cards", () => {
  test("the interrupts of several queues at one processor: one each, and a sending queue with it", async () => {
    const found = await report([], (host) => host.card(2));
    expect(said(found)).toEqual(["interrupts: all interrupts of eth1 go to processor 0, of 2"]);
    expect(commands(found)).toEqual([
      "echo 0 >/proc/irq/31/smp_affinity_list", "echo 1 >/proc/irq/32/smp_affinity_list",
      "echo 1 >/sys/class/net/eth1/queues/tx-0/xps_cpus", "echo 2 >/sys/class/net/eth1/queues/tx-1/xps_cpus",
    ]);
    expect(commands(found, 1).slice(0, 2)).toEqual(["echo 3 >/sys/class/net/eth1/queues/rx-0/rps_cpus", "echo 3 >/sys/class/net/eth1/queues/rx-1/rps_cpus"]);
  });

  test("one queue: RPS, with a mask for any number of processors", async () => {
    const found = await report([], (host) => { host.card(1); host.files.set("/sys/devices/system/cpu/online", "0-3,32-35"); });
    expect(commands(found)).toEqual(["echo f,0000000f >/sys/class/net/eth1/queues/rx-0/rps_cpus"]);
    expect(found.findings[0]!.safe).toBe(true);
  });

  test.each<[string, (host: FakeMachine) => void]>([
    ["interrupts that are spread", (host) => host.files.set("/proc/irq/32/effective_affinity_list", "1")],
    ["interrupts that will be, from the next on", (host) => host.files.set("/proc/irq/32/smp_affinity_list", "1")],
    ["RPS", (host) => host.files.set("/sys/class/net/eth1/queues/rx-0/rps_cpus", "0000,00000003")],
    ["one processor", (host) => host.files.set("/sys/devices/system/cpu/online", "0")],
    ["a device of another namespace's /sys", (host) => host.files.set("/sys/class/net/eth1/ifindex", "777")],
  ])("well: %s", async (_name, change) => {
    expect(said(await report([], (host) => { host.card(2); change(host); }))).toEqual([]);
  });

  test("GRO off, fixed, and not known", async () => {
    const gro = (text: string) => report([], (host) => { host.card(2); host.files.set("/proc/irq/32/effective_affinity_list", "1"); host.programs.set("ethtool -k eth1", text); });
    const off = await gro("generic-receive-offload: off\n");
    expect(said(off)).toEqual(["gro: generic receive offload (GRO) of eth1 is off"]);
    expect([off.findings[0]!.safe, commands(off)]).toEqual([true, ["ethtool -K eth1 gro on"]]);
    expect(await gro("generic-receive-offload: off [fixed]\n")).toEqual({ findings: [], unknown: [] });
    expect((await gro("")).unknown.map(({ check }) => check)).toEqual(["gro"]);
  });
});
