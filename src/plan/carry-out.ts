// SPDX-License-Identifier: GPL-2.0-only
import type { IpvsClient } from "../ipvs/client.js";
import type { Change } from "./change.js";
import { send } from "./change.js";

/** Most changes under way at a time: what is sent behind a refused one has to be undone too. */
const AT_ONCE = 512;

/** Changes that can be taken back as if they had not been: they may be sent before those ahead are known to be taken. */
const light: ReadonlySet<Change["kind"]> = new Set([
  "add-service", "add-server", "edit-server", "add-snat", "edit-snat", "add-zone", "add-laddr", "add-service-laddr",
]);

/** How far it came: the number of steps sent, and why not all of them: the first that was not taken, or a signal. */
export interface Progress<S> {
  readonly sent: number;
  readonly stopped?: { readonly step: S; readonly error: unknown } | { readonly signal: string };
}

/**
 * Send the changes in order until one is refused or `interrupted` names a
 * signal. Additions travel many at a time; what takes something away waits
 * until all ahead of it is taken.
 */
export async function carryOut<S extends { readonly change: Change }>(
  steps: readonly S[],
  client: IpvsClient,
  interrupted: () => Promise<string | undefined>,
): Promise<Progress<S>> {
  let sent = 0;
  while (sent < steps.length) {
    const signal = await interrupted();
    if (signal !== undefined) return { sent, stopped: { signal } };
    const group = steps.slice(sent, sent + groupLength(steps, sent));
    sent += group.length;
    const outcomes = await sendTogether(group.map(({ change }) => change), client);
    const index = outcomes.findIndex((outcome) => outcome !== undefined);
    if (index >= 0) return { sent, stopped: { step: group[index]!, error: outcomes[index]!.error } };
  }
  return { sent };
}

function groupLength(steps: ReadonlyArray<{ readonly change: Change }>, from: number): number {
  let to = from;
  while (to < steps.length && to - from < AT_ONCE && light.has(steps[to]!.change.kind)) to++;
  return Math.max(1, to - from);
}

/** Each change by itself, whatever becomes of the others; returns those that were not taken, with their errors. */
export async function carryOutEach(changes: readonly Change[], client: IpvsClient): Promise<Array<{ change: Change; error: unknown }>> {
  const failed: Array<{ change: Change; error: unknown }> = [];
  for (let at = 0; at < changes.length; at += AT_ONCE) {
    const group = changes.slice(at, at + AT_ONCE);
    const outcomes = await sendTogether(group, client);
    outcomes.forEach((outcome, index) => outcome && failed.push({ change: group[index]!, error: outcome.error }));
  }
  return failed;
}

async function sendTogether(changes: readonly Change[], client: IpvsClient): Promise<Array<{ error: unknown } | undefined>> {
  const batch = client.batch();
  const outcomes = changes.map((change) =>
    send(change, client).then(
      () => undefined,
      (error: unknown) => ({ error }),
    ),
  );
  await batch.commit();
  return Promise.all(outcomes);
}
