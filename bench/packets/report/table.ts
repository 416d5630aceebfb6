// SPDX-License-Identifier: GPL-2.0-only
import type { Broken, Output, Sample } from "./samples.js";
import { type Summary, ratios, summarize } from "./statistics.js";

/** One case of one mode. Costs are in the order of the rounds. */
export interface Row {
  readonly mode: string;
  readonly family: 4 | 6;
  readonly flows: number;
  readonly way: string;
  readonly costs: readonly number[];
  readonly cost: Summary;
  /** What the mode takes above a drop at the gateway's ingress in the same round. */
  readonly owns?: readonly number[];
  readonly own?: Summary;
}

/** What others' cost is divided by ours in the table's columns. */
const RIVALS = ["iptables", "flowtable"];

const keyOf = ({ mode, family, flows, way }: Omit<Sample, "cost">): string => [mode, family, flows, way].join(" ");

/**
 * Rows in the order in which their cases first come. A new flow's first packet is
 * a request to a drop, which knows no flows. Where there are fewer drops than
 * rounds, their median stands for the rest.
 */
export function rowsOf({ samples }: Output): readonly Row[] {
  const cases = new Map<string, Sample[]>();
  for (const sample of samples) cases.set(keyOf(sample), [...(cases.get(keyOf(sample)) ?? []), sample]);
  return [...cases.values()].map((all) => {
    const { mode, family, flows, way } = all[0]!;
    const costs = all.map(({ cost }) => cost);
    const row = { mode, family, flows, way, costs, cost: summarize(costs) };
    const drops = cases.get(keyOf({ mode: "drop", family, flows, way: way === "new" ? "request" : way }));
    if (!drops) return row;
    const middle = summarize(drops.map(({ cost }) => cost)).median;
    const owns = costs.map((cost, index) => cost - (drops[index]?.cost ?? middle));
    return { ...row, owns, own: summarize(owns) };
  });
}

/** Times as cheap as the rival, round by round; undefined where that can't be said. */
export function times(row: Row, rival: Row | undefined, part: (of: Row) => readonly number[] | undefined): Summary | undefined {
  const [own, theirs] = [part(row), rival && part(rival)];
  if (!own?.length || !theirs?.length || own.some((cost) => cost <= 0)) return undefined;
  return summarize(ratios(theirs, own));
}

const ratioText = (ratio: Summary | undefined): string =>
  ratio === undefined ? "–" : `${ratio.median.toFixed(2)} (${ratio.least.toFixed(2)}–${ratio.most.toFixed(2)})`;

function line(row: Row, rows: readonly Row[]): string {
  const { mode, family, flows, way, cost, own } = row;
  const spread = ((cost.most - cost.least) / 2 / cost.median) * 100;
  const comparisons = RIVALS.flatMap((name) => {
    const rival = rows.find((other) => keyOf(other) === keyOf({ ...row, mode: name }));
    return [times(row, rival, ({ costs }) => costs), times(row, rival, ({ owns }) => owns)];
  });
  const cells = [mode, `IPv${family}`, flows.toLocaleString("en"), way, `${Math.round(cost.median)} ±${spread.toFixed(1)} %`];
  return `| ${[...cells, own ? String(Math.round(own.median)) : "–", ...comparisons.map(ratioText)].join(" | ")} |`;
}

const complaint = ({ mode, family, flows, why }: Broken): string =>
  `BROKEN: ${mode}, IPv${family}, ${flows.toLocaleString("en")} flows: ${why}`;

/** A Markdown table of every case, then what was broken; unit is what a cost is counted in. */
export function tableOf(output: Output, unit: string): string {
  const rows = rowsOf(output);
  const rivals = RIVALS.flatMap((name) => [`${name} / it`, `own: ${name} / it`]);
  return [
    `| mode | family | flows | packets | ${unit} | own | ${rivals.join(" | ")} |`,
    `|${"---|".repeat(6 + rivals.length)}`,
    ...rows.map((row) => line(row, rows)),
    ...output.broken.map(complaint),
  ].join("\n");
}
