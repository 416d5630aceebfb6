// SPDX-License-Identifier: GPL-2.0-only
import { CliError } from "../errors.js";
import { IpvsError } from "../ipvs/error.js";

const BUILD = "build the module with `npm run build:module' and load its ip_vs.ko with modprobe or insmod";

/** What the kernel adds in other words to what ipvsadm, lvs-snat and dsnat say of the same. */
const SAID = new Set(["the service is not there", "the zone is not there", "the zone is there"]);

/** What an error says to the user; undefined when it is none that a user can do something about. */
export function errorText(error: unknown): string | undefined {
  if (error instanceof CliError) return error.message;
  if (!(error instanceof IpvsError)) return undefined;
  if (error.missing === "ipvs") return `${notInitialized(error)} ${capital(BUILD)}`;
  if (error.missing === "snat") {
    return `The loaded ip_vs is the stock module, which has no source NAT: ${BUILD} in its place`;
  }
  // Every request of either family needs CAP_NET_ADMIN: ipvsadm fails at its first, before it reads the line.
  if (error.errno === "EPERM") return notInitialized(error);
  return error.extAck && !SAID.has(error.extAck) ? `${error.message}: ${error.extAck}` : error.message;
}

/** What ipvsadm says when its first request fails. */
function notInitialized({ message }: IpvsError): string {
  return `Can't initialize ipvs: ${message}\nAre you sure that IP Virtual Server is built in the kernel or as module?`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Is the error that there is no IPVS to talk to, or nobody who may? */
export function lacksIpvs(error: unknown): boolean {
  return error instanceof IpvsError && (error.missing === "ipvs" || error.errno === "EPERM");
}

/** Did the kernel understand the request and refuse it? */
export function isRefusal(error: unknown): boolean {
  return error instanceof IpvsError && error.missing === undefined && error.errno !== "EPERM";
}
