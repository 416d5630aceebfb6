// SPDX-License-Identifier: GPL-2.0-only
import { serviceSynproxy } from "../../src/ipvs/abi/fnat.js";
import * as abi from "../../src/ipvs/abi/ipvs.js";
import { NO_STATS } from "../../src/model/stats.js";
import { decode, encode, type Values } from "../../src/netlink/index.js";
import { type FakeReply, type FakeRequest, Refusal } from "./fake-transport.js";

type CommandValues = Values<typeof abi.commandAttributes>;
type ServiceValues = Values<typeof abi.serviceAttributes>;
type DestValues = Values<typeof abi.destAttributes>;
type DaemonValues = Values<typeof abi.daemonAttributes>;

export interface FakeService {
  values: ServiceValues;
  readonly servers: Map<string, DestValues>;
}

const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString("hex");

const serviceId = ({ af, fwmark, protocol, addr, port }: ServiceValues): string =>
  fwmark === undefined ? `${af} ${protocol} ${hex(addr)} ${port}` : `${af} mark ${fwmark}`;

const serverId = ({ addr, port }: DestValues): string => `${hex(addr)} ${port}`;

const isProxied = ({ flags }: ServiceValues): boolean =>
  flags !== undefined && (Buffer.from(flags).readUInt32LE() & serviceSynproxy) !== 0;

/** By NAT or FULLNAT, the answers come back this way. */
const mayBeProxied = ({ fwdMethod }: DestValues): boolean =>
  fwdMethod === abi.forwardingMethod.masq || fwdMethod === abi.forwardingMethod.fullnat;

/** The kernel's family IPVS, kept in memory. */
export class FakeIpvs {
  readonly services = new Map<string, FakeService>();
  readonly daemons: DaemonValues[] = [];
  readonly schedulers = new Set(
    "none rr wrr lc wlc fo ovf lblc lblcr dh sh mh sed nq twos snat_sched".split(" "),
  );
  timeouts = { timeoutTcp: 900, timeoutTcpFin: 120, timeoutUdp: 300 };
  version = 0x010201;
  connTabSize = 4096;

  handle({ command, attributes }: FakeRequest): FakeReply[] {
    const values = decode(abi.commandAttributes, attributes);
    switch (command) {
      case abi.commands.newService:
        this.#addService(values);
        return [];
      case abi.commands.setService: {
        const service = this.#service(values);
        this.#checkScheduler(values.service ?? {});
        if (isProxied(values.service ?? {}) && ![...service.servers.values()].every(mayBeProxied)) throw new Refusal("EOPNOTSUPP");
        service.values = { ...this.#complete(values), stats64: service.values.stats64 };
        return [];
      }
      case abi.commands.delService:
        this.services.delete(serviceId(this.#service(values).values));
        return [];
      case abi.commands.getService:
        return [this.#reply(abi.commands.newService, { service: this.#service(values).values })];
      case abi.commands.flush:
        this.services.clear();
        return [];
      case abi.commands.zero:
        this.#zero(values);
        return [];
      default:
        return this.#others(command, values);
    }
  }

  *dump({ command, attributes }: FakeRequest): Generator<FakeReply> {
    const values = decode(abi.commandAttributes, attributes);
    if (command === abi.commands.getService) {
      for (const { values: service } of this.services.values()) yield this.#reply(abi.commands.newService, { service });
    } else if (command === abi.commands.getDest) {
      const service = this.services.get(serviceId(values.service ?? {}));
      for (const dest of service?.servers.values() ?? []) yield this.#reply(abi.commands.newDest, { dest });
    } else if (command === abi.commands.getDaemon) {
      for (const daemon of this.daemons) yield this.#reply(abi.commands.newDaemon, { daemon });
    } else {
      throw new Refusal("EOPNOTSUPP");
    }
  }

  /** The SNAT service of a mark, if there is one. */
  /** The service that the values name. */
  find(values: ServiceValues): FakeService | undefined {
    return this.services.get(serviceId(values));
  }

  snatService(af: number | undefined, fwmark: number | undefined): FakeService | undefined {
    const service = this.services.get(serviceId({ af, fwmark }));
    return service?.values.schedName === "snat_sched" ? service : undefined;
  }

  #others(command: number, values: CommandValues): FakeReply[] {
    switch (command) {
      case abi.commands.newDest:
      case abi.commands.setDest:
      case abi.commands.delDest:
        this.#changeServer(command, values);
        return [];
      case abi.commands.newDaemon:
        if (this.daemons.some(({ state }) => state === values.daemon?.state)) throw new Refusal("EEXIST");
        if (this.#mixed()) throw new Refusal("EINVAL");
        this.daemons.push(values.daemon ?? {});
        return [];
      case abi.commands.delDaemon: {
        const index = this.daemons.findIndex(({ state }) => state === values.daemon?.state);
        if (index < 0) throw new Refusal("ESRCH");
        this.daemons.splice(index, 1);
        return [];
      }
      case abi.commands.setConfig:
        this.#setTimeouts(values);
        return [];
      case abi.commands.getConfig:
        return [this.#reply(abi.commands.setConfig, this.timeouts)];
      case abi.commands.getInfo: {
        const info = encode(abi.infoAttributes, { version: this.version, connTabSize: this.connTabSize });
        return [{ command: abi.commands.setInfo, attributes: info }];
      }
      default:
        throw new Refusal("EOPNOTSUPP");
    }
  }

  #addService(values: CommandValues): void {
    const service = this.#complete(values);
    const id = serviceId(service);
    if (this.services.has(id)) throw new Refusal("EEXIST");
    this.#checkScheduler(service);
    this.services.set(id, { values: { ...service, stats64: NO_STATS }, servers: new Map() });
  }

  /** A service with all that adding and editing need, as the kernel checks it. */
  #complete({ service }: CommandValues): ServiceValues {
    if (service?.af === undefined) throw new Refusal("EINVAL");
    const { schedName, flags, timeout, netmask, peName } = service;
    if (schedName === undefined || flags === undefined || timeout === undefined || netmask === undefined) {
      throw new Refusal("EINVAL");
    }
    if (!this.schedulers.has(schedName)) throw new Refusal("ENOENT");
    if (peName !== undefined && peName !== "sip") throw new Refusal("ENOENT");
    return service;
  }

  /** The module has one SNAT service of each family, which is a mark. */
  #checkScheduler(service: ServiceValues): void {
    if (service.schedName !== "snat_sched") return;
    if (service.fwmark === undefined) throw new Refusal("EINVAL");
    for (const { values } of this.services.values()) {
      if (values.schedName === "snat_sched" && values.af === service.af && values.fwmark !== service.fwmark) throw new Refusal("EBUSY");
    }
  }

  /** Is there a server of another family than its service's? Sync daemons can't tell of its connections. */
  #mixed(): boolean {
    return [...this.services.values()].some(({ values: { af }, servers }) =>
      [...servers.values()].some(({ addrFamily = af }) => addrFamily !== af),
    );
  }

  #service(values: CommandValues): FakeService {
    const service = this.services.get(serviceId(values.service ?? {}));
    if (service === undefined) throw new Refusal("ESRCH");
    return service;
  }

  #changeServer(command: number, values: CommandValues): void {
    const { values: service, servers } = this.#service(values);
    const server = values.dest ?? {};
    const { addrFamily = service.af } = server;
    if (command !== abi.commands.delDest && addrFamily !== service.af && this.daemons.length > 0) throw new Refusal("EINVAL");
    const id = serverId(server);
    const known = servers.get(id);
    if (command === abi.commands.newDest && known !== undefined) throw new Refusal("EEXIST");
    if (command !== abi.commands.newDest && known === undefined) throw new Refusal("ENOENT");
    if (command === abi.commands.delDest) {
      servers.delete(id);
      return;
    }
    if (server.fwdMethod === undefined || server.weight === undefined) throw new Refusal("EINVAL");
    if (isProxied(service) && !mayBeProxied(server)) throw new Refusal("EOPNOTSUPP");
    const { activeConns = 0, inactConns = 0, persistConns = 0, stats64 = NO_STATS } = known ?? {};
    servers.set(id, { ...server, activeConns, inactConns, persistConns, stats64 });
  }

  #zero(values: CommandValues): void {
    const services = values.service === undefined ? this.services.values() : [this.#service(values)];
    for (const service of services) {
      service.values = { ...service.values, stats64: NO_STATS };
      for (const [id, server] of service.servers) service.servers.set(id, { ...server, stats64: NO_STATS });
    }
  }

  /** 0 leaves a timeout as it is. */
  #setTimeouts({ timeoutTcp, timeoutTcpFin, timeoutUdp }: CommandValues): void {
    this.timeouts = {
      timeoutTcp: timeoutTcp || this.timeouts.timeoutTcp,
      timeoutTcpFin: timeoutTcpFin || this.timeouts.timeoutTcpFin,
      timeoutUdp: timeoutUdp || this.timeouts.timeoutUdp,
    };
  }

  #reply(command: number, values: CommandValues): FakeReply {
    return { command, attributes: encode(abi.commandAttributes, values) };
  }
}
