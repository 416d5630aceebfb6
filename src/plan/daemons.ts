// SPDX-License-Identifier: GPL-2.0-only
import { daemonArguments } from "../format/arguments.js";
import { tryParseAddress } from "../model/address.js";
import type { Daemon } from "../model/daemon.js";
import type { Change } from "./change.js";
import type { Table } from "./table.js";

/** What the kernel's start_sync_thread fills in. */
const GROUP = tryParseAddress("224.0.0.81")!;
const PORT = 8848;
const TTL = 1;
/** Headers in front of a sync message: IP and UDP. */
const HEADERS = { ipv4: 28, ipv6: 48 } as const;
const MASTER_MTU = 1500;
const DATAGRAM_MAX = 65535;
const SHORTEST = { master: 1, backup: 1024 } as const;

/**
 * The daemons to stop before all else and to start behind it: the kernel takes
 * no server of another family than its service's while one runs. A daemon that
 * `wanted` does not mention is left alone.
 */
export function daemonChanges(present: Table, wanted: Table) {
  const stops: Change[] = [];
  const starts: Change[] = [];
  const remarks: string[] = [];
  for (const [state, then] of wanted.daemons) {
    const now = present.daemons.get(state);
    if (then && now && same(now, then)) continue;
    if (now) stops.push({ kind: "stop-daemon", daemon: now });
    if (then) starts.push({ kind: "start-daemon", daemon: then });
    if (now && then) remarks.push(`the ${state} daemon is stopped and started again: a running one can't be edited`);
  }
  return { stops, starts, remarks };
}

function same(now: Daemon, then: Daemon): boolean {
  const full = completed(then);
  // How long a backup's messages are by default depends on its device.
  const { syncMaxlen = now.syncMaxlen } = full;
  return daemonArguments(completed(now)) === daemonArguments({ ...full, ...(syncMaxlen !== undefined && { syncMaxlen }) });
}

/** The daemon as the kernel lists it when it runs. */
function completed(daemon: Daemon): Daemon {
  const { state, mcastGroup = GROUP, mcastPort = PORT, mcastTtl = TTL } = daemon;
  const headers = HEADERS[mcastGroup.family];
  const length = daemon.syncMaxlen ?? (state === "master" ? MASTER_MTU - headers : undefined);
  const syncMaxlen = length && Math.min(Math.max(length, SHORTEST[state]), DATAGRAM_MAX - headers);
  return { ...daemon, mcastGroup, mcastPort, mcastTtl, ...(syncMaxlen !== undefined && { syncMaxlen }) };
}
