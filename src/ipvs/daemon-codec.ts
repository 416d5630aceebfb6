// SPDX-License-Identifier: GPL-2.0-only
import type { IpAddress } from "../model/address.js";
import type { Daemon } from "../model/daemon.js";
import type { Values } from "../netlink/index.js";
import { type daemonAttributes, daemonState } from "./abi/ipvs.js";
import { nameOf, readAddress, required } from "./wire.js";

type DaemonValues = Values<typeof daemonAttributes>;

/** A synchronisation daemon to start; stopping one reads its state only. */
export function writeDaemon(daemon: Daemon): DaemonValues {
  const { mcastGroup: group } = daemon;
  return {
    state: daemonState[daemon.state],
    mcastIfn: daemon.mcastInterface,
    syncId: daemon.syncId,
    syncMaxlen: daemon.syncMaxlen,
    mcastGroup: group?.family === "ipv4" ? group.bytes : undefined,
    mcastGroup6: group?.family === "ipv6" ? group.bytes : undefined,
    mcastPort: daemon.mcastPort,
    mcastTtl: daemon.mcastTtl,
  };
}

function readGroup(values: DaemonValues): IpAddress | undefined {
  if (values.mcastGroup6 !== undefined) return readAddress("ipv6", values.mcastGroup6);
  return values.mcastGroup === undefined ? undefined : readAddress("ipv4", values.mcastGroup);
}

/** A running daemon as the kernel describes it. */
export function readDaemon(values: DaemonValues): Daemon {
  const mcastGroup = readGroup(values);
  return {
    state: nameOf(daemonState, required(values.state, "state of a daemon"), "daemon state"),
    mcastInterface: required(values.mcastIfn, "interface of a daemon"),
    syncId: required(values.syncId, "sync id of a daemon"),
    ...(values.syncMaxlen === undefined ? {} : { syncMaxlen: values.syncMaxlen }),
    ...(mcastGroup === undefined ? {} : { mcastGroup }),
    ...(values.mcastPort === undefined ? {} : { mcastPort: values.mcastPort }),
    ...(values.mcastTtl === undefined ? {} : { mcastTtl: values.mcastTtl }),
  };
}
