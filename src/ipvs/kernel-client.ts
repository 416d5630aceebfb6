// SPDX-License-Identifier: GPL-2.0-only
import type { Daemon, Timeouts } from "../model/daemon.js";
import type { Connection, Flow } from "../model/flow.js";
import type { Server, ServerEntry } from "../model/server.js";
import type { Service, ServiceEntry, ServiceKey } from "../model/service.js";
import type { Rule, RuleKey } from "../model/snat-rule.js";
import { type OpenTransport, openTransport } from "../netlink/index.js";
import * as fnat from "./abi/fnat.js";
import * as ipvs from "./abi/ipvs.js";
import { Channel } from "./channel.js";
import type { Batch, Detail, FwmarkKey, IpvsClient, IpvsInfo, ModuleInfo, PlainServers, ServiceRules, ServiceTable } from "./client.js";
import type { Refused } from "./changes.js";
import { CONNECTIONS, readConnections } from "./connections.js";
import { readDaemon, writeDaemon } from "./daemon-codec.js";
import { IpvsError, isStock, noIpvs } from "./error.js";
import { familyResolver, fnatFamily, ipvsFamily, isRoot, type LoadModule, modprobe } from "./families.js";
import { FlowPage } from "./flow-codec.js";
import { groupRules, readRule, readRuleService, writeRule, writeRuleKey, writeRuleService } from "./rule-codec.js";
import type { WriteOne } from "./request.js";
import { serverBody, serverKeyBody } from "./server-codec.js";
import { readServerLines, SERVERS } from "./server-lines.js";
import { ServerLists } from "./server-lists.js";
import { keyFamily, serviceBody, serviceKeyBody, writeService } from "./service-codec.js";
import { ReplyTable } from "./service-table.js";
import { Session } from "./session.js";
import { ServiceAddressClient } from "./service-address-client.js";
import { SyncClient } from "./sync-client.js";
import { withSynproxy } from "./synproxy.js";
import { required, specName } from "./wire.js";
import { ZoneClient } from "./zone-client.js";

export interface ClientOptions {
  /** Opens a socket; the default is the addon's or the netlink package's. */
  readonly open?: OpenTransport;
  /** Called once when the kernel has no IPVS; the default runs modprobe. */
  readonly loadModule?: LoadModule;
  /** Where the kernel lists its connections. */
  readonly connectionsPath?: string;
  /** Where it lists services and servers. */
  readonly tablePath?: string;
}

/** The verbs, spoken to a kernel. */
export class KernelClient implements IpvsClient {
  readonly zones: ZoneClient;
  readonly serviceAddresses: ServiceAddressClient;
  readonly sync: SyncClient;
  readonly #session: Session;
  readonly #ipvs: Channel<typeof ipvsFamily.attributes>;
  readonly #fnat: Channel<typeof fnatFamily.attributes>;
  readonly #connectionPaths: readonly string[];
  readonly #tablePath: string;
  readonly #servers = new ServerLists();

  constructor(options: ClientOptions = {}) {
    this.#session = new Session(options.open ?? openTransport, familyResolver(options.loadModule ?? modprobe));
    this.#ipvs = new Channel(this.#session, ipvsFamily);
    this.#fnat = new Channel(this.#session, fnatFamily);
    this.zones = new ZoneClient(this.#fnat);
    this.serviceAddresses = new ServiceAddressClient(this.#fnat);
    this.sync = new SyncClient(this.#fnat);
    this.#connectionPaths = options.connectionsPath ? [options.connectionsPath] : CONNECTIONS;
    this.#tablePath = options.tablePath ?? SERVERS;
  }

  info(): Promise<IpvsInfo> {
    return this.#ipvs.get("info", ipvs.commands.getInfo, {}, ipvs.infoAttributes, (values) => {
      const version = required(values.version, "version of IPVS");
      return {
        version: [(version >> 16) & 0xff, (version >> 8) & 0xff, version & 0xff] as const,
        connTabSize: required(values.connTabSize, "size of the connection table"),
      };
    });
  }

  async moduleInfo(): Promise<ModuleInfo | undefined> {
    try {
      return await this.#fnat.get("info", fnat.commands.infoGet, {}, fnat.mainAttributes, ({ info }) => ({
        abi: required(info?.abi, "ABI version of the module"),
        features: info?.features ?? 0,
        flows: info?.flows ?? 0,
        flowsTotal: info?.flowsTotal ?? 0,
        flowsMax: info?.flowsMax ?? 0,
        buckets: info?.buckets ?? 0,
        version: info?.version ?? "",
      }));
    } catch (error) {
      if (error instanceof IpvsError && error.missing !== undefined) return undefined;
      throw error;
    }
  }

  addService(service: Service): Promise<void> {
    return withSynproxy(this, "addService", service, this.#ipvs.change("addService", ipvs.commands.newService, serviceBody(service)));
  }

  editService(service: Service): Promise<void> {
    return withSynproxy(this, "editService", service, this.#ipvs.change("editService", ipvs.commands.setService, serviceBody(service)));
  }

  deleteService(key: ServiceKey): Promise<void> {
    return this.#ipvs.change("deleteService", ipvs.commands.delService, serviceKeyBody(key));
  }

  flush(): Promise<void> {
    return this.#ipvs.change("flush", ipvs.commands.flush, {});
  }

  zero(key?: ServiceKey): Promise<void> {
    return this.#ipvs.change("zero", ipvs.commands.zero, key === undefined ? {} : serviceKeyBody(key));
  }

  async services(detail: Detail = {}): Promise<readonly ServiceEntry[]> {
    const table = await this.serviceTable(undefined, detail);
    return table.entries(Array.from({ length: table.length }, (_, number) => number), false);
  }

  async service(key: ServiceKey): Promise<ServiceEntry> {
    const [service] = (await this.serviceTable(key)).entries([0], false);
    return service!;
  }

  serviceTable(key?: ServiceKey, { counters = true }: Detail = {}): Promise<ServiceTable> {
    const command = ipvs.commands.getService;
    if (key === undefined) return this.#ipvs.gather("services", command, {}, () => new ReplyTable(counters));
    return this.#ipvs.first("service", command, serviceKeyBody(key), (reply) => {
      const table = new ReplyTable(counters);
      table.add([reply]);
      return table;
    });
  }

  addServer(key: ServiceKey, server: Server): Promise<void> {
    return this.#ipvs.change("addServer", ipvs.commands.newDest, serverBody(key, server));
  }

  editServer(key: ServiceKey, server: Server): Promise<void> {
    return this.#ipvs.change("editServer", ipvs.commands.setDest, serverBody(key, server));
  }

  deleteServer(key: ServiceKey, server: Pick<Server, "address" | "port">): Promise<void> {
    return this.#ipvs.change("deleteServer", ipvs.commands.delDest, serverKeyBody(key, server));
  }

  async servers(key: ServiceKey): Promise<readonly ServerEntry[]> {
    const [servers] = await this.serversOf([key]);
    return servers!;
  }

  async serversOf(keys: readonly ServiceKey[], { counters = true, reuse = false }: Detail = {}): Promise<ReadonlyArray<ServerEntry[]>> {
    const servers = reuse ? this.#servers : new ServerLists();
    servers.fill(keys.map(keyFamily), counters);
    const write: WriteOne = (encoder, index) => writeService(encoder, keys[index]!);
    await this.#ipvs.dumpEach("servers", ipvs.commands.getDest, keys.length, write, servers);
    return servers.lists;
  }

  plainServers(table: ServiceTable): PlainServers | undefined {
    return readServerLines(this.#tablePath, table);
  }

  timeouts(): Promise<Timeouts> {
    return this.#ipvs.get("timeouts", ipvs.commands.getConfig, {}, ipvs.commandAttributes, (values) => ({
      tcp: values.timeoutTcp ?? 0,
      tcpFin: values.timeoutTcpFin ?? 0,
      udp: values.timeoutUdp ?? 0,
    }));
  }

  setTimeouts({ tcp, tcpFin, udp }: Timeouts): Promise<void> {
    const values = { timeoutTcp: tcp, timeoutTcpFin: tcpFin, timeoutUdp: udp };
    return this.#ipvs.change("setTimeouts", ipvs.commands.setConfig, values);
  }

  daemons(): Promise<readonly Daemon[]> {
    return this.#ipvs.list("daemons", ipvs.commands.getDaemon, {}, ({ daemon }) =>
      readDaemon(required(daemon, "daemon in a list of daemons")),
    );
  }

  startDaemon(daemon: Daemon): Promise<void> {
    return this.#ipvs.change("startDaemon", ipvs.commands.newDaemon, { daemon: writeDaemon(daemon) });
  }

  stopDaemon(daemon: Daemon): Promise<void> {
    return this.#ipvs.change("stopDaemon", ipvs.commands.delDaemon, { daemon: writeDaemon(daemon) });
  }

  addRule(service: FwmarkKey, rule: Rule): Promise<void> {
    const values = { service: writeRuleService(service), rule: writeRule(rule) };
    return this.#fnat.change("addRule", fnat.commands.ruleNew, values);
  }

  editRule(service: FwmarkKey, rule: Rule): Promise<void> {
    const values = { service: writeRuleService(service), rule: writeRule(rule) };
    return this.#fnat.change("editRule", fnat.commands.ruleSet, values);
  }

  deleteRule(service: FwmarkKey, key: RuleKey): Promise<void> {
    const values = { service: writeRuleService(service), rule: writeRuleKey(key) };
    return this.#fnat.change("deleteRule", fnat.commands.ruleDel, values);
  }

  async rules(service?: FwmarkKey): Promise<readonly ServiceRules[]> {
    const request = { service: service === undefined ? undefined : writeRuleService(service) };
    try {
      const entries = await this.#fnat.list("rules", fnat.commands.ruleGet, request, (values) => {
        const key = readRuleService(required(values.service, "service of a rule"));
        return [key, readRule(required(values.rule, "rule in a list of rules"), key.family)] as const;
      });
      return groupRules(entries);
    } catch (error) {
      if (isStock(error)) return [];
      throw error;
    }
  }

  async *flows(): AsyncGenerator<Iterable<Flow>> {
    try {
      for await (const page of this.#fnat.stream("flows", fnat.commands.flowGet)) yield new FlowPage(page);
    } catch (error) {
      if (!isStock(error)) throw error;
    }
  }

  async *connections(): AsyncGenerator<Iterable<Connection>> {
    try {
      yield* readConnections(this.#connectionPaths);
    } catch (error) {
      throw error instanceof IpvsError && error.errno === "ENOENT" ? noIpvs(isRoot()) : error;
    }
  }

  extStats(): Promise<ReadonlyArray<readonly [name: string, value: bigint]>> {
    return this.#fnat.get("extStats", fnat.commands.extStatsGet, {}, fnat.mainAttributes, ({ extStats }) => {
      const counters: Readonly<Record<string, bigint | undefined>> = extStats ?? {};
      const known = Object.keys(fnat.extStatsAttributes).filter((name) => counters[name] !== undefined);
      return known.map((name) => [specName(name), counters[name]!] as const);
    });
  }

  batch(refused?: Refused): Batch {
    return this.#session.changes.gather(refused);
  }

  close(): void {
    this.#session.close();
  }
}
