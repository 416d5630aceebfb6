// SPDX-License-Identifier: GPL-2.0-only
import { createClient } from "../../src/ipvs/index.js";
import * as fnat from "../../src/ipvs/abi/fnat.js";
import * as ipvs from "../../src/ipvs/abi/ipvs.js";
import type { IpvsClient } from "../../src/ipvs/client.js";
import { decode, encode } from "../../src/netlink/index.js";
import { FakeFnat } from "./fake-fnat.js";
import { FakeIpvs } from "./fake-ipvs.js";
import { type Answer, type FakeReply, type FakeRequest, FakeTransport, type Fault, Refusal, type Trouble } from "./fake-transport.js";

const CONTROL = 16;
const IPVS = 0x1b;
const FNAT = 0x1c;
const familyNames = { familyId: { id: 1, type: "u16" }, familyName: { id: 2, type: "string" } } as const;

/** Commands that only ask. */
const reading: ReadonlyMap<number, ReadonlySet<number>> = new Map([
  [IPVS, asking(ipvs.commands)],
  [FNAT, asking(fnat.commands)],
]);

function asking(commands: Readonly<Record<string, number>>): ReadonlySet<number> {
  return new Set(Object.keys(commands).filter((name) => /^get|Get$/.test(name)).map((name) => commands[name]!));
}

export interface FakeKernelOptions {
  /** False: no IPVS in the kernel, until `loadable` makes it come with loadModule(). */
  readonly ipvs?: boolean;
  readonly loadable?: boolean;
  /** False: a stock module, without IPVS_FNAT. */
  readonly snat?: boolean;
  /** False: the caller has no CAP_NET_ADMIN. */
  readonly admin?: boolean;
}

/**
 * A kernel in memory that answers netlink requests of both families. Give
 * `open` to a client, or take `client()`; `inject()` makes receives fail.
 */
export class FakeKernel implements Answer {
  readonly ipvs = new FakeIpvs();
  readonly fnat = new FakeFnat(this.ipvs);
  /** What was asked, in order. */
  readonly requests: FakeRequest[] = [];
  /** Those of them that were to change something. */
  readonly changes: FakeRequest[] = [];
  /** Asked before a change is carried out: an errno's name refuses it. */
  refuse: (request: FakeRequest) => string | undefined = () => undefined;
  readonly sockets: FakeTransport[] = [];
  /** Where a test may write what /proc/net/ip_vs has. */
  tablePath = "/nonexistent/ip_vs";
  /** How often modprobe was asked for. */
  loads = 0;
  readonly #options: Required<FakeKernelOptions>;
  readonly #trouble: Trouble = { faults: [], interruptions: 0 };
  #present: boolean;

  constructor(options: FakeKernelOptions = {}) {
    this.#options = { ipvs: true, loadable: false, snat: true, admin: true, ...options };
    this.#present = this.#options.ipvs;
  }

  readonly open = (): FakeTransport => {
    const socket = new FakeTransport(this, this.#trouble);
    this.sockets.push(socket);
    return socket;
  };

  readonly loadModule = (): Promise<void> => {
    this.loads++;
    this.#present ||= this.#options.loadable;
    return Promise.resolve();
  };

  client(connectionsPath = "/nonexistent/ip_vs_conn"): IpvsClient {
    return createClient({ open: this.open, loadModule: this.loadModule, connectionsPath, tablePath: this.tablePath });
  }

  /** Lets a receive go wrong, after `skip` that do not. */
  inject(fault: Fault, skip = 0): void {
    this.#trouble.faults.push({ fault, skip });
  }

  /** Takes back what was injected and has not come to pass. */
  heal(): void {
    this.#trouble.faults.length = 0;
    this.#trouble.interruptions = 0;
  }

  /** The next `times` dumps end with the kernel's word that they are inconsistent. */
  interruptDumps(times: number): void {
    this.#trouble.interruptions = times;
  }

  handle(request: FakeRequest): FakeReply[] {
    this.requests.push(request);
    if (request.family === CONTROL) return [this.#family(request)];
    const side = this.#side(request);
    if (!reading.get(request.family)?.has(request.command)) {
      this.changes.push(request);
      const errno = this.refuse(request);
      if (errno !== undefined) throw new Refusal(errno);
    }
    const replies = side.handle(request);
    if (side === this.ipvs) this.fnat.servicesChanged();
    if (side === this.ipvs && request.command === ipvs.commands.flush) this.fnat.zones.clear();
    return replies;
  }

  dump(request: FakeRequest): Iterable<FakeReply> {
    this.requests.push(request);
    return this.#side(request).dump(request);
  }

  #side({ family }: FakeRequest): FakeIpvs | FakeFnat {
    if (family !== IPVS && family !== FNAT) throw new Refusal("ENOENT");
    if (!this.#options.admin) throw new Refusal("EPERM");
    return family === IPVS ? this.ipvs : this.fnat;
  }

  #family({ attributes }: FakeRequest): FakeReply {
    const { familyName } = decode(familyNames, attributes);
    const known = familyName === "IPVS" ? IPVS : familyName === "IPVS_FNAT" && this.#options.snat ? FNAT : undefined;
    if (known === undefined || !this.#present) throw new Refusal("ENOENT");
    return { command: 1, attributes: encode(familyNames, { familyId: known, familyName }) };
  }
}
