// SPDX-License-Identifier: GPL-2.0-only
import type { Family } from "../model/address.js";
import type { Server, ServerEntry, Tunnel } from "../model/server.js";
import type { Values } from "../netlink/index.js";
import { type destAttributes, FORWARDING_MASK, forwardingMethod, tunnelFlag, tunnelType } from "./abi/ipvs.js";
import { familyNumber, familyOf, nameOf, readAddress, readStats, required, unionAddress } from "./wire.js";

type ServerValues = Values<typeof destAttributes>;

/** What identifies a real server within its service. */
export function writeServerKey(server: Pick<Server, "address" | "port">): ServerValues {
  return {
    addr: unionAddress(server.address),
    port: server.port,
    addrFamily: familyNumber(server.address.family),
  };
}

/** All of a real server, as adding and editing want it. */
export function writeServer(server: Server): ServerValues {
  const { tunnel } = server;
  return {
    ...writeServerKey(server),
    fwdMethod: forwardingMethod[server.method],
    weight: server.weight,
    uThresh: server.upper,
    lThresh: server.lower,
    tunType: tunnelType[tunnel?.type ?? "ipip"],
    tunPort: tunnel?.port ?? 0,
    tunFlags: tunnelFlag[tunnel?.checksum ?? "nocsum"],
  };
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
