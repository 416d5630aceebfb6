// SPDX-License-Identifier: GPL-2.0-only
import type { Host } from "../host.js";

/** Is the clock kept right by another one? */
export type ClockState = "synchronized" | "adrift" | "unknown";

/** As chrony, or else systemd for whatever daemon, says. */
export function readClock(host: Host): ClockState {
  const chrony = host.run("chronyc", "-n", "-c", "tracking")?.trim().split(",").at(-1);
  if (chrony !== undefined) return chrony === "Not synchronised" ? "adrift" : "synchronized";
  const systemd = host.run("timedatectl", "show", "-p", "NTPSynchronized", "--value")?.trim();
  return systemd === "yes" ? "synchronized" : systemd === "no" ? "adrift" : "unknown";
}
