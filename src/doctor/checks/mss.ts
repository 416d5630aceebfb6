// SPDX-License-Identifier: GPL-2.0-only
import type { Check } from "../finding.js";
import { mend } from "../finding.js";
import { innerNetworks } from "../gateway.js";

/** Links of different width, over which nobody tells TCP the smaller one. */
export const mssCheck: Check = {
  id: "mss",
  *examine({ table, links, sysctl }) {
    if (sysctl("net", "ipv4", "vs", "mss_clamp") !== 0 || innerNetworks(table).length === 0) return;
    const used = links.filter(({ up, name, addresses }) => up && name !== "lo" && addresses.length > 0).sort((a, b) => a.mtu - b.mtu);
    const narrow = used[0];
    const wide = used.at(-1);
    if (!narrow || !wide || narrow.mtu === wide.mtu) return;
    yield {
      what: `net.ipv4.vs.mss_clamp is 0, and ${narrow.name} takes packets of ${narrow.mtu} bytes, ${wide.name} of ${wide.mtu}`,
      why: "TCP learns of the narrow link by ICMP alone: where that is filtered on the way, a connection hangs at its first full packet.",
      mends: [mend("have handshakes offer what both links take", "sysctl -w net.ipv4.vs.mss_clamp=1")],
      safe: true,
      boot: "net.ipv4.vs.mss_clamp = 1 in a file of /etc/sysctl.d/",
    };
  },
};
