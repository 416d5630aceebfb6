// SPDX-License-Identifier: GPL-2.0-only
import type { Facts } from "../facts.js";
import type { Check, Finding } from "../finding.js";
import { mend } from "../finding.js";
import { NEARLY, twiceAsMany } from "./limit.js";

/** More entries for each bucket than that make lookups long. */
const CROWDED = 2;
/** What a flow takes with its share of buckets, in bytes, rounded up. */
const FLOW_BYTES = 200;
const FLOW_BITS_MAX = 26;
const CONN_BITS_MAX = 20;
/** What the kernel sets conn_lfactor to for namespaces other than the first. */
const LOAD_FACTOR = -2;

/** The flow table and IPVS's own, for the flows and connections that they hold now. */
export const tablesCheck: Check = {
  id: "tables",
  *examine(facts) {
    const { module, ipvs, services } = facts.table;
    if (module && module.flowsTotal >= NEARLY * module.flowsMax) yield nearlyFull(facts, module.flowsTotal, module.flowsMax);
    const limit = facts.sysctl("net", "ipv4", "vs", "flow_limit") ?? 0;
    if (module && limit > 0 && module.flows >= NEARLY * limit) yield nearlyAtLimit(module.flows, limit);
    if (module && module.flowsTotal > CROWDED * module.buckets) {
      yield crowded("the flow table", "flows", module.flowsTotal, module.buckets, "flow_tab_bits", FLOW_BITS_MAX);
    }
    const connections = services.flatMap(({ servers }) => servers).reduce((sum, { active, inactive }) => sum + active + inactive, 0);
    const connMax = facts.sysctl("net", "ipv4", "vs", "conn_max");
    if (connMax !== undefined && connections >= NEARLY * connMax) yield nearlyAtConnMax(connections, connMax);
    const loadFactor = facts.sysctl("net", "ipv4", "vs", "conn_lfactor");
    if (ipvs && connections > CROWDED * ipvs.connTabSize) {
      yield loadFactor !== undefined && loadFactor > 0
        ? keptSmall(connections, ipvs.connTabSize, loadFactor)
        : crowded("IPVS's connection table", "connections", connections, ipvs.connTabSize, "conn_tab_bits", CONN_BITS_MAX);
    }
  },
};

function nearlyFull(facts: Facts, flows: number, most: number): Finding {
  return {
    what: `there are ${flows} flows, and flow_max is ${most}`,
    why: "at flow_max a new flow ends one that nobody has answered (flow-early-drop), and is refused where there is none (drop-table-full).",
    ...twiceAsMany(facts, flows, most, FLOW_BYTES, (next) => ({
      command: `echo ${next} >/sys/module/ip_vs/parameters/flow_max`, boot: `tsipvsadm module set flow_max=${next}`,
    })),
  };
}

function nearlyAtLimit(flows: number, limit: number): Finding {
  return {
    what: `there are ${flows} flows in this namespace, and its flow_limit is ${limit}`,
    why: "at flow_limit a new flow ends one that nobody has answered (flow-early-drop), and is refused where there is none (drop-table-full).",
    mends: [mend("let there be twice as many", `sysctl -w net.ipv4.vs.flow_limit=${2 * limit}`)],
    safe: false,
    boot: `net.ipv4.vs.flow_limit = ${2 * limit} in a file of /etc/sysctl.d/`,
  };
}

function nearlyAtConnMax(connections: number, most: number): Finding {
  const next = Math.min(2 * Math.max(connections, most), 2 ** 30);
  return {
    what: `there are ${connections} connections in this namespace, and its conn_max is ${most}`,
    why: "at conn_max the packets of new connections are dropped.",
    mends: [mend("let there be twice as many", `sysctl -w net.ipv4.vs.conn_max=${next}`)],
    safe: false,
    boot: `net.ipv4.vs.conn_max = ${next} in a file of /etc/sysctl.d/`,
  };
}

/** Where the table grows by itself: the operator had it wait. */
function keptSmall(connections: number, buckets: number, loadFactor: number): Finding {
  return {
    what: `IPVS's connection table has ${buckets} buckets for ${connections} connections, and conn_lfactor is ${loadFactor}`,
    why: `each packet goes through a list of several to find its own: the table grows at ${2 ** loadFactor} connections a bucket only.`,
    mends: [mend("let it grow earlier", `sysctl -w net.ipv4.vs.conn_lfactor=${LOAD_FACTOR}`)],
    safe: true,
    boot: `net.ipv4.vs.conn_lfactor = ${LOAD_FACTOR} in a file of /etc/sysctl.d/`,
  };
}

function crowded(table: string, what: string, count: number, buckets: number, parameter: string, mostBits: number): Finding {
  const bits = Math.min(mostBits, Math.ceil(Math.log2(2 * count)));
  return {
    what: `${table} has ${buckets} buckets for ${count} ${what}`,
    why: "each packet goes through a list of several to find its own.",
    mends: [mend(
      "load the module with more; connections and flows end, services and rules come back",
      `tsipvsadm module set ${parameter}=${bits}`,
      "tsipvsadm module reload",
    )],
    safe: false,
  };
}
