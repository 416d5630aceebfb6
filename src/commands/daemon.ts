// SPDX-License-Identifier: GPL-2.0-only
import type { Values } from "../cli/values.js";
import type { Daemon } from "../model/daemon.js";
import type { Command } from "./command.js";

export const setTimeouts: Command = ({ values }, { client }) => {
  const [tcp, tcpFin, udp] = values.timeouts!;
  return client.setTimeouts({ tcp, tcpFin, udp });
};

export const startDaemon: Command = ({ values }, { client }) => client.startDaemon(buildDaemon(values));

export const stopDaemon: Command = ({ values }, { client }) => client.stopDaemon(buildDaemon(values));

/** The daemon of --start-daemon and --stop-daemon. */
export function buildDaemon(values: Values): Daemon {
  const { syncMaxlen, mcastGroup, mcastPort, mcastTtl } = values;
  return {
    state: values.daemonState!,
    mcastInterface: values.mcastInterface || "eth0",
    syncId: values.syncId ?? 0,
    ...(syncMaxlen !== undefined && { syncMaxlen }),
    ...(mcastGroup !== undefined && { mcastGroup }),
    ...(mcastPort !== undefined && { mcastPort }),
    ...(mcastTtl !== undefined && { mcastTtl }),
  };
}
