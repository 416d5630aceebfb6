// SPDX-License-Identifier: GPL-2.0-only
import { processIo } from "./io.js";
import { createClient } from "./ipvs/index.js";
import { run, SIGPIPE_STATUS } from "./main.js";

/** What bin/tsipvsadm calls: this process's command line on this machine's kernel, unless `connect` has another. */
export async function main(connect = createClient): Promise<number> {
  const status = await run(process.argv.slice(2), processIo(process.env), connect);
  if (status === SIGPIPE_STATUS) endBySigpipe();
  return status;
}

/** Node ignores the signal from its start; a handler that is taken away again leaves the system's own way, which is to end. */
function endBySigpipe(): void {
  const none = () => undefined;
  process.on("SIGPIPE", none);
  process.removeListener("SIGPIPE", none);
  process.kill(process.pid, "SIGPIPE");
}
