// SPDX-License-Identifier: GPL-2.0-only
import * as abi from "../../src/ipvs/abi/fnat.js";
import type { Values } from "../../src/netlink/index.js";
import type { FakeIpvs, FakeService } from "./fake-ipvs.js";
import { Refusal } from "./fake-transport.js";
import { addressNumber, rangeOf } from "./fake-zones.js";

type MainValues = Values<typeof abi.mainAttributes>;
type ServiceValues = Values<typeof abi.serviceAttributes>;
type LaddrValues = Values<typeof abi.laddrAttributes>;

const PORTS = 60536;
const IPV4 = 2;

/** Local addresses of IPVS's services, kept in memory; they go with their service. */
export class FakeServiceAddresses {
  readonly #ipvs: FakeIpvs;
  readonly #held = new Map<FakeService, LaddrValues[]>();

  constructor(ipvs: FakeIpvs) {
    this.#ipvs = ipvs;
  }

  /** False when the command is not about a service's local addresses. */
  change(command: number, { service, laddr }: MainValues): boolean {
    if (service === undefined || (command !== abi.commands.laddrNew && command !== abi.commands.laddrDel)) return false;
    const found = this.#find(service);
    const { inside, wanted } = rangeOf(laddr);
    const present = this.#held.get(found) ?? [];
    if (command === abi.commands.laddrNew) {
      if (present.some(inside)) throw new Refusal("EEXIST", "the service has it, or one of the range");
      this.#held.set(found, [...present, ...wanted.map((first) => ({ first, flows: 0, conflicts: 0n, used: 0, free: PORTS }))]);
    } else {
      const rest = present.filter((one) => !inside(one));
      if (present.length - rest.length !== wanted.length) throw new Refusal("ENOENT", "the service lacks it, or one of the range");
      this.#held.set(found, rest);
    }
    return true;
  }

  *list({ service }: MainValues): Generator<MainValues> {
    const only = service && this.#find(service);
    for (const af of [IPV4, 10]) {
      for (const [held, laddrs] of this.#held) {
        if (held.values.af !== af || (only && only !== held) || ![...this.#ipvs.services.values()].includes(held)) continue;
        const values = { ...this.#name(held), total: laddrs.length };
        yield { service: values };
        for (const laddr of laddrs) yield { service: values, laddr };
      }
    }
  }

  /** The counters of the local address. */
  setCounters(address: Uint8Array, counters: LaddrValues): void {
    for (const [held, laddrs] of this.#held) {
      this.#held.set(held, laddrs.map((laddr) => (addressNumber(laddr.first!) === addressNumber(address) ? { ...laddr, ...counters } : laddr)));
    }
  }

  #name({ values: { af, fwmark, protocol, addr, port } }: FakeService): ServiceValues {
    return fwmark === undefined ? { af, protocol, address: addr?.subarray(0, af === IPV4 ? 4 : 16), port } : { af, fwmark };
  }

  #find({ af, fwmark, protocol, address, port }: ServiceValues): FakeService {
    const addr = address && Buffer.concat([address, Buffer.alloc(16 - address.length)]);
    const found = this.#ipvs.find({ af, fwmark, protocol, addr, port });
    if (!found) throw new Refusal("ESRCH", "the service is not there");
    return found;
  }
}
