// SPDX-License-Identifier: GPL-2.0-only
import type { FwmarkKey } from "../../ipvs/client.js";
import { formatAddress } from "../../model/address.js";
import { rangeSize } from "../../model/address-range.js";
import type { LocalAddressEntry } from "../../model/local-address.js";
import { formatPrefix } from "../../model/prefix.js";
import type { RuleEntry } from "../../model/snat-rule.js";
import { changeText } from "../../plan/change.js";
import type { Facts } from "../facts.js";
import type { Check, Finding, Mend } from "../finding.js";
import { mend } from "../finding.js";
import { allRules, command, ruleText } from "../gateway.js";
import { contains, ofAddress, ofRange } from "../intervals.js";
import { NEARLY } from "./limit.js";

const LOWEST_PORT = 1024;
const HIGHEST_PORT = 65535;

/** Pools and local addresses with few ports left towards the remote that most flows go to. */
export const exhaustionCheck: Check = {
  id: "exhaustion",
  async *examine(facts) {
    for (const { network, addresses } of facts.table.zones) {
      const name = `the zone ${formatPrefix(network)}`;
      yield* ofCounters(facts, name, addresses, mend("or add addresses", `tsipvsadm -P --zone ${formatPrefix(network)} -z FIRST-LAST`));
    }
    for (const { service, addresses } of facts.table.serviceAddresses) {
      const key = changeText({ kind: "delete-service", key: service }).slice(3);
      yield* ofCounters(facts, `the service ${key}`, addresses, mend("or add addresses", `tsipvsadm -P ${key} -z FIRST-LAST`));
    }
    for (const [service, rule] of allRules(facts.table)) yield* ofPool(facts, service, rule);
  },
};

/** The kernel counts for each address; a used-up one is followed by the next, so they count together. */
function* ofCounters(facts: Facts, name: string, addresses: readonly LocalAddressEntry[], more: Mend): Generator<Finding> {
  const used = addresses.reduce((sum, address) => sum + address.used, 0);
  const all = used + addresses.reduce((sum, address) => sum + address.free, 0);
  if (all > 0 && used >= NEARLY * all) yield finding(facts, `the local addresses of ${name} have`, used, all, more);
}

/** A pool has no counters of its own: its flows are counted where they are many enough to matter. */
async function* ofPool(facts: Facts, service: FwmarkKey, rule: RuleEntry): AsyncGenerator<Finding> {
  const all = Number(rangeSize(rule.pool)) * ports(facts);
  if (Number(rule.active + rule.inactive) < NEARLY * all) return;
  const used = await busiest(facts, rule);
  if (used < NEARLY * all) return;
  const wider = command({ kind: "edit-snat", key: service, rule }).replace(/ -U \S+/, " -U FIRST-LAST");
  yield finding(facts, `the pool of ${ruleText(service, rule)} has`, used, all, mend("or widen the pool", wider));
}

/** Flows of the pool towards the remote address, port and protocol that has most of them. */
async function busiest({ table }: Facts, { pool }: RuleEntry): Promise<number> {
  const interval = ofRange(pool);
  const counts = new Map<string, number>();
  let most = 0;
  for await (const page of table.flows()) {
    for (const { local, remote, remotePort, protocol } of page) {
      if (!contains(interval, ofAddress(local))) continue;
      const id = `${protocol} ${formatAddress(remote)} ${remotePort}`;
      const count = (counts.get(id) ?? 0) + 1;
      counts.set(id, count);
      most = Math.max(most, count);
    }
  }
  return most;
}

const portEnd = ({ sysctl }: Facts, end: "min" | "max"): number =>
  sysctl("net", "ipv4", "vs", `fullnat_lport_${end}`) ?? (end === "min" ? LOWEST_PORT : HIGHEST_PORT);

const ports = (facts: Facts): number => Math.max(1, portEnd(facts, "max") - portEnd(facts, "min") + 1);

function finding(facts: Facts, name: string, used: number, all: number, more: Mend): Finding {
  const whole = ports(facts) >= HIGHEST_PORT - LOWEST_PORT + 1;
  const widen = `sysctl -w net.ipv4.vs.fullnat_lport_min=${LOWEST_PORT} net.ipv4.vs.fullnat_lport_max=${HIGHEST_PORT}`;
  return {
    what: `${name}${used === all ? "" : " nearly"} no port left: ${used} of ${all} are in use towards one remote`,
    why: "a new flow to that remote address and port is refused when the last is taken; others go on.",
    mends: [...(whole ? [] : [mend("widen the range of ports", widen)]), whole ? { ...more, how: more.how.replace(/^or /, "") } : more],
    safe: false,
  };
}
