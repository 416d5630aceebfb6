// SPDX-License-Identifier: GPL-2.0-only
import { CliError } from "../errors.js";
import type { Server, Tunnel } from "../model/server.js";
import { requiredKey } from "./build-service.js";
import type { Values } from "./values.js";

/** The address and port of -r. */
export function serverAddress(values: Values): Pick<Server, "address" | "port"> {
  const { address, port = 0 } = values.server!;
  return { address, port };
}

/** The real server of -a and -e. Throws CliError. */
export function buildServer(values: Values, given: ReadonlySet<string>): Server {
  const key = requiredKey(values);
  if (given.has("fullnat") && given.has("forwarding-method")) {
    throw new CliError("The option 'fullnat' conflicts with the 'forwarding-method' option: a server has one of -g, -i, -m, -b");
  }
  const method = values.method ?? "route";
  const { address, port } = serverAddress(values);
  if (address.family !== (key.kind === "fwmark" ? key.family : key.address.family) && method !== "tunnel") {
    throw new CliError("Different address family is allowed only for tunneling servers");
  }
  const tunnel = buildTunnel(values, given, method === "tunnel");
  return {
    address,
    // Only NAT of either kind can translate the port: the others hand the packet on as it is.
    port: key.kind === "address" && method !== "masq" && method !== "fullnat" ? key.port : port,
    method,
    weight: values.weight ?? 1,
    upper: values.upper ?? 0,
    lower: values.lower ?? 0,
    ...(tunnel && { tunnel }),
  };
}

type Rule = "need" | "refuse" | "one" | undefined;

/** Which tunnel options each type needs, refuses, or takes one of. */
const tunnelRules: Readonly<Record<Tunnel["type"], Readonly<Record<string, Rule>>>> = {
  ipip: { "tun-port": "refuse", "tun-nocsum": "refuse", "tun-csum": "refuse", "tun-remcsum": "refuse" },
  gue: { "tun-port": "need", "tun-nocsum": "one", "tun-csum": "one", "tun-remcsum": "one" },
  gre: { "tun-port": "refuse", "tun-nocsum": "one", "tun-csum": "one", "tun-remcsum": "refuse" },
};

function buildTunnel(values: Values, given: ReadonlySet<string>, tunnelling: boolean): Tunnel | undefined {
  if (!tunnelling) {
    for (const name of given) {
      if (name.startsWith("tun-")) throw new CliError("Tunnel options conflict with forward method");
    }
    return undefined;
  }
  const type = values.tunnelType ?? "ipip";
  const checksum = checkTunnel(type, given);
  return {
    type,
    ...(values.tunnelPort !== undefined && { port: values.tunnelPort }),
    ...(checksum && { checksum }),
  };
}

/** Returns the checksum option, if there is one. */
function checkTunnel(type: Tunnel["type"], given: ReadonlySet<string>): Tunnel["checksum"] {
  let only: string | undefined;
  for (const [name, rule] of Object.entries(tunnelRules[type])) {
    if (!given.has(name)) {
      if (rule === "need") throw new CliError(`You need to supply the '${name}' option for the '${type}' tunnel type`);
    } else if (rule === "refuse") {
      throw new CliError(`Illegal '${name}' option with the '${type}' tunnel type`);
    } else if (rule === "one") {
      if (only) {
        throw new CliError(`The option '${name}' conflicts with the '${only}' option in the '${type}' tunnel type`);
      }
      only = name;
    }
  }
  return only?.slice("tun-".length) as Tunnel["checksum"];
}
