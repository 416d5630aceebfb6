// SPDX-License-Identifier: GPL-2.0-only
import type { Facts } from "../facts.js";
import type { Check, Mend } from "../finding.js";
import { mend } from "../finding.js";
import { localAddresses } from "../gateway.js";
import { shellLine, shellWord } from "../host.js";
import type { Interval } from "../intervals.js";
import { common, contains, intervalText, isCovered, prefixesOf, size, without, addressText } from "../intervals.js";
import { connectedRoutes, once } from "../ways.js";

/** Most commands of a mend that are written out. */
const MOST_COMMANDS = 64;

/** Pool and local addresses of a network that a device is in, for which nobody answers there. */
export const reachCheck: Check = {
  id: "reach",
  *examine(facts) {
    const seen = new Set<string>();
    const routed: string[] = [];
    for (const { interval, text, owner } of localAddresses(facts.table)) {
      const networks = connectedRoutes(facts).filter(({ to }) => common(to, interval));
      if (!isCovered(interval, [...networks.map(({ to }) => to), ...answeredBy(facts, interval.family)])) routed.push(text);
      for (const { to, device } of networks) {
        const lost = without(common(to, interval)!, answered(facts, interval, device!));
        const id = `${device} ${lost.map(intervalText).join(",")}`;
        if (lost.length === 0 || seen.has(id)) continue;
        seen.add(id);
        yield finding(lost, device!, owner);
      }
    }
    if (routed.length > 0) {
      yield { unknown: `${[...new Set(routed)].join(", ")}: no device is in this network, so the routers outside have to send it here; that can't be seen from here` };
    }
  },
};

function finding(lost: readonly Interval[], device: string, owner: string) {
  const names = lost.map(intervalText).join(", ");
  return {
    what: `no neighbour on ${device} will find ${names}`,
    why: `${owner} has ${lost.length === 1 && lost[0]!.first === lost[0]!.last ? "it" : "them"}, in the network of ${device}: answers come as far as the next router, which asks whose address that is, and nobody says so.`,
    // Who else has the address, such as a stand-by gateway, can't be seen: nothing is taken unasked.
    safe: false,
    mends: ways(lost, device),
    boot: "the same in the network's configuration",
  };
}

/**
 * Address or route, for IPv6 address or proxy. Linux's proxy ARP speaks only
 * for what is routed out of another device, its proxy NDP for any; a local
 * route is enough for ARP, not for NDP.
 */
function ways(lost: readonly Interval[], device: string): Mend[] {
  const four = lost[0]!.family === "ipv4";
  const single = lost.reduce((sum, interval) => sum + size(interval), 0n) <= BigInt(MOST_COMMANDS) ? lost.flatMap(each) : undefined;
  const addresses = single?.map((address) =>
    shellLine("ip", "address", "add", `${address}/${four ? 32 : 128}`, "dev", device, ...(four ? [] : ["nodad", "preferred_lft", "0"])));
  const routes = lost.flatMap(prefixesOf).map((prefix) => shellLine("ip", "route", "add", "local", prefix, "dev", "lo"));
  const proxyNdp = `sysctl -w ${shellWord(`net/ipv6/conf/${device}/proxy_ndp=1`)}`;
  const proxies = single?.map((address) => shellLine("ip", "neigh", "add", "proxy", address, "dev", device));
  const address = addresses ? [mend(four ? "or give the device the addresses" : "give the device the addresses", ...addresses)] : [];
  if (four) return [mend("take them as local ones", ...routes), ...address];
  if (proxies) return [...address, mend("or answer for them (proxy NDP)", proxyNdp, ...proxies)];
  return [mend("let the next router send the whole network here, on the router", `ip -6 route add ${prefixesOf(lost[0]!)[0]} via ADDRESS-OF-THIS-GATEWAY`)];
}

const each = ({ family, first, last }: Interval): string[] =>
  Array.from({ length: Number(last - first) + 1 }, (_, i) => addressText(family, first + BigInt(i)));

/** Addresses for which a device answers the neighbours that ask. */
function answered(facts: Facts, { family }: Interval, device: string): Interval[] {
  const own = facts.links.filter(({ name }) => name === device).flatMap(({ addresses }) => addresses.map(({ address }) => address));
  const proxies = facts.proxies.filter((proxy) => proxy.device === device).map(({ address }) => address);
  if (family === "ipv6") {
    const answers = facts.sysctl("net", "ipv6", "conf", device, "proxy_ndp") === 1 || facts.sysctl("net", "ipv6", "conf", "all", "proxy_ndp") === 1;
    return [...own, ...(answers ? proxies : [])];
  }
  const ignore = strongest(facts, device, "arp_ignore");
  // From 1 on, a device speaks for its own addresses only.
  return [...own, ...(ignore === 0 ? answeredBy(facts, "ipv4") : []), ...proxied(facts, device, proxies)];
}

/** Local routes: what this host takes as its own. */
const answeredBy = (facts: Facts, family: Interval["family"]): Interval[] => localRoutes(facts).filter((to) => to.family === family);
const localRoutes = once(({ routes }) => routes.filter(({ kind }) => kind === "local").map(({ to }) => to));

/** Proxy ARP answers for what is routed out of another device: for all of it, or for single addresses. */
function proxied(facts: Facts, device: string, proxies: readonly Interval[]): Interval[] {
  const own = connectedRoutes(facts).filter((route) => route.device === device);
  const elsewhere = connectedRoutes(facts).filter((route) => route.device !== device && own.some(({ to }) => contains(to, route.to))).map(({ to }) => to);
  return strongest(facts, device, "proxy_arp") > 0 ? elsewhere : proxies.filter((proxy) => elsewhere.some((to) => contains(to, proxy)));
}

function strongest(facts: Facts, device: string, name: string): number {
  return Math.max(...["all", device].map((scope) => facts.sysctl("net", "ipv4", "conf", scope, name) ?? 0));
}
