// SPDX-License-Identifier: GPL-2.0-only
import { parseNetwork } from "../model/prefix.js";

/** Something that an operator may set: a module's parameter, or a sysctl of a network namespace. */
export interface Knob {
  /** As it is written: conn_tab_bits, or MODULE.NAME where the name says too little. */
  readonly key: string;
  readonly kind: "parameter" | "sysctl";
  /** Whose module makes it. */
  readonly by: "tsipvsadm" | "ipvs";
  /** What its number counts. */
  readonly unit: string;
  /** Its value where nobody sets it; "from memory" and the like where the kernel computes it. */
  readonly default: string;
  /** Legal values: a range of integers, several of them with this between, or a list of these. */
  readonly min?: number;
  readonly max?: number;
  readonly separator?: "\t" | ",";
  readonly except?: readonly number[];
  readonly text?: "processors" | "networks";
  /** Of a parameter: the module, and whether it can be changed while that is loaded. */
  readonly module?: string;
  readonly live?: true;
  readonly help: string;
}

const INT_MAX = 2147483647;
const UINT_MAX = 4294967295;

type Rest = Partial<Pick<Knob, "min" | "max" | "separator" | "except" | "text">>;

const sysctl =
  (by: Knob["by"]) =>
  (key: string, unit: string, fallback: string, help: string, rest: Rest = {}): Knob => ({
    key, kind: "sysctl", by, unit, default: fallback, min: 0, max: INT_MAX, help, ...rest,
  });
const own = sysctl("tsipvsadm");
const ipvs = sysctl("ipvs");
const ON_OFF = { min: 0, max: 1 };
const PORT = { min: 1, max: 65535 };
/** Without those of Accurate ECN. */
const OPTION = { min: 40, max: 255, except: [172, 174] };

/**
 * THE table of parameters and sysctls. Ranges and defaults are those of the
 * kernel's sources, 6.1, 6.12 and 7.3; docs/sysctl.md has ours in full, the
 * kernel's ipvs-sysctl.rst IPVS's.
 */
export const knobs: readonly Knob[] = [
  { key: "flow_tab_bits", kind: "parameter", by: "tsipvsadm", unit: "log2 of buckets", default: "from memory", min: 8, max: 26, module: "ip_vs",
    help: "size of the flow table; a bucket takes 8 bytes" },
  { key: "flow_max", kind: "parameter", by: "tsipvsadm", unit: "flows", default: "from memory", min: 0, max: UINT_MAX, module: "ip_vs", live: true,
    help: "most flows of all namespaces together" },
  { key: "conn_tab_bits", kind: "parameter", by: "ipvs", unit: "log2 of buckets", default: "12", min: 8, max: 27, module: "ip_vs",
    help: "size of IPVS's connection table" },
  { key: "ip_vs_ftp.ports", kind: "parameter", by: "ipvs", unit: "ports", default: "21", min: 1, max: 65535, separator: ",", module: "ip_vs_ftp",
    help: "control ports of FTP, up to eight with commas between" },
  // Of real servers, on which there need not be anything else of ours.
  { key: "toa.from", kind: "parameter", by: "tsipvsadm", unit: "networks", default: "none", text: "networks", module: "toa",
    help: "directors' local addresses, which alone may name a client, up to 64 with commas between, or any; toa does not load without" },
  { key: "toa.opt", kind: "parameter", by: "tsipvsadm", unit: "TCP option", default: "254", ...OPTION, module: "toa",
    help: "option that carries an IPv4 client, as on the director" },
  { key: "toa.opt6", kind: "parameter", by: "tsipvsadm", unit: "TCP option", default: "253", ...OPTION, module: "toa",
    help: "option that carries an IPv6 client, as on the director" },
  { key: "toa.max", kind: "parameter", by: "tsipvsadm", unit: "connections", default: "1000000", min: 0, max: UINT_MAX, module: "toa", live: true,
    help: "most connections whose client is remembered" },

  own("fast_response_xmit", "off, on", "1", "simple packets to the clients take the fast path", ON_OFF),
  own("fast_response_xmit_inside", "off, on", "1", "simple packets of the clients take the fast path", ON_OFF),
  own("flow_limit", "flows", "0", "most flows of the namespace; 0: no limit but the module's", { min: 0, max: 2147483647 }),
  own("sync_flow_age", "milliseconds", "1000", "age from which the sync daemons tell their peers of a flow", { max: 86400 }),
  own("sync_bulk_rate", "flows a second", "100000", "flows that a peer gets at most when it asks for all", { min: 100, max: 10000000 }),
  own("flow_timeout_unanswered", "seconds", "120", "longest that a flow stays whose packets nobody answers", { min: 1, max: 86400 }),
  own("fullnat_lport_min", "port", "5000", "first local port that flows are given", PORT),
  own("fullnat_lport_max", "port", "65535", "last local port that flows are given", PORT),
  own("fullnat_lport_tries", "ports", "10000", "most tries for a free local port", { min: 1, max: 1000000 }),
  own("fullnat_toa_entry", "off, on", "1", "real servers behind FULLNAT are told of the client", ON_OFF),
  own("fullnat_toa_opt", "TCP option", "254", "option that carries an IPv4 client", OPTION),
  own("fullnat_toa6_opt", "TCP option", "253", "option that carries an IPv6 client", OPTION),
  own("fullnat_mss_adjust_entry", "off, on", "1", "room for that option is made in the MSS", ON_OFF),
  own("synproxy_init_mss", "bytes", "1452", "MSS that SYNPROXY gives clients; 32 less by IPv6", { min: 536, max: 65495 }),
  own("synproxy_sack", "off, on", "1", "clients may use SACK, which the servers have to do too", ON_OFF),
  own("synproxy_wscale", "shift", "0", "window scale for clients with timestamps; 0 is none", { min: 0, max: 14 }),
  own("synproxy_timestamp", "off, on", "0", "clients may use timestamps, which the servers have to do too", ON_OFF),
  own("synproxy_synack_ttl", "hops", "63", "hop limit of SYN-ACKs", { min: 1, max: 255 }),
  own("synproxy_defer", "off, on", "0", "a connection opens with the client's first data, not its ACK", ON_OFF),
  own("synproxy_conn_reuse", "off, on", "1", "a closing connection's address and port may open a new one", ON_OFF),
  own("synproxy_ack_skb_store_thresh", "packets", "3", "most packets kept for a server that has not answered", { min: 0, max: 44 }),
  own("synproxy_ack_storm_thresh", "packets", "10", "so many equal ACKs within a second pass", { min: 1, max: 10000 }),
  own("synproxy_syn_retry", "times", "3", "SYNs to a server are repeated", { min: 0, max: 6 }),
  own("mss_clamp", "off, on", "1", "handshakes offer no longer segments than both of a flow's links take", ON_OFF),
  own("snat_conntrack", "off, on", "1", "flows of rules and zones have entries in connection tracking, where that is active", ON_OFF),
  own("snat_pass_unmatched", "off, on", "0", "packets that no rule and no zone matches pass untranslated", ON_OFF),
  own("snat_reset_midstream", "off, on", "1", "the middle of an unknown TCP connection from inside is answered by a reset", ON_OFF),

  ipvs("am_droprate", "packets", "10", "of so many packets one is dropped, in mode 3 of drop_packet"),
  ipvs("amemthresh", "pages", "1024", "free memory below which the automatic defences begin"),
  ipvs("backup_only", "off, on", "0", "a backup forwards nothing, so that no loop comes about"),
  ipvs("cache_bypass", "off, on", "0", "with no server there, packets go to where they were sent"),
  ipvs("conn_lfactor", "log2 of load", "by namespace", "the connection table grows at 2 to the power of this, in connections a bucket; -4 in the first namespace, -2 in others (from 7.2)", { min: -8, max: 8 }),
  ipvs("conn_max", "connections", "1073741824", "most connections of the namespace; above, new ones are dropped (from 7.2)", { max: 1073741824 }),
  ipvs("conn_reuse_mode", "flags", "1", "what a new connection from a port in use does: 0 reuses, 1 schedules anew, 2 not in FIN_WAIT"),
  ipvs("conntrack", "off, on", "0", "connection tracking sees IPVS's connections"),
  ipvs("drop_entry", "mode 0-3", "0", "old half-open connections are dropped: never, short of memory, that and back, always", { max: 3 }),
  ipvs("drop_packet", "mode 0-3", "0", "packets are dropped before they are scheduled; modes as for drop_entry", { max: 3 }),
  ipvs("est_cpulist", "processors", "all", "where rates are summed up (from 6.2)", { text: "processors" }),
  ipvs("est_nice", "nice value", "0", "priority of that work (from 6.2)", { min: -20, max: 19 }),
  ipvs("expire_nodest_conn", "off, on", "0", "a connection whose server is gone ends with its next packet"),
  ipvs("expire_quiescent_template", "off, on", "0", "persistence ends where the server's weight is 0"),
  ipvs("ignore_tunneled", "off, on", "0", "packets that came by a tunnel are not balanced"),
  ipvs("lblc_expiration", "seconds", "86400", "age at which lblc forgets an entry (while ip_vs_lblc is loaded)"),
  ipvs("lblcr_expiration", "seconds", "86400", "the same for lblcr"),
  ipvs("nat_icmp_send", "off, on", "0", "clients and servers hear of packets to a connection that is not there"),
  ipvs("pmtu_disc", "off, on", "1", "too long a packet for a tunnel is answered by ICMP"),
  ipvs("run_estimation", "off, on", "1", "rates are summed up at all", ON_OFF),
  ipvs("schedule_icmp", "off, on", "0", "ICMP errors to a virtual address are scheduled by the packet inside"),
  ipvs("secure_tcp", "mode 0-3", "0", "stricter TCP states and shorter timeouts; modes as for drop_entry", { max: 3 }),
  ipvs("sloppy_sctp", "off, on", "0", "connections may begin in the middle of an association"),
  ipvs("sloppy_tcp", "off, on", "0", "connections may begin in the middle of a TCP stream"),
  ipvs("snat_reroute", "off, on", "1", "answers of masqueraded servers are routed by the virtual address"),
  ipvs("svc_lfactor", "log2 of load", "by namespace", "the same for the table of services; -3 in the first namespace, -2 in others (from 7.2)", { min: -8, max: 8 }),
  ipvs("sync_persist_mode", "0, 1", "0", "1: of persistent services only the persistence is synchronised", ON_OFF),
  ipvs("sync_ports", "threads", "1", "sync threads, each with a port: a power of two", { min: 1, max: 64 }),
  ipvs("sync_qlen_max", "messages", "from memory", "longest queue of sync messages"),
  ipvs("sync_refresh_period", "seconds", "0", "changes of a timer below this are not synchronised"),
  ipvs("sync_retries", "times", "0", "a sync message is sent again, 0 to 3", { max: 3 }),
  ipvs("sync_sock_size", "bytes", "0", "buffer of the sync sockets; 0 is the system's own"),
  ipvs("sync_threshold", "packets", "3 50", "a connection is synchronised at packet 3 of every 50", { separator: "\t" }),
  ipvs("sync_version", "protocol", "1", "of sync messages; 0 is that of kernels before 2.6.39", ON_OFF),
];

const byKey = new Map(knobs.map((knob) => [knob.key, knob]));

/** Where a sysctl is. */
export const SYSCTL_DIR = "/proc/sys/net/ipv4/vs";

/** The knob of a key, which may be written with its module or its sysctl path in front. */
export function knobOf(key: string): Knob | undefined {
  const short = key.replace(/^net[./]ipv4[./]vs[./]/, "");
  if (short !== key) return byKey.get(short)?.kind === "sysctl" ? byKey.get(short) : undefined;
  return byKey.get(key) ?? (key.startsWith("ip_vs.") ? parameterOf(key.slice("ip_vs.".length)) : undefined);
}

const parameterOf = (name: string): Knob | undefined => (byKey.get(name)?.kind === "parameter" ? byKey.get(name) : undefined);

/** A parameter's name within its module. */
export const parameterName = ({ key }: Knob): string => key.slice(key.indexOf(".") + 1);

/** The file that has the value now. */
export function livePath(knob: Knob): string {
  return knob.kind === "sysctl" ? `${SYSCTL_DIR}/${knob.key}` : `/sys/module/${knob.module}/parameters/${parameterName(knob)}`;
}

/** What may stand behind KEY=. */
export function legalText({ text, min, max, separator, except, key }: Knob): string {
  if (text) return `a list such as ${text === "processors" ? "0-3,6" : '10.0.2.0/24,2001:db8:2::/64, of at most 64, or "any"'}`;
  const number = `a number from ${min} to ${max}${except ? ` but ${except.join(" and ")}` : ""}`;
  if (separator === undefined) return number;
  return key === "sync_threshold" ? `two numbers from ${min} to ${max} with a space or a comma between` : `${number}, or several with commas between`;
}

/** The value as the kernel takes it, or undefined when it is none. */
export function parseValue(knob: Knob, text: string): string | undefined {
  if (knob.text) return (knob.text === "processors" ? /^[0-9,-]*$/.test(text) : text === "any" || areNetworks(text)) ? text : undefined;
  const parts = knob.separator === undefined ? [text] : text.trim().split(/[\s,]+/);
  if (knob.separator === "\t" ? parts.length !== 2 : parts.length > 8) return undefined;
  const legal = parts.every((part) => /^-?\d{1,10}$/.test(part) && Number(part) >= knob.min! && Number(part) <= knob.max! && !knob.except?.includes(Number(part)));
  if (!legal || (knob.key === "sync_ports" && (Number(text) & (Number(text) - 1)) !== 0)) return undefined;
  return parts.map((part) => String(Number(part))).join(knob.separator ?? "");
}

function areNetworks(text: string): boolean {
  const parts = text.split(",");
  try {
    // The kernel takes neither brackets nor a mask in dots.
    return parts.length <= 64 && parts.every((part) => /^[\da-fA-F.:]+(\/\d+)?$/.test(part) && parseNetwork(part));
  } catch {
    return false;
  }
}
