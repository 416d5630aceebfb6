// SPDX-License-Identifier: GPL-2.0-only
import { version } from "../package.json";

/** One line, in the manner of ipvsadm -v; the IPVS version is that of the interface spoken. */
export function versionText(): string {
  return `tsipvsadm v${version} (for ipvsadm v1.31 command lines, compiled with netlink and IPVS v1.2.1)\n`;
}
