// SPDX-License-Identifier: GPL-2.0-only
import { formatAddress } from "../model/address.js";
import type { Daemon, Timeouts } from "../model/daemon.js";

export function timeoutsText(timeouts: Timeouts): string {
  return `Timeout (tcp tcpfin udp): ${timeouts.tcp} ${timeouts.tcpFin} ${timeouts.udp}\n`;
}

export function daemonText(daemon: Daemon): string {
  const more = [
    daemon.syncMaxlen === undefined ? "" : `, maxlen=${daemon.syncMaxlen}`,
    daemon.mcastGroup === undefined ? "" : `, group=${formatAddress(daemon.mcastGroup)}`,
    daemon.mcastPort === undefined ? "" : `, port=${daemon.mcastPort}`,
    daemon.mcastTtl === undefined ? "" : `, ttl=${daemon.mcastTtl}`,
  ].join("");
  return `${daemon.state} sync daemon (mcast=${daemon.mcastInterface}, syncid=${daemon.syncId}${more})\n`;
}

/** The counters by reason, a name and a value on each line. */
export function extStatsText(counters: ReadonlyArray<readonly [name: string, value: bigint]>): string {
  const width = Math.max(0, ...counters.map(([name]) => name.length)) + 2;
  return counters.map(([name, value]) => `${name.padEnd(width)}${value}\n`).join("");
}
