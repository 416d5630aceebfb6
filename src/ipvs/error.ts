// SPDX-License-Identifier: GPL-2.0-only
import { NetlinkError } from "../netlink/index.js";
import { type Operation, strerror } from "./strerror.js";

export type { Operation } from "./strerror.js";

/** Why there was nobody to ask: no IPVS in the kernel, or IPVS of a module without SNAT. */
export type MissingPart = "ipvs" | "snat";

export interface IpvsErrorDetail {
  /** The kernel's extended-ack message. */
  readonly extAck?: string | undefined;
  readonly missing?: MissingPart | undefined;
}

/** What the kernel, or the way to it, refused: `message` is ipvsadm's text for it, `errno` its name. */
export class IpvsError extends Error {
  override readonly name = "IpvsError";
  readonly extAck: string | undefined;
  readonly missing: MissingPart | undefined;

  constructor(
    readonly operation: Operation,
    readonly errno: string,
    message: string = strerror(operation, errno),
    detail: IpvsErrorDetail = {},
  ) {
    super(message);
    this.extAck = detail.extAck;
    this.missing = detail.missing;
  }
}

/** `error` as an IpvsError of `operation`; anything that is no error of ours comes back as it is. */
export function asIpvsError(operation: Operation, error: unknown): unknown {
  if (!(error instanceof NetlinkError)) return error;
  const { code, extAck } = error;
  return new IpvsError(operation, code, error.refused ? undefined : error.message, { extAck });
}

/** No IPVS in the kernel. ipvsadm says the same: it finds the old socket options missing as well. */
export const noIpvs = (isRoot: boolean): IpvsError =>
  new IpvsError("init", isRoot ? "ENOPROTOOPT" : "EPERM", undefined, { missing: "ipvs" });

/** True for the error of a kernel whose IPVS has no SNAT. */
export const isStock = (error: unknown): boolean => error instanceof IpvsError && error.missing === "snat";

/** IPVS is there, but the module is the stock one. */
export const noSnat = (operation: Operation): IpvsError =>
  new IpvsError(
    operation,
    "EOPNOTSUPP",
    "The loaded ip_vs module has no SNAT rules: it is the stock one; load the module that comes with tsipvsadm",
    { missing: "snat" },
  );

/** The service was told to have SYNPROXY, by a module that does not know what that is. */
export const noSynproxy = (operation: Operation): IpvsError =>
  new IpvsError(
    operation,
    "EOPNOTSUPP",
    "The loaded ip_vs module has no SYNPROXY, and the service goes without: load the module that comes with this tsipvsadm",
  );

/** `error` as `operation` met it: a missing family is found while it is resolved, for whatever asks first. */
export function withOperation(operation: Operation, error: unknown): unknown {
  return isStock(error) ? noSnat(operation) : asIpvsError(operation, error);
}
