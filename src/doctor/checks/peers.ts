// SPDX-License-Identifier: GPL-2.0-only
import type { Daemon } from "../../model/daemon.js";
import type { SyncState } from "../../model/sync.js";
import { daemonArguments } from "../../format/arguments.js";
import type { Facts } from "../facts.js";
import type { Check, Found } from "../finding.js";
import { mend } from "../finding.js";
import { shellLine } from "../host.js";

/** What can be known here of a pair of directors: their sync daemons' settings, and this one's clock. */
export const peersCheck: Check = {
  id: "peers",
  *examine({ table: { daemons, sync }, links, clock }) {
    if (daemons.length === 0) return;
    for (const daemon of daemons) yield* ofDaemon(daemon, links);
    if (sync) yield* ofFlows(sync);
    if (clock === "adrift") yield adrift();
    if (clock === "unknown") yield { unknown: "whether this clock is synchronized: neither chronyc nor timedatectl says" };
    yield { unknown: "the other director's syncid, clock and table: compare `tsipvsadm -L --daemon', `date' and `tsipvsadm -Sn' there" };
  },
};

function* ofDaemon(daemon: Daemon, links: Facts["links"]): Generator<Found> {
  const { state, mcastInterface: device, syncId } = daemon;
  const link = links.find(({ name }) => name === device);
  if (!link?.up) {
    yield {
      what: `the ${state} sync daemon's device ${device} ${link ? "is down" : "is not there"}`,
      why: state === "master" ? "connections are not told to the other director: they end when it takes over." : "no connection of the other director is heard of.",
      mends: [link ? mend("set it up", shellLine("ip", "link", "set", device, "up")) : mend("run it on another device", ...restart({ ...daemon, mcastInterface: "DEVICE" }))],
      safe: false,
    };
  }
  if (state === "backup" && syncId === 0) {
    yield {
      what: "the backup sync daemon has syncid 0",
      why: "it takes the connections of every director that sends to its group, other pairs' as well.",
      mends: [mend("give both directors of the pair one identity of their own", ...restart({ ...daemon, syncId: 1 }))],
      safe: false,
    };
  }
}

/** Flow synchronisation, which follows the daemons. */
function* ofFlows({ off, keyed, complete, roles: { master, backup }, port }: SyncState): Generator<Found> {
  if (off || (!master && !backup)) return;
  if (!keyed) yield { unknown: `who can reach UDP port ${port}: without a key (\`tsipvsadm sync set --key-file FILE') they could forge flows` };
  if (backup && !complete) {
    yield {
      what: "not all flows of the master are here",
      why: "those that are missing end when this gateway takes over.",
      mends: [mend("wait until they are", "tsipvsadm sync wait"), mend("or see how far it is, and whether the master is heard", "tsipvsadm sync status")],
      safe: false,
    };
  }
}

function restart(daemon: Daemon): string[] {
  return [shellLine("tsipvsadm", "--stop-daemon", daemon.state), shellLine("tsipvsadm", "--start-daemon", ...daemonArguments(daemon).split(" "))];
}

function adrift(): Found {
  return {
    what: "this clock is not synchronized",
    why: "records of two directors, such as who had which port when, can't be put together if their clocks differ.",
    mends: [mend("let systemd keep it right, or run chrony or ntpd", "timedatectl set-ntp true")],
    safe: false,
  };
}
