// SPDX-License-Identifier: GPL-2.0-only
import { CliError } from "../errors.js";
import type { IpAddress } from "../model/address.js";
import { isUnspecified, tryParseAddress } from "../model/address.js";
import { parseRange } from "../model/address-range.js";
import { parseLocalAddresses } from "../model/local-address.js";
import { parseNextHop } from "../model/next-hop.js";
import { parseNetwork, parsePrefix } from "../model/prefix.js";
import type { Protocol } from "../model/service.js";
import { shortened } from "../model/shortened.js";
import { parseAlgorithm, parseDeviceName } from "../model/snat-rule.js";
import { TextError, quote } from "../model/text-error.js";
import type { Names } from "./names.js";
import { leadingNumber, parseHostPort, parseNumber } from "./numbers.js";
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

/** A persistence mask, read for the family that the line has named so far. */
function netmask(text: string, values: Values, names: Names): IpAddress | number {
  if (values.ipv6 || values.virtual?.address.family === "ipv6") {
    const length = leadingNumber(text);
    if (length < 1 || length > 128) throw new CliError("illegal ipv6 netmask specified");
    return length;
  }
  const mask = names.host(text);
  if (!mask) throw new CliError("illegal virtual server persistent mask specified");
  return mask;
}

/** A multicast address, as inet_pton reads it. */
function multicast(text: string): IpAddress {
  const address = tryParseAddress(text);
  const [first = 0] = address?.bytes ?? [];
  if (address && (address.family === "ipv6" ? first === 0xff : first >> 4 === 0xe)) return address;
  throw new CliError(`invalid ${text.includes(":") ? "IPv6" : "IPv4"} mcast-group \`${text}'`);
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
    if (virtual.address.family === "ipv6") delete values.netmask;
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
  ipv6: (values) => {
    values.ipv6 = true;
    delete values.netmask;
  },
  // What is too long for its field in the kernel is cut off, as ipvsadm does.
  scheduler: (values, text) => void (values.scheduler = shortened(text, 15)),
  persistent: (values, text) => void (values.persistent = text === DEFAULT ? PERSISTENT_DEFAULT : parseTimeout(text, 1)),
  netmask: (values, text, names) => void (values.netmask = netmask(text, values, names)),
  ops: (values) => void (values.onePacket = true),
  pe: (values, text) => void (values.peName = shortened(text, 16)),
  "sched-flags": (values, text) => void (values.schedFlags = text),
  synproxy: (values, text) => {
    if (text !== "enable" && text !== "disable") {
      throw new CliError(`invalid -j ${quote(text)}: it is enable or disable`);
    }
    values.synproxy = text === "enable";
  },
  "real-server": (values, text, names) => {
    const server = parseHostPort(text, values.fwmark === undefined ? (values.protocol ?? "") : "tcp", names);
    if (!server) throw new CliError("illegal real server address[:port] specified");
    // The port of the service that is named so far.
    values.server = { port: values.virtual?.port ?? 0, ...server };
  },
  gatewaying: (values) => void (values.method = "route"),
  ipip: (values) => void (values.method = "tunnel"),
  masquerading: (values) => void (values.method = "masq"),
  fullnat: (values) => void (values.method = "fullnat"),
  weight: (values, text) => void (values.weight = number(text, 0, INT_MAX, "illegal weight specified")),
  "u-threshold": (values, text) => void (values.upper = number(text, 0, INT_MAX, "illegal u_threshold specified")),
  "l-threshold": (values, text) => void (values.lower = number(text, 0, INT_MAX, "illegal l_threshold specified")),
  "tun-type": (values, text) => {
    if (text !== "ipip" && text !== "gue" && text !== "gre") throw new CliError("illegal tunnel type specified");
    values.tunnelType = text;
  },
  "tun-port": (values, text) => void (values.tunnelPort = number(text, 1, 65535, "illegal tunnel port specified")),
  "mcast-interface": (values, text) => void (values.mcastInterface = shortened(text, 15)),
  syncid: (values, text) => void (values.syncId = number(text, 0, 255, "illegal syncid specified")),
  "sync-maxlen": (values, text) => {
    values.syncMaxlen = number(text, 1, 65535 - 20 - 8, "illegal sync-maxlen specified");
  },
  "mcast-group": (values, text) => void (values.mcastGroup = multicast(text)),
  "mcast-port": (values, text) => void (values.mcastPort = number(text, 1, 65535, "illegal mcast-port specified")),
  "mcast-ttl": (values, text) => void (values.mcastTtl = number(text, 1, 255, "illegal mcast-ttl specified")),
  from: refusable("-F", (values, text) => void (values.from = parsePrefix(text))),
  to: refusable("-T", (values, text) => void (values.to = parsePrefix(text))),
  gw: refusable("-W", (values, text) => void (values.gw = parseNextHop(text))),
  oif: refusable("--oif", (values, text) => void (values.oif = parseDeviceName(text))),
  "snat-ip": refusable("-U", (values, text) => {
    const pool = parseRange(text);
    if (isUnspecified(pool.first)) throw new TextError(`invalid pool ${quote(text)}: it has the unspecified address`);
    values.pool = pool;
  }),
  algo: refusable("-O", (values, text) => void (values.algo = parseAlgorithm(text))),
  "new-gw": refusable("-N", (values, text) => void (values.newGw = parseNextHop(text))),
  zone: refusable("--zone", (values, text) => void (values.zone = zoneNetwork(text))),
  before: refusable("--before", (values, text) => void (values.before = zoneNetwork(text))),
  "local-address": refusable("-z", (values, text) => void (values.localAddresses = parseLocalAddresses(text))),
};

/** Stands for the argument that an option may do without. */
export const DEFAULT = "\0";
