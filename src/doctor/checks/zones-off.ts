// SPDX-License-Identifier: GPL-2.0-only
import { familyName, parseAddress, type Family } from "../../model/address.js";
import { mend, type Check } from "../finding.js";
import { command, zonesAct } from "../gateway.js";

const FAMILIES: readonly Family[] = ["ipv4", "ipv6"];

/** Zones, but no service for every address and port to switch them on. */
export const zonesOffCheck: Check = {
  id: "zones-off",
  *examine({ table }) {
    for (const family of FAMILIES) {
      const zones = table.zones.filter(({ network }) => network.address.family === family);
      if (zones.length === 0 || zonesAct(table, family)) continue;
      const address = parseAddress(family === "ipv4" ? "0.0.0.0" : "::");
      const service = (protocol: "tcp" | "udp") =>
        command({ kind: "add-service", service: { key: { kind: "address", protocol, address, port: 0 }, scheduler: "rr" } });
      yield {
        what: `there ${zones.length === 1 ? "is a zone" : `are ${zones.length} zones`} for ${familyName(family)}, but no service that switches zones on`,
        why: "packets pass as if there were no zones: they leave with the addresses of the inner side, and get no answer.",
        mends: [mend("switch zones on for TCP and UDP; what no zone holds is dropped then", service("tcp"), service("udp"))],
        safe: false,
      };
    }
  },
};
