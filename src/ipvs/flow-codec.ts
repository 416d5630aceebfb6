// SPDX-License-Identifier: GPL-2.0-only
import type { Flow } from "../model/flow.js";
import type { Values } from "../netlink/index.js";
import { type flowAttributes, flowState } from "./abi/fnat.js";
import { familyOf, nameOf, readAddress, required } from "./wire.js";

/** IPPROTO numbers of the protocols that flows have. */
const protocols: Readonly<Record<Flow["protocol"], number>> = { TCP: 6, UDP: 17, ICMP: 1, ICMPv6: 58 };

/** IPVS's names of the states, at the index of their number: synRecv is SYN_RECV. */
const states: string[] = [];
for (const [name, number] of Object.entries(flowState)) {
  states[number] = name.replace(/[A-Z]/g, "_$&").toUpperCase();
}

/** A flow as the kernel describes it. IPVS calls a state without a name "ERR!". */
export function readFlow(values: Values<typeof flowAttributes>): Flow {
  const family = familyOf(required(values.af, "address family of a flow"));
  return {
    protocol: nameOf(protocols, required(values.protocol, "protocol of a flow"), "flow protocol"),
    state: states[required(values.state, "state of a flow")] ?? "ERR!",
    client: readAddress(family, required(values.client, "client of a flow")),
    clientPort: required(values.clientPort, "client port of a flow"),
    local: readAddress(family, required(values.local, "local address of a flow")),
    localPort: required(values.localPort, "local port of a flow"),
    remote: readAddress(family, required(values.remote, "remote address of a flow")),
    remotePort: required(values.remotePort, "remote port of a flow"),
    expires: required(values.expires, "lifetime of a flow"),
    fwmark: required(values.fwmark, "mark of a flow"),
  };
}
