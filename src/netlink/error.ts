// SPDX-License-Identifier: GPL-2.0-only
/** Second names of errnos, which Linux does not use. */
const ALIASES = new Set(["ENOTSUP", "EWOULDBLOCK"]);

/** The host's errnos: loaded for the first error, since most runs have none. */
const numbers = (): Readonly<Record<string, number>> => (require("node:os") as typeof import("node:os")).constants.errno;

let names: ReadonlyMap<number, string> | undefined;

function readNames(): ReadonlyMap<number, string> {
  const known = Object.entries(numbers()).filter(([name]) => !ALIASES.has(name));
  return new Map(known.map(([name, number]) => [number, name]));
}

/** Name of a positive errno, such as ENOENT; "errno N" where the host has none for it. */
export const errnoName = (errno: number): string => (names ??= readNames()).get(errno) ?? `errno ${errno}`;

/** Number of an errno's name; undefined for names that the host does not know. */
export const errnoNumber = (name: string): number | undefined => numbers()[name];

export interface NetlinkErrorDetail {
  /** True when the kernel answered with this error. */
  readonly refused?: boolean;
  /** The kernel's extended-ack text. */
  readonly extAck?: string | undefined;
  /** Where in the request the attribute at fault begins, bytes from its header. */
  readonly offset?: number | undefined;
}

/**
 * What went wrong on a netlink socket. `code` is an errno's name: the kernel's
 * own where it refused a request, ENOBUFS for a receive overrun, EBADMSG for a
 * reply that makes no sense, ETIMEDOUT where none came.
 */
export class NetlinkError extends Error {
  override readonly name = "NetlinkError";
  readonly refused: boolean;
  readonly extAck: string | undefined;
  readonly offset: number | undefined;

  constructor(
    readonly code: string,
    message: string,
    detail: NetlinkErrorDetail = {},
  ) {
    super(message);
    this.refused = detail.refused ?? false;
    this.extAck = detail.extAck;
    this.offset = detail.offset;
  }
}

/** What the commoner failures of a socket mean to its user. */
const meanings: Readonly<Record<string, string>> = {
  ENOBUFS: "answers of the kernel were lost: there were more than the socket holds",
  ETIMEDOUT: "the kernel did not answer in time",
  EMSGSIZE: "a message is longer than the kernel or its reader takes",
};

/** A call of a netlink socket that failed with the errno `code`. */
export function socketError(call: "socket" | "send" | "receive", code: string): NetlinkError {
  const meaning = meanings[code];
  const where = `netlink ${call}: ${code}`;
  return new NetlinkError(code, meaning === undefined ? where : `${meaning} (${where})`);
}

/** A reply that breaks netlink's rules. */
export const malformed = (what: string): NetlinkError =>
  new NetlinkError("EBADMSG", `malformed netlink message: ${what}`);
