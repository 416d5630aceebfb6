// SPDX-License-Identifier: GPL-2.0-only
import type { Invocation } from "../cli/parse.js";
import { usageHint } from "../cli/parse.js";
import type { VerbId } from "../cli/verbs.js";
import type { Command } from "./command.js";
import { setTimeouts, startDaemon, stopDaemon } from "./daemon.js";
import { help, version } from "./help.js";
import { list } from "./list.js";
import { addLocalAddresses, deleteLocalAddresses, listLocalAddresses } from "./local-addresses.js";
import { restoreWith } from "./restore.js";
import { addSnat, deleteSnat, editSnat } from "./rules.js";
import { save } from "./save.js";
import { addServer, deleteServer, editServer } from "./servers.js";
import { addService, deleteService, editService, flush, zero } from "./services.js";
import { addZone, deleteZone } from "./zones.js";

/** THE dispatch table. */
const commands: Readonly<Record<VerbId, Command>> = {
  "add-service": addService,
  "edit-service": editService,
  "delete-service": deleteService,
  "add-server": addServer,
  "edit-server": editServer,
  "delete-server": deleteServer,
  "add-snat": addSnat,
  "edit-snat": editSnat,
  "delete-snat": deleteSnat,
  "add-zone": addZone,
  "del-zone": deleteZone,
  "add-laddr": addLocalAddresses,
  "del-laddr": deleteLocalAddresses,
  "get-laddr": listLocalAddresses,
  list,
  zero,
  flush,
  save,
  restore: async (invocation, session) => {
    if (!invocation.given.has("atomic")) return restoreLines(invocation, session);
    const { restoreAtomic } = await import("./atomic.js");
    return restoreAtomic(invocation, session);
  },
  apply: async (invocation, session) => {
    const { applyFile } = await import("./apply.js");
    return applyFile(invocation, session);
  },
  module: async (invocation, session) => {
    const { runModule } = await import("./module.js");
    return runModule(invocation, session);
  },
  sync: async (invocation, session) => {
    const { sync } = await import("./sync.js");
    return sync(invocation, session);
  },
  doctor: async (invocation, session) => {
    const { doctor } = await import("./doctor.js");
    return doctor(invocation, session);
  },
  set: setTimeouts,
  "start-daemon": startDaemon,
  "stop-daemon": stopDaemon,
  help,
  version,
};

/** Words are verbs only on the command line itself, as files for ipvsadm have none. */
const restoreLines = restoreWith((invocation) => {
  if (invocation.verb.word) throw usageHint();
  return command(invocation);
});

/** The command that a line calls for. */
export function command({ verb }: Invocation): Command {
  return commands[verb.id];
}
