// SPDX-License-Identifier: GPL-2.0-only
import { CliError } from "../errors.js";
import { isUnspecified, parseAddress } from "../model/address.js";
import { parseRange } from "../model/address-range.js";
import { parseLocalAddresses } from "../model/local-address.js";
import { parseNetwork, parsePrefix } from "../model/prefix.js";
import type { Protocol } from "../model/service.js";
import { parseAlgorithm, parseDeviceName } from "../model/snat-rule.js";
import { TextError, quote } from "../model/text-error.js";
import type { Names } from "./names.js";
import { parseHostPort, parseNumber } from "./numbers.js";
import type { Network, Values } from "./values.js";

type Apply = (values: Values, text: string, names: Names) => void;

const INT_MAX = 2147483647;
/** Seconds of -p alone: ipvsadm's own, though its manual says 300. */
const PERSISTENT_DEFAULT = 360;
/** Longest timeout that ipvsadm takes: 31 days, in seconds. */
const TIMEOUT_MAX = 31 * 86400;

function number(text: string, min: number, max: number, message: string): number {
  const value = parseNumber(text, min, max);
  if (value === undefined) throw new CliError(message);
  return value;
}

/** A timeout of -p or --set, in seconds. */
export function parseTimeout(text: string, min: number): number {
  return number(text, min, TIMEOUT_MAX, `invalid timeout value \`${text}' specified`);
}

/** Names that the kernel holds in 16 bytes. */
function shortName(text: string, what: string): string {
  if (text !== "" && Buffer.byteLength(text) <= 15) return text;
  throw new CliError(`invalid ${what} name ${quote(text)}: 1 to 15 characters are allowed`);
}

/** Say which option held the text that the model refuses. */
function refusable(flag: string, apply: (values: Values, text: string) => void): Apply {
  return (values, text) => {
    try {
      apply(values, text);
    } catch (error) {
      throw error instanceof TextError ? new CliError(`${flag}: ${error.message}`) : error;
    }
  };
}

function virtual(protocol: Protocol): Apply {
  return (values, text, names) => {
    const virtual = parseHostPort(text, protocol, names);
    if (!virtual) throw new CliError("illegal virtual server address[:port] specified");
    values.protocol = protocol;
    values.virtual = virtual;
  };
}

function zoneNetwork(text: string): Network {
  const { network, hostBits } = parseNetwork(text);
  return { prefix: network, ...(hostBits && { given: text }) };
}

/** What each flag does to the values, by its long name. */
export const apply: Readonly<Record<string, Apply>> = {
  "tcp-service": virtual("tcp"),
  "udp-service": virtual("udp"),
  "sctp-service": virtual("sctp"),
  "fwmark-service": (values, text) => {
    values.fwmark = number(text, 1, 0xffffffff, `invalid fwmark value \`${text}' specified`);
  },
  ipv6: (values) => void (values.ipv6 = true),
  scheduler: (values, text) => void (values.scheduler = shortName(text, "scheduler")),
  persistent: (values, text) => void (values.persistent = text === DEFAULT ? PERSISTENT_DEFAULT : parseTimeout(text, 1)),
  netmask: (values, text) => void (values.netmask = text),
  ops: (values) => void (values.onePacket = true),
  pe: (values, text) => void (values.peName = shortName(text, "persistence engine")),
  "sched-flags": (values, text) => void (values.schedFlags = text),
  "real-server": (values, text, names) => {
    const server = parseHostPort(text, values.protocol ?? "tcp", names);
    if (!server) throw new CliError("illegal real server address[:port] specified");
    values.server = server;
  },
  gatewaying: (values) => void (values.method = "route"),
  ipip: (values) => void (values.method = "tunnel"),
  masquerading: (values) => void (values.method = "masq"),
  weight: (values, text) => void (values.weight = number(text, 0, INT_MAX, "illegal weight specified")),
  "u-threshold": (values, text) => void (values.upper = number(text, 0, INT_MAX, "illegal u_threshold specified")),
  "l-threshold": (values, text) => void (values.lower = number(text, 0, INT_MAX, "illegal l_threshold specified")),
  "tun-type": (values, text) => {
    if (text !== "ipip" && text !== "gue" && text !== "gre") throw new CliError("illegal tunnel type specified");
    values.tunnelType = text;
  },
  "tun-port": (values, text) => void (values.tunnelPort = number(text, 1, 65535, "illegal tunnel port specified")),
  "mcast-interface": refusable("--mcast-interface", (values, text) => {
    values.mcastInterface = parseDeviceName(text);
  }),
  syncid: (values, text) => void (values.syncId = number(text, 0, 255, "illegal syncid specified")),
  "sync-maxlen": (values, text) => {
    values.syncMaxlen = number(text, 1, 65535 - 20 - 8, "illegal sync-maxlen specified");
  },
  "mcast-group": (values, text) => {
    try {
      values.mcastGroup = parseAddress(text);
    } catch {
      throw new CliError(`invalid ${text.includes(":") ? "IPv6" : "IPv4"} mcast-group \`${text}'`);
    }
  },
  "mcast-port": (values, text) => void (values.mcastPort = number(text, 1, 65535, "illegal mcast-port specified")),
  "mcast-ttl": (values, text) => void (values.mcastTtl = number(text, 1, 255, "illegal mcast-ttl specified")),
  from: refusable("-F", (values, text) => void (values.from = parsePrefix(text))),
  to: refusable("-T", (values, text) => void (values.to = parsePrefix(text))),
  gw: refusable("-W", (values, text) => void (values.gw = parseAddress(text))),
  oif: refusable("--oif", (values, text) => void (values.oif = parseDeviceName(text))),
  "snat-ip": refusable("-U", (values, text) => {
    const pool = parseRange(text);
    if (isUnspecified(pool.first)) throw new TextError(`invalid pool ${quote(text)}: it has the unspecified address`);
    values.pool = pool;
  }),
  algo: refusable("-O", (values, text) => void (values.algo = parseAlgorithm(text))),
  "new-gw": refusable("-N", (values, text) => void (values.newGw = parseAddress(text))),
  zone: refusable("--zone", (values, text) => void (values.zone = zoneNetwork(text))),
  before: refusable("--before", (values, text) => void (values.before = zoneNetwork(text))),
  "local-address": refusable("-z", (values, text) => void (values.localAddresses = parseLocalAddresses(text))),
};

/** Stands for the argument that an option may do without. */
export const DEFAULT = "\0";
