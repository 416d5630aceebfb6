// SPDX-License-Identifier: GPL-2.0-only
import type { VerbId } from "./verbs.js";

/** One way to write an option. */
export interface Flag {
  readonly long: string;
  readonly short?: string;
  /** Name of the argument, when it takes one. */
  readonly arg?: string;
  /** The argument may be left out. */
  readonly optional?: true;
  /** The words that the argument can be; several of them, with commas between, when `list`. */
  readonly values?: readonly string[];
  readonly list?: true;
  readonly help: string;
}

/** An option as ipvsadm's messages name it; several flags may say the same thing. */
export interface Option {
  readonly name: string;
  readonly flags: readonly Flag[];
  /** Verbs that can't do without it, that may have it, that may have only one option of this kind. */
  readonly need?: readonly VerbId[];
  readonly may?: readonly VerbId[];
  readonly alone?: readonly VerbId[];
  /** May be said again, and with any verb. */
  readonly anywhere?: true;
}

const service: readonly VerbId[] = ["add-service", "edit-service"];
const server: readonly VerbId[] = ["add-server", "edit-server"];
const rule: readonly VerbId[] = ["add-snat", "edit-snat"];
const anyRule: readonly VerbId[] = [...rule, "delete-snat"];
const laddr: readonly VerbId[] = ["add-laddr", "del-laddr"];
const list: readonly VerbId[] = ["list"];
const start: readonly VerbId[] = ["start-daemon"];

/**
 * THE table of options: parser, checks and help derive from it. The order is
 * ipvsadm's own, because it decides which of several errors is reported.
 */
export const options: readonly Option[] = [
  { name: "numeric", may: ["list", "save"],
    flags: [{ long: "numeric", short: "n", help: "numeric addresses and ports" }] },
  { name: "connection", alone: list,
    flags: [{ long: "connection", short: "c", help: "list connections and SNAT flows" }] },
  { name: "service-address", alone: [...list, ...laddr, "get-laddr"], may: ["zero"],
    need: [...service, "delete-service", ...server, "delete-server", ...anyRule],
    flags: [
      { long: "tcp-service", short: "t", arg: "HOST[:PORT]", help: "TCP service" },
      { long: "udp-service", short: "u", arg: "HOST[:PORT]", help: "UDP service" },
      { long: "sctp-service", arg: "HOST[:PORT]", help: "SCTP service" },
      { long: "fwmark-service", short: "f", arg: "MARK", help: "firewall mark, above zero; names an SNAT service" },
    ] },
  { name: "scheduler", may: service,
    flags: [{ long: "scheduler", short: "s", arg: "SCHEDULER",
      values: ["rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed", "nq", "fo", "ovf", "mh", "snat_sched"],
      help: "rr, wrr, lc, wlc (default), lblc, lblcr, dh, sh, sed, nq, fo, ovf, mh, or snat_sched for an SNAT gateway" }] },
  { name: "persistent", may: service,
    flags: [{ long: "persistent", short: "p", arg: "SECONDS", optional: true, help: "persistent service (default 360)" }] },
  { name: "netmask", may: service,
    flags: [{ long: "netmask", short: "M", arg: "MASK", help: "granularity of persistence: IPv4 mask or IPv6 prefix length" }] },
  { name: "real-server", need: [...server, "delete-server"],
    flags: [{ long: "real-server", short: "r", arg: "HOST[:PORT]", help: "real server" }] },
  { name: "forwarding-method", may: server,
    flags: [
      { long: "gatewaying", short: "g", help: "direct routing (default)" },
      { long: "ipip", short: "i", help: "tunnelling" },
      { long: "masquerading", short: "m", help: "masquerading (NAT)" },
    ] },
  { name: "weight", may: server, flags: [{ long: "weight", short: "w", arg: "N", help: "weight (default 1)" }] },
  { name: "u-threshold", may: server,
    flags: [{ long: "u-threshold", short: "x", arg: "N", help: "upper threshold of connections" }] },
  { name: "l-threshold", may: server,
    flags: [{ long: "l-threshold", short: "y", arg: "N", help: "lower threshold of connections" }] },
  { name: "mcast-interface", may: start,
    flags: [{ long: "mcast-interface", arg: "DEVICE", help: "multicast interface (default eth0)" }] },
  { name: "timeout", alone: list, flags: [{ long: "timeout", help: "show the timeouts" }] },
  { name: "daemon", alone: list, flags: [{ long: "daemon", help: "show the sync daemons" }] },
  { name: "stats", may: list, flags: [{ long: "stats", help: "show counters" }] },
  { name: "rate", may: list, flags: [{ long: "rate", help: "show rates per second" }] },
  { name: "thresholds", may: list, flags: [{ long: "thresholds", help: "show connection thresholds" }] },
  { name: "persistent-conn", may: list,
    flags: [{ long: "persistent-conn", help: "show persistent connections; with -c, the persistence engine's data" }] },
  { name: "nosort", may: list, flags: [{ long: "nosort", help: "list in the kernel's order" }] },
  { name: "syncid", may: ["list", "start-daemon", "stop-daemon"],
    flags: [{ long: "syncid", arg: "ID", help: "sync identity, 0 to 255 (default 0)" }] },
  { name: "exact", may: list, flags: [{ long: "exact", short: "X", help: "counters without K, M, G" }] },
  { name: "ops", may: service, flags: [{ long: "ops", short: "o", help: "one-packet scheduling" }] },
  { name: "pe", may: service, flags: [{ long: "pe", arg: "ENGINE", values: ["sip"], help: "persistence engine: sip" }] },
  { name: "sched-flags", may: service,
    flags: [{ long: "sched-flags", short: "b", arg: "FLAGS", list: true,
      values: ["flag-1", "flag-2", "flag-3", "sh-fallback", "sh-port", "mh-fallback", "mh-port"],
      help: "with -A, -E: flag-1, flag-2, flag-3, sh-fallback, sh-port, mh-fallback, mh-port" }] },
  { name: "mcast-group", may: start,
    flags: [{ long: "mcast-group", arg: "ADDRESS", help: "multicast group (default 224.0.0.81)" }] },
  { name: "mcast-port", may: start, flags: [{ long: "mcast-port", arg: "PORT", help: "UDP port (default 8848)" }] },
  { name: "mcast-ttl", may: start, flags: [{ long: "mcast-ttl", arg: "TTL", help: "multicast TTL (default 1)" }] },
  { name: "sync-maxlen", may: start,
    flags: [{ long: "sync-maxlen", arg: "BYTES", help: "longest sync message (default by MTU)" }] },
  { name: "tun-info", may: list, flags: [{ long: "tun-info", help: "show tunnels" }] },
  { name: "tun-type", may: server,
    flags: [{ long: "tun-type", arg: "TYPE", values: ["ipip", "gue", "gre"],
      help: "tunnel type: ipip (default), gue, gre" }] },
  { name: "tun-port", may: server, flags: [{ long: "tun-port", arg: "PORT", help: "destination port of gue" }] },
  { name: "tun-nocsum", may: server, flags: [{ long: "tun-nocsum", help: "tunnel without checksum (default)" }] },
  { name: "tun-csum", may: server, flags: [{ long: "tun-csum", help: "tunnel with checksum" }] },
  { name: "tun-remcsum", may: server, flags: [{ long: "tun-remcsum", help: "tunnel with remote checksum offload" }] },
  { name: "from", need: anyRule,
    flags: [{ long: "from", short: "F", arg: "PREFIX", help: "source prefix; an address alone is a host" }] },
  { name: "to", may: anyRule, flags: [{ long: "to", short: "T", arg: "PREFIX", help: "destination prefix" }] },
  { name: "gw", may: anyRule, flags: [{ long: "gw", short: "W", arg: "ADDRESS[%DEVICE]", help: "next hop that the route has" }] },
  { name: "oif", may: anyRule, flags: [{ long: "oif", arg: "DEVICE", help: "output device that the route has" }] },
  { name: "snat-ip", need: rule,
    flags: [{ long: "snat-ip", short: "U", arg: "POOL", help: "pool: ADDRESS or FIRST-LAST" }] },
  { name: "algo", may: rule,
    flags: [{ long: "algo", short: "O", arg: "ALGORITHM", values: ["sdh", "sh", "random"],
      help: "choice in the pool: sdh (default), sh, random" }] },
  { name: "new-gw", may: rule,
    flags: [{ long: "new-gw", short: "N", arg: "ADDRESS[%DEVICE]", help: "next hop to send through instead" }] },
  { name: "fullnat", may: [...rule, ...server],
    flags: [{ long: "fullnat", short: "b",
      help: "FULLNAT: both addresses are translated, the client's to one that -P gave the service; what every rule of -K does" }] },
  { name: "synproxy", may: service,
    flags: [{ long: "synproxy", short: "j", arg: "enable|disable", values: ["enable", "disable"],
      help: "enable or disable SYNPROXY: handshakes are answered by cookies, and a server sees the client after its ACK (TCP; servers with -m or -b)" }] },
  { name: "zone", need: ["add-zone", "del-zone"], alone: [...laddr, "get-laddr"],
    flags: [{ long: "zone", arg: "PREFIX", help: "source network: the zone's name" }] },
  { name: "before", may: ["add-zone"],
    flags: [{ long: "before", arg: "PREFIX", help: "put the new zone before this one" }] },
  { name: "local-address", need: laddr,
    flags: [{ long: "local-address", short: "z", arg: "RANGE", help: "local address: ADDRESS or FIRST-LAST" }] },
  { name: "ext-stats", alone: list, flags: [{ long: "ext-stats", help: "show flow and drop counters by reason" }] },
  { name: "json", may: [...list, "get-laddr", "doctor"], flags: [{ long: "json", help: "list as JSON" }] },
  { name: "atomic", may: ["restore"],
    flags: [{ long: "atomic", help: "check all lines first, and undo them all when one is refused" }] },
  { name: "dry-run", may: ["apply"],
    flags: [{ long: "dry-run", help: "print the commands that would be run, as -R reads them" }] },
  { name: "fix", may: ["doctor"],
    flags: [{ long: "fix", help: "run what is safe of the commands that mend" }] },
  { name: "ipv6", anywhere: true, flags: [{ long: "ipv6", short: "6", help: "the firewall mark's service is IPv6" }] },
  { name: "sort", anywhere: true, flags: [{ long: "sort", help: "sort the listing (default)" }] },
];

/** May the verb have the option? */
export function isLegal(option: Option, verb: VerbId): boolean {
  return [option.need, option.may, option.alone].some((list) => list?.includes(verb)) || option.anywhere === true;
}
