// SPDX-License-Identifier: GPL-2.0-only
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ModuleFacts } from "../../src/module/facts.js";
import type { Host } from "../../src/doctor/index.js";

const recorded = (name: string): string => readFileSync(join(__dirname, "../recorded", name), "utf8");

const ip = (words: string, name: string): [string, string] => [`ip ${words}`, recorded(name)];

/** Files of a gateway with two processors on which nothing is wrong; /proc/sys by dotted names below. */
const FILES: Readonly<Record<string, string>> = {
  "/proc/meminfo": "MemTotal:  1000000 kB\nMemAvailable:   500000 kB",
  "/sys/devices/system/cpu/online": "0-1",
  "/proc/sys/net/ipv4/ip_forward": "1",
  "/proc/sys/net/ipv6/conf/all/forwarding": "1",
  "/proc/sys/net/ipv4/vs/fullnat_lport_min": "5000",
  "/proc/sys/net/ipv4/vs/fullnat_lport_max": "65535",
};

/**
 * A machine in memory. Its network is what ip(8) printed on a gateway: eth0
 * 192.168.40.1, eth1 1.1.2.2 with pool addresses .100 and .101, eth2 1.1.3.2;
 * the same in 2001:db8:{40,2,3}::, with ::100. Change programs and files at will.
 */
export class FakeMachine implements Host {
  /** What programs print, by their command line. */
  readonly programs = new Map<string, string>([
    ip("-j address show", "address.json"),
    ...["4", "6"].flatMap((family) => [
      ip(`-${family} -j route show table all`, `route${family}.json`),
      ip(`-${family} -j rule show`, `rule${family}.json`),
      ip(`-${family} -j neigh show proxy`, `proxy${family}.json`),
    ]),
    ["iptables-save", ""],
    ["ip6tables-save", ""],
    ["nft -j list ruleset", '{"nftables": []}'],
  ]);
  readonly files = new Map(Object.entries(FILES));
  readonly folders = new Map<string, readonly string[]>();
  moduleState: Partial<ModuleFacts> = {};
  /** Lines that the shell was given; `refuse` fails those that it has words for. */
  readonly lines: string[] = [];
  refuse: (line: string) => string | undefined = () => undefined;

  run(program: string, ...words: readonly string[]): string | undefined {
    return this.programs.get([program, ...words].join(" "));
  }

  module(): ModuleFacts {
    const file = { path: "/lib/modules/6.1/updates/ip_vs.ko", version: "0.1.0", parameters: [], depends: [], origin: "tsipvsadm" as const };
    const loaded = { origin: "tsipvsadm" as const, version: "0.1.0", users: [], references: 0 };
    return { version: "0.1.0", kernel: "6.1.0-56-amd64", running: true, lines: ["6.1", "6.12"], supported: true, loaded, file, state: "ours", signatureRequired: false, ...this.moduleState };
  }

  read(path: string): string | undefined {
    return this.files.get(path);
  }

  list(path: string): readonly string[] {
    return this.folders.get(path) ?? [];
  }

  /** echo to a file and sysctl -w are carried out; of others only the line is kept. */
  shell(line: string): string | undefined {
    this.lines.push(line);
    const error = this.refuse(line);
    if (error !== undefined) return error;
    const echo = /^echo (\S+) >(\S+)$/.exec(line);
    if (echo) this.files.set(echo[2]!, echo[1]!);
    const sysctl = /^sysctl -w (\S+)=(\S+)$/.exec(line);
    if (sysctl) this.files.set(`/proc/sys/${sysctl[1]!.includes("/") ? sysctl[1]! : sysctl[1]!.replaceAll(".", "/")}`, sysctl[2]!);
    return undefined;
  }

  /** The JSON of ip's addresses or routes, changed. */
  edit(words: string, change: (entries: Array<Record<string, unknown>>) => Array<Record<string, unknown>>): void {
    const entries = JSON.parse(this.programs.get(`ip ${words}`)!) as Array<Record<string, unknown>>;
    this.programs.set(`ip ${words}`, JSON.stringify(change(entries)));
  }

  /** A network card on eth1's place, with the interrupts of so many queues at processor 0. */
  card(queues: number): void {
    const folder = "/sys/class/net/eth1";
    const names = (prefix: string) => Array.from({ length: queues }, (_, i) => `${prefix}-${i}`);
    const numbers = Array.from({ length: queues + 1 }, (_, i) => String(30 + i));
    const { ifindex } = (JSON.parse(this.programs.get("ip -j address show")!) as Array<Record<string, unknown>>).find(({ ifname }) => ifname === "eth1")!;
    this.files.set(`${folder}/ifindex`, String(ifindex));
    this.folders.set(`${folder}/device`, ["driver"]).set(`${folder}/device/msi_irqs`, numbers).set(`${folder}/queues`, [...names("rx"), ...names("tx")]);
    for (const name of names("rx")) this.files.set(`${folder}/queues/${name}/rps_cpus`, "0");
    for (const name of names("tx")) this.files.set(`${folder}/queues/${name}/xps_cpus`, "0");
    for (const number of numbers) this.files.set(`/proc/irq/${number}/smp_affinity_list`, "0-1").set(`/proc/irq/${number}/effective_affinity_list`, "0");
    const rows = numbers.map((number, i) => ` ${number}:   12  0  PCI-MSI  ${i === 0 ? "eth1-event-0" : `eth1-TxRx-${i - 1}`}`);
    this.files.set("/proc/interrupts", ["      CPU0  CPU1", ...rows].join("\n"));
    this.programs.set("ethtool -k eth1", "Features for eth1:\ngeneric-receive-offload: on\n");
  }
}
