// SPDX-License-Identifier: GPL-2.0-only
import type { Random } from "./random.js";

/** Names from a world so small that two random tables have much in common. */
const keys = ["-t 10.9.0.1:80", "-t 10.9.0.1:0", "-u 10.9.0.1:80", "-u [2001:db8::1]:53", "--sctp-service 10.8.0.1:9", "-f 5", "-f 6 -6"];
const v4Servers = ["10.7.0.1", "10.7.0.2", "10.7.0.3"];
const v6Servers = ["[2001:db8:7::1]", "[2001:db8:7::2]"];
const prefixes = ["0.0.0.0/0", "10.1.0.0/16", "10.1.1.0/24"];
const prefixes6 = ["::/0", "2001:db8:1::/48", "2001:db8:1:1::/64"];

/** The lines of a random table, as -R and apply take them: services, local addresses, servers, rules, zones, now and then timeouts and daemons. */
export function randomTable(random: Random): string[] {
  const mixed = random.below(2) === 1;
  const some = <T>(choices: readonly T[]) => choices.filter(() => random.below(2) === 1);
  const lines: string[] = [];
  for (const key of some(keys)) {
    lines.push(`-A ${key}${serviceOptions(random, key)}`);
    lines.push(...localAddresses(random, key), ...servers(random, key, mixed));
  }
  for (const six of some(["", " -6"])) {
    const mark = random.pick([1, 2]);
    if (random.below(2) === 1) lines.push(`-A -f ${3 - mark}${six} -s rr`);
    if (random.below(4) === 0) continue;
    lines.push(`-A -f ${mark}${six} -s snat_sched`);
    for (const from of some(six ? prefixes6 : prefixes)) lines.push(...rules(random, `-f ${mark}${six}`, from, six !== ""));
  }
  for (const six of [false, true]) lines.push(...zones(random, six));
  if (random.below(3) === 0) lines.push(`--set ${random.pick([0, 800, 900])} ${random.pick([0, 110])} ${random.pick([0, 310])}`);
  // Daemons don't run beside servers of another family than their service's.
  if (mixed) return [...lines, "--stop-daemon master", "--stop-daemon backup"];
  if (random.below(3) === 0) lines.push(`--start-daemon master --mcast-interface eth0 --syncid ${random.below(3)}${random.pick(["", " --mcast-ttl 3"])}`);
  if (random.below(3) === 0) lines.push(`--start-daemon backup --mcast-interface eth1${random.pick(["", " --mcast-group 239.0.0.1"])}`);
  return lines;
}

function serviceOptions(random: Random, key: string): string {
  const scheduler = random.pick([" -s rr", " -s wlc", " -s sh", " -s sh -b sh-port", " -s sh -b flag-2,sh-fallback", " -s mh -b flag-3", ""]);
  const six = key.includes("[") || key.endsWith("-6");
  const masks = six ? ["", " -M 64", " -M 128"] : ["", " -M 255.255.0.0", " -M 255.255.255.255"];
  const persistent = [" -p", " -p 360", " -p 50"].map((option) => `${option}${random.pick(masks)}${random.pick(["", " --pe sip"])}`);
  const persistence = key.endsWith(":0") ? random.pick(persistent) : random.pick(["", "", ...persistent]);
  return scheduler + persistence + (key.startsWith("-u") ? random.pick(["", " -o"]) : "");
}

function servers(random: Random, key: string, mixed: boolean): string[] {
  const six = key.includes("[") || key.endsWith("-6");
  const addresses = [...(six ? v6Servers : v4Servers), ...(mixed ? (six ? v4Servers : v6Servers) : [])];
  return addresses.flatMap((address) => {
    if (random.below(2) === 0) return [];
    const foreign = six !== address.startsWith("[");
    const method = foreign ? tunnel(random) : random.pick([" -m", " -b", " -g", "", tunnel(random)]);
    const port = method === " -m" || method === " -b" ? random.pick([":80", ":8080"]) : "";
    const limits = random.pick(["", " -x 10", " -x 10 -y 5"]);
    const host = port === "" ? address.replace(/[[\]]/g, "") : address;
    return [`-a ${key} -r ${host}${port}${method}${random.pick(["", " -w 0", " -w 5"])}${limits}`];
  });
}

/** Of a service, some of a few ranges. */
function localAddresses(random: Random, key: string): string[] {
  const six = key.includes("[") || key.endsWith("-6");
  const host = (last: number) => (six ? `2001:db8:8::${last}` : `1.1.8.${last}`);
  return [1, 4, 7].flatMap((n) => (random.below(3) === 0 ? [`-P ${key} -z ${host(n)}-${host(n + random.below(3))}`] : []));
}

function tunnel(random: Random): string {
  return ` -i${random.pick(["", " --tun-type ipip", " --tun-type gre", " --tun-type gre --tun-csum", " --tun-type gue --tun-port 6080", " --tun-type gue --tun-port 6080 --tun-nocsum"])}`;
}

/** Zones in a random order, each behind those before it or before one of them. */
function zones(random: Random, six: boolean): string[] {
  const lines: string[] = [];
  const there: string[] = [];
  const networks = six ? [...prefixes6, "2001:db8:2::/48"] : [...prefixes, "10.2.0.0/16"];
  for (let left = networks; left.length > 0; ) {
    const network = random.pick(left);
    left = left.filter((one) => one !== network);
    if (random.below(3) === 0) continue;
    const before = there.length > 0 && random.below(2) === 1 ? ` --before ${random.pick(there)}` : "";
    lines.push(`-K --zone ${network}${before}`);
    there.push(network);
    for (const n of [1, 4, 7]) {
      const host = (last: number) => (six ? `2001:db8:9::${last}` : `1.1.9.${last}`);
      if (random.below(2) === 1) lines.push(`-P --zone ${network} -z ${host(n)}-${host(n + random.below(3))}`);
    }
  }
  return lines;
}

function rules(random: Random, service: string, from: string, six: boolean): string[] {
  const hop = (n: number) => (six ? `2001:db8:${n}::1` : `1.1.${n}.1`);
  const pool = (n: number) => (six ? `[2001:db8:${n}::100]-[2001:db8:${n}::110]` : `1.1.${n}.100-1.1.${n}.110`);
  const matches = ["", ` -T ${six ? prefixes6[0] : prefixes[0]}`, ` -W ${hop(2)}`, ` -W ${hop(2)} --oif eth1`, " --oif eth1", ` -T ${hop(9)}`];
  const chosen = new Map<string, string>();
  for (const match of matches.filter(() => random.below(3) === 0)) {
    const options = `${random.pick(["", " -O sdh", " -O sh"])}${random.pick(["", ` -N ${hop(3)}`, ` -N ${six ? "fe80::1" : hop(3)}%eth2`])}${random.pick(["", " -b"])}`;
    // What matches everything is the same rule as one that does not say so.
    chosen.set(match.startsWith(` -T ${six ? "::/0" : "0.0.0.0/0"}`) ? "" : match, `-K ${service} -F ${from}${match} -U ${pool(random.pick([2, 3]))}${options}`);
  }
  return [...chosen.values()];
}
