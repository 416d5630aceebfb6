// SPDX-License-Identifier: GPL-2.0-only
import { closeSync, openSync, readSync } from "node:fs";
import type { IpAddress } from "../model/address.js";
import type { Connection } from "../model/flow.js";
import { malformed, NetlinkError } from "../netlink/index.js";

const CHUNK = 65_536;
const HEX_IPV4 = /^[0-9A-F]{8}$/i;
const FULL_IPV6 = /^[0-9a-f]{4}(:[0-9a-f]{4}){7}$/i;
const LINE = /^(\S+) +(\S+) +(\S+) +(\S+) +(\S+) +(\S+) +(\S+) +(\S+) +(\d+)(?: (\S+) (.*))?$/;

function address(text: string): IpAddress {
  if (HEX_IPV4.test(text)) return { family: "ipv4", bytes: Uint8Array.from(Buffer.from(text, "hex")) };
  if (!FULL_IPV6.test(text)) throw malformed(`"${text}" where a connection's address belongs`);
  return { family: "ipv6", bytes: Uint8Array.from(Buffer.from(text.replaceAll(":", ""), "hex")) };
}

function port(text: string): number {
  if (!/^[0-9A-F]{1,4}$/i.test(text)) throw malformed(`"${text}" where a connection's port belongs`);
  return Number.parseInt(text, 16);
}

/** One line of /proc/net/ip_vs_conn, whose addresses and ports are hexadecimal. Throws EBADMSG for any other. */
export function parseConnection(line: string): Connection {
  const fields = LINE.exec(line.trimEnd());
  if (fields === null) throw malformed(`"${line}" where a connection belongs`);
  const [, protocol, from, fromPort, to, toPort, dest, destPort, state, expires, peName, peData] = fields as string[];
  return {
    protocol: protocol!,
    client: address(from!),
    clientPort: port(fromPort!),
    virtual: address(to!),
    virtualPort: port(toPort!),
    server: address(dest!),
    serverPort: port(destPort!),
    state: state!,
    expires: Number(expires),
    ...(peName === undefined ? {} : { peName, peData: peData ?? "" }),
  };
}

/** The whole lines of a file, one chunk of it in memory at a time. */
function* lines(path: string): Generator<string> {
  const descriptor = openSync(path, "r");
  try {
    const chunk = Buffer.alloc(CHUNK);
    let rest = "";
    for (let length = readSync(descriptor, chunk); length > 0; length = readSync(descriptor, chunk)) {
      const parts = (rest + chunk.toString("latin1", 0, length)).split("\n");
      rest = parts.pop() ?? "";
      yield* parts;
    }
    if (rest !== "") yield rest;
  } finally {
    closeSync(descriptor);
  }
}

/** The connections of `path`, without its header line. Throws a NetlinkError with the errno of a failed read. */
export function* readConnections(path: string): Generator<Connection> {
  let header = true;
  try {
    for (const line of lines(path)) {
      if (!header) yield parseConnection(line);
      header = false;
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (error instanceof NetlinkError || code === undefined) throw error;
    throw new NetlinkError(code, message);
  }
}
