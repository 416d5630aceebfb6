// SPDX-License-Identifier: GPL-2.0-only
import { failure, firstLine, type Host } from "./host.js";
import { SYSCTL_FILE } from "./settings.js";

/** IPVS's sysctls come with the module: what is set for them is applied once it is loaded. Throws a CliError. */
export function applySysctlFile(host: Host): void {
  if (!host.exists(SYSCTL_FILE)) return;
  const { status, err } = host.run("sysctl", ["-q", "-p", SYSCTL_FILE]);
  if (status !== 0) throw failure(`ip_vs is loaded, but ${SYSCTL_FILE} can't be applied: ${firstLine(err)}`);
}
