// SPDX-License-Identifier: GPL-2.0-only
import { formatPrefix } from "../../model/prefix.js";
import { ranges } from "../../model/local-address.js";
import type { ZoneEntry } from "../../model/zone.js";
import type { Check, Found } from "../finding.js";
import { mend } from "../finding.js";
import { allRules, command, ruleText, zonesAct } from "../gateway.js";
import { contains, isCovered, ofPrefix, overlap } from "../intervals.js";
import type { GatewayTable } from "../readers/table.js";

/** Zones whose sources are all in zones before them, or in a rule that takes every packet. */
export const zoneOrderCheck: Check = {
  id: "zone-order",
  *examine({ table }) {
    for (const [place, zone] of table.zones.entries()) {
      const own = ofPrefix(zone.network);
      const before = table.zones.slice(0, place).filter(({ network }) => overlap(ofPrefix(network), own));
      if (isCovered(own, before.map(({ network }) => ofPrefix(network)))) yield behind(zone, before);
      else if (zonesAct(table, own.family)) yield* ruled(zone, table);
    }
  },
};

function behind(zone: ZoneEntry, before: readonly ZoneEntry[]): Found {
  const name = formatPrefix(zone.network);
  const others = before.map(({ network }) => formatPrefix(network));
  const addresses = ranges(zone.addresses.map(({ address }) => address)).map((range) => command({ kind: "add-laddr", zone: zone.network, range }));
  return {
    what: `the zone ${name} can never match`,
    why: `the first zone that holds a packet's source has it, and ${others.join(", ")}, before it, hold${others.length === 1 ? "s" : ""} all of it.`,
    mends: [
      mend("put it before them; its flows go on meanwhile", command({ kind: "del-zone", zone: zone.network }),
        command({ kind: "add-zone", zone: zone.network, before: before[0]!.network }), ...addresses),
      mend("or delete it", command({ kind: "del-zone", zone: zone.network })),
    ],
    safe: false,
  };
}

function* ruled(zone: ZoneEntry, table: GatewayTable): Generator<Found> {
  const own = ofPrefix(zone.network);
  const taking = allRules(table).find(([, { key }]) => !key.gw && key.oif === undefined && (key.to?.length ?? 0) === 0 && contains(ofPrefix(key.from), own));
  if (!taking) return;
  yield {
    what: `the zone ${formatPrefix(zone.network)} can never match`,
    why: `packets are tried against rules before zones, and ${ruleText(...taking)} takes all of them.`,
    mends: [mend("delete it", command({ kind: "del-zone", zone: zone.network }))],
    safe: false,
  };
}
