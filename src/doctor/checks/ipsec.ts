// SPDX-License-Identifier: GPL-2.0-only
import type { Check } from "../finding.js";
import { mend } from "../finding.js";

/** Policies of IPsec, which switch the fast path off. */
export const ipsecCheck: Check = {
  id: "ipsec",
  *examine(facts) {
    const { rules, zones, services } = facts.table;
    const count = facts.ipsecPolicies;
    const used = rules.length > 0 || zones.length > 0 || services.some(({ servers }) => servers.some(({ method }) => method === "fullnat"));
    const fast = ["fast_response_xmit", "fast_response_xmit_inside"].some((name) => (facts.sysctl("net", "ipv4", "vs", name) ?? 0) !== 0);
    if (count === 0 || !used || !fast) return;
    yield {
      what: `there ${count === 1 ? "is an IPsec policy" : `are ${count} IPsec policies`} in this namespace`,
      why: "while there is one, each packet takes the whole way through the kernel, where IPsec is asked: flows work, but none takes the fast path.",
      mends: [
        mend("end IPsec in a network namespace of its own, or on another host, where that speed is needed"),
        mend("say that this is known: no packet takes the fast path then, whatever policies there are", "sysctl -w net.ipv4.vs.fast_response_xmit=0 net.ipv4.vs.fast_response_xmit_inside=0"),
      ],
      safe: false,
    };
  },
};
