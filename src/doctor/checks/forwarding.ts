// SPDX-License-Identifier: GPL-2.0-only
import { familyName, type Family } from "../../model/address.js";
import { mend, type Check } from "../finding.js";
import { allRules, familyOf, zonesAct } from "../gateway.js";
import type { GatewayTable } from "../readers/table.js";

const switches: ReadonlyArray<readonly [family: Family, path: readonly string[]]> = [
  ["ipv4", ["net", "ipv4", "ip_forward"]],
  ["ipv6", ["net", "ipv6", "conf", "all", "forwarding"]],
];

/** Forwarding is off for a family that needs it. */
export const forwardingCheck: Check = {
  id: "forwarding",
  *examine({ table, sysctl }) {
    for (const [family, path] of switches) {
      const needs = needers(table, family);
      if (needs.length === 0 || sysctl(...path) !== 0) continue;
      const name = path.join(".");
      yield {
        what: `${name} is 0`,
        why: `this host forwards no ${familyName(family)} packet, and ${needs.join(", ")} need${needs.length === 1 ? "s" : ""} it to.`,
        mends: [mend("switch it on", `sysctl -w ${name}=1`)],
        safe: true,
        boot: `${name} = 1 in a file of /etc/sysctl.d/`,
      };
    }
  },
};

/** What forwards packets of the family. FULLNAT and direct routing send by themselves. */
function needers(table: GatewayTable, family: Family): string[] {
  const rules = allRules(table).some(([service]) => service.family === family);
  const masquerading = table.services.some(({ service, servers }) =>
    familyOf(service) === family && servers.some(({ method }) => method === "masq"));
  return [
    ...(rules ? ["source NAT by rules"] : []),
    ...(zonesAct(table, family) ? ["source NAT by zones"] : []),
    ...(masquerading ? ["masquerading (-m) for what its servers answer"] : []),
  ];
}
