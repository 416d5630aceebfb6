// SPDX-License-Identifier: GPL-2.0-only
import type { Word, WordOption } from "../words.js";

const timeout: WordOption = { long: "timeout", arg: "SECONDS", help: "give up after so long" };

/** THE table of what may stand behind "tsipvsadm sync". */
export const syncWords: readonly Word[] = [
  { name: "status", options: [{ long: "json", help: "as JSON" }],
    help: "show whether flows are synchronised, with whom, and whether all of the masters' flows are here" },
  { name: "set",
    options: [
      { long: "peer", arg: "ADDRESS[,ADDRESS]", help: "send to these addresses, and take messages of no others; without it, the daemons' multicast group" },
      { long: "port", arg: "PORT", help: "UDP port (default 8849)" },
      { long: "key-file", arg: "FILE", help: "file with the key of 32 bytes, or 64 hexadecimal digits, that all gateways have; messages without it are dropped" },
      { long: "flows", arg: "on|off", help: "off: the daemons synchronise what ipvsadm's do, and no flows" },
    ],
    help: "set how flows are synchronised; what is not given is the default. Daemons that run begin a new session" },
  { name: "wait", options: [timeout], help: "wait until all of the masters' flows are here (default 30 seconds)" },
  { name: "handover", options: [timeout],
    help: "send what the backups do not have yet, and wait until they have it (default 5 seconds); then a planned move loses nothing" },
];
