// SPDX-License-Identifier: GPL-2.0-only
import { processIo } from "./io.js";
import { createClient } from "./ipvs/index.js";
import { run } from "./main.js";

/** What bin/tsipvsadm calls: this process's command line on this machine's kernel. */
export function main(): Promise<number> {
  return run(process.argv.slice(2), processIo(process.env), createClient);
}
