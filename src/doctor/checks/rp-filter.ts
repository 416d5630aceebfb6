// SPDX-License-Identifier: GPL-2.0-only
import { mend, type Check } from "../finding.js";
import type { Facts } from "../facts.js";
import { allRules, ruleText } from "../gateway.js";
import { everything, overlap, ofPrefix, type Interval } from "../intervals.js";
import { liveRoutes, nextHopDevice } from "../ways.js";
import { shellWord } from "../host.js";

const STRICT = 1;

/** Strict reverse-path filtering on a device where answers come in, though the way back is by another. IPv4 only: IPv6 has no such sysctl. */
export const rpFilterCheck: Check = {
  id: "rp-filter",
  *examine(facts) {
    const all = facts.sysctl("net", "ipv4", "conf", "all", "rp_filter") ?? 0;
    for (const [device, why] of asymmetricDevices(facts)) {
      const own = facts.sysctl("net", "ipv4", "conf", device, "rp_filter") ?? 0;
      if (Math.max(all, own) !== STRICT) continue;
      const name = `net/ipv4/conf/${device}/rp_filter`;
      yield {
        what: `strict reverse-path filtering on ${device}, an uplink that packets come in by though their way back is another`,
        why: `${why}; the kernel drops what comes in by ${device} from there, without a word.`,
        mends: [mend("take what comes from anywhere that there is a route to (loose filtering)", `sysctl -w ${shellWord(`${name}=2`)}`)],
        safe: true,
        boot: `${name} = 2 in a file of /etc/sysctl.d/`,
      };
    }
  },
};

/** Devices by which answers come that routing would send back by others, each with the reason. */
function asymmetricDevices(facts: Facts): Map<string, string> {
  const found = new Map<string, string>();
  for (const [service, rule] of allRules(facts.table)) {
    if (service.family !== "ipv4" || !rule.newGw) continue;
    const device = nextHopDevice(facts, rule);
    if (device === undefined || found.has(device)) continue;
    const back = mainDevices(facts, rule.key.to ? ofPrefix(rule.key.to) : everything("ipv4"));
    if (back.size === 0 || (back.size === 1 && back.has(device))) continue;
    found.set(device, `${ruleText(service, rule)} sends by ${device} (-N) what routing would send by ${[...back].filter((other) => other !== device).join(", ")}`);
  }
  for (const device of sparedDefaults(facts)) {
    if (!found.has(device)) found.set(device, `${device} has a default route, but the best one is by another device`);
  }
  return found;
}

/** Devices of the main table's best routes to some of the addresses; the connected ones lead to neighbours only. */
function mainDevices(facts: Facts, to: Interval): Set<string> {
  const routes = liveRoutes(facts).filter((route) => route.table === "main" && route.kind === "unicast" && route.gateway && overlap(route.to, to));
  return new Set(routes.map(({ device }) => device!).filter(Boolean));
}

/** Devices with a default route that is not the main table's best, and is not chosen by the source either, which would hold for the way back as well. */
function sparedDefaults(facts: Facts): Set<string> {
  const defaults = liveRoutes(facts).filter(({ kind, to, gateway }) => kind === "unicast" && gateway && to.family === "ipv4" && to.first === 0n && to.last === everything("ipv4").last);
  const best = Math.min(...defaults.filter(({ table }) => table === "main").map(({ metric }) => metric));
  const bestDevices = new Set(defaults.filter(({ table, metric }) => table === "main" && metric === best).map(({ device }) => device));
  const chosen = facts.policies.filter(({ family, bySource, byOther }) => family === "ipv4" && byOther && !bySource).map(({ table }) => table);
  const spared = defaults.filter(({ table, device }) => (table === "main" || chosen.includes(table)) && !bestDevices.has(device));
  return new Set(spared.flatMap(({ device }) => device ?? []));
}
