// SPDX-License-Identifier: GPL-2.0-only
import type { IpvsClient } from "../ipvs/client.js";
import type { ModuleFacts } from "../module/facts.js";
import type { Host } from "./host.js";
import type { ClockState } from "./readers/clock.js";
import { readClock } from "./readers/clock.js";
import type { Link } from "./readers/links.js";
import { readLinks } from "./readers/links.js";
import type { PacketRule } from "./readers/netfilter.js";
import { readNetfilter } from "./readers/netfilter.js";
import type { Nic } from "./readers/nics.js";
import { readNics, readProcessors } from "./readers/nics.js";
import type { Policy, Proxy, Route } from "./readers/routes.js";
import { readPolicies, readProxies, readRoutes } from "./readers/routes.js";
import type { GatewayTable } from "./readers/table.js";
import { readGatewayTable } from "./readers/table.js";

/** What is known of the gateway. Checks look at nothing else. */
export interface Facts {
  readonly module: ModuleFacts;
  readonly table: GatewayTable;
  readonly links: readonly Link[];
  readonly routes: readonly Route[];
  readonly policies: readonly Policy[];
  readonly proxies: readonly Proxy[];
  /** Rules of iptables and nftables that are no plain filter; undefined when neither program answers. */
  readonly packetRules: readonly PacketRule[] | undefined;
  /** Of IPsec, that packets are asked about, not of sockets. */
  readonly ipsecPolicies: number;
  readonly nics: readonly Nic[];
  /** Processors that are on. */
  readonly processors: readonly number[];
  readonly clock: ClockState;
  /** Bytes that programs could still have. */
  readonly memoryAvailable: number;
  /** A number of /proc/sys by its dotted name, where a device may have dots: undefined when there is none. */
  sysctl(...path: readonly string[]): number | undefined;
}

/** Ask the machine, and the kernel's two families where there is an IPVS; none is loaded for that. */
export async function gatherFacts(host: Host, client: () => IpvsClient): Promise<Facts> {
  const module = host.module();
  const table = await readGatewayTable(module, client);
  const links = readLinks(host);
  return {
    module,
    table,
    links,
    routes: readRoutes(host),
    policies: readPolicies(host),
    proxies: readProxies(host),
    packetRules: readNetfilter(host),
    ipsecPolicies: (host.run("ip", "xfrm", "policy")?.match(/^\s*dir (in|out|fwd)\b/gm) ?? []).length,
    nics: readNics(host, links),
    processors: readProcessors(host.read("/sys/devices/system/cpu/online") ?? "0"),
    clock: readClock(host),
    memoryAvailable: 1024 * Number(/^MemAvailable:\s*(\d+)/m.exec(host.read("/proc/meminfo") ?? "")?.[1] ?? 0),
    sysctl: (...path) => {
      const text = host.read(`/proc/sys/${path.join("/")}`);
      return text === undefined || text === "" ? undefined : Number(text.split(/\s/)[0]);
    },
  };
}
