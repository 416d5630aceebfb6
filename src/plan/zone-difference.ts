// SPDX-License-Identifier: GPL-2.0-only
import type { IpAddress, Prefix } from "../model/address.js";
import { addressDifference } from "./addresses.js";
import type { PlannedZone, ZoneChange, ZoneTable } from "./zones.js";
import { zoneId } from "./zones.js";

/**
 * The changes that make the zones of `wanted` of those of `present`. As many
 * zones as can be stay where they are; the others are added before the next
 * that stays, deleted first when they are there in another place. Zones that
 * are not wanted go last. The turns of addresses make no difference. Of zones
 * that can't all stay, those that `loose` names are the ones to move.
 */
export function zoneChanges(present: ZoneTable, wanted: ZoneTable, loose: ReadonlySet<string> = new Set()): ZoneChange[] {
  return (["ipv4", "ipv6"] as const).flatMap((family) => familyChanges(present.list(family), wanted.list(family), loose));
}

function familyChanges(now: readonly PlannedZone[], then: readonly PlannedZone[], loose: ReadonlySet<string>): ZoneChange[] {
  const places = new Map(now.map(({ network }, place) => [zoneId(network), place]));
  const placeOf = ({ network }: PlannedZone) => places.get(zoneId(network));
  const weight = (place: number) => (loose.has(zoneId(now[place]!.network)) ? 1 : now.length + 1);
  const stay = heaviestRise(then.flatMap((zone) => placeOf(zone) ?? []), now.length, weight);
  const changes: ZoneChange[][] = [];
  let before: Prefix | undefined;
  for (const zone of [...then].reverse()) {
    const place = placeOf(zone);
    if (place !== undefined && stay.has(place)) {
      changes.push(addressChanges(zone, now[place]!.addresses));
      before = zone.network;
    } else {
      changes.push([
        ...(place === undefined ? [] : [{ kind: "del-zone", zone: zone.network } as const]),
        { kind: "add-zone", zone: zone.network, ...(before && { before }) },
        ...addressChanges(zone, new Map()),
      ]);
    }
  }
  const kept = new Set(then.map(({ network }) => zoneId(network)));
  const gone = now.filter(({ network }) => !kept.has(zoneId(network)));
  return [...changes.reverse().flat(), ...gone.map(({ network }): ZoneChange => ({ kind: "del-zone", zone: network }))];
}

function addressChanges({ network, addresses }: PlannedZone, now: ReadonlyMap<string, IpAddress>): ZoneChange[] {
  const { missing, gone } = addressDifference(now, addresses);
  return [
    ...missing.map((range): ZoneChange => ({ kind: "add-laddr", zone: network, range })),
    ...gone.map((range): ZoneChange => ({ kind: "del-laddr", zone: network, range })),
  ];
}

/** The places of the heaviest rising sequence among `places`, which are all different and below `count`. */
function heaviestRise(places: readonly number[], count: number, weight: (place: number) => number): Set<number> {
  const totals = new Float64Array(count);
  const ahead = new Int32Array(count).fill(-1);
  // A Fenwick tree: the place of the heaviest end among those up to an index.
  const tree = new Int32Array(count + 1).fill(-1);
  const heavier = (a: number, b: number) => (a < 0 || (b >= 0 && totals[b]! > totals[a]!) ? b : a);
  const upTo = (index: number) => {
    let best = -1;
    for (let i = index; i > 0; i -= i & -i) best = heavier(best, tree[i]!);
    return best;
  };
  for (const place of places) {
    const last = upTo(place);
    ahead[place] = last;
    totals[place] = weight(place) + (last < 0 ? 0 : totals[last]!);
    for (let i = place + 1; i <= count; i += i & -i) tree[i] = heavier(tree[i]!, place);
  }
  const rise = new Set<number>();
  for (let place = upTo(count); place >= 0; place = ahead[place]!) rise.add(place);
  return rise;
}
