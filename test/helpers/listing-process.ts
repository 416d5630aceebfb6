// SPDX-License-Identifier: GPL-2.0-only
// A process of its own that lists a large table: the whole program, on a
// kernel in memory. CONNECTIONS names the file that stands for
// /proc/net/ip_vs_conn, FLOWS is how many flows the kernel has; the arguments
// are the command line. Every address has a name. The peak of its resident memory, in KiB, goes to the
// file that PEAK names.
import dns from "node:dns/promises";
import { readFileSync, writeFileSync } from "node:fs";
import { main } from "../../src/entry.js";
import type { FlowValues } from "./fake-fnat.js";
import { FakeKernel } from "./fake-kernel.js";

const { CONNECTIONS, FLOWS, PEAK } = process.env;

/** All different, from 16 inner networks through 10 pool addresses. */
function flow(index: number): FlowValues {
  return {
    af: 2,
    protocol: 6,
    state: 1 + (index % 7),
    client: Uint8Array.of(192, 168, index & 15, (index >> 4) & 255),
    clientPort: 1024 + (index % 60000),
    local: Uint8Array.of(1, 1, 2, 100 + (index % 10)),
    localPort: index & 0xffff,
    remote: Uint8Array.of(8, 16 + (index >> 16), (index >> 8) & 255, index & 255),
    remotePort: 443,
    expires: index,
    fwmark: 1,
  };
}

const kernel = new FakeKernel({ snat: FLOWS !== undefined });
kernel.fnat.flows = function* () {
  for (let index = 0; index < Number(FLOWS); index++) yield flow(index);
};

// A resolver that knows every address.
dns.lookupService = (address) => Promise.resolve({ hostname: `host-${address}.example`, service: "0" });

void main(() => kernel.client(CONNECTIONS)).then((status) => {
  process.exitCode = status;
  const [, peak] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  if (PEAK !== undefined) writeFileSync(PEAK, peak ?? "");
});
