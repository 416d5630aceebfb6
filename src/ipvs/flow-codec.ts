// SPDX-License-Identifier: GPL-2.0-only
import type { Family, IpAddress } from "../model/address.js";
import type { Flow } from "../model/flow.js";
import { type Attribute, AttributeIndex, type Reply } from "../netlink/index.js";
import { flowAttributes, flowState, mainAttributes } from "./abi/fnat.js";
import { asIpvsError } from "./error.js";
import { AddressPlace, familyOf, nameOf } from "./wire.js";

/** IPPROTO numbers of the protocols that flows have. */
const protocols: Readonly<Record<Flow["protocol"], number>> = { TCP: 6, UDP: 17, ICMP: 1, ICMPv6: 58 };

/** IPVS's names of the states, at the index of their number: synRecv is SYN_RECV. */
const states: string[] = [];
for (const [name, number] of Object.entries(flowState)) {
  states[number] = name.replace(/[A-Z]/g, "_$&").toUpperCase();
}

type Written = { -readonly [Name in keyof Flow]: Flow[Name] };

/** Reads flows as the kernel describes them, all into one: a million flows make little garbage. */
class FlowReader {
  readonly #main = new AttributeIndex(mainAttributes);
  readonly #index = new AttributeIndex(flowAttributes);
  readonly #client = new AddressPlace();
  readonly #local = new AddressPlace();
  readonly #remote = new AddressPlace();
  readonly #flow = {} as Written;

  /** The flow of a reply, valid until the next is read. IPVS calls a state without a name "ERR!". Throws EBADMSG. */
  read({ attributes }: Reply): Flow {
    const main = this.#main.read(attributes, 0, attributes.length);
    const index = this.#index.read(attributes, main.start(mainAttributes.flow), main.end(mainAttributes.flow));
    const family = familyOf(index.number(flowAttributes.af));
    const flow = this.#flow;
    flow.protocol = nameOf(protocols, index.number(flowAttributes.protocol), "flow protocol");
    flow.state = states[index.number(flowAttributes.state)] ?? "ERR!";
    flow.client = this.#address(this.#client, flowAttributes.client, family, attributes);
    flow.clientPort = index.number(flowAttributes.clientPort);
    flow.local = this.#address(this.#local, flowAttributes.local, family, attributes);
    flow.localPort = index.number(flowAttributes.localPort);
    flow.remote = this.#address(this.#remote, flowAttributes.remote, family, attributes);
    flow.remotePort = index.number(flowAttributes.remotePort);
    flow.expires = index.number(flowAttributes.expires);
    flow.fwmark = index.has(flowAttributes.fwmark) ? index.number(flowAttributes.fwmark) : undefined;
    return flow;
  }

  #address(place: AddressPlace, attribute: Attribute, family: Family, bytes: Uint8Array): IpAddress {
    return place.read(family, bytes, this.#index.start(attribute), this.#index.end(attribute));
  }
}

/** Flows of one datagram; each is valid until the next is taken, all until the next datagram is asked for. */
export class FlowPage implements Iterable<Flow> {
  readonly #replies: readonly Reply[];

  constructor(replies: readonly Reply[]) {
    this.#replies = replies;
  }

  *[Symbol.iterator](): Generator<Flow> {
    const reader = new FlowReader();
    try {
      for (const reply of this.#replies) yield reader.read(reply);
    } catch (error) {
      throw asIpvsError("flows", error);
    }
  }
}
