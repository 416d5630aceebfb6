// SPDX-License-Identifier: GPL-2.0-only
import * as abi from "../../src/ipvs/abi/fnat.js";
import { NO_STATS } from "../../src/model/stats.js";
import { decode, encode, type Values } from "../../src/netlink/index.js";
import type { FakeIpvs } from "./fake-ipvs.js";
import { type FakeReply, type FakeRequest, Refusal } from "./fake-transport.js";
import { FakeServiceAddresses } from "./fake-service-addresses.js";
import { FakeZones } from "./fake-zones.js";

type MainValues = Values<typeof abi.mainAttributes>;
type RuleValues = Values<typeof abi.ruleAttributes>;
type SyncValues = Values<typeof abi.syncAttributes>;
type SyncPeerValues = Values<typeof abi.syncPeerAttributes>;
export type FlowValues = Values<typeof abi.flowAttributes>;

interface FakeRule {
  readonly af: number;
  readonly fwmark: number;
  readonly values: RuleValues;
}

const ZERO_STATS = { ...NO_STATS, active: 0n, inactive: 0n };

const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString("hex");

const ruleId = ({ from, fromLen, to, toLen, gw, oif }: RuleValues): string =>
  `${hex(from)}/${fromLen} ${hex(to)}/${toLen ?? 0} ${hex(gw)} ${oif ?? ""}`;

/** Both next hop and device before the device alone, that before the next hop alone, that before neither. */
const specificity = ({ gw, oif }: RuleValues): number => (oif === undefined ? 0 : 2) + (gw === undefined ? 0 : 1);

const matchOrder = (a: RuleValues, b: RuleValues): number =>
  (b.fromLen ?? 0) - (a.fromLen ?? 0) || (b.toLen ?? 0) - (a.toLen ?? 0) || specificity(b) - specificity(a);

/** The module's family IPVS_FNAT, kept in memory beside its IPVS. */
export class FakeFnat {
  readonly #ipvs: FakeIpvs;
  #rules: FakeRule[] = [];
  /** Listed as they are; a generator function makes as many as a test wants. */
  flows: () => Iterable<FlowValues> = () => [];
  readonly zones = new FakeZones();
  readonly serviceAddresses: FakeServiceAddresses;
  readonly devices = new Set(["lo", "eth0", "eth1", "eth2"]);
  extStats: Values<typeof abi.extStatsAttributes> = Object.fromEntries(
    Object.keys(abi.extStatsAttributes).map((name) => [name, 0n]),
  );
  info: Values<typeof abi.infoAttributes> = {
    abi: 5,
    features: abi.feature.snat | abi.feature.zones | abi.feature.fullnat | abi.feature.synproxy | abi.feature.sync,
    flows: 0,
    flowsTotal: 0,
    flowsMax: 1048576,
    buckets: 262144,
    version: "0.1.0",
  };

  /** What was last set of the synchronisation, how it is, and with whom. */
  syncSettings: SyncValues | undefined;
  sync: SyncValues = { roles: 0, off: 0, keyed: 0, complete: 0, port: 8849, syncId: 0, queued: 0 };
  syncPeers: readonly SyncPeerValues[] = [];
  /** How a handover ends: "" or an errno's name. */
  handover = "";

  constructor(ipvs: FakeIpvs) {
    this.#ipvs = ipvs;
    this.serviceAddresses = new FakeServiceAddresses(ipvs);
  }

  /** Sets a rule's counters; `oif` or the source picks it. */
  setStats(pick: (rule: RuleValues) => boolean, stats: Partial<typeof ZERO_STATS>): void {
    this.#rules = this.#rules.map((rule) =>
      pick(rule.values) ? { ...rule, values: { ...rule.values, stats: { ...ZERO_STATS, ...stats } } } : rule,
    );
  }

  /** Rules end with their service, which may have come back before anybody asks. */
  servicesChanged(): void {
    this.#live();
  }

  handle({ command, attributes }: FakeRequest): FakeReply[] {
    const values = decode(abi.mainAttributes, attributes);
    if (this.serviceAddresses.change(command, values) || this.zones.change(command, values)) return [];
    switch (command) {
      case abi.commands.infoGet:
        return [this.#reply(command, { info: this.info })];
      case abi.commands.extStatsGet:
        return [this.#reply(command, { extStats: this.extStats })];
      case abi.commands.ruleNew:
        this.#add(values);
        return [];
      case abi.commands.ruleSet:
        this.#set(values);
        return [];
      case abi.commands.ruleDel: {
        const index = this.#find(values);
        this.#rules.splice(index, 1);
        return [];
      }
      case abi.commands.syncSet:
        this.syncSettings = values.sync;
        return [];
      case abi.commands.syncHandover:
        if (this.handover !== "") throw new Refusal(this.handover);
        return [];
      default:
        throw new Refusal("EOPNOTSUPP");
    }
  }

  *dump({ command, attributes }: FakeRequest): Generator<FakeReply> {
    const request = decode(abi.mainAttributes, attributes);
    const { service } = request;
    if (command === abi.commands.zoneGet) {
      for (const values of this.zones.list(request)) yield this.#reply(command, values);
    } else if (command === abi.commands.laddrGet) {
      for (const values of this.serviceAddresses.list(request)) yield this.#reply(command, values);
    } else if (command === abi.commands.syncGet) {
      yield this.#reply(command, { sync: this.sync });
      for (const syncPeer of this.syncPeers) yield this.#reply(command, { syncPeer });
    } else if (command === abi.commands.flowGet) {
      for (const flow of this.flows()) yield this.#reply(command, { flow });
    } else if (command === abi.commands.ruleGet) {
      for (const { af, fwmark, values } of this.#live().sort((a, b) => matchOrder(a.values, b.values))) {
        if (service !== undefined && (service.af !== af || service.fwmark !== fwmark)) continue;
        yield this.#reply(command, { service: { af, fwmark }, rule: values });
      }
    } else {
      throw new Refusal("EOPNOTSUPP");
    }
  }

  /** Rules of services that are still there, oldest first. */
  #live(): FakeRule[] {
    this.#rules = this.#rules.filter(({ af, fwmark }) => this.#ipvs.snatService(af, fwmark) !== undefined);
    return [...this.#rules];
  }

  #service({ service }: MainValues): { af: number; fwmark: number } {
    const { af, fwmark } = service ?? {};
    if (af === undefined || fwmark === undefined || this.#ipvs.snatService(af, fwmark) === undefined) {
      throw new Refusal("ESRCH", "no SNAT service of this family has that fwmark");
    }
    return { af, fwmark };
  }

  #index(values: MainValues): number {
    const { af, fwmark } = this.#service(values);
    const id = ruleId(values.rule ?? {});
    return this.#live().findIndex((rule) => rule.af === af && rule.fwmark === fwmark && ruleId(rule.values) === id);
  }

  #find(values: MainValues): number {
    const index = this.#index(values);
    if (index < 0) throw new Refusal("ENOENT", "no rule has this from, to, gw and oif");
    return index;
  }

  #checked({ rule }: MainValues): RuleValues {
    if (rule?.from === undefined || rule.poolMin === undefined) throw new Refusal("EINVAL", "rule: from is missing");
    const { poolMin, poolMax = poolMin, oif } = rule;
    if (Buffer.compare(poolMin, poolMax) > 0) throw new Refusal("EINVAL", "range ends before it begins");
    if (oif !== undefined && !this.devices.has(oif)) throw new Refusal("ENODEV", "the namespace has no device of the name in oif");
    if (rule.newOif !== undefined && !this.devices.has(rule.newOif)) throw new Refusal("ENODEV", "the namespace has no device of the name in new-oif");
    return { ...rule, algo: rule.algo ?? abi.algo.sdh };
  }

  #add(values: MainValues): void {
    const rule = this.#checked(values);
    if (this.#index(values) >= 0) throw new Refusal("EEXIST", "a rule of the same from, to, gw and oif exists");
    this.#rules.push({ ...this.#service(values), values: { ...rule, stats: ZERO_STATS } });
  }

  #set(values: MainValues): void {
    const rule = this.#checked(values);
    const index = this.#find(values);
    const old = this.#rules[index]!;
    this.#rules[index] = { ...old, values: { ...rule, stats: old.values.stats } };
  }

  #reply(command: number, values: MainValues): FakeReply {
    return { command, attributes: encode(abi.mainAttributes, values) };
  }
}
