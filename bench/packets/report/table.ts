// SPDX-License-Identifier: GPL-2.0-only
import type { Broken, Output, Sample } from "./samples.js";
import { type Summary, summarize } from "./statistics.js";

/** One case of one mode, summed up. */
export interface Row {
  readonly mode: string;
  readonly family: 4 | 6;
  readonly flows: number;
  readonly way: string;
  readonly cost: Summary;
  /** What the mode takes above a drop at the gateway's ingress, in the same unit. */
  readonly own?: number;
}

const sameCase = (a: Sample, b: Pick<Sample, "family" | "flows" | "way">): boolean =>
  a.family === b.family && a.flows === b.flows && a.way === b.way;

const median = (samples: readonly Sample[]): number | undefined =>
  samples.length ? summarize(samples.map(({ cost }) => cost)).median : undefined;

/** What a drop at the ingress costs in that case. A new flow's first packet is a request to it. */
function dropOf(samples: readonly Sample[], { family, flows, way }: Sample): number | undefined {
  const drops = samples.filter(({ mode }) => mode === "drop");
  return median(drops.filter((drop) => sameCase(drop, { family, flows, way: way === "new" ? "request" : way })));
}

/** Rows in the order in which their cases first come. */
export function rowsOf({ samples }: Output): readonly Row[] {
  const cases = new Map<string, Sample[]>();
  for (const sample of samples) {
    const key = [sample.mode, sample.family, sample.flows, sample.way].join(" ");
    cases.set(key, [...(cases.get(key) ?? []), sample]);
  }
  return [...cases.values()].map((all) => {
    const { mode, family, flows, way } = all[0]!;
    const cost = summarize(all.map((sample) => sample.cost));
    const drop = dropOf(samples, all[0]!);
    return { mode, family, flows, way, cost, ...(drop === undefined ? {} : { own: cost.median - drop }) };
  });
}

const whole = (value: number): string => Math.round(value).toString();

function line(row: Row, rows: readonly Row[]): string {
  const base = rows.find(
    (other) => other.mode === "iptables" && other.family === row.family && other.flows === row.flows && other.way === row.way,
  );
  const spread = `±${(((row.cost.most - row.cost.least) / 2 / row.cost.median) * 100).toFixed(1)} %`;
  const ratio = (part: (of: Row) => number | undefined): string => {
    const [own, theirs] = [part(row), base && part(base)];
    return own !== undefined && theirs !== undefined && own > 0 ? (theirs / own).toFixed(2) : "–";
  };
  const cells = [
    row.mode,
    `IPv${row.family}`,
    row.flows.toLocaleString("en"),
    row.way,
    `${whole(row.cost.median)} ${spread}`,
    row.own === undefined ? "–" : whole(row.own),
    ratio(({ cost }) => cost.median),
    ratio(({ own }) => own),
  ];
  return `| ${cells.join(" | ")} |`;
}

const complaint = ({ mode, family, flows, why }: Broken): string =>
  `BROKEN: ${mode}, IPv${family}, ${flows.toLocaleString("en")} flows: ${why}`;

/** A Markdown table of every case, then what was broken; unit is what a cost is counted in. */
export function tableOf(output: Output, unit: string): string {
  const rows = rowsOf(output);
  return [
    `| mode | family | flows | packets | ${unit} | own | × iptables' speed | × by own |`,
    "|---|---|---|---|---|---|---|---|",
    ...rows.map((row) => line(row, rows)),
    ...output.broken.map(complaint),
  ].join("\n");
}
