// SPDX-License-Identifier: GPL-2.0-only
import type { Family, IpAddress } from "../model/address.js";
import type { ForwardingMethod, Server, ServerEntry, Tunnel } from "../model/server.js";
import type { ServiceKey } from "../model/service.js";
import { NO_STATS } from "../model/stats.js";
import { type Attribute, type AttributeEncoder, AttributeIndex, malformed, type Reply } from "../netlink/index.js";
import { commandAttributes, destAttributes as wire, FORWARDING_MASK, forwardingMethod, tunnelFlag, tunnelType } from "./abi/ipvs.js";
import { serviceKeyBody } from "./service-codec.js";
import type { Write } from "./request.js";
import { AddressPlace, familyNumber, familyOf, nameOf, statsOf, UNION_LENGTH } from "./wire.js";

/** An entry to write into. */
export type WrittenServer = { -readonly [Name in keyof ServerEntry]: ServerEntry[Name] };

/** An entry in which nothing is read yet. */
export const blankServer = (address: IpAddress): WrittenServer => ({
  address,
  port: 0,
  method: "masq",
  weight: 0,
  upper: 0,
  lower: 0,
  active: 0,
  inactive: 0,
  persistent: 0,
  stats: NO_STATS,
  tunnel: undefined,
});

/** What a request about a real server says: which one it is, and of which service. */
export const serverKeyBody = (key: ServiceKey, server: Pick<Server, "address" | "port">): Write => (encoder) => {
  serviceKeyBody(key)(encoder);
  const start = encoder.open(commandAttributes.dest.id);
  writeServerKey(encoder, server);
  encoder.close(commandAttributes.dest.id, start);
};

/** What a request that adds or edits a real server says. */
export const serverBody = (key: ServiceKey, server: Server): Write => (encoder) => {
  const { tunnel } = server;
  serviceKeyBody(key)(encoder);
  const start = encoder.open(commandAttributes.dest.id);
  writeServerKey(encoder, server);
  encoder.u32(wire.fwdMethod.id, forwardingMethod[server.method]);
  encoder.u32(wire.weight.id, server.weight);
  encoder.u32(wire.uThresh.id, server.upper);
  encoder.u32(wire.lThresh.id, server.lower);
  encoder.u8(wire.tunType.id, tunnelType[tunnel?.type ?? "ipip"]);
  encoder.u16(wire.tunPort.id, tunnel?.port ?? 0, true);
  encoder.u16(wire.tunFlags.id, tunnelFlag[tunnel?.checksum ?? "nocsum"]);
  encoder.close(commandAttributes.dest.id, start);
};

function writeServerKey(encoder: AttributeEncoder, { address, port }: Pick<Server, "address" | "port">): void {
  encoder.padded(wire.addr.id, address.bytes, UNION_LENGTH);
  encoder.u16(wire.port.id, port, true);
  encoder.u16(wire.addrFamily.id, familyNumber(address.family));
}

const command = new AttributeIndex(commandAttributes);
const index = new AttributeIndex(wire, "of a server");

const methods: ForwardingMethod[] = [];
for (const [name, number] of Object.entries(forwardingMethod)) methods[number] = name as ForwardingMethod;

/** A number that older kernels do not send. */
const numberOr0 = (attribute: Attribute): number => (index.has(attribute) ? index.number(attribute) : 0);

function readTunnel(): Tunnel {
  const type = nameOf(tunnelType, numberOr0(wire.tunType), "tunnel type");
  if (type === "ipip") return { type };
  const checksum = nameOf(tunnelFlag, numberOr0(wire.tunFlags), "tunnel flags");
  return type === "gre" ? { type, checksum } : { type, checksum, port: numberOr0(wire.tunPort) };
}

/** Where servers are read into, each over the one before. */
export class ServerPlace {
  readonly #address = new AddressPlace();
  readonly #entry = blankServer(this.#address.of("ipv4"));

  /**
   * A real server as a reply of the kernel describes it, of a service of
   * `serviceFamily`; without its counters unless they are wanted. Throws EBADMSG.
   */
  read({ bytes, attributesStart, end }: Reply, serviceFamily: Family, counters: boolean): ServerEntry {
    command.read(bytes, attributesStart, end);
    index.read(bytes, command.start(commandAttributes.dest), command.end(commandAttributes.dest));
    const family = index.has(wire.addrFamily) ? familyOf(index.number(wire.addrFamily)) : serviceFamily;
    const number = index.number(wire.fwdMethod) & FORWARDING_MASK;
    const method = methods[number];
    if (method === undefined) throw malformed(`forwarding method ${number}`);
    const entry = this.#entry;
    entry.address = this.#address.read(family, bytes, index.start(wire.addr), index.end(wire.addr));
    entry.port = index.number(wire.port);
    entry.method = method;
    entry.weight = index.number(wire.weight);
    entry.upper = numberOr0(wire.uThresh);
    entry.lower = numberOr0(wire.lThresh);
    entry.active = numberOr0(wire.activeConns);
    entry.inactive = numberOr0(wire.inactConns);
    entry.persistent = numberOr0(wire.persistConns);
    entry.stats = counters ? statsOf(index, wire.stats64, bytes) : NO_STATS;
    entry.tunnel = method === "tunnel" ? readTunnel() : undefined;
    return entry;
  }
}
