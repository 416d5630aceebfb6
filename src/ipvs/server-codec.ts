// SPDX-License-Identifier: GPL-2.0-only
import type { Family } from "../model/address.js";
import type { Server, ServerEntry, Tunnel } from "../model/server.js";
import type { ServiceKey } from "../model/service.js";
import type { AttributeEncoder, Values } from "../netlink/index.js";
import { commandAttributes, destAttributes as wire, FORWARDING_MASK, forwardingMethod, tunnelFlag, tunnelType } from "./abi/ipvs.js";
import { serviceKeyBody } from "./service-codec.js";
import type { Write } from "./session.js";
import { familyNumber, familyOf, nameOf, readAddress, readStats, required, UNION_LENGTH } from "./wire.js";

type ServerValues = Values<typeof wire>;

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

function readTunnel(values: ServerValues): Tunnel {
  const type = nameOf(tunnelType, values.tunType ?? tunnelType.ipip, "tunnel type");
  if (type === "ipip") return { type };
  const checksum = nameOf(tunnelFlag, values.tunFlags ?? tunnelFlag.nocsum, "tunnel flags");
  return type === "gre" ? { type, checksum } : { type, checksum, port: values.tunPort ?? 0 };
}

/** A real server as the kernel describes it, of a service of `serviceFamily`. */
export function readServer(values: ServerValues, serviceFamily: Family): ServerEntry {
  const family = values.addrFamily === undefined ? serviceFamily : familyOf(values.addrFamily);
  const fwdMethod = required(values.fwdMethod, "forwarding method of a server") & FORWARDING_MASK;
  const method = nameOf(forwardingMethod, fwdMethod, "forwarding method");
  return {
    address: readAddress(family, required(values.addr, "address of a server")),
    port: required(values.port, "port of a server"),
    method,
    weight: required(values.weight, "weight of a server"),
    upper: values.uThresh ?? 0,
    lower: values.lThresh ?? 0,
    ...(method === "tunnel" ? { tunnel: readTunnel(values) } : {}),
    active: values.activeConns ?? 0,
    inactive: values.inactConns ?? 0,
    persistent: values.persistConns ?? 0,
    stats: readStats(values.stats64),
  };
}
