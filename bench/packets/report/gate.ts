// SPDX-License-Identifier: GPL-2.0-only
import type { Output } from "./samples.js";
import { type Row, rowsOf } from "./table.js";

/** The part of a mode's cost above which a rise fails the gate. */
export const MOST_RISE = 0.03;

/** The modes that are ours: others' counts change with their kernel. */
const OURS = /^(snat|fullnat)/;

const nameOf = ({ mode, family, flows, way }: Row): string => `${mode} IPv${family} ${flows} flows, ${way}`;

/**
 * What speaks against output, a line each, beside the committed rows: a case of
 * ours whose instructions rose by more than MOST_RISE, one that is broken or that
 * was not measured at all. Of several counts the least is taken: what the kernel's
 * allocator adds now and then is no rise. Cases of the reference that were not asked
 * for (chosen is false) are passed over.
 */
export function objections(output: Output, reference: readonly Row[], chosen: (row: Row) => boolean): readonly string[] {
  const rows = new Map(rowsOf(output).map((row) => [nameOf(row), row]));
  const found = output.broken.map(({ mode, family, flows, why }) => `${mode} IPv${family} ${flows} flows is broken: ${why}`);
  for (const old of reference) {
    if (!OURS.test(old.mode) || !chosen(old)) continue;
    const now = rows.get(nameOf(old));
    const [was, is] = [old.cost.median, now?.cost.least];
    if (is === undefined) found.push(`${nameOf(old)}: not measured, was ${Math.round(was)}`);
    else if (is > was * (1 + MOST_RISE))
      found.push(`${nameOf(old)}: ${Math.round(is)} instructions, was ${Math.round(was)} (+${((is / was - 1) * 100).toFixed(1)} %)`);
  }
  return found;
}
