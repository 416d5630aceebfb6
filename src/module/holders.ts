// SPDX-License-Identifier: GPL-2.0-only
import type { Host } from "./host.js";
import type { LoadedModule } from "./loaded.js";
import { loadedModules } from "./loaded.js";

/** What this network namespace has itself, and could give up. */
export interface OwnUse {
  readonly services: number;
  readonly daemons: number;
}

/** Modules that users of ip_vs load by themselves, and that go when nothing uses them. */
const ownUsers = /^ip_vs_/;

/**
 * Everything but this namespace's own services and daemons that keeps ip_vs
 * loaded, in words; empty when it can be unloaded once those are gone.
 */
export function holders(host: Host, loaded: LoadedModule, own: OwnUse): string[] {
  const found: string[] = [];
  const modules = loadedModules(host);
  for (const name of loaded.users) {
    const user = modules.get(name);
    if (!user || user.references === 0 || ownUsers.test(name)) continue;
    found.push(name === "xt_ipvs" ? `xt_ipvs, by ${user.references} iptables rules with "-m ipvs"` : `the module ${name}`);
  }
  const spaces = otherNamespaces(host);
  found.push(...spaces.map(({ name, services }) => `${plural(services, "service")} in ${name}`));
  const counted = spaces.reduce((sum, { services }) => sum + services, 0);
  // Schedulers and persistence engines hold it twice, by a symbol and by being registered;
  // ip_vs_ftp once more in each namespace, however many there are.
  const registered = loaded.users.filter((name) => ownUsers.test(name)).length;
  const rest = loaded.references - loaded.users.length - registered - own.services - own.daemons - counted;
  if (rest > 0 && !loaded.users.includes("ip_vs_ftp")) {
    found.push(spaces.length === 0
      ? `${rest} services or sync daemons of a network namespace that no process is in`
      : `${rest} more services or sync daemons of other network namespaces`);
  }
  return found;
}

const plural = (number: number, name: string): string => `${number} ${name}${number === 1 ? "" : "s"}`;

interface Namespace {
  readonly name: string;
  readonly services: number;
}

/** The other network namespaces that have services, each by a process or a name that it is known by. */
function otherNamespaces(host: Host): Namespace[] {
  const seen = new Set([host.link("/proc/self/ns/net")]);
  const spaces: Namespace[] = [];
  for (const pid of host.list("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    const id = host.link(`/proc/${pid}/ns/net`);
    if (id === undefined || seen.has(id)) continue;
    seen.add(id);
    const services = servicesIn(host.read(`/proc/${pid}/net/ip_vs`) ?? "");
    const command = host.read(`/proc/${pid}/comm`)?.trim();
    if (services > 0) spaces.push({ name: `the network namespace of process ${pid}${command ? ` (${command})` : ""}`, services });
  }
  for (const name of host.list("/run/netns")) {
    const { status, out } = host.run("nsenter", [`--net=/run/netns/${name}`, "sh", "-c", "readlink /proc/self/ns/net; cat /proc/net/ip_vs"]);
    const id = out.slice(0, out.indexOf("\n"));
    if (status !== 0 || seen.has(id)) continue;
    seen.add(id);
    const services = servicesIn(out);
    if (services > 0) spaces.push({ name: `the network namespace ${name}`, services });
  }
  return spaces;
}

/** Services in the text of /proc/net/ip_vs. */
const servicesIn = (text: string): number => text.split("\n").filter((line) => /^(TCP|UDP|SCTP|FWM) /.test(line)).length;
