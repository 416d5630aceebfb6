// SPDX-License-Identifier: GPL-2.0-only
import type { Host } from "../host.js";
import type { Link } from "./links.js";

/** An interrupt by which packets come, and the processors that may take it. */
export interface Interrupt {
  readonly number: string;
  readonly processors: readonly number[];
}

/** A queue by its folder in /sys, with its mask of processors. */
export interface Queue {
  readonly path: string;
  /** RPS or XPS of it names a processor. */
  readonly spread: boolean;
}

/** A network device of hardware, or what the hypervisor shows as such. */
export interface Nic {
  readonly name: string;
  readonly up: boolean;
  readonly interrupts: readonly Interrupt[];
  readonly receive: readonly Queue[];
  readonly send: readonly Queue[];
  /** Generic receive offload: "fixed" can't be changed, undefined is not known. */
  readonly gro: "on" | "off" | "fixed" | undefined;
}

/** Those of this namespace: /sys may be another's, where a device of the same name is another one. */
export function readNics(host: Host, links: readonly Link[]): Nic[] {
  const interrupts = host.read("/proc/interrupts") ?? "";
  return links.flatMap(({ name, index, up }) => {
    const folder = `/sys/class/net/${name}`;
    if (host.read(`${folder}/ifindex`) !== String(index) || host.list(`${folder}/device`).length === 0) return [];
    return [{
      name,
      up,
      interrupts: readInterrupts(host, folder, interrupts),
      receive: readQueues(host, folder, "rx-", "rps_cpus"),
      send: readQueues(host, folder, "tx-", "xps_cpus"),
      gro: readGro(host.run("ethtool", "-k", name)),
    }];
  });
}

/** Interrupts that have to do with something other than packets that come. */
const OTHER = /config|event|async|fdir|misc|control|mgm|admin|-?aq|output|\btx\b|-tx-?\d/i;

function readInterrupts(host: Host, folder: string, table: string): Interrupt[] {
  // A virtio device has its interrupts at the PCI device that carries it.
  const found = [`${folder}/device`, `${folder}/device/..`].map((path) => host.list(`${path}/msi_irqs`)).find((list) => list.length > 0);
  const names = new Map([...table.matchAll(/^\s*(\d+):.*?(\S+)$/gm)].map(([, number, name]) => [number!, name!]));
  const used = (found ?? []).filter((number) => names.has(number));
  const receiving = used.filter((number) => !OTHER.test(names.get(number)!));
  return (receiving.length > 0 ? receiving : used).map((number) => ({
    number,
    processors: readAffinity(host, number),
  }));
}

/**
 * Of the processors allowed, those that take it. What was written last holds from
 * the next interrupt on, which an idle card may not have had yet.
 */
function readAffinity(host: Host, number: string): number[] {
  const [allowed, taking] = ["smp_affinity_list", "effective_affinity_list"].map((name) => readProcessors(host.read(`/proc/irq/${number}/${name}`) ?? ""));
  const both = taking!.filter((processor) => allowed!.includes(processor));
  return both.length > 0 ? both : allowed!;
}

function readQueues(host: Host, folder: string, prefix: string, mask: string): Queue[] {
  return host.list(`${folder}/queues`).filter((name) => name.startsWith(prefix)).map((name) => {
    const path = `${folder}/queues/${name}/${mask}`;
    return { path, spread: /[1-9a-f]/.test(host.read(path) ?? "") };
  });
}

function readGro(features: string | undefined): Nic["gro"] {
  const state = /^generic-receive-offload: (on|off)( \[fixed\])?/m.exec(features ?? "");
  if (!state) return undefined;
  return state[2] === undefined ? (state[1] as "on" | "off") : "fixed";
}

/** The kernel's lists of processors: 0-3,8. */
export function readProcessors(text: string): number[] {
  return text.split(",").filter((part) => part !== "").flatMap((part) => {
    const [first = 0, last = first] = part.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}
