// SPDX-License-Identifier: GPL-2.0-only
import type { IpvsClient } from "../ipvs/client.js";
import { carryOutEach } from "./carry-out.js";
import type { Change } from "./change.js";
import { subjectOf } from "./change.js";
import { difference } from "./difference.js";
import type { Table } from "./table.js";

export interface Undone {
  /** What was sent to take changes back. */
  readonly changes: readonly Change[];
  /** Those of them that were not taken either: what they are about is not as it was. */
  readonly failed: ReadonlyArray<{ readonly change: Change; readonly error: unknown }>;
}

/**
 * Make what `sent` was about as it was `before`; `present` is what there is
 * now, so that it does not matter which of `sent` took effect. What others
 * changed meanwhile, and what was not touched, is left alone.
 */
export async function undo(before: Table, present: Table, sent: readonly Change[], client: IpvsClient): Promise<Undone> {
  const zones = new Set(sent.filter(({ kind }) => kind === "add-zone" || kind === "del-zone").map((change) => subjectOf(change).id));
  const touched = difference(present, before, zones).changes.filter(touchedBy(sent));
  const added = touched.filter(({ kind }) => kind === "add-service" || kind === "add-zone").map((change) => subjectOf(change).id);
  const owners = new Set([...present.services.keys(), ...present.zones.ids(), ...added]);
  // What was of a service or zone that others deleted meanwhile went with it.
  const changes = touched.filter((change) => owners.has(subjectOf(change).owner ?? "") || subjectOf(change).owner === undefined);
  return { changes, failed: await carryOutEach(changes, client) };
}

function touchedBy(sent: readonly Change[]): (change: Change) => boolean {
  const ids = new Set<string>();
  const owners = new Set<string>();
  let all = false;
  for (const change of sent) {
    const { id } = subjectOf(change);
    ids.add(id);
    // A service that goes takes its servers and rules along, a zone its addresses; a service whose scheduler changes may lose its rules.
    if (change.kind === "delete-service" || change.kind === "edit-service" || change.kind === "del-zone") owners.add(id);
    all ||= change.kind === "flush";
  }
  return (change) => {
    const { id, owner } = subjectOf(change);
    return ids.has(id) || (owner !== undefined && (all || owners.has(owner)));
  };
}
